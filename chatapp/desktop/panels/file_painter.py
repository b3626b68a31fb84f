"""Paints a file of a library on two lines: its name, and how far it is or why it failed; at its right what helps."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from chatapp.conversation.changes import LibraryFile
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.icons import pixmap
from chatapp.desktop.panels.file_rows import FILE
from chatapp.desktop.panels.file_words import is_moving, may_pass, stage_words
from chatapp.desktop.theme import BASE_TEXT, CAPTION_TEXT, CONTROL_RADIUS, GAP_4, GAP_8

Index = QModelIndex | QPersistentModelIndex
HEIGHT = 48
HIT = 28
"""Pixels of the square at the right that acts when it is clicked."""
DRAWING = 16
BAR = 3


def verb_of(file: LibraryFile) -> str:
    """What a click at the right of the row does: the name of a row of `file_list.VERBS`."""
    if is_moving(file):
        return "cancel"
    return "retry" if may_pass(file) else "remove"


DRAWINGS = {"cancel": "close", "retry": "regenerate", "remove": "delete"}


class FilePainter(QStyledItemDelegate):
    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = appearance

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, self._look.points(HEIGHT))

    def hit(self, row: QRect) -> QRect:
        """Where the drawing of a row is clicked."""
        side = self._look.points(HIT)
        return QRect(row.right() - side - GAP_4, row.center().y() - side // 2, side, side)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        file: LibraryFile = index.data(FILE)
        row: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pointed = self._ground(painter, option, row)
        inner = row.adjusted(GAP_8, GAP_4, -GAP_8, -GAP_4)
        if pointed:
            hit = self.hit(row)
            inner.setRight(hit.left() - GAP_4)
            self._drawing(painter, hit, DRAWINGS[verb_of(file)])
        self._lines(painter, inner, file)
        if is_moving(file):
            self._progress(painter, row, file.progress)
        painter.restore()

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, row: QRect) -> bool:
        """Whether the row is pointed at or has the keyboard: it shows what can be done then."""
        state: QStyle.StateFlag = option.state
        palette = self._look.palette
        selected = bool(state & QStyle.StateFlag.State_Selected)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if selected or focused or hovered:
            width = 2 if focused else palette.border_width
            edge = palette.accent if focused else palette.border
            painter.setPen(QPen(QColor(edge), width) if selected or focused else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(palette.selection if selected else palette.sunken))
            half = width / 2
            ground = QRectF(row).adjusted(half, half, -half, -half)
            painter.drawRoundedRect(ground, CONTROL_RADIUS, CONTROL_RADIUS)
        return focused or hovered

    def _drawing(self, painter: QPainter, hit: QRect, name: str) -> None:
        size = self._look.points(DRAWING)
        image = pixmap(name, self._look.palette.text, size, painter.device().devicePixelRatioF())
        painter.drawPixmap(hit.center().x() - size // 2, hit.center().y() - size // 2, image)

    def _lines(self, painter: QPainter, place: QRect, file: LibraryFile) -> None:
        palette, half = self._look.palette, place.height() // 2
        upper = QRect(place.left(), place.top(), place.width(), half)
        lower = QRect(place.left(), place.top() + half, place.width(), half)
        self._line(painter, upper, file.filename, BASE_TEXT, palette.text, Qt.TextElideMode.ElideMiddle)
        colour = palette.danger if file.stage == "failed" else palette.secondary
        self._line(painter, lower, stage_words(file), CAPTION_TEXT, colour, Qt.TextElideMode.ElideRight)

    def _line(
        self, painter: QPainter, place: QRect, text: str, size: float, colour: str, elide: Qt.TextElideMode
    ) -> None:
        font = self._look.font(size)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        words = QFontMetrics(font).elidedText(" ".join(text.split()), elide, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)

    def _progress(self, painter: QPainter, row: QRect, progress: float) -> None:
        whole = QRectF(row.left() + GAP_8, row.bottom() - BAR, row.width() - 2 * GAP_8, BAR - 1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._look.palette.border))
        painter.drawRoundedRect(whole, 1, 1)
        whole.setWidth(whole.width() * progress)
        painter.setBrush(QColor(self._look.palette.accent))
        painter.drawRoundedRect(whole, 1, 1)
