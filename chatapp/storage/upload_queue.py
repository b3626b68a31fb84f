"""Files on their way to a library, and those that did not get there. Implements `services.ports.UploadQueue`."""

import json
import os
import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path

from chatapp.services.ports import Queued
from chatapp.storage.database import Database
from chatapp.storage.rows import Column, dump, from_text, to_text

_COLUMNS = "key, server, store_id, path, filename, chunking, sha256, reason, final"
_SELECT = f"SELECT {_COLUMNS} FROM upload_queue ORDER BY number"
_PUT = f"""
    INSERT INTO upload_queue ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (key)
    DO UPDATE SET sha256 = excluded.sha256, reason = excluded.reason, final = excluded.final
"""


class SqliteUploadQueue:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Queued]:
        rows = await self._database.read(lambda connection: connection.execute(_SELECT).fetchall())
        return [_entry(row) for row in rows]

    async def put(self, entries: Sequence[Queued]) -> None:
        rows = [_row(entry) for entry in entries]
        await self._database.run(lambda connection: connection.executemany(_PUT, rows))

    async def drop(self, keys: Collection[str]) -> None:
        rows = [(key,) for key in keys]

        def remove(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM upload_queue WHERE key = ?", rows)

        await self._database.run(remove, reserve=True)


def _row(entry: Queued) -> tuple[Column, ...]:
    return (
        entry.key,
        to_text(entry.server),
        to_text(entry.store_id),
        os.fsencode(entry.path),
        to_text(entry.filename),
        dump(entry.chunking),
        entry.sha256,
        to_text(entry.reason),
        entry.final,
    )


def _entry(row: tuple[Column, ...]) -> Queued:
    key, server, store_id, path, filename, chunking, sha256, reason, final = row
    assert isinstance(path, bytes)
    return Queued(
        str(key),
        from_text(server),
        from_text(store_id),
        Path(os.fsdecode(path)),
        from_text(filename),
        json.loads(str(chunking)),
        str(sha256),
        from_text(reason),
        bool(final),
    )
