"""The reducer against recorded traffic, and against the ways in which servers bend the stream."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.answer import Answer, OutputItem, Status
from chatapp.conversation.changes import ARGUMENTS, Change, ItemChanged, TextGrew
from chatapp.conversation.turn import AnswerFold, answer_from_response
from chatapp.protocol.events import parse_event
from chatapp.protocol.sse import SseParser
from tests.kit.recordings import Recording, streams

STREAMS = streams()
FINAL = ("response.completed", "response.failed", "response.incomplete")


def fold(payloads: list[Any]) -> tuple[Answer, list[Change]]:
    state = AnswerFold("conversation", "turn")
    changes = [change for payload in payloads for change in state.apply(parse_event(payload))]
    return state.answer, changes


def payloads_of(recording: Recording) -> list[Any]:
    """Every JSON payload of the body, read by the real parser; lines that are not JSON are left out."""
    parser = SseParser()
    messages = [*parser.feed(recording.body), parser.close()]
    payloads = []
    for message in messages:
        try:
            payloads.append(json.loads(message.data) if message else None)
        except ValueError:
            continue
    return [payload for payload in payloads if isinstance(payload, dict)]


def final_text(payloads: list[Any]) -> str | None:
    for payload in payloads:
        if payload.get("type") in FINAL and payload["response"].get("output"):
            items = payload["response"]["output"]
            parts = [part for item in items if item["type"] == "message" for part in item["content"]]
            return "".join(part.get("text", "") for part in parts)
    return None


@pytest.mark.skipif(not STREAMS, reason="needs the recordings beside the repository")
@pytest.mark.parametrize("recording", STREAMS, ids=lambda recording: recording.name)
def test_a_recorded_stream_folds_to_the_final_text(recording: Recording) -> None:
    payloads = payloads_of(recording)
    answer, _ = fold(payloads)
    expected = final_text(payloads)
    if expected is None:
        assert answer.response is None or not answer.response.get("output")
        return
    assert answer.text == expected
    streamed, _ = fold([payload for payload in payloads if payload.get("type") not in FINAL])
    assert streamed.text == expected
    assert not streamed.status.ended


@pytest.mark.skipif(not STREAMS, reason="needs the recordings beside the repository")
@pytest.mark.parametrize("recording", STREAMS, ids=lambda recording: recording.name)
def test_the_changes_alone_rebuild_the_streamed_items(recording: Recording) -> None:
    payloads = [payload for payload in payloads_of(recording) if payload.get("type") not in FINAL]
    answer, changes = fold(payloads)
    screen: dict[int, list[str]] = {}
    for change in changes:
        if isinstance(change, ItemChanged):
            screen[change.item] = [part.text for part in change.value.parts]
        elif isinstance(change, TextGrew) and change.part != ARGUMENTS:
            screen[change.item][change.part] += change.text
    assert [screen[place] for place in sorted(screen)] == [
        [part.text for part in item.parts] for item in answer.items
    ]


def delta(text: str, **place: Any) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "delta": text, **place}


def added(item: dict[str, Any], **place: Any) -> dict[str, Any]:
    return {"type": "response.output_item.added", "item": item, **place}


def texts(answer: Answer) -> list[tuple[str, str]]:
    return [(item.type, "".join(part.text for part in item.parts)) for item in answer.items]


BENT: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str]]]] = {
    "text before any item": ([delta("Hel"), delta("lo")], [("message", "Hello")]),
    "item ids and no indices": (
        [
            added({"type": "message", "id": "a", "content": []}),
            added({"type": "message", "id": "b", "content": []}),
            delta("two", item_id="b"),
            delta("one", item_id="a"),
        ],
        [("message", "one"), ("message", "two")],
    ),
    "indices and no ids": (
        [
            added({"type": "message", "content": []}, output_index=0),
            added({"type": "message", "content": []}, output_index=1),
            delta("one", output_index=0),
            delta("two", output_index=1),
        ],
        [("message", "one"), ("message", "two")],
    ),
    "reasoning under the message's id, its own item late": (
        [
            {"type": "response.reasoning_text.delta", "delta": "hm", "item_id": "msg", "output_index": 0},
            added({"type": "reasoning", "id": "rs", "summary": []}, output_index=0),
            added({"type": "message", "id": "msg", "content": []}, output_index=1),
            delta("yes", item_id="msg", output_index=1),
        ],
        [("reasoning", "hm"), ("message", "yes")],
    ),
    "a content index that climbs with every delta": (
        [delta(text, item_id="m", content_index=place) for place, text in enumerate("abc")],
        [("message", "abc")],
    ),
    "a second part announced, the first done late": (
        [
            delta("one", item_id="m", content_index=0),
            {
                "type": "response.content_part.added",
                "item_id": "m",
                "content_index": 1,
                "part": {"type": "output_text"},
            },
            delta(" two", item_id="m", content_index=1),
            {"type": "response.output_text.done", "text": "One", "item_id": "m", "content_index": 0},
        ],
        [("message", "One two")],
    ),
    "done repeats the text": (
        [delta("ab", item_id="m"), {"type": "response.output_text.done", "text": "ab", "item_id": "m"}],
        [("message", "ab")],
    ),
    "done repairs the text": (
        [delta("ab", item_id="m"), {"type": "response.output_text.done", "text": "abc", "item_id": "m"}],
        [("message", "abc")],
    ),
    "a done item without its text keeps what was streamed": (
        [
            delta("ab", item_id="m"),
            {"type": "response.output_item.done", "item": {"type": "message", "id": "m", "content": []}},
        ],
        [("message", "ab")],
    ),
    "fields of the wrong type": (
        [delta("a"), {"type": "response.output_text.delta", "delta": 7, "output_index": "x"}],
        [("message", "a")],
    ),
    "an event nobody knows": ([delta("a"), {"type": "acme:thing", "x": 1}, delta("b")], [("message", "ab")]),
}


@pytest.mark.parametrize("case", BENT)
def test_bent_streams_fold_to_what_was_meant(case: str) -> None:
    payloads, expected = BENT[case]
    answer, _ = fold(payloads)
    assert texts(answer) == expected


ENDS: dict[str, tuple[dict[str, Any], Status, str | None]] = {
    "completed": (
        {"type": "response.completed", "response": {"status": "completed"}},
        Status.COMPLETED,
        None,
    ),
    "incomplete": (
        {"type": "response.incomplete", "response": {"incomplete_details": {"reason": "max_output_tokens"}}},
        Status.INCOMPLETE,
        "incomplete",
    ),
    "failed": (
        {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "x"}}},
        Status.FAILED,
        "server_error",
    ),
    "flat error": ({"type": "error", "code": "404", "message": "no such model"}, Status.ERROR, "not_found"),
    "nested error": (
        {
            "type": "error",
            "error": {"type": "insufficient_quota", "code": "insufficient_quota", "message": "x"},
        },
        Status.ERROR,
        "quota",
    ),
    "an error with no type at all": ({"error": {"message": "x"}}, Status.ERROR, "error"),
}


@pytest.mark.parametrize("case", ENDS)
def test_ends_are_told_apart_and_keep_the_text(case: str) -> None:
    payload, status, kind = ENDS[case]
    answer, _ = fold([delta("kept"), payload, delta(" never shown")])
    assert answer.status is status
    assert (answer.failure.kind if answer.failure else None) == kind
    assert answer.text == "kept"


def test_a_stream_without_a_terminal_event_is_never_complete() -> None:
    answer, _ = fold([{"type": "response.created", "response": {"id": "r"}}, delta("half")])
    assert not answer.status.ended
    assert answer.response_id == "r"


def test_the_final_response_wins_over_the_stream() -> None:
    item = {"type": "message", "id": "m", "content": [{"type": "output_text", "text": "final"}]}
    response = {"id": "r2", "output": [item], "usage": {"total_tokens": 3}}
    answer, _ = fold([delta("draft"), {"type": "response.completed", "response": response}])
    assert answer.text == "final"
    assert answer.response == response
    assert answer.usage == {"total_tokens": 3}


def test_created_as_completed_is_still_in_progress() -> None:
    created = {"type": "response.created", "response": {"id": "r", "status": "completed"}}
    answer, _ = fold([created, delta("all "), delta("of it")])
    assert not answer.status.ended
    assert answer.text == "all of it"


def test_a_failed_response_after_an_error_is_kept_word_for_word() -> None:
    response = {"id": "r", "status": "failed", "error": {"code": "server_error", "message": "later words"}}
    error = {"type": "error", "error": {"code": "rate_limit_exceeded", "message": "first words"}}
    answer, _ = fold([delta("kept"), error, {"type": "response.failed", "response": response}])
    assert (answer.status, answer.response, answer.text) == (Status.FAILED, response, "kept")
    assert answer.failure is not None
    assert "first words" in answer.failure.details


def test_an_index_that_climbs_with_every_delta_costs_what_a_plain_stream_costs() -> None:
    deltas = [delta("x", item_id="m", output_index=0, content_index=place) for place in range(1_000)]
    answer, changes = fold(deltas)
    assert answer.text == "x" * 1_000
    assert len(answer.items[0].parts) == 1
    assert sum(isinstance(change, ItemChanged) for change in changes) == 1


def test_call_arguments_grow_and_are_repaired() -> None:
    call = {"type": "function_call", "id": "fc", "name": "f", "arguments": ""}
    grow = {"type": "response.function_call_arguments.delta", "item_id": "fc"}
    done = {"type": "response.function_call_arguments.done", "item_id": "fc", "arguments": '{"a":1}'}
    answer, changes = fold([added(call), {**grow, "delta": '{"a"'}, {**grow, "delta": ":1"}, done])
    assert answer.items[0].arguments == '{"a":1}'
    assert [change.part for change in changes if isinstance(change, TextGrew)] == [ARGUMENTS, ARGUMENTS]


def test_a_fetched_response_reads_like_a_streamed_one() -> None:
    response = {
        "id": "r",
        "status": "completed",
        "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "acme:new", "x": 1},
            {"type": "message", "content": [{"type": "refusal", "refusal": "no"}]},
        ],
    }
    answer = answer_from_response(response)
    assert [item.type for item in answer.items] == ["reasoning", "acme:new", "message"]
    assert answer.refusal == "no"
    assert answer.items[1].raw == {"type": "acme:new", "x": 1}
    assert answer.response == response


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "item", "part", "response", "text", "content", "delta", "error", "output"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
TYPES = [
    "response.created", "response.completed", "response.failed", "response.output_item.added", "error",
    "response.output_item.done", "response.content_part.done", "response.output_text.delta",
    "response.output_text.done", "response.output_text.annotation.added", "response.function_call_arguments.delta",
    "response.file_search_call.searching", "response.image_generation_call.partial_image",
]  # fmt: skip
FIELDS = [
    "item",
    "part",
    "response",
    "delta",
    "text",
    "annotation",
    "item_id",
    "output_index",
    "content_index",
    "error",
]


@given(
    st.lists(
        st.tuples(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(FIELDS), WILD, max_size=5)),
        max_size=8,
    )
)
def test_nothing_a_server_sends_raises(stream: list[tuple[str, dict[str, Any]]]) -> None:
    answer, changes = fold([{**fields, "type": kind} for kind, fields in stream])
    assert all(isinstance(item, OutputItem) for item in answer.items)
    assert isinstance(answer.text, str)
    assert all(isinstance(change, TextGrew | ItemChanged) for change in changes)
