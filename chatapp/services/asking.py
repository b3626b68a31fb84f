"""What is asked, and what asking it makes of its conversation. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final, Literal

from chatapp.conversation.calls import without_force
from chatapp.conversation.inputs import Enclosure
from chatapp.conversation.parameters import ONCE
from chatapp.conversation.titles import title_for
from chatapp.conversation.tree import Attachment, Conversation, Turn
from chatapp.protocol.json_types import JsonObject
from chatapp.services.conversations import without_things_of_the_server


class Current(Enum):
    """Stands for the conversation's current turn, where None stands for no turn."""

    CURRENT = "current"


CURRENT: Final = Current.CURRENT
Parent = str | Literal[Current.CURRENT] | None


@dataclass(frozen=True, slots=True)
class Once:
    """What holds for one turn alone: its server, None for the conversation's, and parameters over those it has."""

    server: str | None = None
    parameters: JsonObject = field(default_factory=dict)

    def over(self, head: Conversation) -> Conversation:
        """The head as this turn sees it. What names things of one server does not go along to another."""
        server = self.server or head.server
        kept = head.parameters if server == head.server else without_things_of_the_server(head.parameters)
        return replace(head, server=server, parameters={**kept, **self.parameters})


AS_EVER = Once()


@dataclass(frozen=True, slots=True)
class Aside:
    """What is asked beside the branch on screen, under settings of its own. The turn's id is the caller's; `place` is
    the sweep and the place that it answers, `path` are the turns above where the caller has them from `path_to`."""

    turn_id: str
    conversation_id: str
    parent_id: str | None
    server: str
    parameters: JsonObject
    text: str
    input: tuple[JsonObject, ...]
    attachments: tuple[Attachment, ...] = ()
    place: tuple[str, int] | None = None
    path: tuple[Turn, ...] | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What the user asks: the words, the input items that carry them, the files that came along with the stores that
    hold them, as what they were enclosed, and what holds for this turn alone."""

    text: str
    input: tuple[JsonObject, ...]
    attachments: tuple[Attachment, ...] = ()
    stores: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    once: Once = AS_EVER
    aside: Aside | None = None


def parent_of(head: Conversation, parent: Parent) -> str | None:
    """The id of the turn to ask below, None for a first turn."""
    return head.current_turn_id if isinstance(parent, Current) else parent


def store_name(head: Conversation, words: str) -> str:
    """What a library is called that is made for the files of a question."""
    return title_for(words) if head.automatic_title and head.current_turn_id is None else head.title


def free_to_answer(head: Conversation) -> Conversation:
    """The head for a turn that only brings results."""
    asked = head.parameters.get("tool_choice")
    free = without_force(asked)
    return head if free == asked else replace(head, parameters={**head.parameters, "tool_choice": free})


def with_stores(head: Conversation, stores: Sequence[str]) -> Conversation:
    """The head with these libraries among those it searches."""
    chosen = head.parameters.get("vector_stores") or []
    new = [store for store in stores if store not in chosen]
    return replace(head, parameters={**head.parameters, "vector_stores": [*chosen, *new]}) if new else head


def moved_on(head: Conversation, turn: Turn, question: Question) -> Conversation:
    """The head after a turn: shown on its branch, named by its first question, without what held for it alone."""
    first = head.automatic_title and turn.parent_id is None
    if question.aside is not None:
        title = title_for(turn.text) or head.title if first else head.title
        return replace(head, title=title, updated_at=turn.created_at)
    kept = {name: value for name, value in head.parameters.items() if name not in ONCE}
    head = replace(head, parameters=kept)
    names = ", ".join(file.filename for file in turn.attachments)
    return replace(
        with_stores(head, question.stores) if head.server == turn.server else head,
        title=title_for(turn.text) or title_for(names) or head.title if first else head.title,
        updated_at=turn.created_at,
        current_turn_id=turn.id,
        draft="" if head.draft.strip() == turn.text.strip() else head.draft,
        enclosures=() if head.enclosures == question.enclosures else head.enclosures,
    )
