"""The database's two threads: whole transactions, and nothing of SQLite's that leaves its thread."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatapp.engine.response_log import ResponseLog
from chatapp.engine.response_object import new_response
from chatapp.engine.store import Database, Work


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


async def test_of_writes_done_together_only_what_fails_is_undone(database: Database) -> None:
    def put(number: int, *, fails: bool = False) -> Work[int]:
        def work(connection: sqlite3.Connection) -> int:
            row = (number, f"file-{number}")
            connection.execute("INSERT INTO file VALUES (?, ?, 0, NULL, 0, 'a', 'b')", row)
            if fails:
                raise ZeroDivisionError
            return number

        return work

    held = asyncio.create_task(database.write(lambda _: time.sleep(0.1)))
    await asyncio.sleep(0)
    works = [put(1), put(2, fails=True), put(3), put(3), put(4)]
    outcomes = await asyncio.gather(*map(database.note, works), return_exceptions=True)
    await held
    assert [outcomes[0], outcomes[2], outcomes[4]] == [1, 3, 4]
    assert [type(outcomes[1]), type(outcomes[3])] == [ZeroDivisionError, sqlite3.IntegrityError]
    assert await positions(database) == [1, 3, 4]


async def test_what_undoes_all_is_left_out_and_the_rest_is_done_again(database: Database) -> None:
    def undo_all(connection: sqlite3.Connection) -> None:
        connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    def put(connection: sqlite3.Connection) -> int:
        return connection.execute("INSERT INTO file VALUES (7, 'f', 0, NULL, 0, 'a', 'b')").rowcount

    held = asyncio.create_task(database.write(lambda _: time.sleep(0.1)))
    await asyncio.sleep(0)
    both = await asyncio.gather(database.write(put), database.write(undo_all), return_exceptions=True)
    await held
    assert both[0] == 1
    assert isinstance(both[1], sqlite3.OperationalError)
    assert await positions(database) == [7]


async def positions(database: Database) -> list[int]:
    rows = await database.read(lambda connection: connection.execute("SELECT position FROM file").fetchall())
    return [position for (position,) in rows]


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


async def test_events_are_read_after_any_number_however_many_were_kept_at_once(database: Database) -> None:
    log = ResponseLog(database)
    body = new_response({"previous_response_id": None, "background": False})
    events = [{"type": "x", "sequence_number": number} for number in range(7)]
    journal = log.journal(stored=True)
    await journal.begin(body, [], events[:2])
    await journal.append(body["id"], events[2:5])
    # As earlier versions wrote them.
    single = "INSERT INTO response_event VALUES (?, 5, ?)"
    row = (body["id"], json.dumps(events[5]))
    await database.write(lambda connection: connection.execute(single, row).rowcount)
    await journal.finish(body, events[6:])
    for after in range(-1, 7):
        assert await log.events(body["id"], after) == events[after + 1 :]


async def test_only_answers_that_ended_a_while_ago_lose_their_events(database: Database) -> None:
    log = ResponseLog(database)
    bodies = []
    for status, age_s in (("completed", 800), ("completed", 901), ("in_progress", 901), ("failed", 9999)):
        body = new_response({"previous_response_id": None, "background": False})
        body |= {"status": status, "created_at": int(time.time()) - age_s}
        await log.journal(stored=True).begin(body, [], [{"type": "x", "sequence_number": 0}])
        bodies.append(body)
    assert not await log.sweep()
    assert [await log.has_events(body["id"]) for body in bodies] == [True, False, True, False]
