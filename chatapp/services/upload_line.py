"""The line of files that are to arrive in libraries: who is sent now, who waits, and what outlives the program.

`uploads` carries one file; `library` knows all of them. What was added to a library is journalled before anything is
sent, so that a killed program goes on where it was: what had arrived by then is found in its store. What does not get
through to its server waits for it (`outages`).
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace

from chatapp.conversation.changes import LibraryFile, QueueHeld
from chatapp.services.outages import SILENT, Outages
from chatapp.services.ports import Clock, Queued, StorageFailure, UploadQueue
from chatapp.services.uploads import Arrival, Cargo, Uploads

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Queued files on their way at the same moment: two of them are sent, the others wait for their index."""

ENDED = ("completed", "failed", "cancelled")


class UploadLine:
    """`find` gives a file as it is known now, `moved` hears of one that ended otherwise than by itself."""

    def __init__(
        self,
        uploads: Uploads,
        journal: UploadQueue,
        find: Callable[[str], LibraryFile | None],
        moved: Callable[[LibraryFile], None],
        clock: Clock,
        tell: Callable[[QueueHeld], None],
    ) -> None:
        self._uploads, self._journal, self._find, self._moved = uploads, journal, find, moved
        self.paused = False
        self._outages = Outages(clock, tell, self.go_on)
        self._cargo: dict[str, Cargo] = {}
        self._waiting: dict[str, None] = {}
        self._tasks: dict[str, asyncio.Task[Arrival]] = {}
        self._closing = False

    def __contains__(self, key: str) -> bool:
        """Whether a file is on its way or waits for it."""
        return key in self._tasks or key in self._waiting

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def cargo(self, key: str) -> Cargo | None:
        """What a file was to be sent as, in this run of the program."""
        return self._cargo.get(key)

    def expect(self, key: str, cargo: Cargo) -> None:
        """What a file is to be sent as, once somebody asks for it."""
        self._cargo[key] = cargo

    def start(self, file: LibraryFile, cargo: Cargo) -> asyncio.Task[Arrival]:
        """Sends a file at once."""
        self._cargo[file.key] = cargo
        task = asyncio.create_task(self._carry(file, cargo), name=f"upload of {file.filename}")
        self._tasks[file.key] = task
        task.add_done_callback(lambda done: self._done(file.key, done))
        return task

    def wait(self, key: str) -> None:
        """Puts an expected file at the end of the line; `go_on` sends what may be sent."""
        self._waiting[key] = None

    def go_on(self) -> None:
        under_way = Counter(file.server for key in self._tasks if (file := self._queued(key)) is not None)
        for key in list(self._waiting):
            if self.paused or self._closing or under_way.total() >= AT_ONCE:
                return
            file = self._find(key)
            if file is None:
                del self._waiting[key]
            elif under_way[file.server] < self._outages.room(file.server, AT_ONCE):
                del self._waiting[key]
                under_way[file.server] += 1
                self.start(file, self._cargo[key])

    def try_now(self, server: str) -> None:
        """Does not wait any longer for a server that could not be reached."""
        self._outages.try_now(server)

    async def record(self, files: Collection[LibraryFile]) -> None:
        """Journals expected files before they are sent. Raises StorageFailure."""
        await self._journal.put([self._entry(file) for file in files])

    async def stop(self, keys: Collection[str]) -> None:
        """None of these waits or is on its way when this returns; one that arrived meanwhile has arrived."""
        for key in keys:
            if key in self._waiting:
                del self._waiting[key]
                file = self._find(key)
                if file is not None:
                    self._moved(replace(file, stage="cancelled", progress=0.0))
        for key in keys:
            if key in self._tasks and not self._has_ended(key):
                self._tasks[key].cancel()
        await self.settled(keys)
        await self._journal.drop(keys)

    async def settled(self, keys: Collection[str]) -> None:
        """Returns once none of these is on its way: one that is told as ended may still be written down."""
        tasks = {self._tasks[key] for key in keys if key in self._tasks}
        if tasks:
            await asyncio.wait(tasks)

    async def aclose(self) -> None:
        """Ends what is on its way; what was journalled goes on at the next start."""
        self._closing = True
        tasks = set(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._outages.aclose()

    def _has_ended(self, key: str) -> bool:
        file = self._find(key)
        return file is not None and file.stage in ENDED

    def _queued(self, key: str) -> LibraryFile | None:
        return self._find(key) if self._cargo[key].queued else None

    async def _carry(self, file: LibraryFile, cargo: Cargo) -> Arrival:
        arrival = await self._uploads.carry(file, cargo)
        if cargo.queued and arrival.file.stage != "waiting":
            await self._settle(arrival.file)
        return arrival

    async def _settle(self, file: LibraryFile) -> None:
        """A row that cannot be written now is read at the next start, and the file is found where it is."""
        try:
            if file.stage == "failed" and file.file_id is None:
                await self._journal.put([self._entry(file)])
            else:
                await self._journal.drop([file.key])
        except StorageFailure as problem:
            log.info("the queue of uploads could not be written: %s", problem.failure.details)

    def _entry(self, file: LibraryFile) -> Queued:
        cargo = self._cargo[file.key]
        return Queued(
            file.key,
            file.server,
            file.store_id,
            cargo.path,
            file.filename,
            cargo.chunking,
            file.sha256 or "",
            file.reason,
            file.final,
        )

    def _done(self, key: str, task: asyncio.Task[Arrival]) -> None:
        self._tasks.pop(key, None)
        file = self._find(key)
        problem = None if task.cancelled() else task.exception()
        if problem is not None:
            log.error("an upload failed inside chatapp", exc_info=problem)
        if file is not None and (task.cancelled() or problem is not None):
            self._moved(arrival_of(task, file).file)
        elif file is not None and self._cargo[key].queued:
            self._follow(file, task.result())
        self.go_on()

    def _follow(self, file: LibraryFile, arrival: Arrival) -> None:
        """One that has to wait for its server is the first in the line, or the last where it may be its own fault that
        the server broke off. Any other has heard from it, but for one that could not even be read here."""
        if arrival.file.stage != "waiting" or arrival.failure is None:
            if arrival.file.file_id is not None or arrival.failure is not None:
                self._outages.end(file.server)
            return
        cargo = self._cargo[file.key]
        self._cargo[file.key] = replace(cargo, tries=cargo.tries + 1, resumed=True)
        first = {file.key: None} if arrival.failure.kind in SILENT else {}
        self._waiting = {**first, **self._waiting, file.key: None}
        self._outages.begin(file.server, arrival.failure)


def arrival_of(task: asyncio.Task[Arrival], file: LibraryFile) -> Arrival:
    """How a carrier's task ended; `file` is as it was known last."""
    if task.cancelled():
        return Arrival(replace(file, stage="cancelled", progress=0.0))
    problem = task.exception()
    if problem is None:
        return task.result()
    return Arrival(replace(file, stage="failed", reason=f"Something went wrong inside chatapp: {problem!r}"))
