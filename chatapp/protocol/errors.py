"""What a server says when it refuses: one shape for the many ways they write it."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from chatapp.protocol.json_types import Json, JsonObject, object_of, objects_of, optional_text, text_of

PLACES = ("body", "query", "path", "header")
"""What FastAPI's `loc` begins with: the part of the request, not a field of it."""
LONGEST_MESSAGE = 2000
"""Characters of a message that are kept: some validators repeat the whole request for each form it might have had."""
LONGEST_PYTHON = 20_000
"""Characters of a message that is looked at for Python's way of writing a list of errors."""
MOST_PLACES = 5
"""Places of a request that are told of when more are wrong."""
NO_REASON = "The server gave no reason."
_PYTHON_ERRORS = re.compile(r"\{'(?:errors|detail)': \[.*\]\}", re.DOTALL)
_PYTHON_LINES = re.compile(r"'loc': (\([^()]*\)), 'msg': ('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")")
"""One line an error, as vLLM prints those of pydantic."""
_FIELD = re.compile(r"[a-z][a-z0-9_]*")
"""A step of a path that names a field: validators put the names of types and of unions between."""


@dataclass(frozen=True, slots=True)
class ApiError:
    """`message` is never empty. `code` is text although some servers send a number. `param` is a path such as
    "reasoning.effort" or "tools[0].name". `headers` may carry limits."""

    message: str
    type: str | None = None
    code: str | None = None
    param: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def pause_s(self) -> float | None:
        """Seconds that the headers ask to wait."""
        return pause_s(dict(self.headers))


def pause_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait: `retry-after-ms`, else `retry-after` where it is a number. None where neither can be read."""
    milliseconds = _number(headers.get("retry-after-ms"))
    return _number(headers.get("retry-after")) if milliseconds is None else milliseconds / 1000


def _number(text: str | None) -> float | None:
    """A finite number of at least 0; header text such as "nan" is none."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def parse_error(value: Json) -> ApiError:
    """Reads `{error: {…}}`, a flat `{code, message, param}`, `{detail: …}`, a list of what is wrong where (FastAPI,
    zod) or one printed inside a message (ogx, vLLM), what another server said in `metadata.raw` (OpenRouter), or text.
    """
    if not isinstance(value, dict):
        return ApiError(_short(str(value)) if value else NO_REASON)
    inner = value.get("error")
    body: JsonObject = inner if isinstance(inner, dict) else value
    message = optional_text(body.get("message")) or optional_text(inner)
    relayed = _relayed(body) or _relayed(value)
    within = object_of(relayed) or (object_of(value.get("detail")) if message is None else {})
    if within:
        said = parse_error(within)
        return replace(said, message=_short(f"{message}: {said.message}" if message else said.message))
    details = value.get("detail") if message is None else None
    places = _places(relayed) or _places(inner) or _places(details) or _places(_inside(message or ""))
    told = "; ".join(_sentence(entry) for entry in places)
    if relayed and message and told:
        told = f"{message}: {told}"
    code = body.get("code")
    kind = optional_text(body.get("type"))
    headers = object_of(body.get("headers"))
    return ApiError(
        message=_short(told or message or optional_text(details) or NO_REASON),
        type=None if kind == "error" else kind,
        code=str(code) if isinstance(code, str | int) and not isinstance(code, bool) else None,
        param=optional_text(body.get("param")) or next(filter(None, map(_path, places)), None),
        headers=tuple((str(name).lower(), str(text)) for name, text in headers.items()),
    )


def _short(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"


def _relayed(body: JsonObject) -> Json:
    """What the server behind this one said, where it is passed on."""
    try:
        return json.loads(text_of(object_of(body.get("metadata")).get("raw")) or "null")
    except (ValueError, RecursionError):
        return None


def _places(listed: Json) -> list[JsonObject]:
    """What is wrong where: FastAPI's `{loc, msg}`, and zod's `{path, message}` in the same form. Each once."""
    found: dict[str, JsonObject] = {}
    for entry in objects_of(listed):
        text = text_of(entry.get("msg")) or text_of(entry.get("message"))
        place = {"loc": entry.get("loc", entry.get("path")), "msg": text}
        if text and len(found) < MOST_PLACES:
            found.setdefault(_sentence(place), place)
    return list(found.values())


def _sentence(entry: JsonObject) -> str:
    path = _path(entry)
    return f"{path}: {entry['msg']}" if path else str(entry["msg"])


def _path(entry: JsonObject) -> str:
    """The dotted path of an error's `loc`, without the part of the request it begins with."""
    steps = entry.get("loc")
    if not isinstance(steps, list | tuple):
        return ""
    path = ""
    for step in steps[1:] if steps and steps[0] in PLACES else steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _FIELD.fullmatch(str(step)):
            path += f".{step}"
    return path.lstrip(".") if not path.startswith("[") else ""


def _inside(message: str) -> Json:
    """The list of errors that a message holds as Python prints it; None where it holds none."""
    looked_at = message[:LONGEST_PYTHON]
    if lines := list(_printed_lines(looked_at)):
        return lines
    found = _PYTHON_ERRORS.search(looked_at)
    printed = _literal(found[0]) if found else None
    return next(iter(printed.values())) if isinstance(printed, dict) else None


def _printed_lines(message: str) -> Iterator[JsonObject]:
    if "validation error" in message:
        for line in _PYTHON_LINES.finditer(message):
            yield {"loc": _literal(line[1]), "msg": _literal(line[2])}


def _literal(printed: str) -> Json:
    try:
        return ast.literal_eval(printed)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
