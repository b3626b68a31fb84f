"""Reading a refusal: status, headers and body of an HTTP error, made into one ServerFailure. Pure."""

import json
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlsplit

from chatapp.connections.retries import may_pass, retry_after_s
from chatapp.protocol.errors import ApiError, parse_error
from chatapp.protocol.json_types import Json
from chatapp.protocol.sse import OversizedEvent, SseParser
from chatapp.services.ports import ServerFailure

LONGEST_TEXT = 500
"""Characters of a body that is not JSON which are worth showing."""
LIMITS = ("x-request-id", "x-ratelimit-")
"""Beginnings of the names of headers that say what is left, and under which name the server knows the request."""
LONGEST_LIMIT = 200
"""Characters of such a header that are worth showing."""
TELLING_HEADERS = (*LIMITS, "retry-after", "x-should-retry")
"""Beginnings of the names of headers that are kept with the error."""


def refusal(status: int, headers: Mapping[str, str], body: bytes, now: float) -> ServerFailure:
    """What a status of 300 or more means. Never raises; `now` is seconds since the epoch."""
    moved = 300 <= status < 400
    error = ApiError(_redirect(headers.get("location", ""))) if moved else _error(status, body)
    telling = tuple((name, text) for name, text in headers.items() if name.startswith(TELLING_HEADERS))
    error = replace(error, headers=error.headers + telling)
    pause = retry_after_s(headers, now) if may_pass(error) else None
    return ServerFailure("refused", error, status, pause)


def limits_of(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that `Told.limits` hears of."""
    return {name: text[:LONGEST_LIMIT] for name, text in headers.items() if name.startswith(LIMITS)}


def _redirect(location: str) -> str:
    """A redirect is not followed: the key would go along. Only the place it names is told, not its query."""
    try:
        parts = urlsplit(location)
    except ValueError:
        parts = urlsplit("")
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else parts.path
    return f"The server answered with a redirect to {place or 'nowhere'}, which is not followed. Set the address."


def _error(status: int, body: bytes) -> ApiError:
    text = body.decode("utf-8", "replace").strip()
    value = _json(text) if text[:1] in ("{", "[", '"') else _json(_first_message(body))
    if isinstance(value, dict) and value:
        return parse_error(value)
    if isinstance(value, str) and value:
        return ApiError(value[:LONGEST_TEXT])
    shown = "" if text.startswith("<") else text[:LONGEST_TEXT]
    return ApiError(shown or f"The server answered {_named(status)}.")


def _json(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _first_message(body: bytes) -> str:
    """Some servers send a refusal in the framing of the stream that was asked for."""
    parser = SseParser()
    try:
        message = next(parser.feed(body), None) or parser.close()
    except OversizedEvent:
        return ""
    return message.data if message else ""


def _named(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else str(status)
