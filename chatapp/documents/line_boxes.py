"""From the boxes of glyphs to one box per run of a line. Pure; `pdf` next door measures the glyphs.

Lengths are PDF points, y upward, in the page's own coordinates before rotation.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SAME_LINE = 0.5
"""The share of the lower glyph's height that two neighbours on one line have in common."""

COLUMN_GAP = 1.5
"""A gap along the line, in glyph heights, from which on two glyphs belong to different columns or cells."""


@dataclass(frozen=True, slots=True)
class Extent:
    """A rectangle: `start`..`end` along the line, `low`..`high` across it. Upright text runs along y."""

    start: float
    low: float
    end: float
    high: float
    upright: bool = False

    @property
    def height(self) -> float:
        return self.high - self.low

    def joins(self, other: "Extent") -> bool:
        """Whether `other` continues this run: on the same line, in the same direction, without a column's gap."""
        lower = min(self.height, other.height)
        shared = min(self.high, other.high) - max(self.low, other.low)
        gap = max(other.start - self.end, self.start - other.end)
        return self.upright == other.upright and shared >= SAME_LINE * lower and gap <= COLUMN_GAP * lower

    def with_(self, other: "Extent") -> "Extent":
        """The smallest extent around both."""
        return Extent(
            min(self.start, other.start),
            min(self.low, other.low),
            max(self.end, other.end),
            max(self.high, other.high),
            self.upright,
        )

    def rectangle(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top on the page."""
        if self.upright:
            return (self.low, self.start, self.high, self.end)
        return (self.start, self.low, self.end, self.high)


def extent(rectangle: tuple[float, float, float, float], upright: bool) -> Extent:
    """The extent of a glyph from its left, bottom, right and top on the page."""
    left, bottom, right, top = rectangle
    if upright:
        return Extent(bottom, left, top, right, True)
    return Extent(left, bottom, right, top)


def runs(glyphs: Iterable[Extent]) -> Iterator[Extent]:
    """Joins glyphs in reading order into runs of a line, one per line and column."""
    run: Extent | None = None
    for glyph in glyphs:
        if run is None:
            run = glyph
        elif run.joins(glyph):
            run = run.with_(glyph)
        else:
            yield run
            run = glyph
    if run is not None:
        yield run
