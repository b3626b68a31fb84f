"""The reducer against recorded traffic, and against the ways in which servers bend the stream."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.answer import Answer, Logprob, OutputItem, Part, Status, UnknownEvents
from chatapp.conversation.changes import ARGUMENTS, Change, ItemChanged, TextGrew
from chatapp.conversation.failures import Remedy
from chatapp.conversation.turn import PARTIAL_IMAGE, AnswerFold, answer_from_response
from chatapp.protocol.events import parse_event
from chatapp.protocol.sse import SseParser
from tests.kit.recordings import Recording, streams

STREAMS = streams()
FINAL = ("response.completed", "response.failed", "response.incomplete")
LEAKED = re.compile(r" <\|[0-9a-f-]{36}\|>")
"""ogx leaves the ids of its documents in the text."""


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
            return LEAKED.sub("", "".join(part.get("text", "") for part in parts))
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
    "an id that differs between the events of one item": (
        [
            added({"type": "message", "id": "a", "content": []}, output_index=0),
            delta("one ", item_id="b", output_index=0),
            delta("two", item_id="b", output_index=0),
            {
                "type": "response.output_item.done",
                "output_index": 0,
                "item": {
                    "type": "message",
                    "id": "c",
                    "content": [{"type": "output_text", "text": "One two"}],
                },
            },
        ],
        [("message", "One two")],
    ),
    "two messages announced at one place": (
        [
            added({"type": "message", "id": "a", "content": []}, output_index=0),
            delta("one", item_id="a", output_index=0),
            added({"type": "message", "id": "b", "content": []}, output_index=0),
            delta("two", item_id="b", output_index=0),
        ],
        [("message", "one"), ("message", "two")],
    ),
    "a message without id and status, its content a string": (
        [
            added({"type": "message", "content": None}),
            {"type": "response.output_item.done", "item": {"type": "message", "content": "All of it"}},
        ],
        [("message", "All of it")],
    ),
    "a content index that goes on in the next item": (
        [
            added({"type": "reasoning", "id": "r"}, output_index=0),
            {
                "type": "response.reasoning_part.added",
                "item_id": "r",
                "content_index": 0,
                "part": {"type": "reasoning_text", "text": ""},
            },
            {"type": "response.reasoning_text.delta", "item_id": "r", "content_index": 0, "delta": "hm"},
            added({"type": "message", "id": "m"}, output_index=1),
            {
                "type": "response.content_part.added",
                "item_id": "m",
                "content_index": 1,
                "part": {"type": "output_text"},
            },
            delta("yes", item_id="m", content_index=1),
            {"type": "response.output_text.done", "item_id": "m", "content_index": 1, "text": "yes"},
        ],
        [("reasoning", "hm"), ("message", "yes")],
    ),
    "an item that is no object": (
        [{"type": "response.output_item.added", "item": 7}, delta("a")],
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
    "flat error": (
        {"type": "error", "code": "404", "message": "no such model"},
        Status.ERROR,
        "unknown_model",
    ),
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


def test_an_error_before_the_answer_is_not_said_to_be_in_the_middle_of_one() -> None:
    answer, _ = fold([{"type": "error", "message": "It broke."}])
    assert answer.failure is not None
    assert (answer.failure.kind, answer.status) == ("failed", Status.ERROR)
    assert Remedy.CONTINUE not in answer.failure.remedies


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


@pytest.mark.parametrize("stage", ["completed", "incomplete", "failed", "cancelled"])
@pytest.mark.parametrize(
    "output",
    [
        [{"type": "message", "id": "m", "content": []}],
        [{"type": "message", "id": "other", "content": [{"type": "output_text", "text": ""}]}],
        [{"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "Hm."}]}],
    ],
    ids=["no content", "an empty text", "no message"],
)
def test_words_that_the_final_response_leaves_out_stay(stage: str, output: list[Any]) -> None:
    response = {"id": "r", "status": stage, "output": output}
    answer, _ = fold([delta("said", item_id="m"), {"type": f"response.{stage}", "response": response}])
    assert answer.text == "said"
    assert answer.response == response
    assert [item.type for item in answer.items].count("message") == 1


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


@pytest.mark.parametrize("stage", ["created", "in_progress", "completed", "incomplete", "cancelled"])
def test_after_an_error_nothing_makes_an_answer_whole_again(stage: str) -> None:
    error = {"type": "error", "message": "It broke."}
    answer, _ = fold([delta("half"), error, {"type": f"response.{stage}", "response": {"id": "r"}}])
    assert (answer.status, answer.text) == (Status.ERROR, "half")
    assert answer.failure is not None
    assert "It broke." in answer.failure.details


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


def shown(*payloads: dict[str, Any]) -> OutputItem:
    """The only item that the events make."""
    (item,) = fold(list(payloads))[0].items
    return item


def about(call: str, *pieces: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Events of one call, its item first."""
    place = {"item_id": "i", "output_index": 0}
    begin = added({"type": call, "id": "i", "status": "in_progress"}, output_index=0)
    return [begin, *({"type": f"response.{kind}", **place, **fields} for kind, fields in pieces)]


PIECES: dict[str, tuple[str, list[tuple[str, dict[str, Any]]], tuple[str, str, list[str]]]] = {
    "function": (
        "function_call",
        [
            ("function_call_arguments.delta", {"delta": '{"a"'}),
            ("function_call_arguments.done", {"arguments": '{"a":1}'}),
        ],
        ("in_progress", '{"a":1}', []),
    ),
    "custom tool": (
        "custom_tool_call",
        [
            ("custom_tool_call_input.delta", {"delta": "SEL"}),
            ("custom_tool_call_input.done", {"input": "SELECT"}),
        ],
        ("in_progress", "SELECT", []),
    ),
    "MCP": (
        "mcp_call",
        [
            ("mcp_call.in_progress", {}),
            ("mcp_call_arguments.delta", {"delta": "{"}),
            ("mcp_call_arguments.done", {"arguments": "{}"}),
            ("mcp_call.failed", {}),
        ],
        ("failed", "{}", []),
    ),
    "MCP as ogx writes it": (
        "mcp_call",
        [("mcp_call.arguments.delta", {"delta": "{"}), ("mcp_call.arguments.done", {"arguments": "{}"})],
        ("in_progress", "{}", []),
    ),
    "list of tools": ("mcp_list_tools", [("mcp_list_tools.completed", {})], ("completed", "", [])),
    "file search": ("file_search_call", [("file_search_call.searching", {})], ("searching", "", [])),
    "web search": ("web_search_call", [("web_search_call.searching", {})], ("searching", "", [])),
    "code": (
        "code_interpreter_call",
        [
            ("code_interpreter_call_code.delta", {"delta": "1+"}),
            ("code_interpreter_call_code.done", {"code": "1+1"}),
            ("code_interpreter_call.interpreting", {}),
        ],
        ("interpreting", "1+1", []),
    ),
    "image": ("image_generation_call", [("image_generation_call.generating", {})], ("generating", "", [])),
    "compaction": ("compaction", [("compaction.compacting", {})], ("compacting", "", [])),
    "shell": (
        "shell_call",
        [
            ("shell_call_command.added", {"command_index": 0, "command": ""}),
            ("shell_call_command.delta", {"command_index": 0, "delta": "ls -"}),
            ("shell_call_command.delta", {"command_index": 0, "delta": "l"}),
            ("shell_call_command.added", {"command_index": 1, "command": "p"}),
            ("shell_call_command.done", {"command_index": 1, "command": "pwd"}),
        ],
        ("in_progress", "", ["ls -l", "pwd"]),
    ),
    "what a shell printed": (
        "shell_call_output",
        [
            ("shell_call_output_content.delta", {"command_index": 0, "delta": {"stdout": "a\n"}}),
            ("shell_call_output_content.delta", {"command_index": 0, "delta": {"stderr": "no\n"}}),
            (
                "shell_call_output_content.done",
                {"command_index": 1, "output": [{"stdout": "/", "stderr": ""}]},
            ),
        ],
        ("in_progress", "", ["a\nno\n", "/"]),
    ),
}


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("case", PIECES)
def test_calls_grow_piece_by_piece(case: str, announced: bool) -> None:
    """Also where no event announces the item: its type follows from that of the pieces."""
    call, pieces, expected = PIECES[case]
    events = about(call, *pieces)
    item = shown(*events if announced else events[1:])
    assert item.type == call
    assert (item.stage, item.arguments, [part.text for part in item.parts]) == expected


def test_every_event_of_the_reference_is_folded_or_left_out_on_purpose(shared: Path) -> None:
    """With a field of every name that matters, each changes the answer, or stands in the list."""
    table = (shared / "PROTOCOL.md").read_text().split("## 3.")[1].split("## 4.")[0]
    documented = set(re.findall(r"^\| `([a-z._]+)` \|", table, re.MULTILINE))
    fields = {
        "delta": "x", "text": "x", "refusal": "x", "arguments": "x", "input": "x", "code": "x", "command": "x",
        "output": [{"stdout": "x"}], "part": {"type": "output_text", "text": "x"}, "partial_image_b64": "eA==",
        "annotation": {"type": "file_path"}, "item": {"type": "message", "content": "x"},
        "response": {"id": "r", "status": "x"}, "message": "x",
    }  # fmt: skip
    shell = {"delta": {"stdout": "x"}}
    without_effect = set()
    for kind in documented:
        state = AnswerFold("conversation", "turn")
        state.apply(parse_event({**fields, **(shell if "shell_call_output" in kind else {}), "type": kind}))
        if not state.answer.items and state.answer == replace(Answer(), unknown=state.answer.unknown):
            without_effect.add(kind)
    assert without_effect == {
        # Nothing here plays sound; its transcript is shown.
        "response.audio.delta",
        "response.audio.done",
        "response.audio.transcript.done",
        # WebSockets only: counted as unknown.
        "response.steer",
        "response.steer.accepted",
        "response.steer.failed",
        "response.steer.pending",
    }


def test_the_preview_of_an_image_is_kept_apart_from_the_image() -> None:
    previews = [
        {"type": "response.image_generation_call.partial_image", "item_id": "i", "partial_image_b64": text}
        for text in ("b25l", "dHdv")
    ]
    item = shown(added({"type": "image_generation_call", "id": "i", "result": None}), *previews)
    assert (item.raw[PARTIAL_IMAGE], item.raw["result"]) == ("dHdv", None)
    whole = {"type": "image_generation_call", "id": "i", "status": "completed", "result": "ZG9uZQ=="}
    done = {"type": "response.output_item.done", "item": whole}
    assert shown(*previews, done).raw == whole


NOTE = {"type": "url_citation", "url": "https://a.example", "start_index": 0, "end_index": 2}


def note_added(note: Any, **place: Any) -> dict[str, Any]:
    return {"type": "response.output_text.annotation.added", "annotation": note, **place}


def test_annotations_come_from_everywhere_and_stand_once() -> None:
    part = {"type": "output_text", "text": "So it is", "annotations": [NOTE]}
    message = {"type": "message", "id": "m", "content": [part]}
    events = [
        delta("So it is", item_id="m"),
        note_added(NOTE, item_id="m"),
        note_added(None, item_id="m"),
        note_added(NOTE, item_id="m"),
        {"type": "response.content_part.done", "item_id": "m", "part": part},
        {"type": "response.output_item.done", "item": message},
        {"type": "response.completed", "response": {"output": [message]}},
    ]
    for upto in range(2, len(events) + 1):
        assert fold(events[:upto])[0].items[0].parts == (Part("output_text", "So it is", (NOTE,)),)


@pytest.mark.parametrize("end", ["response.output_item.done", "response.completed"])
def test_what_only_the_stream_said_of_a_text_stays_with_it(end: str) -> None:
    """Some servers leave annotations and probabilities out of the whole objects. Another text has none of them."""
    logprobs = [
        {"token": "So", "logprob": -0.5, "bytes": [83, 111], "top_logprobs": [{"token": "No", "logprob": -1}]}
    ]
    stream = [delta("So", item_id="m", logprobs=logprobs), note_added(NOTE, item_id="m")]
    for text, expected in (
        ("So", ((NOTE,), (Logprob("So", -0.5, (Logprob("No", -1.0),)),))),
        ("No", ((), ())),
    ):
        message = {
            "type": "message",
            "id": "m",
            "content": [{"type": "output_text", "text": text, "annotations": []}],
        }
        answer, _ = fold([*stream, {"type": end, "item": message, "response": {"output": [message]}}])
        (part,) = answer.items[0].parts
        assert (part.text, (part.annotations, part.logprobs)) == (text, expected)


def test_leaked_markers_never_reach_the_screen_and_offsets_follow() -> None:
    """Nor the model, nor the search. The server's own words stay in the response."""
    raw = "Dogs bark 【4:0†source】. Cats do not."
    pieces = [raw[at : at + 3] for at in range(0, len(raw), 3)]
    link = {**NOTE, "start_index": raw.index("Cats"), "end_index": len(raw)}
    message = {
        "type": "message",
        "id": "m",
        "content": [{"type": "output_text", "text": raw, "annotations": [link]}],
    }
    streamed, changes = fold(
        [*(delta(piece, item_id="m") for piece in pieces), note_added(link, item_id="m")]
    )
    final, _ = fold([{"type": "response.completed", "response": {"output": [message]}}])
    for answer in (streamed, final):
        assert answer.text == "Dogs bark. Cats do not."
        (note,) = answer.items[0].parts[0].annotations
        assert answer.text[note["start_index"] : note["end_index"]] == "Cats do not."
    assert "†" not in "".join(change.text for change in changes if isinstance(change, TextGrew))
    assert final.items[0].raw["content"][0]["text"] == raw


def test_a_marker_that_is_never_closed_is_released() -> None:
    answer, changes = fold([delta("So ", item_id="m"), delta("<|fi", item_id="m")])
    assert answer.text == "So <|fi"
    assert [type(change) for change in changes] == [ItemChanged]


def test_text_that_was_seen_while_it_was_held_back_is_told_again() -> None:
    state = AnswerFold("conversation", "turn")
    state.apply(parse_event(delta("So ", item_id="m")))
    assert state.apply(parse_event(delta("【4", item_id="m"))) == ()
    assert state.answer.text == "So 【4"
    (change,) = state.apply(parse_event(delta(":0†source】.", item_id="m")))
    assert isinstance(change, ItemChanged)
    assert change.value.text == state.answer.text == "So."


def test_ogx_results_name_the_files_of_the_markers() -> None:
    recorded = [recording for recording in STREAMS if recording.name == "ogx-filesearch"]
    if not recorded:
        pytest.skip("needs the recordings beside the repository")
    answer, _ = fold(payloads_of(recorded[0]))
    assert answer.text == "Marmalade Station opened in 1937. It has four platforms."
    places = {
        (note["filename"], note["index"])
        for item in answer.items
        for part in item.parts
        for note in part.annotations
    }
    assert places == {("marmalade.md", 32), ("harbour.txt", 55), ("marmalade.md", 56)}


def test_unknown_events_are_counted_and_the_first_of_each_type_kept() -> None:
    large = {"type": "acme:big", "x": "y" * 30_000}
    answer, _ = fold([{"type": "acme:thing", "x": 1}, {"type": "acme:thing", "x": 2}, large, {"no": "type"}])
    assert answer.unknown == (
        UnknownEvents("acme:thing", 2, {"type": "acme:thing", "x": 1}),
        UnknownEvents("acme:big", 1, {}),
        UnknownEvents("", 1, {"no": "type"}),
    )
    answer, _ = fold([{"type": f"acme:{number}"} for number in range(1_000)])
    assert len(answer.unknown) < 50


@pytest.mark.parametrize(
    ("stated", "status"),
    [
        ("failed", Status.FAILED),
        ("incomplete", Status.INCOMPLETE),
        ("cancelled", Status.STOPPED),
        ("in_progress", Status.COMPLETED),
        (7, Status.COMPLETED),
    ],
)
def test_a_failure_dressed_as_completed_is_a_failure(stated: Any, status: Status) -> None:
    answer, _ = fold([delta("a"), {"type": "response.completed", "response": {"status": stated}}])
    assert (answer.status, answer.text) == (status, "a")


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("error", {"code": "server_error", "message": "It broke."}, Status.FAILED),
        ("incomplete_details", {"reason": "max_output_tokens"}, Status.INCOMPLETE),
        ("error", None, Status.COMPLETED),
        ("incomplete_details", {"reason": None}, Status.COMPLETED),
    ],
)
def test_completed_is_not_believed_against_its_own_object(field: str, value: Any, status: Status) -> None:
    response = {"id": "r", "status": "completed", field: value, "output": []}
    answer, _ = fold([delta("a"), {"type": "response.completed", "response": response}])
    assert (answer.status, answer.text) == (status, "a")
    assert answer_from_response(response).status is status
    assert (answer.failure is None) == (status is Status.COMPLETED)


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
