"""Draws strips of words: grounds, rules and bars here, the type by the documents themselves."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFontMetrics,
    QPainter,
    QPainterPath,
    QPalette,
    QPen,
    QTextCharFormat,
    QTextCursor,
)

from chatapp.desktop.theme import CARD_RADIUS, CONTROL_RADIUS
from chatapp.desktop.transcript import strips as s
from chatapp.desktop.transcript.code_layout import CODE_HEADER, CODE_PAD
from chatapp.desktop.transcript.ink import Ink, Stroke
from chatapp.desktop.transcript.laid import INDENT, Laid, Pane, indent_of
from chatapp.desktop.transcript.layout import (
    BRANCH_ROOM,
    FOLD,
    FOLD_LEFT,
)
from chatapp.desktop.transcript.look import Look

CARET: Final = 2  # pixels wide
THUMB: Final = 4
RIGHT_TO_LEFT: Final = "\u200f"


class TextBrush(Ink):
    """Paints the strips that words stand in; `furniture` adds the others."""

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._palette = QPalette()
        self._palette.setColor(QPalette.ColorRole.Text, look.colour("text"))
        self._kinds: dict[type, Callable[[QPainter, Any, Laid, Stroke], None]] = {
            s.Prose: self._prose,
            s.Equation: self._equation,
            s.CodeLines: self._code,
            s.Row: self._row,
            s.Line: self._line,
            s.Caption: self._caption,
            s.Fold: self._fold,
            s.Branch: self._branch,
        }

    def paint(
        self, painter: QPainter, at: tuple[int, int], laid: Laid, stroke: Stroke, above: s.Strip | None
    ) -> None:
        """The strip with its top left corner at `at`; a quote's bar joins that of the strip `above`."""
        painter.save()
        painter.translate(*at)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._bars(painter, laid, above)
        if stroke.found and not laid.panes:
            self._found_grounds(painter, [QRectF(button.rect) for button in laid.buttons], bool(stroke.shown))
        self._kinds[type(laid.strip)](painter, laid.strip, laid, stroke)
        self._marked(painter, laid, stroke)
        self._focus(painter, laid, stroke)
        painter.restore()

    def question_card(self, painter: QPainter, rect: QRect) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = self.look.palette.border_width > 1
        pen = QPen(self.look.colour("border"), 2) if edge else QPen(Qt.PenStyle.NoPen)
        painter.setPen(pen)
        painter.setBrush(self.look.colour("question"))
        painter.drawRoundedRect(QRectF(rect), CARD_RADIUS, CARD_RADIUS)
        painter.restore()

    def _bars(self, painter: QPainter, laid: Laid, above: s.Strip | None) -> None:
        step, strip = self.look.px(INDENT), laid.strip
        gap = self.look.px(strip.gap) if strip.gap else 0
        for level in strip.frame.bars:
            begins = 0 <= strip.frame.begins <= level
            joined = above is not None and (
                (level in above.frame.bars and not begins) or (isinstance(above, s.Fold) and above.open)
            )
            y = -gap if joined else 0
            x = laid.across(level * step + 1, 2)
            painter.fillRect(QRectF(x, y, 2, laid.height - y), self.look.colour("border"))

    def _prose(self, painter: QPainter, strip: s.Prose, laid: Laid, stroke: Stroke) -> None:
        if strip.frame.label:
            self._label(painter, strip, laid)
        for pane in laid.panes:
            self._pane(painter, pane, stroke)
        if stroke.active:
            for button in laid.buttons:
                self._button(painter, button, stroke)
            if strip.aside and laid.buttons:
                first = laid.buttons[0].rect
                room = QRectF(0, first.y(), first.x() - self.look.px(6), first.height())
                painter.setPen(self.look.colour("secondary"))
                painter.drawText(
                    room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, strip.aside
                )
        if stroke.caret:
            self._caret(painter, laid)

    def _equation(self, painter: QPainter, strip: s.Equation, laid: Laid, stroke: Stroke) -> None:
        pane = laid.panes[0]
        self._pane(painter, pane, stroke, QRectF(pane.x, pane.y, pane.width, pane.height))
        self._thumb(painter, laid, stroke, pane.x, pane.width)
        if stroke.caret:
            self._caret(painter, laid)

    def _label(self, painter: QPainter, strip: s.Prose, laid: Laid) -> None:
        look, label = self.look, strip.frame.label
        left = indent_of(strip.frame, look)
        if label in "☐☑":
            self._checkbox(painter, laid, left, label == "☑")
            return
        painter.setPen(look.colour("secondary"))
        painter.setFont(look.body)
        if label == "•":
            painter.setBrush(look.colour("secondary"))
            painter.setPen(Qt.PenStyle.NoPen)
            radius = look.px(5) / 2
            painter.drawEllipse(QPointF(laid.across(left - look.px(13), 0), look.line * 0.54), radius, radius)
        else:
            width = QFontMetrics(look.body).horizontalAdvance(label)
            x = laid.across(left - look.px(7) - width, width)
            number = f"{RIGHT_TO_LEFT}{label}{RIGHT_TO_LEFT}" if laid.mirrored else label
            painter.drawText(QPointF(x, look.line * 4 / 5), number)

    def _checkbox(self, painter: QPainter, laid: Laid, left: int, checked: bool) -> None:
        look = self.look
        side = look.px(14)
        x = laid.across(left - side - look.px(7), side)
        box = QRectF(x, (look.line - side) / 2 + 0.5 + look.px(1), side, side)
        painter.setPen(QPen(look.colour("accent" if checked else "secondary"), 1.3))
        painter.setBrush(look.colour("accent") if checked else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 3, 3)
        if checked:
            tick = QPainterPath(box.topLeft() + QPointF(side * 0.24, side * 0.52))
            tick.lineTo(box.topLeft() + QPointF(side * 0.44, side * 0.72))
            tick.lineTo(box.topLeft() + QPointF(side * 0.78, side * 0.3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.colour("on_accent"), 1.6))
            painter.drawPath(tick)

    def _pane(self, painter: QPainter, pane: Pane, stroke: Stroke, clip: QRectF | None = None) -> None:
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette = self._palette
        self._code_grounds(painter, pane)
        if stroke.selected:
            self._select(context, pane, stroke.selected)
        painter.save()
        if clip is not None:
            painter.setClipRect(clip)
        painter.translate(-stroke.scrolled, 0)
        for start, end in stroke.found:
            self._found_grounds(painter, pane.rects(start, end), (start, end) == stroke.shown)
        for start, end, _ in stroke.doubted:
            self._doubt(painter, pane.rects(start, end))
        painter.translate(pane.x, pane.y)
        pane.document.documentLayout().draw(painter, context)
        painter.restore()

    def _doubt(self, painter: QPainter, rects: list[QRectF]) -> None:
        """A quiet dotted line under a sentence; its tool tip and the Citations panel say more."""
        painter.setPen(QPen(self.look.colour("secondary"), 1, Qt.PenStyle.DotLine))
        for rect in rects:
            y = rect.bottom() - self.look.px(2)
            painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))

    def _found_grounds(self, painter: QPainter, rects: list[QRectF], is_shown: bool) -> None:
        """Behind words that were found; the place that is shown has an edge too."""
        painter.setBrush(self.look.found(is_shown))
        painter.setPen(QPen(self.look.colour("warning"), 1.5) if is_shown else QPen(Qt.PenStyle.NoPen))
        for rect in rects:
            painter.drawRoundedRect(rect.adjusted(-1, 1, 1, -1), 3, 3)

    def _code_grounds(self, painter: QPainter, pane: Pane) -> None:
        """Rounded grounds under words of code in a sentence."""
        if not pane.code_spans:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.colour("inset"))
        for start, end in pane.code_spans:
            for rect in pane.rects(pane.start + start, pane.start + end):
                inset = self.look.px(2)
                painter.drawRoundedRect(rect.adjusted(-inset, inset, inset, -inset + 1), 4, 4)

    def _select(self, context: Any, pane: Pane, selected: tuple[int, int]) -> None:
        low, high = max(selected[0], pane.start) - pane.start, min(selected[1], pane.end) - pane.start
        if low > high or (low == high and pane.length):
            return
        cursor = QTextCursor(pane.document)
        last = pane.document.characterCount() - 1
        cursor.setPosition(min(low, last))
        cursor.setPosition(min(high, last), QTextCursor.MoveMode.KeepAnchor)
        selection = QAbstractTextDocumentLayout.Selection()
        selection.cursor = cursor
        fmt = QTextCharFormat()
        fmt.setBackground(self.look.colour("selection"))
        selection.format = fmt
        context.selections = [selection]

    def _caret(self, painter: QPainter, laid: Laid) -> None:
        """A soft caret after the last character."""
        if not laid.panes:
            return
        pane = laid.panes[-1]
        look = self.look
        rects = pane.rects(max(pane.end - 1, pane.start), pane.end)
        x, y = (rects[-1].right() + 3, rects[-1].top()) if rects else (pane.x + 3.0, float(pane.y))
        if laid.mirrored and rects:
            x = rects[-1].left() - 3 - look.px(CARET)
        tall = look.px(17)
        colour = look.colour("accent")
        colour.setAlphaF(0.75)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        height = rects[-1].height() if rects else look.line
        painter.drawRoundedRect(QRectF(x, y + (height - tall) / 2 + 1, look.px(CARET), tall), 1, 1)

    def _code(self, painter: QPainter, strip: s.CodeLines, laid: Laid, stroke: Stroke) -> None:
        look = self.look
        left = indent_of(strip.frame, look)
        box = QRectF(left + 0.5, 0.5, laid.width - left - 1, laid.height - 1)
        self._code_box(painter, strip, laid, box)
        pane = laid.panes[0]
        clip = QRectF(pane.x - look.px(4), pane.y, pane.width + look.px(8), pane.height)
        self._pane(painter, pane, stroke, clip)
        if strip.first:
            painter.setFont(look.caption)
            painter.setPen(look.colour("secondary"))
            head = QRectF(pane.x, 0, pane.width, look.px(CODE_HEADER))
            painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, strip.language or "text")
        for button in laid.buttons:
            self._button(painter, button, stroke)
        self._thumb(painter, laid, stroke, pane.x, pane.width)
        if stroke.caret:
            painter.save()
            painter.translate(-stroke.scrolled, 0)
            self._caret(painter, laid)
            painter.restore()

    def _code_box(self, painter: QPainter, strip: s.CodeLines | s.Branch, laid: Laid, box: QRectF) -> None:
        """Ground and border of a block, of which this strip is the top, the middle, the bottom or all."""
        look = self.look
        painter.save()
        painter.setClipRect(QRectF(0, 0, laid.width, laid.height))
        if not strip.first:
            box.setTop(box.top() - 2 * CARD_RADIUS)
        if not strip.last:
            box.setBottom(box.bottom() + 2 * CARD_RADIUS)
        painter.setPen(QPen(look.colour("border"), look.palette.border_width))
        painter.setBrush(look.colour("sunken"))
        painter.drawRoundedRect(box, CONTROL_RADIUS + 2, CONTROL_RADIUS + 2)
        if strip.first:
            y = look.px(CODE_HEADER) - 0.5
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
        painter.restore()

    def _thumb(self, painter: QPainter, laid: Laid, stroke: Stroke, left: int, track: int) -> None:
        """How much of a wide block is seen, and where."""
        if not stroke.reach:
            return
        x, wide = thumb(track, stroke.scrolled, stroke.reach)
        colour = self.look.colour("secondary")
        colour.setAlphaF(0.45)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(left + x, laid.height - THUMB - 3, wide, THUMB), 2, 2)

    def _row(self, painter: QPainter, strip: s.Row, laid: Laid, stroke: Stroke) -> None:
        look = self.look
        left = indent_of(strip.frame, look)
        painter.save()
        painter.setClipRect(QRectF(left - 2, 0, laid.width - left + 4, laid.height))
        painter.translate(-stroke.scrolled, 0)
        unscrolled = replace(stroke, scrolled=0)
        for pane in laid.panes:
            self._pane(painter, pane, unscrolled)
        painter.restore()
        rule = look.palette.border_width
        painter.fillRect(QRectF(left, laid.height - rule, laid.width - left, rule), look.colour("border"))
        self._thumb(painter, laid, stroke, left, laid.width - left)

    def _line(self, painter: QPainter, strip: s.Line, laid: Laid, stroke: Stroke) -> None:
        left = indent_of(strip.frame, self.look)
        painter.fillRect(QRectF(left, laid.height // 2, laid.width - left, 1), self.look.colour("border"))

    def _caption(self, painter: QPainter, strip: s.Caption, laid: Laid, stroke: Stroke) -> None:
        painter.setFont(self.look.caption)
        is_hovered = stroke.hovered is not None and stroke.hovered.kind == "about"
        painter.setPen(self.look.colour("text" if is_hovered else "secondary"))
        room = QRectF(0, 0, laid.width, laid.height)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._elided(strip.text, laid.width))

    def _fold(self, painter: QPainter, strip: s.Fold, laid: Laid, stroke: Stroke) -> None:
        look = self.look
        hovered = stroke.hovered is not None and stroke.hovered.kind == "fold"
        colour = look.colour("text" if hovered else "secondary")
        painter.fillRect(QRectF(1, 0, 2, laid.height), look.colour("border"))
        self._triangle(painter, QPointF(look.px(18), look.px(FOLD) / 2), strip.open, colour)
        painter.setFont(look.small)
        painter.setPen(colour)
        room = QRectF(look.px(FOLD_LEFT), 0, laid.width - look.px(FOLD_LEFT), laid.height)
        if strip.open:
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, strip.text)
            return
        metrics = QFontMetrics(look.small)
        words = metrics.elidedText(strip.text, Qt.TextElideMode.ElideRight, round(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)

    def _branch(self, painter: QPainter, strip: s.Branch, laid: Laid, stroke: Stroke) -> None:
        look, pane = self.look, laid.panes[0]
        self._code_box(painter, strip, laid, QRectF(0.5, 0.5, laid.width - 1, laid.height - 1))
        self._pane(painter, pane, stroke)
        if strip.first:
            painter.setFont(look.caption)
            painter.setPen(look.colour("secondary"))
            left, room = look.px(CODE_PAD), laid.buttons[0].rect.left() - look.px(2 * CODE_PAD)
            head = QRectF(left, 0, room, look.px(CODE_HEADER))
            painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, self._elided(strip.title, room))
            self._button(painter, laid.buttons[0], stroke)
        if strip.fold:
            hovered = stroke.hovered is not None and stroke.hovered.kind == "fold"
            middle = QPointF(pane.x - look.px(BRANCH_ROOM) / 2, pane.y + look.px(22) / 2)
            self._triangle(painter, middle, strip.open, look.colour("text" if hovered else "secondary"))

    def _triangle(self, painter: QPainter, centre: QPointF, open_: bool, colour: QColor) -> None:
        half = self.look.px(4)
        path = QPainterPath()
        corners = [(-half, -half / 1.4), (half, -half / 1.4), (0, half / 1.2)]
        points = [QPointF(x, y) if open_ else QPointF(y, x) for x, y in corners]
        path.moveTo(centre + points[0])
        for point in points[1:]:
            path.lineTo(centre + point)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPath(path)

    def _marked(self, painter: QPainter, laid: Laid, stroke: Stroke) -> None:
        """A ring round the markers of the citation that is open."""
        if not stroke.marked:
            return
        painter.setPen(QPen(self.look.colour("accent"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for spot in laid.strip.spots:
            if spot.kind == "marker" and spot.target == str(stroke.marked):
                for rect in laid.spot_rects(spot):
                    self._ring(painter, rect.translated(-stroke.scrolled, 0))

    def _ring(self, painter: QPainter, rect: QRectF) -> None:
        ring = QRectF(rect.x(), rect.center().y() - self.look.px(9), rect.width(), self.look.px(21))
        painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)

    def _focus(self, painter: QPainter, laid: Laid, stroke: Stroke) -> None:
        if stroke.focused is None:
            return
        painter.setPen(QPen(self.look.colour("accent"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for rect in laid.spot_rects(stroke.focused):
            if stroke.focused.kind == "marker":
                self._ring(painter, rect)
            else:
                painter.drawRoundedRect(rect.adjusted(-1, 1, 1, -1), CONTROL_RADIUS, CONTROL_RADIUS)


def thumb(track: int, scrolled: int, reach: int) -> tuple[float, float]:
    """(left edge, width) of the thumb on a track `track` pixels long."""
    wide = max(track * track / (track + reach), 24)
    return (track - wide) * scrolled / reach, wide
