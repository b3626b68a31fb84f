"""Counting what is written, by estimate, and stopping at the cap: for generators that count no tokens themselves."""

import re

from chatapp.engine.tokens import BYTES_PER_TOKEN

_WORDS = re.compile(r"\s*\S+|\s+\Z")


class Meter:
    """Counts words up to `cap` tokens; without a cap it only counts."""

    def __init__(self, cap: int | None) -> None:
        self._most_bytes = None if cap is None else cap * BYTES_PER_TOKEN
        self._bytes = 0
        self._thought_bytes = 0
        self.full = False

    def words(self, text: str, *, thought: bool = False) -> list[str]:
        """The words of a text, each with the space before it, as far as they fit; `full` tells whether all did not."""
        fitting = []
        for word in _WORDS.findall(text):
            size = len(word.encode())
            if self._most_bytes is not None and self._bytes + size > self._most_bytes:
                self.full = True
                break
            self._bytes += size
            self._thought_bytes += size if thought else 0
            fitting.append(word)
        return fitting

    @property
    def tokens(self) -> int:
        return -(-self._bytes // BYTES_PER_TOKEN)

    @property
    def thought_tokens(self) -> int:
        return self._thought_bytes // BYTES_PER_TOKEN
