"""The short form of tests/faults/sse.py, and cuts of a real connection at every kind of byte."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.connections.event_stream import EventStream, events_of_object
from chatapp.services.ports import ServerFailure
from tests.connections.conftest import Clients
from tests.connections.test_streams import HELLO, RESPONSES, collect
from tests.faults import sse
from tests.kit.events import sse_bytes
from tests.kit.gated_server import GatedServer, stream_reply
from tests.kit.recordings import streams

RECORDED = {stream.name: stream.body for stream in streams() if stream.name in sse.CUT_RECORDINGS}
BODY = sse_bytes(HELLO)


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_recorded_streams_cut_at_many_bytes(name: str) -> None:
    ends = sse.cut_everywhere(RECORDED[name], step=41)
    assert ends["cut"] > 60


def test_a_built_stream_cut_at_every_byte() -> None:
    ends = sse.cut_everywhere(BODY)
    # Only the blank line that ends the last event may be missing.
    assert dict(ends) == {"cut": len(BODY) - 2, "completed": 2}


def test_mutated_streams_end_in_one_of_five_ways() -> None:
    ends = sse.mutate_many(1000)
    assert set(ends) == set(sse.ENDS)


@pytest.mark.parametrize("framing", ["chunked", "close"])
async def test_a_connection_cut_at_many_bytes(
    gated_server: GatedServer, clients: Clients, framing: Any
) -> None:
    """Head, chunk sizes and body alike. The failure is a cut, or unreadable HTTP where the head was cut."""
    client = clients.responses(gated_server.base_url)
    for length in range(0, len(BODY), 53):
        gated_server.script(*RESPONSES, stream_reply(BODY, framing=framing, cut_wire=length))
        events, failure = await collect(client)
        assert [event.raw for event in events] == HELLO[: len(events)]
        assert failure is not None, length
        assert failure.kind == "cut", length


@given(st.binary(max_size=300), st.integers(1, 50))
def test_no_bytes_raise_anything_else(body: bytes, size: int) -> None:
    sse.drive(body[start : start + size] for start in range(0, len(body), size))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["output", "error", "status", "x"]), inner)
        ),
        max_leaves=5,
    )
)
def test_no_object_in_place_of_a_stream_raises_anything_else(value: Any) -> None:
    with suppress(ServerFailure):
        assert len(events_of_object(value)) == 1


@pytest.mark.parametrize("text", ["\\ud800", "a\\uDFFFb", "\\ud83d\\ud83d\\ude42"])
def test_text_of_events_can_always_be_stored(text: str) -> None:
    data = f'{{"type": "x", "{text}": ["{text}", {{"a": "{text}"}}]}}'
    (event,) = EventStream().feed(f"data: {data}\n\n".encode())
    stored = json.dumps(event.raw, ensure_ascii=False).encode()
    assert "\ufffd".encode() in stored
    assert ("🙂".encode() in stored) == ("ude42" in text)


@pytest.mark.parametrize(("levels", "kind"), [(98, None), (101, "malformed"), (900, "malformed")])
def test_what_is_nested_too_deeply_is_refused(levels: int, kind: str | None) -> None:
    """Also where the parser would still take it: it could not be written to the journal again."""
    data = '{"type": "x", "a": ' + "[" * levels + "]" * levels + "}"
    caught = None
    try:
        list(EventStream().feed(f"data: {data}\n\n".encode()))
    except ServerFailure as failure:
        caught = failure.kind
    assert caught == kind
