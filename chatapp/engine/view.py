"""What a client sees of a response: search results and sealed reasoning if it asked, padding if it wants any."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from chatapp.engine.checks import flag, one_of
from chatapp.engine.sealing import sealed
from chatapp.protocol.include import INCLUDABLE
from chatapp.protocol.json_types import JsonObject

_RESULTS, _SEALED = "file_search_call.results", "reasoning.encrypted_content"
_LONGEST_PADDING = 16


@dataclass(frozen=True, slots=True)
class View:
    """`include` as in the request; `obfuscated`: deltas carry random text, so that their sizes tell nothing."""

    include: frozenset[str] = frozenset()
    obfuscated: bool = False

    def response(self, response: JsonObject) -> JsonObject:
        return response | {"output": self.items(response["output"])}

    def items(self, items: Sequence[JsonObject]) -> list[JsonObject]:
        return [self.item(item) for item in items]

    def item(self, item: JsonObject) -> JsonObject:
        if item["type"] == "file_search_call" and _RESULTS not in self.include:
            return item | {"results": None}
        if item["type"] == "reasoning" and _SEALED in self.include and item.get("status") != "in_progress":
            return {"encrypted_content": sealed(_thoughts(item)), **item}
        return item

    def events(self, events: Sequence[JsonObject]) -> list[JsonObject]:
        return [self._event(event) for event in events]

    def _event(self, event: JsonObject) -> JsonObject:
        if "response" in event:
            return event | {"response": self.response(event["response"])}
        if "item" in event:
            return event | {"item": self.item(event["item"])}
        if self.obfuscated and "delta" in event:
            return event | {
                "obfuscation": secrets.token_urlsafe(12)[: -len(event["delta"]) % _LONGEST_PADDING]
            }
        return event


def view_of(query: QueryParams) -> View:
    """The view that a query string asks for. Raises ApiError 400."""
    check = one_of(*INCLUDABLE)
    include = [check(one, "include") for one in (*query.getlist("include"), *query.getlist("include[]"))]
    return View(frozenset(include), flag(query, "include_obfuscation"))


def _thoughts(item: JsonObject) -> str:
    return "\n\n".join(part["text"] for part in (item.get("content") or item["summary"]))
