"""The engine's database: one SQLite file (WAL), one thread that writes, one that reads.

What stands in it is the business of `response_log`, `file_shelf`, `catalogue` and `retrieval.index`; they hand
functions of a connection to `read` and `write`. A write is all of it or nothing. Those that wait at the same time are
one transaction, so that many answers together wait for the disk once; each may be undone alone.
"""

import asyncio
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from chatapp.engine.retrieval import index, vectors

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

BUSY_TIMEOUT_S = 5.0

_FIRST_SCHEMA = """
CREATE TABLE response (
    id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, status TEXT NOT NULL, previous TEXT,
    body TEXT NOT NULL, input TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX response_unfinished ON response (status) WHERE status = 'in_progress';
CREATE TABLE response_event (
    response_id TEXT NOT NULL REFERENCES response (id) ON DELETE CASCADE,
    sequence_number INTEGER NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (response_id, sequence_number)
) WITHOUT ROWID;
CREATE TABLE file (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL,
    expires_at INTEGER, bytes INTEGER NOT NULL, filename TEXT NOT NULL, purpose TEXT NOT NULL
);
CREATE TABLE vector_store (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL,
    name TEXT, description TEXT, metadata TEXT NOT NULL, expires_after_days INTEGER,
    last_active_at INTEGER NOT NULL
);
CREATE TABLE store_file (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    store_id TEXT NOT NULL REFERENCES vector_store (id) ON DELETE CASCADE,
    file_id TEXT NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL, status TEXT NOT NULL, error_code TEXT, error_message TEXT,
    attributes TEXT NOT NULL, max_tokens INTEGER NOT NULL, overlap_tokens INTEGER NOT NULL,
    usage_bytes INTEGER NOT NULL DEFAULT 0,
    UNIQUE (store_id, file_id)
);
CREATE INDEX store_file_by_file ON store_file (file_id);
CREATE INDEX store_file_waiting ON store_file (position) WHERE status = 'in_progress';
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY, entry INTEGER NOT NULL, page INTEGER, offset INTEGER NOT NULL, line INTEGER
);
CREATE INDEX chunk_by_entry ON chunk (entry);
CREATE VIRTUAL TABLE chunk_text USING fts5 (
    title, body, tokenize = 'porter unicode61 remove_diacritics 2'
);
"""
_ITEMS_BY_ID = """
CREATE TABLE response_item (
    id TEXT NOT NULL, response_id TEXT NOT NULL REFERENCES response (id) ON DELETE CASCADE,
    PRIMARY KEY (id, response_id)
) WITHOUT ROWID;
CREATE INDEX response_item_by_response ON response_item (response_id);
"""
_QUEUED_IS_UNFINISHED = """
DROP INDEX response_unfinished;
CREATE INDEX response_unfinished ON response (status) WHERE status IN ('queued', 'in_progress');
"""
_CONVERSATIONS = """
CREATE TABLE conversation (
    id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, metadata TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE conversation_item (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    id TEXT NOT NULL, item TEXT NOT NULL,
    UNIQUE (conversation_id, id)
);
CREATE INDEX conversation_item_by_id ON conversation_item (id);
"""
_TERMS_BESIDE = """
DROP TABLE chunk_text;
DROP TABLE chunk;
UPDATE store_file SET status = 'in_progress', usage_bytes = 0 WHERE status = 'completed';
CREATE TABLE index_mark (mark TEXT NOT NULL);
"""
_FILE_BATCHES = """
CREATE TABLE file_batch (
    id TEXT PRIMARY KEY, store_id TEXT NOT NULL REFERENCES vector_store (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL, is_cancelled INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX file_batch_by_store ON file_batch (store_id);
ALTER TABLE store_file ADD COLUMN batch_id TEXT REFERENCES file_batch (id) ON DELETE SET NULL;
CREATE INDEX store_file_by_batch ON store_file (batch_id) WHERE batch_id IS NOT NULL;
"""
_UPLOADS = """
CREATE TABLE upload (
    id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, bytes INTEGER NOT NULL,
    filename TEXT NOT NULL, purpose TEXT NOT NULL, file_life_s INTEGER
) WITHOUT ROWID;
CREATE TABLE upload_part (
    id TEXT PRIMARY KEY, upload_id TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
    bytes INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX upload_part_by_upload ON upload_part (upload_id);
"""
MIGRATIONS = (
    _FIRST_SCHEMA,
    _ITEMS_BY_ID,
    _QUEUED_IS_UNFINISHED,
    _CONVERSATIONS,
    _TERMS_BESIDE + index.SCHEMA,
    _FILE_BATCHES,
    _UPLOADS,
    vectors.SCHEMA,
)
"""Script n brings a database of version n to version n + 1. Never edit one that was released."""


class UnusableDatabase(Exception):
    """The file is not a database of ours that this version can read; the message says why."""


@dataclass(frozen=True, slots=True)
class _Write:
    """A write that waits for its turn, and who waits for it. `lasting`: it is on the disk when it is done."""

    work: Work[Any]
    lasting: bool
    done: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    result: Any = None
    error: Exception | None = None


class _AllUndone(Exception):
    """SQLite gave up the whole transaction, as it does when the disk is full."""


class Database:
    """Runs functions on the database from asyncio. Open it with `Database.open`, end it with `close`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = ThreadPoolExecutor(1, "engine-writer")
        self._reading = ThreadPoolExecutor(1, "engine-reader")
        self._waiting: deque[_Write] = deque()
        self._synchronous = ""
        self._writer: sqlite3.Connection
        self._reader: sqlite3.Connection

    @classmethod
    async def open(cls, path: Path) -> "Database":
        """Open or create the file (0600) and bring it to the newest version. Raises UnusableDatabase."""
        database = cls(path)
        loop = asyncio.get_running_loop()
        try:
            database._writer = await loop.run_in_executor(database._writing, _prepared, path)
            database._reader = await loop.run_in_executor(database._reading, _connected, path)
        except (UnusableDatabase, sqlite3.Error) as error:
            database._stop_threads()
            if isinstance(error, UnusableDatabase):
                raise
            raise UnusableDatabase(f"{path} cannot be used as the engine's database: {error}.") from error
        return database

    async def read(self, work: Work[T]) -> T:
        """The result of `work`, which must only read. Neither here nor in `write` may it be a cursor."""
        return await asyncio.get_running_loop().run_in_executor(
            self._reading, self._outside_transaction, work
        )

    async def write(self, work: Work[T]) -> T:
        """The result of `work`, which is on disk when this returns. It is called again where what it was done together
        with could not be kept."""
        return await self._done(work, lasting=True)

    async def note(self, work: Work[T]) -> T:
        """`write` that does not wait for the disk: it outlives this process, a power cut only after the next write."""
        return await self._done(work, lasting=False)

    async def erase(self, work: Work[T]) -> T:
        """`write` for work that deletes: afterwards nothing of it can be found in the files, if no reader hinders."""
        result = await self.write(work)
        await asyncio.get_running_loop().run_in_executor(self._writing, self._empty_log)
        return result

    async def close(self) -> None:
        """Finish what was begun, then let go of the file."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writing, self._writer.close)
        await loop.run_in_executor(self._reading, self._reader.close)
        self._stop_threads()

    def _outside_transaction(self, work: Work[T]) -> T:
        return _no_cursor(work(self._reader))

    async def _done(self, work: Work[T], *, lasting: bool) -> T:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._waiting.append(_Write(work, lasting, done))
        self._writing.submit(self._write_all, loop)
        return await done

    def _write_all(self, loop: asyncio.AbstractEventLoop) -> None:
        """Does what waits by now: often nothing, as the call before has done it."""
        writes = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if writes:
            loop.call_soon_threadsafe(_tell, writes, self._outcomes(writes))

    def _outcomes(self, writes: Sequence[_Write]) -> list[_Outcome]:
        if len(writes) > 1:
            lasting = any(write.lasting for write in writes)
            with suppress(_AllUndone, sqlite3.Error):
                return self._in_transaction(
                    lambda connection: [_tried(connection, one.work) for one in writes], lasting
                )
        return [self._alone(write) for write in writes]

    def _alone(self, write: _Write) -> _Outcome:
        try:
            return _Outcome(self._in_transaction(write.work, write.lasting))
        except Exception as error:  # noqa: BLE001 - raised again where the write is awaited
            return _Outcome(error=error)

    def _in_transaction(self, work: Work[T], lasting: bool) -> T:
        synchronous = "FULL" if lasting else "NORMAL"
        if synchronous != self._synchronous:
            self._writer.execute(f"PRAGMA synchronous = {synchronous}")
            self._synchronous = synchronous
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            result = _no_cursor(work(self._writer))
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise
        return result

    def _empty_log(self) -> None:
        """What was overwritten in the file may still stand in the write-ahead log."""
        self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def _stop_threads(self) -> None:
        self._writing.shutdown()
        self._reading.shutdown()


def _tried(connection: sqlite3.Connection, work: Work[Any]) -> _Outcome:
    """One of several works of a transaction; what fails is undone alone."""
    connection.execute("SAVEPOINT one")
    try:
        outcome = _Outcome(_no_cursor(work(connection)))
    except Exception as error:
        if not connection.in_transaction:
            raise _AllUndone from error
        connection.execute("ROLLBACK TO one")
        outcome = _Outcome(error=error)
    connection.execute("RELEASE one")
    return outcome


def _tell(writes: Sequence[_Write], outcomes: Sequence[_Outcome]) -> None:
    for write, outcome in zip(writes, outcomes, strict=True):
        if write.done.cancelled():
            continue
        if outcome.error:
            write.done.set_exception(outcome.error)
        else:
            write.done.set_result(outcome.result)


def _no_cursor(result: T) -> T:
    """A cursor that is let go of in another thread resets its statement there, perhaps while it runs here."""
    if isinstance(result, sqlite3.Cursor):
        raise TypeError("a cursor must not leave the database's thread")
    return result


def _prepared(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = _connected(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "cache_size = -4000", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise UnusableDatabase(f"{path} was written by a newer version of chatapp; use that version.")
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
