"""Text that a PDF sets line by line across its columns, brought into the order one reads it in. Pure.

Most programs write one column after the other, and their order is kept. Some go across: the first line of every column,
then the second of every column. Such rows are told by a gutter, a white strip that several rows in a row leave free,
with running words on both sides; a table has words, too, but few in a cell, and is read by rows.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chatapp.documents.hyphens import SOFT

Room = Callable[[int], tuple[float, float, float, float]]
"""Left, bottom, right and top of the character at an offset of the text, in points."""

GUTTER = 0.9
"""The least gap between columns, in heights of a character."""
LEAST_ROWS = 3
"""Rows with words on both sides of a gutter."""
LEAST_WORDS = 3
"""Words of a line of a column, on average."""
FILLED, MOSTLY = 0.7, 0.6
"""Running words fill their column: so much of its width, in so many of its lines."""
SAME_ROW = 0.35
"""The share of the lower one's height that two pieces of one row have in common."""
NEXT_ROW = 1.8
"""How far below the row before one begins at most, in heights of it."""
MOST_ROWS, MOST_PIECES = 150, 30
"""What is taken for one block of columns, and for one row of it: a page of any size is read in linear time."""
SAMPLED = 16
"""Lines of a page that are looked at before all of them are."""

_LINE = re.compile(rf"[^\n{SOFT}]*{SOFT}?")
_BLANKS = re.compile(r"(?<=\S)[^\S\n]+(?=\S)")
_LETTER = re.compile(r"[^\W\d_]")
_BROKEN = re.compile(rf"(?<=[^\W\d_])[-{SOFT}]\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line without a wide gap: its span of the text, and where it stands on the page."""

    start: int
    end: int
    left: float
    low: float
    right: float
    high: float

    @property
    def height(self) -> float:
        return self.high - self.low

    def is_beside(self, other: "Piece") -> bool:
        shared = min(self.high, other.high) - max(self.low, other.low)
        is_apart = self.right <= other.left or other.right <= self.left
        return is_apart and shared >= SAME_ROW * min(self.height, other.height)


Row = tuple[Piece, ...]
"""Pieces of one height, in the order of the text."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Rows that leave a gutter free: its two sides in the order of the text, with what each row has there."""

    sides: tuple[list[Row], list[Row]]
    count: int
    """How many rows they are."""


def column_order(text: str, room: Room) -> list[tuple[int, str]]:
    """The characters of `text` column by column, each with the offset it comes from; [] where the order is right.

    A hyphen that ends a line within a column becomes a soft one, and no line break follows it, as in a text of one
    column.
    """
    spans = [match.span() for match in _LINE.finditer(text) if match.group().strip()]
    sample = spans[:: max(1, len(spans) // SAMPLED)]
    if sum(bool(_gutters(text, tuple(_pieces(text, *span, room)))) for span in sample) < 2:
        return []
    rows = list(_rows(piece for span in spans for piece in _pieces(text, *span, room)))
    written, is_changed = [], False
    at = 0
    while at < len(rows):
        found = _best_sides(text, rows, at)
        end = at + (found.count if found else 1)
        until = rows[end][0].start if end < len(rows) else len(text)
        if found is None:
            written += [(offset, text[offset]) for offset in range(rows[at][0].start, until)]
        else:
            is_changed = True
            written += _joined(text, list(_in_order(text, found)))
            if not text[until - 1 : until].strip():
                written.append((until - 1, "\n"))
        at = end
    return written if is_changed else []


def _pieces(text: str, start: int, end: int, room: Room) -> Iterator[Piece]:
    """The parts of a line between its wide gaps."""
    start, end = (
        start + len(text[start:end]) - len(text[start:end].lstrip()),
        start + len(text[start:end].rstrip()),
    )
    for blanks in _BLANKS.finditer(text, start, end):
        before, after = room(blanks.start() - 1), room(blanks.end())
        gap = max(after[0] - before[2], before[0] - after[2])
        if gap >= GUTTER * min(before[3] - before[1], after[3] - after[1]):
            yield _piece(start, blanks.start(), room)
            start = blanks.end()
    yield _piece(start, end, room)


def _piece(start: int, end: int, room: Room) -> Piece:
    first, last = room(start), room(end - 1)
    return Piece(
        start,
        end,
        min(first[0], last[0]),
        min(first[1], last[1]),
        max(first[2], last[2]),
        max(first[3], last[3]),
    )


def _rows(pieces: Iterator[Piece]) -> Iterator[Row]:
    row: list[Piece] = []
    for piece in pieces:
        if row and len(row) < MOST_PIECES and all(piece.is_beside(other) for other in row):
            row.append(piece)
            continue
        if row:
            yield tuple(row)
        row = [piece]
    if row:
        yield tuple(row)


def _best_sides(text: str, rows: Sequence[Row], at: int) -> Sides | None:
    """The rows from `at` on that are parted by one gutter; None where they are none, or no running words.

    The gutter is one of the first row that has words on both sides of it: rows before that go with it.
    """
    near = (_gutters(text, row) for row in rows[at : at + LEAST_ROWS])
    for left, right in next(filter(None, near), ()):
        found = _sides(rows, at, left, right)
        if found is not None and all(_is_prose(text, side) for side in found.sides):
            return found
    return None


def _gutters(text: str, row: Row) -> list[tuple[float, float]]:
    """The gaps of a row that have running words on either side."""
    across = sorted(row, key=lambda piece: piece.left) if len(row) > 1 else ()
    return [
        (left.right, right.left)
        for left, right in pairwise(across)
        if min(_words(text, left), _words(text, right)) >= LEAST_WORDS
    ]


def _words(text: str, piece: Piece) -> int:
    return sum(_LETTER.search(word) is not None for word in text[piece.start : piece.end].split())


def _sides(rows: Sequence[Row], at: int, left: float, right: float) -> Sides | None:
    """The rows from `at` on that leave a strip between `left` and `right` free, which may become narrower."""
    sides: tuple[list[Row], list[Row]] = ([], [])
    both = count = 0
    is_reversed = None
    for number in range(at, min(len(rows), at + MOST_ROWS)):
        row = rows[number]
        if number > at and not _follows(rows[number - 1], row):
            break
        here = tuple(piece for piece in row if piece.right <= (left + right) / 2)
        there = tuple(piece for piece in row if piece.left >= (left + right) / 2)
        narrower = (
            max([left, *(piece.right for piece in here)]),
            min([right, *(piece.left for piece in there)]),
        )
        if len(here) + len(there) < len(row) or narrower[1] - narrower[0] < GUTTER / 2 * row[0].height:
            break
        left, right = narrower
        if here and there:
            both += 1
            is_reversed = there[0].start < here[0].start
        sides[0].append(here)
        sides[1].append(there)
        count += 1
    if both < LEAST_ROWS:
        return None
    return Sides((sides[1], sides[0]) if is_reversed else sides, count)


def _follows(row: Row, after: Row) -> bool:
    """Whether a row stands under another, and near it."""
    high, low = max(piece.high for piece in row), min(piece.low for piece in row)
    top = max(piece.high for piece in after)
    return high > top > low - NEXT_ROW * (high - low)


def _is_prose(text: str, side: Sequence[Row]) -> bool:
    lines = [row for row in side if row]
    pieces = [piece for row in lines for piece in row]
    words = sum(_words(text, piece) for piece in pieces)
    widths = [max(piece.right for piece in row) - min(piece.left for piece in row) for row in lines]
    filled = sum(width >= FILLED * max(widths) for width in widths)
    return words >= LEAST_WORDS * len(pieces) and filled >= MOSTLY * len(lines)


def _in_order(text: str, found: Sides) -> Iterator[Piece]:
    """All pieces, side by side; a side may have a gutter of its own."""
    for side in found.sides:
        rows = [row for row in side if row]
        at = 0
        while at < len(rows):
            inner = _best_sides(text, rows, at)
            yield from _in_order(text, inner) if inner is not None else rows[at]
            at += inner.count if inner is not None else 1


def _joined(text: str, pieces: Sequence[Piece]) -> Iterator[tuple[int, str]]:
    """Their characters, with a line break between two, or a soft hyphen where a word was broken."""
    for piece, after in zip(pieces, [*pieces[1:], None], strict=True):
        end = piece.end - 1
        is_broken = (
            after is not None
            and text[after.start].isalpha()
            and _BROKEN.search(text[piece.start : piece.end])
        )
        yield from ((offset, text[offset]) for offset in range(piece.start, end))
        yield end, SOFT if is_broken else text[end]
        if after is not None and not is_broken:
            yield end, "\n"
