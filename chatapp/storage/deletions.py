"""Deleted branches on disk: their turns stay, marked with the deletion they went with, until it is purged. Implements
`services.ports.DeletionStore`; `conversations` leaves marked turns out of everything it reads."""

import sqlite3
from collections.abc import Sequence

from chatapp.conversation.tree import Conversation, Deletion, Turn
from chatapp.storage import expunging, search
from chatapp.storage.conversations import PURGE_TURNS, put_head, select
from chatapp.storage.database import Database
from chatapp.storage.rows import from_text, to_text, turn_of

_DELETIONS = """
    SELECT deletions.*, (SELECT COUNT(*) FROM turns WHERE deletion = deletions.id) AS turns,
        (SELECT text FROM turns WHERE id = deletions.turn_id) AS title
    FROM deletions {} ORDER BY number DESC
"""
_ANCESTORS = """
    SELECT above.deletion FROM deletions
    JOIN turns AS root ON root.id = deletions.turn_id JOIN turns AS above ON above.id = root.parent_id
    WHERE deletions.id = ?
"""
_OWN_RESPONSES = """
    SELECT DISTINCT response_id FROM turns AS own
    WHERE deletion = ? AND server = ? AND response_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM turns AS other
        WHERE other.response_id = own.response_id AND other.deletion IS NOT own.deletion)
"""


class SqliteDeletions:
    """The statements on deletions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def delete(self, head: Conversation, deletion: Deletion) -> tuple[str, ...]:
        """Succeeds on a full disk too."""
        return await self._database.run(lambda connection: _delete(connection, head, deletion), reserve=True)

    async def restore(self, deletion_id: str) -> None:
        await self._database.run(lambda connection: _restore(connection, to_text(deletion_id)))

    async def deletion(self, deletion_id: str) -> Deletion | None:
        found = await self._read("WHERE id = ?", deletion_id)
        return found[0] if found else None

    async def of(self, conversation_id: str) -> list[Deletion]:
        return await self._read("WHERE conversation_id = ?", conversation_id)

    async def older_than(self, limit: float) -> list[Deletion]:
        return await self._read("WHERE deleted_at <= ?", limit)

    async def turns(self, deletion_id: str) -> list[Turn]:
        statement, key = "SELECT * FROM turns WHERE deletion = ? ORDER BY number", to_text(deletion_id)
        return await self._database.read(
            lambda connection: list(map(turn_of, select(connection, statement, key)))
        )

    async def own_responses(self, deletion_id: str, server: str) -> list[str]:
        keys = (to_text(deletion_id), to_text(server))
        rows = await self._database.read(
            lambda connection: connection.execute(_OWN_RESPONSES, keys).fetchall()
        )
        return [str(from_text(response_id)) for (response_id,) in rows]

    async def purge(self, deletion_id: str) -> None:
        """Like `SqliteConversations.purge`: in slices, and on a full disk too."""
        key = to_text(deletion_id)
        while await self._database.run(lambda connection: _purge_some(connection, key), reserve=True):
            pass
        await self._database.shrink()
        await expunging.begin(self._database)

    async def _read(self, where: str, value: str | float) -> list[Deletion]:
        key = to_text(value) if isinstance(value, str) else value
        rows = await self._database.read(lambda connection: select(connection, _DELETIONS.format(where), key))
        return list(map(_deletion_of, rows))


def _delete(connection: sqlite3.Connection, head: Conversation, deletion: Deletion) -> tuple[str, ...]:
    ids = _living_below(connection, deletion)
    key = to_text(deletion.id)
    connection.execute(
        "INSERT INTO deletions (id, conversation_id, turn_id, deleted_at, current_turn_id) VALUES (?, ?, ?, ?, ?)",
        (
            key,
            to_text(deletion.conversation_id),
            to_text(deletion.turn_id),
            deletion.deleted_at,
            to_text(deletion.current_turn_id),
        ),
    )
    connection.executemany(
        "UPDATE turns SET deletion = ? WHERE id = ?", ((key, to_text(each)) for each in ids)
    )
    put_head(connection, head)
    return tuple(ids)


def _living_below(connection: sqlite3.Connection, deletion: Deletion) -> Sequence[str]:
    """What another process has asked meanwhile goes too, so that no turn is left without its parent."""
    rows = connection.execute(
        "SELECT id, parent_id FROM turns WHERE conversation_id = ? AND deletion IS NULL ORDER BY number",
        (to_text(deletion.conversation_id),),
    )
    children: dict[str | None, list[str]] = {}
    for turn_id, parent_id in rows:
        children.setdefault(from_text(parent_id), []).append(from_text(turn_id))
    ids = [deletion.turn_id]
    for each in ids:
        ids += children.get(each, ())
    return ids


def _restore(connection: sqlite3.Connection, key: object) -> None:
    """What is above comes back first: a branch hangs on a turn that is there."""
    for (above,) in connection.execute(_ANCESTORS, (key,)).fetchall():
        if above is not None:
            _restore(connection, above)
    connection.execute("UPDATE turns SET deletion = NULL WHERE deletion = ?", (key,))
    connection.execute("DELETE FROM deletions WHERE id = ?", (key,))


def _purge_some(connection: sqlite3.Connection, key: object) -> bool:
    """Deletes some turns of a deletion, the leaves first, at the end the deletion itself. True while something is
    left."""
    expunging.note(connection)
    numbers = [
        number
        for (number,) in connection.execute(
            "SELECT number FROM turns WHERE deletion = ? ORDER BY number DESC LIMIT ?", (key, PURGE_TURNS)
        )
    ]
    search.forget(connection, numbers)
    connection.executemany("DELETE FROM turns WHERE number = ?", ((number,) for number in numbers))
    if not numbers:
        connection.execute("DELETE FROM deletions WHERE id = ?", (key,))
    return bool(numbers)


def _deletion_of(row: sqlite3.Row) -> Deletion:
    return Deletion(
        id=from_text(row["id"]),
        conversation_id=from_text(row["conversation_id"]),
        turn_id=from_text(row["turn_id"]),
        deleted_at=row["deleted_at"],
        current_turn_id=from_text(row["current_turn_id"]),
        title=from_text(row["title"]) or "",
        turns=row["turns"],
    )
