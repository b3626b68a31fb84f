"""What an engine that ended in the middle left behind, put right when the next one starts.

An answer that was waiting or being written becomes `failed` and keeps the text that was sent; files without a row and
half-received uploads go. Half-indexed files need nothing here: they are still `in_progress`, and `indexing`
begins them anew.
"""

import json
import sqlite3
from typing import Any

from chatapp.engine.errors import server_error
from chatapp.engine.events import EventNumbers
from chatapp.engine.response_log import change, drop_old_events, stored_events
from chatapp.engine.response_object import failure
from chatapp.engine.store import Database
from chatapp.protocol.json_types import JsonObject

INTERRUPTED = "The engine stopped while this answer was being written."


async def fail_interrupted_responses(database: Database) -> None:
    """Close every response that is still queued or in progress, and drop the events of old ones."""
    await database.write(_repair)


def _repair(connection: sqlite3.Connection) -> None:
    drop_old_events(connection)
    rows = connection.execute(
        "SELECT id, body FROM response WHERE status IN ('queued', 'in_progress')"
    ).fetchall()
    for identity, text in rows:
        body = json.loads(text)
        events = stored_events(connection, identity)
        output = output_so_far(events)
        for item in output:
            item["status"] = item["status"] if item["status"] == "completed" else "incomplete"
        body |= {"status": "failed", "error": failure(None, INTERRUPTED), "output": output}
        change(connection, body, _last_events(body, events))


def _last_events(body: JsonObject, events: list[JsonObject]) -> list[JsonObject]:
    """What a reader of the response's events is told of its end."""
    numbers = EventNumbers(events[-1]["sequence_number"] + 1 if events else 0)
    error = server_error(INTERRUPTED).error()
    return [numbers.event("error", error=error), numbers.event("response.failed", response=body)]


def output_so_far(events: list[JsonObject]) -> list[JsonObject]:
    """The output items that the events tell of, as far as they tell."""
    items: dict[int, Any] = {}
    for event in events:
        kind, at = event["type"], event.get("output_index", -1)
        if kind in ("response.output_item.added", "response.output_item.done"):
            items[at] = event["item"]
        elif kind in ("response.content_part.added", "response.reasoning_summary_part.added"):
            _parts(items[at], event).append(event["part"])
        elif kind == "response.function_call_arguments.delta":
            items[at]["arguments"] += event["delta"]
        elif kind == "response.output_text.annotation.added":
            _part(items[at], event)["annotations"].append(event["annotation"])
        elif kind.endswith(".delta"):
            part = _part(items[at], event)
            part["refusal" if part["type"] == "refusal" else "text"] += event["delta"]
    return [items[at] for at in sorted(items)]


def _parts(item: JsonObject, event: JsonObject) -> list[JsonObject]:
    parts: list[JsonObject] = item.setdefault("summary" if "summary_index" in event else "content", [])
    return parts


def _part(item: JsonObject, event: JsonObject) -> JsonObject:
    return _parts(item, event)[event["summary_index" if "summary_index" in event else "content_index"]]
