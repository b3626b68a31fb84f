"""Waiting for what nobody announces."""

import asyncio
import time
from collections.abc import Callable

WAIT_S = 20.0


async def until(ready: Callable[[], object], what: str = "", seconds: float = WAIT_S) -> None:
    """Lets the loop run until `ready` is true. Raises TimeoutError, which says `what` did not come."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(what or "it did not come to that")
        await asyncio.sleep(0.01)
