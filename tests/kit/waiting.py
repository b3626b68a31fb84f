"""Waiting for what nobody announces."""

import asyncio
import time
from collections.abc import Callable

WAIT_S = 20.0


async def until(ready: Callable[[], object], what: str = "", seconds: float | None = None) -> None:
    """Lets the loop run until `ready` is true, WAIT_S at most. Raises TimeoutError, which says `what` did not come."""
    end = time.monotonic() + (WAIT_S if seconds is None else seconds)
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(what or "it did not come to that")
        await asyncio.sleep(0.01)
