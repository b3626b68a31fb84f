"""Old shapes are brought up to date, newer ones refused and left alone."""

import asyncio
import gzip
import hashlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp import __version__
from chatapp.services.ports import StorageFailure
from chatapp.storage import migrations
from chatapp.storage.database import DATABASE, Database
from chatapp.storage.profile import open_disk
from tests.storage import samples
from tests.storage.shapes import make

RELEASED = {1: "12964c0082d5329e", 2: "3aecd58adfe83825"}
"""The hash of every released step's statements: a step that has been released is never changed."""


def test_steps_count_from_one_without_gaps() -> None:
    assert [step.number for step in migrations.MIGRATIONS] == list(range(1, migrations.NEWEST + 1))


def test_no_released_step_was_changed() -> None:
    found = {
        step.number: hashlib.sha256("\n".join(step.statements).encode()).hexdigest()[:16]
        for step in migrations.MIGRATIONS
    }
    assert {number: found[number] for number in RELEASED} == RELEASED


@pytest.mark.parametrize("number", range(1, migrations.NEWEST + 1))
async def test_a_database_of_every_shape_opens_with_all_that_is_in_it(profile: Path, number: int) -> None:
    (profile / DATABASE).write_bytes(gzip.decompress(make.shape(number).read_bytes()))
    async with open_disk(profile, window=True) as disk:
        store = disk.conversations
        head = replace(make.HEAD, favourites=("t2",) if number >= 7 else ())
        assert await store.conversations() == [head]
        assert await disk.deletions.of("c1") == ([make.DELETION] if number >= 7 else [])
        answered = replace(make.ANSWERED, cost=make.COST if number >= 8 else None)
        assert await store.turns("c1") == [answered, make.BROKEN, make.RUNNING]
        assert await store.unfinished() == [make.RUNNING]
        assert await store.journalled(make.RUNNING.id) == make.EVENTS
        for turn_id in (make.ANSWERED.id, make.RUNNING.id):
            assert await store.time_line(turn_id) == (make.LINE if number >= 6 else ())
        assert [hit.turn_id for hit in await store.search("airplanes")] == [make.ANSWERED.id]
        assert [hit.conversation_id for hit in await store.search("grussworte")] == ["c1"]
        assert await disk.settings.get("theme") == {"dark": True}
    with sqlite3.connect(profile / DATABASE) as connection:
        assert migrations.version(connection) == migrations.NEWEST
    connection.close()


async def test_every_step_taken_is_recorded(database: Database) -> None:
    rows = await database.read(
        lambda connection: connection.execute("SELECT number, name, version FROM migrations").fetchall()
    )
    assert rows == [(step.number, step.name, __version__) for step in migrations.MIGRATIONS]


@pytest.mark.parametrize("in_the_log", [False, True], ids=["checkpointed", "in the log"])
async def test_a_newer_database_is_refused_and_left_alone(profile: Path, in_the_log: bool) -> None:
    await _make_newer(profile, 42)
    keeper = sqlite3.connect(profile / DATABASE) if in_the_log else None
    if keeper is not None:
        keeper.execute("PRAGMA user_version = 43")
        keeper.commit()
    before = _files(profile)
    with pytest.raises(StorageFailure) as refused:
        async with open_disk(profile, window=True):
            pass
    after = _files(profile)
    assert after.items() >= before.items()
    failure = refused.value.failure
    assert failure.kind == "newer"
    assert f"version {43 if in_the_log else 42} (written by version 9.1)" in failure.text
    assert f"up to version {migrations.NEWEST}" in failure.text
    if keeper is not None:
        keeper.close()


async def test_a_step_that_fails_changes_nothing(profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = migrations.Migration(
        migrations.NEWEST + 1, "bad", ("CREATE TABLE half (a)", "INSERT INTO nowhere VALUES (1)")
    )
    async with open_disk(profile, window=True) as disk:
        await disk.conversations.put_conversation(samples.head())
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, bad))
    with pytest.raises(sqlite3.OperationalError):
        async with open_disk(profile, window=True):
            pass
    monkeypatch.undo()
    async with open_disk(profile, window=True) as disk:
        assert await disk.conversations.conversations() == [samples.head()]


async def test_two_may_open_a_new_profile_at_the_same_moment(profile: Path) -> None:
    both = [Database(profile), Database(profile)]
    await asyncio.gather(*(database.open() for database in both))
    for database in both:
        assert await database.damage() == []
        await database.close()


def _files(profile: Path) -> dict[str, bytes]:
    """The database and its log; the index of the log is shared memory and may change."""
    return {path.name: path.read_bytes() for path in profile.glob(f"{DATABASE}*") if "shm" not in path.name}


async def _make_newer(profile: Path, number: int) -> None:
    await (database := Database(profile)).open()
    await database.run(
        lambda connection: connection.execute("INSERT INTO migrations VALUES (42, 'x', 1.0, '9.1')")
    )
    await database._writing.call(lambda: _set_version(database, number))
    await database.close()


def _set_version(database: Database, number: int) -> None:
    assert database._writer is not None
    database._writer.execute(f"PRAGMA user_version = {number}")
