"""The line under a parameter that the model refuses: why, and a way to try it again all the same."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from chatapp.desktop.theme import GAP_8
from chatapp.desktop.widgets import OneLine, button, row


class RefusalLine(QWidget):
    tried = Signal()

    def __init__(self, parameter: str) -> None:
        super().__init__()
        self._words = OneLine(kind="caption")
        self._again = button(
            "Try again",
            self.tried.emit,
            "small-link",
            f"Try {parameter.lower()} again",
            "Send it with the next question",
        )
        line = row(self._words, self._again, gap=GAP_8)
        line.setStretch(0, 1)
        self.setLayout(line)
        self.hide()

    def say(self, words: str, learnt: str) -> None:
        """Nothing to say hides the line. `learnt` says how it is known; it can be tried again then."""
        self._words.setText(words)
        self._words.setToolTip(f"{words}\n{learnt}" if learnt else words)
        self._again.setVisible(bool(learnt))
        self.setVisible(bool(words))
