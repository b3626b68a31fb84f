"""Batches of files: all attached or none, counted, given up, gone with their files and their store."""

import time
from typing import Any

import pytest

from tests.engine.process import PATIENCE_S, Json, RunningEngine

LONG = "\n".join(f"Sentence {number} is about the marten." for number in range(60_000)).encode()


@pytest.fixture
def store(engine: RunningEngine) -> str:
    return str(engine.call("POST", "/vector_stores", json={})["id"])


def batch_of(engine: RunningEngine, store: str, *ids: str, **fields: Any) -> Json:
    return engine.call("POST", f"/vector_stores/{store}/file_batches", json={"file_ids": ids, **fields})


def test_a_batch_has_the_documented_shape(engine: RunningEngine, store: str) -> None:
    batch = batch_of(engine, store, engine.upload("a.txt", b"a marten"))
    assert batch | {"id": "", "created_at": 0, "status": "", "file_counts": {}} == {
        "id": "", "object": "vector_store.files_batch", "created_at": 0, "vector_store_id": store, "status": "",
        "file_counts": {},
    }  # fmt: skip
    assert batch["id"].startswith("vsfb_")
    assert batch["file_counts"]["total"] == 1


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "file_ids"),
        ({"file_ids": []}, "file_ids"),
        ({"file_ids": ["x"], "files": [{"file_id": "x"}]}, "files"),
        ({"file_ids": ["x"] * 2001}, "file_ids"),
        ({"files": [{"attributes": {}}]}, "files[0].file_id"),
        (
            {"files": [{"file_id": "x", "chunking_strategy": {"type": "some"}}]},
            "files[0].chunking_strategy.type",
        ),
        ({"files": [{"file_id": "x", "other": 1}]}, "files[0].other"),
        ({"file_ids": ["x"], "attributes": {"a": []}}, "attributes.a"),
    ],
)
def test_a_wrong_batch_is_refused(engine: RunningEngine, store: str, body: Json, param: str) -> None:
    assert engine.refused("POST", f"/vector_stores/{store}/file_batches", 400, json=body)["param"] == param


def test_a_batch_with_a_file_that_is_not_there_attaches_none(engine: RunningEngine, store: str) -> None:
    body = {"file_ids": [engine.upload("a.txt", b"a marten"), "file-none"]}
    assert engine.refused("POST", f"/vector_stores/{store}/file_batches", 404, json=body)
    assert engine.call("GET", f"/vector_stores/{store}/files")["data"] == []


def test_a_batch_belongs_to_its_store(engine: RunningEngine, store: str) -> None:
    batch = batch_of(engine, store, engine.upload("a.txt", b"a marten"))
    other = engine.call("POST", "/vector_stores", json={})["id"]
    for method, rest in (("GET", ""), ("GET", "/files"), ("POST", "/cancel")):
        assert engine.refused(method, f"/vector_stores/{other}/file_batches/{batch['id']}{rest}", 404)


def test_cancelling_gives_up_what_is_not_indexed(engine: RunningEngine, store: str) -> None:
    ids = [engine.upload(f"{number}.txt", LONG) for number in range(4)]
    batch = batch_of(engine, store, *ids)
    cancelled = engine.call("POST", f"/vector_stores/{store}/file_batches/{batch['id']}/cancel")
    assert cancelled["status"] == "cancelled"
    counts = cancelled["file_counts"]
    assert (counts["in_progress"], counts["total"]) == (0, 4)
    assert counts["cancelled"] >= 2
    engine.indexed(engine.store(("after.txt", b"The indexer goes on with other files.")))
    path = f"/vector_stores/{store}/file_batches/{batch['id']}"
    assert engine.call("GET", path) == cancelled
    listed = engine.call("GET", f"{path}/files", params={"filter": "cancelled"})["data"]
    assert len(listed) == counts["cancelled"]
    found = engine.call(
        "POST", f"/vector_stores/{store}/search", json={"query": "marten", "max_num_results": 50}
    )
    assert {one["file_id"] for one in found["data"]}.isdisjoint(file["id"] for file in listed)
    again = engine.call("POST", f"/vector_stores/{store}/files", json={"file_id": listed[0]["id"]})
    assert again["status"] == "in_progress"


def test_a_batch_goes_with_its_files_and_its_store(engine: RunningEngine, store: str) -> None:
    ids = [engine.upload(f"{number}.txt", b"a marten") for number in range(2)]
    batch = batch_of(engine, store, *ids)
    path = f"/vector_stores/{store}/file_batches/{batch['id']}"
    deadline = time.monotonic() + PATIENCE_S
    while engine.call("GET", path)["status"] == "in_progress":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    engine.call("DELETE", f"/files/{ids[0]}")
    assert engine.call("GET", path)["file_counts"]["total"] == 1
    engine.call("DELETE", f"/vector_stores/{store}")
    assert engine.refused("GET", path, 404)
