"""What a text defines for all of itself: where links lead, and which footnotes there are."""

from collections import ChainMap
from collections.abc import MutableMapping
from typing import Any

Known = MutableMapping[str, dict[str, Any]]


class Definitions:
    """The definitions found so far, by label. Made over others it sees theirs, but adds nothing to them."""

    def __init__(self, over: "Definitions | None" = None) -> None:
        self._own: tuple[Known, Known] = ({}, {})
        known = over._own if over is not None else ({}, {})
        self.links: Known = ChainMap(self._own[0], known[0])
        self.notes: Known = ChainMap(self._own[1], known[1])

    def __len__(self) -> int:
        """How many it holds of its own."""
        return sum(map(len, self._own))

    @property
    def env(self) -> dict[str, Any]:
        """As the parser wants it."""
        return {"references": self.links, "notes": self.notes}

    @property
    def lines(self) -> list[int]:
        """The lines on which its own begin, in order."""
        return sorted(found["map"][0] for own in self._own for found in own.values())

    def learn(self, more: "Definitions", before: int | None = None) -> None:
        """Add what `more` holds of its own, up to a line. The first of two of one label stands."""
        for mine, theirs in zip(self._own, more._own, strict=True):
            for label, found in theirs.items():
                if before is None or found["map"][0] < before:
                    mine.setdefault(label, found)
