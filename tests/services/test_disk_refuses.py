"""The disk refuses in mid-answer: what was received stays on screen, a notice says so, and it is saved later."""

import os
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.services.application import UseCaseFailure
from chatapp.services.feed import Feed
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import Gate, stream_reply
from tests.services.conftest import House, answer

WORDS = [f"word{number} " for number in range(400)]


@contextmanager
def no_room(profile: Path) -> Iterator[None]:
    """No file of this process may grow beyond what the database's log has now: real writes really fail."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    files = [entry.stat().st_size for entry in profile.iterdir() if entry.name.startswith("chatapp.sqlite3")]
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(files), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_an_answer_goes_on_in_memory_and_is_saved_when_there_is_room(house: House) -> None:
    gate = Gate()
    events = text_stream(*WORDS)
    house.server.script("POST", "/v1/responses", stream_reply(gate, sse_bytes(events)), answer("Later."))
    conversation = await house.conversation()
    turn_id = await house.app.turns.send(conversation.id, "Count.")
    await gate.reached()
    with no_room(house.profile):
        gate.open()
        turn = await house.app.turns.wait(turn_id)
        assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, "".join(WORDS))
        assert await house.turns(conversation) == [turn], "what memory knows is shown, not what the disk has"
        assert any("not saved" in text for text in house.notices())
        with pytest.raises(UseCaseFailure):
            await house.app.turns.send(conversation.id, "And then?")
    following = await house.app.turns.wait(await house.app.turns.send(conversation.id, "And then?"))
    assert any("saved now" in text for text in house.notices())
    assert following.parent_id == turn.id
    assert (await house.turns(conversation))[0] == turn


async def test_an_unsaved_answer_is_tried_again_when_the_program_ends(house: House) -> None:
    gate = Gate()
    house.server.script("POST", "/v1/responses", stream_reply(gate, sse_bytes(text_stream(*WORDS))))
    conversation = await house.conversation()
    turn_id = await house.app.turns.send(conversation.id, "Count.")
    await gate.reached()
    with no_room(house.profile):
        gate.open()
        turn = await house.app.turns.wait(turn_id)
        await house.app.turns.settled()
    await house.app.turns.aclose()
    assert await house.turns(conversation) == [turn]
    assert any("saved now" in text for text in house.notices())


async def test_a_profile_that_is_open_already(house: House) -> None:
    with pytest.raises(UseCaseFailure) as problem:
        async with open_profile(house.profile, Feed()):
            pass
    assert problem.value.failure.kind == "already_open"
    async with open_profile(house.profile, Feed(), window=False) as beside:
        assert await beside.conversations.list() == []


async def test_a_profile_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UseCaseFailure) as problem:
        async with open_profile(tmp_path / "file" / "profile", Feed()):
            pass
    assert problem.value.failure.kind == "unwritable"
    assert "--profile" in problem.value.failure.text


async def test_a_database_from_a_newer_version(profile: Path) -> None:
    async with open_profile(profile, Feed()):
        pass
    path = profile / "chatapp.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 9999")
    before = os.stat(path).st_size
    with pytest.raises(UseCaseFailure) as problem:
        async with open_profile(profile, Feed()):
            pass
    assert problem.value.failure.kind == "newer"
    assert "Update" in problem.value.failure.text
    assert os.stat(path).st_size == before
