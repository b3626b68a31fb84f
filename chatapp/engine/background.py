"""Runs that go on whether or not anybody listens: so many at a time, so many waiting, each can be cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from chatapp.engine.errors import too_many
from chatapp.engine.running_work import RunningWork

MOST_AT_ONCE = 8
MOST_WAITING = 200


class Background:
    """Owns the tasks of background runs, by the ids of their responses. A run holds a slot while it works."""

    def __init__(self, running: RunningWork) -> None:
        self._running = running
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.slots = asyncio.Semaphore(MOST_AT_ONCE)

    def check_room(self) -> None:
        """Raises ApiError 429 where too many wait already."""
        if len(self._tasks) >= MOST_AT_ONCE + MOST_WAITING:
            raise too_many("Too many background responses are waiting. Try again when some have ended.")

    def start(self, response_id: str, work: Coroutine[Any, Any, None]) -> None:
        """Let the rest of a run go on by itself."""
        task = self._running.start(work)
        self._tasks[response_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(response_id))

    async def cancel(self, response_id: str) -> None:
        """End a run, if it still goes on, and wait until it has noted that."""
        task = self._tasks.get(response_id)
        if task:
            task.cancel()
            await asyncio.wait((task,))
