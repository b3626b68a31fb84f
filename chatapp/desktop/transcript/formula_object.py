"""A formula in a line of text: its outlines on the line's baseline, or its source where there are none.

Qt gives an object in a line either no depth, or as much depth as height but for the middle of an x. So one that
reaches deep below the line gets the second, and is drawn where its baseline comes to lie.
"""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QFontMetrics,
    QFontMetricsF,
    QPainter,
    QPen,
    QPyTextObject,
    QTextCharFormat,
    QTextDocument,
    QTextFormat,
)

from chatapp.desktop.transcript.formulas import UNITS, Drawing, Formulas
from chatapp.desktop.transcript.look import FORMULA_DISPLAY, FORMULA_SIZE, FORMULA_SOURCE, FORMULA_TEX, Look

SIZE: Final = 1.06
"""Of a formula's letters against those of the text around it, whose x is a little taller."""
SIDE: Final = 1
AIR: Final = 3
"""Above and below one that is taller than its line."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a formula takes of its line, in pixels, and how large it is drawn."""

    width: float
    ascent: float
    descent: float
    scale: float = 1.0


class FormulaObject(QPyTextObject):
    """`pending` is set when a formula was met that is still being made; whoever lays out looks and clears it."""

    def __init__(self, look: Look, formulas: Formulas) -> None:
        super().__init__()
        self._look = look
        self._formulas = formulas
        self.pending = False

    def extent(self, fmt: QTextCharFormat, room: float) -> Extent:
        """The extent of the formula of a format in a line of a width; a negative one is endless."""
        drawing = self._drawing(fmt)
        if drawing is None or drawing.problem:
            return self._of_source(fmt, room)
        scale = fmt.font().pixelSize() * SIZE / UNITS
        side = self._look.px(SIDE)
        if 0 < room < drawing.box.width() * scale + 2 * side:
            scale *= (room - 2 * side) / (drawing.box.width() * scale)
        box = drawing.box
        return Extent(box.width() * scale + 2 * side, -box.top() * scale, box.bottom() * scale, scale)

    def _drawing(self, fmt: QTextFormat) -> Drawing | None:
        drawing = self._formulas.drawing(str(fmt.property(FORMULA_TEX)), bool(fmt.property(FORMULA_DISPLAY)))
        self.pending = self.pending or drawing is None
        return drawing

    def _of_source(self, fmt: QTextCharFormat, room: float) -> Extent:
        metrics = QFontMetricsF(fmt.font())
        size = self._source_rect(fmt, room).size()
        return Extent(size.width(), metrics.ascent() + size.height() - metrics.height(), metrics.descent())

    def _source_rect(self, fmt: QTextCharFormat, room: float) -> QRectF:
        limit = QRectF(0, 0, room if room > 0 else 100_000, 100_000)
        return QFontMetricsF(fmt.font()).boundingRect(limit, _FLAGS, str(fmt.property(FORMULA_SOURCE)))

    def fit(self, fmt: QTextCharFormat, room: float, line: int) -> None:
        """Gives a format its formula's size in lines of a width and a height: found once, because Qt asks seven times.
        One that does not fit that height is deep, and its line grows."""
        extent = self.extent(fmt, room)
        if extent.ascent > line * 0.8 or extent.descent > line * 0.25:
            fmt.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignMiddle)
        fmt.setProperty(FORMULA_SIZE, self._size(fmt, extent))

    def intrinsicSize(self, doc: QTextDocument, position: int, fmt: QTextFormat) -> QSizeF:
        size: QSizeF = fmt.property(FORMULA_SIZE)
        return size

    def _size(self, fmt: QTextCharFormat, extent: Extent) -> QSizeF:
        """What Qt is told, so that its baseline comes to lie where the formula's is."""
        if not _is_deep(fmt):
            return QSizeF(extent.width, extent.ascent)
        half, air = _half_x(fmt), self._look.px(AIR)
        return QSizeF(extent.width, max(2 * (extent.ascent + air) - half, 2 * (extent.descent + air) + half))

    def drawObject(
        self, painter: QPainter, rect: QRectF | QRect, doc: QTextDocument, position: int, fmt: QTextFormat
    ) -> None:
        form = fmt.toCharFormat()
        drawing, extent, place = self._drawing(fmt), self.extent(form, doc.textWidth()), QRectF(rect)
        baseline = place.y() + (place.height() + _half_x(fmt)) / 2 if _is_deep(fmt) else place.bottom()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = form.foreground().color()
        if drawing is None or drawing.problem:
            box = QRectF(
                place.x(), baseline - extent.ascent, extent.width + 1, extent.ascent + extent.descent
            )
            painter.setFont(form.font())
            painter.setPen(ink)
            painter.drawText(box, _FLAGS, str(fmt.property(FORMULA_SOURCE)))
            if drawing is not None:
                painter.setPen(QPen(self._look.colour("secondary"), 1, Qt.PenStyle.DotLine))
                painter.drawLine(box.bottomLeft(), box.bottomRight())
        else:
            painter.translate(place.x() + self._look.px(SIDE), baseline)
            painter.scale(extent.scale, extent.scale)
            painter.translate(-drawing.box.left(), 0)
            painter.fillPath(drawing.path, ink)
        painter.restore()


_FLAGS: Final = int(Qt.TextFlag.TextWrapAnywhere) | int(Qt.AlignmentFlag.AlignLeft)


def _is_deep(fmt: QTextFormat) -> bool:
    return fmt.toCharFormat().verticalAlignment() == QTextCharFormat.VerticalAlignment.AlignMiddle


def _half_x(fmt: QTextFormat) -> float:
    return QFontMetrics(fmt.toCharFormat().font()).xHeight() / 2
