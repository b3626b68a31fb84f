"""What stands in the place of an original that is not shown: why, the passage if it is known, what can be done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from chatapp.desktop.theme import GAP_8, GAP_12
from chatapp.desktop.widgets import button, clear, column, holding, label, named, row, scrolling


@dataclass(frozen=True, slots=True)
class Offer:
    """A button: its words, what it does, and what its tool tip says."""

    words: str
    act: Callable[[], object]
    tip: str = ""


class OriginalWords(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.message = label(kind="secondary", wrap=True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.passage = named(label(wrap=True), "Passage")
        self.passage.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._buttons = column(gap=GAP_8)
        choices = row(1, holding(self._buttons), 1)
        inside = column(1, self.message, choices, self.passage, 1, gap=GAP_12, edge=GAP_8)
        self.setLayout(column(scrolling(holding(inside))))

    def say(self, message: str, passage: str, offers: Sequence[Offer]) -> None:
        self.message.setText(message)
        self.passage.setText(f"“{' '.join(passage.split())}”" if passage else "")
        self.passage.setVisible(bool(passage))
        clear(self._buttons)
        for offer in offers:
            self._buttons.addWidget(button(offer.words, offer.act, tip=offer.tip))
