"""What has expired goes while the engine runs: rows, bytes, chunks."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from chatapp.engine.catalogue import Attachment, Catalogue
from chatapp.engine.errors import ApiError
from chatapp.engine.file_shelf import FileShelf, Received
from chatapp.engine.retrieval.chunking import Chunking
from chatapp.engine.store import Database
from chatapp.engine.sweeping import swept
from chatapp.engine.upload_shelf import UploadShelf
from tests.kit.waiting import until


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "engine.sqlite3")
    yield database
    await database.close()


async def kept(shelf: FileShelf, name: str, data: bytes) -> str:
    path = shelf.incoming / name
    path.write_bytes(data)
    return str((await shelf.keep(Received(path, f"{name}.txt", "assistants", 3600), name))["id"])


def expire(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE file SET expires_at = 1 WHERE id = 'file-old'")
    connection.execute("UPDATE upload SET expires_at = 1 WHERE filename = 'old.txt'")


async def test_what_has_expired_goes(database: Database, tmp_path: Path) -> None:
    shelf = FileShelf(database, tmp_path)
    await shelf.tidy()
    uploads = UploadShelf(database, shelf, tmp_path)
    await uploads.tidy()
    old, young = await kept(shelf, "file-old", b"old"), await kept(shelf, "file-young", b"young")
    store = await Catalogue(database).create({}, [Attachment(one, {}, Chunking()) for one in (old, young)])
    going = await uploads.create(3, "old.txt", "assistants", None)
    staying = await uploads.create(3, "young.txt", "assistants", None)
    part = shelf.incoming / "part"
    part.write_bytes(b"abc")
    part_id = (await uploads.add_part(going.id, part))["id"]
    found = asyncio.Event()
    async with swept([shelf.sweep, uploads.sweep], found.set, every_s=0.01):
        await asyncio.sleep(0.1)
        assert not found.is_set()
        await database.write(expire)
        async with asyncio.timeout(20):
            await found.wait()
        # A pass may have been between the two when they expired: then the file goes in the next one.
        await until(lambda: not shelf.path(old).exists(), "the old file to go")
    assert not (tmp_path / "parts" / part_id).exists()
    assert shelf.path(young).exists()
    assert [file["id"] for file in await Catalogue(database).files(store["id"], None)] == [young]
    assert await uploads.get(staying.id) == staying
    with pytest.raises(ApiError, match="expired after an hour"):
        await uploads.get(going.id)


async def test_a_disk_that_refuses_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    calls, enough = count(1), asyncio.Event()

    async def refusing() -> bool:
        if next(calls) == 3:
            enough.set()
        raise OSError("no")

    with caplog.at_level(logging.WARNING):
        async with swept([refusing], lambda: None, every_s=0.01):
            await enough.wait()
    assert {record.getMessage() for record in caplog.records} == {
        "what has expired stays for now: The engine could not read or write its data: no."
    }
    caplog.clear()
