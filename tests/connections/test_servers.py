"""Clients by connection: each goes to its server, with its key, and the engine is one of them."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from chatapp.connections.engine_process import EnginePatience
from chatapp.connections.servers import NetworkServers
from chatapp.protocol.errors import ApiError
from chatapp.services.ports import Connection, ServerFailure, Servers
from tests.connections.conftest import QUICK
from tests.connections.test_engine_process import STAND_IN
from tests.kit.clock import FakeClock
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import Gate, GatedServer, Reply, Stall, error_reply, json_reply, stream_reply

FINE = json_reply({"data": [{"id": "m"}]})
HELLO = text_stream("Hello")
ENGINE = Connection("engine", "Built-in", "")


class Keys:
    """Keys in a dict; the Secrets port needs no more here."""

    def __init__(self) -> None:
        self.by_id: dict[str, str] = {}

    async def key(self, connection: Connection) -> str | None:
        return self.by_id.get(connection.id)

    async def set_key(self, connection: Connection, key: str) -> None:
        self.by_id[connection.id] = key

    async def forget(self, connection: Connection) -> None:
        self.by_id.pop(connection.id, None)


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def waits() -> list[tuple[str, float, str]]:
    return []


@pytest.fixture
async def servers(
    tmp_path: Path, keys: Keys, waits: list[tuple[str, float, str]], fake_clock: FakeClock
) -> AsyncIterator[Servers]:
    def note(connection_id: str, seconds: float, error: ApiError) -> None:
        waits.append((connection_id, seconds, error.message))

    network = NetworkServers(
        keys,
        tmp_path / "data",
        on_wait=note,
        limits=QUICK,
        sleep=fake_clock.sleep,
        engine_command=[sys.executable, str(STAND_IN), "well", str(tmp_path)],
        engine_patience=EnginePatience(handshake_s=10),
    )
    yield network
    await network.aclose()


async def test_each_connection_has_its_address_and_key(
    gated_server: GatedServer, servers: Servers, keys: Keys
) -> None:
    gated_server.always("GET", "/*/models", FINE)
    one = Connection("one", "One", f"{gated_server.origin}/a")
    two = Connection("two", "Two", f"{gated_server.origin}/b")
    await keys.set_key(one, "key-1")
    for connection in (one, two):
        assert await servers.responses(connection).models() == [{"id": "m"}]
    first, second = gated_server.requests
    assert (first.path, first.headers["authorization"]) == ("/a/models", "Bearer key-1")
    assert second.path == "/b/models"
    assert "authorization" not in second.headers


async def test_a_new_key_and_a_new_address_count_at_once(
    gated_server: GatedServer, servers: Servers, keys: Keys
) -> None:
    gated_server.always("GET", "/*/models", FINE)
    connection = Connection("one", "One", f"{gated_server.origin}/a")
    client = servers.responses(connection)
    await client.models()
    await keys.set_key(connection, "key-2")
    await client.models()
    await servers.responses(Connection("one", "One", f"{gated_server.origin}/c")).models()
    assert [request.path for request in gated_server.requests] == ["/a/models", "/a/models", "/c/models"]
    assert gated_server.requests[1].headers["authorization"] == "Bearer key-2"


async def test_requests_of_both_clients_share_connections(
    gated_server: GatedServer, servers: Servers
) -> None:
    gated_server.always("GET", "/v1/*", FINE)
    connection = Connection("one", "One", gated_server.base_url)
    await servers.responses(connection).models()
    await servers.vector_stores(connection).stores()
    assert gated_server.connections == 1


async def test_a_connection_that_was_edited_gets_a_new_client_and_the_old_one_closes(
    gated_server: GatedServer, servers: Servers
) -> None:
    gate = Gate()
    gated_server.always("GET", "/v1/models", FINE)
    gated_server.script(
        "POST", "/v1/responses", stream_reply(sse_bytes(HELLO[:3]), gate, sse_bytes(HELLO[3:]))
    )
    before = Connection("one", "One", gated_server.base_url)
    stream = servers.responses(before).stream({"input": "Hi"})
    seen = [await anext(stream)]
    await servers.responses(before).models()
    after = replace(before, headers=(("X-Title", "chat"),), silence_s=3)
    await servers.responses(after).models()
    gate.open()
    seen += [event async for event in stream]
    assert [event.raw for event in seen] == HELLO
    assert "x-title" not in gated_server.requests[1].headers
    assert gated_server.requests[2].headers["x-title"] == "chat"
    await servers.responses(after).models()
    assert [request.connection for request in gated_server.requests] == [1, 2, 3, 3]
    await asyncio.to_thread(gated_server.wait_open, 1)


async def test_time_outs_are_a_servers_own(gated_server: GatedServer, servers: Servers) -> None:
    gated_server.script("GET", "/v1/models", Reply(200, {}, [b"{", Stall()], "chunked"))
    with pytest.raises(ServerFailure) as caught:
        await servers.responses(Connection("one", "One", gated_server.base_url, silence_s=0.2)).models()
    assert caught.value.kind == "timeout"


async def test_a_wait_is_told(
    gated_server: GatedServer, servers: Servers, waits: list[tuple[str, float, str]]
) -> None:
    gated_server.script("GET", "/v1/models", error_reply(429, "Slow down.", retry_after="7"), FINE)
    await servers.responses(Connection("one", "One", gated_server.base_url)).models()
    assert waits == [("one", 7.0, "Slow down.")]


async def test_a_key_is_not_sent_far_in_plain_text(servers: Servers, keys: Keys) -> None:
    connection = Connection("far", "Far", "http://example.com/v1")
    await keys.set_key(connection, "key-3")
    with pytest.raises(ServerFailure) as caught:
        await servers.responses(connection).models()
    assert caught.value.kind == "insecure"


async def test_the_engine_is_a_server_like_any_other(servers: Servers) -> None:
    await servers.start_engine()
    assert await servers.responses(ENGINE).models() == [{"id": "stand-in"}]
    await servers.restart_engine()
    assert await servers.responses(ENGINE).models() == [{"id": "stand-in"}]


async def test_the_engine_starts_when_it_is_first_asked(servers: Servers) -> None:
    assert await servers.responses(ENGINE).models() == [{"id": "stand-in"}]
