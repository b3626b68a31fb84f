"""The `input` of a request as items with ids, and what a generator needs of items: who said what.

A string becomes one user message. Messages are checked part by part; other items (replayed answers, calls and
their outputs) are kept word for word.
"""

from collections.abc import Iterable
from typing import Any

from chatapp.engine.checks import any_object, list_of, missing, one_of, wrong_type
from chatapp.engine.errors import invalid, unsupported
from chatapp.engine.generation.port import Ability, Generator, Message
from chatapp.engine.ids import new_id
from chatapp.protocol.json_types import JsonObject

ROLES = ("user", "assistant", "system", "developer")
KEPT_ITEMS = {
    "file_search_call": "fs",
    "function_call": "fc",
    "function_call_output": "fco",
    "reasoning": "rs",
    "compaction": "cmp",
    "web_search_call": "ws",
    "code_interpreter_call": "ci",
    "image_generation_call": "ig",
    "mcp_call": "mcp",
    "mcp_list_tools": "mcpl",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
}
"""Items that may be replayed, and the prefix of the id that one without an id is given."""
_TEXT_PARTS = ("input_text", "output_text", "text", "refusal")
_PARTS = (*_TEXT_PARTS, "input_image", "input_file")


def items_of(value: Any, generator: Generator) -> list[JsonObject]:
    """The items of a request's `input`. Raises ApiError 400."""
    if isinstance(value, str):
        return [_message("user", [{"type": "input_text", "text": value}])]
    if not isinstance(value, list):
        raise wrong_type(value, "a string or an array", "input")
    if not value:
        raise invalid("'input' must hold at least one item.", "input", "invalid_value")
    return [_item(any_object(one, f"input[{at}]"), f"input[{at}]", generator) for at, one in enumerate(value)]


def turns_of(items: Iterable[JsonObject]) -> list[Message]:
    """The messages among items, as a generator reads them."""
    return [
        Message(item["role"], (_text(item["content"]),)) for item in items if item.get("type") == "message"
    ]


def file_parts(items: Iterable[JsonObject]) -> list[tuple[JsonObject, str]]:
    """The `input_file` parts of the messages among items, each with its name as a parameter."""
    return [
        (part, f"input[{at}].content[{number}]")
        for at, item in enumerate(items)
        if item.get("type") == "message" and isinstance(item["content"], list)
        for number, part in enumerate(item["content"])
        if part["type"] == "input_file"
    ]


def _item(item: JsonObject, param: str, generator: Generator) -> JsonObject:
    kind = item.get("type", "message" if "role" in item else None)
    if kind == "message":
        return _checked_message(item, param, generator)
    if kind == "item_reference":
        raise unsupported("This server does not look items up. Use 'previous_response_id'.", f"{param}.type")
    kept = one_of("message", *KEPT_ITEMS)(kind, f"{param}.type")
    return {"id": new_id(KEPT_ITEMS[kept]), "status": "completed", **item}


def _checked_message(item: JsonObject, param: str, generator: Generator) -> JsonObject:
    role = one_of(*ROLES)(item.get("role"), f"{param}.role")
    content = item.get("content")
    if content is None:
        raise missing(f"{param}.content")
    if isinstance(content, str):
        kind = "output_text" if role == "assistant" else "input_text"
        content = [{"type": kind, "text": content}]
    parts = list_of(lambda part, name: _checked_part(part, name, generator))(content, f"{param}.content")
    return _message(role, parts, item)


def _message(role: str, content: list[JsonObject], given: JsonObject | None = None) -> JsonObject:
    named = {
        name: value
        for name, value in (given or {}).items()
        if name in ("id", "phase") and isinstance(value, str)
    }
    return {
        "id": new_id("msg"),
        "type": "message",
        "status": "completed",
        "content": content,
        "role": role,
    } | named


def _checked_part(value: Any, param: str, generator: Generator) -> JsonObject:
    part = any_object(value, param)
    kind = one_of(*_PARTS)(part.get("type"), f"{param}.type")
    field = _field(kind)
    if kind in _TEXT_PARTS and not isinstance(part.get(field), str):
        raise (
            missing(f"{param}.{field}")
            if part.get(field) is None
            else wrong_type(part[field], "a string", f"{param}.{field}")
        )
    if kind == "input_image" and Ability.IMAGES not in generator.abilities:
        raise unsupported(f"The model '{generator.id}' cannot see images.", param)
    return part


def _field(kind: str) -> str:
    """Where a text part of that kind has its text."""
    return "refusal" if kind == "refusal" else "text"


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part[_field(part["type"])] for part in content if part["type"] in _TEXT_PARTS)
