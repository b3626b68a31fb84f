"""The journal's rhythm: batches by time and by size, a disk that refuses, and an end that is never missed."""

import asyncio
from collections.abc import Sequence

from chatapp.conversation.failures import Failure
from chatapp.protocol.events import Event, parse_event
from chatapp.protocol.json_types import JsonObject
from chatapp.services.journal import BATCH_BYTES, INTERVAL_S, Journal, size_of
from chatapp.services.ports import StorageFailure


def delta(text: str) -> Event:
    return parse_event({"type": "response.output_text.delta", "delta": text, "obfuscation": "xxxx"})


def add(journal: Journal, event: Event) -> None:
    journal.add(event, size_of(event))


class Disk:
    """Takes batches, or refuses as often as it is told to."""

    def __init__(self, refusals: int = 0) -> None:
        self.batches: list[list[JsonObject]] = []
        self.told = asyncio.Event()
        self._refusals = refusals
        self.written = asyncio.Event()

    async def write(self, events: Sequence[JsonObject]) -> None:
        if self._refusals:
            self._refusals -= 1
            raise StorageFailure(Failure("disk_full", "The disk is full", ""))
        self.batches.append(list(events))
        self.written.set()

    def refused(self, problem: StorageFailure) -> None:
        self.told.set()


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait_for(asyncio.wait({task}), 5)
    assert task.cancelled()


async def test_what_comes_within_the_interval_is_one_batch() -> None:
    disk = Disk()
    journal = Journal(disk.write, disk.refused)
    running = asyncio.create_task(journal.run())
    since = asyncio.get_running_loop().time()
    for text in "abc":
        add(journal, delta(text))
    await disk.written.wait()
    assert asyncio.get_running_loop().time() - since >= INTERVAL_S / 2
    assert disk.batches == [[{"type": "response.output_text.delta", "delta": text} for text in "abc"]]
    await ended(running)


async def test_a_full_batch_does_not_wait() -> None:
    disk = Disk()
    journal = Journal(disk.write, disk.refused)
    running = asyncio.create_task(journal.run())
    since = asyncio.get_running_loop().time()
    add(journal, delta("x" * BATCH_BYTES))
    await disk.written.wait()
    assert asyncio.get_running_loop().time() - since < INTERVAL_S
    await ended(running)


async def test_what_the_disk_refused_is_written_with_the_next_batch_in_order() -> None:
    disk = Disk(refusals=1)
    journal = Journal(disk.write, disk.refused)
    running = asyncio.create_task(journal.run())
    add(journal, delta("x" * BATCH_BYTES))
    await disk.told.wait()
    add(journal, delta("second"))
    await disk.written.wait()
    assert [event["delta"][:6] for event in disk.batches[0]] == ["xxxxxx", "second"]
    await ended(running)


async def test_it_ends_even_when_it_is_told_to_in_the_moment_it_fills() -> None:
    """asyncio.wait_for of Python 3.11 would lose the cancellation here, and the answer would never end."""
    disk = Disk()
    journal = Journal(disk.write, disk.refused)
    running = asyncio.create_task(journal.run())
    add(journal, delta("a little"))
    await asyncio.sleep(INTERVAL_S / 4)
    add(journal, delta("x" * BATCH_BYTES))
    await asyncio.sleep(0)
    await ended(running)
