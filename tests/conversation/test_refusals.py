"""Refused parameters, in the words of many servers; each message was seen on the wire or in a report of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.refusals import NEVER, Refusal, leave_out, refusals_in
from chatapp.protocol.errors import ApiError, parse_error

REQUEST: dict[str, Any] = {
    "model": "gpt-5",
    "input": [{"type": "message", "role": "user", "content": "hi"}],
    "instructions": "Be brief.",
    "tools": [{"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 5}],
    "temperature": 0.2,
    "top_p": 0.9,
    "reasoning": {"effort": "xhigh", "summary": "auto"},
    "text": {"verbosity": "low"},
    "include": ["file_search_call.results"],
    "stream_options": {"include_obfuscation": False},
    "metadata": {"a": "b"},
    "max_output_tokens": 5,
    "store": False,
    "background": True,
    "parallel_tool_calls": True,
    "tool_choice": {"type": "file_search"},
    "stream": True,
}


def error(message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


WHOLE: list[tuple[str, object, list[str]]] = [
    (
        "OpenAI, o3",
        error(
            "Unsupported parameter: 'temperature' is not supported with this model.",
            "temperature",
            "unsupported_parameter",
        ),
        ["temperature"],
    ),
    (
        "OpenAI, gpt-5",
        error(
            "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is "
            "supported.",
            "temperature",
            "unsupported_value",
        ),
        ["temperature"],
    ),
    ("words only", error("Unsupported parameter: 'temperature'"), ["temperature"]),
    (
        "nested",
        error(
            "Unsupported parameter: 'reasoning.effort' is not supported with this model.", "reasoning.effort"
        ),
        ["reasoning.effort"],
    ),
    (
        "Moonshot",
        {
            "error": {
                "message": "invalid temperature: only 1 is allowed for this model",
                "type": "invalid_request_error",
            }
        },
        ["temperature"],
    ),
    (
        "LiteLLM",
        {
            "error": {
                "message": "litellm.UnsupportedParamsError: gpt-5 models (including gpt-5-codex) don't support "
                "temperature=0.2. Only temperature=1 is supported.",
                "code": "400",
            }
        },
        ["temperature"],
    ),
    (
        "LiteLLM, several",
        {
            "error": {
                "message": "litellm.UnsupportedParamsError: ollama does not support parameters: "
                "['reasoning_effort', 'parallel_tool_calls'], for model=x.",
                "code": "400",
            }
        },
        ["reasoning.effort", "parallel_tool_calls"],
    ),
    (
        "OpenAI, unknown",
        error("Unknown parameter: 'stream_options'.", "stream_options", "unknown_parameter"),
        ["stream_options"],
    ),
    (
        "inside an object",
        error(
            "Unknown parameter: 'stream_options.include_obfuscation'.", "stream_options.include_obfuscation"
        ),
        ["stream_options.include_obfuscation"],
    ),
    ("OpenAI, old", error("Unrecognized request argument supplied: include"), ["include"]),
    ("in two words", {"error": {"message": "Unknown field: include", "code": 400}}, ["include"]),
    ("Go", {"error": 'json: unknown field "include"'}, ["include"]),
    (
        "serde",
        {"error": {"message": "unknown field `include`, expected one of `model`, `input`, `text`"}},
        ["include"],
    ),
    (
        "Google",
        {
            "error": {
                "code": 400,
                "message": 'Invalid JSON payload received. Unknown name "include": Cannot find field.',
            }
        },
        ["include"],
    ),
    ("Groq", error("property 'include' is unsupported"), ["include"]),
    (
        "a JSON schema",
        error("Additional properties are not allowed ('include', 'metadata' were unexpected)"),
        ["include", "metadata"],
    ),
    ("zod", error("Unrecognized key(s) in object: 'include', 'metadata'"), ["include", "metadata"]),
    (
        "FastAPI",
        {
            "detail": [
                {
                    "loc": ["body", "include"],
                    "msg": "Extra inputs are not permitted",
                    "type": "extra_forbidden",
                }
            ]
        },
        ["include"],
    ),
    (
        "FastAPI, several",
        {
            "detail": [
                {"loc": ["body", name], "msg": "Extra inputs are not permitted"}
                for name in ("include", "metadata")
            ]
        },
        ["include", "metadata"],
    ),
    ("FastAPI, a text", {"detail": "include: extra fields not permitted"}, ["include"]),
    ("a sentence", {"detail": "Parameter include is not supported"}, ["include"]),
    (
        "the engine",
        error(
            "This server does not run responses in the background. Leave out 'background', or set it to false.",
            "background",
        ),
        ["background"],
    ),
    (
        "an entry of a list",
        error("Invalid value: 'file_search_call.results'. This include is not supported.", "include[0]"),
        ["include"],
    ),
]


@pytest.mark.parametrize(("body", "parameters"), [row[1:] for row in WHOLE], ids=[row[0] for row in WHOLE])
def test_a_parameter_that_is_refused_altogether_is_named(body: object, parameters: list[str]) -> None:
    refusals = refusals_in(parse_error(body), 400, REQUEST)
    assert [refusal.parameter for refusal in refusals] == parameters
    assert {refusal.value for refusal in refusals} == {None}
    assert all(refusal.reason for refusal in refusals)


VALUES: list[tuple[str, object, str, Any]] = [
    (
        "OpenAI",
        error(
            "Unsupported value: 'xhigh' is not supported with the 'o3' model. "
            "Supported values are: 'low', 'medium', and 'high'.",
            "reasoning.effort",
            "unsupported_value",
        ),
        "reasoning.effort",
        "xhigh",
    ),
    (
        "LM Studio",
        error("Required", "text.format", "missing_required_parameter"),
        "text",
        {"verbosity": "low"},
    ),
    (
        "pydantic",
        {
            "detail": [
                {"loc": ["body", "reasoning", "effort"], "msg": "Input should be 'low', 'medium' or 'high'"}
            ]
        },
        "reasoning.effort",
        "xhigh",
    ),
    ("no words", error("Bad Request", "temperature"), "temperature", 0.2),
    (
        "Ollama",
        error('invalid reasoning value: "xhigh" (must be "high", "medium", "low", "max", or "none")'),
        "reasoning.effort",
        "xhigh",
    ),
    (
        "responses.js",
        {"success": False, "error": [{"path": ["reasoning", "effort"], "message": "Invalid enum value."}]},
        "reasoning.effort",
        "xhigh",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "parameter", "value"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES]
)
def test_a_value_that_is_refused_is_remembered_with_it(body: object, parameter: str, value: Any) -> None:
    (refusal,) = refusals_in(parse_error(body), 400, REQUEST)
    assert (refusal.parameter, refusal.value) == (parameter, value)


MENDED_BY_THE_USER: list[tuple[str, object, int | None]] = [
    (
        "ogx, out of range",
        {
            "error": {
                "message": "{'errors': [{'loc': ['body', 'temperature'], "
                "'msg': 'Input should be less than or equal to 2'}]}"
            }
        },
        400,
    ),
    (
        "below the least",
        error(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 5 instead.",
            "max_output_tokens",
            "integer_below_min_value",
        ),
        400,
    ),
    ("a cap it dislikes", error("Bad value", "max_output_tokens"), 400),
    (
        "a schema",
        error("Invalid schema for response_format 'x'", "text.format.schema", "invalid_json_schema"),
        400,
    ),
    (
        "the choice of a tool",
        error("Tool choice 'file_search' not found in 'tools' parameter.", "tool_choice"),
        400,
    ),
    ("another model", error("The model 'gpt-5' does not exist", "model", "model_not_found"), 404),
    ("the model", error("Unknown model: 'gpt-5'", "model"), 400),
    ("a store", error("Vector store with id ['vs_1'] not found.", "tools[0].vector_store_ids"), 404),
    ("a tool", error("Unknown parameter: 'tools[0].max_num_results'.", "tools[0].max_num_results"), 400),
    ("the tools", error("Tools are not supported by this model: 'tools'"), 400),
    (
        "the input",
        error(
            "Invalid value: 'text'. Supported values are: 'input_text'.",
            "input[0].content[0].type",
            "invalid_value",
        ),
        400,
    ),
    ("the input, in words", error("Invalid type for 'input[0].content': unsupported 'text'."), 400),
    ("the parent", error("llama.cpp does not support 'previous_response_id'."), 400),
    (
        "not being stored",
        error("Unsupported value: 'store' must be true; false is not supported.", "store"),
        400,
    ),
    (
        "its length",
        error("This model's maximum context length is 4096 tokens.", None, "context_length_exceeded"),
        400,
    ),
    ("the key", error("Unsupported parameter: 'temperature'", "temperature"), 401),
    ("the rate", error("Unsupported parameter: 'temperature'", "temperature"), 429),
    ("a fault", error("Unexpected keyword argument 'include'", "include"), 500),
    (
        "a fault in the stream",
        {"error": {"message": "Unexpected end, 'text' was cut", "code": "server_error"}},
        None,
    ),
    ("words that are no names", error("The text is not the user's own."), 400),
    ("nothing", None, 400),
]


@pytest.mark.parametrize(
    ("body", "status"), [row[1:] for row in MENDED_BY_THE_USER], ids=[row[0] for row in MENDED_BY_THE_USER]
)
def test_what_makes_the_question_is_never_given_up_nor_what_is_only_wrong(
    body: object, status: int | None
) -> None:
    assert refusals_in(parse_error(body), status, REQUEST) == ()


def test_in_a_stream_the_words_stand_without_a_status() -> None:
    event = {"type": "error", "sequence_number": 2, **error("Unsupported parameter: 'top_p'", "top_p")}
    assert [refusal.parameter for refusal in refusals_in(parse_error(event), None, REQUEST)] == ["top_p"]
    flat = {"type": "error", "code": "400", "message": "Unknown field: include", "param": None}
    assert [refusal.parameter for refusal in refusals_in(parse_error(flat), None, REQUEST)] == ["include"]


def test_an_object_that_held_only_what_is_refused_goes_with_it() -> None:
    request = {
        "model": "m",
        "reasoning": {"effort": "low"},
        "text": {"verbosity": "low", "format": {"type": "text"}},
    }
    refusals = [Refusal("reasoning.effort", "no"), Refusal("text.verbosity", "no"), Refusal("top_p", "no")]
    left, applied = leave_out(request, refusals)
    assert left == {"model": "m", "text": {"format": {"type": "text"}}}
    assert [refusal.parameter for refusal in applied] == ["reasoning.effort", "text.verbosity"]
    assert request["reasoning"] == {"effort": "low"}


def test_another_value_than_the_refused_one_is_sent() -> None:
    refusal = Refusal("reasoning.effort", "no", "xhigh")
    assert leave_out({"reasoning": {"effort": "xhigh"}}, [refusal])[0] == {}
    assert leave_out({"reasoning": {"effort": "high"}}, [refusal])[0] == {"reasoning": {"effort": "high"}}


NAMES = st.sampled_from(
    [*REQUEST, "reasoning.effort", "tools[0].name", "input[0]", "text.format", "x.y", "", "[]..[0"]
)
WORDS = st.lists(
    st.one_of(
        NAMES,
        NAMES.map(lambda name: f"'{name}'"),
        st.sampled_from(["unknown", "not supported", ":", ";"]),
        st.text(),
    )
).map(" ".join)


@given(WORDS, st.one_of(st.none(), NAMES), st.one_of(st.none(), st.text(), st.just("unsupported_parameter")))
def test_whatever_a_server_says_the_question_stays_whole(
    message: str, param: str | None, code: str | None
) -> None:
    refusals = refusals_in(ApiError(message or "?", "invalid_request_error", code, param), 400, REQUEST)
    left, applied = leave_out(REQUEST, refusals)
    assert {name: left[name] for name in NEVER & REQUEST.keys()} == {
        name: REQUEST[name] for name in NEVER & REQUEST.keys()
    }
    assert left["store"] is False
    assert applied == refusals
    assert not any(refusal.covers(left) for refusal in refusals)
