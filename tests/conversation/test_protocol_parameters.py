"""Every parameter that POST /responses takes, by the names the API reference writes: none is read from the table here.

Each has a row of the panel, alone or as a part of one. A valid value is sent as exactly that JSON and changes nothing
else of the request; an invalid one is refused by the name of the field.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from chatapp.conversation.parameters import BY_NAME, InvalidParameter, Parameter, validate
from chatapp.conversation.request_builder import build_request, user_message
from chatapp.protocol.json_types import Json, JsonObject

SWITCH: list[Any] = [True, False]
NO_SWITCH: list[Any] = ["true", 1, [], {}]
NO_TEXT: list[Any] = ["", 7, True, []]
NO_CHOICE: list[Any] = ["other", "", 1, ["auto"]]
NO_NAME: list[Any] = ["", 1, ["auto"]]
"""For what the reference leaves open: any text will do."""
CALL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": True}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
FORMAT = {"type": "json_schema", "name": "x", "schema": SCHEMA}


@dataclass(frozen=True)
class Case:
    """`good` is sent as it is. `bad` is refused at the field itself, or where a pair says: (value, place below it).
    `beside` has to be set for it to be sent, `around` are the other fields of the object it is in."""

    good: list[Any]
    bad: list[Any]
    beside: JsonObject = field(default_factory=dict)
    around: JsonObject = field(default_factory=dict)


EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
TIERS = ["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"]
SUMMARIES = ["auto", "concise", "detailed"]
INCLUDABLE = [
    "file_search_call.results", "web_search_call.results", "web_search_call.action.sources",
    "message.input_image.image_url", "computer_call_output.output.image_url", "code_interpreter_call.outputs",
    "reasoning.encrypted_content", "message.output_text.logprobs",
]  # fmt: skip
HOSTED = [
    "file_search", "web_search_preview", "web_search_preview_2025_03_11", "computer", "computer_use",
    "computer_use_preview", "image_generation", "code_interpreter", "apply_patch", "shell",
    "programmatic_tool_calling",
]  # fmt: skip
TOOLS: list[JsonObject] = [
    CALL,
    {"type": "file_search", "vector_store_ids": ["vs"], "ranking_options": {"ranker": "default-2024-11-15"}},
    {"type": "computer"},
    {"type": "computer_use_preview", "display_width": 1, "display_height": 1, "environment": "linux"},
    {"type": "web_search", "search_context_size": "high"},
    {"type": "web_search_2025_08_26"},
    {"type": "mcp", "server_label": "w", "server_url": "https://a.org", "require_approval": "always"},
    {"type": "code_interpreter", "container": "auto"},
    {"type": "programmatic_tool_calling"},
    {"type": "image_generation"},
    {"type": "local_shell"},
    {"type": "shell"},
    {"type": "custom", "name": "sql"},
    {"type": "namespace", "name": "n", "tools": [CALL]},
    {"type": "tool_search"},
    {"type": "web_search_preview"},
    {"type": "web_search_preview_2025_03_11"},
    {"type": "apply_patch"},
]
CHEAP: JsonObject = {"background": True}

CASES: dict[str, Case] = {
    "model": Case(["gpt-5.6", "o3", "meta/llama"], NO_TEXT),
    "input": Case(["Hi", [{"role": "user", "content": "Hi"}]], ["", 1, {}, (["Hi"], "[0]")]),
    "instructions": Case(["Be brief.", "ä\n\u2028😀", ""], [1, [], {}]),
    "previous_response_id": Case(["resp_1"], NO_TEXT),
    "conversation": Case(["conv_1", {"id": "conv_1"}], ["", 1, ({}, ".id"), ({"id": 2}, ".id")]),
    "store": Case(SWITCH, NO_SWITCH),
    "stream": Case(SWITCH, NO_SWITCH),
    "stream_options.include_obfuscation": Case(SWITCH, NO_SWITCH),
    "background": Case(SWITCH, NO_SWITCH),
    "background_options.completion_window": Case(["soonest", "2h", "8h"], ["1h", "", 2], CHEAP),
    "background_options.continuation_id": Case(["c_1"], NO_TEXT),
    "include": Case([[], INCLUDABLE, *([one] for one in INCLUDABLE)], ["x", {}, ([1], "[0]"), ([""], "[0]")]),
    "tools": Case([[tool] for tool in TOOLS] + [TOOLS], [{}, "x", (["x"], "[0]"), ([{}], "[0].type")]),
    "tool_choice": Case(
        [
            "none", "auto", "required", *({"type": kind} for kind in HOSTED),
            {"type": "function", "name": "f"}, {"type": "custom", "name": "f"},
            {"type": "mcp", "server_label": "w"}, {"type": "mcp", "server_label": "w", "name": "t"},
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
        ],
        ["some", 1, [], ({}, ".type"), ({"type": "function"}, ".name"), ({"type": "custom"}, ".name"),
         ({"type": "allowed_tools", "mode": "x", "tools": [CALL]}, ".mode")],
    ),
    "parallel_tool_calls": Case(SWITCH, NO_SWITCH),
    "max_tool_calls": Case([1, 128], [0, -1, 1.5, "3"]),
    "max_output_tokens": Case([16, 128_000], [15, 0, 16.5, "16"]),
    "reasoning.effort": Case([*EFFORTS], NO_NAME),
    "reasoning.summary": Case([*SUMMARIES], NO_CHOICE),
    "reasoning.generate_summary": Case([*SUMMARIES], NO_CHOICE),
    "reasoning.context": Case(["auto", "current_turn", "all_turns"], NO_CHOICE),
    "reasoning.mode": Case(["standard", "pro", "of_tomorrow"], NO_NAME),
    "text.format": Case(
        [{"type": "text"}, {"type": "json_object"}, FORMAT, {**FORMAT, "strict": True, "description": "d"}],
        ["text", [], ({}, ".type"), ({"type": "yaml"}, ".type")],
    ),
    "text.format.name": Case(["a_b-9"], ["", "a b", "x" * 65, 1], around=FORMAT),
    "text.format.schema": Case([SCHEMA], [[], "x", ({"type": "strnig"}, ".type")], around=FORMAT),
    "text.format.description": Case(["An item."], [1, []], around=FORMAT),
    "text.format.strict": Case(SWITCH, NO_SWITCH, around=FORMAT),
    "text.verbosity": Case(["low", "medium", "high"], NO_CHOICE),
    "temperature": Case([0, 0.7, 1, 2], [-0.01, 2.01, "1", True, float("nan")]),
    "top_p": Case([0, 0.1, 1], [-0.01, 1.01, "1", False, float("inf")]),
    "top_logprobs": Case([0, 5, 20], [-1, 21, 1.5, "2"]),
    "truncation": Case(["auto", "disabled"], NO_CHOICE),
    "context_management": Case(
        [[{"type": "compaction"}], [{"type": "compaction", "compact_threshold": 1000}]],
        [[], {}, ([{}], "[0].type"), ([{"type": "compaction", "compact_threshold": "x"}], "[0].compact_threshold")],
    ),
    "service_tier": Case([*TIERS], NO_CHOICE),
    "metadata": Case(
        [{}, {"k" * 64: "v" * 512}, {str(n): "" for n in range(16)}],
        [[], "x", {str(n): "" for n in range(17)}, {"k" * 65: ""}, {"": ""},
         ({"a": "v" * 513}, ".a"), ({"a": 1}, ".a")],
    ),
    "user": Case(["u"], NO_TEXT),
    "safety_identifier": Case(["s", "x" * 128], [*NO_TEXT, "x" * 129]),
    "prompt_cache_key": Case(["k"], NO_TEXT),
    "prompt_cache_retention": Case(["in_memory", "24h"], NO_CHOICE),
    "prompt_cache_options.mode": Case(["implicit", "explicit"], NO_CHOICE),
    "prompt_cache_options.ttl": Case(["30m", "12h"], ["1h", "", 30]),
    "prompt_cache_options.prewarm": Case(SWITCH, NO_SWITCH),
    "prompt_cache_options.comparison_response_id": Case(["resp_1"], NO_TEXT),
    "prompt.id": Case(["pmpt_1"], NO_TEXT),
    "prompt.version": Case(["2"], NO_TEXT, around={"id": "p"}),
    "prompt.variables": Case(
        [{}, {"a": "b", "c": {"type": "input_text", "text": "t"}}], [[], "x", 1], around={"id": "p"}
    ),
    "moderation.model": Case(["omni-moderation-latest"], NO_TEXT),
    "moderation.policy": Case(
        [{}, {"input": {"mode": "score"}}, {"input": {"mode": "block"}, "output": {"mode": "score"}}],
        [[], ({"input": {}}, ".input.mode"), ({"output": {"mode": "warn"}}, ".output.mode")],
        around={"model": "m"},
    ),
    "image.context_compression": Case(["auto", "enabled", "disabled"], NO_CHOICE),
    "access_programs.cyber": Case(["standard", "daybreak_blue", "daybreak_red"], NO_CHOICE),
}  # fmt: skip
"""Written out from the reference of POST /responses, in its order."""


def row_of(path: str) -> tuple[Parameter, list[str]]:
    """The row that a field is set by, and the way to it inside that row's value."""
    steps = path.split(".")
    for count in range(len(steps), 0, -1):
        row = BY_NAME.get(".".join(steps[:count]))
        if row is not None:
            return row, steps[count:]
    raise AssertionError(f"{path} has no row")


def setting(path: str, value: Any) -> tuple[str, Json]:
    """How a field is set: its row's name, and the row's value with the field in it."""
    row, inside = row_of(path)
    if not inside:
        return row.name, value
    return row.name, {**CASES[path].around, inside[0]: value}


def request(parameters: JsonObject) -> JsonObject:
    return build_request([], [user_message("now")], parameters, "one", False).request


def each(which: str) -> list[Any]:
    return [
        pytest.param(path, value, id=f"{path}-{at}")
        for path, case in CASES.items()
        for at, value in enumerate(getattr(case, which))
    ]


@pytest.mark.parametrize("path", CASES)
def test_every_field_has_a_control_and_is_explained(path: str) -> None:
    row, inside = row_of(path)
    assert row.label
    assert row.explanation.endswith(".")
    assert row.default, "what the server does without it"
    if inside and row.control == "object":
        assert inside[0] in {part.name for part in row.parts}
    else:
        assert not inside or row.control == "format"
    if not inside and row.control in ("slider", "integer"):
        assert row.low is not None


def test_no_row_sends_what_the_reference_does_not_have() -> None:
    of_the_search = {"vector_stores", "max_num_results", "file_search.filters", "file_search.ranking_options"}
    assert set(BY_NAME) - of_the_search == {row_of(path)[0].name for path in CASES}
    parts = {f"{row.name}.{part.name}" for row in BY_NAME.values() for part in row.parts}
    assert {part for part in parts if not part.startswith("file_search.")} <= set(CASES)


@pytest.mark.parametrize(("path", "value"), each("good"))
def test_a_valid_value_is_sent_as_exactly_that_json(path: str, value: Any) -> None:
    name, whole = setting(path, value)
    assert validate(name, whole) == whole
    made = request({**CASES[path].beside, name: whole})
    expected = request(dict(CASES[path].beside))
    *outer, last = name.split(".")
    inner = expected
    for step in outer:
        inner = inner.setdefault(step, {})
    inner[last] = whole
    if path == "input" and isinstance(value, str):
        expected["input"] = value
    if path == "top_logprobs":
        expected["include"] = ["message.output_text.logprobs"]
    if value in ("2h", "8h"):
        expected["stream"] = False
    assert made == expected


@pytest.mark.parametrize(("path", "value"), each("bad"))
def test_an_invalid_value_names_the_field(path: str, value: Any) -> None:
    value, below = value if isinstance(value, tuple) else (value, "")
    name, whole = setting(path, value)
    for refused in (lambda: validate(name, whole), lambda: request({**CASES[path].beside, name: whole})):
        with pytest.raises(InvalidParameter) as refusal:
            refused()
        assert refusal.value.path == f"{path}{below}"
        assert refusal.value.name == name
