"""The heads of conversations: one place that changes them, one change at a time, each told to the feed."""

import asyncio
from collections.abc import Callable, Sequence

from chatapp.conversation.changes import ConversationChanged
from chatapp.conversation.failures import Failure
from chatapp.conversation.inputs import Enclosure
from chatapp.conversation.tree import Conversation, Deletion, Tree, Turn
from chatapp.services.feed import Feed
from chatapp.services.ports import ConversationStore, DeletionStore
from chatapp.services.use_case import UseCaseFailure

Edit = Callable[[Conversation], Conversation]


class Heads:
    """Reads and rewrites conversations; two edits at the same moment both count."""

    def __init__(self, store: ConversationStore, feed: Feed) -> None:
        self._store = store
        self._feed = feed
        self._lock = asyncio.Lock()

    async def get(self, conversation_id: str) -> Conversation:
        """Raises UseCaseFailure for a conversation that is gone."""
        conversation = await self._store.conversation(conversation_id)
        if conversation is None:
            raise UseCaseFailure(GONE)
        return conversation

    async def add(self, conversation: Conversation) -> None:
        await self._store.put_conversation(conversation)
        self._feed.put(ConversationChanged(conversation))

    async def edit(self, conversation_id: str, edit: Edit) -> Conversation:
        async with self._lock:
            conversation = edit(await self.get(conversation_id))
            await self._store.put_conversation(conversation)
        self._feed.put(ConversationChanged(conversation))
        return conversation

    async def begin_turn(
        self, conversation_id: str, edit: Edit, turn: Turn, place: tuple[str, int] | None = None
    ) -> Conversation:
        """The edited head and a new turn, in one transaction, with the sweep and the place it answers. Raises
        UseCaseFailure where the conversation was deleted, or the turn above."""
        async with self._lock:
            head = await self.get(conversation_id)
            if head.deleted_at is not None:
                raise UseCaseFailure(DELETED)
            if turn.parent_id is not None and await self._store.turn(turn.parent_id) is None:
                raise UseCaseFailure(PARENT_DELETED)
            conversation = edit(head)
            await self._store.begin_turn(conversation, turn, place)
        self._feed.put(ConversationChanged(conversation))
        return conversation

    async def delete_turns(
        self,
        conversation_id: str,
        choose: Callable[[Conversation, Tree], tuple[Conversation, Deletion]],
        deletions: DeletionStore,
    ) -> tuple[Conversation, Deletion, tuple[str, ...]]:
        """What `choose` makes of the head and its tree, in one transaction, and the ids of the turns that go. No turn
        begins meanwhile."""
        async with self._lock:
            head = await self.get(conversation_id)
            conversation, deletion = choose(head, Tree(await self._store.turns(conversation_id)))
            gone = await deletions.delete(conversation, deletion)
        self._feed.put(ConversationChanged(conversation))
        return conversation, deletion, gone

    async def set_draft(self, conversation_id: str, draft: str, enclosures: Sequence[Enclosure] = ()) -> None:
        async with self._lock:
            await self._store.set_draft(conversation_id, draft, enclosures)


DELETED = Failure(
    "conversation_deleted",
    "This conversation was deleted",
    "Nothing was sent and your text is kept. Undo the deletion to go on in it.",
)
PARENT_DELETED = Failure(
    "parent_deleted",
    "The turn above was deleted",
    "Nothing was sent. Undo the deletion, or ask in another place.",
)
GONE = Failure("conversation_gone", "This conversation is gone", "It was deleted for good in the meantime.")
