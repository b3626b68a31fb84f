"""Files and vector stores over a real socket: what is sent, and files that misbehave on the way."""

import asyncio
import os
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

from chatapp.services.ports import ServerFailure
from tests.connections.conftest import Clients
from tests.kit.gated_server import GatedServer, HangUp, Repeat, Reply, Request, Stall, error_reply, json_reply

FILES = ("POST", "/v1/files")


def parts(request: Request) -> dict[str, tuple[str | None, bytes]]:
    """Name to filename and content, read by the standard library's parser."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    found: dict[str, tuple[str | None, bytes]] = {}
    for part in BytesParser().parsebytes(head + request.body).walk():
        if not part.is_multipart():
            name = str(part.get_param("name", header="content-disposition"))
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            found[name] = (part.get_filename(), content)
    return found


@pytest.mark.parametrize("size", [0, 1, 1_000_000])
async def test_a_file_is_uploaded_from_the_disk(
    gated_server: GatedServer, clients: Clients, tmp_path: Path, size: int
) -> None:
    content = os.urandom(size)
    (tmp_path / "a.bin").write_bytes(content)
    gated_server.script(*FILES, json_reply({"id": "file-1"}))
    told: list[int] = []
    client = clients.vector_stores(gated_server.base_url)
    assert await client.upload(tmp_path / "a.bin", "report.pdf", told.append) == {"id": "file-1"}
    (request,) = gated_server.requests
    assert parts(request) == {"purpose": (None, b"assistants"), "file": ("report.pdf", content)}
    assert int(request.headers["content-length"]) == len(request.body)
    assert told == sorted(told)
    assert told[-1:] == ([size] if size else [])


async def test_a_refused_upload_is_read_again_from_its_beginning(
    gated_server: GatedServer, clients: Clients, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes(b"again")
    gated_server.script(*FILES, error_reply(500, "Busy."), json_reply({"id": "file-1"}))
    await clients.vector_stores(gated_server.base_url).upload(tmp_path / "a.txt", "a.txt", lambda sent: None)
    assert [parts(request)["file"][1] for request in gated_server.requests] == [b"again", b"again"]


async def test_a_hostile_filename_stays_one_value(
    gated_server: GatedServer, clients: Clients, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes(b"x")
    gated_server.script(*FILES, json_reply({}))
    name = 'a"; name="purpose"\r\nX: ü\udcff.txt'
    await clients.vector_stores(gated_server.base_url).upload(tmp_path / "a.txt", name, lambda sent: None)
    body = gated_server.requests[0].body
    assert 'filename="a%22; name=%22purpose%22%0D%0AX: ü?.txt"\r\n'.encode() in body


@pytest.mark.parametrize("change", ["shorten", "remove"])
async def test_a_file_that_changes_while_it_is_sent(
    gated_server: GatedServer, clients: Clients, tmp_path: Path, change: str
) -> None:
    file = tmp_path / "big.bin"
    file.write_bytes(bytes(8 << 20))

    def spoil(sent: int) -> None:
        if file.exists():
            os.truncate(file, sent) if change == "shorten" else file.unlink()

    gated_server.script(*FILES, json_reply({}))
    with pytest.raises(OSError, match=r"^big\.bin was changed or removed while it was being sent\.$"):
        await clients.vector_stores(gated_server.base_url).upload(file, "big.bin", spoil)


@pytest.mark.parametrize("make", ["nothing", "directory"])
async def test_what_is_no_file_is_not_sent(
    gated_server: GatedServer, clients: Clients, tmp_path: Path, make: str
) -> None:
    if make == "directory":
        (tmp_path / "a").mkdir()
    with pytest.raises(FileNotFoundError, match="not there, or is not a file"):
        await clients.vector_stores(gated_server.base_url).upload(tmp_path / "a", "a", lambda sent: None)
    assert gated_server.requests == []


async def test_an_upload_can_be_cancelled(
    gated_server: GatedServer, clients: Clients, tmp_path: Path
) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(1 << 20))
    gated_server.script(*FILES, Reply(200, {}, [Stall()], "chunked"))
    client = clients.vector_stores(gated_server.base_url)
    upload = asyncio.create_task(client.upload(tmp_path / "a.bin", "a.bin", lambda sent: None))
    await asyncio.to_thread(gated_server.wait_requests, 1)
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    await asyncio.to_thread(gated_server.wait_departure)


async def test_a_download_appears_whole_or_not_at_all(
    gated_server: GatedServer, clients: Clients, tmp_path: Path
) -> None:
    path = ("GET", "/v1/files/file-1/content")
    gated_server.script(*path, Reply(200, {}, [Repeat(b"ab" * 1000, 500)], "chunked"))
    gated_server.script(*path, Reply(200, {}, [b"half", HangUp()], "chunked"))
    client = clients.vector_stores(gated_server.base_url)
    await client.download("file-1", tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == b"ab" * 500_000
    with pytest.raises(ServerFailure) as caught:
        await client.download("file-1", tmp_path / "half")
    assert caught.value.kind == "cut"
    assert os.listdir(tmp_path) == ["whole"]


CALLS: list[tuple[str, tuple[Any, ...], str, str, Any]] = [
    ("create_store", ("Books", ["f1"]), "POST", "/v1/vector_stores", {"name": "Books", "file_ids": ["f1"]}),
    ("update_store", ("vs", {"name": "New"}), "POST", "/v1/vector_stores/vs", {"name": "New"}),
    ("attach", ("vs", "f", {}), "POST", "/v1/vector_stores/vs/files", {"file_id": "f"}),
    (
        "attach",
        ("vs", "f", {"a": 1}),
        "POST",
        "/v1/vector_stores/vs/files",
        {"file_id": "f", "attributes": {"a": 1}},
    ),
    ("store_file", ("vs", "f"), "GET", "/v1/vector_stores/vs/files/f", None),
    (
        "set_attributes",
        ("vs", "f", {"a": 1}),
        "POST",
        "/v1/vector_stores/vs/files/f",
        {"attributes": {"a": 1}},
    ),
    (
        "attach_many",
        ("vs", ["f", "g"], {}, {"type": "auto"}),
        "POST",
        "/v1/vector_stores/vs/file_batches",
        {"file_ids": ["f", "g"], "chunking_strategy": {"type": "auto"}},
    ),
    ("file", ("f",), "GET", "/v1/files/f", None),
]


@pytest.mark.parametrize(("name", "arguments", "method", "path", "body"), CALLS)
async def test_each_call_sends_what_the_protocol_says(
    gated_server: GatedServer,
    clients: Clients,
    name: str,
    arguments: tuple[Any, ...],
    method: str,
    path: str,
    body: Any,
) -> None:
    gated_server.script(method, path, json_reply({"id": "answer"}))
    answer = await getattr(clients.vector_stores(gated_server.base_url), name)(*arguments)
    assert answer == {"id": "answer"}
    (request,) = gated_server.requests
    assert (request.json if request.body else None) == body
    assert ("openai-beta" in request.headers) == path.startswith("/v1/vector_stores")


@pytest.mark.parametrize(
    ("name", "arguments", "path"),
    [
        ("delete_store", ("vs",), "/v1/vector_stores/vs"),
        ("detach", ("vs", "f"), "/v1/vector_stores/vs/files/f"),
        ("delete_file", ("f",), "/v1/files/f"),
    ],
)
async def test_each_removal_is_a_delete(
    gated_server: GatedServer, clients: Clients, name: str, arguments: tuple[str, ...], path: str
) -> None:
    gated_server.script("DELETE", path, json_reply({"deleted": True}))
    await getattr(clients.vector_stores(gated_server.base_url), name)(*arguments)
    assert len(gated_server.requests) == 1


@pytest.mark.parametrize(
    ("name", "arguments", "path"),
    [
        ("stores", (), "/v1/vector_stores"),
        ("store_files", ("vs",), "/v1/vector_stores/vs/files"),
        ("files", (), "/v1/files"),
    ],
)
async def test_lists_come_in_pages(
    gated_server: GatedServer, clients: Clients, name: str, arguments: tuple[str, ...], path: str
) -> None:
    pages = [{"data": [{"id": str(n)}], "has_more": n < 2, "last_id": str(n)} for n in range(3)]
    gated_server.script("GET", path, *map(json_reply, pages))
    rows = await getattr(clients.vector_stores(gated_server.base_url), name)(*arguments)
    assert rows == [{"id": "0"}, {"id": "1"}, {"id": "2"}]
    assert [request.query.get("after") for request in gated_server.requests] == [None, ["0"], ["1"]]


async def test_search_gives_the_passages(gated_server: GatedServer, clients: Clients) -> None:
    rows = [{"file_id": "f", "score": 0.5, "content": []}]
    gated_server.script("POST", "/v1/vector_stores/vs/search", json_reply({"data": rows}))
    body = {"query": "why?", "max_num_results": 7}
    assert await clients.vector_stores(gated_server.base_url).search("vs", body) == rows
    assert gated_server.requests[0].json == body
