"""Images and files inside a question: what leaves on the socket, what is kept of it, and what is refused before."""

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from chatapp.conversation.answer import Status
from chatapp.conversation.inputs import Enclosure, How
from chatapp.conversation.references import SCHEME
from chatapp.conversation.tree import Conversation, Turn
from chatapp.protocol.json_types import Json, JsonObject
from chatapp.services.application import UseCaseFailure
from chatapp.services.enclosures import enclosed
from chatapp.services.ports import Connection
from tests.documents.files import Sheet, line, pdf
from tests.kit.gated_server import Gate, Reply, Request, json_reply, stream_reply
from tests.kit.pictures import JPEG, gif, png, png_head
from tests.services.conftest import House, answer, keeps, refused

PHOTO = png(40, 30, padding=200_000)


def contents(path: Path) -> bytes:
    return path.read_bytes()


def removed(path: Path) -> None:
    path.unlink()


def no_stores(house: House) -> None:
    house.server.always("GET", "/v1/vector_stores", refused(404, "Not found"))


def answers(house: House) -> None:
    house.server.always("POST", "/v1/responses", answer("A harbour."))


def bodies(house: House) -> list[JsonObject]:
    """What was asked, oldest first."""
    return [request.json for request in house.server.requests if request.path == "/v1/responses"]


def parts(body: JsonObject, item: int = 0) -> list[JsonObject]:
    content: Json = body["input"][item]["content"]
    return list(content)


def data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


async def asked(
    house: House, conversation: Conversation, *enclosures: Enclosure, text: str = "What?"
) -> Turn:
    turn_id = await house.app.turns.send(conversation.id, text, enclosures)
    turn = await house.app.turns.wait(turn_id)
    await house.app.turns.settled()
    return turn


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(PHOTO)
    return path


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return pdf(tmp_path / "report.pdf", [Sheet(line("The harbour master is Ottilie Brandt.", 50, 700))])


async def test_an_image_leaves_whole_and_is_kept_as_a_reference(house: House, photo: Path) -> None:
    answers(house)
    turn = await asked(house, await house.conversation(), enclosed(photo))
    assert parts(bodies(house)[0]) == [
        {"type": "input_text", "text": "What?"},
        {"type": "input_image", "image_url": data_url("image/png", PHOTO), "detail": "auto"},
    ]
    assert turn.answer.status is Status.COMPLETED
    (attachment,) = turn.attachments
    assert (attachment.filename, attachment.how, attachment.media_type) == ("photo.png", "data", "image/png")
    assert attachment.bytes == len(PHOTO)
    assert len(json.dumps([turn.input, turn.request])) < 2_000
    assert turn.request["input"][0]["content"][1]["image_url"].startswith(SCHEME + attachment.sha256)


async def test_the_original_may_go_after_it_was_sent(house: House, photo: Path) -> None:
    answers(house)
    turn = await asked(house, await house.conversation(), enclosed(photo))
    removed(photo)
    again = await house.app.turns.wait(await house.app.turns.regenerate(turn.id))
    edited = await house.app.turns.wait(await house.app.turns.edit(turn.id, "Where?"))
    assert again.attachments == edited.attachments == turn.attachments
    for body, words in zip(bodies(house), ("What?", "What?", "Where?"), strict=True):
        text, image = parts(body)
        assert text["text"] == words
        assert image["image_url"] == data_url("image/png", PHOTO)


async def test_a_server_without_a_memory_gets_the_image_with_every_question(
    house: House, photo: Path
) -> None:
    answers(house)
    conversation = await house.conversation()
    await asked(house, conversation, enclosed(photo))
    await asked(house, conversation, text="And then?")
    last = bodies(house)[-1]
    assert parts(last)[1]["image_url"] == data_url("image/png", PHOTO)
    assert parts(last, 2) == [{"type": "input_text", "text": "And then?"}]


async def test_a_server_with_a_memory_gets_it_once(house: House, photo: Path) -> None:
    keeps(house.server)
    answers(house)
    conversation = await house.conversation()
    await asked(house, conversation, enclosed(photo))
    await asked(house, conversation, text="And then?")
    last = bodies(house)[-1]
    assert last["previous_response_id"] == "resp_1"
    assert len(last["input"]) == 1


async def test_no_words_are_needed_with_an_image(house: House, photo: Path) -> None:
    answers(house)
    conversation = await house.conversation()
    turn = await asked(house, conversation, enclosed(photo), text=" ")
    assert [part["type"] for part in parts(bodies(house)[0])] == ["input_image"]
    assert turn.answer.status is Status.COMPLETED
    assert (await house.app.conversations.open(conversation.id))[0].title == "photo.png"


async def test_a_file_to_be_searched_needs_words(house: House, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Words.")
    conversation = await house.app.conversations.create("engine")
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.turns.send(conversation.id, "", [enclosed(tmp_path / "notes.txt")])
    assert problem.value.failure.kind == "empty"


async def test_a_pasted_picture_that_is_in_no_file(house: House) -> None:
    answers(house)
    enclosure = await house.app.enclosures.keep_picture(png(), "Pasted image 14.02.png")
    turn = await asked(house, await house.conversation(), enclosure)
    assert parts(bodies(house)[0])[1]["image_url"] == data_url("image/png", png())
    assert turn.attachments[0].filename == "Pasted image 14.02.png"


async def test_a_pasted_picture_that_is_not_sent_is_not_kept(house: House) -> None:
    enclosure = await house.app.enclosures.keep_picture(png(), "Pasted.png")
    conversation = await house.conversation()
    await house.app.conversations.set_draft(conversation.id, "", [enclosure])
    await house.app.enclosures.let_go(enclosure)
    assert (await house.app.enclosures.suggest("gated", enclosure)).kind == "image"
    await house.app.conversations.set_draft(conversation.id, "")
    await house.app.enclosures.let_go(enclosure)
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.enclosures.suggest("gated", enclosure)
    assert problem.value.failure.kind == "document_missing"


async def test_a_document_goes_inside_where_there_is_no_search(house: House, report: Path) -> None:
    no_stores(house)
    answers(house)
    turn = await asked(house, await house.conversation(), enclosed(report))
    assert parts(bodies(house)[0])[1] == {
        "type": "input_file",
        "filename": "report.pdf",
        "file_data": data_url("application/pdf", contents(report)),
    }
    assert turn.attachments[0].how == "data"
    probes = [request.path for request in house.server.requests if request.path == "/v1/vector_stores"]
    await asked(house, await house.conversation(), enclosed(report))
    assert len(probes) == 1, "it was asked once"


async def test_addresses_go_as_they_are(house: House) -> None:
    answers(house)
    turn = await asked(
        house,
        await house.conversation(),
        Enclosure("cat.png", url="https://example.org/cat.png", kind="image", detail="low"),
        Enclosure("paper.pdf", url="https://example.org/paper.pdf"),
    )
    assert parts(bodies(house)[0])[1:] == [
        {"type": "input_image", "image_url": "https://example.org/cat.png", "detail": "low"},
        {"type": "input_file", "file_url": "https://example.org/paper.pdf"},
    ]
    assert [(file.how, file.url) for file in turn.attachments] == [
        ("url", "https://example.org/cat.png"),
        ("url", "https://example.org/paper.pdf"),
    ]


def takes_uploads(house: House) -> list[str]:
    """The server gives every upload a new id and has all of them. Returns those that it will have deleted."""
    deleted: list[str] = []

    def count(method: str) -> int:
        return sum(
            (request.method, request.path) == (method, "/v1/files") for request in house.server.requests
        )

    def held(request: Request) -> Reply:
        file_id = request.path.rpartition("/")[2]
        return refused(404, "No such file") if file_id in deleted else json_reply({"id": file_id})

    house.server.always("POST", "/v1/files", lambda request: json_reply({"id": f"file-{count('POST')}"}))
    house.server.always("GET", "/v1/files/*", held)
    house.server.always("DELETE", "/v1/files/*", json_reply({"deleted": True}))
    return deleted


def uploads(house: House) -> list[bytes]:
    return [
        request.body
        for request in house.server.requests
        if (request.method, request.path) == ("POST", "/v1/files")
    ]


async def test_an_upload_is_named_by_its_id(house: House, photo: Path, report: Path) -> None:
    takes_uploads(house)
    no_stores(house)
    answers(house)
    turn = await asked(
        house, await house.conversation(), enclosed(photo, "upload"), enclosed(report, "upload")
    )
    assert parts(bodies(house)[0])[1:] == [
        {"type": "input_image", "file_id": "file-1", "detail": "auto"},
        {"type": "input_file", "file_id": "file-2"},
    ]
    image, document = uploads(house)
    assert b'name="purpose"\r\n\r\nvision\r\n' in image
    assert b'name="purpose"\r\n\r\nuser_data\r\n' in document
    assert PHOTO in image
    assert [file.file_id for file in turn.attachments] == ["file-1", "file-2"]


async def test_an_upload_is_made_once_and_again_when_the_server_lost_it(house: House, photo: Path) -> None:
    deleted = takes_uploads(house)
    answers(house)
    turn = await asked(house, await house.conversation(), enclosed(photo, "upload"))
    await house.app.turns.wait(await house.app.turns.regenerate(turn.id))
    assert len(uploads(house)) == 1
    deleted.append("file-1")
    await house.app.turns.wait(await house.app.turns.regenerate(turn.id))
    assert [parts(body)[1]["file_id"] for body in bodies(house)] == ["file-1", "file-1", "file-2"]


async def test_another_server_gets_its_own_upload(house: House, photo: Path) -> None:
    takes_uploads(house)
    answers(house)
    await house.app.preferences.put_connection(
        Connection("other", "Other", house.server.base_url, default_model="m")
    )
    conversation = await house.conversation()
    await asked(house, conversation, enclosed(photo, "upload"))
    await house.app.conversations.set_server(conversation.id, "other")
    await asked(house, conversation, text="And now?")
    assert [parts(body)[1]["file_id"] for body in bodies(house)] == ["file-1", "file-2"]


async def test_a_server_that_knows_only_the_old_purpose(house: House, report: Path) -> None:
    takes_uploads(house)
    answers(house)
    house.server.script(
        "POST", "/v1/files", refused(400, "Invalid value for purpose."), json_reply({"id": "file-x"})
    )
    await asked(house, await house.conversation(), enclosed(report, "upload"))
    assert b"\r\n\r\nassistants\r\n" in uploads(house)[1]
    assert parts(bodies(house)[0])[1]["file_id"] == "file-x"


async def test_one_refused_upload_takes_the_others_back(house: House, photo: Path, report: Path) -> None:
    takes_uploads(house)
    house.server.script("POST", "/v1/files", json_reply({"id": "file-1"}), refused(413, "Too large by half."))
    conversation = await house.conversation()
    enclosures = (enclosed(photo, "upload"), enclosed(report, "upload"))
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.turns.send(conversation.id, "What?", enclosures)
    assert "Too large by half." in problem.value.failure.details
    deleted = [request.path for request in house.server.requests if request.method == "DELETE"]
    assert deleted == ["/v1/files/file-1"]
    assert list((house.profile / "originals").glob("*/*")) == []
    head, turns = await house.app.conversations.open(conversation.id)
    assert (head.draft, head.enclosures, list(turns)) == ("What?", enclosures, [])
    assert bodies(house) == []


async def test_the_way_of_a_large_upload_is_told(house: House, tmp_path: Path) -> None:
    takes_uploads(house)
    answers(house)
    (tmp_path / "large.png").write_bytes(png(4, 4, padding=6_000_000))
    await asked(house, await house.conversation(), enclosed(tmp_path / "large.png", "upload"))
    told = [text for text in house.notices() if "being uploaded" in text]
    assert told[0] == "large.png is being uploaded: 10 %"
    assert told[-1] == "large.png is being uploaded: 90 %"


async def test_a_server_that_answers_everything_with_200_has_no_stores(house: House, tmp_path: Path) -> None:
    error = json_reply({"error": "Unexpected endpoint or method. (GET /v1/vector_stores)"})
    house.server.always("GET", "/v1/vector_stores", error)
    answers(house)
    (tmp_path / "a.txt").write_text("Words.")
    turn = await asked(house, await house.conversation(), enclosed(tmp_path / "a.txt"))
    assert turn.attachments[0].how == "data"


async def test_a_server_without_uploads_says_so(house: House, photo: Path) -> None:
    house.server.always("POST", "/v1/files", refused(404, "Not found"))
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.turns.send((await house.conversation()).id, "What?", [enclosed(photo, "upload")])
    assert problem.value.failure.kind == "no_uploads"
    assert "Send the file whole" in problem.value.failure.text


async def test_an_upload_refused_when_it_is_sent_again_is_not_taken_for_a_lost_answer(
    house: House, photo: Path
) -> None:
    answers(house)
    keeps(house.server)
    takes_uploads(house)
    conversation = await house.conversation()
    await asked(house, conversation)
    turn = await asked(house, conversation, enclosed(photo, "upload"))
    house.server.always("GET", "/v1/files/*", refused(404, "No such file."))
    house.server.always("POST", "/v1/files", refused(404, "Not found."))
    sent = len(bodies(house))
    again = await house.app.turns.wait(await house.app.turns.regenerate(turn.id))
    assert (again.answer.status, again.note, len(bodies(house))) == (Status.ERROR, None, sent)
    assert again.answer.failure is not None
    assert again.answer.failure.kind == "not_found"


async def test_a_missing_original_is_a_plain_failure(house: House, photo: Path) -> None:
    answers(house)
    turn = await asked(house, await house.conversation(), enclosed(photo))
    (kept,) = (house.profile / "originals").glob("*/*")
    kept.unlink()
    again = await house.app.turns.wait(await house.app.turns.regenerate(turn.id))
    assert again.answer.status is Status.ERROR
    assert again.answer.failure is not None
    assert again.answer.failure.kind == "original_gone"
    assert again.answer.failure.title == "photo.png is not on this computer any more"
    assert len(bodies(house)) == 1


async def test_an_original_that_a_turn_refers_to_survives_another_failed_question(
    house: House, photo: Path, tmp_path: Path
) -> None:
    answers(house)
    turn = await asked(house, await house.conversation(), enclosed(photo))
    (tmp_path / "bad.png").write_bytes(png()[:-20])
    with pytest.raises(UseCaseFailure):
        await asked(house, await house.conversation(), enclosed(photo), enclosed(tmp_path / "bad.png"))
    again = await house.app.turns.wait(await house.app.turns.regenerate(turn.id))
    assert again.answer.status is Status.COMPLETED


@dataclass(frozen=True)
class Row:
    """A file that cannot go along: how to make it, the kind of the failure, words of its text."""

    name: str
    make: Callable[[Path], object]
    kind: str
    words: str
    how: How | None = None


def sparse(path: Path, size: int, head: bytes) -> None:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)


ROWS = {
    "cut png": Row("a.png", lambda path: path.write_bytes(png()[:-20]), "document_damaged", "damaged"),
    "cut jpeg": Row("a.jpg", lambda path: path.write_bytes(JPEG[:-40]), "document_damaged", "missing"),
    "changed png": Row(
        "a.png",
        lambda path: path.write_bytes(png().replace(b"IDAT\x78", b"IDAT\x79")),
        "document_damaged",
        "",
    ),
    "empty": Row("a.png", lambda path: path.write_bytes(b""), "document_empty", "empty"),
    "bomb": Row(
        "a.png", lambda path: path.write_bytes(png_head(60_000, 60_000)), "document_too_large", "pixels"
    ),
    "21 MB inside": Row(
        "a.png",
        lambda path: sparse(path, 21_000_000, png_head(9, 9)),
        "document_too_large",
        "Upload it",
        "data",
    ),
    "600 MB": Row(
        "a.png", lambda path: sparse(path, 600_000_000, png_head(9, 9)), "document_too_large", "smaller"
    ),
    "heic": Row(
        "a.heic", lambda path: path.write_bytes(b"\0\0\0\x18ftypheic"), "document_unsupported", "HEIC"
    ),
    "tiff": Row("a.tif", lambda path: path.write_bytes(b"II*\0\x08\0\0\0"), "document_unsupported", "TIFF"),
    "svg": Row("a.svg", lambda path: path.write_bytes(b"<svg/>"), "document_unsupported", "SVG"),
    "program": Row("a.out", lambda path: path.write_bytes(b"\x7fELF\2\1"), "document_unsupported", "program"),
    "folder": Row("a.png", lambda path: path.mkdir(), "document_not_a_file", "folder"),
    "vanished": Row("a.png", lambda path: None, "document_missing", "no longer there"),
}


@pytest.mark.parametrize("name", ROWS)
async def test_what_cannot_go_along_is_refused_before_anything_is_sent(
    house: House, tmp_path: Path, name: str
) -> None:
    row = ROWS[name]
    path = tmp_path / row.name
    row.make(path)
    conversation = await house.conversation()
    enclosure = enclosed(path, row.how)
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.turns.send(conversation.id, "What?", [enclosure])
    failure = problem.value.failure
    assert (failure.kind, failure.title) == (row.kind, f"{row.name} could not be attached")
    assert row.words in failure.text
    assert "your text is kept" in failure.text
    head, turns = await house.app.conversations.open(conversation.id)
    assert (head.draft, head.enclosures, list(turns)) == ("What?", (enclosure,), [])
    assert house.server.requests == []
    assert list((house.profile / "originals").glob("*/*")) == []


async def test_files_that_are_too_much_together(house: House, tmp_path: Path) -> None:
    no_stores(house)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_bytes(b"words " * 4_500_000)
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.turns.send(
            (await house.conversation()).id,
            "What?",
            [enclosed(tmp_path / "a.txt"), enclosed(tmp_path / "b.txt")],
        )
    assert problem.value.failure.kind == "document_too_large"
    assert "54.0 MB" in problem.value.failure.text


async def test_a_file_that_changes_between_two_looks_is_judged_by_what_is_sent(
    house: House, tmp_path: Path
) -> None:
    gate = Gate()
    path = tmp_path / "notes.txt"
    path.write_text("Words.")
    house.server.script("GET", "/v1/vector_stores", stream_reply(gate, b'{"data": [], "has_more": false}'))
    conversation = await house.conversation()
    sending = asyncio.create_task(
        house.app.turns.send(conversation.id, "What?", [enclosed(path), enclosed(path, "data")])
    )
    await gate.reached()
    path.write_bytes(b"\x7fELF\2\1")
    gate.open()
    with pytest.raises(UseCaseFailure) as problem:
        await sending
    assert problem.value.failure.kind == "document_unsupported"
    assert bodies(house) == []


async def test_a_moving_gif_is_sent_and_told(house: House, tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(gif(frames=3))
    look = await house.app.enclosures.suggest("gated", enclosed(tmp_path / "a.gif"))
    assert look.type is not None
    assert look.type.picture is not None
    assert look.type.picture.moving


async def test_a_large_image_is_uploaded_unless_said_otherwise(house: House, tmp_path: Path) -> None:
    sparse(tmp_path / "a.png", 21_000_000, png_head(9, 9))
    look = await house.app.enclosures.suggest("gated", enclosed(tmp_path / "a.png"))
    assert (look.how, look.ways) == ("upload", ("data", "upload"))


async def test_the_draft_keeps_its_files_until_they_are_sent(house: House, photo: Path) -> None:
    answers(house)
    conversation = await house.conversation()
    enclosures = (enclosed(photo), Enclosure("x", url="https://example.org/x"))
    await house.app.conversations.set_draft(conversation.id, "What?", enclosures)
    assert (await house.app.conversations.open(conversation.id))[0].enclosures == enclosures
    await asked(house, conversation, *enclosures)
    head, _ = await house.app.conversations.open(conversation.id)
    assert (head.draft, head.enclosures) == ("", ())


async def test_an_export_does_not_tell_where_files_lie(house: House, photo: Path) -> None:
    conversation = await house.conversation()
    await house.app.conversations.set_draft(conversation.id, "What?", [enclosed(photo)])
    text = await house.app.exchanging.export(conversation.id, "json")
    assert str(photo) not in text
    bundle = json.loads(text)
    bundle["conversation"]["enclosures"] = [{"filename": "passwd", "path": "/etc/passwd"}]
    assert (await house.app.exchanging.bring_in(json.dumps(bundle))).enclosures == ()


async def test_the_engine_reads_a_file_inside_the_question(house: House, report: Path) -> None:
    turn = await asked(
        house,
        await house.app.conversations.create("engine"),
        enclosed(report, "data"),
        text="Who is the harbour master?",
    )
    assert turn.answer.status is Status.COMPLETED
    assert "Ottilie Brandt" in turn.answer.text


async def test_the_engine_says_that_it_sees_no_images(house: House, photo: Path) -> None:
    turn = await asked(house, await house.app.conversations.create("engine"), enclosed(photo))
    assert turn.answer.status is Status.ERROR
    assert turn.answer.failure is not None
    assert turn.answer.failure.title == "This model takes no images"
    assert turn.text == "What?"


async def test_a_conversation_goes_on_after_an_image_that_was_refused(house: House, photo: Path) -> None:
    conversation = await house.app.conversations.create("engine")
    await asked(house, conversation, enclosed(photo))
    turn = await asked(house, conversation, text="What can you do?")
    assert turn.answer.status is Status.COMPLETED
    assert turn.note is not None
    assert turn.note.endswith("This model takes no images, so those of earlier questions were left out.")
    assert (await house.app.turns.wait(turn.parent_id or "")).input[0]["content"][1]["type"] == "input_image"


async def test_a_printed_request_holds_the_whole_file(house: House, photo: Path) -> None:
    head = await house.conversation()
    request = await house.app.turns.preview(head, "What?", [enclosed(photo)])
    whole = await house.app.enclosures.printed("gated", request)
    assert parts(whole)[1]["image_url"] == data_url("image/png", PHOTO)
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.turns.preview(head, "What?", [enclosed(photo, "upload")])
    assert problem.value.failure.kind == "not_whole"
    assert house.server.requests == []
