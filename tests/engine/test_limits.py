"""What is too much is refused, not borne: many requests at once, endless forms, paths that lead out."""

import os
import re
import socket
import time
from contextlib import ExitStack
from itertools import chain, repeat
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from chatapp.engine.errors import ApiError
from chatapp.engine.forms import receive
from chatapp.engine.guard import MOST_AT_ONCE
from tests.engine.process import PATIENCE_S, RunningEngine, engine_on


def test_no_more_is_answered_at_once_than_can_be_borne(tmp_path: Path) -> None:
    with engine_on(tmp_path / "data") as engine, ExitStack() as held:
        address = httpx.URL(engine.base_url)
        head = (
            f"POST /v1/files HTTP/1.1\r\nhost: 127.0.0.1:{address.port}\r\nauthorization: Bearer {engine.token}\r\n"
            "content-type: multipart/form-data; boundary=b\r\ncontent-length: 1000\r\n\r\n"
        ).encode()
        for _ in range(MOST_AT_ONCE):
            connection = socket.create_connection((address.host, address.port or 0), PATIENCE_S)
            held.enter_context(connection)
            connection.sendall(head)
        deadline = time.monotonic() + PATIENCE_S
        while engine.client.get("/models").status_code != 429:
            assert time.monotonic() < deadline
        assert engine.refused("GET", "/models", 429)["code"] == "rate_limit_exceeded"
        held.close()
        while engine.client.get("/models").status_code != 200:
            assert time.monotonic() < deadline


def form_of(start: bytes, piece: bytes) -> Request:
    """A request whose body has no end."""
    pieces = chain([start], repeat(piece))

    async def receive() -> Message:
        return {"type": "http.request", "body": next(pieces), "more_body": True}

    return Request(
        {"type": "http", "headers": [(b"content-type", b"multipart/form-data; boundary=b")]}, receive
    )


def named(name: str) -> bytes:
    return f'--b\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n'.encode()


@pytest.mark.parametrize(
    ("start", "piece", "status"),
    [
        (named("file"), bytes(2**16), 413),
        (b"", named("again") + bytes(60_000) + b"\r\n", 400),
        (b"", b"".join(named(str(at)) + b"x\r\n" for at in range(40)), 400),
        (b'--b\r\ncontent-disposition: form-data; name="', b"x" * 2**16, 400),
        (b"--b\r\n", b"x-header: y\r\n" * 1000, 400),
        (named("field"), b"x" * 2**16, 400),
    ],
    ids=["file", "one field again and again", "fields", "header", "headers", "field"],
)
async def test_an_endless_form_is_refused_and_leaves_nothing(
    tmp_path: Path, start: bytes, piece: bytes, status: int
) -> None:
    with pytest.raises(ApiError) as refusal:
        await receive(form_of(start, piece), tmp_path / "received", largest=2**20)
    assert refusal.value.status == status
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["../engine.sqlite3", "..%2fengine.sqlite3", "/etc/passwd", "file-x\0", "%2e%2e", "*"]
)
def test_no_id_leads_out_of_the_data(engine: RunningEngine, name: str) -> None:
    safe = quote(name, safe="%")
    for path in (f"/files/{safe}", f"/files/{safe}/content", f"/vector_stores/{safe}/files/{safe}/content"):
        for method in ("GET", "DELETE"):
            assert engine.client.request(method, path).status_code in (404, 405)
    for options in ({"file_ids": [name]}, {"file_ids": [name], "name": name}):
        assert engine.refused("POST", "/vector_stores", 404, json=options)
    assert (engine.folder / "engine.sqlite3").exists()


def test_a_file_name_stays_a_name(engine: RunningEngine) -> None:
    names = ["../../x.txt", "/etc/passwd", "..\\..\\x.txt", "CON", ".bashrc", "a/../b.txt", "%2e%2e%2fx"]
    before = {path.name for path in engine.folder.parent.iterdir()}
    for name in names:
        file_id = engine.upload(name, b"x")
        assert re.fullmatch(r"file-[0-9a-f]{32}", file_id)
        assert (engine.folder / "files" / file_id).read_bytes() == b"x"
        disposition = engine.client.get(f"/files/{file_id}/content").headers["content-disposition"]
        assert "/" not in disposition.replace("%2F", "").replace("utf-8''", "")
    assert {path.name for path in engine.folder.parent.iterdir()} == before


def test_nothing_that_was_said_is_in_the_log(tmp_path: Path) -> None:
    secret = "xylophone"
    with engine_on(tmp_path / "data") as engine:
        engine.store((f"{secret}.txt", secret.encode()), (f"{secret}.pdf", b"%PDF-1.7 " + secret.encode()))
        engine.ask(secret, temperature=1)
        engine.client.post(
            "/responses", content=f'{{"{secret}": '.encode(), headers={"content-type": "application/json"}
        )
        engine.client.get(f"/files/{secret}")
        process = engine.process
    assert process.returncode == 0
    # engine_on itself has seen that nothing was written to stderr.
    assert not [path for path in tmp_path.rglob("*.log*") if os.path.getsize(path)]
