"""The events of one response, numbered from 0 without gaps, in the shapes that api.openai.com sends."""

from typing import Any

from chatapp.protocol.json_types import Json, JsonObject

_NESTED = (dict, list)


class EventNumbers:
    """Makes events: type, fields, then the next sequence number, from `first` on."""

    def __init__(self, first: int = 0) -> None:
        self._next = first

    def event(self, kind: str, **fields: Any) -> JsonObject:
        """The next event. Fields are copied, so that what is changed later does not change what was told."""
        event = {"type": kind, **_copied(fields), "sequence_number": self._next}
        self._next += 1
        return event


def _copied(value: Json) -> Json:
    """Objects and lists anew. Nothing is called for what is neither, as most of an event is."""
    if isinstance(value, dict):
        return {
            name: _copied(inner) if isinstance(inner, _NESTED) else inner for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_copied(inner) if isinstance(inner, _NESTED) else inner for inner in value]
    return value


class ItemEvents:
    """Events about the output item at `index`."""

    def __init__(self, numbers: EventNumbers, index: int, item: JsonObject) -> None:
        self._numbers = numbers
        self._index = index
        self.item = item

    def added(self) -> JsonObject:
        return self._numbers.event("response.output_item.added", item=self.item, output_index=self._index)

    def done(self) -> JsonObject:
        return self._numbers.event("response.output_item.done", item=self.item, output_index=self._index)

    def about(self, kind: str, **fields: Any) -> JsonObject:
        """An event that names the item, such as `response.file_search_call.searching`."""
        return self._numbers.event(kind, item_id=self.item["id"], output_index=self._index, **fields)
