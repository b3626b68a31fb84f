"""The one writer: permissions, durability settings, failures in plain words, the ballast, closing."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from chatapp.services.ports import StorageFailure
from chatapp.storage.ballast import BALLAST_BYTES
from chatapp.storage.database import BALLAST, DATABASE, Database
from chatapp.storage.failures import kind_of
from chatapp.storage.profile import open_disk
from tests.storage import samples


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_every_file_is_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    """In a process of its own, because the umask is the process's."""
    script = f"""
import asyncio, os
from pathlib import Path
from chatapp.storage.profile import open_disk
from tests.storage import samples
os.umask({umask})
async def main():
    async with open_disk(Path("profile"), window=True) as disk:
        await disk.conversations.put_conversation(samples.head())
        for folder, _, files in os.walk("profile"):
            print(oct(os.stat(folder).st_mode & 0o777), "folder", folder)
            for name in files:
                print(oct(os.stat(os.path.join(folder, name)).st_mode & 0o777), "file", name)
asyncio.run(main())
"""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    lines = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    names = {line.split()[-1] for line in lines}
    assert {DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", BALLAST} <= names
    assert {line.split()[0] for line in lines if " folder " in line} == {"0o700"}
    assert {line.split()[0] for line in lines if " file " in line} == {"0o600"}


async def test_the_settings_that_make_it_durable(database: Database) -> None:
    def pragmas(connection: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "auto_vacuum")
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await database.run(pragmas) == ["wal", 2, 1, 1, 2]
    assert await database.damage() == []


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO settings VALUES ('a', '1')")
        raise LookupError("midway")

    with pytest.raises(LookupError):
        await database.run(half)
    assert (
        await database.read(lambda connection: connection.execute("SELECT * FROM settings").fetchall()) == []
    )


async def test_a_read_sees_one_state_and_cannot_write(database: Database) -> None:
    with pytest.raises(StorageFailure) as refused:
        await database.read(lambda connection: connection.execute("INSERT INTO settings VALUES ('a', '1')"))
    assert refused.value.failure.kind == "read_only"


async def test_a_mistake_of_the_program_is_not_dressed_up(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await database.read(lambda connection: connection.execute("SELECT * FROM missing"))


def test_it_serves_several_loops_and_closing_ends_its_threads(profile: Path) -> None:
    database = Database(profile)
    asyncio.run(database.open())
    insert = "INSERT INTO settings VALUES (?, '1')"
    for name in ("a", "b"):
        asyncio.run(database.run(lambda connection, name=name: connection.execute(insert, (name,))))  # type: ignore[misc]
    count = asyncio.run(database.read(lambda c: c.execute("SELECT count(*) FROM settings").fetchone()[0]))
    assert count == 2
    asyncio.run(database.close())
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("database")]
    assert not (profile / f"{DATABASE}-wal").exists()


async def test_a_slow_search_does_not_hold_up_a_commit(database: Database) -> None:
    started, gate = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> int:
        started.set()
        assert gate.wait(10)
        return int(connection.execute("SELECT count(*) FROM settings").fetchone()[0])

    reading = asyncio.create_task(database.read(slow))
    await asyncio.to_thread(started.wait, 10)
    await database.run(lambda connection: connection.execute("INSERT INTO settings VALUES ('a', '1')"))
    gate.set()
    assert await reading in (0, 1)


@pytest.mark.parametrize("size", [10, 5_000, 40_000])
async def test_a_damaged_file_is_named_and_left_alone(profile: Path, size: int) -> None:
    async with open_disk(profile, window=True) as disk:
        for number in range(20):
            await disk.conversations.put_conversation(samples.head(f"c{number}", "x" * 2_000))
    path = profile / DATABASE
    damaged = os.urandom(size) + path.read_bytes()[size:]
    path.write_bytes(damaged)
    with pytest.raises(StorageFailure) as refused:
        async with open_disk(profile, window=True):
            pass
    assert refused.value.failure.kind == "damaged"
    assert str(path) in refused.value.failure.text
    assert path.read_bytes() == damaged


async def test_damage_inside_is_found_by_the_check_and_by_the_read(profile: Path) -> None:
    async with open_disk(profile, window=True) as disk:
        for number in range(50):
            await disk.conversations.put_conversation(samples.head(f"c{number}", f"{number} " * 2_000))
    path = profile / DATABASE
    whole = bytearray(path.read_bytes())
    for page in range(40, len(whole) // 4096):
        whole[page * 4096 : page * 4096 + 8] = b"\xff" * 8
    path.write_bytes(whole)
    database = Database(profile)
    await database.open()
    try:
        assert await database.damage() != []
        with pytest.raises(StorageFailure) as refused:
            await database.read(
                lambda connection: connection.execute("SELECT * FROM conversations").fetchall()
            )
        assert refused.value.failure.kind == "damaged"
    finally:
        await database.close()


async def test_a_lock_held_elsewhere_is_said_to_be_one(database: Database) -> None:
    await database.run(lambda connection: None)
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await database._writing.call(lambda: _short_wait(database))
    with pytest.raises(StorageFailure) as refused:
        await database.run(lambda connection: connection.execute("INSERT INTO settings VALUES ('a', '1')"))
    assert refused.value.failure.kind == "locked"
    other.execute("ROLLBACK")
    other.close()
    await database.run(lambda connection: connection.execute("INSERT INTO settings VALUES ('a', '1')"))


def _short_wait(database: Database) -> None:
    assert database._writer is not None
    database._writer.execute("PRAGMA busy_timeout = 50")


def test_every_error_of_the_disk_has_a_row(tmp_path: Path) -> None:
    """The codes SQLite documents for what a disk can do; a mistake of the program has none."""
    expected = {
        sqlite3.SQLITE_FULL: "disk_full",
        sqlite3.SQLITE_IOERR_WRITE: "disk_error",
        sqlite3.SQLITE_IOERR_SHMSIZE: "disk_error",
        sqlite3.SQLITE_READONLY_DBMOVED: "read_only",
        sqlite3.SQLITE_CANTOPEN_ISDIR: "read_only",
        sqlite3.SQLITE_CORRUPT_VTAB: "damaged",
        sqlite3.SQLITE_BUSY_SNAPSHOT: "locked",
        sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: None,
        sqlite3.SQLITE_ERROR: None,
    }
    for code, kind in expected.items():
        error = sqlite3.OperationalError("x")
        error.sqlite_errorcode = code
        assert kind_of(error, tmp_path / "x") == kind


async def test_the_ballast_is_laid_down_once(profile: Path) -> None:
    database = Database(profile)
    await database.open()
    await database.close()
    ballast = profile / BALLAST
    assert ballast.stat().st_size == BALLAST_BYTES
    before = ballast.stat().st_mtime_ns
    await (again := Database(profile)).open()
    await again.close()
    assert ballast.stat().st_mtime_ns == before
