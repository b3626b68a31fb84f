"""Use cases on a real profile, talking to the scripted server over a real socket."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.tree import Turn
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.kit.events import sse_bytes, text_stream
from tests.kit.fixtures import authority, gated_server, tls_server
from tests.kit.gated_server import GatedServer, Reply, error_reply, stream_reply
from tests.kit.house import House as AnyHouse

__all__ = ["authority", "gated_server", "tls_server"]

MODEL = "test-model"


@dataclass(kw_only=True)
class House(AnyHouse):
    """An open profile whose conversations talk to the scripted server."""

    server: GatedServer


@pytest.fixture
async def house(profile: Path, gated_server: GatedServer) -> AsyncIterator[House]:
    connection = Connection("gated", "Gated", gated_server.base_url, default_model=MODEL)
    gated_server.always("GET", "/v1/responses/*", refused(404, "Responses are not kept here."))
    gated_server.remembers = True
    async with open_profile(profile, Feed()) as app:
        await app.preferences.put_connection(connection)
        yield House(app=app, profile=profile, connection=connection, server=gated_server)


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


def posted(house: House) -> list[dict[str, Any]]:
    """The bodies that were sent to be answered, in order."""
    return [request.json for request in house.server.requests if request.path == "/v1/responses"]


def said(turn: Turn) -> list[str]:
    """The texts of the messages in a turn's request."""
    return [item["content"][0]["text"] for item in turn.request["input"]]
