"""One sweep that is at work: it keeps as many places under way as its plan allows, until none is left to ask.

A server that has no room for so many at once says so by refusing some: fewer are under way from then on, and those
places are asked again after the others. Where one place shows that no other will fare better, the sweep rests.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from uuid import uuid4

from chatapp.conversation.changes import ExperimentChanged, Notice
from chatapp.conversation.experiments import Experiment
from chatapp.conversation.failures import Failure
from chatapp.conversation.tree import Turn
from chatapp.services.asking import Aside
from chatapp.services.feed import Feed
from chatapp.services.learnt import LONGEST_PAUSE_S
from chatapp.services.ports import StorageFailure
from chatapp.services.turns import Turns
from chatapp.services.use_case import UseCaseFailure

log = logging.getLogger(__name__)

TOO_MANY = "rate_limit"
"""The kind of failure that is for want of room."""
MOST_AGAIN = 3
"""How often a place is asked again for it."""
HOPELESS = ("unreachable", "tls", "insecure", "ca_file", "proxy", "no_key", "wrong_key", "quota")
"""Kinds of failure that every other place would meet too."""


class SweepRun:
    """`experiment` is the newest state. `ended` is set once nothing is under way and nothing waits."""

    def __init__(
        self,
        experiment: Experiment,
        turns: Turns,
        feed: Feed,
        when_ended: Callable[[], object],
    ) -> None:
        self.experiment = experiment
        self._turns = turns
        self._feed = feed
        self._when_ended = when_ended
        self._waiting: list[int] = []
        self._at_work: dict[asyncio.Task[None], int] = {}
        self._asking: set[str] = set()
        self._problem: Failure | None = None
        self._is_stopping = False
        self._at_once = experiment.plan.parallel
        self._refused = Counter[int]()
        self._is_resting = False
        self._reading = asyncio.Lock()
        self._path: tuple[Turn, ...] | None = None
        self.ended = asyncio.Event()

    def ask(self, places: Iterable[int]) -> None:
        """Asks at these places too, after those that wait already."""
        self._is_resting, self._problem = False, None
        known = {*self._waiting, *self._at_work.values()}
        self._waiting += [place for place in dict.fromkeys(places) if place not in known]
        self._fill()

    def rest(self) -> None:
        """Nothing new is asked; what is under way comes to its end."""
        self._is_resting = True
        self._waiting.clear()

    async def stop(self) -> None:
        """Stops what is under way, too. Returns once that is saved."""
        self.rest()
        self._is_stopping = True
        await asyncio.gather(*(self._turns.stop(turn_id) for turn_id in self._asking))
        await self.ended.wait()

    async def aclose(self) -> None:
        """Leaves the turns that are under way to their owner."""
        self.rest()
        for task in self._at_work:
            task.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=True)

    def tell(self) -> None:
        self._feed.put(ExperimentChanged(self.experiment, not self.ended.is_set(), self._problem))

    def _fill(self) -> None:
        while self._waiting and len(self._at_work) < self._at_once:
            place = self._waiting.pop(0)
            task = asyncio.create_task(self._ask(place), name=f"place {place} of sweep {self.experiment.id}")
            self._at_work[task] = place
            task.add_done_callback(self._done)
        if not self._at_work and not self.ended.is_set():
            self.ended.set()
            self._when_ended()
            self.tell()

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._at_work[task]
        problem = None if task.cancelled() else task.exception()
        if problem is not None:
            self._problem = self._explained(problem)
            self.rest()
        self._fill()

    def _explained(self, problem: BaseException) -> Failure:
        """Why a place could not be asked at all. The others would fare no better: the sweep rests."""
        if isinstance(problem, UseCaseFailure | StorageFailure):
            return problem.failure
        log.error("a sweep lost a place", exc_info=problem)
        self._feed.put(Notice(f"Something went wrong inside chatapp: {problem!r}", "danger"))
        return Failure("defect", "Something in chatapp itself went wrong", "What was answered is kept.")

    async def _ask(self, place: int) -> None:
        """To the end of its answer."""
        turn_id = uuid4().hex
        await self._turns.ask_aside(_aside(self.experiment, place, turn_id, await self._path_above()))
        self.experiment = self.experiment.with_turn(place, turn_id)
        self._asking.add(turn_id)
        try:
            self.tell()
            if self._is_stopping:
                await self._turns.stop(turn_id)
            failure = (await self._turns.wait(turn_id)).answer.failure
        finally:
            self._asking.discard(turn_id)
        if failure is not None and failure.kind == TOO_MANY:
            self._slow_down(place, failure.retry_after or 0.0)
        elif failure is not None and failure.kind in HOPELESS:
            self._problem = failure
            self.rest()

    def _slow_down(self, place: int, pause: float) -> None:
        """The pause that the server asked for is waited out by the turns themselves, if anybody waits that long."""
        self._at_once = max(1, self._at_once // 2)
        self._refused[place] += 1
        if pause <= LONGEST_PAUSE_S and self._refused[place] <= MOST_AGAIN and not self._is_resting:
            self._waiting.append(place)

    async def _path_above(self) -> tuple[Turn, ...]:
        """Read once: thousands of turns take a second, and all places stand below the same."""
        async with self._reading:
            if self._path is None:
                plan = self.experiment.plan
                self._path = await self._turns.path_to(plan.conversation_id, plan.parent_id)
            return self._path


def _aside(experiment: Experiment, place: int, turn_id: str, path: tuple[Turn, ...]) -> Aside:
    plan = experiment.plan
    return Aside(
        turn_id,
        plan.conversation_id,
        plan.parent_id,
        plan.server,
        plan.parameters_at(place),
        plan.text,
        plan.input,
        plan.attachments,
        (experiment.id, place),
        path,
    )
