"""Branches of a conversation: delete one, bring it back, mark the path to an answer as a favourite."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from chatapp.conversation.changes import Notice, TurnChanged, TurnsDeleted, TurnsRestored, UndoExpired
from chatapp.conversation.failures import Failure
from chatapp.conversation.tree import Conversation, Deletion, Tree
from chatapp.services.chain_marks import ChainMarks
from chatapp.services.feed import Feed
from chatapp.services.heads import Heads
from chatapp.services.ports import Clock, ConversationStore, DeletionStore
from chatapp.services.purging import Purging
from chatapp.services.result_drafts import ResultDrafts
from chatapp.services.running import RunningTurns
from chatapp.services.turns import TURN_GONE
from chatapp.services.use_case import TROUBLES, UseCaseFailure, failure_of, use_case

RESTORE = "branches.restore"
"""The use case that a notice of a deletion names."""


class Branches:
    """Use cases on branches. Nothing is lost by any of them but `purge_deleted`."""

    def __init__(
        self,
        store: ConversationStore,
        deletions: DeletionStore,
        heads: Heads,
        running: RunningTurns,
        purging: Purging,
        drafts: ResultDrafts,
        marks: ChainMarks,
        feed: Feed,
        clock: Clock,
    ) -> None:
        self._store = store
        self._deletions = deletions
        self._heads = heads
        self._running = running
        self._purging = purging
        self._drafts = drafts
        self._marks = marks
        self._feed = feed
        self._clock = clock

    @use_case
    async def delete(self, turn_id: str) -> Deletion:
        """A turn and all below it go out of sight, kept until they are purged; what of them is being written is
        stopped first, and its words are kept too. Where they were on screen, the nearest leaf is shown."""
        turn = await self._store.turn(turn_id)
        if turn is None:
            raise UseCaseFailure(TURN_GONE)
        if self._running.of(turn.conversation_id):
            tree = Tree(await self._store.turns(turn.conversation_id))
            await self._stop([each.id for each in tree.below(turn_id)])
        head, deletion, gone = await self._heads.delete_turns(
            turn.conversation_id, lambda head, tree: self._deletion(head, tree, turn_id), self._deletions
        )
        await self._stop(gone)
        self._feed.put(TurnsDeleted(head.id, gone))
        self._feed.put(Notice(_words(len(gone)), undo=f"{RESTORE}:{deletion.id}"))
        return replace(deletion, title=turn.text, turns=len(gone))

    @use_case
    async def restore(self, deletion_id: str) -> str:
        """Brings the turns back, with what was deleted above them, and shows them where they were on screen. Returns
        the id of their conversation."""
        deletion = await self._deletions.deletion(deletion_id)
        if deletion is None:
            raise UseCaseFailure(DELETION_GONE)
        await self._deletions.restore(deletion_id)
        turns = await self._store.turns(deletion.conversation_id)
        running = self._running.of(deletion.conversation_id)
        self._feed.put(TurnsRestored(deletion.conversation_id, tuple(map(self._running.newest, turns))))
        for turn in running:
            self._feed.put(TurnChanged(turn))
        self._feed.put(UndoExpired(f"{RESTORE}:{deletion_id}"))
        if deletion.current_turn_id is not None:
            await self._heads.edit(
                deletion.conversation_id, lambda head: replace(head, current_turn_id=deletion.current_turn_id)
            )
        return deletion.conversation_id

    @use_case
    async def deleted(self, conversation_id: str) -> Sequence[Deletion]:
        """Those that can be brought back until they are purged, the last deleted first."""
        return await self._deletions.of(conversation_id)

    @use_case
    async def mark(self, turn_id: str, favourite: bool) -> None:
        """Whether the path to a turn is one of the user's favourites."""
        turn = await self._store.turn(turn_id)
        if turn is None:
            raise UseCaseFailure(TURN_GONE)
        await self._heads.edit(turn.conversation_id, lambda head: _marked(head, turn_id, favourite))

    @use_case
    async def purge_deleted(self, older_than_s: float) -> None:
        """Removes for good what was deleted more than `older_than_s` seconds ago, with what the engine has of it.
        What cannot be removed now is told, and tried again the next time."""
        for deletion in await self._deletions.older_than(self._clock.now() - older_than_s):
            try:
                await self._purge(deletion)
            except TROUBLES as problem:
                failure = failure_of(problem)
                text = (
                    f"A deleted branch could not be removed for good yet. {failure.title}. {failure.details}"
                )
                self._feed.put(Notice(text.strip(), "warning"))

    async def _purge(self, deletion: Deletion) -> None:
        turns = await self._deletions.turns(deletion.id)
        await self._purging.purge_deletion(deletion)
        gone = {turn.id for turn in turns}
        await self._drafts.forget(deletion.conversation_id, gone)
        responses = [turn.response_id for turn in turns if turn.response_id]
        await self._marks.put(deletion.conversation_id, responses, None)
        head = await self._heads.get(deletion.conversation_id)
        if gone & set(head.favourites):
            await self._heads.edit(head.id, lambda now: _without(now, gone))
        self._feed.put(UndoExpired(f"{RESTORE}:{deletion.id}"))

    async def _stop(self, turn_ids: Sequence[str]) -> None:
        for turn_id in turn_ids:
            await self._running.stop(turn_id)

    def _deletion(self, head: Conversation, tree: Tree, turn_id: str) -> tuple[Conversation, Deletion]:
        if turn_id not in tree:
            raise UseCaseFailure(TURN_GONE)
        shown = turn_id in {turn.id for turn in tree.path(head.current_turn_id)}
        current = head.current_turn_id if shown else None
        deletion = Deletion(uuid4().hex, head.id, turn_id, self._clock.now(), current)
        return (replace(head, current_turn_id=tree.leaf_beside(turn_id)) if shown else head), deletion


def _words(turns: int) -> str:
    return "The answer was deleted." if turns == 1 else f"{turns} turns were deleted."


def _marked(head: Conversation, turn_id: str, favourite: bool) -> Conversation:
    others = tuple(each for each in head.favourites if each != turn_id)
    return replace(head, favourites=(*others, turn_id) if favourite else others)


def _without(head: Conversation, turn_ids: set[str]) -> Conversation:
    return replace(head, favourites=tuple(each for each in head.favourites if each not in turn_ids))


DELETION_GONE = Failure(
    "deletion_gone",
    "There is nothing to bring back",
    "This branch is back already, or it was removed for good.",
)
