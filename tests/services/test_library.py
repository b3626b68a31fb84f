"""The library on the built-in engine: stores, files on their way, the sample, and where a citation leads."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.assembly import guide_files
from chatapp.conversation.changes import FilesChanged, LibraryFile, StoresChanged
from chatapp.documents.model import SURE
from chatapp.services.application import UseCaseFailure
from chatapp.services.enclosures import enclosed
from tests.kit.gated_server import Gate, Reply, Request, json_reply
from tests.services.conftest import House

FACTS = (
    "The lighthouse at Kap Fell is 31 metres tall.\n\nIt was built in 1874.\n\nIts keeper is Ingmar Dahl.\n"
)


async def settled(house: House, store_id: str, keys: list[str]) -> list[LibraryFile]:
    """The files of these keys, once each has arrived or failed."""

    def now() -> list[LibraryFile]:
        told = [change for change in house.listen() if isinstance(change, FilesChanged)]
        files = next((change.files for change in reversed(told) if change.store_id == store_id), ())
        return [
            file for file in files if file.key in keys and file.stage in ("completed", "failed", "cancelled")
        ]

    await house.until(lambda: len(now()) == len(keys))
    return now()


async def test_a_store_is_made_renamed_and_deleted(house: House) -> None:
    library = house.app.library
    store = await library.create_store("engine", "Harbour")
    await library.rename_store("engine", store["id"], "Port")
    assert [entry["name"] for entry in await library.stores("engine")] == ["Port"]
    await library.delete_store("engine", store["id"])
    assert await library.stores("engine") == []
    told = house.listen()
    assert any(isinstance(change, StoresChanged) for change in told)


async def test_files_arrive_fail_with_a_reason_and_are_tried_again(house: House, tmp_path: Path) -> None:
    good, missing = tmp_path / "facts.txt", tmp_path / "missing.txt"
    good.write_text(FACTS)
    store_id = (await house.app.library.create_store("engine", "Harbour"))["id"]
    added = await house.app.library.add("engine", store_id, [good, missing])
    keys = {file.filename: file.key for file in added}
    files = {file.filename: file for file in await settled(house, store_id, list(keys.values()))}
    assert {name: file.stage for name, file in files.items()} == {
        "facts.txt": "completed",
        "missing.txt": "failed",
    }
    assert "moved or deleted" in (files["missing.txt"].reason or "")
    missing.write_text("Here after all.")
    await house.app.library.retry([keys["missing.txt"]])
    (again,) = await settled(house, store_id, [keys["missing.txt"]])
    assert again.stage == "completed"
    listed = await house.app.library.files("engine", store_id)
    assert [(file.filename, file.stage) for file in listed] == [
        ("facts.txt", "completed"),
        ("missing.txt", "completed"),
    ]
    await house.app.library.remove("engine", store_id, listed[0].file_id or "")
    left = await house.app.library.files("engine", store_id)
    assert [file.filename for file in left if file.stage == "completed"] == ["missing.txt"]


async def test_a_file_the_engine_cannot_read_fails_with_the_engines_reason(
    house: House, tmp_path: Path
) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7\n\x93\x8c\x8b")
    store_id = (await house.app.library.create_store("engine", "Harbour"))["id"]
    (arrival,) = await house.app.library.add_and_wait("engine", store_id, [(path, path.name)])
    assert arrival.file.stage == "failed"
    assert "damaged" in (arrival.file.reason or "")


async def test_the_same_content_under_a_new_name_is_cited_by_the_new_name(
    house: House, tmp_path: Path
) -> None:
    names = ("january.txt", "february.txt")
    conversation = await house.app.conversations.create("engine")
    for name in names:
        (tmp_path / name).write_text(FACTS)
    for name in names:
        head = await house.app.conversations.create("engine")
        turn_id = await house.app.turns.send(
            head.id, "How tall is the lighthouse?", [enclosed(tmp_path / name)]
        )
        citations = await house.app.sources.passages(await house.app.turns.wait(turn_id))
        assert {citation.filename for citation in citations} == {name}
    await house.app.turns.wait(
        await house.app.turns.send(
            conversation.id, "How tall?", [enclosed(tmp_path / name) for name in names]
        )
    )
    store_id = (await house.app.conversations.open(conversation.id))[0].parameters["vector_stores"][0]
    assert {file.filename for file in await house.app.library.files("engine", store_id)} == set(names)


async def test_files_of_the_same_content_arrive_while_the_screen_asks_again(
    house: House, tmp_path: Path
) -> None:
    """Two paths to one file make one file of the store, and both have arrived."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    paths = [tmp_path / "one" / "facts.txt", tmp_path / "two" / "facts.txt"]
    for path in paths:
        path.write_text(FACTS)
    store_id = (await house.app.library.create_store("engine", "Harbour"))["id"]

    async def look() -> None:
        while True:
            await house.app.library.files("engine", store_id)

    looking = asyncio.create_task(look())
    for _ in range(5):
        arrivals = await house.app.library.add_and_wait(
            "engine", store_id, [(path, path.name) for path in paths]
        )
        assert [arrival.file.stage for arrival in arrivals] == ["completed", "completed"]
    looking.cancel()
    await asyncio.wait({looking})
    assert len({file.file_id for file in await house.app.library.files("engine", store_id)}) == 1


async def test_a_server_that_indexes_for_ever_is_given_up(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatapp.services.uploads.INDEX_PATIENCE_S", 0.3)
    (tmp_path / "facts.txt").write_text(FACTS)
    house.server.always("POST", "/v1/files", json_reply({"id": "file_1", "filename": "facts.txt"}))
    stored = {"id": "file_1", "status": "in_progress"}
    house.server.always("POST", "/v1/vector_stores/vs_1/files", json_reply(stored))
    house.server.always("GET", "/v1/vector_stores/vs_1/files/file_1", json_reply(stored))
    (arrival,) = await house.app.library.add_and_wait(
        "gated", "vs_1", [(tmp_path / "facts.txt", "facts.txt")]
    )
    assert arrival.file.stage == "failed"
    assert arrival.failure is not None
    assert arrival.failure.kind == "timeout"


async def test_names_a_list_leaves_out_are_asked_for_side_by_side(house: House) -> None:
    """The first answer comes only once another question is there."""
    asked: list[str] = []
    first = Gate()

    def file(request: Request) -> Reply:
        asked.append(request.path)
        first.open()
        return json_reply({"id": request.path.rpartition("/")[2], "filename": f"{len(asked)}.txt"})

    entries = [{"id": f"file_{number}", "status": "completed"} for number in range(2)]
    house.server.always("GET", "/v1/vector_stores/vs_1/files", json_reply({"data": entries}))
    named = json.dumps({"id": "file_0", "filename": "0.txt"}).encode()
    house.server.always("GET", "/v1/files/file_0", Reply(200, {}, [first, named], framing="chunked"))
    house.server.always("GET", "/v1/files/file_1", file)
    async with asyncio.timeout(5):
        files = await house.app.library.files("gated", "vs_1")
    assert [found.filename for found in files] == ["0.txt", "1.txt"]


async def test_the_sample_is_made_once(house: House) -> None:
    if not guide_files():
        pytest.skip("the user guide is not written yet")
    store_id = await house.app.library.sample_store()
    assert await house.app.library.sample_store() == store_id
    files = await house.app.library.files("engine", store_id)
    assert [file.filename for file in files] == sorted(path.name for path in guide_files())
    assert {file.stage for file in files} == {"completed"}
    assert [store["name"] for store in await house.app.library.stores("engine")] == ["User guide"]


async def test_a_citation_leads_to_its_line(house: House, tmp_path: Path) -> None:
    path = tmp_path / "facts.txt"
    path.write_text(FACTS)
    conversation = await house.app.conversations.create("engine")
    turn = await house.app.turns.wait(
        await house.app.turns.send(conversation.id, "Who is the keeper of the lighthouse?", [enclosed(path)])
    )
    citation = (await house.app.sources.passages(turn))[0]
    path.unlink()
    location = await house.app.sources.locate("engine", citation)
    assert location.original is not None
    assert location.place is not None
    assert location.place.found >= SURE
    document = await house.app.sources.text(location.original.sha256)
    start = location.place.offset
    assert document.text[start : start + location.place.length] == location.place.quote
    elsewhere = replace(citation, file_id="file_of_another_server")
    assert (await house.app.sources.locate("gated", elsewhere)).place == location.place, "found by its name"


async def test_a_citation_without_an_original_or_a_place_says_why(house: House, tmp_path: Path) -> None:
    path = tmp_path / "facts.txt"
    path.write_text(FACTS)
    conversation = await house.app.conversations.create("engine")
    turn = await house.app.turns.wait(
        await house.app.turns.send(conversation.id, "How tall is it?", [enclosed(path)])
    )
    citation = (await house.app.sources.passages(turn))[0]
    unknown = replace(citation, file_id="file_x", filename="elsewhere.pdf")
    location = await house.app.sources.locate("engine", unknown)
    assert (location.original, location.place) == (None, None)
    assert "elsewhere.pdf" in (location.reason or "")
    unrelated = replace(citation, quote="Quarterly earnings rose by eleven percent in Bolivia")
    location = await house.app.sources.locate("engine", unrelated)
    assert location.original is not None
    assert location.place is None
    assert "half" in (location.reason or "")


async def test_an_original_that_is_not_kept(house: House) -> None:
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.sources.text("0" * 64)
    assert problem.value.failure.kind == "original_gone"


async def test_a_deleted_store_is_dropped_by_every_conversation_of_its_server(house: House) -> None:
    """Those that use another server now would have it again when they come back."""
    app = house.app
    first, second = [(await app.library.create_store("engine", name))["id"] for name in ("One", "Two")]
    here = await app.conversations.create("engine", {"vector_stores": [first, second]})
    only = await app.conversations.create("engine", {"vector_stores": [first], "model": "m"})
    away = await app.conversations.create("engine", {"vector_stores": [first]})
    other = await app.conversations.create("gated", {"vector_stores": [first]})
    await app.conversations.set_server(away.id, "gated")
    await app.conversations.delete(only.id)
    await app.library.delete_store("engine", first)
    await app.conversations.drop_store("engine", first)
    await app.conversations.set_server(away.id, "engine")
    left = [(await app.conversations.open(one.id))[0].parameters for one in (here, only, away, other)]
    assert left == [{"vector_stores": [second]}, {"model": "m"}, {}, {"vector_stores": [first]}]
    await app.library.delete_store("engine", first)
