"""Paints the rows of the list: headings, conversations with their badge, search hits on two lines."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.conversations.grouping import Entry, Heading, Hit
from chatapp.desktop.conversations.rows import ROW
from chatapp.desktop.icons import pixmap
from chatapp.desktop.theme import BASE_TEXT, CAPTION_TEXT, CONTROL_RADIUS, GAP_4, GAP_8, GAP_12, ROW_HEIGHT

Index = QModelIndex | QPersistentModelIndex
HIT_LINES_HEIGHT = 56
PIN_SIZE = 14


class RowPainter(QStyledItemDelegate):
    """Rows have an inset of 12 at both sides; the open conversation stands on a raised ground."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = appearance

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        height = HIT_LINES_HEIGHT if isinstance(index.data(ROW), Hit) else ROW_HEIGHT
        return QSize(0, self._look.points(height))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row, place = index.data(ROW), _rect(option).adjusted(GAP_12, 1, -GAP_12, -1)
        if isinstance(row, Heading):
            self._heading(painter, place, row)
        else:
            self._ground(painter, option, place)
            inner = place.adjusted(GAP_8, 0, -GAP_8, 0)
            if isinstance(row, Entry):
                self._entry(painter, inner, row, _has(option, QStyle.StateFlag.State_Selected))
            else:
                self._hit(painter, inner, row)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setAccessibleName("Conversation title")
        editor.setObjectName("conversationTitle")
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        editor.setGeometry(_rect(option).adjusted(GAP_8, 1, -GAP_8, -1))

    def _heading(self, painter: QPainter, place: QRect, row: Heading) -> None:
        painter.setFont(self._look.font(CAPTION_TEXT))
        painter.setPen(QColor(self._look.palette.secondary))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
        painter.drawText(place.adjusted(GAP_8, 0, 0, -6), flags, row.text)

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, place: QRect) -> None:
        palette = self._look.palette
        selected = _has(option, QStyle.StateFlag.State_Selected)
        focused = _has(option, QStyle.StateFlag.State_HasFocus)
        if not (selected or focused or _has(option, QStyle.StateFlag.State_MouseOver)):
            return
        width = 2 if focused else palette.border_width
        edge = palette.accent if focused else palette.border
        painter.setPen(QPen(QColor(edge), width) if selected or focused else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.surface if selected else palette.sunken))
        inset = width / 2
        painter.drawRoundedRect(
            QRectF(place).adjusted(inset, inset, -inset, -inset), CONTROL_RADIUS, CONTROL_RADIUS
        )

    def _entry(self, painter: QPainter, place: QRect, row: Entry, selected: bool) -> None:
        palette = self._look.palette
        left = place.left()
        if row.conversation.pinned:
            image = pixmap("pin", palette.secondary, PIN_SIZE, painter.device().devicePixelRatioF())
            painter.drawPixmap(left, place.center().y() - PIN_SIZE // 2 + 1, image)
            left += PIN_SIZE + GAP_8
        right = place.right()
        if row.badge:
            right -= self._badge(painter, place, row.badge) + GAP_8
        font = self._look.font(BASE_TEXT, QFont.Weight.DemiBold if selected else QFont.Weight.Normal)
        self._line(
            painter, QRect(left, place.top(), right - left, place.height()), row.conversation.title, font
        )

    def _badge(self, painter: QPainter, place: QRect, text: str) -> int:
        font = self._look.font(CAPTION_TEXT)
        painter.setFont(font)
        painter.setPen(QColor(self._look.palette.secondary))
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        return QFontMetrics(font).horizontalAdvance(text)

    def _hit(self, painter: QPainter, place: QRect, row: Hit) -> None:
        half = place.height() // 2
        upper = QRect(place.left(), place.top() + GAP_4, place.width(), half - GAP_4)
        lower = QRect(place.left(), place.top() + half, place.width(), half - GAP_4)
        self._line(painter, upper, row.found.title, self._look.font(BASE_TEXT, QFont.Weight.DemiBold))
        self._snippet(painter, lower, row.found.snippet)

    def _line(self, painter: QPainter, place: QRect, text: str, font: QFont) -> None:
        painter.setFont(font)
        painter.setPen(QColor(self._look.palette.text))
        words = QFontMetrics(font).elidedText(
            " ".join(text.split()), Qt.TextElideMode.ElideRight, place.width()
        )
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)

    def _snippet(self, painter: QPainter, place: QRect, marked: str) -> None:
        """One line that begins a little before the first hit; hits are strong."""
        plain = self._look.font(CAPTION_TEXT)
        strong = self._look.font(CAPTION_TEXT, QFont.Weight.Bold)
        left = place.left()
        for number, piece in enumerate(_pieces(marked)):
            font = strong if number % 2 else plain
            painter.setFont(font)
            painter.setPen(QColor(self._look.palette.text if number % 2 else self._look.palette.secondary))
            metrics = QFontMetrics(font)
            room = place.right() - left
            if room <= 0:
                return
            words = metrics.elidedText(piece, Qt.TextElideMode.ElideRight, room)
            painter.drawText(
                QRect(left, place.top(), room, place.height()), Qt.AlignmentFlag.AlignVCenter, words
            )
            left += metrics.horizontalAdvance(words)


LEAD = 14
"""Characters of a snippet shown before its first hit."""


def _pieces(marked: str) -> list[str]:
    """Text and hits in turn: a snippet's marks are U+0002 before and U+0003 after each hit."""
    line = " ".join(marked.split(" ")).replace("\n", " ")
    pieces = line.replace("\x03", "\x02").split("\x02")
    if len(pieces) > 1 and len(pieces[0]) > LEAD:
        pieces[0] = "…" + pieces[0][-LEAD:]
    return pieces


def _rect(option: QStyleOptionViewItem) -> QRect:
    rect: QRect = option.rect
    return rect


def _has(option: QStyleOptionViewItem, flag: QStyle.StateFlag) -> bool:
    state: QStyle.StateFlag = option.state
    return bool(state & flag)
