"""Deletions are held back, taken back without a word to the server, and sent when their time is over."""

from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.changes import (
    Change,
    ConversationChanged,
    FilesChanged,
    LibraryFile,
    StoresChanged,
    UndoExpired,
)
from chatapp.services.feed import Feed
from tests.kit.gated_server import json_reply
from tests.services.conftest import House, refused


async def test_a_deleted_library_comes_back_or_goes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    app = house.app
    store_id = (await app.library.create_store("engine", "Harbour"))["id"]
    conversation = await app.conversations.create("engine", {"vector_stores": [store_id]})
    name = await app.removals.delete_store("engine", store_id, "Harbour")
    assert await app.library.stores("engine") == [], "it is not shown"
    assert "Harbour" in house.notices()[-1]
    await app.removals.take_back(name)
    assert [store["id"] for store in await app.library.stores("engine")] == [store_id]
    monkeypatch.setattr("chatapp.services.removals.HELD_S", 0.01)
    name = await app.removals.delete_store("engine", store_id, "Harbour")
    await house.until(lambda: UndoExpired(name) in house.listen())
    await house.until(lambda: isinstance(house.listen()[-1], StoresChanged))
    await house.until(lambda: any(_has_dropped(change, conversation.id) for change in house.listen()))
    assert await app.library.stores("engine") == []
    await app.removals.take_back(name)
    assert "too late" in house.notices()[-1]


async def test_what_is_held_is_sent_when_the_program_ends(house: House, tmp_path: Path) -> None:
    app = house.app
    path = tmp_path / "facts.txt"
    path.write_text("The lighthouse is 31 metres tall.")
    store_id = (await app.library.create_store("engine", "Harbour"))["id"]
    (arrival,) = await app.library.add_and_wait("engine", store_id, [(path, path.name)])
    await app.removals.remove_files("engine", store_id, [arrival.file.key])
    told = [change for change in house.listen() if isinstance(change, FilesChanged)]
    assert told[-1].files == ()
    await app.removals.aclose()
    async with open_profile(house.profile, Feed(), window=False) as again:
        assert await again.library.files("engine", store_id) == []


async def test_a_row_that_says_already_there_goes_alone(house: House, tmp_path: Path) -> None:
    """The file itself takes the rows along that say so; the last of them takes the file."""
    library, removals = house.app.library, house.app.removals
    store_id = (await library.create_store("engine", "Harbour"))["id"]
    for name in ("one.txt", "two.txt", "three.txt"):
        (tmp_path / name).write_text("The lighthouse is 31 metres tall.")
        await library.add("engine", store_id, [tmp_path / name])
        await house.until(lambda name=name: rows(house).get(name, "") == "completed")  # type: ignore[misc]
    keys = {file.filename: file.key for file in newest(house)}
    assert await removals.remove_files("engine", store_id, [keys["two.txt"]]) == ""
    assert set(rows(house)) == {"one.txt", "three.txt"}
    assert "other name" in house.notices()[-1]
    name = await removals.remove_files("engine", store_id, [keys["one.txt"]])
    assert rows(house) == {}
    await removals.take_back(name)
    assert set(rows(house)) == {"one.txt", "three.txt"}
    await removals.remove_files("engine", store_id, [keys["one.txt"], keys["three.txt"]])
    assert house.notices()[-1].startswith("1 file was taken out")
    await removals.aclose()
    assert await library.files("engine", store_id) == []


def newest(house: House) -> tuple[LibraryFile, ...]:
    told = [change for change in house.listen() if isinstance(change, FilesChanged)]
    return told[-1].files if told else ()


def rows(house: House) -> dict[str, str]:
    return {file.filename: file.stage for file in newest(house)}


async def test_what_the_server_refuses_to_delete_is_shown_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatapp.services.removals.HELD_S", 0.01)
    house.server.always("GET", "/v1/vector_stores", json_reply({"data": [{"id": "vs_1", "name": "Far"}]}))
    house.server.always("DELETE", "/v1/vector_stores/vs_1", refused(403, "Not yours."))
    await house.app.library.stores("gated")
    await house.app.removals.delete_store("gated", "vs_1", "Far")
    await house.until(
        lambda: "Not yours" in " ".join(house.notices()) or "still there" in " ".join(house.notices())
    )
    await house.until(lambda: isinstance(house.listen()[-1], StoresChanged))
    assert [change.stores for change in house.listen() if isinstance(change, StoresChanged)][-1]


def _has_dropped(change: Change, conversation_id: str) -> bool:
    return (
        isinstance(change, ConversationChanged)
        and change.conversation.id == conversation_id
        and not change.conversation.parameters
    )
