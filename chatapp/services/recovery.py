"""After a crash: what was on screen comes back from the journal. A background answer is taken up where it broke off;
any other is marked as cut, and what the server finished of it is fetched."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.changes import Notice, TurnChanged
from chatapp.conversation.failures import describe
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import JsonObject
from chatapp.services.following import kept_answer
from chatapp.services.incoming import refold
from chatapp.services.ports import StorageFailure
from chatapp.services.running import RunningTurns
from chatapp.services.surroundings import Surroundings
from chatapp.services.turn_run import TurnRun

log = logging.getLogger(__name__)


class Recovery:
    """Owns the tasks that ask servers for answers they finished while nobody listened."""

    def __init__(self, around: Surroundings, running: RunningTurns) -> None:
        self._around = around
        self._running = running
        self._asking: set[asyncio.Task[None]] = set()

    async def recover(self) -> None:
        """Ends every turn that never ended. Returns when all are on the disk again."""
        alive = set(self._running.ids())
        for turn in await self._around.store.unfinished():
            if turn.id not in alive:
                await self._try(turn)

    async def settled(self) -> None:
        """Returns when no server is being asked any more."""
        while self._asking:
            await asyncio.wait(set(self._asking))

    async def aclose(self) -> None:
        for task in set(self._asking):
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def _try(self, turn: Turn) -> None:
        """One turn that cannot be mended does not keep the others from it; it is tried again at the next start."""
        try:
            await self._recover(turn)
        except StorageFailure as problem:
            self._around.feed.put(Notice(f"{problem.failure.title}. {problem.failure.text}", "danger"))
        except Exception as problem:
            log.error("a turn could not be recovered", exc_info=problem)
            text = (
                f"An answer that was being written when chatapp ended could not be brought back: {problem!r}"
            )
            self._around.feed.put(Notice(text, "danger"))

    async def _recover(self, turn: Turn) -> None:
        events = await self._journalled(turn)
        answer = replayed(turn, events)
        if answer.status is Status.CUT and answer.response_id and turn.request.get("background") is True:
            line = await self._around.store.time_line(turn.id)
            self._running.start(TurnRun.taken_up(turn, events, line, self._around))
            return
        ended = await self._end(turn, answer)
        if answer.status is Status.CUT and answer.response_id and turn.request.get("store") is not False:
            task = asyncio.create_task(self._ask(ended), name=f"recovery of {turn.id}")
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _journalled(self, turn: Turn) -> list[JsonObject]:
        try:
            return await self._around.store.journalled(turn.id)
        except ValueError as problem:
            log.error("a journal is not JSON", exc_info=problem)
            return []

    async def _ask(self, turn: Turn) -> None:
        whole = await kept_answer(self._around, turn.server, turn.response_id)
        if whole is None:
            return
        try:
            await self._end(turn, whole)
        except StorageFailure as problem:
            self._around.feed.put(Notice(f"{problem.failure.title}. {problem.failure.text}", "danger"))

    async def _end(self, turn: Turn, answer: Answer) -> Turn:
        ended = replace(turn, answer=answer, finished_at=self._around.clock.now())
        ended = replace(ended, cost=await self._around.prices.cost_of(ended))
        await self._around.store.finish_turn(ended, await self._around.store.time_line(turn.id))
        self._around.feed.put(TurnChanged(ended))
        return ended


def replayed(turn: Turn, events: Iterable[JsonObject]) -> Answer:
    """The answer as it stood when the program died: ended if its end was journalled, else cut."""
    answer = refold(turn, events).answer
    if answer.status.ended:
        return answer
    return replace(answer, status=Status.CUT, failure=describe("interrupted"))
