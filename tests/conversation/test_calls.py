"""Which calls of an answer wait, and the items that answer them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.calls import (
    NOT_RUN,
    PendingCall,
    Result,
    answered_calls,
    answers,
    answers_in,
    only_answers,
    parsed,
    pending_calls,
    results_in,
    without_force,
)
from chatapp.conversation.turn import AnswerFold, answer_from_response
from chatapp.protocol.events import parse_event
from chatapp.protocol.json_types import JsonObject
from tests.kit.events import StreamBuilder, response_object
from tests.kit.recordings import Recording, server_recordings


def answer_of(*items: JsonObject, status: str = "completed") -> Answer:
    return answer_from_response(response_object(output=items, status=status))


def call(call_id: str | None = "call_1", name: str = "get_time", **fields: Any) -> JsonObject:
    own = {} if call_id is None else {"call_id": call_id}
    return {"type": "function_call", **own, "name": name, "arguments": "{}", "status": "completed", **fields}


APPROVAL: JsonObject = {
    "type": "mcp_approval_request",
    "id": "mcpr_1",
    "server_label": "dice",
    "name": "roll",
    "arguments": '{"expression": "2d4 + 1"}',
}
CUSTOM: JsonObject = {
    "type": "custom_tool_call",
    "id": "ctc_1",
    "call_id": "call_9",
    "name": "sql",
    "input": "x",
}


@pytest.mark.parametrize(
    ("items", "waiting"),
    [
        pytest.param([call()], [PendingCall("call_1", "get_time", "{}")], id="one"),
        pytest.param(
            [call("call_1"), call("call_2", "get_weather", arguments='{"city": "Oslo"}')],
            [PendingCall("call_1", "get_time", "{}"), PendingCall("call_2", "get_weather", '{"city": "Oslo"}')],
            id="parallel",
        ),
        pytest.param([call("fc_77")], [PendingCall("fc_77", "get_time", "{}")], id="llama-server: no item id"),
        pytest.param([call(None, id="fc_1")], [PendingCall("fc_1", "get_time", "{}")], id="no call_id"),
        pytest.param([call(None)], [], id="nothing to refer to"),
        pytest.param([call(arguments='{"a":')], [PendingCall("call_1", "get_time", '{"a":')], id="not JSON"),
        pytest.param([call(), call(id="fc_2")], [PendingCall("call_1", "get_time", "{}")], id="sent twice"),
        pytest.param(
            [call(), call(arguments="[1]")],
            [PendingCall("call_1", "get_time", "{}"), PendingCall("call_1", "get_time", "[1]")],
            id="two calls of one id",
        ),
        pytest.param([call(status="incomplete")], [], id="cut by the token cap"),
        pytest.param([{**call(), "status": None}], [PendingCall("call_1", "get_time", "{}")], id="no status"),
        pytest.param(
            [call(namespace="crm")], [PendingCall("call_1", "get_time", "{}", namespace="crm")], id="namespace"
        ),
        pytest.param([CUSTOM], [PendingCall("call_9", "sql", "x", "custom")], id="custom tool"),
        pytest.param(
            [APPROVAL],
            [PendingCall("mcpr_1", "roll", '{"expression": "2d4 + 1"}', "approval", "dice")],
            id="approval",
        ),
        pytest.param(
            [call(), {"type": "function_call_output", "call_id": "call_1", "output": "12"}], [], id="run there"
        ),
        pytest.param(
            [APPROVAL, {"type": "mcp_call", "id": "mcp_1", "approval_request_id": "mcpr_1"}], [], id="approved there"
        ),
        pytest.param([{"type": "file_search_call", "id": "fs_1", "queries": []}], [], id="a hosted tool"),
    ],
)  # fmt: skip
def test_calls_that_wait(items: list[JsonObject], waiting: list[PendingCall]) -> None:
    assert list(pending_calls(answer_of(*items))) == waiting


@pytest.mark.parametrize("status", Status)
def test_only_an_answer_that_ended_by_itself_waits(status: Status) -> None:
    waits = bool(pending_calls(replace(answer_of(call()), status=status)))
    assert waits == (status in (Status.COMPLETED, Status.INCOMPLETE))


def test_calls_beside_text_wait_too() -> None:
    builder = StreamBuilder().begin().message("Let me look.").function_call("get_time", "{}")
    fold = AnswerFold("c", "t")
    for event in builder.function_call("get_weather", '{"city": "Oslo"}').end():
        fold.apply(parse_event(event))
    assert [entry.name for entry in pending_calls(fold.answer)] == ["get_time", "get_weather"]


RECORDED = [entry for entry in server_recordings() if entry.name in ("ogx-function-1", "llmock-function-1")]


@pytest.mark.parametrize("recording", RECORDED, ids=lambda recording: recording.name)
def test_a_recorded_call_waits(recording: Recording) -> None:
    fold = AnswerFold("c", "t")
    for payload in recording.payloads:
        fold.apply(parse_event(payload))
    (waiting,) = pending_calls(fold.answer)
    assert (waiting.name, waiting.kind) == ("get_weather", "function")
    assert waiting.call_id.startswith("call_")


@pytest.mark.parametrize(
    ("waiting", "result", "item"),
    [
        (
            PendingCall("call_1", "f", "{}"),
            Result("18 °C"),
            {"type": "function_call_output", "call_id": "call_1", "output": "18 °C"},
        ),
        (
            PendingCall("call_1", "f", "{}"),
            Result("half written", done=False),
            {"type": "function_call_output", "call_id": "call_1", "output": NOT_RUN},
        ),
        (
            PendingCall("call_9", "sql", "x", "custom"),
            Result("3 rows"),
            {"type": "custom_tool_call_output", "call_id": "call_9", "output": "3 rows"},
        ),
        (
            PendingCall("mcpr_1", "roll", "{}", "approval"),
            Result(),
            {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True},
        ),
        (
            PendingCall("mcpr_1", "roll", "{}", "approval"),
            Result("No dice today.", done=False),
            {
                "type": "mcp_approval_response",
                "approval_request_id": "mcpr_1",
                "approve": False,
                "reason": "No dice today.",
            },
        ),
    ],
)
def test_the_item_that_answers(waiting: PendingCall, result: Result, item: JsonObject) -> None:
    assert answers([waiting], [result]) == (item,)
    read = results_in([waiting], [item])
    text = "" if not result.done and waiting.kind != "approval" else result.text
    assert read == (Result(text, result.done),)


def test_every_call_needs_its_result() -> None:
    with pytest.raises(ValueError, match="zip"):
        answers(pending_calls(answer_of(call("a"), call("b"))), [Result("1")])


CALLS = st.builds(
    PendingCall,
    st.sampled_from(["a", "b", "c"]),
    st.just("f"),
    st.text(max_size=3),
    st.sampled_from(["function", "custom"]),
)
RESULTS = st.builds(Result, st.text(max_size=5).filter(lambda text: text != NOT_RUN))


@given(st.lists(st.tuples(CALLS, RESULTS), max_size=6))
def test_results_are_found_again_in_order(pairs: list[tuple[PendingCall, Result]]) -> None:
    calls, results = [one for one, _ in pairs], [two for _, two in pairs]
    items = answers(calls, results)
    assert results_in(calls, items) == tuple(results)
    assert answers_in(items) == items
    assert only_answers(items) == bool(items)


def test_an_output_made_of_parts_is_read_as_text() -> None:
    parts = [{"type": "input_text", "text": "one"}, {"type": "input_text", "text": "two"}]
    item = {"type": "function_call_output", "call_id": "call_1", "output": parts}
    assert results_in([PendingCall("call_1", "f", "{}")], [item]) == (Result("one\ntwo"),)


def test_a_message_beside_results_is_not_only_results() -> None:
    message = {"type": "message", "role": "user", "content": "hi"}
    (output,) = answers([PendingCall("call_1", "f", "{}")], [Result("1")])
    assert not only_answers([output, message])
    assert not only_answers([])
    assert answers_in([message, output]) == (output,)


@pytest.mark.parametrize("text", ["", "{", "[" * 101 + "]" * 101, "[" * 100_000])
def test_arguments_that_nobody_reads_as_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting|deep"):
        parsed(text)


def test_a_call_that_nothing_answers_is_not_sent_again() -> None:
    output = {"type": "function_call_output", "call_id": "call_1", "output": "1"}
    message = {"type": "message", "role": "user", "content": "hi"}
    sent = [call("call_1"), call("call_2"), CUSTOM, APPROVAL, output, message]
    assert answered_calls(sent) == [call("call_1"), output, message]


def test_a_call_that_came_twice_is_sent_again_once() -> None:
    output = {"type": "function_call_output", "call_id": "call_1", "output": "1"}
    assert answered_calls([call(), call(), output]) == [call(), output]


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (None, None),
        ("auto", "auto"),
        ("none", "none"),
        ("required", "auto"),
        ({"type": "function", "name": "f"}, "auto"),
        (
            {"type": "allowed_tools", "mode": "required", "tools": []},
            {"type": "allowed_tools", "mode": "auto", "tools": []},
        ),
    ],
)
def test_a_choice_that_forces_a_call_is_loosened(asked: object, sent: object) -> None:
    assert without_force(asked) == sent
