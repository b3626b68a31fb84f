"""What the user does about the chain of answers that a server holds: look, ask on without it, delete there.

Nothing that is deleted on a server can be brought back there; the words stay here, and go along again when it is
asked on.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from chatapp.conversation.chain import Keeper, Marks
from chatapp.conversation.changes import Notice, Offer
from chatapp.conversation.failures import Failure
from chatapp.conversation.tree import Deletion, Tree, Turn
from chatapp.protocol.json_types import JsonObject
from chatapp.services.address_book import ENGINE
from chatapp.services.heads import Heads
from chatapp.services.known_servers import kind_of
from chatapp.services.ports import NOT_THERE, QUIET, Connection, DeletionStore, ServerFailure
from chatapp.services.surroundings import Surroundings
from chatapp.services.turns import TURN_GONE, Turns
from chatapp.services.use_case import UseCaseFailure, failure_of, use_case

GONE = (404, 410)
LOST = ("gone", "deleted")
"""Marks of what its server has no more."""
NAMES_ITS_PAST = ("conversation", "previous_response_id")
"""Parameters by which the user said what the server goes on from."""
Severity = Literal["info", "warning"]
_FOUND: dict[bool | None, tuple[str, Severity]] = {
    True: ("still has this answer.", "info"),
    False: (
        "does not have this answer any more. The next question below it sends the turns along.",
        "warning",
    ),
    None: ("gives no answers back, so it cannot say.", "warning"),
}
KEEPS_NONE = "keeps no answers: every question sends the turns above it along."
"""What is said after a look whether it is there."""
TOLD_EVERY = 10
"""Answers deleted between two words about how far it is."""


class Chains:
    """Use cases on what servers hold of turns."""

    def __init__(self, around: Surroundings, deletions: DeletionStore, heads: Heads, turns: Turns) -> None:
        self._around = around
        self._turns = turns
        self._deletions = deletions
        self._heads = heads
        self._named: dict[str, JsonObject] = {}
        self._told: set[str] = set()

    @use_case
    async def tell(self, conversation_id: str) -> None:
        """Tells the feed what is known of the conversation's responses."""
        await self._around.marks.tell(conversation_id)

    @use_case
    async def check(self, turn_id: str) -> None:
        """Asks its server whether it still has an answer, and says so."""
        turn = await self._turn(turn_id)
        if turn.response_id is None:
            raise UseCaseFailure(NO_ID)
        connection = await self._around.book.get(turn.server)
        there = await self._is_there(turn, connection)
        left = _state(await self._around.marks.of(turn.conversation_id), turn) == "left"
        keeps = await self._around.book.keeps_responses(turn.server)
        words, severity = _FOUND[there]
        if keeps is False and not there:
            words, severity = KEEPS_NONE, "info"
        elif there is not None and not (there and left):
            await self._mark(turn, "stored" if there else "gone")
        self._say(f"{connection.name} {words}", severity)

    @use_case
    async def leave(self, turn_id: str) -> None:
        """From here on it is asked without what the server holds: the next question sends the turns along."""
        turn = await self._turn(turn_id)
        path = await self._around.store.path(turn.conversation_id, turn_id)
        marks = await self._around.marks.of(turn.conversation_id)
        ids = [each.response_id for each in path if each.response_id and _state(marks, each) not in LOST]
        await self._around.marks.put(turn.conversation_id, ids, "left")
        head = await self._heads.get(turn.conversation_id)
        named = {name: head.parameters[name] for name in NAMES_ITS_PAST if name in head.parameters}
        if named:
            self._named[turn_id] = named
            rest = {name: value for name, value in head.parameters.items() if name not in named}
            await self._heads.edit(head.id, lambda now: replace(now, parameters=rest))
        count = sum(bool(each.answer.items) for each in path)
        turns = "turn above goes" if count == 1 else f"{count} turns above go"
        along = f": the {turns} along with the next question" if count else ""
        words = f"It is asked on without the server's chain{along}."
        self._around.feed.put(Notice(words, undo=f"chains.follow:{turn_id}"))

    @use_case
    async def ask_whole(self, turn_id: str) -> str:
        """Asks a turn's question again with the turns above it sent along: for one that found its chain, or the
        conversation it named, lost on the server."""
        turn = await self._turn(turn_id)
        await self.leave(turn.parent_id or turn_id)
        return await self._turns.regenerate(turn_id)

    @use_case
    async def follow(self, turn_id: str) -> None:
        """Takes `leave` back."""
        turn = await self._turn(turn_id)
        path = await self._around.store.path(turn.conversation_id, turn_id)
        marks = await self._around.marks.of(turn.conversation_id)
        left = [each.response_id for each in path if _state(marks, each) == "left" and each.response_id]
        await self._around.marks.put(turn.conversation_id, left, None)
        named = self._named.pop(turn_id, None)
        if named is not None:
            await self._heads.edit(
                turn.conversation_id, lambda now: replace(now, parameters={**now.parameters, **named})
            )

    @use_case
    async def tell_of_edit(self, turn_id: str) -> None:
        """What the server still holds of a question that was asked otherwise; told once a conversation."""
        turn = await self._turn(turn_id)
        held = await self._held(await self._below(turn))
        if not held or turn.conversation_id in self._told or turn.server == ENGINE.id:
            return
        self._told.add(turn.conversation_id)
        name = (await self._around.book.get(turn.server)).name
        if turn.request.get("conversation"):
            words = f"The conversation on {name} still holds the earlier question, and the model sees it."
            offer = Offer("Ask on without it", f"chains.leave:{turn.parent_id or turn_id}")
        else:
            words = f"{name} still holds the earlier question and {_answers(len(held))}."
            offer = Offer("Delete there", f"chains.delete:{turn_id}")
        self._around.feed.put(Notice(words, offer=offer))

    @use_case
    async def tell_of_deletion(self, deletion: Deletion) -> None:
        """What a server still holds of turns that were deleted here. The engine is told when they are purged."""
        held = await self._held(await self._deletions.turns(deletion.id))
        elsewhere = [turn for turn in held if turn.server != ENGINE.id]
        if elsewhere:
            count = len(elsewhere)
            held_there = "its answer" if count == 1 else f"their {count} answers"
            names = await self._names(elsewhere)
            words = f"{names} still holds {held_there}. What is deleted there does not come back."
            self._around.feed.put(
                Notice(words, offer=Offer("Delete there", f"chains.delete_deleted:{deletion.id}"))
            )

    @use_case
    async def ask_to_delete(self, turn_id: str) -> None:
        """Says what `delete` would do, and offers it."""
        turn = await self._turn(turn_id)
        held = await self._held(await self._below(turn), even_where_refused=True)
        if not held:
            self._say("No server is known to hold this answer, or any below it.")
            return
        words = f"{await self._names(held)} holds {_answers(len(held))} from here on. What is deleted there cannot be "
        offer = Offer("Delete there", f"chains.delete:{turn_id}")
        self._around.feed.put(Notice(f"{words}brought back; it stays here.", "warning", offer=offer))

    @use_case
    async def delete(self, turn_id: str) -> None:
        """Deletes on their servers the answers of a turn and of all below it, which stay here."""
        turn = await self._turn(turn_id)
        await self._delete(await self._below(turn), f"chains.delete:{turn_id}")

    @use_case
    async def delete_deleted(self, deletion_id: str) -> None:
        """The same for turns that were deleted here. They still come back here, by their words."""
        turns = await self._deletions.turns(deletion_id)
        await self._delete(turns, f"chains.delete_deleted:{deletion_id}")

    async def _delete(self, turns: Sequence[Turn], again: str) -> None:
        """From the leaves up: what is left when it ends early is a whole chain."""
        held = [*reversed(await self._held(turns, even_where_refused=True))]
        names = await self._names(held)
        deleted, failures = 0, list[Failure]()
        for done, turn in enumerate(held, 1):
            connection = await self._around.book.get(turn.server)
            try:
                await self._delete_one(turn, connection)
            except ServerFailure as problem:
                failures.append(failure_of(problem))
                if problem.status is None:
                    break
            except _NoDeleting:
                words = (
                    f"{connection.name} cannot delete answers: what it holds stays there until it forgets it."
                )
                self._say(words, "warning")
                return
            else:
                deleted += 1
            if done % TOLD_EVERY == 0 and done < len(held):
                self._say(f"{done} of {len(held)} answers are deleted on {names}…")
        self._tell_end(deleted, len(held), names, failures, again)

    def _tell_end(
        self, deleted: int, wanted: int, names: str, failures: Sequence[Failure], again: str
    ) -> None:
        if deleted == wanted:
            verb = "was" if wanted == 1 else "were"
            self._say(
                f"{_answers(wanted).capitalize()} {verb} deleted on {names}." if wanted else NOTHING_HELD
            )
            return
        why = f"{failures[0].title}. {failures[0].text}" if failures else ""
        words = f"{deleted} of {_answers(wanted)} were deleted on {names}. {why}"
        self._around.feed.put(Notice(words.strip(), "danger", offer=Offer("Try again", again)))

    async def _delete_one(self, turn: Turn, connection: Connection) -> None:
        """Raises ServerFailure, _NoDeleting for a server that has the answer and does not delete it."""
        if await self._around.learnt.deletes(turn.server) is False:
            raise _NoDeleting
        client = self._around.servers.responses(connection)
        assert turn.response_id is not None
        try:
            await client.delete(turn.response_id)
        except ServerFailure as problem:
            if problem.status not in (*NOT_THERE, *GONE):
                raise
            # A 404 may also say that there is no such thing as deleting.
            if problem.status not in GONE or await self._is_there(turn, connection):
                await self._around.learnt.learn_deletes(turn.server, False)
                raise _NoDeleting from problem
        await self._mark(turn, "deleted")

    async def _is_there(self, turn: Turn, connection: Connection) -> bool | None:
        """None for a server that gives no answers back. Raises ServerFailure where it does not say."""
        try:
            await self._around.servers.responses(connection).retrieve(turn.response_id or "", QUIET)
        except ServerFailure as problem:
            if problem.status not in (*NOT_THERE, *GONE):
                raise
            return False if problem.status in GONE else None
        return True

    async def _held(self, turns: Sequence[Turn], even_where_refused: bool = False) -> list[Turn]:
        """Those whose answers a server may hold; of servers that cannot delete only with `even_where_refused`."""
        if not turns:
            return []
        marks = await self._around.marks.of(turns[0].conversation_id)
        servers = {turn.server for turn in turns}
        known = {server: await self._keeper(server) for server in servers}
        deletes = {server: await self._around.learnt.deletes(server) for server in servers}
        return [
            turn
            for turn in turns
            if _may_be_held(turn, known[turn.server], marks)
            and (even_where_refused or deletes[turn.server] is not False)
        ]

    async def _keeper(self, server: str) -> Keeper | None:
        """None for a server that was removed."""
        known = next((entry for entry in await self._around.book.all() if entry.id == server), None)
        if known is None:
            return None
        return Keeper(
            known.name, await self._around.book.keeps_responses(server), kind_of(known).quirks.kept_days
        )

    async def _names(self, turns: Sequence[Turn]) -> str:
        servers = dict.fromkeys(turn.server for turn in turns)
        return " and ".join([(await self._around.book.get(server)).name for server in servers])

    async def _below(self, turn: Turn) -> Sequence[Turn]:
        return Tree(await self._around.store.turns(turn.conversation_id)).below(turn.id)

    async def _turn(self, turn_id: str) -> Turn:
        turn = await self._around.store.turn(turn_id)
        if turn is None:
            raise UseCaseFailure(TURN_GONE)
        return turn

    async def _mark(self, turn: Turn, state: str) -> None:
        await self._around.marks.put(turn.conversation_id, [turn.response_id or ""], state)

    def _say(self, words: str, severity: Severity = "info") -> None:
        self._around.feed.put(Notice(words, severity))


class _NoDeleting(Exception):
    """The server has no DELETE."""


def _state(marks: Marks, turn: Turn) -> str | None:
    mark = marks.get(turn.response_id or "")
    return mark.state if mark is not None else None


def _may_be_held(turn: Turn, keeper: Keeper | None, marks: Marks) -> bool:
    stored = turn.request.get("store") is not False and (turn.answer.response or {}).get("store") is not False
    known = keeper is not None and keeper.keeps is not False
    return bool(turn.response_id) and stored and known and _state(marks, turn) not in LOST


def _answers(count: int) -> str:
    return "1 answer" if count == 1 else f"{count} answers"


NOTHING_HELD = "There was nothing left to delete there."
NO_ID = Failure("no_id", "No server has this answer", "It came to no id by which a server could be asked.")
