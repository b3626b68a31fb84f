"""Files kept by SHA-256 under `originals/`, read-only and written once. Implements `services.ports.Originals`.

Copying runs on a thread of its own in chunks; `database` knows the names and which server calls them what.
"""

import asyncio
import errno
import hashlib
import os
import re
import shutil
import sqlite3
import stat
import tempfile
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO
from uuid import uuid4

from chatapp.services.ports import Original
from chatapp.storage.database import Database
from chatapp.storage.failures import disk_failures, storage_failure
from chatapp.storage.lane import Lane
from chatapp.storage.private import FILE_MODE, make_private_folder
from chatapp.storage.rows import from_text, to_text

CHUNK_BYTES = 1 << 20
LIMIT_BYTES = 512 << 20
"""The largest file the Files API takes; nothing larger could be asked about."""

STALE_AFTER_S = 24 * 3600
"""An unfinished copy this old was left by a process that died."""

LONGEST_STEM, LONGEST_SUFFIX = 60, 12
"""Characters of a file's name; a name may have 255 bytes, and a character up to four."""

_READ_ONLY = 0o400
_UNFINISHED = "unfinished-"


class Cancelled(Exception):
    """The copy was given up because nobody waits for it any more."""


@dataclass(frozen=True, slots=True)
class _Copy:
    sha256: str
    bytes: int
    path: Path


class KeptOriginals:
    """Owns the folder `originals` of a profile. `open` first, `close` at the end."""

    def __init__(self, database: Database, profile: Path) -> None:
        self._database = database
        self._folder = profile / "originals"
        self._opened = self._folder / "opened"
        self._lane = Lane("originals")
        self._settling = asyncio.Lock()
        """Between a file that is in its place and the row that says so, nobody removes either."""

    async def open(self) -> None:
        await self._lane.call(self._prepare)

    def close(self) -> None:
        self._lane.close()

    async def keep(self, path: Path, filename: str, progress: Callable[[int], None]) -> Original:
        """Copies and hashes in one pass; `progress` is told the bytes copied so far, on the caller's loop.

        Raises OSError where the file cannot be read to its end as it was at the beginning, StorageFailure where
        the copy cannot be written or is larger than LIMIT_BYTES. A cancelled copy leaves nothing behind.
        """
        loop, given_up = asyncio.get_running_loop(), Event()

        def told(copied: int) -> None:
            if given_up.is_set():
                raise Cancelled
            loop.call_soon_threadsafe(progress, copied)

        try:
            async with self._settling:
                copy = await self._lane.call(lambda: self._copy(path, told))
                await self._database.run(lambda connection: _remember(connection, copy, filename))
        finally:
            given_up.set()
        return Original(copy.sha256, filename, copy.bytes, copy.path)

    async def fetch(self, write: Callable[[Path], Awaitable[None]], filename: str) -> Original:
        """Keeps what `write` puts at the path it is given. Raises what `write` and `keep` raise."""
        fetched = self._folder / f"{_UNFINISHED}{uuid4().hex}"
        try:
            with disk_failures(self._folder):
                await write(fetched)
            return await self.keep(fetched, filename, lambda copied: None)
        finally:
            await self._lane.call(lambda: fetched.unlink(missing_ok=True))

    async def copy_under_name(self, original: Original) -> Path:
        """A copy that another program may open, under the file's own name; it goes with the next start, or with the
        original. Raises StorageFailure."""
        return await self._lane.call(lambda: self._copy_under_name(original))

    async def is_whole(self, original: Original) -> bool:
        """Whether the kept file still is what its hash says. Reads all of it."""
        return await self._lane.call(lambda: _is_whole(original.path, original.sha256))

    async def by_hash(self, sha256: str) -> Original | None:
        """Under the name it was kept by last."""
        return await self._first(_BY_HASH, sha256)

    async def link(self, server: str, file_id: str, sha256: str, filename: str) -> None:
        """`filename` is the one under which the server holds it."""
        values = (to_text(server), to_text(file_id), sha256, to_text(filename))
        await self._database.run(lambda connection: connection.execute(_LINK, values))

    async def by_file_id(self, server: str, file_id: str) -> Original | None:
        """Under the name that the server knows it by."""
        return await self._first(_BY_FILE_ID, server, file_id)

    async def by_filename(self, filename: str) -> list[Original]:
        """All that were kept under this name, the newest first."""
        return await self._find(_BY_FILENAME, filename)

    async def file_id_for(self, server: str, sha256: str, filename: str) -> str | None:
        """The id under which the server knows this content by this name; the one linked last where there are several.
        A link that remembers no name may be of another one."""
        rows = await self._database.read(
            lambda connection: _rows(connection, _FILE_ID, server, sha256, filename)
        )
        return str(from_text(rows[0][0])) if rows else None

    async def file_ids(self, server: str, sha256: str) -> list[str]:
        """All ids under which the server knows this content, by whatever name; the one linked last first."""
        rows = await self._database.read(lambda connection: _rows(connection, _FILE_IDS, server, sha256))
        return [str(from_text(row[0])) for row in rows]

    async def unlink(self, server: str, file_id: str) -> None:
        keys = (to_text(server), to_text(file_id))
        await self._database.run(lambda connection: connection.execute(_UNLINK, keys), reserve=True)

    async def remove_unused(self, content: Collection[str]) -> None:
        """Of a file that is attached in the same moment the copy is made again, or its upload fails and says so."""
        for sha256 in content:
            async with self._settling:
                await self._remove_unused(sha256)

    async def _remove_unused(self, sha256: str) -> None:
        if await self._database.run(lambda connection: _forget_unused(connection, sha256), reserve=True):
            await self._lane.call(lambda: self._remove(self._place(sha256)))

    def _copy_under_name(self, original: Original) -> Path:
        folder = self._opened / original.sha256
        with disk_failures(self._folder):
            make_private_folder(self._opened)
            make_private_folder(folder)
            copy = folder / _plain_name(original.filename)
            if not copy.exists():
                unfinished = folder / _UNFINISHED
                shutil.copyfile(original.path, unfinished)
                unfinished.replace(copy)
        return copy

    def _remove(self, place: Path) -> None:
        with disk_failures(self._folder):
            shutil.rmtree(self._opened / place.name, ignore_errors=True)
            if place.exists():
                os.chmod(place, FILE_MODE)  # Windows deletes nothing that is read-only
                place.unlink()

    async def _first(self, statement: str, *keys: str) -> Original | None:
        found = await self._find(statement, *keys)
        return found[0] if found else None

    async def _find(self, statement: str, *keys: str) -> list[Original]:
        """What the statement selects, less what someone has taken out of the folder."""
        rows = await self._database.read(lambda connection: _rows(connection, statement, *keys))
        found = [Original(row[0], from_text(row[1]), row[2], self._place(row[0])) for row in rows]
        return [original for original in found if original.path.exists()]

    def _prepare(self) -> None:
        """Makes the folder and removes what processes that died left unfinished."""
        with disk_failures(self._folder):
            make_private_folder(self._folder)
            shutil.rmtree(self._opened, ignore_errors=True)
            for left in self._folder.glob(f"{_UNFINISHED}*"):
                if time.time() - left.stat().st_mtime > STALE_AFTER_S:
                    left.unlink(missing_ok=True)

    def _place(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    def _copy(self, path: Path, told: Callable[[int], None]) -> _Copy:
        with _open_regular(path) as source:
            before = os.fstat(source.fileno())
            if before.st_size > LIMIT_BYTES:
                raise storage_failure(
                    "too_large", path, details=f"{before.st_size} bytes, at most {LIMIT_BYTES}"
                )
            with disk_failures(self._folder):
                descriptor, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=self._folder)
            unfinished = Path(name)
            try:
                with open(descriptor, "wb", buffering=0) as target:
                    sha256, copied = _transfer(source, target, self._folder, told)
                _check_unchanged(path, before, os.fstat(source.fileno()), copied)
                return _Copy(sha256, copied, self._settle(unfinished, sha256, copied))
            finally:
                unfinished.unlink(missing_ok=True)

    def _settle(self, unfinished: Path, sha256: str, size: int) -> Path:
        """Moves a complete copy to its place, unless the same content is there already and undamaged."""
        place = self._place(sha256)
        with disk_failures(self._folder):
            if place.exists() and place.stat().st_size == size and _is_whole(place, sha256):
                return place
            make_private_folder(place.parent)
            os.chmod(unfinished, _READ_ONLY)
            unfinished.replace(place)
            _sync_folder(place.parent)
        return place


_SELECT = "SELECT sha256, filename, bytes FROM originals JOIN original_names AS names USING (sha256)"
_BY_HASH = f"{_SELECT} WHERE sha256 = ? ORDER BY names.number DESC LIMIT 1"
_BY_FILENAME = f"{_SELECT} WHERE filename = ? ORDER BY names.number DESC"
_BY_FILE_ID = """
    SELECT sha256, coalesce(ids.filename, names.filename), bytes
    FROM originals JOIN original_names AS names USING (sha256) JOIN file_ids AS ids USING (sha256)
    WHERE server = ? AND file_id = ? ORDER BY names.number DESC LIMIT 1
"""
_FILE_ID = """
    SELECT file_id FROM file_ids WHERE server = ?1 AND sha256 = ?2 AND coalesce(filename, ?3) = ?3
    ORDER BY number DESC LIMIT 1
"""
_FILE_IDS = "SELECT file_id FROM file_ids WHERE server = ? AND sha256 = ? ORDER BY number DESC"
_LINK = "INSERT OR REPLACE INTO file_ids (server, file_id, sha256, filename) VALUES (?, ?, ?, ?)"
_UNLINK = "DELETE FROM file_ids WHERE server = ? AND file_id = ?"
_REMOVE_UNUSED = """
    DELETE FROM originals WHERE sha256 = ?1 AND NOT EXISTS (SELECT 1 FROM file_ids WHERE sha256 = ?1)
    AND NOT EXISTS (
        SELECT 1 FROM turns, json_each(turns.attachments) AS attached
        WHERE turns.attachments != '[]' AND json_extract(attached.value, '$.sha256') = ?1)
    AND NOT EXISTS (
        SELECT 1 FROM conversations, json_each(conversations.enclosures) AS enclosed
        WHERE conversations.enclosures != '[]' AND json_extract(enclosed.value, '$.sha256') = ?1)
"""
_NAME = "INSERT OR REPLACE INTO original_names (filename, sha256) VALUES (?, ?)"


def _plain_name(filename: str) -> str:
    """A name that leads nowhere else and that every system takes."""
    name = re.sub(r'[\x00-\x1f<>:"/\\|?*]', "_", filename).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    return f"{stem[:LONGEST_STEM]}{dot}{suffix[:LONGEST_SUFFIX]}" or "original"


def _remember(connection: sqlite3.Connection, copy: _Copy, filename: str) -> None:
    connection.execute("INSERT OR IGNORE INTO originals VALUES (?, ?)", (copy.sha256, copy.bytes))
    connection.execute(_NAME, (to_text(filename), copy.sha256))


def _forget_unused(connection: sqlite3.Connection, sha256: str) -> bool:
    return connection.execute(_REMOVE_UNUSED, (sha256,)).rowcount > 0


def _rows(connection: sqlite3.Connection, statement: str, *keys: str) -> list[tuple[Any, ...]]:
    return connection.execute(statement, tuple(to_text(key) for key in keys)).fetchall()


def _transfer(
    source: BinaryIO, target: BinaryIO, folder: Path, told: Callable[[int], None]
) -> tuple[str, int]:
    """Copies to the end and onto the disk: the hash and the number of bytes."""
    digest, copied = hashlib.sha256(), 0
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        copied += len(chunk)
        if copied > LIMIT_BYTES:
            raise storage_failure("too_large", folder, details=f"at most {LIMIT_BYTES} bytes")
        with disk_failures(folder):
            target.write(chunk)
        told(copied)
    with disk_failures(folder):
        os.fsync(target.fileno())
    return digest.hexdigest(), copied


def _is_whole(place: Path, sha256: str) -> bool:
    try:
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _open_regular(path: Path) -> BinaryIO:
    """Opened for reading. Raises OSError for a folder, and for a pipe or a device without waiting for it."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        code = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
        raise OSError(code, os.strerror(code) if stat.S_ISDIR(mode) else "Not a regular file", str(path))
    return open(descriptor, "rb", buffering=0)


def _check_unchanged(path: Path, before: os.stat_result, after: os.stat_result, copied: int) -> None:
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or copied != after.st_size:
        raise OSError(errno.EIO, "The file changed while it was being read", str(path))


def _sync_folder(folder: Path) -> None:
    """The name is on the disk when this returns. Windows does so by itself."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
