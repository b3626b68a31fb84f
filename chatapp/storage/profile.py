"""The folder of a profile: its permissions, who has it open, and everything in it opened together.

One window at a time holds it (`WindowLock`); `ask` opens it beside the window. Every process that writes turns
holds a lock of its own (`Presence`), by which the others know whether the turns it began still run.
"""

import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from chatapp.services.ports import (
    ConversationStore,
    DeletionStore,
    ExperimentStore,
    Originals,
    Secrets,
    Settings,
    UploadQueue,
)
from chatapp.storage import expunging
from chatapp.storage.conversations import SqliteConversations
from chatapp.storage.database import DATABASE, Database
from chatapp.storage.deletions import SqliteDeletions
from chatapp.storage.experiments import SqliteExperiments
from chatapp.storage.failures import Kind, no_space, storage_failure
from chatapp.storage.originals import KeptOriginals
from chatapp.storage.private import make_private_folder, open_private
from chatapp.storage.secrets import KeyStore
from chatapp.storage.settings import SqliteSettings
from chatapp.storage.upload_queue import SqliteUploadQueue

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

WINDOW_LOCK = "window.lock"
PROCESSES = "processes"
STALE_AFTER_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Disk:
    """An open profile: one of each of the disk's ports."""

    profile: Path
    conversations: ConversationStore
    settings: Settings
    originals: Originals
    secrets: Secrets
    uploads: UploadQueue
    experiments: ExperimentStore
    deletions: DeletionStore


@asynccontextmanager
async def open_disk(profile: Path, window: bool) -> AsyncIterator[Disk]:
    """Makes the folder if need be and opens all that is in it; `window` also claims it for this one window.

    Raises StorageFailure: unwritable, already_open, newer, damaged, read_only, locked, disk_full.
    """
    prepare(profile)
    with ExitStack() as stack:
        if window:
            stack.enter_context(window_lock(profile))
        presence = stack.enter_context(Presence.claimed(profile))
        database = Database(profile)
        await database.open()
        try:
            if window:
                await expunging.begin(database)
            async with _opened_parts(profile, database, presence) as disk:
                yield disk
        finally:
            await database.close()


@asynccontextmanager
async def _opened_parts(profile: Path, database: Database, presence: "Presence") -> AsyncIterator[Disk]:
    originals, secrets = KeptOriginals(database, profile), KeyStore()
    try:
        await originals.open()
        conversations = SqliteConversations(database, presence.owner, presence.alive)
        settings, uploads = SqliteSettings(database), SqliteUploadQueue(database)
        yield Disk(
            profile,
            conversations,
            settings,
            originals,
            secrets,
            uploads,
            SqliteExperiments(database),
            SqliteDeletions(database),
        )
    finally:
        secrets.close()
        originals.close()


def prepare(profile: Path) -> None:
    """The folder, mode 0700 whatever the umask, proven writable. Raises StorageFailure("unwritable").

    A folder that already holds something else keeps its mode: it may be a home, or /tmp. What we put into it is
    private all the same.
    """
    with _profile_failures(profile):
        if not _is_foreign(profile):
            make_private_folder(profile)
        make_private_folder(profile / PROCESSES)
        if not os.access(profile, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(f"no permission to write in {profile}")


def _is_foreign(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir()) and not (folder / DATABASE).exists()


@contextmanager
def window_lock(profile: Path) -> Iterator[None]:
    """Held by the one window of a profile; the system lets go of it however the process ends."""
    file = _open_lock(profile, profile / WINDOW_LOCK)
    with file:
        if not _try_lock(file):
            raise storage_failure("already_open", profile)
        yield


class Presence:
    """Shows other processes that this one lives: a lock on a file named after `owner`."""

    def __init__(self, profile: Path) -> None:
        self._folder = profile / PROCESSES
        self.owner = uuid4().hex

    @classmethod
    @contextmanager
    def claimed(cls, profile: Path) -> Iterator["Presence"]:
        presence = cls(profile)
        presence._tidy()
        path = presence._folder / presence.owner
        try:
            with _open_lock(profile, path) as file:
                _try_lock(file)
                yield presence
        finally:
            path.unlink(missing_ok=True)

    def alive(self, owner: str) -> bool:
        """Whether the process called `owner` still runs. Removes the file of one that does not."""
        path = self._folder / owner
        try:
            file = path.open("r+b")
        except FileNotFoundError:
            return False
        with file:
            ended = _try_lock(file)
        if ended:
            path.unlink(missing_ok=True)
        return not ended

    def _tidy(self) -> None:
        """Removes what killed processes left, as long ago as no process could still be about to lock it."""
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):  # another process tidies too
                if time.time() - path.stat().st_mtime > STALE_AFTER_S:
                    self.alive(path.name)


def _open_lock(profile: Path, path: Path) -> BinaryIO:
    with _profile_failures(profile):
        return open(open_private(path), "r+b", buffering=0)


@contextmanager
def _profile_failures(profile: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind: Kind = "disk_full" if no_space(error) else "unwritable"
        raise storage_failure(kind, profile, details=str(error)) from error


def _try_lock(file: BinaryIO) -> bool:
    """Locks the file until it is closed; False where another has it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
