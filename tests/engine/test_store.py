"""The database's two threads: whole transactions, and nothing of SQLite's that leaves its thread."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatapp.engine.response_log import ResponseLog
from chatapp.engine.response_object import new_response
from chatapp.engine.store import Database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "engine.sqlite3")
    yield database
    await database.close()


async def test_a_cursor_does_not_leave_its_thread(database: Database) -> None:
    with pytest.raises(TypeError, match="cursor"):
        await database.write(lambda connection: connection.execute("DELETE FROM file"))
    with pytest.raises(TypeError, match="cursor"):
        await database.read(lambda connection: connection.execute("SELECT 1"))


async def test_what_fails_is_undone(database: Database) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO file VALUES (1, 'file-1', 0, NULL, 0, 'a', 'b')")
        connection.execute("INSERT INTO file VALUES (1, 'file-1', 0, NULL, 0, 'a', 'b')")

    with pytest.raises(sqlite3.IntegrityError):
        await database.write(half)
    assert await database.read(
        lambda connection: connection.execute("SELECT count(*) FROM file").fetchone()
    ) == (0,)


async def test_many_journals_are_written_at_once(database: Database) -> None:
    events = 120

    async def one() -> str:
        body = new_response({"previous_response_id": None, "background": False})
        journal = ResponseLog(database).journal(stored=True)
        await journal.begin(body, [], [])
        for number in range(events):
            await journal.append(body["id"], [{"type": "x", "sequence_number": number}])
        await journal.finish(body, [])
        return str(body["id"])

    written = await asyncio.gather(*(one() for _ in range(8)))
    count = "SELECT response_id, count(*) FROM response_event GROUP BY response_id"
    rows = await database.read(lambda connection: connection.execute(count).fetchall())
    assert dict(rows) == dict.fromkeys(written, events)
