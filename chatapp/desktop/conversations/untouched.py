"""Which conversations nobody has put anything into: pure. They are used again, and not kept once they are left."""

from chatapp.conversation.tree import Conversation
from chatapp.protocol.json_types import JsonObject

CARRIED = ("model", "vector_stores")
"""Parameters that a new conversation takes over from the one before it."""


def carried(head: Conversation | None) -> JsonObject:
    """What a new conversation begins with after `head`."""
    return {name: head.parameters[name] for name in CARRIED if name in head.parameters} if head else {}


def is_untouched(conversation: Conversation) -> bool:
    """Nothing asked, typed, attached, named, pinned or set in it but what it was given at the start."""
    return (
        conversation.current_turn_id is None
        and conversation.deleted_at is None
        and conversation.automatic_title
        and not conversation.pinned
        and not conversation.draft.strip()
        and not conversation.enclosures
        and all(name in CARRIED for name in conversation.parameters)
    )
