"""Chains, stops, lost parents and background answers with the built-in engine as the server."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chatapp.assembly import ENGINE_FOLDER, open_profile
from chatapp.connections.engine_address import read_address
from chatapp.conversation.answer import Status
from chatapp.conversation.repairs import REBUILT
from chatapp.conversation.tree import Conversation, Turn
from chatapp.services.address_book import ENGINE
from chatapp.services.application import Application
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection


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


class Unsteady:
    """A way to a server that breaks once: in the middle of the first answer, after `limit` of its bytes."""

    def __init__(self, port: int, limit: int) -> None:
        self._port = port
        self._limit: int | None = limit
        self.asked: list[str] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[int]:
        """Yields the port it listens on."""
        server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind = await asyncio.open_connection("127.0.0.1", self._port)
        there = asyncio.create_task(self._there(reader, behind))
        while data := await behind_reader.read(256):
            if self._limit is not None and self.asked[-1].startswith("POST"):
                self._limit -= len(data)
                if self._limit <= 0:
                    self._limit = None
                    break
            writer.write(data)
        there.cancel()
        await asyncio.wait({there})
        for side in (writer, behind):
            side.close()

    async def _there(self, reader: asyncio.StreamReader, behind: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            self.asked += [line.decode() for line in re.findall(rb"(?:GET|POST) \S+", data)]
            behind.write(re.sub(rb"(?i)(host: 127.0.0.1:)\d+", rb"\g<1>%d" % self._port, data))


@pytest.mark.parametrize("limit", [2_000, 4_000, 7_000])
async def test_a_background_answer_is_taken_up_where_the_way_broke(
    app: Application, profile: Path, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await app.servers.start_engine()
    engine = read_address(profile / ENGINE_FOLDER)
    assert engine is not None
    monkeypatch.setenv("CHATAPP_TEST_ENGINE", engine.key or "")
    way = Unsteady(urlsplit(engine.base_url).port or 0, limit)
    async with way.open() as port:
        connection = Connection(
            "unsteady", "Unsteady", f"http://127.0.0.1:{port}/v1", "environment", "CHATAPP_TEST_ENGINE"
        )
        await app.preferences.put_connection(connection)
        head = await app.conversations.create(connection.id, {"background": True})
        turn = await asked(app, head, "What do you know?")
        assert turn.answer.response is not None
        assert turn.answer.response["background"] is True
        assert turn.answer.text
        kept = await app.servers.responses(ENGINE).retrieve(str(turn.response_id))
        assert kept["output"][0]["content"][0]["text"] == turn.answer.text
        resumed = [line for line in way.asked if "starting_after" in line]
        assert len(resumed) == 1
