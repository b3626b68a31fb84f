"""The official SDK, unchanged and strict, on files and vector stores."""

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.engine.conftest import LIGHTHOUSE
from tests.engine.process import PATIENCE_S

GUIDE = ("lighthouse.md", LIGHTHOUSE.encode())
EQUALS: Any = {"type": "eq", "key": "lang", "value": "en"}


def indexed(sdk: OpenAI, store_id: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while sdk.vector_stores.retrieve(store_id).status == "in_progress":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_files(sdk: OpenAI) -> None:
    made = sdk.files.create(
        file=GUIDE, purpose="assistants", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert (made.filename, made.bytes, made.status) == ("lighthouse.md", len(GUIDE[1]), "processed")
    assert sdk.files.retrieve(made.id) == made
    assert made in list(sdk.files.list(purpose="assistants", order="asc"))
    assert sdk.files.content(made.id).read() == GUIDE[1]
    assert sdk.files.wait_for_processing(made.id) == made
    assert sdk.files.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        sdk.files.retrieve(made.id)


def test_vector_stores(sdk: OpenAI) -> None:
    made = sdk.vector_stores.create(
        name="guide", metadata={"a": "b"}, expires_after={"anchor": "last_active_at", "days": 2}
    )
    assert sdk.vector_stores.retrieve(made.id).name == "guide"
    assert sdk.vector_stores.update(made.id, name="other", metadata={}).name == "other"
    assert made.id in {store.id for store in sdk.vector_stores.list(limit=1)}
    assert sdk.vector_stores.create().name == ""
    assert sdk.vector_stores.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        sdk.vector_stores.retrieve(made.id)


def test_files_of_a_store(sdk: OpenAI) -> None:
    store = sdk.vector_stores.create(name="guide")
    file = sdk.files.create(file=GUIDE, purpose="assistants")
    attached = sdk.vector_stores.files.create(
        store.id,
        file_id=file.id,
        attributes={"lang": "en", "year": 1871},
        chunking_strategy={
            "type": "static",
            "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50},
        },
    )
    assert attached.vector_store_id == store.id
    assert sdk.vector_stores.files.poll(file.id, vector_store_id=store.id).status == "completed"
    assert sdk.vector_stores.files.retrieve(file.id, vector_store_id=store.id).last_error is None
    assert [one.id for one in sdk.vector_stores.files.list(store.id, filter="completed")] == [file.id]
    changed = sdk.vector_stores.files.update(file.id, vector_store_id=store.id, attributes={"lang": "de"})
    assert changed.attributes == {"lang": "de"}
    content = sdk.vector_stores.files.content(file.id, vector_store_id=store.id)
    assert any("Agnes Harrow" in (part.text or "") for part in content)
    assert sdk.vector_stores.files.delete(file.id, vector_store_id=store.id).deleted
    assert list(sdk.vector_stores.files.list(store.id)) == []


def test_search(sdk: OpenAI) -> None:
    store = sdk.vector_stores.create(name="guide")
    sdk.vector_stores.files.upload_and_poll(
        vector_store_id=store.id, file=GUIDE, attributes={"lang": "en"}, poll_interval_ms=20
    )
    for query in ("Who built the tower?", ["Who built the tower?", "Who was Agnes Harrow?"]):
        found = list(
            sdk.vector_stores.search(
                store.id,
                query=query,
                filters=EQUALS,
                max_num_results=3,
                ranking_options={"ranker": "auto", "score_threshold": 0.1},
                rewrite_query=False,
            )
        )
        assert "Agnes Harrow" in found[0].content[0].text
        assert found[0].filename == "lighthouse.md"
        assert 0 < found[0].score <= 1
    other: Any = EQUALS | {"value": "de"}
    assert list(sdk.vector_stores.search(store.id, query="tower", filters=other)) == []


def test_files_of_a_store_at_once(sdk: OpenAI) -> None:
    file = sdk.files.create(file=GUIDE, purpose="assistants")
    store = sdk.vector_stores.create(
        name="guide", description="All of it", file_ids=[file.id], chunking_strategy={"type": "auto"}
    )
    assert store.file_counts.total == 1
    again = sdk.vector_stores.files.create_and_poll(
        file.id, vector_store_id=store.id, attributes={"again": True}, poll_interval_ms=20
    )
    assert (again.status, again.attributes) == ("completed", {"again": True})
    other = sdk.vector_stores.files.upload(vector_store_id=store.id, file=("b.md", GUIDE[1]))
    assert sdk.vector_stores.files.poll(other.id, vector_store_id=store.id).usage_bytes > 0
    assert len(list(sdk.vector_stores.files.list(store.id, limit=1, order="asc"))) == 2


def test_file_batches(sdk: OpenAI) -> None:
    store = sdk.vector_stores.create(name="guide")
    ids = [sdk.files.create(file=(f"{name}.md", GUIDE[1]), purpose="assistants").id for name in ("a", "b")]
    batches = sdk.vector_stores.file_batches
    made = batches.create(store.id, file_ids=ids, attributes={"lang": "en"})
    done = batches.poll(made.id, vector_store_id=store.id, poll_interval_ms=20)
    assert (done.status, done.file_counts.completed, done.file_counts.total) == ("completed", 2, 2)
    assert batches.retrieve(made.id, vector_store_id=store.id) == done
    listed = list(
        batches.list_files(made.id, vector_store_id=store.id, order="asc", filter="completed", limit=1)
    )
    assert [(file.id, file.attributes) for file in listed] == [(one, {"lang": "en"}) for one in ids]
    assert batches.cancel(made.id, vector_store_id=store.id).status == "completed"
    with pytest.raises(openai.NotFoundError):
        batches.retrieve("vsfb_none", vector_store_id=store.id)


def test_a_file_batch_with_attributes_of_each(sdk: OpenAI) -> None:
    store = sdk.vector_stores.create(name="guide")
    file = sdk.files.create(file=GUIDE, purpose="assistants")
    static: Any = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}
    made = sdk.vector_stores.file_batches.create_and_poll(
        store.id,
        files=[{"file_id": file.id, "attributes": {"year": 1871}, "chunking_strategy": static}],
        poll_interval_ms=20,
    )
    (listed,) = sdk.vector_stores.file_batches.list_files(made.id, vector_store_id=store.id)
    assert listed.attributes == {"year": 1871}
    assert listed.chunking_strategy is not None
    assert listed.chunking_strategy.to_dict() == static


def test_files_uploaded_as_a_batch(sdk: OpenAI) -> None:
    store = sdk.vector_stores.create(name="guide")
    made = sdk.vector_stores.file_batches.upload_and_poll(
        store.id, files=[GUIDE, ("photo.png", b"\x89PNG\r\n\x1a\n")], poll_interval_ms=20
    )
    counts = made.file_counts
    assert (made.status, counts.completed, counts.failed) == ("completed", 1, 1)


def test_uploads(sdk: OpenAI) -> None:
    made = sdk.uploads.create(
        bytes=6,
        filename="parts.txt",
        mime_type="text/plain",
        purpose="assistants",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )
    assert (made.status, made.file, made.expires_at - made.created_at) == ("pending", None, 3600)
    parts = [sdk.uploads.parts.create(made.id, data=data) for data in (b"def", b"abc")]
    assert {part.upload_id for part in parts} == {made.id}
    done = sdk.uploads.complete(
        made.id, part_ids=[parts[1].id, parts[0].id], md5=hashlib.md5(b"abcdef").hexdigest()
    )
    assert done.status == "completed"
    assert done.file is not None
    assert done.file == sdk.files.retrieve(done.file.id)
    assert (done.file.filename, done.file.bytes) == ("parts.txt", 6)
    assert done.file.expires_at == done.file.created_at + 3600
    assert sdk.files.content(done.file.id).read() == b"abcdef"


def test_an_upload_is_cancelled(sdk: OpenAI) -> None:
    made = sdk.uploads.create(bytes=3, filename="a.txt", mime_type="text/plain", purpose="user_data")
    sdk.uploads.parts.create(made.id, data=b"abc")
    assert sdk.uploads.cancel(made.id).status == "cancelled"
    with pytest.raises(openai.NotFoundError):
        sdk.uploads.parts.create(made.id, data=b"abc")


def test_a_file_is_uploaded_in_chunks(sdk: OpenAI, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(os.urandom(250_000))
    done = sdk.uploads.upload_file_chunked(
        file=path, mime_type="text/plain", purpose="assistants", part_size=100_000
    )
    assert done.file is not None
    assert sdk.files.content(done.file.id).read() == path.read_bytes()
