"""A strip once it is laid out: its documents, its height, and the rectangles of what can be activated.

`layout` makes these, `painting` draws them; the pointer and the keys ask them what lies where.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QFontMetricsF,
    QPainter,
    QPyTextObject,
    QTextBlock,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextLine,
)

from chatapp.desktop.transcript import strips as s
from chatapp.desktop.transcript.look import FORMULA_OBJECT, MARKER_NUMBER, Look
from chatapp.desktop.transcript.runs import Spot

INDENT: Final = 24
_BACKWARD: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")  # letters read from right to left


class Document(QTextDocument):
    """A document that loads nothing: no picture, no style, from no place."""

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        return None


class MarkerObject(QPyTextObject):
    """Draws a citation's number as a small rounded tablet in the line."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look

    def intrinsicSize(self, doc: QTextDocument, position: int, fmt: QTextFormat) -> QSizeF:
        digits = QFontMetrics(self._font()).horizontalAdvance(str(fmt.property(MARKER_NUMBER)))
        return QSizeF(max(digits + self.look.px(13), self.look.px(20)) + self.look.px(4), self.look.px(14))

    def drawObject(
        self, painter: QPainter, rect: QRectF | QRect, doc: QTextDocument, position: int, fmt: QTextFormat
    ) -> None:
        tablet = self.tablet(QRectF(rect))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.colour("marker"))
        painter.drawRoundedRect(tablet, tablet.height() / 2, tablet.height() / 2)
        painter.setPen(self.look.colour("marker_text"))
        painter.setFont(self._font())
        painter.drawText(tablet, Qt.AlignmentFlag.AlignCenter, str(fmt.property(MARKER_NUMBER)))
        painter.restore()

    def tablet(self, rect: QRectF) -> QRectF:
        """The tablet within the space the line keeps for it."""
        gap = self.look.px(2)
        height = self.look.px(17)
        return QRectF(
            rect.x() + gap, rect.center().y() - height / 2 + self.look.px(2), rect.width() - 2 * gap, height
        )

    def _font(self) -> QFont:
        return self.look.font(11, bold=True)


@dataclass(slots=True)
class Pane:
    """A document at a place within its strip; its first character is the strip's position `start`."""

    document: QTextDocument
    x: int
    y: int
    width: int
    height: int
    start: int
    length: int
    code_spans: tuple[tuple[int, int], ...] = ()

    @property
    def end(self) -> int:
        return self.start + self.length

    def rects(self, start: int, end: int) -> list[QRectF]:
        """Where the strip's characters from `start` to `end` stand, line by line, relative to the strip."""
        found: list[QRectF] = []
        low, high = max(start, self.start) - self.start, min(end, self.end) - self.start
        block = self.document.findBlock(low)
        while block.isValid() and block.position() < high:
            origin = self.document.documentLayout().blockBoundingRect(block).topLeft()
            found += self._in_block(block, low - block.position(), high - block.position(), origin)
            block = block.next()
        return found

    def _in_block(self, block: QTextBlock, low: int, high: int, origin: QPointF) -> list[QRectF]:
        found = []
        layout, is_mixed = block.layout(), bool(_BACKWARD.search(block.text()))
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            first, last = max(low, line.textStart()), min(high, line.textStart() + line.textLength())
            if first >= last:
                continue
            left, right = _edges(line, first, last, is_mixed)
            alone = last - first == 1 and self._is_formula(block, first)
            top, tall = (line.y(), line.height()) if alone else self._height_of_text(line)
            x, y = self.x + origin.x() + left, self.y + origin.y() + top
            found.append(QRectF(x, y, right - left, tall))
        return found

    def _is_formula(self, block: QTextBlock, at: int) -> bool:
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + at + 1)
        return cursor.charFormat().objectType() == FORMULA_OBJECT

    def _height_of_text(self, line: QTextLine) -> tuple[float, float]:
        """(top, height) of the words of a line, which a formula beside them may have made taller."""
        metrics = QFontMetricsF(self.document.defaultFont())
        if line.height() <= 1.5 * metrics.height():
            return line.y(), line.height()
        return line.y() + line.ascent() - metrics.ascent(), metrics.height()

    def hit(self, x: float, y: float) -> int:
        """The strip's position nearest to a point given relative to the strip."""
        inside = QPointF(x - self.x, min(max(y - self.y, 0), self.height - 1))
        at = self.document.documentLayout().hitTest(inside, Qt.HitTestAccuracy.FuzzyHit)
        return self.start + max(0, min(at, self.length))


def _edges(line: QTextLine, first: int, last: int, is_mixed: bool) -> tuple[float, float]:
    """(left, right) of characters of a line. In one of mixed directions they stand where their glyphs do."""
    glyphs = [run.boundingRect() for run in line.glyphRuns(first, last - first)] if is_mixed else []
    if glyphs:
        return min(rect.left() for rect in glyphs), max(rect.right() for rect in glyphs)
    left, right = sorted((_x(line.cursorToX(first)), _x(line.cursorToX(last))))
    return left, min(right, line.naturalTextRect().right())


def _x(found: Any) -> float:
    return float(found[0] if isinstance(found, tuple) else found)


@dataclass(slots=True)
class Button:
    """Something to press that is not in the text; `rect` is relative to the strip."""

    spot: Spot
    rect: QRect
    icon: str = ""
    text: str = ""
    primary: bool = False


@dataclass(slots=True)
class Laid:
    """A strip laid out at a width. `content` is the width it would like; beyond `width` it scrolls sideways.

    `picture` is the size at which a picture is shown, its top left corner that of the strip.
    `pending`: a formula in it is still being made, its source stands in its place.
    """

    strip: s.Strip
    width: int
    height: int
    panes: list[Pane] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    content: int = 0
    picture: QSize = field(default_factory=QSize)
    coloured: tuple[int, int] = (0, 0)
    """Of code: which reading of its colours this shows, and up to where."""
    pending: bool = False
    mirrored: bool = False
    """Of prose that is read from right to left: its indent, bars and bullet are at its right."""

    def across(self, x: float, wide: float) -> float:
        """Where what is `wide` and stands at `x` belongs: there, or as far from the other edge."""
        return self.width - x - wide if self.mirrored else x

    @property
    def length(self) -> int:
        return self.panes[-1].end if self.panes else 0

    def pane_at(self, position: int) -> Pane | None:
        return next(
            (pane for pane in self.panes if position <= pane.end), self.panes[-1] if self.panes else None
        )

    def spot_rects(self, spot: Spot) -> list[QRectF]:
        """Where a spot stands, relative to the strip."""
        if spot.start < 0:
            return [QRectF(button.rect) for button in self.buttons if button.spot == spot]
        return [rect for pane in self.panes for rect in pane.rects(spot.start, spot.end)]


def indent_of(frame: s.Frame, look: Look) -> int:
    return frame.indent * look.px(INDENT)
