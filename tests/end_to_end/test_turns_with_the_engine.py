"""Chains, stops and lost parents with the built-in engine as the server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.conversation.repairs import REBUILT
from chatapp.conversation.tree import Conversation, Turn
from chatapp.services.address_book import ENGINE
from chatapp.services.application import Application
from chatapp.services.feed import Feed


@pytest.fixture
async def app(profile: Path) -> AsyncIterator[Application]:
    async with open_profile(profile, Feed()) as opened:
        yield opened


async def asked(app: Application, conversation: Conversation, text: str) -> Turn:
    turn = await app.turns.wait(await app.turns.send(conversation.id, text))
    await app.turns.settled()
    assert turn.answer.status is Status.COMPLETED, turn.answer.failure
    return turn


def said(turn: Turn) -> list[str]:
    return [item["content"][0]["text"] for item in turn.request["input"]]


async def test_a_stop_leaves_the_chain_at_the_last_completed_answer(app: Application) -> None:
    conversation = await app.conversations.create(ENGINE.id)
    first = await asked(app, conversation, "First?")
    stopped_id = await app.turns.send(conversation.id, "Second?")
    await app.turns.stop(stopped_id)
    stopped = await app.turns.wait(stopped_id)
    third = await asked(app, conversation, "Third?")
    assert third.request["previous_response_id"] == first.response_id
    heard = [stopped.answer.text] if stopped.answer.text else []
    assert said(third) == ["Second?", *heard, "Third?"]
    assert third.answer.response is not None
    assert third.answer.response["previous_response_id"] == first.response_id
    client = app.servers.responses(ENGINE)
    assert [item["content"][0]["text"] for item in await client.input_items(str(third.response_id))] == said(
        third
    )


async def test_a_parent_that_was_deleted_is_made_good(app: Application) -> None:
    conversation = await app.conversations.create(ENGINE.id)
    first = await asked(app, conversation, "First?")
    await app.servers.responses(ENGINE).delete(str(first.response_id))
    second = await asked(app, conversation, "Second?")
    assert (second.note, said(second)) == (REBUILT, ["First?", first.answer.text, "Second?"])
    third = await asked(app, conversation, "Third?")
    assert third.request["previous_response_id"] == second.response_id
    assert third.note is None
