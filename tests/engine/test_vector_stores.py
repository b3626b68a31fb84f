"""Vector stores: their files' statuses and errors in plain words, paging, filters, search."""

import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.engine.process import Json, RunningEngine

HARBOUR = b"The harbour master keeps the tide tables. Low tide is at noon. The ferry leaves at high tide."


@pytest.fixture(scope="module")
def harbour(engine: RunningEngine) -> str:
    """Three files with attributes."""
    store: str = engine.call("POST", "/vector_stores", json={"name": "Harbour"})["id"]
    for year, open_, kind in ((2019, True, "tide"), (2021, False, "ferry"), (2023, True, "tide")):
        file_id = engine.upload(f"harbour-{year}.txt", HARBOUR + f" Written in {year}.".encode())
        attributes = {"year": year, "open": open_, "kind": kind}
        engine.call(
            "POST", f"/vector_stores/{store}/files", json={"file_id": file_id, "attributes": attributes}
        )
    return engine.indexed(store)


def last_error(engine: RunningEngine, store: str) -> Json:
    file = engine.call("GET", f"/vector_stores/{store}/files")["data"][0]
    assert file["status"] == "failed"
    assert file["usage_bytes"] == 0
    counts = engine.call("GET", f"/vector_stores/{store}")["file_counts"]
    assert counts == {"in_progress": 0, "completed": 0, "failed": 1, "cancelled": 0, "total": 1}
    error: Json = file["last_error"]
    return error


def test_a_store_is_made_changed_and_deleted(engine: RunningEngine) -> None:
    store = engine.call("POST", "/vector_stores", json={"name": "A", "metadata": {"k": "v"}})
    assert store | {"id": "", "created_at": 0, "last_active_at": 0} == {
        "id": "", "object": "vector_store", "created_at": 0, "name": "A", "description": None, "usage_bytes": 0,
        "file_counts": {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0},
        "status": "completed", "expires_after": None, "expires_at": None, "last_active_at": 0, "metadata": {"k": "v"},
    }  # fmt: skip
    path = f"/vector_stores/{store['id']}"
    changed = engine.call(
        "POST", path, json={"name": "B", "expires_after": {"anchor": "last_active_at", "days": 3}}
    )
    assert (changed["name"], changed["metadata"]) == ("B", {"k": "v"})
    assert changed["expires_at"] == changed["last_active_at"] + 3 * 86_400
    assert engine.call("GET", path) == changed
    assert engine.call("POST", path, json={"expires_after": None})["expires_at"] is None
    assert engine.call("DELETE", path) == {
        "id": store["id"],
        "object": "vector_store.deleted",
        "deleted": True,
    }
    for method, rest in (("GET", ""), ("DELETE", ""), ("GET", "/files"), ("GET", "/files/file-x")):
        assert engine.refused(method, path + rest, 404)
    assert engine.refused("POST", f"{path}/search", 404, json={"query": "x"})


def test_stores_are_listed_in_pages(engine: RunningEngine) -> None:
    ids = [engine.call("POST", "/vector_stores", json={})["id"] for _ in range(3)]
    found = engine.call("GET", "/vector_stores", params={"limit": 2})
    assert [store["id"] for store in found["data"]] == ids[:0:-1]
    assert found["has_more"] is True


@pytest.mark.parametrize(
    ("name", "code", "word"),
    [
        ("malformed-from-issue-932.pdf", None, ""),
        ("password-example.pdf", "invalid_file", "password"),
    ],
)
def test_hard_pdfs_end_with_a_status(
    engine: RunningEngine, shared: Path, name: str, code: str | None, word: str
) -> None:
    store = engine.store((name, (shared / "corpus" / name).read_bytes()))
    file = engine.call("GET", f"/vector_stores/{store}/files")["data"][0]
    if code is None and file["status"] == "completed":
        assert file["usage_bytes"] > 0
    else:
        assert file["last_error"]["code"] == (code or "invalid_file")
        assert word in file["last_error"]["message"]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("damaged.pdf", b"%PDF-1.7\nnothing of the kind", "invalid_file"),
        ("empty.txt", b"", "invalid_file"),
        ("blank.txt", b" \n\t\n ", "invalid_file"),
        ("photo.png", b"\x89PNG\r\n\x1a\n" + bytes(100), "unsupported_file"),
        ("program.exe", b"MZ" + bytes(range(256)) * 20, "unsupported_file"),
        ("broken.docx", b"PK\x03\x04 no archive", "invalid_file"),
    ],
)
def test_what_cannot_be_read_fails_in_plain_words(
    engine: RunningEngine, name: str, data: bytes, code: str
) -> None:
    error = last_error(engine, engine.store((name, data)))
    assert error["code"] == code
    assert len(error["message"].split()) > 3
    assert "Traceback" not in error["message"]
    assert "Error" not in error["message"]


def test_a_file_can_be_listed_changed_read_and_detached(engine: RunningEngine, harbour: str) -> None:
    path = f"/vector_stores/{harbour}/files"
    listed = engine.call("GET", path, params={"filter": "completed", "limit": 2})
    assert [file["attributes"]["year"] for file in listed["data"]] == [2023, 2021]
    assert engine.call("GET", path, params={"filter": "failed"})["data"] == []
    assert engine.refused("GET", path, 400, params={"filter": "some"})["param"] == "filter"
    file_id = engine.upload("spare.txt", HARBOUR)
    attached = engine.call("POST", path, json={"file_id": file_id, "chunking_strategy": {"type": "auto"}})
    assert attached["chunking_strategy"]["static"] == {
        "max_chunk_size_tokens": 800,
        "chunk_overlap_tokens": 400,
    }
    engine.indexed(harbour)
    changed = engine.call("POST", f"{path}/{file_id}", json={"attributes": {"year": 1990}})
    assert changed["attributes"] == {"year": 1990}
    content = engine.call("GET", f"{path}/{file_id}/content")
    assert [part["text"] for part in content["data"]] == [HARBOUR.decode()]
    detached = engine.call("DELETE", f"{path}/{file_id}")
    assert detached == {"id": file_id, "object": "vector_store.file.deleted", "deleted": True}
    assert engine.refused("GET", f"{path}/{file_id}", 404)
    assert engine.call("GET", f"/files/{file_id}")["id"] == file_id


@pytest.mark.parametrize(
    ("strategy", "param"),
    [
        ({"type": "some"}, "chunking_strategy.type"),
        ({"type": "static"}, "chunking_strategy.static.max_chunk_size_tokens"),
        ({"type": "static", "static": {"max_chunk_size_tokens": 99, "chunk_overlap_tokens": 0}},
         "chunking_strategy.static.max_chunk_size_tokens"),
        ({"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 101}},
         "chunking_strategy.static.chunk_overlap_tokens"),
    ],
)  # fmt: skip
def test_a_wrong_chunking_is_refused(engine: RunningEngine, strategy: Json, param: str) -> None:
    body = {"file_ids": [], "chunking_strategy": strategy}
    assert engine.refused("POST", "/vector_stores", 400, json=body)["param"] == param


def test_a_file_that_is_not_there_cannot_be_attached(engine: RunningEngine, harbour: str) -> None:
    assert engine.refused("POST", f"/vector_stores/{harbour}/files", 404, json={"file_id": "file-none"})
    before = len(engine.call("GET", "/vector_stores", params={"limit": 100})["data"])
    assert engine.refused("POST", "/vector_stores", 404, json={"file_ids": ["file-none"]})
    assert len(engine.call("GET", "/vector_stores", params={"limit": 100})["data"]) == before


def test_a_file_that_has_expired_is_neither_found_nor_attached(engine: RunningEngine) -> None:
    form: Json = {
        "purpose": "assistants",
        "expires_after[anchor]": "created_at",
        "expires_after[seconds]": "3600",
    }
    file_id = engine.call("POST", "/files", files={"file": ("short.txt", HARBOUR)}, data=form)["id"]
    store = engine.indexed(engine.call("POST", "/vector_stores", json={"file_ids": [file_id]})["id"])
    path = f"/vector_stores/{store}"
    assert engine.call("POST", f"{path}/search", json={"query": "tide"})["data"]
    with closing(sqlite3.connect(engine.folder / "engine.sqlite3")) as database, database:
        database.execute("UPDATE file SET expires_at = 1 WHERE id = ?", (file_id,))
    assert engine.call("POST", f"{path}/search", json={"query": "tide"})["data"] == []
    assert engine.refused("POST", f"{path}/files", 404, json={"file_id": file_id})["param"] == "file_id"
    assert engine.refused("GET", f"/files/{file_id}", 404)


def test_many_small_files_are_each_indexed_once(engine: RunningEngine) -> None:
    names = [f"bird{number}" for number in range(60)]
    store = engine.store(*((f"{name}.txt", f"The {name} sings.".encode()) for name in names))
    assert engine.call("GET", f"/vector_stores/{store}")["file_counts"]["completed"] == len(names)
    words_alone = {"hybrid_search": {"embedding_weight": 0, "text_weight": 1}}
    for name in names:
        body = {"query": name, "ranking_options": words_alone}
        found = engine.call("POST", f"/vector_stores/{store}/search", json=body)
        assert [one["filename"] for one in found["data"]] == [f"{name}.txt"]


def test_a_static_chunking_makes_small_overlapping_chunks(engine: RunningEngine) -> None:
    text = " ".join(f"Sentence number {number} speaks of the otter." for number in range(200))
    static = {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 50}
    store = engine.store(
        ("otters.txt", text.encode()), chunking_strategy={"type": "static", "static": static}
    )
    found = engine.call(
        "POST", f"/vector_stores/{store}/search", json={"query": "otter", "max_num_results": 50}
    )
    places = sorted((one["offset"], one["offset"] + one["length"]) for one in found["data"])
    assert len(places) > 20
    assert all(stop - start <= 400 for start, stop in places)
    assert all(following < stop for (_, stop), (following, _) in pairwise(places))
    assert all(
        text[start:stop] in {one["content"][0]["text"] for one in found["data"]} for start, stop in places
    )


FILTERS: list[tuple[Any, set[int]]] = [
    (None, {2019, 2021, 2023}),
    ({"type": "eq", "key": "kind", "value": "tide"}, {2019, 2023}),
    ({"type": "ne", "key": "kind", "value": "tide"}, {2021}),
    ({"type": "gt", "key": "year", "value": 2019}, {2021, 2023}),
    ({"type": "lte", "key": "year", "value": 2019.0}, {2019}),
    ({"type": "in", "key": "year", "value": [2019, 2023, 7]}, {2019, 2023}),
    ({"type": "nin", "key": "year", "value": [2019]}, {2021, 2023}),
    ({"type": "eq", "key": "open", "value": True}, {2019, 2023}),
    ({"type": "eq", "key": "open", "value": 1}, set()),
    ({"type": "and", "filters": [{"type": "eq", "key": "kind", "value": "tide"},
                                 {"type": "or", "filters": [{"type": "lt", "key": "year", "value": 2020},
                                                            {"type": "eq", "key": "nokey", "value": "x"}]}]}, {2019}),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "years"), FILTERS, ids=str)
def test_search_and_file_search_filter_by_attributes(
    engine: RunningEngine, harbour: str, filters: Any, years: set[int]
) -> None:
    found = engine.call(
        "POST", f"/vector_stores/{harbour}/search", json={"query": "low tide", "filters": filters}
    )
    assert {one["attributes"]["year"] for one in found["data"]} == years
    tool = {"type": "file_search", "vector_store_ids": [harbour], "filters": filters}
    include = ["file_search_call.results"]
    response = engine.ask("When is low tide?", include=include, tools=[tool])
    assert {one["attributes"]["year"] for one in response["output"][0]["results"]} == years


def test_a_search_has_the_documented_shape(engine: RunningEngine, harbour: str) -> None:
    body = {"query": ["low tide", "noon"], "max_num_results": 2, "rewrite_query": True}
    page = engine.call("POST", f"/vector_stores/{harbour}/search", json=body)
    assert page | {"data": []} == {
        "object": "vector_store.search_results.page", "search_query": ["low tide", "noon"], "data": [],
        "has_more": False, "next_page": None,
    }  # fmt: skip
    assert len(page["data"]) == 2
    best = page["data"][0]
    assert set(best) == {
        "file_id",
        "filename",
        "score",
        "attributes",
        "content",
        "page",
        "offset",
        "length",
        "line",
    }
    assert best["score"] == 1.0
    assert best["content"][0]["text"].startswith("The harbour master")


def test_a_score_threshold_keeps_the_weak_ones_out(engine: RunningEngine, harbour: str) -> None:
    path = f"/vector_stores/{harbour}/search"
    body = {"query": "ferry zebra", "ranking_options": {"score_threshold": 0.9}}
    assert engine.call("POST", path, json={"query": "ferry zebra"})["data"][0]["score"] == 0.5
    assert engine.call("POST", path, json=body)["data"] == []
    assert engine.call("POST", path, json={"query": "zebra"})["data"] == []


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "query"),
        ({"query": 7}, "query"),
        ({"query": []}, "query"),
        ({"query": "x", "max_num_results": 0}, "max_num_results"),
        ({"query": "x", "filters": []}, "filters"),
        ({"query": "x", "filters": {"type": "and", "filters": []}}, "filters.filters"),
        ({"query": "x", "filters": {"type": "eq", "key": "k", "value": [1]}}, "filters.value"),
        ({"query": "x", "ranking_options": {"score_threshold": 2}}, "ranking_options.score_threshold"),
        ({"query": "x", "ranking_options": {"ranker": "magic"}}, "ranking_options.ranker"),
    ],
)
def test_a_wrong_search_is_refused(engine: RunningEngine, harbour: str, body: Json, param: str) -> None:
    assert engine.refused("POST", f"/vector_stores/{harbour}/search", 400, json=body)["param"] == param
