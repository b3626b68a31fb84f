"""Uploads in parts: each part is a row and a file of its own until the client says in what order they are joined.

An upload is known as long as it takes parts: for an hour, or until it is completed or cancelled. Rows go before
bytes, so a crash leaves at worst bytes without a row; `tidy` removes those at the start.
"""

import asyncio
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from chatapp.engine.errors import ApiError, invalid, not_found
from chatapp.engine.file_shelf import FileShelf, Received, moved
from chatapp.engine.ids import new_id
from chatapp.engine.store import Database
from chatapp.protocol.json_types import JsonObject

LARGEST_UPLOAD = 8 * 2**30
"""Bytes of all parts together."""
MOST_PARTS = 10_000
LIFE_S = 3600
_COLUMNS = "id, created_at, expires_at, bytes, filename, purpose, file_life_s"
_ALIVE = "expires_at > unixepoch()"
_COPIED_AT_ONCE = 2**20


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that takes parts; sizes in bytes, times in epoch seconds. `file_life_s` is how long its file will be
    kept, None for always."""

    id: str
    created_at: int
    expires_at: int
    bytes: int
    filename: str
    purpose: str
    file_life_s: int | None

    def object(self, status: str = "pending", file: JsonObject | None = None) -> JsonObject:
        """The upload as the wire has it."""
        return {
            "id": self.id,
            "object": "upload",
            "bytes": self.bytes,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "filename": self.filename,
            "purpose": self.purpose,
            "status": status,
            "file": file,
        }


def no_such_upload(upload_id: str) -> ApiError:
    why = "It may have been completed, cancelled, or have expired after an hour."
    return not_found(f"No such Upload object: {upload_id}. {why}", "upload_id")


class UploadShelf:
    """The uploads of one data directory. Its methods raise ApiError 404 for one that is not known."""

    def __init__(self, database: Database, files: FileShelf, folder: Path) -> None:
        """`files` is where completed ones go."""
        self._database = database
        self._files = files
        self._parts = folder / "parts"

    async def tidy(self) -> None:
        """Make the folder; remove what expired, and bytes without a row. Not while parts are received."""
        self._parts.mkdir(mode=0o700, exist_ok=True)
        await self.sweep()
        known = await self._database.read(lambda connection: {*_parts(connection)})
        self._discard(path.name for path in self._parts.iterdir() if path.name not in known)

    async def sweep(self) -> bool:
        """Remove the uploads that have expired; whether there were any."""
        expired = await self._database.read(_expired)
        for upload_id in expired:
            # Another request may be first: one that was begun within the hour is completed after it.
            with suppress(ApiError):
                self._discard(await self._database.write(partial(_forget, upload_id=upload_id)))
        return bool(expired)

    async def create(self, size: int, filename: str, purpose: str, file_life_s: int | None) -> Upload:
        """Begin an upload of `size` bytes."""
        now = int(time.time())
        upload = Upload(new_id("upload"), now, now + LIFE_S, size, filename, purpose, file_life_s)
        await self._database.write(partial(_insert, upload=upload))
        return upload

    async def get(self, upload_id: str) -> Upload:
        """One that takes parts."""
        return await self._database.read(lambda connection: _upload(connection, upload_id))

    async def add_part(self, upload_id: str, received: Path) -> JsonObject:
        """Take over a received part. Raises ApiError 400 where the parts come to more than was announced."""
        part_id, now = new_id("part"), int(time.time())
        size = await asyncio.to_thread(moved, received, self._parts / part_id)

        def work(connection: sqlite3.Connection) -> None:
            _check_part(connection, _upload(connection, upload_id), size)
            connection.execute("INSERT INTO upload_part VALUES (?, ?, ?)", (part_id, upload_id, size))

        try:
            await self._database.write(work)
        except Exception:
            self._discard([part_id])
            raise
        return {"id": part_id, "object": "upload.part", "created_at": now, "upload_id": upload_id}

    async def complete(self, upload: Upload, part_ids: Sequence[str], md5: str | None) -> JsonObject:
        """Join the named parts to a file, which is the result; upload and parts are gone then.

        Raises ApiError 400 where the parts are not what was announced, OSError.
        """
        await self._check_sizes(upload, part_ids)
        file_id, gone = new_id("file"), list[str]()
        path = self._files.incoming / file_id
        try:
            await self._join(upload, part_ids, md5, path)
            file = await self._files.keep(
                Received(path, upload.filename, upload.purpose, upload.file_life_s),
                file_id,
                lambda connection: gone.extend(_forget(connection, upload.id)),
            )
        finally:
            self._files.discard(path)
        self._discard(gone)
        return file

    async def cancel(self, upload_id: str) -> Upload:
        """Forget an upload and its parts."""
        upload = await self.get(upload_id)
        self._discard(await self._database.write(lambda connection: _forget(connection, upload_id)))
        return upload

    async def _check_sizes(self, upload: Upload, part_ids: Sequence[str]) -> None:
        sizes = await self._database.read(lambda connection: _parts(connection, upload.id))
        for at, part_id in enumerate(part_ids):
            if part_id not in sizes:
                raise invalid(f"No such part of this upload: {part_id}", f"part_ids[{at}]", "invalid_value")
        total = sum(sizes[part_id] for part_id in part_ids)
        if total != upload.bytes:
            message = f"The parts hold {total} bytes; the upload was announced with {upload.bytes}."
            raise invalid(message, "part_ids", "invalid_value")

    async def _join(self, upload: Upload, part_ids: Sequence[str], md5: str | None, target: Path) -> None:
        try:
            digest = await asyncio.to_thread(_joined, [self._parts / one for one in part_ids], target)
        except FileNotFoundError as error:
            raise no_such_upload(upload.id) from error
        if md5 is not None and digest != md5.lower():
            raise invalid("The parts' MD5 checksum is not the one that was sent.", "md5", "invalid_value")

    def _discard(self, part_ids: Iterable[str]) -> None:
        for part_id in part_ids:
            (self._parts / part_id).unlink(missing_ok=True)


def _insert(connection: sqlite3.Connection, upload: Upload) -> None:
    values = [getattr(upload, name) for name in _COLUMNS.split(", ")]
    connection.execute(f"INSERT INTO upload ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def _upload(connection: sqlite3.Connection, upload_id: str) -> Upload:
    select = f"SELECT {_COLUMNS} FROM upload WHERE id = ? AND {_ALIVE}"
    row = connection.execute(select, (upload_id,)).fetchone()
    if row is None:
        raise no_such_upload(upload_id)
    return Upload(*row)


def _parts(connection: sqlite3.Connection, upload_id: str | None = None) -> dict[str, int]:
    """The sizes of the parts of an upload, or of all."""
    select = "SELECT id, bytes FROM upload_part WHERE ?1 IS NULL OR upload_id = ?1"
    return dict(connection.execute(select, (upload_id,)).fetchall())


def _forget(connection: sqlite3.Connection, upload_id: str) -> list[str]:
    """The parts whose bytes are to go. Raises ApiError 404 where another request was first."""
    parts = list(_parts(connection, upload_id))
    if not connection.execute("DELETE FROM upload WHERE id = ?", (upload_id,)).rowcount:
        raise no_such_upload(upload_id)
    return parts


def _expired(connection: sqlite3.Connection) -> list[str]:
    return [upload_id for (upload_id,) in connection.execute(f"SELECT id FROM upload WHERE NOT {_ALIVE}")]


def _check_part(connection: sqlite3.Connection, upload: Upload, size: int) -> None:
    sizes = _parts(connection, upload.id)
    if sum(sizes.values()) + size > upload.bytes:
        message = f"The parts hold more than the {upload.bytes} bytes that the upload was announced with."
        raise invalid(message, "data", "invalid_value")
    if len(sizes) >= MOST_PARTS:
        raise invalid(f"An upload has at most {MOST_PARTS} parts.", "data", "invalid_value")


def _joined(parts: Sequence[Path], target: Path) -> str:
    """Write files one after another to another, for good; the MD5 of it, in hexadecimal."""
    digest = hashlib.md5(usedforsecurity=False)
    with target.open("xb") as file:
        for part in parts:
            with part.open("rb") as source:
                while piece := source.read(_COPIED_AT_ONCE):
                    digest.update(piece)
                    file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()
