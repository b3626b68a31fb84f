"""Requests: what is echoed, what is refused and how it is worded, who may follow whom."""

import base64
import threading
import time
from typing import Any

import pytest

from tests.engine.process import Json, RunningEngine, quotes_of, request, text_of

OPEN_RESPONSES_FIELDS = """
    id object created_at completed_at status incomplete_details model previous_response_id instructions output error
    tools tool_choice truncation parallel_tool_calls text top_p presence_penalty frequency_penalty top_logprobs
    temperature reasoning usage max_output_tokens max_tool_calls store background service_tier metadata
    safety_identifier prompt_cache_key
"""

ACCEPTED: dict[str, Any] = {
    "instructions": "Be brief.",
    "max_output_tokens": 500,
    "max_tool_calls": 3,
    "metadata": {"a": "b"},
    "parallel_tool_calls": False,
    "prompt_cache_key": "key",
    "prompt_cache_options": {"mode": "explicit", "ttl": "12h"},
    "image": {"context_compression": "disabled"},
    "reasoning": {"effort": "low", "summary": "auto"},
    "safety_identifier": "someone",
    "service_tier": "flex",
    "temperature": 0.2,
    "text": {"verbosity": "low"},
    "top_p": 0.5,
    "truncation": "auto",
    "user": "someone",
}

FUNCTION = {"type": "function", "name": "weather", "parameters": {}}


def said(part: dict[str, Any]) -> dict[str, Any]:
    """A request whose message has this one part."""
    return {"input": [{"role": "user", "content": [part]}]}


def searched(**fields: Any) -> dict[str, Any]:
    """A request with this file_search."""
    return {"tools": [{"type": "file_search", **fields}]}


def formatted(**fields: Any) -> dict[str, Any]:
    return {"text": {"format": fields}}


PART = "input[0].content[0]"
REFUSED: list[tuple[dict[str, Any], int, str | None, str]] = [
    ({"model": None}, 400, "model", "missing_required_parameter"),
    ({"model": "gpt-none"}, 404, "model", "model_not_found"),
    ({"input": None}, 400, "input", "missing_required_parameter"),
    ({"input": 7}, 400, "input", "invalid_type"),
    ({"input": []}, 400, "input", "invalid_value"),
    ({"input": [{"role": "king", "content": "x"}]}, 400, "input[0].role", "invalid_value"),
    ({"input": [{"role": "user"}]}, 400, "input[0].content", "missing_required_parameter"),
    ({"input": [{"type": "web_search_call", "id": []}]}, 400, "input[0].id", "invalid_type"),
    ({"input": [{"role": "user", "content": "x", "id": "msg_1"}] * 2}, 400, "input", "invalid_value"),
    ({"input": [{"type": "dance"}]}, 400, "input[0].type", "invalid_value"),
    (said({"type": "input_text"}), 400, f"{PART}.text", "missing_required_parameter"),
    (said({"type": "input_image", "image_url": "data:"}), 400, PART, "unsupported_parameter"),
    (said({"type": "input_file", "file_url": "http://x/"}), 400, f"{PART}.file_url", "unsupported_parameter"),
    (said({"type": "input_file", "file_id": "file-x"}), 404, f"{PART}.file_id", "None"),
    (said({"type": "input_file", "file_data": "%"}), 400, f"{PART}.file_data", "invalid_value"),
    ({"temperature": "hot"}, 400, "temperature", "invalid_type"),
    ({"temperature": True}, 400, "temperature", "invalid_type"),
    ({"temperature": 2.1}, 400, "temperature", "decimal_above_max_value"),
    ({"temperature": -1}, 400, "temperature", "decimal_below_min_value"),
    ({"top_p": 1.5}, 400, "top_p", "decimal_above_max_value"),
    ({"max_output_tokens": 15}, 400, "max_output_tokens", "integer_below_min_value"),
    ({"max_output_tokens": 99.5}, 400, "max_output_tokens", "invalid_type"),
    ({"metadata": {str(n): "" for n in range(17)}}, 400, "metadata", "object_above_max_properties"),
    ({"metadata": {"k" * 65: ""}}, 400, "metadata", "string_above_max_length"),
    ({"metadata": {"k": "v" * 513}}, 400, "metadata.k", "string_above_max_length"),
    ({"metadata": {"k": 1}}, 400, "metadata.k", "invalid_type"),
    ({"store": "yes"}, 400, "store", "invalid_type"),
    ({"stream": 1}, 400, "stream", "invalid_type"),
    ({"stream_options": {"include_obfuscation": True}}, 400, "stream_options", "invalid_value"),
    ({"include": ["everything"]}, 400, "include[0]", "invalid_value"),
    ({"truncation": "some"}, 400, "truncation", "invalid_value"),
    ({"service_tier": "gold"}, 400, "service_tier", "invalid_value"),
    ({"reasoning": {"effort": "heroic"}}, 400, "reasoning.effort", "invalid_value"),
    (formatted(type="json_object"), 400, "text.format", "unsupported_parameter"),
    (formatted(type="json_schema", name="x", schema={}), 400, "text.format", "unsupported_parameter"),
    (formatted(type="poem"), 400, "text.format.type", "invalid_value"),
    ({"top_logprobs": 5}, 400, "top_logprobs", "unsupported_parameter"),
    ({"background": True, "store": False}, 400, "store", "invalid_value"),
    ({"background_options": {"completion_window": "2h"}}, 400, "background_options.completion_window",
     "unsupported_parameter"),
    ({"conversation": "conv_1"}, 404, "conversation", "None"),
    ({"conversation": {"name": "x"}}, 400, "conversation.name", "unknown_parameter"),
    ({"include": ["message.output_text.logprobs"]}, 400, "include", "unsupported_parameter"),
    ({"context_management": [{"type": "compaction"}]}, 400, "context_management", "unsupported_parameter"),
    ({"prompt_cache_options": {"ttl": "1h"}}, 400, "prompt_cache_options.ttl", "invalid_value"),
    ({"image": {"size": 1}}, 400, "image.size", "unknown_parameter"),
    ({"prompt": {"id": "pmpt_1"}}, 400, "prompt", "unsupported_parameter"),
    ({"prompt": {}}, 400, "prompt", "unsupported_parameter"),
    ({"moderation": {"model": "x"}}, 400, "moderation", "unsupported_parameter"),
    ({"access_programs": {"cyber": "standard"}}, 400, "access_programs", "unsupported_parameter"),
    ({"conversation": "c", "previous_response_id": "resp_1"}, 400, "conversation", "mutually_exclusive_parameters"),
    ({"previous_response_id": "resp_none"}, 400, "previous_response_id", "previous_response_not_found"),
    ({"tools": {}}, 400, "tools", "invalid_type"),
    ({"tools": [{}]}, 400, "tools[0].type", "missing_required_parameter"),
    ({"tools": [{"type": "teleport"}]}, 400, "tools[0].type", "invalid_value"),
    ({"tools": [{"type": "web_search"}]}, 400, "tools[0].type", "unsupported_parameter"),
    (searched(), 400, "tools[0].vector_store_ids", "missing_required_parameter"),
    (searched(vector_store_ids=[]), 400, "tools[0].vector_store_ids", "invalid_array_length"),
    (searched(vector_store_ids=["vs_none"]), 404, "tools[0].vector_store_ids", "None"),
    (searched(vector_store_ids=["v"], max_num_results=51), 400, "tools[0].max_num_results", "integer_above_max_value"),
    (searched(vector_store_ids=["v"], filters={"type": "like"}), 400, "tools[0].filters.type", "invalid_value"),
    ({"tools": [FUNCTION]}, 400, "tools", "unsupported_parameter"),
    ({"tools": [FUNCTION], "tool_choice": "required"}, 400, "tools", "unsupported_parameter"),
    ({"tools": [FUNCTION | {"name": "no spaces"}]}, 400, "tools[0].name", "invalid_value"),
    ({"tools": [FUNCTION | {"defer_loading": True}]}, 400, "tools[0].defer_loading", "unsupported_parameter"),
    ({"tool_choice": {"type": "function", "name": "weather"}}, 400, "tool_choice", "invalid_value"),
    ({"tool_choice": {"type": "function"}}, 400, "tool_choice.name", "missing_required_parameter"),
    ({"tool_choice": {"type": "mcp", "server_label": "x"}}, 400, "tool_choice", "unsupported_parameter"),
    ({"tool_choice": {"type": "allowed_tools", "tools": []}}, 400, "tool_choice.mode", "missing_required_parameter"),
    (formatted(type="json_schema", schema={}), 400, "text.format.name", "missing_required_parameter"),
    ({"tool_choice": "required"}, 400, "tool_choice", "invalid_value"),
    ({"tool_choice": {"type": "file_search"}}, 400, "tool_choice", "invalid_value"),
    ({"magic": 1}, 400, "magic", "unknown_parameter"),
]  # fmt: skip


def test_defaults_are_filled_in_and_all_fields_are_there(engine: RunningEngine, guide: str) -> None:
    response = engine.ask("hello", guide)
    assert set(OPEN_RESPONSES_FIELDS.split()) <= set(response)
    assert response["tools"] == [
        {
            "type": "file_search",
            "filters": None,
            "max_num_results": 20,
            "ranking_options": {"ranker": "auto", "score_threshold": 0.0},
            "vector_store_ids": [guide],
        }
    ]
    echoed = {
        name: response[name]
        for name in ("temperature", "top_p", "truncation", "text", "store", "service_tier")
    }
    assert echoed == {
        "temperature": 1.0,
        "top_p": 1.0,
        "truncation": "disabled",
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "store": True,
        "service_tier": "default",
    }


def test_what_was_given_is_echoed(engine: RunningEngine) -> None:
    response = engine.call("POST", "/responses", json=request("hello", **ACCEPTED))
    given = ACCEPTED | {
        "text": {"format": {"type": "text"}, "verbosity": "low"},
        "reasoning": response["reasoning"],
        "service_tier": "default",
    }
    assert {name: response[name] for name in given} == given
    assert response["reasoning"]["effort"] == "low"


@pytest.mark.parametrize(("changes", "status", "param", "code"), REFUSED, ids=lambda value: str(value)[:50])
def test_a_wrong_request_is_refused_by_name(
    engine: RunningEngine, changes: dict[str, Any], status: int, param: str | None, code: str
) -> None:
    body = {name: value for name, value in (request("hello") | changes).items() if value is not None}
    error = engine.refused("POST", "/responses", status, json=body)
    assert (error["param"], str(error["code"]), error["type"]) == (param, code, "invalid_request_error")


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "invalid_json"),
        (b'{"input": NaN}', "application/json", 400, "invalid_json"),
        (b'{"temperature": 1e999}', "application/json", 400, "invalid_json"),
        (b"[" * 100_000, "application/json", 400, "invalid_json"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "application/json", 400, "invalid_json"),
        (b'{"input": "\\ud800", "model": "extractive"}', "application/json", 400, "invalid_json"),
        (b"\xff\xfe\xfd", "application/json", 400, "invalid_json"),
        (b"[]", "application/json", 400, "invalid_json"),
        (b'{"input": "x", "model": "extractive"}', "text/plain", 415, "unsupported_media_type"),
        (b" " * (72 * 2**20 + 1), "application/json", 413, "request_too_large"),
        (b'{"input": "%s"}' % (b"x" * (16 * 2**20)), "application/json", 413, "request_too_large"),
        (b'{"input": [%s[]]}' % (b"[]," * 1_000_000), "application/json", 400, "invalid_json"),
    ],
    ids=[
        "cut",
        "nan",
        "too large a number",
        "deep",
        "deeper than we go",
        "surrogate",
        "not text",
        "list",
        "text/plain",
        "large",
        "large text",
        "many lists",
    ],
)
def test_what_is_not_the_json_we_take_is_refused(
    engine: RunningEngine, content: bytes, kind: str, status: int, code: str
) -> None:
    options: dict[str, Any] = {"content": content, "headers": {"content-type": kind}}
    assert engine.refused("POST", "/responses", status, **options)["code"] == code


def test_no_route_and_no_method(engine: RunningEngine) -> None:
    assert engine.refused("GET", "/nowhere", 404)["code"] == "unknown_url"
    assert engine.refused("GET", "/models/", 404)["code"] == "unknown_url"
    assert engine.refused("PUT", "/responses", 405)["code"] == "method_not_allowed"
    assert (
        engine.refused("GET", "/responses/resp_none", 404)["message"]
        == "Response with id 'resp_none' not found."
    )
    assert engine.refused("DELETE", "/responses/resp_none", 404)
    assert engine.refused("GET", "/models/none", 404)["code"] == "model_not_found"


def test_a_function_that_must_not_be_called_may_stand_there(engine: RunningEngine) -> None:
    body = request("hello") | {"tools": [FUNCTION], "tool_choice": "none"}
    response = engine.call("POST", "/responses", json=body)
    assert response["tools"][0]["name"] == "weather"
    assert response["tools"][0]["strict"] is True


def test_a_request_that_only_warms_up_is_not_answered(engine: RunningEngine) -> None:
    response = engine.ask("hello", prompt_cache_options={"prewarm": True})
    assert (response["status"], response["output"]) == ("completed", [])


def test_tool_choice_none_searches_nothing(engine: RunningEngine, guide: str) -> None:
    response = engine.ask("How high is the tower?", guide, tool_choice="none")
    assert [item["type"] for item in response["output"]] == ["message"]


def test_delete_is_final(engine: RunningEngine) -> None:
    identity = engine.ask("hello")["id"]
    deleted = engine.call("DELETE", f"/responses/{identity}")
    assert deleted == {"id": identity, "object": "response.deleted", "deleted": True}
    assert engine.refused("GET", f"/responses/{identity}", 404)["code"] is None
    assert engine.refused("DELETE", f"/responses/{identity}", 404)
    assert engine.refused("GET", f"/responses/{identity}/input_items", 404)


def test_a_response_that_was_not_stored_cannot_be_followed(engine: RunningEngine) -> None:
    identity = engine.ask("hello", store=False)["id"]
    body = request("and?", previous_response_id=identity)
    assert engine.refused("POST", "/responses", 400, json=body)["code"] == "previous_response_not_found"


def test_what_follows_a_deleted_response_is_refused_and_not_answered_without_it(
    engine: RunningEngine,
) -> None:
    first = engine.ask("hello")["id"]
    second = engine.ask("and?", previous_response_id=first)["id"]
    third = engine.ask("and then?", previous_response_id=second)["id"]
    engine.call("DELETE", f"/responses/{second}")
    for previous in (second, third):
        body = request("at last?", previous_response_id=previous)
        error = engine.refused("POST", "/responses", 400, json=body)
        assert (error["code"], error["param"]) == ("previous_response_not_found", "previous_response_id")
        assert second in error["message"]
    assert engine.ask("at last?", previous_response_id=first)["status"] == "completed"


def test_a_follow_up_uses_the_question_before_it(engine: RunningEngine, guide: str) -> None:
    first = engine.ask(
        "Who may see the lighthouse and when are visitors admitted?", guide, instructions="Be kind."
    )
    followed = engine.ask("And what do children pay for it?", guide, previous_response_id=first["id"])
    assert "children pay nothing" in text_of(followed)
    assert followed["previous_response_id"] == first["id"]
    assert followed["instructions"] is None
    assert followed["output"][0]["queries"] == [
        "And what do children pay for it?",
        "Who may see the lighthouse and when are visitors admitted?",
    ]
    vague = engine.ask("And why is that?", guide, previous_response_id=first["id"])
    assert "Visitors are admitted" in text_of(vague)


def test_input_items_come_in_pages(engine: RunningEngine) -> None:
    words = ["A", "B", "C", "D", "E"]
    identity = engine.ask([{"role": "user", "content": word} for word in words])["id"]
    path = f"/responses/{identity}/input_items"

    def page(**query: Any) -> tuple[str, bool]:
        found = engine.call("GET", path, params=query)
        ids = [item["id"] for item in found["data"]]
        assert found["object"] == "list"
        assert (found["first_id"], found["last_id"]) == ((ids[0], ids[-1]) if ids else (None, None))
        return "".join(item["content"][0]["text"] for item in found["data"]), found["has_more"]

    items = {item["content"][0]["text"]: item["id"] for item in engine.call("GET", path)["data"]}
    assert page() == ("EDCBA", False)
    assert page(order="asc") == ("ABCDE", False)
    assert page(limit=2) == ("ED", True)
    assert page(limit=2, after=items["D"]) == ("CB", True)
    assert page(limit=2, after=items["B"]) == ("A", False)
    assert page(order="asc", limit=2, before=items["D"]) == ("BC", True)
    assert page(after=items["A"]) == ("", False)
    for query, param in ((("limit", "0"), "limit"), (("limit", "101"), "limit"), (("limit", "x"), "limit"),
                         (("order", "up"), "order"), (("after", "msg_none"), "after")):  # fmt: skip
        assert engine.refused("GET", path, 400, params=[query])["param"] == param
    assert engine.call("GET", path)["data"][0] == {
        "id": items["E"],
        "type": "message",
        "status": "completed",
        "content": [{"type": "input_text", "text": "E"}],
        "role": "user",
    }


def test_what_else_a_refusal_part_holds_is_not_its_text(engine: RunningEngine) -> None:
    part = {"type": "refusal", "refusal": "I cannot say.", "text": 5}
    response = engine.ask([{"role": "assistant", "content": [part]}, {"role": "user", "content": "Why?"}])
    assert response["status"] == "completed"


def test_a_large_file_in_a_message_is_no_large_text(engine: RunningEngine) -> None:
    data = base64.b64encode(b"<p>The gate is green.</p><!--" + b"-" * (3 * 2**22) + b"-->").decode()
    assert len(data) > 16 * 2**20
    part = {"type": "input_file", "filename": "gate.html", "file_data": data}
    question = {"type": "input_text", "text": "Which colour has the gate?"}
    response = engine.ask([{"role": "user", "content": [part, question]}], store=False)
    assert quotes_of(response) == ["The gate is green."]


def test_a_large_image_in_a_message_is_refused_for_what_it_is(engine: RunningEngine) -> None:
    address = "data:image/png;base64," + "A" * 17 * 2**20
    refused = engine.refused(
        "POST",
        "/responses",
        400,
        json={**said({"type": "input_image", "image_url": address}), "model": "extractive"},
    )
    assert refused["param"] == PART


def test_a_long_text_keeps_nobody_else_waiting(engine: RunningEngine, guide: str) -> None:
    """5 MB pasted after the question: it is answered, and others are meanwhile."""
    pasted = "How high is the tower? " + "zebra crossing the motorway " * 180_000
    answers: list[Json] = []
    asking = threading.Thread(target=lambda: answers.append(engine.ask(pasted, guide, store=False)))
    asking.start()
    longest = 0.0
    while asking.is_alive():
        began = time.monotonic()
        engine.call("GET", "/models")
        longest = max(longest, time.monotonic() - began)
    asking.join()
    assert quotes_of(answers[0])
    assert longest < 0.4
    (queries,) = [item["queries"] for item in answers[0]["output"] if item["type"] == "file_search_call"]
    assert len(queries[0]) == 4096
