"""Lists as the wire pages them: `limit`, `order`, `after`, `before` in; `first_id`, `last_id`, `has_more` out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from chatapp.engine.checks import digits
from chatapp.engine.errors import invalid
from chatapp.protocol.json_types import JsonObject

DEFAULT_LIMIT = 20
HIGHEST_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Paging:
    """What part of a list is wanted. `after` and `before` are ids that are not part of the answer."""

    limit: int
    descending: bool
    after: str | None
    before: str | None


def paging_of(query: QueryParams, default: int = DEFAULT_LIMIT, highest: int = HIGHEST_LIMIT) -> Paging:
    """The paging a query string asks for. Raises ApiError 400."""
    order = query.get("order", "desc")
    if order not in ("asc", "desc"):
        raise invalid(
            "Invalid value for 'order'. Supported values are: 'asc' and 'desc'.", "order", "invalid_value"
        )
    limit = digits(query.get("limit", str(default)), "limit", 1, highest)
    return Paging(limit, order == "desc", query.get("after"), query.get("before"))


def page_of(items: Sequence[JsonObject], paging: Paging) -> JsonObject:
    """The wanted page of `items`, which come in ascending order and have ids. Raises ApiError 400."""
    ordered = list(items)[::-1] if paging.descending else list(items)
    first, last = 0, len(ordered)
    if paging.after:
        first = _position(ordered, paging.after, "after") + 1
    if paging.before:
        last = _position(ordered, paging.before, "before")
    window = ordered[first:last]
    # Before an id, the wanted items are the nearest to it.
    page = window[-paging.limit :] if paging.before and not paging.after else window[: paging.limit]
    return list_object(page, has_more=len(window) > len(page))


def list_object(data: Sequence[Any], *, has_more: bool = False) -> JsonObject:
    """The list object around a page."""
    ids = [item["id"] for item in data] or [None]
    return {
        "object": "list",
        "data": list(data),
        "first_id": ids[0],
        "last_id": ids[-1],
        "has_more": has_more,
    }


def _position(items: Sequence[JsonObject], identity: str, param: str) -> int:
    for at, item in enumerate(items):
        if item["id"] == identity:
            return at
    raise invalid(f"No item with id '{identity}' in this list.", param, "invalid_value")
