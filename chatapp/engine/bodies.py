"""JSON in and out: bounded, strict, and errors in the wire's shape."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from chatapp.engine.errors import ApiError, invalid
from chatapp.protocol.json_types import JsonObject

LONGEST_BODY = 72 * 2**20
"""Bytes of a JSON body: room for a 50 MB file as base64."""
CLIENT_GONE = 499
"""The status of an answer that nobody is there to read."""
DEEPEST_JSON = 64
"""Objects and lists within each other."""


class ErrorResponse(JSONResponse):
    """The body `{"error": …}` of an ApiError."""

    def __init__(self, error: ApiError) -> None:
        headers = {"www-authenticate": "Bearer"} if error.status == 401 else None
        super().__init__({"error": error.error()}, error.status, headers)

    def render(self, content: Any) -> bytes:
        # A message may quote a request that holds half a surrogate pair; ASCII escapes survive that.
        return json.dumps(content).encode()


async def read_object(request: Request) -> JsonObject:
    """The JSON object in the request's body. Raises ApiError 400, 413 or 415."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(415, "The content type must be application/json.", code="unsupported_media_type")
    body = await _read(request)
    try:
        value = json.loads(body, parse_constant=_no_constant)
        _check_depth(value)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise invalid(
            f"We could not parse the JSON body of your request: {_reason(error)}.", code="invalid_json"
        ) from None
    if not isinstance(value, dict):
        raise invalid("The JSON body of your request must be an object.", code="invalid_json")
    return value


async def _read(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LONGEST_BODY:
            raise ApiError(
                413, f"The body is larger than {LONGEST_BODY >> 20} MiB.", code="request_too_large"
            )
        parts.append(part)
    return b"".join(parts)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST_JSON):
        level = [child for one in level for child in _children(one)]
        if not level:
            return
    raise ValueError(f"it is nested more than {DEEPEST_JSON} deep")


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _reason(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"{error.msg} at line {error.lineno}, column {error.colno}"
        case UnicodeError():
            return "it holds text that is not Unicode"
        case RecursionError():
            return f"it is nested more than {DEEPEST_JSON} deep"
        case _:
            return str(error)
