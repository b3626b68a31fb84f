"""Batches of files attached together, as rows and as the wire's objects. `file_batches` is the endpoints.

A batch is no more than what its files have in common: its counts and its status are computed from their rows.
"""

import sqlite3
import time
from collections.abc import Sequence
from typing import Any

from chatapp.engine import catalogue
from chatapp.engine.catalogue import Attachment
from chatapp.engine.errors import ApiError, not_found
from chatapp.engine.ids import new_id
from chatapp.engine.retrieval import index
from chatapp.engine.store import Database
from chatapp.protocol.json_types import JsonObject


def no_such_batch(store_id: str, batch_id: str) -> ApiError:
    return not_found(f"No file batch found with id '{batch_id}' in vector store '{store_id}'.")


class FileBatchLog:
    """The batches of one data directory. All raise ApiError 404."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, store_id: str, attachments: Sequence[Attachment]) -> JsonObject:
        """Attach files as a batch: all of them, or none."""
        batch_id, now = new_id("vsfb"), int(time.time())

        def work(connection: sqlite3.Connection) -> JsonObject:
            catalogue.store_of(connection, store_id)
            insert = "INSERT INTO file_batch (id, store_id, created_at) VALUES (?, ?, ?)"
            connection.execute(insert, (batch_id, store_id, now))
            for attachment in attachments:
                catalogue.attach(connection, store_id, attachment, batch_id)
            return _batch(connection, store_id, batch_id)

        return await self._database.write(work)

    async def get(self, store_id: str, batch_id: str) -> JsonObject:
        """The batch's object."""
        return await self._database.read(lambda connection: _batch(connection, store_id, batch_id))

    async def cancel(self, store_id: str, batch_id: str) -> JsonObject:
        """Give up the files that are not indexed yet; those that are stay."""

        def work(connection: sqlite3.Connection) -> JsonObject:
            if _batch(connection, store_id, batch_id)["status"] == "in_progress":
                _give_up(connection, batch_id)
            return _batch(connection, store_id, batch_id)

        return await self._database.write(work)

    async def files(self, store_id: str, batch_id: str, status: str | None) -> list[JsonObject]:
        """The files of a batch (in a status), the oldest first."""

        def work(connection: sqlite3.Connection) -> list[JsonObject]:
            _row(connection, store_id, batch_id)
            return catalogue.files_where(connection, "batch_id = ?", batch_id, status)

        return await self._database.read(work)


def _give_up(connection: sqlite3.Connection, batch_id: str) -> None:
    for file in connection.execute(
        "SELECT position FROM store_file WHERE batch_id = ? AND status = 'in_progress'", (batch_id,)
    ).fetchall():
        index.remove(connection, file[0])
        catalogue.settle(connection, file[0], "cancelled")
    connection.execute("UPDATE file_batch SET is_cancelled = 1 WHERE id = ?", (batch_id,))


def _row(connection: sqlite3.Connection, store_id: str, batch_id: str) -> tuple[Any, ...]:
    select = "SELECT id, store_id, created_at, is_cancelled FROM file_batch WHERE store_id = ? AND id = ?"
    row: tuple[Any, ...] | None = connection.execute(select, (store_id, batch_id)).fetchone()
    if row is None:
        raise no_such_batch(store_id, batch_id)
    return row


def _batch(connection: sqlite3.Connection, store_id: str, batch_id: str) -> JsonObject:
    _, _, created_at, is_cancelled = _row(connection, store_id, batch_id)
    counts, _ = catalogue.counted(connection, "batch_id = ?", batch_id)
    return {
        "id": batch_id,
        # api.openai.com was seen to say "vector_store.file_batch", which the types of its own SDK do not allow.
        "object": "vector_store.files_batch",
        "created_at": created_at,
        "vector_store_id": store_id,
        "status": _status(counts, is_cancelled=bool(is_cancelled)),
        "file_counts": counts,
    }


def _status(counts: dict[str, int], *, is_cancelled: bool) -> str:
    if is_cancelled:
        return "cancelled"
    if counts["in_progress"]:
        return "in_progress"
    return "failed" if counts["total"] and counts["failed"] == counts["total"] else "completed"
