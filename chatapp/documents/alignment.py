"""The passage of a text that shares the most words with a quote, in the same order.

First the neighbourhoods that hold the most, and the rarest, of the quote's words are picked by sets; then the
words of each are aligned with the quote's by their longest common subsequence, computed a whole row at a time
in one integer of as many bits as the quote has words.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import log

from chatapp.documents.model import Span

MAX_QUOTE_WORDS = 2000
"""Only so many words of a quote are aligned; `found` still counts against all of them."""

NEIGHBOURHOODS = 4
"""How many neighbourhoods are aligned word for word."""

SKIP_COST = 0.25
"""What a word of the text that the quote lacks costs, in words found: a run ends where it no longer pays."""

_MIN_BLOCK = 1024

# A run of letters and digits, with the hyphens of its line ends; each ideograph or kana is a word of its own.
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(
    rf"[^\W{_IDEOGRAPHS}]+(?:[-\u00ad\u2010\u2011\x02\ufffe]\s{{0,4}}[^\W{_IDEOGRAPHS}]+)*|[{_IDEOGRAPHS}]"
)
_NOT_WORD = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: how it compares, and where it stands."""

    key: str
    start: int
    end: int


def closest_passage(text: str, quote: str, near: int | None = None) -> Span | None:
    """The passage that best aligns with `quote`; None if it has not one of the quote's words."""
    wanted = [word.key for word in words(quote)]
    if not wanted:
        return None
    spans = [
        span
        for start, end in _neighbourhoods(text, wanted, max(_MIN_BLOCK, 2 * len(quote)), near or 0)
        if (span := _align(list(words(text, start, end)), wanted)) is not None
    ]
    return max(spans, key=lambda span: (span.found, -abs(span.offset - (near or 0))), default=None)


def words(text: str, start: int = 0, end: int | None = None) -> Iterator[Word]:
    """The words of `text[start:end]` with their offsets in `text`."""
    for match in _WORD.finditer(text, start, len(text) if end is None else end):
        yield Word(_key(match.group()), match.start(), match.end())


def _key(word: str) -> str:
    folded = word.casefold() if word.isascii() else unicodedata.normalize("NFKC", word).casefold()
    return folded if folded.isalnum() else _NOT_WORD.sub("", folded)


def _neighbourhoods(text: str, wanted: list[str], block: int, near: int) -> list[tuple[int, int]]:
    """The stretches of `text`, two blocks long, that hold the most of the wanted words, rare ones counting more.

    Of equal ones those nearest to offset `near` are taken.
    """
    vocabulary = frozenset(wanted)
    starts = range(0, max(1, len(text)), block)
    present = [vocabulary.intersection(_keys(text[start : start + block])) for start in starts]
    blocks_with = Counter(key for keys in present for key in keys)
    weight = {key: log(1 + len(present) / count) for key, count in blocks_with.items()}
    scores = [
        (sum(weight[key] for key in here | after), start)
        for here, after, start in zip(present, [*present[1:], frozenset()], starts, strict=True)
    ]
    best = sorted(
        (score for score in scores if score[0] > 0), key=lambda score: (-score[0], abs(score[1] - near))
    )[:NEIGHBOURHOODS]
    return [(start, min(len(text), start + 2 * block)) for _, start in best]


def _keys(text: str) -> set[str]:
    """The words of `text` as they compare, without their places: what `words` gives, but in one sweep."""
    folded = text.casefold() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    return {word if word.isalnum() else _NOT_WORD.sub("", word) for word in set(_WORD.findall(folded))}


def _align(passage: list[Word], wanted: list[str]) -> Span | None:
    matched = _densest(_common_subsequence([word.key for word in passage], wanted[:MAX_QUOTE_WORDS]))
    if not matched:
        return None
    start, end = passage[matched[0]].start, passage[matched[-1]].end
    return Span(start, end - start, len(matched) / len(wanted))


def _common_subsequence(passage: list[str], wanted: list[str]) -> list[int]:
    """Indexes into `passage` of one longest common subsequence, ascending.

    Bit j of a row is 0 where taking wanted[j] in lengthens the subsequence so far; see Hyyrö,
    "Bit-parallel LCS-length computation revisited", 2004.
    """
    places: dict[str, int] = {}
    for index, key in enumerate(wanted):
        places[key] = places.get(key, 0) | 1 << index
    row = full = (1 << len(wanted)) - 1
    rows = [row]
    for key in passage:
        hits = row & places.get(key, 0)
        row = (row + hits | row - hits) & full
        rows.append(row)
    return _walk_back(rows, len(wanted))


def _walk_back(rows: list[int], columns: int) -> list[int]:
    matched: list[int] = []
    row, column = len(rows) - 1, columns
    while row and column:
        bit = 1 << (column - 1)
        if rows[row] & bit:
            column -= 1
        elif rows[row - 1] & bit:
            matched.append(row - 1)
            row, column = row - 1, column - 1
        else:
            row -= 1
    return matched[::-1]


def _densest(matched: list[int]) -> list[int]:
    """The stretch of matches worth most when each counts one and each word skipped between costs SKIP_COST."""
    best = sum_here = 0.0
    best_from = best_to = here_from = 0
    for at, index in enumerate(matched):
        carried = sum_here - SKIP_COST * (index - matched[at - 1] - 1) if at else 0.0
        if carried <= 0:
            carried, here_from = 0.0, at
        sum_here = carried + 1
        if sum_here > best:
            best, best_from, best_to = sum_here, here_from, at + 1
    return matched[best_from:best_to]
