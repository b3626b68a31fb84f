"""The Response as it is sent: what the request asked for with defaults filled in, and what came of it."""

import time
from collections.abc import Collection
from typing import Any

from chatapp.engine.ids import new_id
from chatapp.protocol.json_types import JsonObject

RESULTS = "file_search_call.results"


def new_response(parameters: JsonObject) -> JsonObject:
    """A response that has just begun. `parameters` holds every parameter that is echoed, checked and filled."""
    return {
        "id": new_id("resp"),
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "background": False,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "output": [],
        "usage": None,
        **parameters,
    }


def presented(response: JsonObject, include: Collection[str]) -> JsonObject:
    """The response as a client that asked for `include` gets it."""
    if RESULTS in include:
        return response
    return response | {"output": [item_presented(item, include) for item in response["output"]]}


def item_presented(item: JsonObject, include: Collection[str]) -> JsonObject:
    """An output item without search results, unless they were asked for."""
    hidden = item["type"] == "file_search_call" and RESULTS not in include
    return item | {"results": None} if hidden else item


def event_presented(event: JsonObject, include: Collection[str]) -> JsonObject:
    """An event as a client that asked for `include` gets it."""
    if "response" in event:
        return event | {"response": presented(event["response"], include)}
    if "item" in event:
        return event | {"item": item_presented(event["item"], include)}
    return event


def usage_of(input_tokens: int, output_tokens: int) -> JsonObject:
    """The usage object; tokens as `tokens` estimates them."""
    details: dict[str, Any] = {"cached_tokens": 0, "cache_write_tokens": 0}
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": details,
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": input_tokens + output_tokens,
    }
