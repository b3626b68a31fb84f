"""Lines of a document that stand for themselves though no stop ends them: rows of tables, entries, headings. A page of
a PDF has no other sign of them than that the line ends where there was room for more."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from chatapp.engine.retrieval.query import STOPWORDS
from chatapp.engine.retrieval.sentences import Span

_EARLY = 0.8
"""The share of the width that a line and the first word of the next one fill at most, where the line was ended."""
_VERY_EARLY = 0.6
"""The same, where the next line begins with a small letter."""
_EVEN = 0.75
"""The share of the longest line that most lines of running text have."""
_MOST = 0.6
_FULL_LINES = 3
"""As many lines are as wide as the text, but for a few that stick out."""
_LONGEST_ROW = 160
_CELL = re.compile(r"(?<!\S)(?:[-−+(]?[$€£]?\d[\d.,:/]*[%)]?|[—–-])(?!\S)")
"""A number, or the dash that stands for none."""

_SEPARATOR = re.compile(r"[|\t;]|,(?=\S)")


def apart(text: str, spans: Sequence[Span]) -> list[Span]:
    """The spans, those cut where a line within them stands for itself."""
    lengths = sorted(map(len, text.split("\n")))
    width = lengths[-_FULL_LINES] if len(lengths) > 2 * _FULL_LINES else lengths[-1]
    return [part for span in spans for part in _parts(text, span, width)]


def is_cells(line: str) -> bool:
    """Whether a line is a row of a table of numbers: words, then numbers."""
    if len(line) > _LONGEST_ROW:
        return False
    first = _CELL.search(line)
    if first is None or first.start() == 0:
        return False
    return first.end() == len(line) or _CELL.search(line, first.end()) is not None


def label_of(row: str) -> str:
    """What a row of a table begins with: its first cell, or the words before its numbers."""
    first = _SEPARATOR.split(row.strip("| \t"), 1)[0]
    cell = _CELL.search(first)
    return first[: cell.start()] if cell else first


def _parts(text: str, span: Span, width: int) -> Iterator[Span]:
    begin, end = span
    lines = text[begin:end].split("\n")
    if len(lines) == 1:
        yield span
        return
    if _is_running(lines):
        width = max(map(len, lines))
    at, before = begin, begin - text.rfind("\n", 0, begin) - 1
    for line, following in pairwise(lines):
        at += len(line) + 1
        if _ends(line, following, before, width):
            yield begin, begin + len(text[begin : at - 1].rstrip())
            begin = at + len(text[at:end]) - len(text[at:end].lstrip())
        before = 0
    yield begin, end


def _is_running(lines: Sequence[str]) -> bool:
    """Whether lines are of text that runs on from one to the next."""
    longest = max(map(len, lines))
    small = sum(line[:1].islower() for line in lines[1:])
    even = sum(len(line) >= _EVEN * longest for line in lines[:-1])
    return small >= _MOST * (len(lines) - 1) and even >= _MOST * (len(lines) - 1)


def _ends(line: str, following: str, before: int, width: int) -> bool:
    """Whether a line, with so many code points before it, was ended though there was room for more."""
    if not line.strip() or not following.strip():
        return False
    if is_cells(line) and is_cells(following):
        return True
    last, first = line.split()[-1], following.split()[0]
    if last[-1] in ",-\u00ad" or last.casefold() in STOPWORDS:
        return False
    share = _VERY_EARLY if first[0].islower() else _EARLY
    return before + len(line) + 1 + len(first) <= share * width
