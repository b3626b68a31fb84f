"""A text with everything set aside in which two readings of one page differ, and the way back to its offsets.

Set aside: white space, invisible characters, quotation marks, letter case, ligatures and other compatibility
forms, and hyphens between letters. Kept: letters, digits, marks and punctuation, so "3.5" never equals "35".
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from itertools import accumulate

_BLOCK = 4096
"""Text is folded in blocks of about this many characters, so that an offset is found by unrolling one block."""

_INSIDE_WORD = re.compile(r"[^\W_][^\W_]")
# Begins with the hyphen itself, then looks behind it: so the search skips from hyphen to hyphen.
_INNER_HYPHEN = re.compile(r"-(?<=[^\W\d_]-)-{0,2}(?=[^\W\d_])")

_DASHES = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\x02\ufffe")
_QUOTATION_MARKS = frozenset(
    "\"'`\u00b4\u2018\u2019\u201a\u201b\u2032\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u2039\u203a"
)
_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


def fold(text: str) -> str:
    """`text` without what two readings of it differ in; equal folds mean the same wording."""
    return _INNER_HYPHEN.sub("", text.translate(_TABLE))


class FoldedText:
    """The fold of a text, with offsets translated both ways."""

    def __init__(self, text: str) -> None:
        self._blocks = _blocks(text)
        folds = [fold(block) for block in self._blocks]
        self.folded = "".join(folds)
        self._sources: dict[int, list[int]] = {}
        self._starts = [0, *accumulate(map(len, self._blocks))]
        self._folded_starts = [0, *accumulate(map(len, folds))]

    def source_offset(self, folded_offset: int) -> int:
        """The offset in the text of the character that gave the folded one at `folded_offset`."""
        number = bisect_right(self._folded_starts, folded_offset) - 1
        return self._starts[number] + self._unrolled(number)[folded_offset - self._folded_starts[number]]

    def folded_offset(self, offset: int) -> int:
        """The offset in the fold of the first character that came from `offset` in the text, or after."""
        number = min(max(0, bisect_right(self._starts, offset) - 1), len(self._blocks) - 1)
        return self._folded_starts[number] + bisect_left(
            self._unrolled(number), offset - self._starts[number]
        )

    def _unrolled(self, number: int) -> list[int]:
        if number not in self._sources:
            self._sources[number] = _unroll(self._blocks[number])
        return self._sources[number]


class _Table(dict[int, str | None]):
    """What each character folds to; filled as characters are met."""

    def __missing__(self, code: int) -> str | None:
        folded = _fold_character(chr(code)) or None
        self[code] = folded
        return folded


_TABLE = _Table()


def _fold_character(character: str) -> str:
    if character in _DASHES:
        return "-"
    if character in _QUOTATION_MARKS or unicodedata.category(character) in _INVISIBLE:
        return ""
    return "".join(unicodedata.normalize("NFKD", character).casefold().split())


def _blocks(text: str) -> list[str]:
    """The text cut between two letters or digits wherever there is such a place, so that no hyphen lies at a cut."""
    cuts = [0]
    while cuts[-1] + 2 * _BLOCK < len(text):
        inside = _INSIDE_WORD.search(text, cuts[-1] + _BLOCK, cuts[-1] + 2 * _BLOCK)
        cuts.append(inside.start() + 1 if inside else cuts[-1] + _BLOCK)
    return [text[start:end] for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]


def _unroll(block: str) -> list[int]:
    """For each character of the block's fold, the index in the block of the character it came from."""
    characters: list[str] = []
    sources: list[int] = []
    for index, character in enumerate(block):
        for folded in _TABLE[ord(character)] or "":
            characters.append(folded)
            sources.append(index)
    for hyphens in reversed(list(_INNER_HYPHEN.finditer("".join(characters)))):
        del sources[hyphens.start() : hyphens.end()]
    return sources
