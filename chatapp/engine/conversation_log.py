"""Conversations as they are kept: items in order, to which answers add theirs as they end."""

import json
import sqlite3
import time
from collections.abc import Sequence

from chatapp.engine.errors import ApiError, invalid, not_found
from chatapp.engine.ids import new_id
from chatapp.engine.store import Database
from chatapp.protocol.json_types import JsonObject


class ConversationLog:
    """Every method raises ApiError 404 where there is no such conversation, or no such item in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, metadata: JsonObject, items: Sequence[JsonObject]) -> JsonObject:
        row = (new_id("conv"), int(time.time()), json.dumps(metadata))

        def work(connection: sqlite3.Connection) -> JsonObject:
            connection.execute("INSERT INTO conversation VALUES (?, ?, ?)", row)
            append(connection, row[0], items)
            return _object(row)

        return await self._database.write(work)

    async def get(self, conversation_id: str, param: str | None = None) -> JsonObject:
        """The conversation. `param` is the parameter that names it."""
        return await self._database.read(lambda connection: _get(connection, conversation_id, param))

    async def update(self, conversation_id: str, metadata: JsonObject) -> JsonObject:
        def work(connection: sqlite3.Connection) -> JsonObject:
            row = (json.dumps(metadata), conversation_id)
            connection.execute("UPDATE conversation SET metadata = ? WHERE id = ?", row)
            return _get(connection, conversation_id)

        return await self._database.write(work)

    async def delete(self, conversation_id: str) -> None:
        """Nothing of it is left in the database's files."""

        def work(connection: sqlite3.Connection) -> None:
            _get(connection, conversation_id)
            connection.execute("DELETE FROM conversation WHERE id = ?", (conversation_id,))

        await self._database.erase(work)

    async def items(self, conversation_id: str) -> list[JsonObject]:
        """All items, the oldest first."""

        def work(connection: sqlite3.Connection) -> list[JsonObject]:
            _get(connection, conversation_id)
            query = "SELECT item FROM conversation_item WHERE conversation_id = ? ORDER BY position"
            return [json.loads(item) for (item,) in connection.execute(query, (conversation_id,))]

        return await self._database.read(work)

    async def item(self, conversation_id: str, item_id: str) -> JsonObject:
        def work(connection: sqlite3.Connection) -> JsonObject:
            _get(connection, conversation_id)
            query = "SELECT item FROM conversation_item WHERE conversation_id = ? AND id = ?"
            row = connection.execute(query, (conversation_id, item_id)).fetchone()
            if row is None:
                raise _no_such_item(conversation_id, item_id)
            item: JsonObject = json.loads(row[0])
            return item

        return await self._database.read(work)

    async def add(self, conversation_id: str, items: Sequence[JsonObject]) -> None:
        """Append items. Raises ApiError 400 for one that is there already."""

        def work(connection: sqlite3.Connection) -> None:
            _get(connection, conversation_id)
            if append(connection, conversation_id, items) < len(items):
                message = f"An item of these is already in conversation '{conversation_id}'."
                raise invalid(message, "items", "invalid_value")

        await self._database.write(work)

    async def delete_item(self, conversation_id: str, item_id: str) -> JsonObject:
        """The conversation, in which the item is no more."""

        def work(connection: sqlite3.Connection) -> JsonObject:
            conversation = _get(connection, conversation_id)
            query = "DELETE FROM conversation_item WHERE conversation_id = ? AND id = ?"
            if not connection.execute(query, (conversation_id, item_id)).rowcount:
                raise _no_such_item(conversation_id, item_id)
            return conversation

        return await self._database.erase(work)


def append(connection: sqlite3.Connection, conversation_id: str, items: Sequence[JsonObject]) -> int:
    """Add the items that are not there yet, if the conversation is; how many that were."""
    query = """
        INSERT OR IGNORE INTO conversation_item (conversation_id, id, item)
        SELECT id, ?, ? FROM conversation WHERE id = ?
    """
    rows = [(item["id"], json.dumps(item, ensure_ascii=False), conversation_id) for item in items]
    return connection.executemany(query, rows).rowcount if rows else 0


def found_item(connection: sqlite3.Connection, item_id: str) -> JsonObject | None:
    """The item of that id in whichever conversation has one."""
    query = "SELECT item FROM conversation_item WHERE id = ? LIMIT 1"
    row = connection.execute(query, (item_id,)).fetchone()
    return json.loads(row[0]) if row else None


def _get(connection: sqlite3.Connection, conversation_id: str, param: str | None = None) -> JsonObject:
    query = "SELECT id, created_at, metadata FROM conversation WHERE id = ?"
    row = connection.execute(query, (conversation_id,)).fetchone()
    if row is None:
        raise not_found(f"Conversation with id '{conversation_id}' not found.", param)
    return _object(row)


def _object(row: tuple[str, int, str]) -> JsonObject:
    identity, created_at, metadata = row
    return {
        "id": identity, "object": "conversation", "created_at": created_at, "metadata": json.loads(metadata),
    }  # fmt: skip


def _no_such_item(conversation_id: str, item_id: str) -> ApiError:
    return not_found(f"Item with id '{item_id}' not found in conversation '{conversation_id}'.")
