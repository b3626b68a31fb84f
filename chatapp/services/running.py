"""The registry of the answers that are being written, and of those that ended but could not be saved yet."""

import asyncio
import logging

from chatapp.conversation.changes import Notice
from chatapp.conversation.time_line import TimeLine
from chatapp.conversation.tree import Turn
from chatapp.services.feed import Feed
from chatapp.services.turn_run import TurnRun

log = logging.getLogger(__name__)


class RunningTurns:
    """The registry: which answers are being written, and which ended but could not be saved yet."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._runs: dict[str, TurnRun] = {}
        self._unsaved: dict[str, TurnRun] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, run: TurnRun) -> None:
        self._runs[run.turn.id] = run
        task = asyncio.create_task(self._own(run), name=f"turn {run.turn.id}")
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def ids(self) -> tuple[str, ...]:
        """Answers that have not ended."""
        return tuple(turn_id for turn_id, run in self._runs.items() if not run.ended.is_set())

    def of(self, conversation_id: str) -> tuple[Turn, ...]:
        runs = [self._runs[turn_id] for turn_id in self.ids()]
        return tuple(run.turn for run in runs if run.turn.conversation_id == conversation_id)

    def newest(self, turn: Turn) -> Turn:
        """The turn as it is now, where memory knows more than the disk."""
        run = self._runs.get(turn.id) or self._unsaved.get(turn.id)
        return run.turn if run else turn

    def line(self, turn_id: str) -> TimeLine | None:
        """When everything of an answer came, where memory knows more than the disk; else None."""
        run = self._runs.get(turn_id) or self._unsaved.get(turn_id)
        return run.line if run else None

    async def stop(self, turn_id: str) -> None:
        """Returns once the stopped answer is on the disk."""
        run = self._runs.get(turn_id)
        if run is not None:
            run.stop()
            await run.ended.wait()

    async def wait(self, turn_id: str) -> Turn | None:
        """The ended turn; None for one that is not running."""
        run = self._runs.get(turn_id) or self._unsaved.get(turn_id)
        if run is None:
            return None
        await run.ended.wait()
        return run.turn

    async def save_again(self) -> None:
        """Tries once more to save what the disk refused."""
        for run in [*self._runs.values(), *self._unsaved.values()]:
            if run.ended.is_set() and not run.saved and await run.save():
                self._unsaved.pop(run.turn.id, None)
                self._feed.put(Notice("The answer that could not be saved is saved now."))

    async def settled(self) -> None:
        """Returns when nothing runs any more, what follows an answer included."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def aclose(self) -> None:
        """Stops every answer and saves what it had, or leaves it to its server; gives up what only follows one."""
        for run in self._runs.values():
            run.leave()
        for run in list(self._runs.values()):
            await run.ended.wait()
        for task in set(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.save_again()

    async def _own(self, run: TurnRun) -> None:
        turn_id = run.turn.id
        try:
            await run.run()
        finally:
            if run.ended.is_set() and not run.saved:
                self._unsaved[turn_id] = run
            run.ended.set()
            self._runs.pop(turn_id, None)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        problem = None if task.cancelled() else task.exception()
        if problem is not None:
            log.error("an answer lost its owner", exc_info=problem)
            self._feed.put(Notice(f"Something went wrong inside chatapp: {problem!r}", "danger"))
