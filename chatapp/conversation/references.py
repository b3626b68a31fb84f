"""What stands in a request, in history and on disk in the place of a kept original's bytes, and what fills it in.

A reference is written as an address of its own scheme where the wire has the bytes or a file's id. It says all that
is needed to fill it in on any server, so that a replayed turn goes to another one like the first time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode

from chatapp.protocol.json_types import Json, JsonObject, objects_of

SCHEME = "chatapp-original:"
_FIELDS = {"input_image": ("image_url", "file_id"), "input_file": ("file_data", "file_id")}
"""Where a part of an item may have a reference."""
_PLACES = ("content", "output")
"""Where an item has its parts: a message, or what a function gave."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A kept original as part of a request: its bytes as a data URL ("data"), or the id of its upload ("id").
    `bytes` is the size of the original, `purpose` that of an upload."""

    sha256: str
    media_type: str
    bytes: int
    filename: str
    place: Literal["data", "id"] = "data"
    purpose: str = ""

    def written(self) -> str:
        facts = {"as": self.place, "type": self.media_type, "bytes": self.bytes, "name": self.filename}
        if self.purpose:
            facts["purpose"] = self.purpose
        return f"{SCHEME}{self.sha256}?{urlencode(facts, quote_via=quote, errors='surrogatepass')}"


LONGEST_SIZE = 18
"""Digits: a longer one is no file's, and Python refuses to read one of thousands."""


def read_reference(text: object) -> Reference | None:
    """None for anything but a reference, such as an address or a file's id."""
    if not isinstance(text, str) or not text.startswith(SCHEME):
        return None
    sha256, _, query = text.removeprefix(SCHEME).partition("?")
    facts = dict(parse_qsl(query, errors="surrogatepass"))
    size = facts.get("bytes", "")
    return Reference(
        sha256,
        facts.get("type", ""),
        int(size) if size.isascii() and size.isdigit() and len(size) <= LONGEST_SIZE else 0,
        facts.get("name", ""),
        "id" if facts.get("as") == "id" else "data",
        facts.get("purpose", ""),
    )


def references_in(request: JsonObject) -> list[Reference]:
    """Those of a request's input, in their order; the same one as often as it stands there."""
    found = (read_reference(part.get(field)) for part, field in _places(request))
    return [reference for reference in found if reference is not None]


def filled_in(request: JsonObject, values: Mapping[Reference, str]) -> JsonObject:
    """The request as it leaves: each reference replaced by its value. The given one stays as it is."""
    return {**request, "input": _filled_in(request.get("input"), values)} if values else request


def _places(request: JsonObject) -> Iterator[tuple[JsonObject, str]]:
    for item in objects_of(request.get("input")):
        for place in _PLACES:
            for part in objects_of(item.get(place)):
                for field in _FIELDS.get(str(part.get("type")), ()):
                    yield part, field


def _filled_in(items: Json, values: Mapping[Reference, str]) -> Json:
    if not isinstance(items, list):
        return items
    return [_item(item, values) if isinstance(item, dict) else item for item in items]


def _item(item: JsonObject, values: Mapping[Reference, str]) -> JsonObject:
    return item | {
        place: [_part(part, values) if isinstance(part, dict) else part for part in item[place]]
        for place in _PLACES
        if isinstance(item.get(place), list)
    }


def _part(part: JsonObject, values: Mapping[Reference, str]) -> JsonObject:
    fields = _FIELDS.get(str(part.get("type")), ())
    references = {field: read_reference(part.get(field)) for field in fields}
    return part | {
        field: values[reference] for field, reference in references.items() if reference is not None
    }
