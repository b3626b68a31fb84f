"""The index beside the database: what is committed, what is forgotten, and what becomes of a damaged folder."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from chatapp.engine.index_folder import MARK_NAME, opened_index
from chatapp.engine.retrieval.term_index import Entry, IndexTrouble, Scope, TermIndex
from chatapp.engine.store import Database
from tests.engine.process import engine_on

WHEREVER = Scope((1,))


def put(index: TermIndex, entry: int, chunk: int, text: str) -> None:
    index.add(Entry(entry, 1), [chunk], [text])


def chunks(index: TermIndex, term: str) -> set[int]:
    return {hit.chunk for hit in index.best({term: 1}, {}, WHEREVER, 10)}


def test_what_is_not_committed_is_not_found_and_goes_when_the_writer_rests(tmp_path: Path) -> None:
    index = TermIndex(tmp_path / "terms")
    put(index, 1, 10, "a ship")
    assert chunks(index, "ship") == set()
    index.commit()
    put(index, 2, 20, "a ship")
    index.rest()
    assert chunks(index, "ship") == {10}
    put(index, 3, 30, "a ship")
    index.commit()
    index.rest()
    assert chunks(TermIndex(tmp_path / "terms"), "ship") == {10, 30}


def test_an_entry_that_is_forgotten_may_be_added_anew(tmp_path: Path) -> None:
    index = TermIndex(tmp_path / "terms")
    put(index, 1, 10, "a ship")
    index.commit()
    index.forget([1])
    put(index, 1, 11, "a ship")
    index.commit()
    assert chunks(index, "ship") == {11}
    index.forget([1])
    index.commit()
    assert chunks(index, "ship") == set()
    index.rest()


def test_lent_terms_add_to_what_is_found(tmp_path: Path) -> None:
    index = TermIndex()
    put(index, 1, 10, "a ship with coal")
    put(index, 2, 20, "a ship with sail and more words")
    put(index, 3, 30, "sail")
    index.commit()
    ranked = [hit.chunk for hit in index.best({"ship": 1}, {"sail": 5}, WHEREVER, 10)]
    assert ranked == [20, 10]
    assert index.frequency("ship") == pytest.approx(2 / 3)
    index.rest()


def test_a_damaged_folder_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "terms"
    index = TermIndex(folder)
    put(index, 1, 10, "a ship")
    index.commit()
    index.rest()
    (folder / "meta.json").write_text("{")
    with pytest.raises(IndexTrouble):
        TermIndex(folder)


async def test_a_folder_belongs_to_one_database(tmp_path: Path) -> None:
    """The same mark in both, or it is made anew."""
    database = await Database.open(tmp_path / "engine.sqlite3")
    try:
        index = await opened_index(database, tmp_path / "terms")
        put(index, 1, 10, "a ship")
        await asyncio.to_thread(index.commit)
        index.rest()
        assert chunks(await opened_index(database, tmp_path / "terms"), "ship") == {10}
        (tmp_path / "terms" / MARK_NAME).write_text("2:of another")
        assert chunks(await opened_index(database, tmp_path / "terms"), "ship") == set()
    finally:
        await database.close()


@pytest.mark.parametrize("harm", ["removed", "damaged"])
def test_an_engine_without_its_index_makes_it_again(tmp_path: Path, harm: str) -> None:
    data = tmp_path / "data"
    with engine_on(data) as engine:
        store = engine.store(("ships.txt", b"The ship carries coal to the harbour."))
    meta = data / "terms" / "meta.json"
    if harm == "removed":
        for path in meta.parent.iterdir():
            path.unlink()
        meta.parent.rmdir()
    else:
        meta.write_text("nonsense")
    with engine_on(data) as engine:
        engine.indexed(store)
        found = engine.call("POST", f"/vector_stores/{store}/search", json={"query": "coal"})["data"]
    assert [one["filename"] for one in found] == ["ships.txt"]


def test_nothing_of_a_removed_file_is_left_to_be_forgotten(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with engine_on(data) as engine:
        store = engine.store(("ships.txt", b"The ship carries coal."), ("lamp.txt", b"The lamp is lit."))
        files = engine.call("GET", f"/vector_stores/{store}/files")["data"]
        engine.call("DELETE", f"/files/{files[0]['id']}")
        engine.call("DELETE", f"/vector_stores/{store}")
    with engine_on(data):
        pass
    connection = sqlite3.connect(data / "engine.sqlite3")
    counts = [
        connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("chunk", "titled_entry", "forgotten_entry")
    ]
    connection.close()
    assert counts[:2] == [0, 0]
    index = TermIndex(data / "terms")
    assert chunks(index, "coal") == chunks(index, "lamp") == set()
