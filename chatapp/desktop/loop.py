"""Two loops: qasync on the UI thread for the window's own coroutines, plain asyncio on one worker thread for the rest.

`Backstage` is the worker thread with the profile opened on it; `Errands` sends use cases there and owns each until it
is done; `FeedReader` brings the worker's changes back, at most once a frame.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal

from chatapp.desktop.theme import FRAME_MS

if TYPE_CHECKING:
    from chatapp.conversation.changes import Change
    from chatapp.conversation.failures import Failure
    from chatapp.services.application import Application
    from chatapp.services.feed import Feed

T = TypeVar("T")
UseCase: TypeAlias = "Callable[[Application], Coroutine[Any, Any, T]]"

log = logging.getLogger(__name__)


class Backstage:
    """One worker thread whose loop holds the profile open from `start` to `close`.

    `ready` gets the application, or the exception that kept the profile from opening.
    """

    def __init__(self, enter: Callable[[], AbstractAsyncContextManager[Application]]) -> None:
        self._enter = enter
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="chatapp-worker")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = asyncio.Event()
        self._served: Future[None] | None = None
        self._close_asked = False
        self.ready: Future[Application] = Future()

    def start(self) -> None:
        self._served = self._executor.submit(lambda: asyncio.run(self._serve()))
        self._served.add_done_callback(self._pass_on)

    async def problem(self) -> BaseException | None:
        """What kept the profile from opening, once that is decided."""
        return await _exception_of(self.ready)

    def run(self, use_case: UseCase[T]) -> asyncio.Future[T]:
        """The result of a use case on the worker loop, to be awaited on the UI loop. Where the profile is open it
        begins at once: what the window has to paint first does not hold it up."""
        if self.ready.done() and self.ready.exception() is None:
            return self._begin(use_case, self.ready.result())
        return asyncio.ensure_future(self._when_ready(use_case))

    async def close(self) -> None:
        """Leaves the profile and ends the thread; raises what went wrong on the way out."""
        if self._served is not None:
            self._close_asked = True
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._closing.set)
            at_the_end = await _exception_of(self._served)
            if at_the_end is not None and await self.problem() is None:
                raise at_the_end
        self._executor.shutdown(wait=True)

    def leave(self) -> None:
        """The same where no loop of the window runs any more, as when its display went away: waits for the end here."""
        self._close_asked = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._closing.set)
        self._executor.shutdown(wait=True)

    async def _when_ready(self, use_case: UseCase[T]) -> T:
        return await self._begin(use_case, await asyncio.wrap_future(self.ready))

    def _begin(self, use_case: UseCase[T], application: Application) -> asyncio.Future[T]:
        assert self._loop is not None
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(use_case(application), self._loop))

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        if self._close_asked:
            self._closing.set()
        async with self._enter() as application:
            self.ready.set_result(application)
            await self._closing.wait()

    def _pass_on(self, served: Future[None]) -> None:
        problem = served.exception()
        if problem is not None and not self.ready.done():
            self.ready.set_exception(problem)


async def _exception_of(future: Future[Any]) -> BaseException | None:
    """How a future of another thread ended, without raising it."""
    waiting = asyncio.wrap_future(future)
    await asyncio.wait([waiting])
    return waiting.exception()


class Errands(QObject):
    """Use cases on their way. Each is owned here until it is done; `failed` tells every failure nobody took."""

    failed = Signal(object)  # Failure

    def __init__(self, backstage: Backstage) -> None:
        super().__init__()
        self._backstage = backstage
        self._tasks: set[asyncio.Task[Any]] = set()
        self._settling = False

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._tasks

    def run(
        self,
        use_case: UseCase[T],
        then: Callable[[T], object] | None = None,
        otherwise: Callable[[Failure], object] | None = None,
    ) -> asyncio.Task[T] | None:
        """Starts a use case. `then` gets its result, `otherwise` its failure in place of the `failed` signal.

        Cancelling the task ends the use case; nothing is told then. None once the end has begun.
        """
        if self._settling:
            return None
        result = self._backstage.run(use_case)
        task = self.own(_result(result), then, otherwise)
        if task is not None:
            task.add_done_callback(lambda _done: result.cancel())
        return task

    def own(
        self,
        coroutine: Coroutine[Any, Any, T],
        then: Callable[[T], object] | None = None,
        otherwise: Callable[[Failure], object] | None = None,
    ) -> asyncio.Task[T] | None:
        """Starts a coroutine of the UI loop that is made of several use cases; nothing once the end has begun."""
        if self._settling:
            coroutine.close()
            return None
        task: asyncio.Task[T] = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._done(done, then, otherwise))
        return task

    async def ask(self, use_case: UseCase[T]) -> T:
        """The result of a use case; its failure is the caller's."""
        return await self._backstage.run(use_case)

    async def settle(self, seconds: float) -> None:
        """Waits for what is under way, at most so long, cancels the rest, and takes on nothing new."""
        self._settling = True
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _done(
        self,
        task: asyncio.Task[T],
        then: Callable[[T], object] | None,
        otherwise: Callable[[Failure], object] | None,
    ) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        problem = task.exception()
        if problem is None:
            if then is not None:
                then(task.result())
            return
        (otherwise or self.failed.emit)(failure_of(problem))


async def _result(future: asyncio.Future[T]) -> T:
    return await future


def failure_of(problem: BaseException) -> Failure:
    """What to show for anything a use case raised; a defect of the program is logged too, with its trace."""
    from chatapp.conversation.failures import Failure
    from chatapp.services.use_case import UseCaseFailure

    if isinstance(problem, UseCaseFailure):
        return problem.failure
    log.error("a use case failed", exc_info=problem)
    return Failure(
        "defect",
        "Something in chatapp itself went wrong",
        "Your conversations are safe on disk. Try again; if it happens once more, restart chatapp.",
        f"{type(problem).__name__}: {problem}",
    )


class FeedReader(QObject):
    """Drains the feed on the UI thread: at once after a pause, at most once a frame while something streams.

    The writer wakes it once after each drain, so nothing ticks while nothing happens.
    """

    arrived = Signal(object)  # list[Change]
    _woken = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._feed: Feed | None = None
        self._since = QElapsedTimer()
        self._frame = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._frame.timeout.connect(self.drain)
        self._woken.connect(self._wake, Qt.ConnectionType.QueuedConnection)

    def open(self) -> Feed:
        """The feed to be written; made after the first picture, with the values it carries."""
        from chatapp.services.feed import Feed

        self._feed = Feed(self._woken.emit)
        return self._feed

    def drain(self) -> None:
        self._since.start()
        changes: list[Change] = self._feed.drain() if self._feed is not None else []
        if changes:
            self.arrived.emit(changes)

    def stop(self) -> None:
        self._frame.stop()

    def _wake(self) -> None:
        if self._frame.isActive():
            return
        waited = self._since.elapsed() if self._since.isValid() else FRAME_MS
        if waited >= FRAME_MS:
            self.drain()
        else:
            self._frame.start(FRAME_MS - waited)
