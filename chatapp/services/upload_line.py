"""The line of files that are to arrive in libraries: who is sent now, who waits, and what outlives the program.

`uploads` carries one file; `library` knows all of them. What was added to a library is journalled before anything is
sent, so that a killed program goes on where it was: what had arrived by then is found in its store.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import replace

from chatapp.conversation.changes import LibraryFile
from chatapp.services.ports import Queued, StorageFailure, UploadQueue
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
    ) -> None:
        self._uploads, self._journal, self._find, self._moved = uploads, journal, find, moved
        self.paused = False
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
        while self._waiting and not self.paused and not self._closing and self._queued_now() < AT_ONCE:
            key = next(iter(self._waiting))
            del self._waiting[key]
            file = self._find(key)
            if file is not None:
                self.start(file, self._cargo[key])

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

    def _has_ended(self, key: str) -> bool:
        file = self._find(key)
        return file is not None and file.stage in ENDED

    def _queued_now(self) -> int:
        return sum(self._cargo[key].queued for key in self._tasks)

    async def _carry(self, file: LibraryFile, cargo: Cargo) -> Arrival:
        arrival = await self._uploads.carry(file, cargo)
        if cargo.queued:
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
        )

    def _done(self, key: str, task: asyncio.Task[Arrival]) -> None:
        self._tasks.pop(key, None)
        file = self._find(key)
        problem = None if task.cancelled() else task.exception()
        if problem is not None:
            log.error("an upload failed inside chatapp", exc_info=problem)
        if file is not None and (task.cancelled() or problem is not None):
            self._moved(arrival_of(task, file).file)
        self.go_on()


def arrival_of(task: asyncio.Task[Arrival], file: LibraryFile) -> Arrival:
    """How a carrier's task ended; `file` is as it was known last."""
    if task.cancelled():
        return Arrival(replace(file, stage="cancelled", progress=0.0))
    problem = task.exception()
    if problem is None:
        return task.result()
    return Arrival(replace(file, stage="failed", reason=f"Something went wrong inside chatapp: {problem!r}"))
