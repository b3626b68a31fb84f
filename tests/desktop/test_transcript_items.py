"""What an answer did besides writing: each type of item as a line, what stands behind it, and its pictures."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.answer import Logprob, OutputItem
from chatapp.conversation.turn import AnswerFold, answer_from_response
from chatapp.desktop.transcript.messages import Detail, Item, PictureItem, ToolItem, UnknownItem
from chatapp.desktop.transcript_items import probabilities, readable, tool_items
from chatapp.protocol.events import parse_event
from tests.kit.everything import ITEMS, PIXEL, everything_stream
from tests.kit.recordings import openai_recordings

DATA = "QUJD" * 3_000
ELSEWHERE = {
    "message",
    "reasoning",
    "file_search_call",
    "function_call",
    "custom_tool_call",
    "mcp_approval_request",
}
"""Types that `transcript_model` presents itself."""


def shown(raw: dict[str, Any], over: bool = True) -> tuple[Item, ...]:
    (item,) = answer_from_response({"status": "completed", "output": [raw]}).items
    return tool_items(item, over)


def code(text: str, language: str) -> Detail:
    return Detail(text, "code", language)


def raw(text: str) -> Detail:
    return Detail(text, "raw")


ROUTE = {"name": "route", "server_label": "maps"}
CASES: dict[str, tuple[dict[str, Any], list[Item]]] = {
    "a result": (
        {"type": "function_call_output", "output": "4 °C"},
        [ToolItem("Result of a call", (raw("4 °C"),))],
    ),
    "a result in parts": (
        {
            "type": "custom_tool_call_output",
            "output": [{"type": "input_text", "text": "a"}, {"type": "input_image"}],
        },
        [ToolItem("Result of a call", (raw("a"),))],
    ),
    "MCP": (
        {"type": "mcp_call", **ROUTE, "arguments": "{}", "output": "12 km", "error": None},
        [ToolItem("Used route of maps", (code("{}", "json"), raw("12 km")))],
    ),
    "MCP with long arguments": (
        {"type": "mcp_call", **ROUTE, "arguments": '{"a":[1]}', "status": "incomplete"},
        [ToolItem("Used route of maps — not finished", (code('{\n  "a": [\n    1\n  ]\n}', "json"),))],
    ),
    "MCP whose arguments are no JSON": (
        {"type": "mcp_call", **ROUTE, "arguments": "{oops"},
        [ToolItem("Used route of maps", (raw("{oops"),))],
    ),
    "MCP that failed, told by a text": (
        {"type": "mcp_call", **ROUTE, "arguments": "", "error": "no road"},
        [ToolItem("Used route of maps — failed", (Detail("no road"),))],
    ),
    "MCP that failed, told by an object": (
        {
            "type": "mcp_call",
            **ROUTE,
            "status": "failed",
            "error": {"type": "http_error", "code": 500, "message": "down"},
        },
        [ToolItem("Used route of maps — failed", (Detail("down"),))],
    ),
    "tools of a server": (
        {
            "type": "mcp_list_tools",
            "server_label": "maps",
            "tools": [{"name": "route", "description": "finds"}, {"name": "x"}],
        },
        [ToolItem("maps offers 2 tools", (Detail("route — finds"), Detail("x")))],
    ),
    "a consent": (
        {"type": "mcp_approval_response", "approve": True},
        [ToolItem("The use of a tool was approved")],
    ),
    "a refusal of it": (
        {"type": "mcp_approval_response", "approve": False, "reason": "no"},
        [ToolItem("The use of a tool was declined", (Detail("no"),))],
    ),
    "a web search": (
        {
            "type": "web_search_call",
            "action": {"type": "search", "queries": ["a", "b"], "sources": [{"url": "https://a.example"}]},
        },
        [ToolItem("Searched the web for “a” · “b” — 1 source", (Detail("https://a.example"),))],
    ),
    "a page": (
        {"type": "web_search_call", "action": {"type": "open_page", "url": "https://a.example/x"}},
        [ToolItem("Opened a.example", (Detail("https://a.example/x"),))],
    ),
    "a page without an address": (
        {"type": "web_search_call", "action": {"type": "open_page", "url": "http://[x"}},
        [ToolItem("Opened a page", (Detail("http://[x"),))],
    ),
    "words on a page": (
        {
            "type": "web_search_call",
            "action": {"type": "find_in_page", "url": "https://a.example", "pattern": "p"},
        },
        [ToolItem("Looked for “p” on a.example", (Detail("https://a.example"),))],
    ),
    "code, with what it printed and drew": (
        {
            "type": "code_interpreter_call",
            "code": "print(1)",
            "outputs": [
                {"type": "logs", "logs": "1\n"},
                {"type": "image", "url": f"data:image/png;base64,{PIXEL}"},
                {"type": "image", "url": "https://a.example/plot.png"},
            ],
        },
        [
            ToolItem(
                "Ran Python",
                (code("print(1)", "python"), raw("1\n"), Detail("Image at https://a.example/plot.png")),
            ),
            PictureItem(PIXEL, "Image made by Python"),
        ],
    ),
    "an image": (
        {"type": "image_generation_call", "result": PIXEL, "revised_prompt": "A dot"},
        [ToolItem("Made an image", (Detail("A dot"),)), PictureItem(PIXEL, "A dot")],
    ),
    "an image that was refused": (
        {
            "type": "image_generation_call",
            "result": None,
            "status": "failed",
            "error": {"message": "Not this."},
        },
        [ToolItem("No image was made: Not this.")],
    ),
    "a shell": (
        {"type": "shell_call", "action": {"commands": ["ls -l", "pwd"]}},
        [ToolItem("Asked to run 2 commands", (code("ls -l\npwd", "bash"),))],
    ),
    "a local shell": (
        {"type": "local_shell_call", "action": {"type": "exec", "command": ["echo", "a b"]}},
        [ToolItem("Asked to run 1 command", (code("echo 'a b'", "bash"),))],
    ),
    "what a shell printed": (
        {
            "type": "shell_call_output",
            "output": [
                {"stdout": "a\n", "stderr": "b\n", "outcome": {"type": "exit", "exit_code": 2}},
                {"stdout": "", "stderr": "", "outcome": {"type": "timeout"}},
            ],
        },
        [ToolItem("What the shell printed — exit code 2, timed out", (raw("a\nb\n"),))],
    ),
    "what a local shell printed": (
        {"type": "local_shell_call_output", "output": "done"},
        [ToolItem("What the shell printed", (raw("done"),))],
    ),
    "a patch": (
        {"type": "apply_patch_call", "operation": {"type": "update_file", "path": "a.py", "diff": "-a\n+b"}},
        [ToolItem("Asked to change a.py", (code("-a\n+b", "diff"),))],
    ),
    "a file to be deleted": (
        {"type": "apply_patch_call", "operation": {"type": "delete_file", "path": "a.py"}},
        [ToolItem("Asked to delete a.py")],
    ),
    "a click": (
        {
            "type": "computer_call",
            "action": {"type": "double_click", "x": 3, "y": 4},
            "pending_safety_checks": [{"message": "Sure?"}],
        },
        [
            ToolItem(
                "Asked to use the computer: double click 3 4", (Detail("double click 3 4"), Detail("Sure?"))
            )
        ],
    ),
    "a screenshot": (
        {
            "type": "computer_call_output",
            "output": {"type": "computer_screenshot", "image_url": f"data:image/png;base64,{PIXEL}"},
        },
        [PictureItem(PIXEL, "Screenshot")],
    ),
    "a compaction": (
        {"type": "compaction", "encrypted_content": DATA},
        [ToolItem("Condensed the conversation so far")],
    ),
    "what nobody knows": (
        {"type": "acme:thing", "x": "ü"},
        [UnknownItem("acme:thing", '{\n  "type": "acme:thing",\n  "x": "ü"\n}')],
    ),
    "data nobody knows": (
        {"type": "acme:thing", "x": [DATA, f"data:image/png;base64,{DATA}"]},
        [
            UnknownItem(
                "acme:thing",
                '{\n  "type": "acme:thing",\n  "x": [\n    "(12,000 characters of data)",\n'
                '    "data:image/png;base64,(12,000 characters of data)"\n  ]\n}',
            )
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_type_of_item_reads_well(case: str) -> None:
    item, expected = CASES[case]
    assert list(shown(item)) == expected


@pytest.mark.parametrize(
    ("stage", "over", "title"),
    [
        ("in_progress", False, "Writing Python…"),
        ("interpreting", False, "Running Python…"),
        ("interpreting", True, "Running Python — not finished"),
        ("completed", False, "Ran Python"),
        ("failed", False, "Ran Python — failed"),
    ],
)
def test_what_is_under_way_is_told_from_what_is_done(stage: str, over: bool, title: str) -> None:
    assert tool_items(OutputItem("code_interpreter_call", stage=stage), over) == (ToolItem(title),)


def test_a_preview_is_shown_until_the_image_is_there() -> None:
    fold = AnswerFold("c", "t")
    fold.apply(parse_event({"type": "response.image_generation_call.generating", "item_id": "i"}))
    assert tool_items(fold.answer.items[0], False) == (ToolItem("Making an image…"),)
    preview = {
        "type": "response.image_generation_call.partial_image",
        "item_id": "i",
        "partial_image_b64": PIXEL,
    }
    fold.apply(parse_event(preview))
    assert tool_items(fold.answer.items[0], False)[1] == PictureItem(PIXEL, "Generated image")


def test_probabilities_are_listed_with_what_might_have_stood_there() -> None:
    tokens = [
        Logprob("Yes", math.log(0.75), (Logprob("Yes", math.log(0.75)), Logprob("No", math.log(0.2)))),
        Logprob("\n", 0.0),
        Logprob("!", -9_999.0),
    ]
    item = probabilities(tokens)
    assert item.title == "Probabilities of 3 tokens"
    assert item.details[0].text.split("\n") == [
        ' 75.0%  "Yes"   not "No" 20.0%',
        '100.0%  "\\n"',
        '  0.0%  "!"',
    ]


def test_data_is_named_and_words_are_not() -> None:
    words = "A sentence of words, " * 500
    assert readable(words) is words or readable(words) == words
    assert readable(f"before {DATA}== after") == "before (12,002 characters of data) after"


def texts_of(items: tuple[Item, ...]) -> list[str]:
    found = []
    for item in items:
        if isinstance(item, ToolItem):
            found += [item.title, *(detail.text for detail in item.details)]
        elif isinstance(item, UnknownItem):
            found += [item.type, item.json]
    return found


def test_everything_that_was_recorded_reads_without_data() -> None:
    answers = [answer_from_response(everything_stream()[-1]["response"])]
    for recording in openai_recordings():
        value = json.loads(recording.body) if recording.body.startswith(b"{") else None
        if value and "output" in value:
            answers.append(answer_from_response(value))
    seen = set()
    for answer in answers:
        for item in answer.items:
            if item.type not in ELSEWHERE:
                seen.add(item.type)
                for text in texts_of(tool_items(item, True)):
                    assert len(max(text.split(), key=len, default="")) < 1_000
    assert {item["type"] for item, _ in ITEMS} - ELSEWHERE <= seen


WILD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.just(f"data:image/png;base64,{PIXEL}"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "url",
                    "query",
                    "queries",
                    "sources",
                    "outputs",
                    "logs",
                    "output",
                    "outcome",
                    "commands",
                    "command",
                    "name",
                    "server_label",
                    "tools",
                    "error",
                    "message",
                    "operation",
                    "path",
                    "diff",
                    "image_url",
                    "status",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
FIELDS = [
    "action",
    "actions",
    "outputs",
    "output",
    "error",
    "tools",
    "operation",
    "name",
    "result",
    "code",
    "arguments",
    "input",
    "revised_prompt",
    "pending_safety_checks",
    "status",
    "server_label",
    "approve",
    "reason",
]


@given(
    st.sampled_from(
        sorted({item["type"] for item, _ in ITEMS} | {case["type"] for case, _ in CASES.values()})
    ),
    st.dictionaries(st.sampled_from(FIELDS), WILD, max_size=6),
    st.booleans(),
)
def test_no_item_is_too_strange_to_be_shown(kind: str, fields: dict[str, Any], over: bool) -> None:
    items = shown({**fields, "type": kind}, over)
    assert items
    assert all(isinstance(text, str) for text in texts_of(items))
