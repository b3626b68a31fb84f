"""Uploaded files: a row in the database and the bytes, word for word, in a folder of their own (0600).

A file is acknowledged once its bytes are on disk under their final name and its row is committed. A row is
deleted before its bytes, so a crash leaves at worst bytes without a row; `tidy` removes those at the start.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path

from chatapp.engine.errors import ApiError, not_found
from chatapp.engine.retrieval import index
from chatapp.engine.store import Database, Work
from chatapp.protocol.json_types import JsonObject

_COLUMNS = "id, created_at, expires_at, bytes, filename, purpose"
_Row = tuple[str, int, int | None, int, str, str]
ALIVE = "(expires_at IS NULL OR expires_at > unixepoch())"
"""The clause for a row of a file that has not expired: it goes within a minute of that, but is not seen any more."""


def no_such_file(file_id: str, param: str = "id") -> ApiError:
    return not_found(f"No such File object: {file_id}", param)


@dataclass(frozen=True, slots=True)
class Received:
    """A file whose bytes are all at `path`. `life_s` is how long it is to be kept, None for always."""

    path: Path
    filename: str
    purpose: str
    life_s: int | None = None


class FileShelf:
    """The files of one data directory. `incoming` is where uploads are received."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._files = folder / "files"
        self.incoming = folder / "incoming"

    async def tidy(self) -> None:
        """Make the folders; remove expired files, half-received ones and bytes without a row."""
        for folder in (self._files, self.incoming):
            folder.mkdir(mode=0o700, exist_ok=True)
        await self.sweep()
        known = await self._database.read(lambda connection: {row["id"] for row in _rows(connection)})
        _empty(self.incoming, but=())
        _empty(self._files, but=known)

    async def sweep(self) -> bool:
        """Remove the files that have expired; whether there were any."""
        expired = await self._database.read(_expired)
        if expired:
            await self._database.erase(lambda connection: [_forget(connection, one) for one in expired])
            for file_id in expired:
                self.path(file_id).unlink(missing_ok=True)
        return bool(expired)

    def path(self, file_id: str) -> Path:
        """Where a known file's bytes are. The id must come from a row, not from a request."""
        return self._files / file_id

    async def keep(self, received: Received, file_id: str, also: Work[None] | None = None) -> JsonObject:
        """Take over a completely received file and make it known; `also` is done in the same transaction."""
        size = await asyncio.to_thread(moved, received.path, self.path(file_id))
        now = int(time.time())
        expires_at = now + received.life_s if received.life_s else None
        row = (file_id, now, expires_at, size, received.filename, received.purpose)

        def work(connection: sqlite3.Connection) -> None:
            _insert(connection, row)
            if also:
                also(connection)

        try:
            await self._database.write(work)
        except Exception:
            self.path(file_id).unlink()
            raise
        return _object(row)

    def discard(self, received: Path) -> None:
        """Drop a received file if it was not kept."""
        received.unlink(missing_ok=True)

    async def get(self, file_id: str, param: str = "id") -> JsonObject:
        """The file's object. Raises ApiError 404."""
        found = await self._database.read(lambda connection: list(_rows(connection, "id = ?", (file_id,))))
        if not found:
            raise no_such_file(file_id, param)
        return found[0]

    async def all(self, purpose: str | None) -> list[JsonObject]:
        """All files (of a purpose), the oldest first."""
        clause, values = ("purpose = ?", (purpose,)) if purpose else ("1", ())
        return await self._database.read(lambda connection: list(_rows(connection, clause, values)))

    async def delete(self, file_id: str) -> None:
        """Remove the file, everywhere it was attached, and its chunks, without a trace. Raises ApiError 404."""
        if not await self._database.erase(lambda connection: _forget(connection, file_id)):
            raise no_such_file(file_id)
        self.path(file_id).unlink(missing_ok=True)


def _rows(
    connection: sqlite3.Connection, clause: str = "1", values: Iterable[str] = ()
) -> Iterable[JsonObject]:
    select = f"SELECT {_COLUMNS} FROM file WHERE {clause} AND {ALIVE} ORDER BY position"
    return map(_object, connection.execute(select, tuple(values)))


def _object(row: _Row) -> JsonObject:
    file_id, created_at, expires_at, size, filename, purpose = row
    return {
        "object": "file",
        "id": file_id,
        "purpose": purpose,
        "filename": filename,
        "bytes": size,
        "created_at": created_at,
        "expires_at": expires_at,
        "status": "processed",
        "status_details": None,
    }


def _insert(connection: sqlite3.Connection, row: _Row) -> None:
    connection.execute(f"INSERT INTO file ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", row)


def _forget(connection: sqlite3.Connection, file_id: str) -> bool:
    for (entry,) in connection.execute(
        "SELECT position FROM store_file WHERE file_id = ?", (file_id,)
    ).fetchall():
        index.remove(connection, entry)
    return connection.execute("DELETE FROM file WHERE id = ?", (file_id,)).rowcount > 0


def _expired(connection: sqlite3.Connection) -> list[str]:
    return [file_id for (file_id,) in connection.execute(f"SELECT id FROM file WHERE NOT {ALIVE}")]


def _empty(folder: Path, but: Container[str]) -> None:
    for path in folder.iterdir():
        if path.name not in but:
            path.unlink()


def moved(received: Path, kept: Path) -> int:
    """Give a received file its final name, for good; its size in bytes."""
    os.replace(received, kept)
    _sync_folder(kept.parent)
    return kept.stat().st_size


def _sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system lets folders be opened."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
