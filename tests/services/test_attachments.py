"""Files sent with a question: they reach the engine's store, or nothing is sent and the reason is plain."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from chatapp.conversation.answer import Status
from chatapp.conversation.changes import FilesChanged
from chatapp.services.application import UseCaseFailure
from chatapp.services.enclosures import enclosed
from tests.kit.gated_server import Gate, Reply, Request, json_reply, stream_reply
from tests.services.conftest import House, answer, refused

HARBOUR = (
    "# The harbour\n\nThe harbour master is called Ottilie Brandt.\n\nShips over 90 metres need two tugs.\n"
)


def sparse(path: Path, size: int, head: bytes = b"") -> None:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)


@dataclass(frozen=True)
class Row:
    """How to make the file, the kind of failure, and words that its text must have."""

    name: str
    make: Callable[[Path], object]
    kind: str
    words: str


ROWS = {
    "damaged pdf": Row(
        "report.pdf", lambda path: path.write_bytes(b"%PDF-1.7\n\x93\x8c\x8b"), "document_damaged", ""
    ),
    "empty file": Row("notes.txt", lambda path: path.write_bytes(b""), "document_empty", "empty"),
    "directory": Row("folder", lambda path: path.mkdir(), "document_not_a_file", "folder"),
    "vanished": Row("gone.txt", lambda path: None, "document_missing", ""),
    "200 MB of text": Row(
        "big.txt", lambda path: sparse(path, 200 << 20, b"a" * 5000), "document_too_large", "MB"
    ),
    "200 MB pdf": Row(
        "big.pdf", lambda path: sparse(path, 200 << 20, b"%PDF-1.7\n"), "document_too_large", "MB"
    ),
}


async def refusal(house: House, path: Path) -> UseCaseFailure:
    """Attaching this file fails; the text stays and nothing was asked."""
    conversation = await house.app.conversations.create("engine")
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.turns.send(conversation.id, "What does it say?", [enclosed(path)])
    head, turns = await house.app.conversations.open(conversation.id)
    assert (head.draft, list(turns)) == ("What does it say?", [])
    assert path.name in problem.value.failure.title
    assert "your text is kept" in problem.value.failure.text
    return problem.value


@pytest.mark.parametrize("name", ROWS)
async def test_a_file_that_cannot_be_read(house: House, tmp_path: Path, name: str) -> None:
    row = ROWS[name]
    path = tmp_path / row.name
    row.make(path)
    problem = await refusal(house, path)
    assert problem.failure.kind == row.kind
    assert row.words in problem.failure.text


async def test_an_encrypted_pdf(house: House, shared: Path) -> None:
    problem = await refusal(house, shared / "corpus" / "password-example.pdf")
    assert problem.failure.kind == "document_encrypted"
    assert "password" in problem.failure.text


async def test_a_file_becomes_a_store_of_the_conversation(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "harbour.md"
    path.write_text(HARBOUR)
    monkeypatch.setattr(house.app.feed, "wake", house.listen)  # so quick a reader misses no stage
    conversation = await house.app.conversations.create("engine")
    turn = await house.app.turns.wait(
        await house.app.turns.send(conversation.id, "Who is the harbour master?", [enclosed(path)])
    )
    assert turn.answer.status is Status.COMPLETED
    assert "Ottilie Brandt" in turn.answer.text
    (attachment,) = turn.attachments
    assert (attachment.filename, attachment.bytes) == ("harbour.md", len(HARBOUR))
    head, _ = await house.app.conversations.open(conversation.id)
    (store_id,) = head.parameters["vector_stores"]
    stores = await house.app.library.stores("engine")
    assert [store["name"] for store in stores if store["id"] == store_id] == ["Who is the harbour master?"]
    stages = [
        change.files[0].stage
        for change in house.listen()
        if isinstance(change, FilesChanged) and change.files
    ]
    assert stages[0] == "waiting"
    assert stages[-1] == "completed"
    assert {"hashing", "uploading"} <= set(stages)


async def test_a_second_file_joins_the_same_store(house: House, tmp_path: Path) -> None:
    conversation = await house.app.conversations.create("engine")
    for name, words in (
        ("one.txt", "The lighthouse is 31 metres tall."),
        ("two.txt", "The ferry leaves at noon."),
    ):
        (tmp_path / name).write_text(words)
        turn_id = await house.app.turns.send(
            conversation.id, f"What does {name} say?", [enclosed(tmp_path / name)]
        )
        await house.app.turns.wait(turn_id)
    head, _ = await house.app.conversations.open(conversation.id)
    (store_id,) = head.parameters["vector_stores"]
    files = await house.app.library.files("engine", store_id)
    assert [file.filename for file in files] == ["one.txt", "two.txt"]


async def test_one_bad_file_keeps_all_back(house: House, tmp_path: Path) -> None:
    """A server that can index one of two files: the other one's reason is told and nothing stays behind."""
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text("Good words.")
    bad.write_text("Bad words.")
    script_stores(house)
    failed = {
        "id": "file_bad",
        "status": "failed",
        "last_error": {"code": "invalid_file", "message": "No thanks."},
    }
    house.server.always(
        "POST",
        "/v1/vector_stores/vs_1/files",
        lambda request: json_reply(failed if request.json["file_id"] == "file_bad" else STORED),
    )
    conversation = await house.conversation()
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.turns.send(conversation.id, "What?", [enclosed(good), enclosed(bad)])
    assert "bad.txt" in problem.value.failure.title
    assert "No thanks." in problem.value.failure.text
    deleted = [request.path for request in house.server.requests if request.method == "DELETE"]
    assert deleted == ["/v1/vector_stores/vs_1/files/file_good"]
    assert not [request for request in house.server.requests if request.path == "/v1/responses"]


STORED = {"id": "file_good", "status": "completed", "last_error": None}


def script_stores(house: House) -> None:
    """A server with one vector store that indexes at once."""
    store = {"id": "vs_1", "object": "vector_store", "name": "Store", "status": "completed"}

    def named(request: Request) -> Reply:
        return json_reply({"id": "file_bad" if b"bad.txt" in request.body else "file_good"})

    house.server.always("GET", "/v1/vector_stores", json_reply({"data": [store], "has_more": False}))
    house.server.always("POST", "/v1/vector_stores", json_reply(store))
    house.server.always("GET", "/v1/vector_stores/vs_1/files", json_reply({"data": [], "has_more": False}))
    house.server.always("POST", "/v1/vector_stores/vs_1/files", json_reply(STORED))
    house.server.always("DELETE", "/v1/vector_stores/vs_1/files/*", json_reply({"deleted": True}))
    house.server.always("POST", "/v1/files", named)
    house.server.always("GET", "/v1/files/*", json_reply({"id": "file_good", "filename": "good.txt"}))


async def test_the_same_file_is_uploaded_once(house: House, tmp_path: Path) -> None:
    script_stores(house)
    house.server.always("POST", "/v1/responses", answer("Yes."))
    (tmp_path / "good.txt").write_text("The same words.")
    for _ in range(2):
        conversation = await house.conversation()
        turn_id = await house.app.turns.send(conversation.id, "What?", [enclosed(tmp_path / "good.txt")])
        await house.app.turns.wait(turn_id)
    uploads = [request for request in house.server.requests if request.path == "/v1/files"]
    assert len(uploads) == 1


async def test_a_file_that_vanishes_while_it_is_uploaded_gets_there_all_the_same(
    house: House, tmp_path: Path
) -> None:
    script_stores(house)
    gate = Gate()
    house.server.script("POST", "/v1/files", stream_reply(gate, b'{"id": "file_good"}'))
    house.server.always("POST", "/v1/responses", answer("Yes."))
    path = tmp_path / "good.txt"
    path.write_text("Words.")
    conversation = await house.conversation()
    sending = asyncio.create_task(house.app.turns.send(conversation.id, "What?", [enclosed(path)]))
    await gate.reached()
    path.unlink()
    gate.open()
    turn = await house.app.turns.wait(await sending)
    assert turn.answer.status is Status.COMPLETED
    assert turn.attachments[0].filename == "good.txt"


async def test_a_server_without_vector_stores_says_so_before_anything_is_sent(
    house: House, tmp_path: Path
) -> None:
    house.server.always("GET", "/v1/vector_stores", refused(404, "Not found"))
    path = tmp_path / "good.txt"
    path.write_text("Words.")
    conversation = await house.conversation()
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.turns.send(conversation.id, "What?", [enclosed(path, "search")])
    assert problem.value.failure.kind == "no_vector_stores"
    assert (await house.app.conversations.open(conversation.id))[0].draft == "What?"


async def test_a_refused_upload_gives_the_servers_own_reason(house: House, tmp_path: Path) -> None:
    script_stores(house)
    house.server.always(
        "POST", "/v1/files", Reply(413, {}, [b'{"error": {"message": "Too large by half."}}'])
    )
    path = tmp_path / "good.txt"
    path.write_text("Words.")
    conversation = await house.conversation()
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.turns.send(conversation.id, "What?", [enclosed(path)])
    assert "Too large by half." in problem.value.failure.text
