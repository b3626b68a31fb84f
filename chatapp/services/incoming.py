"""What comes of one answer: events folded, journalled and told. `turn_run` owns one for every turn on its way."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.changes import LimitsChanged, Notice, TurnChanged, TurnWaiting
from chatapp.conversation.time_line import FETCHED, LONGEST_TYPE, WAITS, Moment, TimeLine
from chatapp.conversation.tree import Turn
from chatapp.conversation.turn import AnswerFold
from chatapp.protocol.errors import ApiError
from chatapp.protocol.events import DeltaEvent, Event, ResponseEvent, parse_event
from chatapp.protocol.json_types import JsonObject, index_of, shortened
from chatapp.services.journal import Journal, size_of
from chatapp.services.ports import StorageFailure, Told
from chatapp.services.surroundings import Surroundings

log = logging.getLogger(__name__)

LONGEST_REASON = 200
"""Characters of a server's words that stand beside a countdown."""


class Incoming:
    """`events` are those of an earlier life of the answer, already journalled, and `line` is when they came. A `known`
    answer ended before: it stands until there is more, and what comes is not journalled, because the disk has it as
    ended."""

    def __init__(
        self,
        turn: Turn,
        around: Surroundings,
        events: Iterable[JsonObject] = (),
        known: Answer | None = None,
        line: TimeLine = (),
    ) -> None:
        self._turn = turn
        self._line = list(line)
        self._written = len(line)
        self._around = around
        self._known = known
        self._fold = refold(turn, events)
        self._whole: Answer | None = None
        self._status: Status | None = None
        self._journal = Journal(self._write, self.disk_refused)
        self._complained = False
        self._waits = False
        self.received = False
        self.told = Told(self._told_wait, self._told_limits)

    @property
    def turn(self) -> Turn:
        """As it stands now."""
        return replace(self._turn, answer=self.answer)

    @property
    def answer(self) -> Answer:
        if self._whole is not None:
            return self._whole
        answer = self._fold.answer
        if self._known is not None and not answer.items:
            answer = replace(
                answer, items=self._known.items, model=self._known.model, response_id=self._known.response_id
            )
        return answer if self._status is None else replace(answer, status=self._status)

    @property
    def line(self) -> TimeLine:
        """When everything came, so far."""
        return tuple(self._line)

    @property
    def last_sequence(self) -> int | None:
        return self._fold.answer.last_sequence

    @property
    def ended(self) -> bool:
        return self._whole is not None or self._fold.ended

    def take(self, event: Event) -> None:
        self.wait_over()
        self.received = True
        self._status = None
        size = size_of(event)
        self._journal.add(event, size)
        self.mark(event.type, event.sequence, index_of(event.raw.get("output_index")), size)
        if isinstance(event, DeltaEvent) and self._turn.first_token_at is None:
            self._turn = replace(self._turn, first_token_at=self._around.clock.now())
        for change in self._fold.apply(event):
            self._around.feed.put(change)
        if isinstance(event, ResponseEvent) and not self._fold.ended:
            self.tell()

    def mark(self, kind: str, sequence: int | None = None, item: int | None = None, size: int = 0) -> None:
        """Something happened now: an event of the server's, or one of those that `time_line` names."""
        at = round((self._around.clock.now() - self._turn.created_at) * 1000)
        self._line.append(Moment(shortened(kind, LONGEST_TYPE), max(0, at), sequence, item, size))

    def take_whole(self, answer: Answer) -> None:
        """The answer as its server keeps it. What was received beyond it stays: a cancelled one may come empty."""
        self.wait_over()
        self.mark(FETCHED)
        self._whole = answer if answer.items else replace(answer, items=self.answer.items)

    def take_status(self, status: Status) -> None:
        """How the answer stands on its server, where only that is known."""
        if status is not self.answer.status:
            self._status = status
            self.tell()

    def begin_again(self) -> None:
        """Another request for the same answer: what was told of the one before is no part of it."""
        self._fold = AnswerFold(self._turn.conversation_id, self._turn.id)
        self.received = False

    async def amend(self, request: JsonObject) -> None:
        """Another request than the turn says. It is on the disk before it leaves."""
        self._turn = replace(self._turn, request=request)
        await self._around.store.amend_turn(self.turn)
        self.tell()

    def tell(self) -> None:
        self._around.feed.put(TurnChanged(self.turn))

    def note(self, words: str) -> None:
        """Something the reader should know of this turn, told with its next change."""
        if words and words not in (self._turn.note or ""):
            self._turn = replace(self._turn, note=" ".join(filter(None, (self._turn.note, words))))

    def wait(self, seconds: float, reason: str) -> None:
        self._waits = True
        until = self._around.clock.now() + seconds
        self._around.feed.put(TurnWaiting(self._turn.conversation_id, self._turn.id, until, reason))

    def wait_over(self) -> None:
        if self._waits:
            self._waits = False
            self._around.feed.put(TurnWaiting(self._turn.conversation_id, self._turn.id, None))

    def _told_wait(self, seconds: float, error: ApiError, attempt: int) -> None:
        self.mark(WAITS)
        self.wait(seconds, f"{in_brief(error)}. Sending again")

    def _told_limits(self, headers: Mapping[str, str]) -> None:
        self._around.feed.put(LimitsChanged(self._turn.server, tuple(headers.items())))

    @asynccontextmanager
    async def journalling(self) -> AsyncIterator[None]:
        """While inside, what is taken is on its way to the disk; afterwards it is there, if the disk takes it."""
        writing = asyncio.create_task(self._journal.run(), name=f"journal of {self._turn.id}")
        writing.add_done_callback(self._journal_ended)
        try:
            yield
        finally:
            writing.cancel()
            await asyncio.wait({writing})

    async def flush(self) -> None:
        await self._journal.flush()

    def disk_refused(self, problem: StorageFailure) -> None:
        """Said once: the disk that refuses a batch refuses the next one too."""
        if self._complained:
            return
        self._complained = True
        text = f"{problem.failure.title}: this answer is on screen but not saved. {problem.failure.text}"
        self._around.feed.put(Notice(text, "danger"))

    async def _write(self, events: Sequence[JsonObject]) -> None:
        if self._known is None:
            end = len(self._line)
            await self._around.store.journal(self._turn.id, events, self._line[self._written : end])
            self._written = end

    def _journal_ended(self, writing: asyncio.Task[None]) -> None:
        """What had arrived is on screen and is saved at its end; only a crash before that would lose it."""
        problem = None if writing.cancelled() else writing.exception()
        if problem is not None:
            log.error("an answer lost its journal", exc_info=problem)
            text = f"Something went wrong inside chatapp: this answer is saved only once it is complete ({problem!r})."
            self._around.feed.put(Notice(text, "danger"))


def in_brief(error: ApiError) -> str:
    """A server's words as the beginning of a line, without their stop."""
    return shortened(" ".join(error.message.split()), LONGEST_REASON).rstrip(". ")


def refold(turn: Turn, events: Iterable[JsonObject]) -> AnswerFold:
    """The fold of events that were journalled. One that cannot be folded is where the answer broke off; a response
    that begins before anything was said is another attempt at the same answer."""
    fold = AnswerFold(turn.conversation_id, turn.id)
    try:
        for raw in events:
            event = parse_event(raw)
            if event.type == "response.created" and not fold.answer.items:
                fold = AnswerFold(turn.conversation_id, turn.id)
            fold.apply(event)
    except Exception as problem:
        log.error("a journal holds what cannot be read", exc_info=problem)
    return fold
