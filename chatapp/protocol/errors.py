"""What a server says when it refuses: one shape for the many ways they write it."""

import ast
import json
import re
from dataclasses import dataclass, replace

from chatapp.protocol.json_types import Json, JsonObject, object_of, objects_of, optional_text, text_of

PLACES = ("body", "query", "path", "header")
"""What FastAPI's `loc` begins with: the part of the request, not a field of it."""
LONGEST_PYTHON = 20_000
"""Characters of a message that is looked at for Python's way of writing a list of errors."""
_PYTHON_ERRORS = re.compile(r"\{'(?:errors|detail)': \[.*\]\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ApiError:
    """`message` is never empty. `code` is text although some servers send a number. `param` is a path such as
    "reasoning.effort" or "tools[0].name". `headers` may carry limits."""

    message: str
    type: str | None = None
    code: str | None = None
    param: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def parse_error(value: Json) -> ApiError:
    """Reads `{error: {…}}`, a flat `{code, message, param}`, `{detail: …}`, a list of details inside a message (ogx),
    what another server said inside `metadata.raw` (OpenRouter), or plain text."""
    if not isinstance(value, dict):
        return ApiError(str(value) if value else "The server gave no reason.")
    inner = value.get("error")
    body: JsonObject = inner if isinstance(inner, dict) else value
    message = optional_text(body.get("message")) or optional_text(inner)
    within = _relayed(body) or (object_of(value.get("detail")) if message is None else {})
    if within:
        said = parse_error(within)
        return replace(said, message=f"{message}: {said.message}" if message else said.message)
    details = value.get("detail") if message is None else _inside(message)
    places = [entry for entry in objects_of(details) if text_of(entry.get("msg"))]
    if places:
        message = "; ".join(_sentence(entry) for entry in places)
    code = body.get("code")
    kind = optional_text(body.get("type"))
    headers = object_of(body.get("headers"))
    return ApiError(
        message=message or optional_text(details) or "The server gave no reason.",
        type=None if kind == "error" else kind,
        code=str(code) if isinstance(code, str | int) and not isinstance(code, bool) else None,
        param=optional_text(body.get("param")) or next(filter(None, map(_path, places)), None),
        headers=tuple((str(name).lower(), str(text)) for name, text in headers.items()),
    )


def _relayed(body: JsonObject) -> JsonObject:
    """What the server behind this one said, where it is passed on."""
    try:
        return object_of(json.loads(text_of(object_of(body.get("metadata")).get("raw")) or "null"))
    except (ValueError, RecursionError):
        return {}


def _sentence(entry: JsonObject) -> str:
    path = _path(entry)
    return f"{path}: {entry['msg']}" if path else str(entry["msg"])


def _path(entry: JsonObject) -> str:
    """The dotted path of a FastAPI error's `loc`, without the part of the request it begins with."""
    steps = entry.get("loc")
    if not isinstance(steps, list | tuple):
        return ""
    path = ""
    for step in steps[1:] if steps and steps[0] in PLACES else steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.lstrip(".") if not path.startswith("[") else ""


def _inside(message: str) -> Json:
    """The list of errors that a message holds as Python prints it; None where it holds none."""
    found = _PYTHON_ERRORS.search(message[:LONGEST_PYTHON])
    try:
        printed = ast.literal_eval(found[0]) if found else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return next(iter(printed.values())) if isinstance(printed, dict) else None
