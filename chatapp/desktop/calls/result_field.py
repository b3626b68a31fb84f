"""The field a result is pasted or written into: plain text that grows a little, Ctrl+Enter sends, Tab leaves."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy

from chatapp.desktop.widgets import named

LEAST_LINES, MOST_LINES = 3, 8
EDGES = 14
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ResultField(QPlainTextEdit):
    """`sent` is Ctrl+Enter, `grew` another height."""

    sent = Signal()
    grew = Signal()

    def __init__(self, name: str, invitation: str) -> None:
        super().__init__()
        named(self, name)
        self.setPlaceholderText(invitation)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)

    def sizeHint(self) -> QSize:
        lines = max(LEAST_LINES, min(MOST_LINES, int(self.document().size().height())))
        return QSize(160, lines * self.fontMetrics().lineSpacing() + EDGES)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def write(self, text: str) -> None:
        """Puts a text in the place of what stands there, so that Ctrl+Z brings that back."""
        cursor = self.textCursor()
        cursor.select(cursor.SelectionType.Document)
        cursor.insertText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.sent.emit()
            event.accept()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grow()

    def _grow(self) -> None:
        height = self.sizeHint().height()
        if height != self.minimumHeight():
            self.setFixedHeight(height)
            self.grew.emit()
