"""What has expired goes while the engine runs, not only when it starts: files, from their stores too, uploads,
and what stores hold of theirs."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from chatapp.engine.errors import disk_error

log = logging.getLogger(__name__)

EVERY_S = 60.0

Sweep = Callable[[], Awaitable[bool]]


@asynccontextmanager
async def swept(
    sweeps: list[Sweep], found: Callable[[], None], every_s: float = EVERY_S
) -> AsyncIterator[None]:
    """While this is open each sweep is called again and again; `found` after one that took something away."""
    task = asyncio.create_task(_sweeping(sweeps, found, every_s), name="sweeping")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _sweeping(sweeps: list[Sweep], found: Callable[[], None], every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        try:
            if any([await sweep() for sweep in sweeps]):
                found()
        except (OSError, sqlite3.Error) as error:
            log.warning("what has expired stays for now: %s", disk_error(error).message)
