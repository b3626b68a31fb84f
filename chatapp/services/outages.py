"""Servers that cannot be reached while files wait for them: nothing is sent until it is time to try again.

Each try that fails doubles the pause. The first try after a pause is one file's alone; once the server has answered,
the others follow.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from chatapp.conversation.changes import QueueHeld
from chatapp.conversation.failures import Failure
from chatapp.services.ports import Clock

FIRST_S = 2.0
LAST_S = 60.0
SILENT = ("unreachable", "rate_limit", "engine")
"""Kinds of failure that are the server's as a whole, whatever was sent."""
BROKEN = ("cut", "unanswered", "timeout", "server_error")
"""Kinds that may as well come from the one file: it is tried again so often, and then failed."""
MOST_TRIES = 3


def is_outage(failure: Failure, tries: int) -> bool:
    """Whether what failed is to wait for its server; `tries` says how often it did already."""
    return failure.kind in SILENT or (failure.kind in BROKEN and tries < MOST_TRIES)


@dataclass(slots=True)
class _Outage:
    """`pause` is the task that ends it; None while one file tries."""

    failure: Failure
    seconds: float
    pause: asyncio.Task[None] | None = None


class Outages:
    """`tell` hears of every change, `tried` when a server may be tried again."""

    def __init__(self, clock: Clock, tell: Callable[[QueueHeld], None], tried: Callable[[], None]) -> None:
        self._clock, self._tell, self._tried = clock, tell, tried
        self._outages: dict[str, _Outage] = {}

    def room(self, server: str, most: int) -> int:
        """How many files may be on their way to a server that is given `most` when it is well."""
        outage = self._outages.get(server)
        if outage is None:
            return most
        return 0 if outage.pause is not None else 1

    def begin(self, server: str, failure: Failure) -> None:
        """A file did not get through. Those that were on their way with it say nothing new."""
        before = self._outages.get(server)
        if before is not None and before.pause is not None:
            return
        seconds = min(LAST_S, before.seconds * 2) if before is not None else FIRST_S
        outage = self._outages[server] = _Outage(failure, max(seconds, failure.retry_after or 0.0))
        outage.pause = asyncio.create_task(self._wait(server, outage), name=f"pause of {server}")
        self._tell(QueueHeld(server, failure.title, self._clock.now() + outage.seconds))

    def end(self, server: str) -> None:
        """The server has answered."""
        outage = self._outages.pop(server, None)
        if outage is not None:
            if outage.pause is not None:
                outage.pause.cancel()
            self._tell(QueueHeld(server))

    def try_now(self, server: str) -> None:
        outage = self._outages.get(server)
        if outage is not None and outage.pause is not None:
            outage.pause.cancel()
            self._try(server, outage)

    async def aclose(self) -> None:
        pauses = [outage.pause for outage in self._outages.values() if outage.pause is not None]
        for pause in pauses:
            pause.cancel()
        await asyncio.gather(*pauses, return_exceptions=True)

    async def _wait(self, server: str, outage: _Outage) -> None:
        await self._clock.sleep(outage.seconds)
        self._try(server, outage)

    def _try(self, server: str, outage: _Outage) -> None:
        outage.pause = None
        self._tell(QueueHeld(server, outage.failure.title))
        self._tried()
