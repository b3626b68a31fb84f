"""One SQLite file: one thread that writes, one that reads. Every error of the disk leaves here as StorageFailure.

WAL and synchronous=FULL: what `run` has returned from is on disk. Neighbours: `migrations` gives the shape,
`ballast` the reserve, `conversations`, `settings` and `originals` the statements.
"""

import logging
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from chatapp.services.ports import StorageFailure
from chatapp.storage import ballast, migrations
from chatapp.storage.failures import disk_failures
from chatapp.storage.lane import Lane
from chatapp.storage.private import open_private

log = logging.getLogger(__name__)
T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]

DATABASE = "chatapp.sqlite3"
BALLAST = "ballast"
BUSY_TIMEOUT_MS = 10_000
WAL_LIMIT_BYTES = 16 << 20
_CACHE_KIB = 8_192

_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}",
    f"PRAGMA cache_size = -{_CACHE_KIB}",
)


class Database:
    """`open` before anything else, `close` at the end; both, like `run` and `read`, from any event loop."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / DATABASE
        self._ballast = folder / BALLAST
        self._writing = Lane("database writer")
        self._reading = Lane("database reader")
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._ballast_spent = False

    async def open(self) -> None:
        """Makes or opens the file, takes the missing migrations, lays down the ballast. Raises StorageFailure."""
        try:
            await self._writing.call(self._open_writer)
            await self._reading.call(self._open_reader)
        except BaseException:
            await self.close()
            raise

    async def run(self, job: Job[T], reserve: bool = False) -> T:
        """Runs `job` in one write transaction, on disk when this returns.

        With `reserve` it may use the ballast where the disk is full: for what frees space, and for what is
        already in hand and would be lost.
        """
        return await self._writing.call(lambda: self._write(job, reserve))

    async def read(self, job: Job[T]) -> T:
        """Runs `job` on one consistent state; it sees everything that `run` has returned from."""
        return await self._reading.call(lambda: self._read(job))

    async def shrink(self) -> None:
        """Gives free pages back to the disk and empties the write-ahead log, which still holds what was deleted."""
        await self._writing.call(self._shrink)

    async def when_idle(self, step: Job[bool]) -> None:
        """Has the writer run `step`, a transaction each time, while it has nothing else to do, until it returns
        False; then shrinks. A new step takes the place of one that is under way. A full disk ends it."""
        await self._writing.call(lambda: self._become_idle_with(step))

    async def settled(self) -> None:
        """Returns once there is no idle work left; does it now."""
        while await self._writing.call(lambda: self._writing.idle is not None and self._writing.idle()):
            pass

    async def damage(self) -> list[str]:
        """What a full integrity check finds; nothing for a sound file. Reads the whole file."""
        found = await self._reading.call(lambda: self._read(_integrity))
        return [line for line in found if line != "ok"]

    async def close(self) -> None:
        """Ends both threads once all that was asked of them is done."""
        if self._reader is not None:
            await self._reading.call(self._reader.close)
        if self._writer is not None:
            await self._writing.call(self._close_writer)
        self._reader = self._writer = None
        self._reading.close()
        self._writing.close()

    def _open_writer(self) -> None:
        """Even reading needs a little room, for the index of the log: where there is none, the ballast gives it."""
        try:
            self._connect_writer()
        except StorageFailure as refused:
            if refused.failure.kind != "disk_full" or not self._spend_ballast():
                raise
            self._connect_writer()
        if not self._ballast_spent:
            with disk_failures(self.path):
                ballast.lay_down(self._ballast)

    def _connect_writer(self) -> None:
        with disk_failures(self.path):
            # SQLite gives the files it makes beside this one the same mode.
            os.close(open_private(self.path))
            migrations.refuse_newer(self.path)
            if self._writer is None:
                self._writer = _connect(self.path)
            migrations.migrate(self._writer)

    def _open_reader(self) -> None:
        with disk_failures(self.path):
            self._reader = _connect(self.path)
            self._reader.execute("PRAGMA query_only = ON")

    def _close_writer(self) -> None:
        self._writing.idle = None
        _opened(self._writer).close()

    def _write(self, job: Job[T], reserve: bool) -> T:
        try:
            result = self._commit(job)
        except StorageFailure as refused:
            if not (reserve and refused.failure.kind == "disk_full" and self._spend_ballast()):
                raise
            result = self._commit(job)
        self._restore_ballast()
        return result

    def _commit(self, job: Job[T]) -> T:
        connection = _opened(self._writer)
        with disk_failures(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = job(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        return result

    def _read(self, job: Job[T]) -> T:
        connection = _opened(self._reader)
        with disk_failures(self.path):
            connection.execute("BEGIN")
            try:
                return job(connection)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def _shrink(self) -> None:
        connection = _opened(self._writer)
        with disk_failures(self.path):
            connection.execute("PRAGMA incremental_vacuum").fetchall()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._restore_ballast()

    def _become_idle_with(self, step: Job[bool]) -> None:
        self._writing.idle = lambda: self._idle_step(step)

    def _idle_step(self, step: Job[bool]) -> bool:
        try:
            if self._write(step, reserve=False):
                return True
            self._shrink()
        except StorageFailure as refused:
            log.info("left for later: %s", refused.failure.details)
        except sqlite3.Error:
            log.exception("idle work failed; it will be tried again at the next start")
        return False

    def _spend_ballast(self) -> bool:
        with disk_failures(self.path):
            self._ballast_spent = ballast.drop(self._ballast)
        return self._ballast_spent

    def _restore_ballast(self) -> None:
        if self._ballast_spent:
            with disk_failures(self.path):
                self._ballast_spent = not ballast.lay_down(self._ballast)


def _opened(connection: sqlite3.Connection | None) -> sqlite3.Connection:
    if connection is None:
        raise RuntimeError("the database is not open")
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma).fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _integrity(connection: sqlite3.Connection) -> list[str]:
    return [line for (line,) in connection.execute("PRAGMA integrity_check")]
