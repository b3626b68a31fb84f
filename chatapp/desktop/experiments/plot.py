"""A plot of one figure along the first parameter of a sweep, drawn by QPainter: on screen, into a PNG, into an SVG.

Each value of the second parameter is a line of its own, told by its sign and its stroke as well as by its colour. A
point is the mean of the samples, the bar through it goes from the lowest to the highest. The bars of several lines
stand beside each other, so that none hides another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from chatapp.conversation.agreement import Spread
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12, GAP_24, Palette

DOT: Final = 4.0
CAP: Final = 2.5
"""Half the width of a bar's ends."""
BESIDE: Final = 3.0
"""Between the bars of two lines."""
MOST_NUMBERS: Final = 8
"""Points that have room for their numbers."""
STROKES: Final = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
SIGNS: Final = 4
SHORT_TICK: Final = 4
"""Digits of a value below the axis that are never cut; where there is no room the value is left out."""
_HEAD: Final = 1.6
"""Lines of text over the plot."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of the plot: its name, "" where there is only one, and a spread for each value below."""

    name: str
    spreads: tuple[Spread | None, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """`places` says where the values stand along the axis, from 0 to 1; `ticks` are their words."""

    title: str
    unit: str
    along: str
    ticks: tuple[str, ...]
    places: tuple[float, ...]
    curves: tuple[Curve, ...]
    digits: int = 0
    by: str = ""
    """What the lines stand for, where there are several."""
    note: str = ""
    """What else is to be known of the figure, beside its unit."""

    def words(self) -> str:
        """All of it in words, for a screen reader."""
        return " ".join(
            f"{f'{self.by} {curve.name}' if curve.name else self.along}: "
            + ", ".join(
                f"{tick} {self.number(spread.mean)}"
                for tick, spread in zip(self.ticks, curve.spreads, strict=True)
                if spread is not None
            )
            + "."
            for curve in self.curves
        )

    def number(self, value: float) -> str:
        return f"{self.bare(value)} {self.unit}".strip()

    def bare(self, value: float) -> str:
        """Without its unit."""
        return f"{value:,.{self.digits}f}"


def places_of(values: Sequence[object]) -> tuple[float, ...]:
    """Numbers stand where they are; words, and numbers that stand together, at even steps."""
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) == len(values) > 1 and min(numbers) < max(numbers):
        low, high = min(numbers), max(numbers)
        return tuple((number - low) / (high - low) for number in numbers)
    return tuple(at / max(1, len(values) - 1) if len(values) > 1 else 0.5 for at in range(len(values)))


def draw(
    painter: QPainter, box: QRectF, plot: Plot, palette: Palette, font: QFont, small: bool = False
) -> None:
    """Draws the plot into a box, with its title and its names; a small one without the names of its parameters."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    metrics = QFontMetricsF(font)
    height = metrics.height()
    strong = QFont(font)
    strong.setWeight(QFont.Weight.DemiBold)
    painter.setFont(strong)
    painter.setPen(QColor(palette.text))
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, plot.title)
    painter.setFont(font)
    painter.setPen(QColor(palette.secondary))
    free = box.width() - QFontMetricsF(strong).horizontalAdvance(plot.title) - GAP_8
    beside = (", ".join(filter(None, (plot.unit, plot.note))), plot.unit)
    words = next((words for words in beside if metrics.horizontalAdvance(words) <= free), "")
    painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, words)
    low, high = _range(plot)
    by = "" if small else plot.by
    lines = _legend(painter, box.adjusted(0, height * _HEAD, 0, 0), plot, by, palette, font)
    edge = max(metrics.horizontalAdvance(plot.bare(value)) for value in (low, high)) + GAP_8
    foot = height + GAP_4 if small else 2 * height + GAP_12
    area = box.adjusted(edge, height * (_HEAD + lines) + GAP_8, -GAP_12, -foot)
    _frame(painter, area, plot, palette, metrics, (low, high))
    if not small:
        middle = area.center().x() - metrics.horizontalAdvance(plot.along) / 2
        painter.drawText(QPointF(middle, area.bottom() + 2 * height + GAP_4), plot.along)
    for at, curve in enumerate(plot.curves):
        points = _curve(painter, area, plot, curve, _pen(palette, at), at, (low, high))
        if len(plot.curves) == 1 and len(points) <= MOST_NUMBERS and not small:
            _numbers(painter, area, plot, points, palette, metrics)


def _range(plot: Plot) -> tuple[float, float]:
    """From 0, or below, to a little over the highest."""
    known = [spread for curve in plot.curves for spread in curve.spreads if spread is not None]
    if plot.unit == "%":
        return 0.0, 100.0
    if not known:
        return 0.0, 1.0
    high = max(spread.high for spread in known)
    return min(0.0, *(spread.low for spread in known), 0.0), high * 1.05 or 1.0


def _pen(palette: Palette, at: int) -> QPen:
    colours = (palette.accent, palette.success, palette.warning, palette.danger, palette.secondary)
    return QPen(QColor(colours[at % len(colours)]), 1.6, STROKES[at % len(STROKES)])


def _frame(
    painter: QPainter,
    area: QRectF,
    plot: Plot,
    palette: Palette,
    metrics: QFontMetricsF,
    ends: tuple[float, float],
) -> None:
    low, high = ends
    painter.setPen(QPen(QColor(palette.border), 1))
    painter.drawLine(area.bottomLeft(), area.bottomRight())
    painter.drawLine(area.topLeft(), area.topRight())
    painter.setPen(QColor(palette.secondary))
    for value, y in ((high, area.top()), (low, area.bottom())):
        words = plot.bare(value)
        painter.drawText(QPointF(area.left() - metrics.horizontalAdvance(words) - GAP_4, y + GAP_4), words)
    room = area.width() / max(1, len(plot.ticks)) - GAP_4
    free = area.left() - metrics.horizontalAdvance("0") * 4
    for tick, place in zip(plot.ticks, plot.places, strict=True):
        least = metrics.horizontalAdvance("0") * SHORT_TICK
        words = metrics.elidedText(tick, Qt.TextElideMode.ElideRight, max(room, least))
        left = _x(area, place) - metrics.horizontalAdvance(words) / 2
        if left >= free:
            painter.drawText(QPointF(left, area.bottom() + metrics.height()), words)
            free = left + metrics.horizontalAdvance(words) + GAP_4


def _x(area: QRectF, place: float) -> float:
    return area.left() + GAP_12 + place * (area.width() - 2 * GAP_12)


def _curve(
    painter: QPainter, area: QRectF, plot: Plot, curve: Curve, pen: QPen, at: int, ends: tuple[float, float]
) -> list[tuple[QPointF, Spread]]:
    """Draws a line; where its points are, and what they stand for."""
    low, high = ends
    aside = (at - (len(plot.curves) - 1) / 2) * BESIDE

    def y(value: float) -> float:
        return area.bottom() - (value - low) / (high - low) * area.height()

    found: list[tuple[QPointF, Spread]] = []
    for place, spread in sorted(zip(plot.places, curve.spreads, strict=True), key=lambda pair: pair[0]):
        if spread is None:
            continue
        x = _x(area, place) + aside
        painter.setPen(QPen(pen.color(), 1))
        if spread.low < spread.high:
            painter.drawLine(QPointF(x, y(spread.low)), QPointF(x, y(spread.high)))
            for end in (spread.low, spread.high):
                painter.drawLine(QPointF(x - CAP, y(end)), QPointF(x + CAP, y(end)))
        found.append((QPointF(x, y(spread.mean)), spread))
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([point for point, _ in found]))
    for point, _ in found:
        _sign(painter, point, pen, at)
    return found


def _numbers(
    painter: QPainter,
    area: QRectF,
    plot: Plot,
    points: Sequence[tuple[QPointF, Spread]],
    palette: Palette,
    metrics: QFontMetricsF,
) -> None:
    """The means beside their points, where the line does not go; one that would lie on another is left out."""
    painter.setPen(QColor(palette.text))
    heights = [point.y() for point, _ in points]
    taken: list[QRectF] = []
    for at, (point, spread) in enumerate(points):
        words = plot.bare(spread.mean)
        width = metrics.horizontalAdvance(words)
        goes_up = heights[at + 1] < point.y() if at + 1 < len(points) else heights[at - 1] > point.y()
        before, after = point.x() - DOT - width, point.x() + DOT
        left, foot = before if goes_up else after, point.y() - DOT - 1
        if not area.left() <= left <= area.right() + GAP_12 - width:
            left, foot = after if goes_up else before, point.y() + DOT + metrics.ascent()
        room = QRectF(left - GAP_4, foot - metrics.ascent(), width + GAP_8, metrics.height())
        if not any(room.intersects(other) for other in taken):
            painter.drawText(QPointF(left, foot), words)
            taken.append(room.adjusted(GAP_4, 0, -GAP_4, 0))


def _sign(painter: QPainter, point: QPointF, pen: QPen, at: int) -> None:
    """A disc, a square, a triangle or a diamond."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(pen.color())
    box = QRectF(point.x() - DOT, point.y() - DOT, 2 * DOT, 2 * DOT)
    shape = at % SIGNS
    if shape == 0:
        painter.drawEllipse(box)
    elif shape == 1:
        painter.drawRect(box)
    elif shape == 2:
        painter.drawPolygon(QPolygonF([QPointF(point.x(), box.top()), box.bottomRight(), box.bottomLeft()]))
    else:
        x, y = point.x(), point.y()
        corners = [(x, y - DOT - 1), (x + DOT + 1, y), (x, y + DOT + 1), (x - DOT - 1, y)]
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _legend(painter: QPainter, box: QRectF, plot: Plot, by: str, palette: Palette, font: QFont) -> int:
    """What the lines stand for, and their names with their signs, on as many lines of text as it takes: how many."""
    metrics = QFontMetricsF(font)
    named = [(at, curve.name) for at, curve in enumerate(plot.curves) if curve.name]
    x, line = box.left(), 0
    if named and by:
        painter.setPen(QColor(palette.secondary))
        painter.drawText(QPointF(x, box.top() + metrics.ascent()), by)
        x += metrics.horizontalAdvance(by) + GAP_12
    for at, name in named:
        words = metrics.elidedText(name, Qt.TextElideMode.ElideRight, box.width() - GAP_24)
        width = metrics.horizontalAdvance(words) + GAP_24
        if x + width - GAP_12 > box.right() and x > box.left():
            x, line = box.left(), line + 1
        y = box.top() + (line + 0.5) * metrics.height()
        _sign(painter, QPointF(x + DOT + 1, y), _pen(palette, at), at)
        painter.setPen(QColor(palette.secondary))
        painter.drawText(QPointF(x + GAP_12 + 2, y + metrics.ascent() / 2 - 1), words)
        x += width
    return line + 1 if named else 0
