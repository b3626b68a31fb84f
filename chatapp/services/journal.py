"""The journal of a running answer: raw events on their way to the disk, in batches. `running` owns one each."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from chatapp.protocol.events import DeltaEvent, Event
from chatapp.protocol.json_types import JsonObject
from chatapp.services.ports import StorageFailure

INTERVAL_S = 0.2
"""A batch waits this long for more; with a slow commit still less than 250 ms apart."""
BATCH_BYTES = 48 << 10
"""A batch this large is written at once; with the event that filled it still less than 64 KiB, as a rule."""
ENVELOPE_BYTES = 160
"""What an event of text weighs beside its text."""

Write = Callable[[Sequence[JsonObject]], Awaitable[None]]


class Journal:
    """Takes events without waiting; `run` writes them until it is cancelled.

    A disk that refuses is told to `refused`; the events stay and are tried again with the next batch.
    """

    def __init__(self, write: Write, refused: Callable[[StorageFailure], None]) -> None:
        self._write = write
        self._refused = refused
        self._pending: list[JsonObject] = []
        self._bytes = 0
        self._some = asyncio.Event()
        self._full = asyncio.Event()

    def add(self, event: Event, size: int) -> None:
        """`size` is that of `size_of`."""
        self._pending.append(_kept(event))
        self._bytes += size + ENVELOPE_BYTES
        self._some.set()
        if self._bytes >= BATCH_BYTES:
            self._full.set()

    async def run(self) -> None:
        while True:
            await self._some.wait()
            # Not wait_for: before Python 3.12 it can swallow the cancellation that ends this task.
            with suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL_S):
                    await self._full.wait()
            await self.flush()

    async def flush(self) -> None:
        """Writes what waits, at once."""
        batch, self._pending, self._bytes = self._pending, [], 0
        self._some.clear()
        self._full.clear()
        if not batch:
            return
        try:
            await self._write(batch)
        except StorageFailure as problem:
            self._pending = batch + self._pending
            self._refused(problem)


def _kept(event: Event) -> JsonObject:
    """The event as it came, less its padding; the type stands in it even where only the `event:` line had it."""
    raw = {name: value for name, value in event.raw.items() if name != "obfuscation"}
    return raw if "type" in raw else {"type": event.type, **raw}


def size_of(event: Event) -> int:
    """Characters: of the text a delta adds, of the JSON of any other event."""
    return len(event.delta) if isinstance(event, DeltaEvent) else len(json.dumps(event.raw))
