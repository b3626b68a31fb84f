"""What a call tells while it is under way, waits that end when they are cancelled, and streams taken up again."""

import asyncio
import socket
import struct
from collections.abc import Mapping
from contextlib import aclosing

import pytest

from chatapp.protocol.errors import ApiError
from chatapp.protocol.events import Event
from chatapp.services.ports import ServerFailure, Told
from tests.connections.conftest import Clients
from tests.kit.clock import FakeClock
from tests.kit.events import response_object, sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, Reply, error_reply, json_reply, stream_reply

REQUEST = {"model": "m", "input": "Hi"}
HELLO = text_stream("Hello")
LIMITS = {
    "x-ratelimit-limit-requests": "500",
    "x-ratelimit-remaining-requests": "499",
    "x-ratelimit-reset-tokens": "50.529s",
    "x-request-id": "req_1",
}


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.waits: list[tuple[float, str, int]] = []
        self.limits: list[Mapping[str, str]] = []
        self.told = Told(self._waiting, self.limits.append)

    def _waiting(self, seconds: float, error: ApiError, attempt: int) -> None:
        self.waits.append((seconds, error.message, attempt))


@pytest.fixture
def listener() -> Listener:
    return Listener()


async def test_each_wait_is_told_before_it_begins(
    gated_server: GatedServer, clients: Clients, listener: Listener
) -> None:
    busy = [
        error_reply(503, "Busy.", retry_after="3"),
        error_reply(429, "Slow down.", retry_after_ms="1500"),
    ]
    gated_server.script("POST", "/v1/responses", *busy, stream_reply(sse_bytes(HELLO)))
    stream = clients.responses(gated_server.base_url).stream(REQUEST, listener.told)
    assert [event.raw async for event in stream] == HELLO
    assert listener.waits == [(3.0, "Busy.", 1), (1.5, "Slow down.", 2)]


async def test_cancelling_ends_a_wait_at_once(
    gated_server: GatedServer, clients: Clients, fake_clock: FakeClock, listener: Listener
) -> None:
    gated_server.always("POST", "/v1/responses", error_reply(429, "Slow down.", retry_after="100"))
    fake_clock.instant = False
    begun = asyncio.Event()
    told = Told(lambda seconds, error, attempt: begun.set())
    asking = asyncio.create_task(anext(clients.responses(gated_server.base_url).stream(REQUEST, told)))
    await begun.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert len(gated_server.requests) == 1


async def test_the_limits_of_answers_and_refusals_are_told(
    gated_server: GatedServer, clients: Clients, listener: Listener
) -> None:
    refused = error_reply(500, "Oops.", x_request_id="req_0")
    accepted = Reply(200, {**LIMITS, "x-other": "no"}, [sse_bytes(HELLO)])
    gated_server.script("POST", "/v1/responses", refused, accepted)
    stream = clients.responses(gated_server.base_url).stream(REQUEST, listener.told)
    assert [event.raw async for event in stream] == HELLO
    assert listener.limits == [{"x-request-id": "req_0"}, LIMITS]


async def test_an_answer_in_one_piece_tells_the_same(
    gated_server: GatedServer, clients: Clients, listener: Listener
) -> None:
    busy = error_reply(429, "Slow down.", retry_after="3", x_request_id="req_0")
    gated_server.script("POST", "/v1/responses", busy, json_reply(response_object()))
    await clients.responses(gated_server.base_url).create(REQUEST, listener.told)
    assert listener.waits == [(3.0, "Slow down.", 1)]
    assert listener.limits == [{"x-request-id": "req_0"}]


async def test_no_limits_are_no_news(gated_server: GatedServer, clients: Clients, listener: Listener) -> None:
    gated_server.script("POST", "/v1/responses", stream_reply(sse_bytes(HELLO)))
    stream = clients.responses(gated_server.base_url).stream(REQUEST, listener.told)
    assert [event.raw async for event in stream] == HELLO
    assert listener.limits == []


@pytest.mark.parametrize("reset", [True, False])
async def test_a_connection_that_is_dropped_while_it_is_made_is_made_again(
    clients: Clients, fake_clock: FakeClock, listener: Listener, reset: bool
) -> None:
    async def drop(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if reset:
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()

    async with await asyncio.start_server(drop, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        stream = clients.responses(f"https://127.0.0.1:{port}/v1").stream(REQUEST, listener.told)
        with pytest.raises(ServerFailure) as caught:
            await anext(stream)
    assert caught.value.kind == "unreachable"
    assert [attempt for _, _, attempt in listener.waits] == [1, 2]
    assert [seconds for seconds, _, _ in listener.waits] == fake_clock.sleeps


async def test_where_nobody_listens_is_told_at_once(
    clients: Clients, fake_clock: FakeClock, dead_port: int
) -> None:
    with pytest.raises(ServerFailure, match="connection refused"):
        await anext(clients.responses(f"http://127.0.0.1:{dead_port}/v1").stream(REQUEST))
    assert fake_clock.sleeps == []


@pytest.mark.parametrize(
    ("after", "query"),
    [(None, {"stream": ["true"]}), (0, {"stream": ["true"], "starting_after": ["0"]})],
)
async def test_a_stream_is_taken_up_again_after_a_number(
    gated_server: GatedServer, clients: Clients, after: int | None, query: dict[str, list[str]]
) -> None:
    rest = HELLO if after is None else HELLO[after + 1 :]
    gated_server.script("GET", "/v1/responses/resp_%3F", stream_reply(sse_bytes(rest)))
    stream = clients.responses(gated_server.base_url).resume("resp_?", after)
    assert [event.raw async for event in stream] == rest
    assert gated_server.requests[0].query == query


@pytest.mark.parametrize(
    ("reply", "kind", "count"),
    [
        (stream_reply(sse_bytes(HELLO[3:-1])), "cut", len(HELLO) - 4),
        (json_reply(response_object(status="in_progress")), "cut", 1),
        (error_reply(404, "Not found."), "refused", 0),
        (error_reply(400, "Only background responses can be streamed."), "refused", 0),
    ],
)
async def test_a_resumed_stream_ends_as_any_other(
    gated_server: GatedServer, clients: Clients, reply: Reply, kind: str, count: int
) -> None:
    gated_server.script("GET", "/v1/responses/resp_1", reply)
    seen: list[Event] = []

    async def read() -> None:
        async with aclosing(clients.responses(gated_server.base_url).resume("resp_1", 2)) as stream:
            async for event in stream:
                seen.append(event)

    with pytest.raises(ServerFailure) as caught:
        await read()
    assert (caught.value.kind, len(seen)) == (kind, count)
