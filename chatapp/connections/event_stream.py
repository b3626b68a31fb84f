"""Bytes of a streamed answer to events, and where an answer ends. Pure; `responses_client` brings the bytes."""

import json
import re
from collections.abc import Iterator

from chatapp.protocol.errors import ApiError, parse_error
from chatapp.protocol.events import ErrorEvent, Event, ResponseEvent, parse_event
from chatapp.protocol.json_types import Json, JsonObject, object_of, text_of
from chatapp.protocol.sse import Message, OversizedEvent, SseParser
from chatapp.services.ports import ServerFailure

ENDS = frozenset({"response.completed", "response.failed", "response.incomplete", "response.cancelled"})
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def is_end(event: Event) -> bool:
    """Whether nothing of the answer can follow."""
    return isinstance(event, ErrorEvent) or event.type in ENDS


class EventStream:
    """Feed the body as it arrives; take the events it completes.

    Raises ServerFailure: malformed for data that is not a JSON object, oversized for more than the parser holds.
    Events before the bad one have been given out by then.
    """

    def __init__(self) -> None:
        self._parser = SseParser()

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events completed by `chunk`."""
        try:
            for message in self._parser.feed(chunk):
                if message.data.strip() not in ("", "[DONE]"):
                    yield _event(message)
        except OversizedEvent as problem:
            raise ServerFailure("oversized", ApiError(f"{problem}.".capitalize())) from None

    def close(self) -> Event | None:
        """A last event that arrived whole but for the blank line after it, if there is one."""
        try:
            message = self._parser.close()
            return _event(message) if message else None
        except (OversizedEvent, ServerFailure):
            return None


def events_of_object(value: Json) -> list[Event]:
    """What a server that does not stream says in one JSON object: the response's last stage, or an error.

    A response that is still queued or in progress ends with no last stage. Raises ServerFailure("malformed").
    """
    body = object_of(value)
    if body.get("object") == "response" or "output" in body:
        status = text_of(body.get("status")) or "completed"
        kind = f"response.{status}"
        return [ResponseEvent(kind, None, {"type": kind, "response": body}, body)]
    if {"error", "detail", "message"} & body.keys():
        return [ErrorEvent("error", None, {"type": "error", **body}, parse_error(body))]
    raise ServerFailure("malformed", ApiError("The server answered with JSON that is not a response."))


def _event(message: Message) -> Event:
    raw = _object(message.data)
    if raw is None:
        raise ServerFailure("malformed", ApiError("The server sent an event that is not a JSON object."))
    return parse_event(raw, message.event)


def _object(data: str) -> JsonObject | None:
    try:
        value = json.loads(data)
        # Half a surrogate pair can be neither stored nor drawn; JSON can write it only as an escape.
        if "\\ud" in data or "\\uD" in data:
            value = _without_lone_surrogates(value)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _without_lone_surrogates(value: Json) -> Json:
    if isinstance(value, str):
        return LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_lone_surrogates(entry) for entry in value]
    if isinstance(value, dict):
        return {_without_lone_surrogates(k): _without_lone_surrogates(v) for k, v in value.items()}
    return value
