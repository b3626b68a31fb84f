"""Lists that come in pages: `data`, `has_more`, and the next page after the last id."""

from dataclasses import replace

from chatapp.connections.http import Call, Http
from chatapp.protocol.errors import ApiError, parse_error
from chatapp.protocol.json_types import JsonObject, object_of, objects_of, optional_text
from chatapp.services.ports import ServerFailure

PAGE_SIZE = 100
MOST_ENTRIES = 100_000
"""More than this is a server that never stops."""


async def all_pages(http: Http, call: Call) -> list[JsonObject]:
    """All entries of a list, each id once. A server that ignores `after` is noticed by a page that ends as before.

    Raises ServerFailure.
    """
    entries: dict[str, JsonObject] = {}
    query = {"limit": PAGE_SIZE, **call.query}
    last: str | None = None
    while True:
        page = object_of(await http.json(replace(call, query=query)))
        known = len(entries)
        if "error" in page and "data" not in page:
            # LM Studio says so of what it does not offer, under the status 200.
            raise ServerFailure("refused", parse_error(page), 404)
        rows = objects_of(page.get("data"))
        for number, row in enumerate(rows):
            entries.setdefault(optional_text(row.get("id")) or f"#{known + number}", row)
        if len(entries) > MOST_ENTRIES:
            raise ServerFailure("oversized", ApiError(f"The list has more than {MOST_ENTRIES} entries."))
        previous, last = last, optional_text(page.get("last_id")) or _id_of_last(rows)
        if page.get("has_more") is not True or not last or last == previous or len(entries) == known:
            return list(entries.values())
        query = {**query, "after": last}


def _id_of_last(rows: list[JsonObject]) -> str | None:
    return optional_text(rows[-1].get("id")) if rows else None
