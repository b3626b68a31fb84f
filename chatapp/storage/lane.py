"""A thread of one's own for blocking work, awaited from any event loop. `database`, `originals`, `secrets` use it."""

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


class Lane:
    """Runs jobs one after the other, in the order they came, on one thread that starts with the first of them.

    While no job waits it calls `idle`, if there is one, until that returns False: work that is never in the way.
    A job that was handed over is always run, even if its caller is cancelled while it waits: what is on its way
    to the disk gets there. The thread is a daemon, so a job that hangs (an unlock prompt) cannot hold the exit.
    """

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name=name, daemon=True)
        self._closed = False
        self.idle: Callable[[], bool] | None = None
        """To be set by a job, on the lane's own thread. Must not raise."""

    async def call(self, job: Callable[[], T]) -> T:
        """What `job` returns or raises. RuntimeError once the lane is closed."""
        if self._closed:
            raise RuntimeError(f"{self._thread.name} is closed")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._jobs.put(lambda: _run(job, loop, answer))
        if not self._thread.is_alive():
            self._thread.start()
        return await answer

    def close(self, wait: bool = True) -> None:
        """Takes no more jobs. `wait` blocks until those already handed over are done and the thread has ended."""
        self._closed = True
        self._jobs.put(None)
        if wait and self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            job()

    def _next(self) -> Callable[[], None] | None:
        while self.idle is not None and self._jobs.empty():
            if not self.idle():
                self.idle = None
        return self._jobs.get()


def _run(job: Callable[[], T], loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[T]") -> None:
    try:
        result = job()
    except BaseException as error:  # noqa: BLE001 - raised again where the job is awaited
        _deliver(loop, _settle_error, answer, error)
    else:
        _deliver(loop, _settle, answer, result)


def _deliver(loop: asyncio.AbstractEventLoop, settle: Callable[..., None], *values: object) -> None:
    try:
        loop.call_soon_threadsafe(settle, *values)
    except RuntimeError:
        # The loop has ended, and with it everyone who could have waited for this answer.
        if not loop.is_closed():
            raise


def _settle(answer: "asyncio.Future[T]", result: T) -> None:
    if not answer.done():
        answer.set_result(result)


def _settle_error(answer: "asyncio.Future[T]", error: BaseException) -> None:
    if not answer.done():
        answer.set_exception(error)
