"""One answer with items of many types, annotations of all four kinds, leaked markers, and what nobody knows yet."""

from collections.abc import Mapping
from typing import Any

from tests.kit.events import JsonObject, StreamBuilder, file_citation

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A picture of one pixel: PNG, as base64."""
FOUND: list[JsonObject] = [
    {"file_id": "file-1", "filename": "a.pdf", "score": 0.9, "text": "Dogs bark. Cats 🐈 do not."}
]
WROTE = [{"stdout": "a.txt\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]
_SPAN = {"start_index": 10, "end_index": 14}
NOTES: list[JsonObject] = [
    file_citation("file-1", "a.pdf", 9),
    {"type": "url_citation", "url": "https://a.example", "title": "A", **_SPAN},
    {"type": "container_file_citation", "container_id": "c", "file_id": "f", "filename": "p.png", **_SPAN},
    {"type": "file_path", "file_id": "file-2", "index": 3},
]
_SEARCH = {"type": "search", "query": "dogs", "sources": [{"type": "url", "url": "https://a.example"}]}
_PICTURE = {"type": "image", "url": f"data:image/png;base64,{PIXEL}"}
_ROUTE = {"server_label": "maps", "name": "route", "arguments": '{"to": "Rome"}'}
_PATCH = {"type": "update_file", "path": "a.py", "diff": "-a\n+b"}
ITEMS: list[tuple[JsonObject, list[tuple[str, Mapping[str, Any]]]]] = [
    (
        {"type": "web_search_call", "action": _SEARCH},
        [("web_search_call.searching", {})],
    ),
    (
        {
            "type": "code_interpreter_call",
            "code": "print(1)",
            "outputs": [{"type": "logs", "logs": "1\n"}, _PICTURE],
        },
        [
            ("code_interpreter_call_code.delta", {"delta": "print("}),
            ("code_interpreter_call_code.done", {"code": "print(1)"}),
            ("code_interpreter_call.interpreting", {}),
        ],
    ),
    (
        {"type": "image_generation_call", "result": PIXEL, "revised_prompt": "A red dot"},
        [
            ("image_generation_call.generating", {}),
            ("image_generation_call.partial_image", {"partial_image_b64": PIXEL, "partial_image_index": 0}),
        ],
    ),
    (
        {"type": "mcp_list_tools", "server_label": "maps", "tools": [{"name": "route", "input_schema": {}}]},
        [("mcp_list_tools.completed", {})],
    ),
    (
        {"type": "mcp_call", **_ROUTE, "output": "12 km"},
        [
            ("mcp_call_arguments.delta", {"delta": '{"to"'}),
            ("mcp_call_arguments.done", {"arguments": '{"to": "Rome"}'}),
            ("mcp_call.completed", {}),
        ],
    ),
    ({"type": "mcp_approval_request", **_ROUTE}, []),
    (
        {"type": "shell_call", "call_id": "sh", "action": {"commands": ["ls -l", "pwd"]}},
        [
            ("shell_call_command.added", {"command_index": 0, "command": ""}),
            ("shell_call_command.delta", {"command_index": 0, "delta": "ls -l"}),
            ("shell_call_command.done", {"command_index": 1, "command": "pwd"}),
        ],
    ),
    (
        {"type": "shell_call_output", "call_id": "sh", "output": WROTE},
        [
            ("shell_call_output_content.delta", {"command_index": 0, "delta": {"stdout": "a.t"}}),
            ("shell_call_output_content.done", {"command_index": 0, "output": WROTE}),
        ],
    ),
    ({"type": "apply_patch_call", "call_id": "p", "operation": _PATCH}, []),
    (
        {
            "type": "computer_call",
            "call_id": "k",
            "action": {"type": "click", "button": "left", "x": 1, "y": 2},
        },
        [],
    ),
    ({"type": "compaction", "encrypted_content": "gAAA"}, [("compaction.compacting", {})]),
    ({"type": "acme:new_thing", "x": {"y": [1, 2]}}, []),
    (
        {"type": "custom_tool_call", "name": "sql", "call_id": "q", "input": "SELECT 1"},
        [
            ("custom_tool_call_input.delta", {"delta": "SEL"}),
            ("custom_tool_call_input.done", {"input": "SELECT 1"}),
        ],
    ),
]
TEXT = (
    "Dogs bark",
    " 【4:0†so",
    "urce】. Cats <|file-1|>",
    " do",
    " not\ue200cite\ue202turn0search0\ue201.",
)
"""With its markers; without them "Dogs bark. Cats do not."."""


def everything_stream() -> list[JsonObject]:
    """A completed answer that has done all of this."""
    builder = StreamBuilder().begin().reasoning("First this", "then that").file_search(["dogs"], FOUND)
    for item, pieces in ITEMS:
        builder.item(item, *pieces)
    builder.message(*TEXT, annotations=NOTES).emit("acme:event", x=1)
    return builder.function_call("weather", '{"city": "Rome"}').end()
