"""Streams over a real socket: what arrives is given out, and each way of ending is told apart."""

import asyncio
import gzip
import json
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from typing import Any

import pytest

from chatapp.connections.responses_client import ResponsesClient
from chatapp.protocol.events import DeltaEvent, ErrorEvent, Event, ImageEvent, ResponseEvent
from chatapp.services.ports import ServerFailure
from tests.connections.conftest import KEY, Clients
from tests.kit.events import (
    error_stream,
    failed_stream,
    incomplete_stream,
    response_object,
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
    Step,
    error_reply,
    json_reply,
    stream_reply,
)
from tests.kit.recordings import Recording, streams

HELLO = text_stream("Hello", ", wörld", " 🙂")
REQUEST = {"model": "m", "input": "Hi"}
RESPONSES = ("POST", "/v1/responses")
RECORDED = streams()


async def collect(client: ResponsesClient) -> tuple[list[Event], ServerFailure | None]:
    """All events of one answer, and the failure it ended in, if any."""
    events: list[Event] = []
    try:
        async with aclosing(client.stream(REQUEST)) as stream:
            async for event in stream:
                events.append(event)
    except ServerFailure as failure:
        return events, failure
    return events, None


@contextmanager
def within_mb(limit: float) -> Iterator[None]:
    """Fails when more than `limit` MB are allocated at any moment of the block, by client and server together."""
    tracemalloc.start()
    try:
        yield
        peak_mb = tracemalloc.get_traced_memory()[1] / (1 << 20)
    finally:
        tracemalloc.stop()
    assert peak_mb < limit


def raw(events: list[Event]) -> list[dict[str, Any]]:
    return [event.raw for event in events]


def text(events: list[Event]) -> str:
    return "".join(event.delta for event in events if isinstance(event, DeltaEvent))


async def test_an_answer_streams_in(gated_server: GatedServer, clients: Clients) -> None:
    gated_server.script(*RESPONSES, stream_reply(sse_bytes(HELLO)))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert failure is None
    assert raw(events) == HELLO
    (request,) = gated_server.requests
    assert request.json == {**REQUEST, "stream": True}
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("chatapp/")


async def test_events_come_before_the_server_has_sent_the_rest(
    gated_server: GatedServer, clients: Clients
) -> None:
    gate = Gate()
    begin, rest = sse_bytes(HELLO[:5]), sse_bytes(HELLO[5:])
    gated_server.script(*RESPONSES, stream_reply(begin, gate, rest))
    async with aclosing(clients.responses(gated_server.base_url).stream(REQUEST)) as stream:
        first = [(await anext(stream)).raw for _ in range(5)]
        assert first == HELLO[:5]
        gate.open()
        assert raw([event async for event in stream]) == HELLO[5:]


@pytest.mark.parametrize("built", [HELLO, failed_stream("a"), incomplete_stream("b"), error_stream("c")])
async def test_the_stream_ends_at_the_last_event_and_waits_for_nothing_more(
    gated_server: GatedServer, clients: Clients, built: list[dict[str, Any]]
) -> None:
    gated_server.script(*RESPONSES, stream_reply(sse_bytes(built, done=True), Stall()))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert failure is None
    assert raw(events) == built
    await asyncio.to_thread(gated_server.wait_departure)


@pytest.mark.parametrize("nested", [True, False])
async def test_error_events_are_ends_of_their_own(
    gated_server: GatedServer, clients: Clients, nested: bool
) -> None:
    gated_server.script(*RESPONSES, stream_reply(sse_bytes(error_stream("a", nested=nested))))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert failure is None
    last = events[-1]
    assert isinstance(last, ErrorEvent)
    assert (last.error.code, last.error.message) == ("rate_limit_exceeded", "Slow down.")


@pytest.mark.parametrize("apart", [(), (Pause(0.01),)])
async def test_the_failed_response_may_follow_an_error(
    gated_server: GatedServer, clients: Clients, apart: tuple[Pause, ...]
) -> None:
    error, failed = error_stream("a"), failed_stream("a")[-1:]
    more = text_stream("not of this answer")[2:3]
    body: list[Step] = [
        sse_bytes(error),
        *apart,
        sse_bytes(more),
        *apart,
        sse_bytes(failed),
        b"data: [DONE]\n\n",
    ]
    gated_server.script(*RESPONSES, stream_reply(*body))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert failure is None
    assert raw(events) == error + failed


@pytest.mark.parametrize("rest", [Stall(), HangUp(), Reset(), b"data: {\n\n", Repeat(b": still here\n", 9)])
async def test_an_error_alone_is_the_end_and_not_waited_on_for_long(
    gated_server: GatedServer, clients: Clients, rest: Step
) -> None:
    gated_server.script(*RESPONSES, stream_reply(sse_bytes(error_stream("a")), rest))
    started = time.monotonic()
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert failure is None
    assert raw(events) == error_stream("a")
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("framing", ["chunked", "close", "none"])
@pytest.mark.parametrize("step", [HangUp(), Reset()])
async def test_a_stream_without_a_last_event_is_cut(
    gated_server: GatedServer, clients: Clients, framing: Any, step: Any
) -> None:
    begin = sse_bytes(HELLO[:-1])
    gated_server.script(*RESPONSES, stream_reply(begin, Pause(0.05), step, framing=framing))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert raw(events) == HELLO[:-1]
    assert failure is not None
    assert failure.kind == "cut"


async def test_a_whole_stream_without_a_last_event_is_cut_too(
    gated_server: GatedServer, clients: Clients
) -> None:
    gated_server.script(*RESPONSES, stream_reply(sse_bytes(HELLO[:-1], done=True)))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert raw(events) == HELLO[:-1]
    assert failure is not None
    assert failure.kind == "cut"


async def test_a_last_event_without_its_blank_line_counts(
    gated_server: GatedServer, clients: Clients
) -> None:
    whole = sse_bytes(HELLO).rstrip(b"\n")
    for framing in ("chunked", "close"):
        gated_server.script(*RESPONSES, stream_reply(whole, HangUp(), framing=framing))
        events, failure = await collect(clients.responses(gated_server.base_url))
        assert failure is None
        assert raw(events) == HELLO


@pytest.mark.parametrize(
    "line", [b'{"type": "response.output_t', b"[1, 2]", b"null", b"not json", b"[" * 100_000, b"1" * 5000]
)
async def test_a_malformed_event_ends_the_stream_and_keeps_what_came_before(
    gated_server: GatedServer, clients: Clients, line: bytes
) -> None:
    body = sse_bytes(HELLO[:6]) + b"data: " + line + b"\n\n" + sse_bytes(HELLO[6:])
    gated_server.script(*RESPONSES, stream_reply(body))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert raw(events) == HELLO[:6]
    assert failure is not None
    assert failure.kind == "malformed"


async def test_half_a_surrogate_pair_becomes_a_replacement_character(
    gated_server: GatedServer, clients: Clients
) -> None:
    body = sse_bytes(HELLO).replace(b'"delta": "Hello"', b'"delta": "\\ud83d \\uD83D\\uDE42"')
    gated_server.script(*RESPONSES, stream_reply(body))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert failure is None
    assert text(events).startswith("\ufffd 🙂, w")


async def test_a_picture_in_one_line_comes_through(gated_server: GatedServer, clients: Clients) -> None:
    """A preview of 6 MB, as base64; client and server together hold five copies of it at most."""
    picture = {
        "type": "response.image_generation_call.partial_image", "item_id": "ig_1", "output_index": 0,
        "partial_image_index": 0, "partial_image_b64": "iVBOR" * 1_600_000,
    }  # fmt: skip
    gated_server.script(*RESPONSES, stream_reply(sse_bytes([*HELLO[:4], picture, *HELLO[4:]])))
    with within_mb(64):
        events, failure = await collect(clients.responses(gated_server.base_url))
    assert failure is None
    (preview,) = [event for event in events if isinstance(event, ImageEvent)]
    assert preview.image == picture["partial_image_b64"]


async def test_a_giant_line_is_refused_in_little_memory(gated_server: GatedServer, clients: Clients) -> None:
    """300 MiB in one line, of which the client holds eight: the rest is never read."""
    begin = sse_bytes(HELLO[:4])
    gated_server.script(*RESPONSES, stream_reply(begin, b"data: ", Repeat(b"x" * (1 << 20), 300)))
    with within_mb(16):
        events, failure = await collect(clients.responses(gated_server.base_url))
    assert raw(events) == HELLO[:4]
    assert failure is not None
    assert failure.kind == "oversized"


@pytest.mark.parametrize("size", [1, 10, 1 << 16])
@pytest.mark.parametrize("wbits", [zlib.MAX_WBITS, zlib.MAX_WBITS | 16])
async def test_a_packed_stream_is_read_whole(
    gated_server: GatedServer, clients: Clients, wbits: int, size: int
) -> None:
    """However it is cut: the first bytes, the head of the packing, unpack to nothing."""
    built = text_stream("z" * (1 << 18), "Hello")
    packer = zlib.compressobj(9, wbits=wbits)
    packed = packer.compress(sse_bytes(built)) + packer.flush()
    steps = [packed[at : at + size] for at in range(0, len(packed), size)]
    encoding = "gzip" if wbits > zlib.MAX_WBITS else "deflate"
    gated_server.script(*RESPONSES, Reply(200, {"content-encoding": encoding}, steps, "chunked"))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert failure is None
    assert raw(events) == built


@pytest.mark.parametrize("encoding", ["GZIP", "X-Gzip"])
async def test_a_packing_is_known_in_any_case(
    gated_server: GatedServer, clients: Clients, encoding: str
) -> None:
    steps = [gzip.compress(sse_bytes(HELLO))]
    gated_server.script(*RESPONSES, Reply(200, {"Content-Encoding": encoding}, steps, "chunked"))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert (raw(events), failure) == (HELLO, None)


async def test_every_event_may_be_packed_by_itself(gated_server: GatedServer, clients: Clients) -> None:
    """Members of a gzip file may follow each other, cut anywhere."""
    packed = b"".join(gzip.compress(sse_bytes([event])) for event in HELLO)
    for size in (7, 64, len(packed)):
        steps = [packed[at : at + size] for at in range(0, len(packed), size)]
        gated_server.script(*RESPONSES, Reply(200, {"content-encoding": "gzip"}, steps, "chunked"))
        events, failure = await collect(clients.responses(gated_server.base_url))
        assert (raw(events), failure) == (HELLO, None)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_packed_bomb_is_refused_in_little_memory(
    gated_server: GatedServer, clients: Clients, encoding: str
) -> None:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16 if encoding == "gzip" else zlib.MAX_WBITS)
    bomb = packer.compress(sse_bytes(HELLO[:4]) + b"data: ")
    bomb += b"".join(packer.compress(b" " * (1 << 20)) for _ in range(128)) + packer.flush()
    assert len(bomb) < 1 << 18
    reply = stream_reply(bomb)
    gated_server.script(*RESPONSES, Reply(200, {"content-encoding": encoding}, reply.steps, "chunked"))
    with within_mb(16):
        events, failure = await collect(clients.responses(gated_server.base_url))
    assert raw(events) == HELLO[:4]
    assert failure is not None
    assert failure.kind == "oversized"


@pytest.mark.parametrize(
    ("encoding", "body"), [("gzip", b"event: x\n\n"), ("br", b"\x1b"), ("gzip, br", b"")]
)
async def test_a_packing_that_cannot_be_read_is_malformed(
    gated_server: GatedServer, clients: Clients, encoding: str, body: bytes
) -> None:
    gated_server.script(*RESPONSES, Reply(200, {"content-encoding": encoding}, [body]))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert (events, failure and failure.kind) == ([], "malformed")


async def test_comments_do_not_keep_a_silent_stream_alive(
    gated_server: GatedServer, clients: Clients
) -> None:
    comments = [step for _ in range(100) for step in (b": still here\n\n", Pause(0.05))]
    gated_server.script(*RESPONSES, stream_reply(sse_bytes(HELLO[:4]), *comments))
    started = time.monotonic()
    events, failure = await collect(clients.responses(gated_server.base_url, silence_s=0.5))
    assert raw(events) == HELLO[:4]
    assert failure is not None
    assert failure.kind == "timeout"
    assert 0.4 < time.monotonic() - started < 2
    await asyncio.to_thread(gated_server.wait_departure)


async def test_slow_events_are_not_silence(gated_server: GatedServer, clients: Clients) -> None:
    steps = [step for event in HELLO for step in (sse_bytes([event]), Pause(0.1))]
    gated_server.script(*RESPONSES, stream_reply(*steps))
    events, failure = await collect(clients.responses(gated_server.base_url, silence_s=0.6))
    assert failure is None
    assert raw(events) == HELLO


@pytest.mark.parametrize("steps", [(Stall(),), (Pause(0.05), b"\n\n", Stall())])
async def test_a_server_that_says_nothing_times_out(
    gated_server: GatedServer, clients: Clients, steps: Any
) -> None:
    gated_server.script(*RESPONSES, stream_reply(*steps))
    events, failure = await collect(clients.responses(gated_server.base_url, silence_s=0.3))
    assert (events, failure and failure.kind) == ([], "timeout")


async def test_a_head_that_never_comes_times_out(gated_server: GatedServer, clients: Clients) -> None:
    gated_server.hold_heads = Gate()
    events, failure = await collect(clients.responses(gated_server.base_url, silence_s=0.3, connect_s=0.1))
    assert (events, failure and failure.kind) == ([], "timeout")


async def test_closing_the_iterator_hangs_up_at_once(gated_server: GatedServer, clients: Clients) -> None:
    gated_server.script(*RESPONSES, stream_reply(sse_bytes(HELLO[:4]), Stall()))
    stream = clients.responses(gated_server.base_url).stream(REQUEST)
    assert (await anext(stream)).type == "response.created"
    assert not gated_server.departures
    await stream.aclose()
    await asyncio.to_thread(gated_server.wait_departure, 1)


async def test_cancelling_the_reader_hangs_up(gated_server: GatedServer, clients: Clients) -> None:
    gate = Gate()
    gated_server.script(*RESPONSES, stream_reply(sse_bytes(HELLO[:4]), gate, Stall()))
    reading = asyncio.create_task(collect(clients.responses(gated_server.base_url)))
    await gate.reached()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await asyncio.to_thread(gated_server.wait_departure, 1)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (response_object(), ResponseEvent, "response.completed"),
        (response_object(status="failed"), ResponseEvent, "response.failed"),
        (response_object(status="incomplete"), ResponseEvent, "response.incomplete"),
        ({"error": {"message": "Slow down.", "code": 429}}, ErrorEvent, "error"),
        ({"detail": "Not Found"}, ErrorEvent, "error"),
    ],
)
async def test_a_server_that_does_not_stream_is_understood(
    gated_server: GatedServer, clients: Clients, body: Any, kind: type[Event], status: str
) -> None:
    gated_server.script(*RESPONSES, json_reply(body))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert failure is None
    (event,) = events
    assert isinstance(event, kind)
    assert event.type == status
    assert getattr(event, "response", body) == body


async def test_a_response_that_is_only_queued_is_not_an_answer(
    gated_server: GatedServer, clients: Clients
) -> None:
    gated_server.script(*RESPONSES, json_reply(response_object(status="queued")))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert [event.type for event in events] == ["response.queued"]
    assert failure is not None
    assert failure.kind == "cut"


@pytest.mark.parametrize("body", [b"<html>Sign in to the network</html>", b"[]", b'{"ok": true}', b"{"])
async def test_a_body_that_is_no_answer_is_malformed(
    gated_server: GatedServer, clients: Clients, body: bytes
) -> None:
    gated_server.script(*RESPONSES, Reply(200, {"content-type": "text/html"}, [body]))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert (events, failure and failure.kind) == ([], "malformed")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "x"])
async def test_a_stream_under_a_wrong_content_type_is_read(
    gated_server: GatedServer, clients: Clients, content_type: str
) -> None:
    gated_server.script(*RESPONSES, Reply(200, {"content-type": content_type}, [sse_bytes(HELLO)]))
    events, failure = await collect(clients.responses(gated_server.base_url))
    assert failure is None
    assert raw(events) == HELLO


async def test_a_refusal_under_the_content_type_of_a_stream_is_a_refusal(
    gated_server: GatedServer, clients: Clients
) -> None:
    headers = {"content-type": "text/event-stream", "x-should-retry": "false"}
    for body in (b'{"error": {"message": "No."}}', b'data: {"error": {"message": "No."}}\n\n'):
        gated_server.script(*RESPONSES, Reply(500, headers, [body]))
        events, failure = await collect(clients.responses(gated_server.base_url))
        assert events == []
        assert failure is not None
        assert (failure.kind, failure.status, str(failure)) == ("refused", 500, "No.")


async def test_a_cut_is_never_retried_once_the_stream_has_begun(
    gated_server: GatedServer, clients: Clients
) -> None:
    gated_server.script(*RESPONSES, stream_reply(sse_bytes(HELLO[:2]), HangUp()))
    await collect(clients.responses(gated_server.base_url))
    assert len(gated_server.requests) == 1


async def test_a_refusal_in_mid_connection_keeps_the_connection(
    gated_server: GatedServer, clients: Clients
) -> None:
    gated_server.script(*RESPONSES, error_reply(404, "No such model.", "model_not_found"))
    gated_server.script(*RESPONSES, stream_reply(sse_bytes(HELLO)))
    client = clients.responses(gated_server.base_url)
    _, failure = await collect(client)
    assert failure is not None
    assert (failure.error.code, failure.status) == ("model_not_found", 404)
    events, failure = await collect(client)
    assert failure is None
    assert raw(events) == HELLO
    assert gated_server.connections == 1


async def test_the_connection_of_an_answer_is_used_for_the_next(
    gated_server: GatedServer, clients: Clients
) -> None:
    """The end of the body comes a moment after the last event, as servers send it."""
    client = clients.responses(gated_server.base_url)
    for _ in range(3):
        gated_server.script(*RESPONSES, stream_reply(sse_bytes(HELLO), Pause(0.01), b"data: [DONE]\n\n"))
        events, failure = await collect(client)
        assert failure is None
        assert raw(events) == HELLO
    assert gated_server.connections == 1


async def test_what_follows_the_last_event_is_not_waited_for(
    gated_server: GatedServer, clients: Clients
) -> None:
    drops = [step for _ in range(200) for step in (b": more\n\n", Pause(0.02))]
    gated_server.script(*RESPONSES, stream_reply(sse_bytes(HELLO), *drops))
    started = time.monotonic()
    _, failure = await collect(clients.responses(gated_server.base_url))
    assert failure is None
    assert time.monotonic() - started < 1


async def test_two_streams_run_side_by_side(gated_server: GatedServer, clients: Clients) -> None:
    gates = [Gate(), Gate()]
    for gate in gates:
        gated_server.script(*RESPONSES, stream_reply(sse_bytes(HELLO[:3]), gate, sse_bytes(HELLO[3:])))
    client = clients.responses(gated_server.base_url)
    readings = [asyncio.create_task(collect(client)) for _ in gates]
    for gate in gates:
        await gate.reached()
    for gate in reversed(gates):
        gate.open()
    for events, failure in await asyncio.gather(*readings):
        assert failure is None
        assert raw(events) == HELLO


@pytest.mark.parametrize("recording", RECORDED, ids=[recording.name for recording in RECORDED])
async def test_recorded_streams_come_through_whole(
    gated_server: GatedServer, clients: Clients, recording: Recording
) -> None:
    """Every event in order, and an end that is one of those the contract knows."""
    gated_server.script(*RESPONSES, stream_reply(recording.body))
    events, failure = await collect(clients.responses(gated_server.base_url))
    expected = [json.loads(line) for line in whole_data_lines(recording.body)]
    assert raw(events) == expected[: len(events)]
    if failure is None:
        assert len(events) == len(expected) or events[-1].type.startswith(("response.", "error"))
    else:
        assert failure.kind in ("cut", "malformed")
        assert len(events) == len(expected)


def whole_data_lines(body: bytes) -> list[str]:
    """The data of a stream up to the first line that is not whole JSON."""
    found: list[str] = []
    for line in body.decode().split("\n"):
        if line.startswith("data:") and line[5:].strip() not in ("", "[DONE]"):
            try:
                json.loads(line[5:])
            except ValueError:
                return found
            found.append(line[5:])
    return found
