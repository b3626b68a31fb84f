"""Uploaded files: received straight to disk, listed, given back word for word, forgotten entirely."""

import http.client
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatapp.engine.forms import LARGEST_FILE, plain_filename
from tests.engine.process import PATIENCE_S, Json, RunningEngine, engine_on


def test_a_file_comes_back_word_for_word(engine: RunningEngine) -> None:
    data = os.urandom(300_000) + b"\r\n--boundary\r\n" + os.urandom(10)
    form: Json = {"files": {"file": ("naïve name ✓.bin", data)}, "data": {"purpose": "user_data"}}
    file = engine.call("POST", "/files", **form)
    assert file | {"id": "", "created_at": 0} == {
        "object": "file", "id": "", "purpose": "user_data", "filename": "naïve name ✓.bin", "bytes": len(data),
        "created_at": 0, "expires_at": None, "status": "processed", "status_details": None,
    }  # fmt: skip
    assert engine.call("GET", f"/files/{file['id']}") == file
    content = engine.client.get(f"/files/{file['id']}/content")
    assert content.content == data
    assert content.headers["content-type"] == "application/octet-stream"


def test_lists_are_paged_and_filtered(engine: RunningEngine) -> None:
    ids = [engine.upload(f"{number}.txt", b"x", "evals") for number in range(3)]
    found = engine.call("GET", "/files", params={"purpose": "evals", "limit": 2})
    assert [file["id"] for file in found["data"]] == ids[:0:-1]
    assert found["has_more"] is True
    rest = engine.call("GET", "/files", params={"purpose": "evals", "after": found["last_id"]})
    assert [file["id"] for file in rest["data"]] == ids[:1]


def test_delete_is_final(engine: RunningEngine) -> None:
    file_id = engine.upload("gone.txt", b"nothing to see")
    store = engine.call("POST", "/vector_stores", json={"file_ids": [file_id]})["id"]
    engine.indexed(store)
    assert (engine.folder / "files" / file_id).exists()
    assert engine.call("DELETE", f"/files/{file_id}") == {"object": "file", "id": file_id, "deleted": True}
    assert not (engine.folder / "files" / file_id).exists()
    assert engine.call("GET", f"/vector_stores/{store}")["file_counts"]["total"] == 0
    assert engine.call("POST", f"/vector_stores/{store}/search", json={"query": "nothing"})["data"] == []
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/content")):
        assert (
            engine.refused(method, f"/files/{file_id}{path}", 404)["message"]
            == f"No such File object: {file_id}"
        )


def test_a_deleted_file_leaves_no_trace_on_the_disk(tmp_path: Path) -> None:
    with engine_on(tmp_path / "data") as engine:
        secret = b"zyxomma"
        file_id = engine.upload("secret.txt", b"A dragonfly is called " + secret + b".")
        store = engine.call("POST", "/vector_stores", json={"file_ids": [file_id]})["id"]
        engine.indexed(store)
        assert traces(engine.folder, secret)
        engine.call("DELETE", f"/files/{file_id}")
        deadline = time.monotonic() + PATIENCE_S
        while found := traces(engine.folder, secret):
            assert time.monotonic() < deadline, found
            time.sleep(0.02)


def traces(folder: Path, secret: bytes) -> list[str]:
    """The files that hold a secret."""
    found = []
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            if path.is_file() and secret in path.read_bytes():
                found.append(path.name)
    return found


def expiring(seconds: str) -> dict[str, str]:
    return {
        "purpose": "assistants",
        "expires_after[anchor]": "created_at",
        "expires_after[seconds]": seconds,
    }


@pytest.mark.parametrize("limit", ["000000001999", "9" * 5000, "-1", "x", ""])
def test_a_wrong_limit_is_refused(engine: RunningEngine, limit: str) -> None:
    assert engine.refused("GET", "/files", 400, params={"limit": limit})["param"] == "limit"


@pytest.mark.parametrize(
    ("options", "status", "param"),
    [
        ({"files": {"file": ("x", b"x")}}, 400, "purpose"),
        ({"files": {"file": ("x", b"x")}, "data": {"purpose": "fun"}}, 400, "purpose"),
        ({"files": {"other": ("x", b"x")}, "data": {"purpose": "assistants"}}, 400, "file"),
        ({"files": {"file": ("x", b"x")}, "data": {"purpose": "assistants", "expires_after[seconds]": "9"}}, 400,
         "expires_after[anchor]"),
        ({"files": {"file": ("x", b"x")}, "data": expiring("000003600" + "9" * 30)}, 400, "expires_after[seconds]"),
        ({"files": {"file": ("x", b"x")}, "data": expiring("9" * 5000)}, 400, "expires_after[seconds]"),
        ({"json": {}}, 415, None),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400, None),
        ({"content": b"--b\r\nnonsense", "headers": {"content-type": "multipart/form-data; boundary=b"}}, 400, None),
        ({"content": b"", "headers": {"content-type": "multipart/form-data; boundary=b"}}, 400, None),
        (
            {
                "content": b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nx\r\n' * 33,
                "headers": {"content-type": "multipart/form-data; boundary=b"},
            },
            400,
            None,
        ),
    ],
)  # fmt: skip
def test_a_wrong_form_is_refused_and_leaves_nothing(
    engine: RunningEngine, options: dict[str, Any], status: int, param: str | None
) -> None:
    assert engine.refused("POST", "/files", status, **options)["param"] == param
    assert list((engine.folder / "incoming").iterdir()) == []
    known = {file["id"] for file in engine.call("GET", "/files")["data"]}
    assert {path.name for path in (engine.folder / "files").iterdir()} <= known


def test_too_large_a_file_is_refused_before_it_is_sent(engine: RunningEngine) -> None:
    address = httpx.URL(engine.base_url)
    connection = http.client.HTTPConnection(address.host, address.port, timeout=5)
    connection.putrequest("POST", "/v1/files")
    connection.putheader("authorization", f"Bearer {engine.token}")
    connection.putheader("content-type", "multipart/form-data; boundary=b")
    connection.putheader("content-length", str(LARGEST_FILE + 2 * 2**20))
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == 413
    assert json.loads(response.read())["error"]["code"] == "file_too_large"
    connection.close()


def test_a_large_upload_is_not_held_in_memory(tmp_path: Path) -> None:
    size = 96 * 2**20
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(size)
    with engine_on(tmp_path / "data") as engine:
        before = _peak_mb(engine.process.pid)
        with path.open("rb") as file:
            form: Json = {"files": {"file": ("large.bin", file)}, "data": {"purpose": "assistants"}}
            assert engine.call("POST", "/files", **form)["bytes"] == size
        assert _peak_mb(engine.process.pid) - before < 24


def _peak_mb(process_id: int) -> float:
    status = Path(f"/proc/{process_id}/status")
    if not status.exists():
        pytest.skip("needs /proc")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def test_a_cut_upload_leaves_nothing(engine: RunningEngine) -> None:
    stop = threading.Event()

    def body() -> Iterator[bytes]:
        yield b'--b\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\n' + b"x" * 100_000
        deadline = time.monotonic() + 5
        while not list((engine.folder / "incoming").iterdir()) and time.monotonic() < deadline:
            time.sleep(0.01)
        stop.set()
        raise ConnectionError("the cable was pulled")

    headers = {"content-type": "multipart/form-data; boundary=b"}
    with pytest.raises(ConnectionError):
        engine.client.post("/files", headers=headers, content=body())
    assert stop.is_set()
    deadline = time.monotonic() + 5
    while list((engine.folder / "incoming").iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\notes.txt", "notes.txt"),
        ("..", ".."),
        ("a\x00b\n.txt", "ab\n.txt"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
    ],
)
def test_file_names_are_made_plain(given: str, kept: str) -> None:
    assert plain_filename(given) == kept
