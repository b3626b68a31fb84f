"""Indexing in the background: attached files are read, cut and analysed in a limited process, and put into the index.

The queue is the database itself: whatever is `in_progress` there is to be done, so nothing is lost when the
engine ends in the middle. Chunks go in by batches that do not wait for the disk, so that answers are not kept waiting;
they are found only once the file's status is `completed`, which is the last write (`commits`) and waits for all.

A disk that refuses (it is full, say) is no fault of a file: the lane waits and tries again, for as long as it takes. A
process that ends at work may have been ended by anybody: its file is begun once more, and fails the second time.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from functools import partial

from chatapp.documents.faults import place_of
from chatapp.documents.limited_process import ProcessDied
from chatapp.documents.model import UnreadableDocument
from chatapp.engine import catalogue
from chatapp.engine.catalogue import Waiting
from chatapp.engine.commits import Added, Commits
from chatapp.engine.cutting import Cutter
from chatapp.engine.errors import ApiError, disk_error
from chatapp.engine.file_shelf import FileShelf
from chatapp.engine.retrieval import index
from chatapp.engine.retrieval.pieces import Piece
from chatapp.engine.retrieval.term_index import Entry, TermIndex
from chatapp.engine.store import Database

log = logging.getLogger(__name__)

LANES = 2
"""Files read at the same time: a large one does not hold up the small ones behind it."""
WAITS_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Before the first, second… try after the disk or the database refused; the last one holds from then on."""
FAILED = "The engine failed while it indexed this file. Its log says more."
NO_TEXT = "The file holds no text to search."

# The wire knows three codes; the reader tells more apart, and its message says which.
_CODES = {
    "unsupported": "unsupported_file",
    "timeout": "server_error",
    "memory": "server_error",
    "missing": "server_error",
}


class Indexer:
    """Owns the lanes. `wake` it when there is something new; `close` it to stop where it is."""

    def __init__(
        self,
        database: Database,
        shelf: FileShelf,
        terms: TermIndex,
        waits_s: Sequence[float] = WAITS_S,
        on_complete: Callable[[], None] | None = None,
    ) -> None:
        """`on_complete` is told after files were completed."""
        self._database = database
        self._shelf = shelf
        self._terms = terms
        self._waits_s = waits_s
        self._on_complete = on_complete or (lambda: None)
        self._commits = Commits(database, terms, lambda: not self._taken)
        self._changed = asyncio.Event()
        self._taken: set[int] = set()
        self._lanes: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin with what waits in the database."""
        self._commits.start()
        self._lanes = [
            asyncio.create_task(self._lane(), name=f"indexing-{number}") for number in range(LANES)
        ]
        for lane in self._lanes:
            lane.add_done_callback(_report_end)

    def wake(self) -> None:
        """Look again: a file was attached, or taken away."""
        self._changed.set()
        self._commits.wake()

    async def close(self) -> None:
        """Stop; what is half done stays `in_progress` and is begun anew by the next engine."""
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)
        await self._commits.close()

    async def _lane(self) -> None:
        async with aclosing(Cutter()) as cutter:
            refusals = 0
            while True:
                try:
                    await self._one(cutter)
                    refusals = 0
                except (OSError, sqlite3.Error) as error:
                    if not refusals:
                        log.warning("indexing waits: %s", disk_error(error).message)
                    await self._wait(self._waits_s[min(refusals, len(self._waits_s) - 1)])
                    refusals += 1

    async def _wait(self, seconds: float) -> None:
        """Sleep, but not past a sign that the disk takes something again: a file was attached."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    async def _one(self, cutter: Cutter) -> None:
        """Index the next file, or wait until there may be one. Raises OSError, sqlite3.Error."""
        self._changed.clear()
        job = await self._next()
        if job is None:
            await self._changed.wait()
            if cutter.process_id is None:
                # The other lane may have a process that runs: it is first, as starting one takes a while.
                await asyncio.sleep(0)
            return
        committing = False
        try:
            committing = await self._index(cutter, job)
        finally:
            if not committing:
                self._taken.discard(job.entry)

    async def _next(self) -> Waiting | None:
        for job in await self._database.read(catalogue.waiting):
            if job.entry in self._taken:
                continue
            self._taken.add(job.entry)
            if await self._still_waits(job.entry):
                return job
        return None

    async def _still_waits(self, entry: int) -> bool:
        """Whether the other lane has not finished it since the list was read; if it has, it is let go of."""
        waits = False
        try:
            waits = await self._database.read(partial(catalogue.is_waiting, entry=entry))
        finally:
            if not waits:
                self._taken.discard(entry)
        return waits

    async def _index(self, cutter: Cutter, job: Waiting) -> bool:
        """Whether all of it is on its way to be committed: it stays taken until it is."""
        try:
            try:
                return await self._write(cutter, job)
            except ProcessDied:
                return await self._write(cutter, job)
        except UnreadableDocument as error:
            await self._fail(job, _CODES.get(error.code, "invalid_file"), error.message)
        except (OSError, sqlite3.Error):
            raise
        except ApiError as error:
            await self._fail(job, "invalid_file", error.message)
        except Exception as error:  # noqa: BLE001 - the file says that it failed, the log where
            log.error("indexing failed: %s", place_of(error))
            await self._fail(job, "server_error", FAILED)
        return False

    async def _write(self, cutter: Cutter, job: Waiting) -> bool:
        """False for a file that was taken away meanwhile."""
        what = await cutter.open(self._shelf.path(job.file_id), job.filename, job.chunking)
        losses = self._terms.losses
        await self._database.note(partial(index.entitle, entry=job.entry, what=what))
        await asyncio.to_thread(self._terms.forget, [job.entry])
        entry = Entry(job.entry, job.store)
        usage_bytes = 0
        while batch := await cutter.more():
            usage_bytes += sum(len(piece.chunk.text.encode()) for piece in batch)
            numbers = await self._database.note(partial(_add, entry=job.entry, batch=batch))
            if not numbers:
                self._commits.wake()
                return False
            await asyncio.to_thread(self._terms.add, entry, numbers, [piece.terms for piece in batch])
        if not usage_bytes:
            raise ApiError(400, NO_TEXT)
        self._commits.complete(Added(job.entry, usage_bytes, losses, partial(self._settled, job.entry)))
        return True

    def _settled(self, entry: int, problem: Exception | None) -> None:
        """What could not be committed waits like what could not be written, and is then begun anew."""
        if problem is None:
            self._taken.discard(entry)
            self._on_complete()
        else:
            asyncio.get_running_loop().call_later(self._waits_s[0], self._again, entry)

    def _again(self, entry: int) -> None:
        self._taken.discard(entry)
        self._changed.set()

    async def _fail(self, job: Waiting, code: str, message: str) -> None:
        def work(connection: sqlite3.Connection) -> None:
            index.remove(connection, job.entry)
            catalogue.settle(connection, job.entry, "failed", error=(code, message))

        await self._database.write(work)


def _report_end(lane: "asyncio.Task[None]") -> None:
    """A lane ends when it is cancelled; any other end is a fault, and files would wait for ever unheard of."""
    if not lane.cancelled():
        log.error("indexing stopped", exc_info=lane.exception())


def _add(connection: sqlite3.Connection, entry: int, batch: list[Piece]) -> list[int]:
    """The numbers of the chunks; none if the file is no longer attached, and nothing therefore written."""
    if catalogue.is_waiting(connection, entry):
        return index.add(connection, entry, [piece.chunk for piece in batch])
    index.remove(connection, entry)
    # It was perhaps removed while an earlier batch was on its way to the term index.
    index.to_be_forgotten(connection, entry)
    return []
