"""Draws a cell of the grid: a card with the answer, what differs marked, and its figures in a line."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPen,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from chatapp.conversation.comparison import Piece
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.experiments.grid import CELL, Cell
from chatapp.desktop.theme import BASE_TEXT, CAPTION_TEXT, CARD_RADIUS, GAP_4, GAP_8, GAP_12, Palette

LEAST = (160, 118)
"""Width and height at the usual text size."""
LINE = 1.35
"""Of the text's size."""
TINT = 0.22
FAILED_SIGN = "✕ "
WORDS = {"waiting": "Not asked yet", "running": "Writing…", "deleted": "Deleted"}


class CellPainter(QStyledItemDelegate):
    def __init__(self, look: Appearance) -> None:
        super().__init__()
        self._look = look

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        scale = self._look.interface_scale
        return QSize(*(round(side * scale) for side in LEAST))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        cell = index.data(CELL)
        if not isinstance(cell, Cell):
            return
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        palette = self._look.palette
        card = QRectF(box).adjusted(GAP_4, GAP_4, -GAP_4, -GAP_4)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(box, QColor(palette.surface))
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.setPen(_edge(palette, chosen, cell.is_base))
        painter.setBrush(QColor(palette.surface))
        painter.drawRoundedRect(card, CARD_RADIUS, CARD_RADIUS)
        inside = card.adjusted(GAP_12, GAP_8, -GAP_12, -GAP_8)
        line = self._look.font(CAPTION_TEXT)
        foot = QFontMetrics(line).height()
        painter.setFont(line)
        painter.setPen(QColor(palette.secondary))
        words = QFontMetrics(line).elidedText(cell.line, Qt.TextElideMode.ElideRight, int(inside.width()))
        painter.drawText(inside, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, words)
        self._draw_text(painter, inside.adjusted(0, 0, 0, -foot - GAP_4), cell)
        painter.restore()

    def _draw_text(self, painter: QPainter, room: QRectF, cell: Cell) -> None:
        palette = self._look.palette
        font = self._look.font(BASE_TEXT)
        said, colour = _said(cell, palette)
        painter.setPen(QColor(colour))
        if said:
            _flow(painter, room, font, (Piece("same", said),), palette)
        else:
            _flow(painter, room, font, cell.pieces, palette)


def _edge(palette: Palette, chosen: bool, is_base: bool) -> QPen:
    if chosen:
        return QPen(QColor(palette.accent), 2)
    pen = QPen(QColor(palette.secondary if is_base else palette.border), palette.border_width)
    if is_base:
        pen.setStyle(Qt.PenStyle.DashLine)
    return pen


def _said(cell: Cell, palette: Palette) -> tuple[str, str]:
    """What stands in the place of an answer, and its colour; "" where there is an answer."""
    result = cell.result
    if result.state == "failed":
        return f"{FAILED_SIGN}{result.reason}", palette.danger
    if not result.text or result.state == "deleted":
        return WORDS.get(result.state, "An empty answer"), palette.secondary
    return "", palette.text


def formats(palette: Palette) -> dict[str, QTextCharFormat]:
    """How pieces of a comparison look: by a line through or under them as well as by colour."""
    removed, added = QTextCharFormat(), QTextCharFormat()
    removed.setBackground(_tint(palette.danger, palette.surface))
    removed.setFontStrikeOut(True)
    added.setBackground(_tint(palette.success, palette.surface))
    added.setFontUnderline(True)
    return {"same": QTextCharFormat(), "removed": removed, "added": added}


def _tint(colour: str, ground: str) -> QColor:
    one, other = QColor(colour), QColor(ground)
    mixed = [
        round(a * TINT + b * (1 - TINT))
        for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)  # type: ignore[index]
    ]
    return QColor(*mixed)


def _flow(painter: QPainter, room: QRectF, font: QFont, pieces: tuple[Piece, ...], palette: Palette) -> None:
    """Words on lines as far as there is room; the last line ends in "…" where there are more."""
    text = "".join(piece.text for piece in pieces)
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    looks, marks, start = formats(palette), [], 0
    for piece in pieces:
        if piece.kind != "same":
            mark = QTextLayout.FormatRange()
            mark.start, mark.length, mark.format = start, len(piece.text), looks[piece.kind]
            marks.append(mark)
        start += len(piece.text)
    layout.setFormats(marks)
    step, top = QFontMetrics(font).height() * LINE / 1.2, 0.0
    layout.beginLayout()
    while top + step <= room.height() + 1 and (line := layout.createLine()).isValid():
        line.setLineWidth(room.width())
        line.setPosition(QPointF(0, top))
        top += step
    layout.endLayout()
    layout.draw(painter, room.topLeft())
    last = layout.lineAt(layout.lineCount() - 1) if layout.lineCount() else None
    if last is not None and last.textStart() + last.textLength() < len(text):
        dots = QRectF(room.right() - 18, room.top() + top - step, 22, step)
        painter.fillRect(dots, QColor(palette.surface))
        painter.drawText(dots, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, "…")
