"""The field for the name of a library: Enter gives the name, Esc leaves it. No key goes further than the field."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from chatapp.desktop.widgets import named

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class NameField(QLineEdit):
    given = Signal(str)
    left = Signal()

    def __init__(self, name: str, words: str) -> None:
        super().__init__()
        named(self, name)
        self.setPlaceholderText(words)

    def ask(self, text: str) -> None:
        self.setText(text)
        self.show()
        self.selectAll()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        is_asked = event.type() == QEvent.Type.ShortcutOverride
        if is_asked and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER:
            self.given.emit(self.text().strip())
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
