"""Events from JSON: every documented type, every bent value, and nothing that raises."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.protocol.events import (
    KNOWN_TYPES,
    AnnotationEvent,
    DeltaEvent,
    ErrorEvent,
    Event,
    ImageEvent,
    ItemEvent,
    PartEvent,
    ProgressEvent,
    ResponseEvent,
    TextEvent,
    UnknownEvent,
    parse_event,
)
from chatapp.protocol.json_types import LARGEST_INDEX
from tests.kit.events import error_stream, file_search_stream, function_call_stream, reasoning_stream
from tests.kit.recordings import Recording, streams

RECORDED = streams()
PLACE = {"item_id": "i", "output_index": 2, "content_index": 3}

CASES: list[tuple[dict[str, Any], Event]] = []


def case(kind: type[Event], raw: dict[str, Any], *fields: Any) -> None:
    CASES.append((raw, kind(raw["type"], raw.get("sequence_number"), raw, *fields)))


case(ResponseEvent, {"type": "response.created", "sequence_number": 0, "response": {"id": "r"}}, {"id": "r"})
case(ResponseEvent, {"type": "response.completed"}, {})
case(
    ItemEvent,
    {"type": "response.output_item.added", "output_index": 1, "item": {"id": "i"}},
    1,
    {"id": "i"},
    False,
)
case(ItemEvent, {"type": "response.output_item.done", "item": {"id": "i"}}, None, {"id": "i"}, True)
case(
    PartEvent, {"type": "response.content_part.added", **PLACE, "part": {"a": 1}}, "i", 2, 3, {"a": 1}, False
)
case(PartEvent, {"type": "response.content_part.done", "part": 7}, None, None, None, {}, True)
case(
    PartEvent,
    {"type": "response.reasoning_summary_part.added", "item_id": "i", "summary_index": 4, "part": {}},
    "i",
    None,
    4,
    {},
    False,
)
case(DeltaEvent, {"type": "response.output_text.delta", **PLACE, "delta": "x"}, "output_text", "i", 2, 3, "x")
case(DeltaEvent, {"type": "response.output_text.delta", "delta": None}, "output_text", None, None, None, "")
case(DeltaEvent, {"type": "response.reasoning.delta", "delta": "x"}, "reasoning_text", None, None, None, "x")
case(
    DeltaEvent,
    {"type": "response.mcp_call.arguments.delta", "delta": "{"},
    "arguments",
    None,
    None,
    None,
    "{",
)
case(
    TextEvent,
    {"type": "response.function_call_arguments.done", "item_id": "i", "arguments": "{}"},
    "arguments",
    "i",
    None,
    None,
    "{}",
)
case(
    TextEvent,
    {"type": "response.refusal.done", "content_index": 0, "refusal": "no"},
    "refusal",
    None,
    None,
    0,
    "no",
)
case(UnknownEvent, {"type": "response.output_text.done", "text": 7})
case(
    AnnotationEvent,
    {"type": "response.output_text.annotation.added", **PLACE, "annotation_index": 5, "annotation": {"a": 1}},
    "i",
    2,
    3,
    5,
    {"a": 1},
)
case(
    AnnotationEvent,
    {"type": "response.output_text.annotation.added", "annotation": None},
    None,
    None,
    None,
    None,
    None,
)
case(ProgressEvent, {"type": "response.file_search_call.searching", "item_id": "i"}, "i", None, "searching")
case(
    ImageEvent,
    {"type": "response.image_generation_call.partial_image", "partial_image_b64": "aGk="},
    None,
    None,
    "aGk=",
)
case(UnknownEvent, {"type": "response.telepathy.delta", "sequence_number": 9, "delta": "?"})
case(Event, {"type": "keepalive"})
case(
    TextEvent,
    {"type": "response.shell_call_command.added", "command": "ls", "command_index": 1, "output_index": 2},
    "command",
    None,
    2,
    1,
    "ls",
)
case(
    DeltaEvent,
    {"type": "response.shell_call_output_content.delta", **PLACE, "delta": {"stdout": "a", "stderr": "b"}},
    "output",
    "i",
    2,
    3,
    "ab",
)
case(
    TextEvent,
    {"type": "response.shell_call_output_content.done", "output": [{"stdout": "a"}, 7, {"stderr": "b"}]},
    "output",
    None,
    None,
    None,
    "ab",
)


@pytest.mark.parametrize(("raw", "event"), CASES, ids=[raw["type"] for raw, _ in CASES])
def test_each_shape(raw: dict[str, Any], event: Event) -> None:
    assert parse_event(raw) == event


@pytest.mark.parametrize("index", [True, -1, 1.0, "1", None, [], LARGEST_INDEX, LARGEST_INDEX + 1])
def test_only_a_natural_number_is_an_index(index: Any) -> None:
    event = parse_event(
        {"type": "response.output_text.delta", "output_index": index, "sequence_number": index}
    )
    assert isinstance(event, DeltaEvent)
    expected = index if index == LARGEST_INDEX else None
    assert (event.output_index, event.sequence) == (expected, expected)


def test_the_event_line_names_what_has_no_type() -> None:
    assert isinstance(parse_event({"delta": "x"}, "response.output_text.delta"), DeltaEvent)
    assert isinstance(parse_event({"type": "response.created"}, "response.output_text.delta"), ResponseEvent)
    assert isinstance(parse_event({"error": {"message": "No."}}), ErrorEvent)
    assert isinstance(parse_event({"object": "error", "type": "BadRequestError", "code": 400}), ErrorEvent)
    assert isinstance(parse_event({}), UnknownEvent)


@pytest.mark.parametrize("nested", [True, False])
def test_both_forms_of_an_error_read_alike(nested: bool) -> None:
    event = parse_event(error_stream("a", nested=nested)[-1])
    assert isinstance(event, ErrorEvent)
    assert (event.error.code, event.error.message) == ("rate_limit_exceeded", "Slow down.")
    assert event.error.type == ("requests" if nested else None)


def test_an_error_keeps_the_rate_limit_headers() -> None:
    headers = {"X-RateLimit-Reset-Tokens": "2ms"}
    event = parse_event({"type": "error", "error": {"message": "m", "headers": headers}})
    assert isinstance(event, ErrorEvent)
    assert event.error.headers == (("x-ratelimit-reset-tokens", "2ms"),)


BUILT = [*file_search_stream("a", "b"), *reasoning_stream(["c d"], "e"), *function_call_stream("f", "{}")]


@pytest.mark.parametrize("raw", BUILT, ids=[f"{number}-{raw['type']}" for number, raw in enumerate(BUILT)])
def test_no_event_of_the_documented_order_is_unknown(raw: dict[str, Any]) -> None:
    assert not isinstance(parse_event(raw), UnknownEvent)


@pytest.mark.parametrize("recording", RECORDED, ids=[recording.name for recording in RECORDED])
def test_recorded_events_are_known_and_kept_whole(recording: Recording) -> None:
    for line in recording.body.decode().split("\n"):
        if not line.startswith("data: {"):
            continue
        try:
            raw = json.loads(line[6:])
        except ValueError:
            continue
        event = parse_event(raw)
        assert event.raw is raw
        assert not isinstance(event, UnknownEvent), raw["type"]


ON_WEBSOCKETS_ONLY = {f"response.steer{end}" for end in ("", ".accepted", ".failed", ".pending")}


def test_every_type_of_the_reference_has_a_shape(shared: Path) -> None:
    """The table of §3 of the protocol notes, read from the file."""
    table = (shared / "PROTOCOL.md").read_text().split("## 3.")[1].split("## 4.")[0]
    documented = set(re.findall(r"^\| `([a-z._]+)` \|", table, re.MULTILINE))
    assert len(documented) > 55
    assert documented - KNOWN_TYPES == ON_WEBSOCKETS_ONLY


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        "item_id",
        "output_index",
        "content_index",
        "summary_index",
        "annotation_index",
        "sequence_number",
        "delta",
        "text",
        "part",
        "item",
        "response",
        "annotation",
        "error",
        "message",
        "code",
        "param",
        "arguments",
        "refusal",
        "partial_image_b64",
        "type",
        "detail",
    ]
)


@given(
    st.sampled_from(sorted(KNOWN_TYPES)),
    st.dictionaries(FIELDS, JSON_VALUES, max_size=8),
    st.text(max_size=8),
)
def test_no_payload_raises(kind: str, fields: dict[str, Any], name: str) -> None:
    for raw in ({"type": kind, **fields}, fields):
        event = parse_event(raw, name)
        assert event.raw is raw
        assert isinstance(event.type, str)
        if isinstance(event, ErrorEvent):
            assert event.error.message
