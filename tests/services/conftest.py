"""Use cases on a real profile, talking to the scripted server over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.changes import Change, ItemChanged, Notice, TextGrew, TurnChanged
from chatapp.conversation.tree import Conversation, Turn
from chatapp.services.application import Application
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.kit.events import sse_bytes, text_stream
from tests.kit.fixtures import authority, gated_server, tls_server
from tests.kit.gated_server import GatedServer, Reply, error_reply, stream_reply

__all__ = ["authority", "gated_server", "tls_server"]

MODEL = "test-model"
WAIT_S = 10.0


@dataclass
class House:
    """An open profile whose conversations talk to the scripted server. `told` is all that the feed has said."""

    app: Application
    server: GatedServer
    profile: Path
    connection: Connection
    told: list[Change] = field(default_factory=list)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.app.feed.wake = self._woken.set

    async def until(self, ready: Callable[[], bool]) -> None:
        """Waits until what the feed tells makes `ready` true. Raises TimeoutError."""
        async with asyncio.timeout(WAIT_S):
            while not ready():
                await self._woken.wait()
                self._woken.clear()

    def shown(self) -> str:
        """The text of the last message as a screen would show it."""
        text = ""
        for change in self.listen():
            if isinstance(change, ItemChanged):
                text = change.value.text
            elif isinstance(change, TextGrew):
                text += change.text
        return text

    def listen(self) -> list[Change]:
        """Everything told so far."""
        self.told += self.app.feed.drain()
        return self.told

    def notices(self) -> list[str]:
        return [change.text for change in self.listen() if isinstance(change, Notice)]

    def ends(self) -> list[Turn]:
        changes = [change for change in self.listen() if isinstance(change, TurnChanged)]
        return [change.turn for change in changes if change.turn.answer.status.ended]

    async def conversation(self, **parameters: object) -> Conversation:
        return await self.app.conversations.create(self.connection.id, parameters)

    async def ask(self, conversation: Conversation, text: str = "How many?") -> Turn:
        """Sends and waits for the end, and for what follows it."""
        turn = await self.app.turns.wait(await self.app.turns.send(conversation.id, text))
        await self.app.turns.settled()
        return turn

    async def turns(self, conversation: Conversation) -> Sequence[Turn]:
        return (await self.app.conversations.open(conversation.id))[1]


@pytest.fixture
async def house(profile: Path, gated_server: GatedServer) -> AsyncIterator[House]:
    connection = Connection("gated", "Gated", gated_server.base_url, default_model=MODEL)
    gated_server.always("GET", "/v1/responses/*", refused(404, "Responses are not kept here."))
    async with open_profile(profile, Feed()) as app:
        await app.preferences.put_connection(connection)
        yield House(app, gated_server, profile, connection)


def answer(*deltas: str, response_id: str = "resp_1") -> Reply:
    """A completed text answer."""
    return stream_reply(sse_bytes(text_stream(*deltas, response_id=response_id)))


def refused(status: int, message: str, code: str | None = None) -> Reply:
    """A refusal that the client is told not to try again."""
    return error_reply(status, message, code, x_should_retry="false")


def keeps(server: GatedServer) -> None:
    """Makes the server answer GET by id, so that it is known to keep what it said."""
    server.always(
        "GET", "/v1/responses/*", Reply(200, {"content-type": "application/json"}, [b'{"id": "x"}'])
    )
