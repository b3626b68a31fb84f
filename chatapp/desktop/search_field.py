"""The search field over a list: Esc empties or leaves it, Down goes to what was found, Enter opens the first."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit

from chatapp.desktop.widgets import named

DOWN = (Qt.Key.Key_Down, Qt.Key.Key_PageDown)
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class SearchField(QLineEdit):
    """`left` is Esc in an empty field; `entered` carries whether the first result is to be opened."""

    left = Signal()
    entered = Signal(bool)

    def __init__(self, name: str) -> None:
        super().__init__()
        named(self, name)
        self.setPlaceholderText(name)
        self.setClearButtonEnabled(True)

    def event(self, event: QEvent) -> bool:
        """Esc is the field's own; Ctrl+Z is left to the window while there is nothing to undo here."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
            if event.matches(QKeySequence.StandardKey.Undo) and not self.isUndoAvailable():
                event.ignore()
                return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.left.emit()
        elif key in DOWN or key in ENTER:
            self.entered.emit(key in ENTER)
        else:
            super().keyPressEvent(event)
