"""Vector stores and the files attached to them, as rows and as the wire's objects.

Statuses are computed from the files' rows, never stored beside them. `indexing` moves a file from
`in_progress` to `completed` or `failed`; `vector_stores` and `store_files` are the endpoints.
"""

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chatapp.engine.errors import ApiError, not_found
from chatapp.engine.file_shelf import ALIVE
from chatapp.engine.ids import new_id
from chatapp.engine.retrieval import index
from chatapp.engine.retrieval.chunking import Chunking
from chatapp.engine.retrieval.passages import Chunk
from chatapp.engine.store import Database
from chatapp.protocol.json_types import JsonObject

DAY_S = 86_400
TOUCHED_EVERY_S = 60
STATUSES = ("in_progress", "completed", "failed", "cancelled")

_HAS_EXPIRED = f"coalesce(last_active_at + expires_after_days * {DAY_S} <= unixepoch(), 0)"
"""The clause for a row of a store."""
_STORE = (
    "SELECT id, created_at, name, description, metadata, expires_after_days, last_active_at FROM vector_store"
)
_FILE = (
    "SELECT position, store_id, file_id, created_at, status, error_code, error_message, attributes, max_tokens,"
    " overlap_tokens, usage_bytes FROM store_file"
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to attach: its id, its attributes, how it is to be cut."""

    file_id: str
    attributes: JsonObject
    chunking: Chunking


@dataclass(frozen=True, slots=True)
class Waiting:
    """An attached file that is still to be indexed. `entry` is its number in the index, `store` its store's."""

    entry: int
    store: int
    file_id: str
    filename: str
    chunking: Chunking


@dataclass(frozen=True, slots=True)
class Searchable:
    """An indexed file of a store, with their numbers in the index."""

    entry: int
    store: int
    file_id: str
    filename: str
    attributes: JsonObject


def no_such_store(store_id: str, param: str | None = None) -> ApiError:
    return not_found(f"Vector store with id '{store_id}' not found.", param)


def no_such_store_file(store_id: str, file_id: str) -> ApiError:
    return not_found(f"No file found with id '{file_id}' in vector store '{store_id}'.")


class Catalogue:
    """The vector stores of one data directory."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, fields: JsonObject, attachments: Sequence[Attachment]) -> JsonObject:
        """Make a store with its first files. `fields` as `_set_fields` takes them."""
        store_id, now = new_id("vs"), int(time.time())

        def work(connection: sqlite3.Connection) -> JsonObject:
            connection.execute(
                "INSERT INTO vector_store (id, created_at, metadata, last_active_at) VALUES (?, ?, '{}', ?)",
                (store_id, now, now),
            )
            _set_fields(connection, store_id, fields)
            for attachment in attachments:
                attach(connection, store_id, attachment)
            return store_of(connection, store_id)

        return await self._database.write(work)

    async def get(self, store_id: str) -> JsonObject:
        """The store's object. Raises ApiError 404."""
        return await self._database.read(lambda connection: store_of(connection, store_id))

    async def all(self) -> list[JsonObject]:
        """All stores, the oldest first."""
        return await self._database.read(
            lambda connection: [
                _store_object(connection, row)
                for row in connection.execute(f"{_STORE} ORDER BY position").fetchall()
            ]
        )

    async def update(self, store_id: str, fields: JsonObject) -> JsonObject:
        """Set the given fields and no others; a store that has expired may come back by it, and its files wait to be
        indexed again. Raises ApiError 404."""

        def work(connection: sqlite3.Connection) -> JsonObject:
            was_expired = store_of(connection, store_id)["status"] == "expired"
            _set_fields(connection, store_id, fields)
            if was_expired and store_of(connection, store_id)["status"] != "expired":
                _index_again(connection, store_id)
            return store_of(connection, store_id)

        return await self._database.write(work)

    async def delete(self, store_id: str) -> None:
        """Remove the store and its chunks; the files themselves stay. Raises ApiError 404."""

        def work(connection: sqlite3.Connection) -> None:
            store_of(connection, store_id)
            for row in connection.execute(f"{_FILE} WHERE store_id = ?", (store_id,)).fetchall():
                index.remove(connection, row[0])
            connection.execute("DELETE FROM vector_store WHERE id = ?", (store_id,))

        await self._database.erase(work)

    async def sweep(self) -> bool:
        """Remove the chunks of the stores that have expired; whether there were any. Their files stay listed."""
        found = bool(await self._database.read(_expired))
        if found:
            await self._database.erase(_empty_expired)
        return found

    async def attach(self, store_id: str, attachment: Attachment) -> JsonObject:
        """Attach a file, or have one that is attached indexed again. Raises ApiError 404."""

        def work(connection: sqlite3.Connection) -> JsonObject:
            store_of(connection, store_id)
            attach(connection, store_id, attachment)
            return _file(connection, store_id, attachment.file_id)

        return await self._database.write(work)

    async def file(self, store_id: str, file_id: str) -> JsonObject:
        """The attached file's object. Raises ApiError 404."""
        return await self._database.read(lambda connection: _file(connection, store_id, file_id))

    async def files(self, store_id: str, status: str | None) -> list[JsonObject]:
        """The files of a store (in a status), the oldest first. Raises ApiError 404."""

        def work(connection: sqlite3.Connection) -> list[JsonObject]:
            store_of(connection, store_id)
            return files_where(connection, "store_id = ?", store_id, status)

        return await self._database.read(work)

    async def set_attributes(self, store_id: str, file_id: str, attributes: JsonObject) -> JsonObject:
        """Replace an attached file's attributes. Raises ApiError 404."""

        def work(connection: sqlite3.Connection) -> JsonObject:
            connection.execute(
                "UPDATE store_file SET attributes = ? WHERE store_id = ? AND file_id = ?",
                (json.dumps(attributes), store_id, file_id),
            )
            return _file(connection, store_id, file_id)

        return await self._database.write(work)

    async def detach(self, store_id: str, file_id: str) -> None:
        """Remove a file from a store with its chunks. Raises ApiError 404."""

        def work(connection: sqlite3.Connection) -> None:
            entry = _row(connection, store_id, file_id)[0]
            index.remove(connection, entry)
            connection.execute("DELETE FROM store_file WHERE position = ?", (entry,))

        await self._database.erase(work)

    async def chunks(self, store_id: str, file_id: str) -> list[Chunk]:
        """An attached file's chunks in reading order. Raises ApiError 404."""
        return await self._database.read(
            lambda connection: index.chunks_of_entry(connection, _row(connection, store_id, file_id)[0])
        )

    async def in_progress(self, store_ids: Sequence[str]) -> int:
        """How many files of the given stores are still to be indexed."""
        select = (
            "SELECT count(*) FROM store_file WHERE status = 'in_progress'"
            " AND store_id IN (SELECT value FROM json_each(?))"
        )
        names = json.dumps(list(store_ids))
        count: int = await self._database.read(
            lambda connection: connection.execute(select, (names,)).fetchone()[0]
        )
        return count

    async def touch(self, stores: Sequence[JsonObject]) -> None:
        """Note that the stores were used now, which puts off their expiry; to the minute, as writing costs."""
        now = int(time.time())
        store_ids = [store["id"] for store in stores if store["last_active_at"] < now - TOUCHED_EVERY_S]
        if not store_ids:
            return

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "UPDATE vector_store SET last_active_at = ? WHERE id = ?", [(now, one) for one in store_ids]
            )

        await self._database.write(work)


def searchable(connection: sqlite3.Connection, store_ids: Sequence[str]) -> list[Searchable]:
    """The completely indexed files of the given stores."""
    rows = connection.execute(
        "SELECT store_file.position, vector_store.position, file_id, filename, attributes FROM store_file"
        " JOIN file ON file.id = file_id JOIN vector_store ON vector_store.id = store_id"
        f" WHERE status = 'completed' AND {ALIVE} AND store_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(store_ids)),),
    )
    return [
        Searchable(entry, store, file_id, name, json.loads(attributes))
        for entry, store, file_id, name, attributes in rows
    ]


def waiting(connection: sqlite3.Connection) -> list[Waiting]:
    """The files that are to be indexed, in the order they were attached."""
    rows = connection.execute(
        "SELECT store_file.position, vector_store.position, file_id, filename, max_tokens, overlap_tokens"
        " FROM store_file JOIN file ON file.id = file_id JOIN vector_store ON vector_store.id = store_id"
        f" WHERE store_file.status = 'in_progress' AND NOT {_HAS_EXPIRED} ORDER BY store_file.position"
    )
    return [
        Waiting(entry, store, file_id, name, Chunking(most, shared))
        for entry, store, file_id, name, most, shared in rows
    ]


def begin_anew(connection: sqlite3.Connection) -> None:
    """The index is gone: every indexed file waits to be indexed again."""
    for table in ("chunk", "titled_entry", "forgotten_entry"):
        connection.execute(f"DELETE FROM {table}")
    connection.execute(
        "UPDATE store_file SET status = 'in_progress', usage_bytes = 0 WHERE status = 'completed'"
    )


def is_waiting(connection: sqlite3.Connection, entry: int) -> bool:
    """Whether the entry is still there and still to be indexed."""
    select = "SELECT 1 FROM store_file WHERE position = ? AND status = 'in_progress'"
    return connection.execute(select, (entry,)).fetchone() is not None


def settle(
    connection: sqlite3.Connection,
    entry: int,
    status: str,
    usage_bytes: int = 0,
    error: tuple[str, str] | None = None,
) -> None:
    """Note how indexing an entry ended, unless it was taken away or cancelled. `error` is (code, message)."""
    code, message = error or (None, None)
    connection.execute(
        "UPDATE store_file SET status = ?, usage_bytes = ?, error_code = ?, error_message = ?"
        " WHERE position = ? AND status = 'in_progress'",
        (status, usage_bytes, code, message, entry),
    )


def _expired(connection: sqlite3.Connection) -> list[int]:
    """The entries of expired stores that have chunks, or wait for them."""
    rows = connection.execute(
        "SELECT store_file.position FROM store_file JOIN vector_store ON vector_store.id = store_id"
        f" WHERE {_HAS_EXPIRED} AND (status = 'in_progress'"
        " OR EXISTS (SELECT 1 FROM titled_entry WHERE entry = store_file.position))"
    )
    return [entry for (entry,) in rows]


def _empty_expired(connection: sqlite3.Connection) -> None:
    for entry in _expired(connection):
        index.remove(connection, entry)
        settle(connection, entry, "cancelled")
        connection.execute("UPDATE store_file SET usage_bytes = 0 WHERE position = ?", (entry,))


def _index_again(connection: sqlite3.Connection, store_id: str) -> None:
    connection.execute(
        "UPDATE store_file SET status = 'in_progress' WHERE store_id = ? AND status = 'completed'"
        " AND NOT EXISTS (SELECT 1 FROM titled_entry WHERE entry = store_file.position)",
        (store_id,),
    )


def _set_fields(connection: sqlite3.Connection, store_id: str, fields: JsonObject) -> None:
    """`fields` may hold name, description, metadata (an object) and expires_after_days."""
    for column in ("name", "description", "metadata", "expires_after_days"):
        if column in fields:
            value = json.dumps(fields[column] or {}) if column == "metadata" else fields[column]
            connection.execute(f"UPDATE vector_store SET {column} = ? WHERE id = ?", (value, store_id))


def attach(
    connection: sqlite3.Connection, store_id: str, attachment: Attachment, batch_id: str | None = None
) -> None:
    """Attach a file, anew where it is attached already. `batch_id` is the batch it came with. Raises ApiError 404."""
    if not connection.execute(
        f"SELECT 1 FROM file WHERE id = ? AND {ALIVE}", (attachment.file_id,)
    ).fetchone():
        raise not_found(f"No such File object: {attachment.file_id}", "file_id")
    found = connection.execute(
        "SELECT position FROM store_file WHERE store_id = ? AND file_id = ?", (store_id, attachment.file_id)
    ).fetchone()
    if found:
        index.remove(connection, found[0])
        connection.execute("DELETE FROM store_file WHERE position = ?", found)
    connection.execute(
        "INSERT INTO store_file (store_id, file_id, created_at, status, attributes, max_tokens, overlap_tokens,"
        " batch_id) VALUES (?, ?, ?, 'in_progress', ?, ?, ?, ?)",
        (
            store_id,
            attachment.file_id,
            int(time.time()),
            json.dumps(attachment.attributes),
            attachment.chunking.max_tokens,
            attachment.chunking.overlap_tokens,
            batch_id,
        ),
    )


def store_of(connection: sqlite3.Connection, store_id: str) -> JsonObject:
    """The store's object. Raises ApiError 404."""
    row = connection.execute(f"{_STORE} WHERE id = ?", (store_id,)).fetchone()
    if row is None:
        raise no_such_store(store_id)
    return _store_object(connection, row)


def _store_object(connection: sqlite3.Connection, row: tuple[Any, ...]) -> JsonObject:
    store_id, created_at, name, description, metadata, days, last_active_at = row
    counts, usage_bytes = counted(connection, "store_id = ?", store_id)
    expires_at = last_active_at + days * DAY_S if days else None
    return {
        "id": store_id,
        "object": "vector_store",
        "created_at": created_at,
        # api.openai.com says null of a store without a name, which the types of its own SDK do not allow.
        "name": name or "",
        "description": description,
        "usage_bytes": usage_bytes,
        "file_counts": counts,
        "status": _store_status(counts, expires_at),
        "expires_after": {"anchor": "last_active_at", "days": days} if days else None,
        "expires_at": expires_at,
        "last_active_at": last_active_at,
        "metadata": json.loads(metadata),
    }


def counted(connection: sqlite3.Connection, clause: str, value: str) -> tuple[dict[str, int], int]:
    """The attached files that a clause with one value selects: their number by status, the total, their bytes."""
    select = f"SELECT status, count(*), sum(usage_bytes) FROM store_file WHERE {clause} GROUP BY status"
    rows = connection.execute(select, (value,)).fetchall()
    counts = dict.fromkeys(STATUSES, 0) | {status: number for status, number, _ in rows}
    return counts | {"total": sum(counts.values())}, sum(size for _, _, size in rows)


def files_where(
    connection: sqlite3.Connection, clause: str, value: str, status: str | None
) -> list[JsonObject]:
    """The objects of the attached files that a clause with one value selects (in a status), the oldest first."""
    select = f"{_FILE} WHERE {clause} AND (? IS NULL OR status = ?) ORDER BY position"
    return [_file_object(row) for row in connection.execute(select, (value, status, status))]


def _store_status(counts: dict[str, int], expires_at: int | None) -> str:
    if expires_at is not None and expires_at <= time.time():
        return "expired"
    return "in_progress" if counts["in_progress"] else "completed"


def _row(connection: sqlite3.Connection, store_id: str, file_id: str) -> tuple[Any, ...]:
    clause = "WHERE store_id = ? AND file_id = ?"
    row: tuple[Any, ...] | None = connection.execute(f"{_FILE} {clause}", (store_id, file_id)).fetchone()
    if row is None:
        raise no_such_store_file(store_id, file_id)
    return row


def _file(connection: sqlite3.Connection, store_id: str, file_id: str) -> JsonObject:
    return _file_object(_row(connection, store_id, file_id))


def _file_object(row: tuple[Any, ...]) -> JsonObject:
    _, store_id, file_id, created_at, status, code, message, attributes, most, shared, usage_bytes = row
    return {
        "id": file_id,
        "object": "vector_store.file",
        "usage_bytes": usage_bytes,
        "created_at": created_at,
        "vector_store_id": store_id,
        "status": status,
        "last_error": {"code": code, "message": message} if code else None,
        "chunking_strategy": {
            "type": "static",
            "static": {"max_chunk_size_tokens": most, "chunk_overlap_tokens": shared},
        },
        "attributes": json.loads(attributes),
    }
