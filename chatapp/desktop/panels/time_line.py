"""When everything of an answer came: a picture with a lane an item, and the list of events."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from chatapp.conversation.time_line import (
    DELTA,
    Lane,
    Moment,
    Run,
    TimeLine,
    first_token,
    lanes,
    longest_gap,
    runs,
)
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.panels.json_tree import Entry, JsonTree
from chatapp.desktop.theme import CAPTION_TEXT, GAP_4, GAP_8
from chatapp.desktop.widgets import column, label, named
from chatapp.protocol.json_types import Json

LANE_HEIGHT = 22
NAME_SHARE = 0.32
"""Of the width, for the names of the lanes."""
MOST_LANES = 8
LEAST_PAUSE_MS = 300
"""A pause that is shorter is not marked."""
OLDER = "There is no time line: this answer is older than time lines are, or was brought in without one."


class TimeLinePage(QWidget):
    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self._words = label(kind="caption", wrap=True)
        self._picture = Picture(appearance)
        self.events = JsonTree("Events")
        self.events.setHeaderLabels(["At", "Event"])
        whole = column(self._words, self._picture, self.events, gap=GAP_8)
        whole.setStretch(2, 1)
        self.setLayout(whole)

    def show_line(self, line: TimeLine, kinds: Sequence[str]) -> None:
        """`kinds` are the types of the answer's items, by their output index."""
        words = summary(line) if line else ""
        self._words.setText(words or OLDER)
        self._picture.setVisible(bool(line))
        self.events.setVisible(bool(line))
        self._picture.show_line(line, kinds, words)
        self.events.show_entries(map(_entry, runs(line)))


class Picture(QWidget):
    """A lane an item; a stroke for every event; the first token, and the longest pause, across all lanes."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        named(self, "Time line")
        self._look = appearance
        self._end = 0
        self._token: int | None = None
        self._gap: tuple[int, int] | None = None
        self._lanes: tuple[Lane, ...] = ()
        self._names: list[str] = []
        appearance.changed.connect(self.update)

    def show_line(self, line: TimeLine, kinds: Sequence[str], words: str) -> None:
        found = lanes(line)
        self._end, self._lanes = line[-1].at if line else 0, found[:MOST_LANES]
        self._token = next((moment.at for moment in line if moment.type.endswith(DELTA)), None)
        self._gap = longest_gap(line)
        self._names = [_name(lane, kinds) for lane in self._lanes]
        left = len(found) - len(self._lanes)
        self.setToolTip(f"{left} more items are in the list." if left else "")
        self.setAccessibleDescription(words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, self._lane_height() * (len(self._lanes) + 1))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._lanes:
            return
        painter = QPainter(self)
        painter.setFont(self._look.font(CAPTION_TEXT))
        palette = self._look.palette
        self._paint_pause(painter)
        for row, (lane, name) in enumerate(zip(self._lanes, self._names, strict=True)):
            self._paint_lane(painter, row, lane, name)
        if self._token is not None:
            at = self._x(self._token)
            painter.setPen(QColor(palette.success))
            painter.drawLine(round(at), 0, round(at), self._lane_height() * len(self._lanes))
        self._paint_scale(painter)

    def _lane_height(self) -> int:
        return max(LANE_HEIGHT, self.fontMetrics().height() + GAP_4)

    def _x(self, at: int) -> float:
        left = self.width() * NAME_SHARE
        return left + (self.width() - left - GAP_8) * at / max(1, self._end)

    def _paint_lane(self, painter: QPainter, row: int, lane: Lane, name: str) -> None:
        height, palette = self._lane_height(), self._look.palette
        room = QRectF(0, row * height, self.width() * NAME_SHARE - GAP_8, height)
        words = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.setPen(QColor(palette.text))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        bar = QRectF(self._x(lane.at[0]), row * height + height / 4, 0, height / 2)
        bar.setRight(max(bar.left() + 2, self._x(lane.at[-1])))
        painter.fillRect(bar, QColor(palette.marker if palette.border_width == 1 else palette.selection))
        painter.setPen(QColor(palette.accent))
        start, each = self._x(0), self._x(1) - self._x(0)
        for x in {round(start + at * each) for at in lane.at}:
            painter.drawLine(x, round(bar.top()), x, round(bar.bottom()))

    def _paint_pause(self, painter: QPainter) -> None:
        gap = self._gap
        if gap is None or gap[1] - gap[0] < LEAST_PAUSE_MS:
            return
        area = QRectF(self._x(gap[0]), 0, 0, self._lane_height() * len(self._lanes))
        area.setRight(self._x(gap[1]))
        painter.fillRect(area, self._hatching())

    def _hatching(self) -> QBrush:
        return QBrush(QColor(self._look.palette.border), Qt.BrushStyle.BDiagPattern)

    def _paint_scale(self, painter: QPainter) -> None:
        top, left = self._lane_height() * len(self._lanes), self.width() * NAME_SHARE
        room = QRectF(left, top, self.width() - left, self._lane_height())
        painter.setPen(QColor(self._look.palette.secondary))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "0")
        painter.drawText(
            room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, _seconds(self._end)
        )


def summary(line: Sequence[Moment]) -> str:
    """The picture in words."""
    token, gap = first_token(line), longest_gap(line)
    pieces = [
        f"first token {_seconds(token)} after it was sent (green line)"
        if token is not None
        else "no token came",
        f"longest pause {_seconds(gap[1] - gap[0])} (hatched)"
        if gap and gap[1] - gap[0] >= LEAST_PAUSE_MS
        else "",
        f"last event after {_seconds(line[-1].at)}",
        f"{len(line):,} events",
    ]
    words = " · ".join(filter(None, pieces))
    return words[:1].upper() + words[1:]


def _name(lane: Lane, kinds: Sequence[str]) -> str:
    if lane.item is None:
        return "response"
    kind = kinds[lane.item] if lane.item < len(kinds) else "item"
    return f"{lane.item + 1} {kind.replace('_', ' ')}"


def _entry(run: Run) -> Entry:
    times = f"{run.count:,} × " if run.count > 1 else ""
    size = f" · {run.size:,} characters" if run.size else ""
    until = f" · until {_seconds(run.ends)}" if run.ends > run.begins else ""
    value: Json = {
        "type": run.type,
        "events": run.count,
        "milliseconds": [run.begins, run.ends],
        "sequence_numbers": [run.first, run.last],
        "output_index": run.item,
        "characters": run.size,
    }
    return _seconds(run.begins), f"{times}{run.type}{until}{size}", value


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.3f} s" if milliseconds < 10_000 else f"{milliseconds / 1000:.1f} s"
