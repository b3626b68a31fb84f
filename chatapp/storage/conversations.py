"""Conversations and turns on disk: the statements. Implements `services.ports.ConversationStore`.

`rows` turns values into rows, `search` keeps the words, `database` runs the transactions, `profile` knows which
processes live.
"""

import json
import logging
import sqlite3
from collections.abc import Callable, Sequence

from chatapp.conversation.inputs import Enclosure
from chatapp.conversation.time_line import Moment, TimeLine, pack, unpack
from chatapp.conversation.tree import Conversation, SearchHit, Turn
from chatapp.protocol.json_types import JsonObject
from chatapp.storage import expunging, search
from chatapp.storage.database import Database
from chatapp.storage.experiments import name_turn
from chatapp.storage.rows import (
    Column,
    conversation_of,
    conversation_row,
    dump,
    dump_enclosures,
    from_text,
    to_text,
    turn_of,
    turn_row,
)

log = logging.getLogger(__name__)

PURGE_TURNS = 32
"""Turns deleted in one transaction: what a purge writes at once must fit into the ballast."""


class SqliteConversations:
    """`owner` names this process and `alive` says whether an owner still runs: what another living process has
    begun is not `unfinished`. Without an owner every turn that did not end is."""

    def __init__(
        self, database: Database, owner: str | None = None, alive: Callable[[str], bool] = lambda owner: False
    ) -> None:
        self._database = database
        self._owner = owner
        self._alive = alive

    async def conversations(self, deleted: bool = False) -> list[Conversation]:
        """Those not deleted, or with `deleted` those deleted and not purged; the last changed first."""
        return await self._database.read(lambda connection: _conversations(connection, deleted))

    async def conversation(self, conversation_id: str) -> Conversation | None:
        return await self._database.read(lambda connection: _conversation(connection, conversation_id))

    async def put_conversation(self, conversation: Conversation) -> None:
        """Makes it, or replaces all of its head. Deleting it (`deleted_at`) succeeds on a full disk too."""
        reserve = conversation.deleted_at is not None
        await self._database.run(lambda connection: put_head(connection, conversation), reserve)

    async def set_draft(self, conversation_id: str, draft: str, enclosures: Sequence[Enclosure] = ()) -> None:
        """A conversation that is gone keeps no draft."""
        values = (to_text(draft), dump_enclosures(enclosures), to_text(conversation_id))
        await self._database.run(lambda connection: connection.execute(_SET_DRAFT, values))

    async def purge(self, conversation_id: str) -> None:
        """Removes every trace: turns, journals, words, and what pages and log held of them.

        Works on a full disk. In slices: if the process dies between them, what is left is a deleted conversation.
        What the search index holds in pages nobody reads any more goes when the writer is idle: see `expunging`.
        """
        key = to_text(conversation_id)
        while await self._database.run(lambda connection: _purge_some(connection, key), reserve=True):
            pass
        await self._database.shrink()
        await expunging.begin(self._database)

    async def turns(self, conversation_id: str) -> list[Turn]:
        """All living turns of the conversation, in the order in which they were begun."""
        return await self._database.read(
            lambda connection: _turns(
                connection,
                "conversation_id = ? AND deletion IS NULL ORDER BY number",
                to_text(conversation_id),
            )
        )

    async def path(self, conversation_id: str, turn_id: str) -> list[Turn]:
        """From the conversation's first turn to this one, both included; empty for one that it does not have."""
        keys = to_text(turn_id), to_text(conversation_id)
        return await self._database.read(lambda connection: _turns(connection, _ON_PATH, *keys))

    async def links(self, conversation_id: str) -> list[tuple[str, str | None]]:
        """The ids of all living turns with those of their parents, in the order in which they were begun."""
        key = to_text(conversation_id)
        rows = await self._database.read(lambda connection: connection.execute(_LINKS, (key,)).fetchall())
        return [(from_text(turn_id), from_text(parent_id)) for turn_id, parent_id in rows]

    async def is_empty(self, conversation_id: str) -> bool:
        statement, key = "SELECT 1 FROM turns WHERE conversation_id = ? LIMIT 1", to_text(conversation_id)
        found = await self._database.read(lambda connection: connection.execute(statement, (key,)).fetchone())
        return found is None

    async def turn(self, turn_id: str) -> Turn | None:
        return await self._first_turn("id = ? AND deletion IS NULL", turn_id)

    async def knows_turn(self, turn_id: str) -> bool:
        return await self._first_turn("id = ?", turn_id) is not None

    async def begin_turn(
        self, conversation: Conversation, turn: Turn, place: tuple[str, int] | None = None
    ) -> None:
        """A turn that is there already keeps its number and is written again."""
        await self._database.run(
            lambda connection: _begin(connection, conversation, turn, self._owner, place)
        )

    async def add_whole(
        self, conversation: Conversation, turns: Sequence[Turn], lines: Sequence[TimeLine]
    ) -> None:
        await self._database.run(lambda connection: _add_whole(connection, conversation, turns, lines))

    async def amend_turn(self, turn: Turn) -> None:
        """Replaces the row, whose owner stays. A turn that was purged meanwhile stays gone."""
        await self._database.run(lambda connection: _rewrite(connection, turn))

    async def journal(self, turn_id: str, events: Sequence[JsonObject], line: Sequence[Moment] = ()) -> None:
        """Appends raw events, and when they came. A turn that was purged meanwhile takes none."""
        key, batch, when = to_text(turn_id), dump(list(events)), pack(line)
        await self._database.run(lambda connection: _append(connection, key, batch, when))

    async def journalled(self, turn_id: str) -> list[JsonObject]:
        return await self._database.read(lambda connection: _journalled(connection, to_text(turn_id)))

    async def finish_turn(self, turn: Turn, line: TimeLine = ()) -> None:
        """A turn that was purged meanwhile stays gone. Succeeds on a full disk as far as the ballast goes."""
        when = pack(line) if line else None
        await self._database.run(lambda connection: _finish(connection, turn, when), reserve=True)

    async def time_line(self, turn_id: str) -> TimeLine:
        """Of an answer that has not ended: what is journalled."""
        key = to_text(turn_id)
        batches = await self._database.read(lambda connection: _line(connection, key))
        return tuple(moment for batch in batches for moment in _unpacked(batch))

    async def time_lines(self, conversation_id: str) -> dict[str, TimeLine]:
        key = to_text(conversation_id)
        rows = await self._database.read(lambda connection: connection.execute(_LINES, (key,)).fetchall())
        return {from_text(turn_id): _unpacked(line) for turn_id, line in rows}

    async def unfinished(self) -> list[Turn]:
        return await self._database.read(lambda connection: _unfinished(connection, self._alive))

    async def own_responses(self, conversation_id: str, server: str) -> list[str]:
        keys = (to_text(conversation_id), to_text(server))
        rows = await self._database.read(
            lambda connection: connection.execute(_OWN_RESPONSES, keys).fetchall()
        )
        return [str(from_text(response_id)) for (response_id,) in rows]

    async def turn_by_response(self, response_id: str) -> Turn | None:
        """The newest turn that was answered by this response."""
        return await self._first_turn(
            "response_id = ? AND deletion IS NULL ORDER BY number DESC LIMIT 1", response_id
        )

    async def search(self, words: str, limit: int = 50) -> list[SearchHit]:
        return await self._database.read(lambda connection: search.find(connection, words, limit))

    async def _first_turn(self, where: str, key: str) -> Turn | None:
        found = await self._database.read(lambda connection: _turns(connection, where, to_text(key)))
        return found[0] if found else None


def _unpacked(line: bytes) -> TimeLine:
    """Times that cannot be read cost nobody the answer they belong to."""
    try:
        return unpack(line)
    except ValueError as problem:
        log.error("a time line cannot be read", exc_info=problem)
        return ()


# `deletion` stands at the end of a row, behind its texts; an index knows it without reading them.
_LINKS = """
    SELECT id, parent_id FROM turns WHERE conversation_id = ?
    AND number NOT IN (SELECT number FROM turns WHERE deletion IS NOT NULL) ORDER BY number
"""
_SET_DRAFT = "UPDATE conversations SET draft = ?, enclosures = ? WHERE id = ?"
_ON_PATH = """
    number IN (
        WITH RECURSIVE path (number, parent_id, conversation_id) AS (
            SELECT number, parent_id, conversation_id FROM turns
            WHERE id = ? AND conversation_id = ? AND deletion IS NULL
            UNION
            SELECT above.number, above.parent_id, above.conversation_id FROM turns AS above
            JOIN path ON above.id = path.parent_id AND above.conversation_id = path.conversation_id
        ) SELECT number FROM path
    ) ORDER BY number
"""
_LINES = """
    SELECT turn_id, line FROM time_lines JOIN turns ON turns.id = time_lines.turn_id
    WHERE conversation_id = ? AND deletion IS NULL
"""
_OWN_RESPONSES = """
    SELECT DISTINCT response_id FROM turns AS own
    WHERE conversation_id = ? AND server = ? AND response_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM turns AS other
        WHERE other.response_id = own.response_id AND other.conversation_id != own.conversation_id)
"""


def _conversations(connection: sqlite3.Connection, deleted: bool) -> list[Conversation]:
    rows = select(
        connection,
        f"SELECT * FROM conversations WHERE deleted_at IS {'NOT' if deleted else ''} NULL "
        "ORDER BY updated_at DESC, number DESC",
    )
    return [conversation_of(row) for row in rows]


def _conversation(connection: sqlite3.Connection, conversation_id: str) -> Conversation | None:
    rows = select(connection, "SELECT * FROM conversations WHERE id = ?", to_text(conversation_id))
    return next(map(conversation_of, rows), None)


def _turns(connection: sqlite3.Connection, where: str, *values: Column) -> list[Turn]:
    return [turn_of(row) for row in select(connection, f"SELECT * FROM turns WHERE {where}", *values)]


def put_head(connection: sqlite3.Connection, conversation: Conversation) -> None:
    row = conversation_row(conversation)
    before = connection.execute("SELECT title FROM conversations WHERE id = ?", (row["id"],)).fetchone()
    _upsert(connection, "conversations", row)
    if before is None or before[0] != row["title"]:
        search.index_title(connection, _number(connection, "conversations", row["id"]), conversation.title)


def _begin(
    connection: sqlite3.Connection,
    conversation: Conversation,
    turn: Turn,
    owner: str | None,
    place: tuple[str, int] | None = None,
) -> None:
    put_head(connection, conversation)
    _upsert(connection, "turns", {**turn_row(turn), "owner": owner})
    if place is not None:
        name_turn(connection, *place, turn.id)


def _add_whole(
    connection: sqlite3.Connection,
    conversation: Conversation,
    turns: Sequence[Turn],
    lines: Sequence[TimeLine],
) -> None:
    put_head(connection, conversation)
    for turn, line in zip(turns, lines, strict=True):
        _upsert(connection, "turns", turn_row(turn))
        _finish(connection, turn, pack(line) if line else None)


def _upsert(connection: sqlite3.Connection, table: str, row: dict[str, Column]) -> None:
    """Inserts the row, or gives the one with its id these values and lets it keep its number."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in row)
    connection.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' for _ in row)}) "
        f"ON CONFLICT(id) DO UPDATE SET {changes}",
        tuple(row.values()),
    )


def _append(connection: sqlite3.Connection, turn_id: Column, batch: str, line: bytes) -> None:
    connection.execute(
        "INSERT INTO journal (turn_id, events, line) SELECT id, ?, ? FROM turns WHERE id = ?",
        (batch, line, turn_id),
    )


def _journalled(connection: sqlite3.Connection, turn_id: Column) -> list[JsonObject]:
    rows = connection.execute("SELECT events FROM journal WHERE turn_id = ? ORDER BY number", (turn_id,))
    return [event for (batch,) in rows for event in json.loads(batch)]


def _line(connection: sqlite3.Connection, turn_id: Column) -> list[bytes]:
    """The packed pieces of a time line, in order."""
    whole = connection.execute("SELECT line FROM time_lines WHERE turn_id = ?", (turn_id,)).fetchall()
    pieces = whole or connection.execute(
        "SELECT line FROM journal WHERE turn_id = ? AND line IS NOT NULL ORDER BY number", (turn_id,)
    )
    return [piece for (piece,) in pieces]


def _rewrite(connection: sqlite3.Connection, turn: Turn) -> bool:
    """False for a turn that is not there."""
    row = turn_row(turn)
    changes = ", ".join(f"{name} = ?" for name in row)
    written = connection.execute(f"UPDATE turns SET {changes} WHERE id = ?", (*row.values(), row["id"]))
    return written.rowcount > 0


def _finish(connection: sqlite3.Connection, turn: Turn, line: bytes | None) -> None:
    if not _rewrite(connection, turn):
        return
    key = to_text(turn.id)
    connection.execute("UPDATE turns SET owner = NULL WHERE id = ?", (key,))
    search.index_turn(connection, _number(connection, "turns", key), turn.text, turn.answer.text)
    if line is not None:
        connection.execute("INSERT OR REPLACE INTO time_lines VALUES (?, ?)", (key, line))
    connection.execute("DELETE FROM journal WHERE turn_id = ?", (key,))


def _unfinished(connection: sqlite3.Connection, alive: Callable[[str], bool]) -> list[Turn]:
    rows = select(
        connection,
        "SELECT * FROM turns WHERE status IN ('queued', 'in_progress') AND deletion IS NULL ORDER BY number",
    )
    return [turn_of(row) for row in rows if row["owner"] is None or not alive(row["owner"])]


def _purge_some(connection: sqlite3.Connection, conversation_id: Column) -> bool:
    """Deletes some turns of a conversation, at the end the conversation itself. True while something is left."""
    expunging.note(connection)
    connection.execute(
        "UPDATE conversations SET deleted_at = updated_at WHERE id = ? AND deleted_at IS NULL",
        (conversation_id,),
    )
    numbers = _numbers(
        connection, "SELECT number FROM turns WHERE conversation_id = ? LIMIT ?", conversation_id, PURGE_TURNS
    )
    if numbers:
        search.forget(connection, numbers)
        connection.executemany("DELETE FROM turns WHERE number = ?", ((number,) for number in numbers))
        return True
    search.forget(
        connection, _numbers(connection, "SELECT -number FROM conversations WHERE id = ?", conversation_id)
    )
    connection.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))
    return False


def _numbers(connection: sqlite3.Connection, statement: str, *values: Column) -> list[int]:
    return [number for (number,) in connection.execute(statement, values)]


def select(connection: sqlite3.Connection, statement: str, *values: Column) -> list[sqlite3.Row]:
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    return cursor.execute(statement, values).fetchall()


def _number(connection: sqlite3.Connection, table: str, key: Column) -> int:
    number: int = connection.execute(f"SELECT number FROM {table} WHERE id = ?", (key,)).fetchone()[0]
    return number
