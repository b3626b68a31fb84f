"""The parser of event streams against the standard's own algorithm, whole bodies at a time."""

import re
import tracemalloc
from collections import deque
from itertools import chain, pairwise, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.protocol.sse import LIMIT, Message, OversizedEvent, SseParser
from tests.kit.recordings import Recording, streams

RECORDED = streams()

LINES = st.sampled_from(
    [
        b"",
        b"data",
        b"data:",
        b"data: a",
        b"data:  two blanks",
        b"data:{\xc3\xa9}",
        b"data: \xf0\x9f\x99\x82",
        b"data: \xff\xc3",
        b"data: a:b",
        b" data: not a field",
        b"event: x",
        b"event",
        b"event:\xc3\xa9",
        b": comment",
        b":",
        b"id: 7",
        b"retry: 10",
        b"datax: no",
    ]
)
ENDS = st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n"])
BODIES = st.one_of(
    st.binary(max_size=200),
    st.lists(st.tuples(LINES, ENDS), max_size=30).map(
        lambda parts: b"".join(line + end for line, end in parts)
    ),
)


def by_the_standard(body: bytes) -> list[Message]:
    """HTML standard, 9.2.6, on a whole decoded body. Bytes after the last line end are dropped, as it says."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    *lines, _ = re.split(r"\r\n|\n|\r", text)
    messages, event, data = [], "", ""
    for line in lines:
        if not line:
            if data:
                messages.append(Message(event, data.removesuffix("\n")))
            event, data = "", ""
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            event = value
        elif field == "data":
            data += value + "\n"
    return messages


def parsed(body: bytes, cuts: list[int] | None = None) -> list[Message]:
    """The messages of `body` fed in pieces that begin at `cuts`."""
    parser = SseParser()
    edges = [0, *sorted(cuts or []), len(body)]
    return [message for start, end in pairwise(edges) for message in parser.feed(body[start:end])]


@given(BODIES, st.booleans())
def test_messages_are_those_of_the_standard(body: bytes, with_mark: bool) -> None:
    body = b"\xef\xbb\xbf" + body if with_mark else body
    assert parsed(body) == by_the_standard(body)


@given(st.data(), BODIES)
def test_where_the_chunks_are_cut_makes_no_difference(data: st.DataObject, body: bytes) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=20))
    assert parsed(body, cuts) == parsed(body)


@given(BODIES)
def test_byte_by_byte_is_the_same(body: bytes) -> None:
    assert parsed(body, list(range(1, len(body)))) == parsed(body)


@pytest.mark.parametrize("recording", RECORDED, ids=[recording.name for recording in RECORDED])
def test_recorded_streams_read_the_same_in_any_chunks(recording: Recording) -> None:
    whole = parsed(recording.body)
    assert whole == by_the_standard(recording.body)
    for size in (1, 7, 4096):
        assert parsed(recording.body, list(range(size, len(recording.body), size))) == whole
    crlf = recording.body.replace(b"\n", b"\r\n")
    assert parsed(crlf, list(range(3, len(crlf), 3))) == whole


def test_close_gives_a_last_event_without_its_blank_line() -> None:
    parser = SseParser()
    assert list(parser.feed(b"event: x\ndata: a\ndata: b")) == []
    assert parser.close() == Message("x", "a\nb")
    assert parser.close() is None


@pytest.mark.parametrize("body", [b"", b": comment", b"event: x\n", b"data: a\n\n", b"data: a\n\nevent: x"])
def test_close_gives_nothing_where_no_data_waits(body: bytes) -> None:
    parser = SseParser()
    list(parser.feed(body))
    assert parser.close() is None


@pytest.mark.parametrize("chunk", [1, 3, 64])
def test_a_line_may_be_as_long_as_the_limit_and_no_longer(chunk: int) -> None:
    def feed(length: int) -> list[Message]:
        parser = SseParser(limit=20)
        body = b"data: " + b"x" * (length - 6) + b"\n\n"
        return [
            message
            for start in range(0, len(body), chunk)
            for message in parser.feed(body[start : start + chunk])
        ]

    assert feed(20) == [Message("", "x" * 14)]
    with pytest.raises(OversizedEvent, match="longer than 20 bytes"):
        feed(21)


def test_a_comment_line_has_the_same_limit() -> None:
    with pytest.raises(OversizedEvent):
        list(SseParser(limit=20).feed(b":" + b"x" * 20))


def test_an_event_may_not_grow_without_end() -> None:
    parser = SseParser(limit=50)
    assert len(list(parser.feed(b"data: 0123456789\n" * 4 + b"\n"))) == 1
    with pytest.raises(OversizedEvent, match="larger than 50 bytes"):
        list(parser.feed(b"data: 0123456789\n" * 5))


def test_empty_data_lines_count_too() -> None:
    with pytest.raises(OversizedEvent):
        list(SseParser(limit=1000).feed(b"data\n" * 1001))


def test_empty_data_lines_take_no_more_than_full_ones() -> None:
    limit = LIMIT // 16
    parser, chunks = SseParser(limit), repeat(b"data\n" * 10_000)
    tracemalloc.start()
    try:
        with pytest.raises(OversizedEvent):
            deque(chain.from_iterable(map(parser.feed, chunks)))
        assert tracemalloc.get_traced_memory()[1] < 3 * limit
    finally:
        tracemalloc.stop()


def test_what_came_before_the_giant_is_given_out() -> None:
    parser = SseParser(limit=20)
    messages = parser.feed(b"data: a\n\ndata: " + b"x" * 30 + b"\n\n")
    assert next(messages) == Message("", "a")
    with pytest.raises(OversizedEvent):
        next(messages)


def test_a_giant_line_is_held_only_up_to_the_limit() -> None:
    parser, chunk = SseParser(), b"x" * 65_536
    tracemalloc.start()
    try:
        with pytest.raises(OversizedEvent):
            list(chain.from_iterable(parser.feed(chunk) for _ in range(5000)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 << 20
