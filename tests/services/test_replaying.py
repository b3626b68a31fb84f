"""A branch asked again under other settings, aligned beside the old one; one question asked twice, with a proof."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.conversation.answer_comparison import aligned
from chatapp.conversation.changes import Notice
from chatapp.conversation.tree import Tree
from chatapp.services.application import Application
from chatapp.services.feed import Feed
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import Gate, Stall, stream_reply
from tests.services.conftest import House, answer, posted, refused


def notices(house: House) -> list[str]:
    return [change.text for change in house.app.feed.drain() if isinstance(change, Notice)]


async def branch(house: House, *questions: str) -> tuple[str, list[str]]:
    conversation = await house.app.conversations.create("gated", {"temperature": 0.2})
    ids = []
    for number, words in enumerate(questions):
        house.server.script("POST", "/v1/responses", answer(f"To {words}", response_id=f"resp_{number}"))
        ids.append(await house.app.turns.send(conversation.id, words))
        await house.app.turns.wait(ids[-1])
    return conversation.id, ids


async def test_a_branch_is_asked_again_in_order_under_the_settings_of_now(house: House) -> None:
    conversation, ids = await branch(house, "One?", "Two?", "Three?")
    await house.app.conversations.set_parameter(conversation, "temperature", 0.9)
    for number in range(2):
        house.server.script("POST", "/v1/responses", answer("Anew.", response_id=f"resp_new_{number}"))
    assert await house.app.replaying.replay(ids[1]) == 2
    await house.app.replaying.settled()
    head, turns = await house.app.conversations.open(conversation)
    tree = Tree(turns)
    new = tree.path(head.current_turn_id)
    assert [turn.text for turn in new] == ["One?", "Two?", "Three?"]
    assert new[0].id == ids[0]
    assert [turn.request["temperature"] for turn in new] == [0.2, 0.9, 0.9]
    pairs = aligned(tree, ids[1], new[1].id)
    assert [(one and one.text, two and two.text) for one, two in pairs] == [
        ("Two?", "Two?"),
        ("Three?", "Three?"),
    ]
    assert any("2 questions were asked again" in words for words in notices(house))


async def test_a_replay_ends_where_an_answer_fails_and_says_so(house: House) -> None:
    conversation, ids = await branch(house, "One?", "Two?")
    house.server.script("POST", "/v1/responses", refused(400, "No."))
    await house.app.replaying.replay(ids[0])
    await house.app.replaying.settled()
    _, turns = await house.app.conversations.open(conversation)
    assert [turn.answer.status for turn in turns[2:]] == [Status.ERROR]
    assert any("ended at question 1 of 2" in words for words in notices(house))


async def test_a_replay_that_the_end_broke_off_is_told_once_and_goes_on(house: House) -> None:
    conversation, ids = await branch(house, "One?", "Two?", "Three?")
    await house.app.conversations.set_parameter(conversation, "temperature", 0.9)
    gate = Gate()
    house.server.script("POST", "/v1/responses", answer("Anew.", response_id="resp_new_0"))
    house.server.script(
        "POST", "/v1/responses", stream_reply(sse_bytes(text_stream("Half ")[:5]), gate, Stall())
    )
    await house.app.replaying.replay(ids[0])
    gate.open()
    await gate.reached()
    async with killed(house) as app:
        await app.replaying.tell_unfinished()
        (offer,) = [note.offer for note in house_notices(app) if note.offer is not None]
        assert offer.label == "Go on"
        await app.conversations.set_parameter(conversation, "temperature", 0.1)
        for number in range(2):
            house.server.script("POST", "/v1/responses", answer("Anew.", response_id=f"resp_on_{number}"))
        await app.replaying.go_on(offer.use_case.partition(":")[2])
        await app.replaying.settled()
        head, turns = await app.conversations.open(conversation)
        new = Tree(turns).path(head.current_turn_id)
        assert [turn.text for turn in new] == ["One?", "Two?", "Three?"]
        assert {turn.request["temperature"] for turn in new} == {0.9}
        assert new[0].response_id == "resp_new_0"
        await app.replaying.tell_unfinished()
        assert not [note for note in house_notices(app) if note.offer is not None]


async def test_a_replay_that_was_told_of_and_left_is_not_told_again(house: House) -> None:
    _, ids = await branch(house, "One?", "Two?")
    house.server.script("POST", "/v1/responses", stream_reply(Stall()))
    await house.app.replaying.replay(ids[0])
    await house.until(lambda: bool(house.listen()) and bool(house.app.turns.running()))
    async with killed(house) as app:
        told = []
        for _ in range(2):
            await app.replaying.tell_unfinished()
            told.append([note.text for note in house_notices(app) if note.offer is not None])
        assert [len(texts) for texts in told] == [1, 0]
        assert "was broken off after 0 of 2 questions" in told[0][0]


def house_notices(app: Application) -> list[Notice]:
    return [change for change in app.feed.drain() if isinstance(change, Notice)]


@asynccontextmanager
async def killed(house: House) -> AsyncIterator[Application]:
    """The profile as a kill at this moment would leave it, open again with its turns recovered."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "profile"
        shutil.copytree(house.profile, copy, ignore=shutil.ignore_patterns("processes", "*.lock"))
        async with open_profile(copy, Feed()) as app:
            await app.turns.recover()
            app.feed.drain()
            yield app


async def test_two_runs_that_are_the_same_are_proved_so(house: House) -> None:
    conversation, ids = await branch(house, "One?")
    await house.app.conversations.set_parameter(conversation, "temperature", 0.9)
    for number in range(2):
        house.server.script("POST", "/v1/responses", answer("Same.", response_id=f"resp_{number}"))
    await house.app.replaying.repeat(ids[0])
    await house.app.replaying.settled()
    head, turns = await house.app.conversations.open(conversation)
    last = next(turn for turn in turns if turn.id == head.current_turn_id)
    assert last.note is not None
    assert "the same 5 bytes, SHA-256 " in last.note
    assert "does not promise" in last.note
    assert [body["temperature"] for body in posted(house)] == [0.2, 0.2, 0.2]
    assert all("seed" not in body for body in posted(house))


async def test_two_runs_that_differ_are_told_with_the_place(house: House) -> None:
    _, ids = await branch(house, "One?")
    for words in ("Some.", "Sole."):
        house.server.script("POST", "/v1/responses", answer(words))
    await house.app.replaying.repeat(ids[0])
    await house.app.replaying.settled()
    assert any("differ from byte 2 on" in words for words in notices(house))


async def test_the_engine_promises_to_repeat_itself_and_does(house: House) -> None:
    conversation = await house.app.conversations.create("engine")
    turn_id = await house.app.turns.send(conversation.id, "What is there?")
    await house.app.turns.wait(turn_id)
    await house.app.replaying.repeat(turn_id)
    await house.app.replaying.settled()
    head, turns = await house.app.conversations.open(conversation.id)
    last = next(turn for turn in turns if turn.id == head.current_turn_id)
    assert last.answer.response is not None
    assert last.answer.response["seed"] == 1
    assert "The engine promises this" in (last.note or "")
