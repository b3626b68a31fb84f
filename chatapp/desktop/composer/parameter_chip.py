"""One chip of a parameter. Loaded with the first of them: the first picture shows none, and Qt's styles take long."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent, QPalette
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QStylePainter

from chatapp.desktop.widgets import named

LONGEST_NAME = 28
LEAST_WIDTH = 48
ICON_GAP = 4


class ParameterChip(QPushButton):
    """A few words. Names of stores end in "…" where room is short; the whole of them is in the tool tip. What is
    refused is struck out."""

    def __init__(self, words: str, shrinks: bool, refused: str = "") -> None:
        self._words = shortened(words)
        super().__init__(unmarked(self._words))
        told = f"{words}, {refused}" if refused else words
        named(self, f"Change {told}")
        self.setToolTip(told)
        self._is_struck = bool(refused)
        self.setProperty("kind", "chip")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        if shrinks:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST_WIDTH, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room = self.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, self).width()
        if not self.icon().isNull():
            room -= self.iconSize().width() + ICON_GAP
        words = self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room)
        option.text = unmarked(words)
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        if self._is_struck:
            middle, half = self.rect().center(), self.fontMetrics().horizontalAdvance(words) // 2
            painter.setPen(option.palette.color(QPalette.ColorRole.ButtonText))
            painter.drawLine(middle.x() - half, middle.y() + 1, middle.x() + half, middle.y() + 1)


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"


def unmarked(text: str) -> str:
    """For a button: an ampersand in it is one to be read."""
    return text.replace("&", "&&")
