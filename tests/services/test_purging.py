"""What is purged is gone from the profile, the built-in engine's part of it included; what others use stays."""

from pathlib import Path

import pytest

from chatapp.conversation.changes import Notice
from chatapp.conversation.inputs import How
from chatapp.conversation.tree import Conversation, Turn
from chatapp.services.address_book import ENGINE
from chatapp.services.enclosures import enclosed
from chatapp.services.ports import ServerFailure
from tests.kit.pictures import png
from tests.services.conftest import House, answer

FACTS = "The lighthouse at Kap Fell is 31 metres tall. Its keeper is called Xylander.\n"


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    path = tmp_path / "facts.txt"
    path.write_text(FACTS)
    return path


async def asked(house: House, *paths: Path, how: How | None = None) -> tuple[Conversation, Turn]:
    conversation = await house.app.conversations.create("engine")
    enclosures = [enclosed(path, how) for path in paths]
    turn_id = await house.app.turns.send(conversation.id, "Who is the keeper?", enclosures)
    return conversation, await house.app.turns.wait(turn_id)


async def purge(house: House, conversation: Conversation) -> None:
    await house.app.conversations.delete(conversation.id)
    await house.app.conversations.purge_deleted(0)


def kept(house: House) -> list[Path]:
    return [path for path in (house.profile / "originals").rglob("*") if path.is_file()]


async def has_response(house: House, turn: Turn) -> bool:
    try:
        await house.app.servers.responses(ENGINE).retrieve(turn.response_id or "")
    except ServerFailure as problem:
        return problem.status != 404
    return True


async def test_nothing_of_a_purged_conversation_is_left(house: House, facts: Path) -> None:
    conversation, turn = await asked(house, facts)
    assert await has_response(house, turn)
    assert len(kept(house)) == 1
    await purge(house, conversation)
    assert not await has_response(house, turn)
    assert await house.app.library.stores("engine") == []
    assert kept(house) == []
    file_id = turn.attachments[0].file_id or ""
    with pytest.raises(ServerFailure) as problem:
        await house.app.servers.vector_stores(ENGINE).file(file_id)
    assert problem.value.status == 404
    settings = house.app.preferences._settings
    assert await settings.get(f"conversation.{conversation.id}.engine.store") is None


async def test_an_upload_of_a_purged_conversation_is_gone(house: House, facts: Path) -> None:
    first, turn = await asked(house, facts, how="upload")
    second, _ = await asked(house, facts, how="upload")
    assert "Xylander" in turn.answer.text
    await purge(house, first)
    assert len(kept(house)) == 1
    with pytest.raises(ServerFailure) as problem:
        await house.app.servers.vector_stores(ENGINE).file(turn.attachments[0].file_id or "")
    assert problem.value.status == 404
    again = await house.app.turns.wait(await house.app.turns.regenerate((await house.turns(second))[0].id))
    assert "Xylander" in again.answer.text, "it was uploaded again"
    await purge(house, second)
    assert kept(house) == []


async def test_a_pasted_picture_goes_with_its_draft(house: House) -> None:
    conversation = await house.conversation()
    enclosure = await house.app.enclosures.keep_picture(png(), "Pasted.png")
    await house.app.conversations.set_draft(conversation.id, "", [enclosure])
    await purge(house, conversation)
    assert kept(house) == []


async def test_what_another_conversation_uses_stays(house: House, facts: Path) -> None:
    first, _ = await asked(house, facts)
    second, turn = await asked(house, facts)
    await purge(house, first)
    assert len(await house.app.library.stores("engine")) == 1
    assert len(kept(house)) == 1
    citation = (await house.app.sources.passages(turn))[0]
    assert (await house.app.sources.locate("engine", citation)).place is not None
    assert (await house.app.turns.wait(await house.app.turns.regenerate(turn.id))).answer.text
    await purge(house, second)
    assert kept(house) == []


async def test_a_store_that_another_conversation_searches_stays(house: House, facts: Path) -> None:
    first, _ = await asked(house, facts)
    (store,) = await house.app.library.stores("engine")
    second = await house.app.conversations.create("engine", {"vector_stores": [store["id"]]})
    await house.app.conversations.set_server(second.id, house.connection.id)
    await purge(house, first)
    assert [entry["id"] for entry in await house.app.library.stores("engine")] == [store["id"]]
    assert len(await house.app.library.files("engine", store["id"])) == 1


async def test_a_response_that_an_imported_copy_goes_on_from_stays(house: House) -> None:
    conversation, turn = await asked(house)
    await house.app.exchanging.bring_in(await house.app.exchanging.export(conversation.id, "json"))
    await purge(house, conversation)
    assert await has_response(house, turn)


async def test_other_servers_are_left_alone(house: House) -> None:
    house.server.always("POST", "/v1/responses", answer("Yes."))
    conversation = await house.conversation()
    await house.ask(conversation)
    await purge(house, conversation)
    assert {request.method for request in house.server.requests} == {"POST", "GET"}
    assert not (house.profile / "engine").exists(), "nothing there to purge, so the engine need not start"


async def test_what_the_engine_cannot_forget_now_is_purged_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation, turn = await asked(house)
    with monkeypatch.context() as patch:
        patch.setattr(house.app.servers._servers, "responses", unreachable)
        await purge(house, conversation)
    assert any(isinstance(change, Notice) and "for good yet" in change.text for change in house.listen())
    await house.app.conversations.purge_deleted(0)
    assert not await has_response(house, turn)


def unreachable(connection: object) -> None:
    from chatapp.protocol.errors import ApiError

    raise ServerFailure("unreachable", ApiError("Nobody is there."))


async def test_only_an_empty_conversation_is_discarded(house: House) -> None:
    house.server.always("POST", "/v1/responses", answer("Yes."))
    full, empty = await house.conversation(), await house.conversation()
    await house.ask(full)
    for conversation in (full, empty):
        await house.app.conversations.discard(conversation.id)
    assert [entry.id for entry in await house.app.conversations.list()] == [full.id]
