"""What is deleted leaves no trace: its words stand in no file of the data directory, the index and the log included."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import tantivy

from chatapp.engine.catalogue import Attachment, Catalogue
from chatapp.engine.file_shelf import FileShelf, Received
from chatapp.engine.indexing import Indexer
from chatapp.engine.retrieval.chunking import Chunking
from chatapp.engine.retrieval.segments import segments_of
from chatapp.engine.retrieval.term_index import TermIndex
from chatapp.engine.store import Database
from tests.engine.process import PATIENCE_S, Json, RunningEngine, engine_on

CANARY = "zyzzyva"
NAME = "quokkas.txt"
OTHERS = [(f"{number}.txt", f"The heron stands in reed {number}.".encode()) for number in range(5)]


def traces(engine: RunningEngine, word: str = CANARY) -> list[str]:
    """The files that hold a word; "terms" for the index, which packs its words, and for strays in its folder."""
    found = ["terms"] if indexed(engine.folder / "terms", word) or strays(engine.folder / "terms") else []
    for path in engine.folder.rglob("*"):
        try:
            data = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue
        if word.encode() in data.lower():
            found.append(str(path.relative_to(engine.folder)))
    return sorted(found)


def indexed(folder: Path, word: str) -> list[str]:
    """The terms of all segments that begin so, whether or not a chunk still has them."""
    return [term for term, _ in tantivy.Index.open(str(folder)).searcher().terms_with_prefix("text", word)]


def strays(folder: Path) -> set[str]:
    """Files of the index that belong to no segment of its list."""
    known = {segment.identity for segment in segments_of(folder)}
    return {path.name for path in folder.iterdir() if len(path.stem) >= 32 and path.name[:32] not in known}


def wait_until_gone(engine: RunningEngine, word: str = CANARY) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while traces(engine, word):
        assert time.monotonic() < deadline, traces(engine, word)
        time.sleep(0.1)


def test_every_way_of_deleting_leaves_no_trace(tmp_path: Path) -> None:
    text = f"A {CANARY} is a weevil. " * 200
    with engine_on(tmp_path / "data") as engine:
        whole = engine.store(*OTHERS)
        for way in ("file", "store", "detached"):
            file_id = engine.upload(NAME, text.encode())
            store = engine.call("POST", "/vector_stores", json={"file_ids": [file_id]})["id"]
            engine.call("POST", f"/vector_stores/{whole}/files", json={"file_id": file_id})
            engine.indexed(whole)
            engine.indexed(store)
            seen = traces(engine)
            assert seen[-1] == "terms"
            assert len(seen) == 3, seen
            if way == "store":
                engine.call("DELETE", f"/vector_stores/{store}")
            if way == "detached":
                engine.call("DELETE", f"/vector_stores/{store}/files/{file_id}")
                engine.call("DELETE", f"/vector_stores/{whole}/files/{file_id}")
            engine.call("DELETE", f"/files/{file_id}")
            wait_until_gone(engine)
            wait_until_gone(engine, "quokkas")
        found = engine.call("POST", f"/vector_stores/{whole}/search", json={"query": "heron in reed 3"})
        assert {one["filename"] for one in found["data"]} == {name for name, _ in OTHERS}
        assert found["data"][0]["filename"] == "3.txt"


def test_words_go_from_among_the_words_of_others(tmp_path: Path) -> None:
    """Where one segment holds them all, what stays is written anew."""
    lines = [(f"{number}.txt", f"The heron stands in reed {number}.".encode()) for number in range(24)]
    with engine_on(tmp_path / "data") as engine:
        store = engine.store(*lines[:12], ("b.txt", f"The {CANARY} stands there, too.".encode()), *lines[12:])
        deadline = time.monotonic() + PATIENCE_S
        while len(segments_of(engine.folder / "terms")) > 12:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        (file_id,) = (
            file["id"] for file in engine.call("GET", "/files")["data"] if file["filename"] == "b.txt"
        )
        engine.call("DELETE", f"/files/{file_id}")
        wait_until_gone(engine)
        assert not any(segment.forgotten for segment in segments_of(engine.folder / "terms"))
        for number in range(24):
            body = {"query": f"reed {number}", "max_num_results": 50}
            found = engine.call("POST", f"/vector_stores/{store}/search", json=body)["data"]
            names = [one["filename"] for one in found]
            assert names[0] == f"{number}.txt"
            assert len(names) == len(set(names)) == 24


@pytest.mark.parametrize("restarts", [False, True])
def test_a_store_that_goes_leaves_nothing_though_its_files_stay(tmp_path: Path, *, restarts: bool) -> None:
    """A killed engine has the next one finish it."""
    data = tmp_path / "data"
    with engine_on(data) as engine:
        engine.store(*OTHERS)
        store = engine.store(("a.txt", f"A {CANARY}".encode()), ("b.txt", f"B {CANARY}".encode()))
        ids = [file["id"] for file in engine.call("GET", f"/vector_stores/{store}/files")["data"]]
        engine.call("DELETE", f"/vector_stores/{store}")
        if restarts:
            engine.process.kill()
            engine.process.wait()
        else:
            wait_for_files_only(engine, ids)
    if restarts:
        with engine_on(data) as engine:
            wait_for_files_only(engine, ids)


async def test_an_expired_store_keeps_its_list_but_no_text_and_may_come_back(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "engine.sqlite3")
    shelf, catalogue, terms = (
        FileShelf(database, tmp_path),
        Catalogue(database),
        TermIndex(tmp_path / "terms"),
    )
    await shelf.tidy()
    (shelf.incoming / "file-a").write_text(f"A {CANARY}")
    await shelf.keep(Received(shelf.incoming / "file-a", "a.txt", "assistants"), "file-a")
    indexer = Indexer(database, shelf, terms)
    indexer.start()
    try:
        attachment = Attachment("file-a", {}, Chunking())
        store_id = (await catalogue.create({"expires_after_days": 1}, [attachment]))["id"]
        indexer.wake()
        await until(lambda: catalogue.get(store_id), lambda store: store["status"] == "completed")
        assert not await catalogue.sweep()
        await database.write(
            lambda connection: connection.execute("UPDATE vector_store SET last_active_at = 1") and None
        )
        assert await catalogue.sweep()
        assert not await catalogue.sweep()
        indexer.wake()
        store = await catalogue.get(store_id)
        assert (store["status"], store["usage_bytes"], store["file_counts"]["completed"]) == ("expired", 0, 1)
        assert await catalogue.chunks(store_id, "file-a") == []
        assert CANARY.encode() not in (tmp_path / "engine.sqlite3").read_bytes()
        assert CANARY.encode() not in (tmp_path / "engine.sqlite3-wal").read_bytes()
        store = await catalogue.update(store_id, {"expires_after_days": None})
        assert store["status"] == "in_progress"
        indexer.wake()
        await until(lambda: catalogue.get(store_id), lambda store: store["status"] == "completed")
        assert [chunk.text for chunk in await catalogue.chunks(store_id, "file-a")] == [f"A {CANARY}"]
    finally:
        await indexer.close()
        await database.close()


async def until(look: Callable[[], Awaitable[Json]], holds: Callable[[Json], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds(await look()):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def wait_for_files_only(engine: RunningEngine, ids: list[str]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while traces(engine) != sorted(f"files/{one}" for one in ids):
        assert time.monotonic() < deadline, traces(engine)
        time.sleep(0.1)
