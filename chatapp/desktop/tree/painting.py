"""Draws the rows of the tree: lines between forks and their branches, a mark for each row, its words.

How an answer ended is told by the shape of its mark as well as by its colour: a dot when it is whole, a ring with a
dot while it is written, half a dot when it is incomplete, an open square when it broke off, a cross when it failed. A
fork is a box with a minus, folded one with a plus. An open link says that the server has the last answer no more.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPolygonF

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.icons import pixmap
from chatapp.desktop.theme import CONTROL_RADIUS, GAP_4, GAP_8, GAP_12, GAP_16
from chatapp.desktop.tree.ink import Ink, Kind
from chatapp.desktop.tree.plan import Plan, Sign

drawn = lru_cache(maxsize=16)(pixmap)
QUIET: Final = 1.25
STRONG: Final = 2.5
"""Pixels of a line: of the others, of the branch on screen."""
BEND: Final = 6
STAR: Final = ((0, -1), (0.24, -0.32), (0.95, -0.31), (0.38, 0.12), (0.59, 0.81), (0, 0.4))
"""The right half of a star, from its top to its foot, for a radius of 1."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large rows are drawn: the height of one, the width of a lane and the radius of a mark, in pixels at a text
    size of 100 %; how many lines of words there are."""

    name: str
    row: int
    lane: int
    mark: float
    lines: int


SIZES: Final = (
    Size("shapes only", 12, 10, 3, 0),
    Size("one line", 26, 14, 4.5, 1),
    Size("two lines", 44, 16, 5, 2),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is marked: the row with the keyboard, the one under the pointer, the leaves on the favourite paths."""

    cursor: int = -1
    has_focus: bool = False
    hovered: int = -1
    favourites: frozenset[int] = frozenset()


class Painting:
    """`size` may be set to another of SIZES at any time."""

    def __init__(self, look: Appearance) -> None:
        self._look = look
        self.size = SIZES[-1]
        self._ink = Ink(look)

    @property
    def row_height(self) -> int:
        scale = self._look.interface_scale if self.size.lines else 1
        return round(self.size.row * scale)

    def x_of(self, lane: int) -> float:
        return GAP_12 + GAP_4 + lane * self.size.lane

    def mark_rect(self, lane: int, top: int) -> QRect:
        """Where a press hits the mark of a row that begins at a height."""
        side = max(2 * self.size.mark + GAP_8, self.size.lane)
        middle = QPointF(self.x_of(lane), top + self.row_height / 2)
        return QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side).toRect()

    def paint(
        self,
        painter: QPainter,
        plan: Plan,
        places: Iterable[int],
        top_of: Callable[[int], int],
        width: int,
        standing: Standing,
    ) -> None:
        """The rows shown at some places, one under another."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        seen = list(places)
        for place in seen:
            self._ground(
                painter, plan, plan.shown[place], QRect(0, top_of(place), width, self.row_height), standing
            )
        for place in seen:
            self._lines(painter, plan, plan.shown[place], top_of(place))
        if seen:
            self._way(painter, plan, seen[0], seen[-1], top_of)
        for place in seen:
            row = plan.shown[place]
            self._mark(painter, plan, row, top_of(place))
            if self.size.lines:
                self._words(painter, plan, row, QRect(0, top_of(place), width, self.row_height), standing)

    def _ground(self, painter: QPainter, plan: Plan, row: int, rect: QRect, standing: Standing) -> None:
        box = QRectF(rect).adjusted(GAP_4, 0.5, -GAP_4, -0.5)
        leaf = bool(plan.way) and row == plan.seen(plan.way[-1])
        if leaf or row == standing.hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._ink.colour("question" if leaf else "sunken"))
            painter.drawRoundedRect(box, CONTROL_RADIUS, CONTROL_RADIUS)
        if row == standing.cursor and standing.has_focus:
            painter.setPen(QPen(self._ink.colour("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), CONTROL_RADIUS, CONTROL_RADIUS)

    def _lines(self, painter: QPainter, plan: Plan, row: int, top: int) -> None:
        """What of all lines passes a row: each lane further out goes on to its last branch, which is below."""
        stretch, height = plan.rows[row], self.row_height
        painter.setPen(self._pen(False))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for lane in range(stretch.lane):
            x = self.x_of(lane)
            painter.drawLine(QPointF(x, top), QPointF(x, top + height))
        x = self.x_of(stretch.lane)
        if plan.outline.is_straight(row):
            painter.drawLine(QPointF(x, top), QPointF(x, top + height / 2))
        elif stretch.fork >= 0:
            painter.drawPath(self._bend(stretch.lane, top, top))
        if stretch.branches and not plan.is_folded(row):
            painter.drawLine(QPointF(x, top + height / 2), QPointF(x, top + height))

    def _pen(self, strong: bool) -> QPen:
        pen = (
            QPen(self._ink.colour("accent"), STRONG)
            if strong
            else QPen(self._ink.colour("secondary", 130), QUIET)
        )
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        return pen

    def _bend(self, lane: int, start: float, top: int) -> QPainterPath:
        """From a height in the lane before to the mark of a row that begins at `top`."""
        before, middle = self.x_of(lane - 1), top + self.row_height / 2
        bend = min(BEND, self.size.lane / 2, self.row_height / 2)
        path = QPainterPath(QPointF(before, start))
        path.lineTo(before, middle - bend)
        path.quadTo(QPointF(before, middle), QPointF(before + bend, middle))
        path.lineTo(self.x_of(lane) - self.size.mark, middle)
        return path

    def _way(
        self, painter: QPainter, plan: Plan, first: int, last: int, top_of: Callable[[int], int]
    ) -> None:
        """The branch on screen, over the other lines, as far as it is in view."""
        painter.setPen(self._pen(True))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        half = self.row_height / 2
        for fork, row in zip(plan.way, plan.way[1:], strict=False):
            if row not in plan.place_of:
                break
            begin, end = plan.place_of[fork], plan.place_of[row]
            if end < first or begin > last:
                continue
            start = max(top_of(begin) + half, top_of(first) - half)
            if not plan.outline.is_straight(row):
                painter.drawPath(self._bend(plan.rows[row].lane, start, top_of(end)))
            else:
                x = self.x_of(plan.rows[row].lane)
                painter.drawLine(QPointF(x, start), QPointF(x, top_of(min(end, last + 1)) + half))

    def _mark(self, painter: QPainter, plan: Plan, row: int, top: int) -> None:
        stretch = plan.rows[row]
        middle = QPointF(self.x_of(stretch.lane), top + self.row_height / 2)
        turn = plan.turn(row)
        sign = plan.words(row).sign if turn is not None else "done"
        strong = row in plan.on_way
        if stretch.branches:
            self._fork(painter, middle, sign, plan.is_folded(row), strong)
        else:
            self._end(painter, middle, sign, strong)

    def _fork(self, painter: QPainter, middle: QPointF, sign: Sign, folded: bool, strong: bool) -> None:
        size = self.size.mark
        colour = self._ink.colour(COLOURS.get(sign, "accent" if strong else "secondary"))
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(self._ink.colour("surface"))
        box = QRectF(middle.x() - size, middle.y() - size, 2 * size, 2 * size)
        if not self.size.lines:
            painter.setBrush(colour if folded else self._ink.colour("surface"))
            painter.drawRect(box)
            return
        painter.drawRoundedRect(box, 2, 2)
        reach = size - 2.5
        painter.drawLine(middle - QPointF(reach, 0), middle + QPointF(reach, 0))
        if folded:
            painter.drawLine(middle - QPointF(0, reach), middle + QPointF(0, reach))

    def _end(self, painter: QPainter, middle: QPointF, sign: Sign, strong: bool) -> None:
        size = self.size.mark
        colour = self._ink.colour(COLOURS.get(sign, "accent" if strong else "secondary"))
        ground = self._ink.colour("surface")
        box = QRectF(middle.x() - size, middle.y() - size, 2 * size, 2 * size)
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(ground)
        match sign:
            case "failed":
                painter.setPen(Qt.PenStyle.NoPen)
                painter.drawEllipse(box)
                painter.setPen(QPen(colour, 2.25 if self.size.lines else 1.5))
                reach = size - 0.5
                painter.drawLine(middle - QPointF(reach, reach), middle + QPointF(reach, reach))
                painter.drawLine(middle - QPointF(reach, -reach), middle + QPointF(reach, -reach))
            case "broken":
                painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
            case "incomplete":
                painter.drawEllipse(box)
                painter.setBrush(colour)
                painter.drawPie(box, 90 * 16, 180 * 16)
            case "running":
                painter.drawEllipse(box)
                painter.setBrush(colour)
                painter.drawEllipse(middle, size * 0.35, size * 0.35)
            case _:
                painter.setBrush(colour)
                painter.drawEllipse(box.adjusted(0.5, 0.5, -0.5, -0.5))

    def _words(self, painter: QPainter, plan: Plan, row: int, rect: QRect, standing: Standing) -> None:
        words, stretch = plan.words(row), plan.rows[row]
        left = round(self.x_of(stretch.lane) + self.size.mark + GAP_8)
        room = rect.adjusted(left, 0, -GAP_12, 0)
        if row in standing.favourites:
            self._star(painter, room)
            room.adjust(0, 0, -GAP_12 - GAP_8, 0)
        if words.lost:
            self._unlinked(painter, room)
            room.adjust(0, 0, -GAP_12 - GAP_8, 0)
        strong = row in plan.on_way
        title: Kind = "strong" if strong else "title"
        if self.size.lines == 1:
            room = self._count(painter, stretch.below if plan.is_folded(row) else len(stretch.turns), room)
            self._line(painter, words.title, title, "text", room)
            return
        heights = [self._ink.letters(kind).metrics.height() for kind in (title, "caption")]
        top = room.top() + (room.height() - sum(heights)) // 2
        self._line(painter, words.title, title, "text", QRect(room.left(), top, room.width(), heights[0]))
        under = QRect(room.left(), top + heights[0], room.width(), heights[1])
        self._line(painter, words.line, "caption", COLOURS.get(words.sign, "secondary"), under)

    def _count(self, painter: QPainter, turns: int, room: QRect) -> QRect:
        """How many turns a row stands for, at its right end; the room that is left."""
        if turns < 2:
            return room
        caption, words = self._ink.letters("caption"), f"{turns:,}"
        painter.setFont(caption.font)
        painter.setPen(self._ink.colour("secondary"))
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        return room.adjusted(0, 0, -caption.metrics.horizontalAdvance(words) - GAP_8, 0)

    def _line(self, painter: QPainter, words: str, kind: Kind, role: str, room: QRect) -> None:
        letters = self._ink.letters(kind)
        painter.setFont(letters.font)
        painter.setPen(self._ink.colour(role))
        shown = letters.metrics.elidedText(words, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)

    def _unlinked(self, painter: QPainter, room: QRect) -> None:
        side = GAP_16
        spot = QPointF(room.right() - side + 1, room.top() + (room.height() - side) / 2)
        device = painter.device()
        scale = device.devicePixelRatioF() if device else 1.0
        painter.drawPixmap(spot, drawn("unlink", self._look.palette.secondary, side, scale))

    def _star(self, painter: QPainter, room: QRect) -> None:
        middle = QPointF(room.right() - GAP_8, room.top() + room.height() / 2)
        radius = GAP_8 - 1.5
        points = [QPointF(x, y) for x, y in STAR]
        points += [QPointF(-point.x(), point.y()) for point in reversed(points[1:-1])]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._ink.colour("accent"))
        painter.drawPolygon(QPolygonF([middle + point * radius for point in points]))


COLOURS: Final[dict[str, str]] = {
    "running": "accent",
    "incomplete": "warning",
    "broken": "warning",
    "failed": "danger",
}
"""The palette's role for how an answer ended, where it is not whole."""
