"""Sources as CSL-JSON, which Zotero, Pandoc and word processors read.

The fields are those of https://resource.citationstyles.org/schema/latest/input/json/csl-data.json.
"""

import json
from collections.abc import Sequence

from chatapp.exchange.reference_keys import keys
from chatapp.exchange.sources import Source, writable
from chatapp.protocol.json_types import JsonObject


def render(found: Sequence[Source]) -> str:
    """An array with an item for each source: its file or address, its page or line, and the quoted words."""
    items = [_item(source, key) for source, key in zip(found, keys(found), strict=True)]
    return writable(json.dumps(items, ensure_ascii=False, indent=2) + "\n")


def _item(source: Source, key: str) -> JsonObject:
    item: JsonObject = {"id": key, "type": "webpage" if source.url else "document", "title": source.name}
    if source.is_on_page:
        item["page"] = str(source.page)
    elif source.place:
        item["note"] = source.place
    if source.url:
        item["URL"] = source.url
    if source.quote:
        item["annote"] = source.quote
    return item
