"""The table of parameters: every row checks its values, sends exactly them, and reads a server's echo of them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.parameters import (
    BY_NAME,
    PARAMETERS,
    InvalidParameter,
    agrees,
    in_force,
    range_words,
    search_field,
    spread,
    validate,
    value_at,
)
from chatapp.conversation.request_builder import build_request, user_message

FUNCTION = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather “now”\n",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "additionalProperties": False,
    },
    "strict": True,
}
EQUAL = {"type": "eq", "key": "year", "value": 2026}
NESTED = {
    "type": "and",
    "filters": [EQUAL, {"type": "or", "filters": [{"type": "in", "key": "kind", "value": ["a", 1]}]}],
}
SCHEMA = {"type": "json_schema", "name": "item", "schema": {"type": "object"}, "strict": True}
DEEP: Any = "x"
for _ in range(80):
    DEEP = {"items": DEEP}

GOOD: dict[str, list[Any]] = {
    "model": ["gpt-5.6"],
    "reasoning.effort": ["low", "ultra"],
    "reasoning.summary": ["auto", "concise", "detailed"],
    "text.verbosity": ["high"],
    "temperature": [0, 2, 0.35],
    "top_p": [0, 1],
    "max_output_tokens": [16, 4096],
    "instructions": ["", "Be brief."],
    "vector_stores": [["vs_1"], ["vs_1", "vs_2"]],
    "max_num_results": [1, 50],
    "text.format": [{"type": "text"}, {"type": "json_object"}, SCHEMA, {**SCHEMA, "strict": None}],
    "tools": [
        [FUNCTION],
        [{"type": "function", "name": "f", "parameters": None}],
        [{"type": "file_search", "vector_store_ids": ["vs_1"], "filters": NESTED, "max_num_results": 3}],
        [{"type": "web_search", "filters": {"allowed_domains": ["a.org"]}, "search_context_size": "low"}],
        [{"type": "mcp", "server_label": "wiki", "server_url": "https://a.org", "require_approval": "never"}],
        [{"type": "code_interpreter", "container": {"type": "auto"}}, {"type": "image_generation"}],
        [{"type": "custom", "name": "sql"}, {"type": "a_kind_of_tomorrow", "any": [1]}],
        [{"type": "namespace", "name": "crm", "tools": [FUNCTION]}],
    ],
    "tool_choice": [
        "none", "auto", "required",
        {"type": "function", "name": "f"},
        {"type": "custom", "name": "f"},
        {"type": "file_search"},
        {"type": "mcp", "server_label": "wiki", "name": None},
        {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "f"}]},
        {"type": "apply_patch"}, {"type": "shell"}, {"type": "programmatic_tool_calling"},
    ],
    "parallel_tool_calls": [True, False],
    "max_tool_calls": [1, 30],
    "store": [True, False],
    "background": [True, False],
    "truncation": ["auto"],
    "service_tier": ["flex", "ultrafast"],
    "metadata": [{}, {"a": "b"}],
    "file_search.filters": [EQUAL, NESTED, {"type": "nin", "key": "k", "value": ["a"]}],
    "file_search.ranking_options": [
        {"ranker": "auto", "score_threshold": 0.5},
        {"hybrid_search": {"embedding_weight": 1, "text_weight": 0.25}},
    ],
    "reasoning.context": ["all_turns"],
    "reasoning.mode": ["pro", "another"],
    "reasoning.generate_summary": ["detailed"],
    "include": [["reasoning.encrypted_content"], ["what.comes.next"]],
    "top_logprobs": [0, 20],
    "stream_options": [{"include_obfuscation": False}],
    "background_options": [{"completion_window": "soonest", "continuation_id": "x"}],
    "conversation": ["conv_1", {"id": "conv_1"}],
    "prompt": [{"id": "pmpt_1"}, {"id": "p", "version": "2", "variables": {"a": "b", "c": {"type": "input_text"}}}],
    "context_management": [[{"type": "compaction"}], [{"type": "compaction", "compact_threshold": 1000}]],
    "image": [{"context_compression": "enabled"}],
    "prompt_cache_key": ["me"],
    "prompt_cache_options": [{"mode": "explicit", "ttl": "12h", "prewarm": True}],
    "prompt_cache_retention": ["24h"],
    "safety_identifier": ["x" * 128],
    "user": ["me"],
    "moderation": [{"model": "omni", "policy": {"input": {"mode": "block"}, "output": None}}],
    "access_programs": [{"cyber": "standard"}],
    "input": ["Hello", [{"type": "message", "role": "user", "content": "Hi"}], [{"role": "user", "content": "Hi"}]],
    "previous_response_id": ["resp_1"],
    "stream": [True, False],
}  # fmt: skip

BAD: dict[str, list[tuple[Any, str]]] = {
    "model": [("", ""), (" ", ""), (3, "")],
    "reasoning.effort": [("", ""), (1, "")],
    "reasoning.summary": [("long", ""), (True, "")],
    "text.verbosity": [("loud", ""), ([], "")],
    "temperature": [(-0.1, ""), (2.1, ""), ("1", ""), (True, ""), (float("nan"), ""), (float("inf"), "")],
    "top_p": [(1.5, ""), ({}, "")],
    "max_output_tokens": [(15, ""), (20.5, ""), (float("inf"), "")],
    "instructions": [(1, ""), ([], "")],
    "vector_stores": [("vs_1", ""), ([""], "[0]"), (["a", 1], "[1]")],
    "max_num_results": [(0, ""), (51, ""), (2.5, "")],
    "text.format": [
        ("json", ""),
        ({}, ".type"),
        ({"type": "xml"}, ".type"),
        ({**SCHEMA, "name": "two words"}, ".name"),
        ({**SCHEMA, "name": "x" * 65}, ".name"),
        ({"type": "json_schema", "name": "x"}, ".schema"),
        ({**SCHEMA, "schema": []}, ".schema"),
        ({**SCHEMA, "schema": {"properties": {"a": {"type": "strnig"}}}}, ".schema.properties.a.type"),
        ({**SCHEMA, "schema": {"items": {"enum": 3}}}, ".schema.items.enum"),
        ({**SCHEMA, "schema": DEEP}, ".schema"),
        ({**SCHEMA, "strict": "yes"}, ".strict"),
    ],
    "tools": [
        ({}, ""),
        (["web_search"], "[0]"),
        ([{}], "[0].type"),
        ([FUNCTION, {"type": "function"}], "[1].name"),
        ([{"type": "function", "name": "what now"}], "[0].name"),
        ([{"type": "function", "name": "f", "parameters": "none"}], "[0].parameters"),
        ([{"type": "function", "name": "f", "parameters": {"type": "text"}}], "[0].parameters.type"),
        ([{"type": "function", "name": "f", "strict": 1}], "[0].strict"),
        ([{"type": "file_search"}], "[0].vector_store_ids"),
        ([{"type": "file_search", "vector_store_ids": []}], "[0].vector_store_ids"),
        ([{"type": "file_search", "vector_store_ids": ["a"], "max_num_results": 51}], "[0].max_num_results"),
        (
            [
                {
                    "type": "file_search",
                    "vector_store_ids": ["a"],
                    "filters": {**NESTED, "filters": [EQUAL, {}]},
                }
            ],
            "[0].filters.filters[1].type",
        ),
        ([{"type": "web_search", "search_context_size": "huge"}], "[0].search_context_size"),
        (
            [{"type": "web_search_preview", "filters": {"allowed_domains": "a"}}],
            "[0].filters.allowed_domains",
        ),
        ([{"type": "mcp", "server_label": "x"}], "[0].server_url"),
        ([{"type": "code_interpreter"}], "[0].container"),
        ([{"type": "namespace", "name": "n", "tools": [{"type": "function"}]}], "[0].tools[0].name"),
    ],
    "tool_choice": [
        ("any", ""),
        (1, ""),
        ({}, ".type"),
        ({"type": "function"}, ".name"),
        ({"type": "mcp"}, ".server_label"),
        ({"type": "allowed_tools", "mode": "all", "tools": [{"type": "shell"}]}, ".mode"),
        ({"type": "allowed_tools", "mode": "auto", "tools": []}, ".tools"),
        ({"type": "allowed_tools", "mode": "auto", "tools": [{}]}, ".tools[0].type"),
    ],
    "parallel_tool_calls": [("yes", ""), (0, "")],
    "max_tool_calls": [(0, ""), (1.5, ""), ("3", "")],
    "store": [("yes", ""), (1, "")],
    "background": [("on", ""), ([], "")],
    "truncation": [("some", ""), (True, "")],
    "service_tier": [("gold", ""), (1, "")],
    "metadata": [
        ({"a": 1}, ".a"),
        ({"": "x"}, ""),
        ({"k" * 65: "x"}, ""),
        ({"k": "x" * 513}, ".k"),
        ({str(n): "x" for n in range(17)}, ""),
        ([], ""),
    ],
    "file_search.filters": [
        ({"type": "like", "key": "a", "value": "b"}, ".type"),
        ({"type": "eq", "value": "b"}, ".key"),
        ({"type": "eq", "key": "a"}, ".value"),
        ({"type": "eq", "key": "a", "value": {}}, ".value"),
        ({"type": "in", "key": "a", "value": "b"}, ".value"),
        ({"type": "in", "key": "a", "value": [{}]}, ".value[0]"),
        ({"type": "or", "filters": []}, ".filters"),
        ({"type": "and", "filters": [EQUAL, {"type": "gt", "key": "a", "value": []}]}, ".filters[1].value"),
        ([], ""),
    ],
    "file_search.ranking_options": [
        ([], ""),
        ({"score_threshold": 2}, ".score_threshold"),
        ({"ranker": ""}, ".ranker"),
        ({"hybrid_search": {"text_weight": 1}}, ".hybrid_search.embedding_weight"),
        ({"hybrid_search": {"embedding_weight": -1, "text_weight": 1}}, ".hybrid_search.embedding_weight"),
    ],
    "reasoning.context": [("none", ""), (1, "")],
    "reasoning.mode": [("", ""), (1, "")],
    "reasoning.generate_summary": [("long", ""), (1, "")],
    "include": [("x", ""), ([1], "[0]"), (["a", ""], "[1]")],
    "top_logprobs": [(21, ""), (-1, ""), (1.5, "")],
    "stream_options": [(True, ""), ({"include_obfuscation": "no"}, ".include_obfuscation")],
    "background_options": [("2h", ""), ({"completion_window": "1h"}, ".completion_window")],
    "conversation": [("", ""), (1, ""), ({}, ".id"), ({"id": ""}, ".id")],
    "prompt": [("p", ""), ({}, ".id"), ({"id": "p", "variables": []}, ".variables")],
    "context_management": [
        ([], ""),
        ({}, ""),
        ([{}], "[0].type"),
        ([{"type": "compaction", "compact_threshold": 0}], "[0].compact_threshold"),
    ],
    "image": [("auto", ""), ({"context_compression": "on"}, ".context_compression")],
    "prompt_cache_key": [("", ""), (1, "")],
    "prompt_cache_options": [({"ttl": "1h"}, ".ttl"), ({"prewarm": 1}, ".prewarm"), ([], "")],
    "prompt_cache_retention": [("1h", ""), (24, "")],
    "safety_identifier": [("x" * 129, ""), ("", "")],
    "user": [("", ""), (1, "")],
    "moderation": [({}, ".model"), ({"model": "m", "policy": {"input": {}}}, ".policy.input.mode")],
    "access_programs": [({"cyber": "red"}, ".cyber"), ("standard", "")],
    "input": [("", ""), (1, ""), ({}, ""), (["Hi"], "[0]"), ([{"role": 1}], "[0].role")],
    "previous_response_id": [("", ""), (1, "")],
    "stream": [("yes", ""), (1, "")],
}
NAMES = {row.name for row in PARAMETERS}
NEEDED: dict[str, dict[str, Any]] = {
    "max_num_results": {"vector_stores": ["vs_1"]},
    "file_search.filters": {"vector_stores": ["vs_1"]},
    "file_search.ranking_options": {"vector_stores": ["vs_1"]},
}
"""What has to be set beside a parameter for it to be sent at all."""


def built(parameters: dict[str, Any]) -> dict[str, Any]:
    return build_request([], [user_message("now")], parameters, "one", False, "").request


def test_every_row_is_tried() -> None:
    assert set(GOOD) == NAMES
    assert set(BAD) == NAMES
    assert {name for name, values in BAD.items() if len(values) < 2} == set()
    assert len(BY_NAME) == len(PARAMETERS)


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in GOOD.items() for value in values]
)
def test_a_good_value_passes_and_is_sent_as_it_is(name: str, value: Any) -> None:
    assert validate(name, value) == value
    request = built({name: value, **NEEDED.get(name, {})})
    field = search_field(name)
    assert (value_at(request["tools"][0], field) if field else value_at(request, name)) == value


@pytest.mark.parametrize(
    ("name", "value", "below"),
    [(name, value, below) for name, values in BAD.items() for value, below in values],
)
def test_a_bad_value_names_its_place_and_is_not_sent(name: str, value: Any, below: str) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        validate(name, value)
    assert refusal.value.name == name
    assert refusal.value.path == name + below
    assert str(refusal.value) == f"{name}{below} {refusal.value.need}."
    with pytest.raises(InvalidParameter):
        built({name: value, **{key: other for key, other in NEEDED.get(name, {}).items() if key != name}})


def test_a_row_says_what_values_it_takes() -> None:
    said = {row.name: range_words(row) for row in PARAMETERS if range_words(row)}
    assert said == {
        "temperature": "From 0 to 2.",
        "top_p": "From 0 to 1.",
        "max_output_tokens": "At least 16 tokens.",
        "max_num_results": "From 1 to 50 passages.",
        "max_tool_calls": "At least 1.",
        "top_logprobs": "From 0 to 20 tokens.",
        "safety_identifier": "At most 128 characters.",
    }


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="heat is no parameter"):
        validate("heat", 1)


def test_numbers_and_texts_come_in_their_json_type() -> None:
    assert type(validate("max_num_results", 20.0)) is int
    assert validate("temperature", 1) == 1


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"conversation": "conv", "previous_response_id": "resp"}, "conversation"),
    ({"reasoning.summary": "auto", "reasoning.generate_summary": "auto"}, "reasoning.generate_summary"),
    ({"stream": False, "stream_options": {"include_obfuscation": False}}, "stream_options"),
    ({"background_options": {"completion_window": "2h"}}, "background_options.completion_window"),
    (
        {"background_options": {"completion_window": "8h"}, "background": True, "stream": True},
        "background_options.completion_window",
    ),
    (
        {"background_options": {"completion_window": "8h"}, "background": True, "service_tier": "flex"},
        "background_options.completion_window",
    ),
]


@pytest.mark.parametrize(("parameters", "path"), BROKEN)
def test_what_cannot_go_together_is_told_before_it_is_sent(parameters: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        built(parameters)
    assert refusal.value.path == path
    assert refusal.value.name in NAMES


def test_a_value_below_a_row_is_checked_in_the_request() -> None:
    with pytest.raises(InvalidParameter, match=r"text\.format\.type must be one of"):
        built({"text.format.type": "xml"})


def test_what_a_parameter_calls_for_comes_along() -> None:
    assert built({"top_logprobs": 2})["include"] == ["message.output_text.logprobs"]
    assert built({"top_logprobs": 2, "include": ["message.output_text.logprobs"]})["include"] == [
        "message.output_text.logprobs"
    ]
    hours = {"background": True, "background_options": {"completion_window": "2h"}}
    assert built(hours)["stream"] is False


def test_an_object_is_set_by_its_rows() -> None:
    given = {"effort": "low", "summary": "auto", "new": 1}
    assert spread("reasoning", given) == {
        "reasoning.effort": "low",
        "reasoning.summary": "auto",
        "reasoning.new": 1,
    }
    assert spread("prompt", {"id": "p"}) == {"prompt": {"id": "p"}}
    assert spread("presence_penalty", {"a": 1}) == {"presence_penalty": {"a": 1}}


def test_what_was_in_force_is_read_from_the_echo() -> None:
    search = {"type": "file_search", "vector_store_ids": ["vs"], "max_num_results": 20, "filters": None}
    response = {
        "temperature": 1.0,
        "reasoning": {"effort": "medium"},
        "text": None,
        "tools": [search, FUNCTION],
        "conversation": {"id": "conv_1"},
    }
    expected = {
        "temperature": 1.0,
        "reasoning.effort": "medium",
        "text.verbosity": None,
        "vector_stores": ["vs"],
        "max_num_results": 20,
        "file_search.filters": None,
        "tools": [FUNCTION],
        "conversation": {"id": "conv_1"},
        "store": None,
    }
    assert {name: in_force(response, name) for name in expected} == expected
    assert in_force({}, "tools") is None


@pytest.mark.parametrize("name", sorted(NAMES - {"input"}))
def test_every_row_is_read_back_from_an_echo(name: str) -> None:
    for value in GOOD[name]:
        request = built({name: value, **NEEDED.get(name, {})})
        expected = value
        if name == "tools":
            expected = [tool for tool in value if tool["type"] != "file_search"]
        assert in_force(request, name) == expected


def test_an_echo_that_says_more_agrees() -> None:
    assert agrees([{"type": "function", "name": "f"}], [{"type": "function", "name": "f", "strict": True}])
    assert agrees("conv", {"id": "conv"})
    assert not agrees([{"name": "f"}], [{"name": "g"}])
    assert not agrees([1], [1, 2])
    assert not agrees({"a": 1}, None)


STEPS = {step for row in PARAMETERS for step in row.name.split(".")}
DEEPER = {"type", "name", "filters", "value", "key", "schema", "mode", "server_url", "container", "", "id"}
FIELDS = sorted(STEPS | DEEPER)
TEXTS = st.sampled_from(["eq", "and", "in", "function", "mcp", "json_schema", "file_search", "auto", "x", ""])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.sampled_from(sorted(NAMES)), ANY_JSON)
def test_whatever_is_given_is_taken_or_refused_by_name(name: str, value: Any) -> None:
    try:
        taken = validate(name, value)
    except InvalidParameter as refusal:
        told = (refusal.name, refusal.path[: len(name)])
        taken = None
    else:
        told = (name, name)
    assert told == (name, name)
    assert taken is None or (taken, validate(name, taken)) == (value, taken)


@given(st.dictionaries(st.sampled_from([*sorted(NAMES), "text", "reasoning", "x.y"]), ANY_JSON, max_size=5))
def test_whatever_is_set_is_sent_or_refused(parameters: dict[str, Any]) -> None:
    try:
        request = built(parameters)
    except InvalidParameter:
        return
    json.dumps(request)
    for name in NAMES:
        in_force(request, name)
        agrees(in_force(request, name), request)
