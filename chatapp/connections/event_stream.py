"""Bytes of a streamed answer to events, and where an answer ends. Pure; `responses_client` brings the bytes."""

import json
from collections.abc import Iterator

from chatapp.connections.bodies import DEEPEST
from chatapp.connections.withholding import NOTHING_WITHHELD, Withheld
from chatapp.protocol.errors import ApiError, parse_error
from chatapp.protocol.events import ErrorEvent, Event, ResponseEvent, parse_event
from chatapp.protocol.json_types import (
    Json,
    JsonObject,
    is_deeper_than,
    object_of,
    text_of,
    without_lone_surrogates,
)
from chatapp.protocol.sse import OversizedEvent, SseParser
from chatapp.services.ports import ServerFailure

ENDS = frozenset({"response.completed", "response.failed", "response.incomplete", "response.cancelled"})
DONE = "[DONE]"
"""What Open Responses ends a stream with, after the event that ended the answer."""
_decode = json.JSONDecoder().raw_decode
"""Half the time of json.loads, which looks for a byte order mark and blanks at every event."""


def is_end(event: Event) -> bool:
    """Whether the answer is over."""
    return isinstance(event, ErrorEvent) or is_last(event)


def is_last(event: Event) -> bool:
    """Whether nothing at all can follow. After an `error` the failed response may."""
    return event.type in ENDS


class EventStream:
    """Feed the body as it arrives; take the events it completes.

    Raises ServerFailure: malformed for data that is not a JSON object, oversized for more than the parser holds.
    Events before the bad one have been given out by then.
    """

    def __init__(self, withheld: Withheld = NOTHING_WITHHELD) -> None:
        self._parser = SseParser()
        self._withheld = withheld

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events completed by `chunk`."""
        try:
            for message in self._parser.feed(chunk):
                data = message.data.strip()
                if data and data != DONE:
                    yield _event(message.event, self._withheld.text(data))
        except OversizedEvent as problem:
            raise ServerFailure("oversized", ApiError(f"{problem}.".capitalize())) from None

    def close(self) -> Event | None:
        """A last event that arrived whole but for the blank line after it, if there is one."""
        try:
            message = self._parser.close()
            data = message.data.strip() if message else ""
            if not message or not data or data == DONE:
                return None
            return _event(message.event, self._withheld.text(data))
        except (OversizedEvent, ServerFailure):
            return None


def events_of_object(value: Json) -> list[Event]:
    """What a server that does not stream says in one JSON object: the response's last stage, or an error.

    A response that is still queued or in progress ends with no last stage. Raises ServerFailure("malformed").
    """
    body = object_of(value)
    if "output" in body or (body.get("object") == "response" and "status" in body):
        status = text_of(body.get("status")) or "completed"
        kind = f"response.{status}"
        return [ResponseEvent(kind, None, {"type": kind, "response": body}, body)]
    if {"error", "detail", "message"} & body.keys():
        return [ErrorEvent("error", None, {"type": "error", **body}, parse_error(body))]
    raise ServerFailure("malformed", ApiError("The server answered with JSON that is not a response."))


def _event(name: str, data: str) -> Event:
    raw = _object(data)
    if raw is None:
        raise ServerFailure("malformed", ApiError("The server sent an event that is not a JSON object."))
    return parse_event(raw, name)


def _object(data: str) -> JsonObject | None:
    try:
        value, end = _decode(data)
        # Half a surrogate pair can be neither stored nor drawn; JSON can write it only as an escape.
        if "\\" in data and ("\\ud" in data or "\\uD" in data):
            value = without_lone_surrogates(value)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or end != len(data):
        return None
    # Counting brackets is quick, and nearly no event has as many as would be too deep.
    if data.count("{") + data.count("[") > DEEPEST and is_deeper_than(value, DEEPEST):
        return None
    return value
