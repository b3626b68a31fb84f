"""JSON in and out: bounded, strict, and errors in the wire's shape."""

import asyncio
import json
import math
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from chatapp.engine.errors import ApiError, invalid
from chatapp.protocol.json_types import Json, JsonObject, is_deeper_than

LONGEST_BODY = 72 * 2**20
"""Bytes of a JSON body that brings files along: room for one of 50 MB as base64."""
FILE_FIELDS = (b'"file_data"', b'"image_url"')
"""What a body has that brings files along."""
LONGEST_TEXT_BODY = 16 * 2**20
"""Bytes of any other: the protocol's longest input, 10 MB, with room for escapes."""
MOST_BRACKETS = 1_000_000
"""Opening brackets and braces in a body, in its texts or not: each may be a list of 100 bytes once it is read."""
PARSED_AT_ONCE = 256 * 2**10
"""Bytes that are parsed between two turns of the event loop; more go to a thread."""
CLIENT_GONE = 499
"""The status of an answer that nobody is there to read."""
DEEPEST_JSON = 64
"""Objects and lists within each other."""


class ErrorResponse(JSONResponse):
    """The body `{"error": …}` of an ApiError."""

    def __init__(self, error: ApiError) -> None:
        headers = {"www-authenticate": "Bearer"} if error.status == 401 else {}
        super().__init__({"error": error.error()}, error.status, headers | error.headers)

    def render(self, content: Any) -> bytes:
        # A message may quote a request that holds half a surrogate pair; ASCII escapes survive that.
        return json.dumps(content).encode()


async def read_object(request: Request) -> JsonObject:
    """The JSON object in the request's body. Raises ApiError 400, 413 or 415."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(415, "The content type must be application/json.", code="unsupported_media_type")
    return await parsed_object(await _read(request))


async def parsed_object(body: bytes) -> JsonObject:
    """The JSON object that a body or a frame is. Raises ApiError 400 or 413."""
    if len(body) > LONGEST_TEXT_BODY and not any(field in body for field in FILE_FIELDS):
        raise _too_large(LONGEST_TEXT_BODY)
    value = _parsed(body) if len(body) <= PARSED_AT_ONCE else await asyncio.to_thread(_parsed, body)
    if not isinstance(value, dict):
        raise invalid("The JSON body of your request must be an object.", code="invalid_json")
    return value


def _parsed(body: bytes) -> Json:
    try:
        if body.count(b"[") + body.count(b"{") > MOST_BRACKETS:
            raise ValueError(f"it holds more than {MOST_BRACKETS} objects and arrays")
        value = json.loads(body, parse_constant=_no_constant, parse_float=_finite)
        if is_deeper_than(value, DEEPEST_JSON):
            raise ValueError(f"it is nested more than {DEEPEST_JSON} deep")
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise invalid(
            f"We could not parse the JSON body of your request: {_reason(error)}.", code="invalid_json"
        ) from None
    return value


def _too_large(limit: int) -> ApiError:
    return ApiError(413, f"The body is larger than {limit >> 20} MiB.", code="request_too_large")


async def _read(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LONGEST_BODY:
            raise _too_large(LONGEST_BODY)
        parts.append(part)
    return b"".join(parts)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    """A number that can be told again: beyond the largest Python reads infinity, which is not JSON."""
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:40]} is too large a number")
    return value


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
