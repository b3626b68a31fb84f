"""The kit itself: the server does what its script says, and the builders write streams like the recorded ones."""

import asyncio
import json
import socket
import ssl
import time
from collections.abc import Callable

import pytest

from tests.kit.certificate import Authority
from tests.kit.clock import FakeClock
from tests.kit.events import (
    file_search_stream,
    function_call_stream,
    reasoning_stream,
    sse_bytes,
    text_stream,
)
from tests.kit.gated_server import (
    Gate,
    GatedServer,
    HangUp,
    Pause,
    Repeat,
    Reply,
    Reset,
    Stall,
    error_reply,
    json_reply,
    stream_reply,
)
from tests.kit.recordings import Recording, openai_recordings

POST = b"POST /v1/responses?after=a HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n" + b'{"a": 1}'


def connect(server: GatedServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=5)


def everything(client: socket.socket) -> bytes:
    """What comes until the server closes."""
    received = b""
    while piece := client.recv(65536):
        received += piece
    return received


def until(client: socket.socket, end: bytes) -> bytes:
    """What comes until it ends with `end`; head and body may come apart."""
    received = b""
    while not received.endswith(end):
        piece = client.recv(65536)
        assert piece, received
        received += piece
    return received


def test_a_request_is_recorded_and_answered(gated_server: GatedServer) -> None:
    gated_server.script("POST", "/v1/responses", Reply(201, {"x-a": "b"}, [b"he", b"llo"], after="close"))
    with connect(gated_server) as client:
        client.sendall(POST)
        assert everything(client) == b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\nx-a: b\r\n\r\nhello"
    (request,) = gated_server.requests
    assert (request.method, request.path, request.query) == ("POST", "/v1/responses", {"after": ["a"]})
    assert request.json == {"a": 1}
    assert request.headers["host"] == "x"


def test_replies_are_used_in_order_then_the_default_then_none(gated_server: GatedServer) -> None:
    gated_server.script("POST", "/v1/res*", json_reply(1), error_reply(429, "wait", retry_after="2"))
    gated_server.always("POST", "/v1/responses", lambda request: json_reply(request.json["a"] + 2))
    with connect(gated_server) as client:
        answers = []
        for path, end in (
            (b"responses", b"\n\r\n1"),
            (b"responses", b"}}"),
            (b"responses", b"3"),
            (b"a", b"}}"),
        ):
            client.sendall(POST.replace(b"responses", path))
            answers.append(until(client, end))
    assert [answer[9:12] for answer in answers] == [b"200", b"429", b"200", b"500"]
    assert b"retry-after: 2\r\n" in answers[1]
    assert answers[2].endswith(b"\r\n\r\n3")
    assert gated_server.connections == 1


def test_a_gate_holds_the_body_until_it_is_opened(gated_server: GatedServer) -> None:
    gate = Gate()
    gated_server.script("POST", "/v1/responses", stream_reply(b"one", gate, b"two", framing="close"))
    with connect(gated_server) as client:
        client.sendall(POST)
        gate.wait()
        until(client, b"one")
        client.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(5)
        gate.open()
        assert everything(client) == b"two"


async def test_a_coroutine_can_wait_for_a_gate(gated_server: GatedServer) -> None:
    gate = Gate()
    gated_server.script("POST", "/v1/responses", stream_reply(gate, b"two"))
    reader, writer = await asyncio.open_connection("127.0.0.1", gated_server.port)
    writer.write(POST)
    await gate.reached()
    gate.open()
    assert (await reader.readuntil(b"0\r\n\r\n")).endswith(b"3\r\ntwo\r\n0\r\n\r\n")
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("length", [0, 1, 20, 60, 105])
def test_a_connection_is_cut_at_any_byte(gated_server: GatedServer, length: int) -> None:
    gated_server.script("POST", "/v1/responses", stream_reply(b"x" * 100, cut_wire=length))
    with connect(gated_server) as client:
        client.sendall(POST)
        assert len(everything(client)) == length


def test_hang_up_and_reset_differ(gated_server: GatedServer) -> None:
    for step in (HangUp(), Reset()):
        gated_server.script("POST", "/v1/responses", stream_reply(b"one", Pause(0.01), step))
    with connect(gated_server) as client:
        client.sendall(POST)
        assert everything(client).endswith(b"3\r\none\r\n")
    with connect(gated_server) as client:
        client.sendall(POST)
        with pytest.raises(ConnectionResetError):
            everything(client)


def test_a_client_that_leaves_is_noticed(gated_server: GatedServer) -> None:
    gated_server.script("POST", "/v1/responses", stream_reply(b"one", Stall()))
    with connect(gated_server) as client:
        client.sendall(POST)
        until(client, b"one\r\n")
        assert not gated_server.departures
    assert gated_server.wait_departure(2).path == "/v1/responses"


def test_a_kept_connection_can_be_slammed_on_the_next_request(gated_server: GatedServer) -> None:
    gated_server.script("POST", "/v1/responses", Reply(steps=[b"one"], after="slam"))
    with connect(gated_server) as client:
        client.sendall(POST)
        until(client, b"one")
        client.sendall(POST)
        assert everything(client) == b""
    assert len(gated_server.requests) == 2


def test_repeated_bytes_are_sent_without_being_held(gated_server: GatedServer) -> None:
    gated_server.script("POST", "/v1/responses", stream_reply(Repeat(b"y" * 1000, 1000), framing="close"))
    with connect(gated_server) as client:
        client.sendall(POST)
        assert everything(client).endswith(b"\r\n" + b"y" * 1_000_000)


def test_tls_is_accepted_by_who_trusts_the_authority(tls_server: GatedServer, authority: Authority) -> None:
    tls_server.script("POST", "/v1/responses", Reply(steps=[b"secret"], after="close"))
    trusting = ssl.create_default_context(cafile=str(authority.ca_file))
    with connect(tls_server) as plain, trusting.wrap_socket(plain, server_hostname="127.0.0.1") as client:
        client.sendall(POST)
        until(client, b"secret")
    with connect(tls_server) as plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")


async def test_the_clock_wakes_who_is_due() -> None:
    clock = FakeClock(100.0, instant=False)
    sleeper = asyncio.create_task(clock.sleep(5))
    await asyncio.sleep(0)
    await clock.advance(4.9)
    assert not sleeper.done()
    await clock.advance(0.1)
    await sleeper
    assert (clock.now(), clock.sleeps) == (105.0, [5])
    started = time.monotonic()
    await FakeClock().sleep(3600)
    assert time.monotonic() - started < 1


@pytest.fixture(scope="module")
def recorded() -> dict[str, Recording]:
    found = {recording.name: recording for recording in openai_recordings()}
    if not found:
        pytest.skip("needs the recordings in ../shared")
    return found


SHAPES: list[tuple[str, Callable[[], list[dict[str, object]]]]] = [
    ("StreamingResponses#0", lambda: text_stream("a", "b")),
    ("FileSearchCallStreaming#2", lambda: file_search_stream("a", "b", annotations=[{}])),
    ("FunctionCallStreamingWorks#0", lambda: function_call_stream("f", '{"a": 1}')),
    ("StreamingResponsesWithReasoningSummary#0", lambda: reasoning_stream(["a b"] * 4, "c", "d")),
]


@pytest.mark.parametrize(("name", "build"), SHAPES, ids=[name for name, _ in SHAPES])
def test_built_streams_have_the_order_and_fields_of_recorded_ones(
    recorded: dict[str, Recording], name: str, build: Callable[[], list[dict[str, object]]]
) -> None:
    built, real = build(), recorded[name].payloads
    assert squeezed(built) == squeezed(real)
    fields = {event["type"]: event.keys() for event in real}
    for event in built:
        assert event.keys() <= fields[event["type"]], event["type"]
    assert [event["sequence_number"] for event in built] == list(range(len(built)))


def squeezed(events: list[dict[str, object]]) -> list[object]:
    """The types in order, without repetitions of the same one."""
    types = [event["type"] for event in events]
    return [kind for number, kind in enumerate(types) if number == 0 or kind != types[number - 1]]


def test_sse_bytes_frame_events() -> None:
    body = sse_bytes([{"type": "x", "text": "é\n"}], done=True)
    assert body == 'event: x\ndata: {"type": "x", "text": "é\\n"}\n\ndata: [DONE]\n\n'.encode()
    assert json.loads(body.split(b"\n")[1][6:]) == {"type": "x", "text": "é\n"}
