"""The `input` of a request as items with ids, checked as far as anybody here reads them.

A string becomes one user message. Of messages, calls, outputs, reasoning and compactions every part is checked that a
generator is given (`turns`); whatever else an answer somewhere may have had is kept word for word.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chatapp.engine.checks import Check, any_object, list_of, missing, one_of, text, wrong_type
from chatapp.engine.errors import invalid, unsupported
from chatapp.engine.generation.port import Ability, Generator
from chatapp.engine.ids import new_id
from chatapp.engine.sealing import unsealed
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
    "computer_call": "cu",
    "computer_call_output": "cuo",
    "local_shell_call": "lsh",
    "local_shell_call_output": "lsho",
    "shell_call": "sh",
    "shell_call_output": "sho",
    "apply_patch_call": "apc",
    "apply_patch_call_output": "apco",
    "mcp_approval_request": "mcpr",
    "mcp_approval_response": "mcpa",
    "tool_search_call": "tsc",
    "tool_search_output": "tso",
    "program": "prog",
    "program_output": "progo",
}
"""Items that may be replayed, and the prefix of the id that one without an id is given."""
REFERENCE = "item_reference"
CALLS = ("function_call", "custom_tool_call")
OUTPUTS = ("function_call_output", "custom_tool_call_output")
_TEXT_PARTS = ("input_text", "output_text", "text", "refusal")
_PARTS = (*_TEXT_PARTS, "input_image", "input_file")
_NO_STATUS = ("compaction",)


def items_of(value: Any, generator: Generator) -> list[JsonObject]:
    """The items of a request's `input`; references are as they were. Raises ApiError 400."""
    if value is None:
        return []
    if isinstance(value, str):
        return [_message("user", [{"type": "input_text", "text": value}])]
    if not isinstance(value, list):
        raise wrong_type(value, "a string or an array", "input")
    if not value:
        raise invalid("'input' must hold at least one item.", "input", "invalid_value")
    return checked_items(value, "input", generator)


def checked_items(value: list[Any], param: str, generator: Generator | None) -> list[JsonObject]:
    """Items of a request or, without a generator to mind, of a conversation. Raises ApiError 400."""
    items = [
        _item(any_object(one, f"{param}[{at}]"), f"{param}[{at}]", generator) for at, one in enumerate(value)
    ]
    seen: set[str] = set()
    for item in items:
        if item["id"] in seen:
            message = f"Duplicate item found with id {item['id']}. Remove duplicate items and try again."
            raise invalid(message, param, "invalid_value")
        seen.add(item["id"])
    return items


def check_outputs(said: Sequence[JsonObject], items: Sequence[JsonObject]) -> None:
    """Refuse an output among `items` whose call is neither in them nor in what was said before."""
    calls = {item.get("call_id") for item in (*said, *items) if item["type"] in CALLS}
    for at, item in enumerate(items):
        if item["type"] in OUTPUTS and item["call_id"] not in calls:
            message = f"No tool call found for function call output with call_id {item['call_id']}."
            raise invalid(message, f"input[{at}].call_id", "invalid_value")


def parts_of(items: Iterable[JsonObject], kind: str) -> list[tuple[JsonObject, str]]:
    """The content parts of that kind in messages and outputs, each with its name as a parameter."""
    return [
        (part, f"input[{at}].{field}[{number}]")
        for at, item in enumerate(items)
        for field in ("content", "output")
        if item["type"] in ("message", *OUTPUTS) and isinstance(item.get(field), list)
        for number, part in enumerate(item[field])
        if part["type"] == kind
    ]


def _item(item: JsonObject, param: str, generator: Generator | None) -> JsonObject:
    kind = item.get("type", "message" if "role" in item else None)
    if kind == "message":
        return _checked_message(item, param, generator)
    if kind == REFERENCE:
        return _with({"id": text()}, item, param)
    kept = one_of("message", *KEPT_ITEMS, REFERENCE)(kind, f"{param}.type")
    if kept in OUTPUTS and isinstance(item.get("output"), list):
        item = item | {"output": _parts(item["output"], f"{param}.output", "user", generator)}
    may_be = {"id": text(), **_READ.get(kept, {})}
    read = {name: check for name, check in may_be.items() if item.get(name) is not None}
    _with(_NEEDED.get(kept, {}) | read, item, param)
    filled = {} if kept in _NO_STATUS else {"status": "completed"}
    given = {name: value for name, value in item.items() if value is not None or name not in ("id", "status")}
    return {"id": new_id(KEPT_ITEMS[kept]), **filled, **_DEFAULTS.get(kept, {}), **given}


def _with(needed: Mapping[str, Check], item: JsonObject, param: str) -> JsonObject:
    """The item, in which all that is needed stands and is right."""
    for name, check in needed.items():
        if item.get(name) is None:
            raise missing(f"{param}.{name}")
        check(item[name], f"{param}.{name}")
    return item


def _output(value: Any, param: str) -> Any:
    if not isinstance(value, str | list):
        raise wrong_type(value, "a string or an array", param)
    return value


def _sealed(value: Any, param: str) -> str:
    if unsealed(text()(value, param)) is None:
        raise invalid("The encrypted content could not be verified.", param, "invalid_encrypted_content")
    return str(value)


def _texts(value: Any, param: str) -> Any:
    return list_of(lambda part, name: _with({"text": text()}, any_object(part, name), name))(value, param)


_NEEDED: dict[str, dict[str, Check]] = {
    "function_call": {"call_id": text(), "name": text(), "arguments": text()},
    "function_call_output": {"call_id": text(), "output": _output},
    "custom_tool_call": {"call_id": text(), "name": text(), "input": text()},
    "custom_tool_call_output": {"call_id": text(), "output": _output},
    "reasoning": {"summary": _texts},
    "compaction": {"encrypted_content": _sealed},
}
_READ: dict[str, dict[str, Check]] = {"reasoning": {"content": _texts, "encrypted_content": text()}}
"""What may be missing, but not be wrong."""
_DEFAULTS: dict[str, JsonObject] = {"file_search_call": {"queries": [], "results": None}}


def _checked_message(item: JsonObject, param: str, generator: Generator | None) -> JsonObject:
    role = one_of(*ROLES)(item.get("role"), f"{param}.role")
    content = item.get("content")
    if content is None:
        raise missing(f"{param}.content")
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    return _message(role, _parts(content, f"{param}.content", role, generator), item)


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


def _parts(value: Any, param: str, role: str, generator: Generator | None) -> list[JsonObject]:
    check = list_of(lambda part, name: _checked_part(part, name, role, generator))
    return list(check(value, param))


def _checked_part(value: Any, param: str, role: str, generator: Generator | None) -> JsonObject:
    part = any_object(value, param)
    kind = one_of(*_PARTS)(part.get("type"), f"{param}.type")
    if kind in _TEXT_PARTS:
        _with({"refusal" if kind == "refusal" else "text": text()}, part, param)
        return _PLAIN.get((kind, role == "assistant"), {}) | part | _renamed(kind, role)
    if kind == "input_image":
        return {"detail": "auto", **_checked_image(part, param, generator)}
    return part


def _renamed(kind: str, role: str) -> JsonObject:
    if kind != "text":
        return {}
    return {"type": "output_text" if role == "assistant" else "input_text"}


_WRITTEN: JsonObject = {"annotations": [], "logprobs": []}
_PLAIN = {("output_text", True): _WRITTEN, ("output_text", False): _WRITTEN, ("text", True): _WRITTEN}
"""What a part of text has that stands in an answer."""


def _checked_image(part: JsonObject, param: str, generator: Generator | None) -> JsonObject:
    if generator is not None and Ability.IMAGES not in generator.abilities:
        raise unsupported(f"The model '{generator.id}' cannot see images.", param)
    url, file_id = part.get("image_url"), part.get("file_id")
    if url is None and file_id is None:
        raise missing(f"{param}.image_url")
    if url is None:
        text()(file_id, f"{param}.file_id")
    elif not text()(url, f"{param}.image_url").startswith("data:image/"):
        message = "This server fetches nothing from the network; send the image as a data: URL or by file_id."
        raise invalid(message, f"{param}.image_url", "invalid_image_url")
    return part
