"""Where the reader was in each conversation: kept while others are read, and over a restart."""

from collections import OrderedDict

from chatapp.desktop.transcript.manners import Anchor
from chatapp.protocol.json_types import Json

MOST = 200
"""Conversations whose place is remembered; those longest unread are forgotten."""


class ReadingPositions:
    """No place is kept of a conversation that was left at its end: one comes back to the end."""

    def __init__(self, kept: Json = None) -> None:
        """`kept` is what `as_json` gave; what cannot be read of it is left out."""
        self._places: OrderedDict[str, Anchor] = OrderedDict()
        for conversation, place in kept.items() if isinstance(kept, dict) else ():
            match place:
                case [str(key), int(strip), int(above)]:
                    self.keep(conversation, Anchor(key, strip, above))

    def keep(self, conversation: str, place: Anchor | None) -> None:
        self._places.pop(conversation, None)
        if place is not None:
            self._places[conversation] = place
        while len(self._places) > MOST:
            self._places.popitem(last=False)

    def of(self, conversation: str) -> Anchor | None:
        return self._places.get(conversation)

    def as_json(self) -> dict[str, Json]:
        return {
            conversation: [place.key, place.strip, place.above]
            for conversation, place in self._places.items()
        }
