"""The indexer and a disk that refuses: it waits, says so once, and goes on where it was."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatapp.engine.catalogue import Attachment, Catalogue
from chatapp.engine.file_shelf import FileShelf, Received
from chatapp.engine.indexing import Indexer
from chatapp.engine.retrieval.chunking import Chunking
from chatapp.engine.retrieval.term_index import TermIndex
from chatapp.engine.store import Database

TEXT = "\n".join(f"Sentence {number} is about the badger and its sett." for number in range(20_000)).encode()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "engine.sqlite3")
    yield database
    await database.close()


async def store_of(database: Database, folder: Path, data: bytes) -> tuple[FileShelf, str]:
    """A shelf with one file, and the id of a store to which it is attached."""
    shelf = FileShelf(database, folder)
    await shelf.tidy()
    received = shelf.incoming / "file-badger"
    received.write_bytes(data)
    await shelf.keep(Received(received, "badger.txt", "assistants"), "file-badger")
    store = await Catalogue(database).create({}, [Attachment("file-badger", {}, Chunking())])
    return shelf, store["id"]


async def status(database: Database, store_id: str) -> str:
    return str((await Catalogue(database).get(store_id))["status"])


async def pages_at_most(database: Database, pages: int) -> None:
    """Let the database grow to that many pages only; 0: to the size it has."""

    def limit(connection: sqlite3.Connection) -> None:
        most = pages or connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {most}").fetchone()

    await database.write(limit)


async def test_a_full_disk_is_waited_for(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shelf, store_id = await store_of(database, tmp_path, TEXT)
    await pages_at_most(database, 0)
    indexer = Indexer(database, shelf, TermIndex(), waits_s=(0.01, 0.02))
    with caplog.at_level(logging.WARNING):
        indexer.start()
        try:
            deadline = time.monotonic() + 20
            while not caplog.records:
                assert time.monotonic() < deadline, "the indexer has not said that it waits"
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            assert await status(database, store_id) == "in_progress"
            await pages_at_most(database, 1_000_000)
            while await status(database, store_id) == "in_progress":
                assert time.monotonic() < deadline, "the indexer has not gone on"
                await asyncio.sleep(0.02)
        finally:
            await indexer.close()
    store = await Catalogue(database).get(store_id)
    assert store["file_counts"] == {
        "in_progress": 0, "completed": 1, "failed": 0, "cancelled": 0, "total": 1,
    }  # fmt: skip
    said = [record.getMessage() for record in caplog.records]
    assert len(said) in (1, 2), "once a lane"
    assert set(said) == {
        "indexing waits: The disk that holds the engine's data is full. Free some space and try again."
    }
    caplog.clear()


async def test_a_file_that_is_attached_ends_the_wait(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shelf, store_id = await store_of(database, tmp_path, TEXT)
    await pages_at_most(database, 0)
    indexer = Indexer(database, shelf, TermIndex(), waits_s=(600,))
    indexer.start()
    try:
        deadline = time.monotonic() + 20
        while not caplog.records:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        await pages_at_most(database, 1_000_000)
        indexer.wake()
        while await status(database, store_id) == "in_progress":
            assert time.monotonic() < deadline, "the indexer still waits"
            await asyncio.sleep(0.02)
    finally:
        await indexer.close()
    caplog.clear()


async def test_a_fault_is_logged_without_what_the_file_holds(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shelf, store_id = await store_of(database, tmp_path, TEXT)

    def broken(*_: object) -> list[int]:
        raise ValueError(TEXT)

    monkeypatch.setattr("chatapp.engine.indexing.index.add", broken)
    indexer = Indexer(database, shelf, TermIndex())
    with caplog.at_level(logging.ERROR):
        indexer.start()
        deadline = time.monotonic() + 20
        while await status(database, store_id) == "in_progress":
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        await indexer.close()
    (record,) = caplog.records
    assert "ValueError at " in record.getMessage()
    assert "badger" not in record.getMessage()
    assert record.exc_info is None
    (file,) = await Catalogue(database).files(store_id, "failed")
    assert file["last_error"]["code"] == "server_error"
    caplog.clear()


async def test_a_lane_that_ends_is_reported(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shelf, _ = await store_of(database, tmp_path, TEXT)

    async def broken(self: Indexer) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Indexer, "_next", broken)
    indexer = Indexer(database, shelf, TermIndex())
    with caplog.at_level(logging.ERROR):
        indexer.start()
        await asyncio.sleep(0.1)
        await indexer.close()
    assert [record.getMessage() for record in caplog.records] == ["indexing stopped"] * 2
    assert all(record.exc_info and record.exc_info[0] is ZeroDivisionError for record in caplog.records)
    caplog.clear()
