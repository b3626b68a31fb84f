"""Chips of the parameters that shape an answer; `attachments` has those of the files that go along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

from chatapp.desktop.desk import Desk
from chatapp.desktop.widgets import Icons, clear, named

if TYPE_CHECKING:
    from chatapp.conversation.tree import Conversation

LONGEST_NAME = 28
LEAST_WIDTH = 48
ICON_GAP = 4


class ParameterChip(QPushButton):
    """A few words. Names of stores end in "…" where room is short; the whole of them is in the tool tip."""

    def __init__(self, words: str, shrinks: bool) -> None:
        self._words = shortened(words)
        super().__init__(unmarked(self._words))
        named(self, f"Change {words}")
        self.setToolTip(words)
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
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_PushButton, option)


class ParameterChips(QWidget):
    """What is set for this conversation, in a few words. `asked` names the parameter to show in the panel."""

    asked = Signal(str)

    def __init__(self, desk: Desk, icons: Icons) -> None:
        super().__init__()
        self._desk, self._icons = desk, icons
        self._shown: list[tuple[str, str]] | None = None
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(8)
        self.hide()
        desk.head_changed.connect(self._show)
        desk.opened.connect(self._show)
        desk.stores_changed.connect(self._show)

    def _show(self) -> None:
        head = self._desk.head
        chips = described(head, self._desk) if head is not None else []
        if chips == self._shown:
            return
        self._shown = chips
        clear(self._line)
        for name, text in chips:
            self._line.addWidget(self._chip(name, text))
        self._line.addStretch(1)
        self.setVisible(bool(chips))

    def _chip(self, name: str, text: str) -> QPushButton:
        chip = ParameterChip(text, shrinks=name == "vector_stores")
        chip.clicked.connect(lambda: self.asked.emit(name))
        chip.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        return self._icons.put(chip, "library", size=14) if name == "vector_stores" else chip


def described(head: Conversation, desk: Desk) -> list[tuple[str, str]]:
    """(parameter, words) for the stores, the effort and the temperature that are set."""
    chips = []
    stores = head.parameters.get("vector_stores") or []
    if stores:
        names = ", ".join(desk.store_name(head.server, store) for store in stores)
        chips.append(("vector_stores", names))
    for name, words in (("reasoning.effort", "effort"), ("temperature", "t")):
        if name in head.parameters:
            chips.append((name, f"{words} {head.parameters[name]}"))
    return chips


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"


def unmarked(text: str) -> str:
    """For a button: an ampersand in it is one to be read."""
    return text.replace("&", "&&")
