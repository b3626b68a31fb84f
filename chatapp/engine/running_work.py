"""The answers that are being written, so that an engine that ends can end them first and note how."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class RunningWork:
    """Owns the tasks of requests that outlast one await: each ends when its client or the engine does."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self.ending = False

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task that goes on until it or the engine ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def until(self, gone: Awaitable[None], work: Coroutine[Any, Any, T]) -> T | None:
        """The result of `work`, or None where `gone` came first; `work` has then been cancelled.

        Raises what `work` raised.
        """
        task = self.start(work)
        watch = asyncio.ensure_future(gone)
        try:
            await asyncio.wait((task, watch), return_when=asyncio.FIRST_COMPLETED)
        finally:
            watch.cancel()
            task.cancel()
            await asyncio.gather(task, watch, return_exceptions=True)
        return None if task.cancelled() else task.result()

    async def end(self) -> None:
        """Cancel what runs, and wait until it has noted that."""
        self.ending = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
