"""The field a result is pasted or written into: plain text that grows a little, Ctrl+Enter sends, Tab leaves."""

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy

from chatapp.desktop.widgets import named

LEAST_LINES, MOST_LINES = 3, 8
LONG = 10_000
EDGES = 14
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ResultField(QPlainTextEdit):
    """`sent` is Ctrl+Enter."""

    sent = Signal()

    def __init__(self, name: str, invitation: str) -> None:
        super().__init__()
        named(self, name)
        self.setPlaceholderText(invitation)
        self.setTabChangesFocus(True)
        self._written: str | None = None
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)

    def sizeHint(self) -> QSize:
        lines = max(LEAST_LINES, min(MOST_LINES, int(self.document().size().height())))
        return QSize(160, lines * self.fontMetrics().lineSpacing() + EDGES)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    @property
    def text(self) -> str:
        """What stands here; what was written by `write` and left alone is that to the last character, also those that
        a document changes: line ends, hard spaces."""
        as_it_was = self._written is not None and not self.document().isModified()
        return self._written or "" if as_it_was else self.toPlainText()

    def write(self, text: str) -> None:
        """Puts a text in the place of what stands there, so that Ctrl+Z brings that back."""
        self._brace(text)
        cursor = self.textCursor()
        cursor.select(cursor.SelectionType.Document)
        cursor.insertText(text)
        self._written = text
        self.document().setModified(False)

    def setPlainText(self, text: str) -> None:
        self._written = None
        super().setPlainText(text)

    def insertFromMimeData(self, source: QMimeData) -> None:
        self._brace(source.text())
        super().insertFromMimeData(source)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.sent.emit()
            event.accept()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grow()

    def _brace(self, text: str) -> None:
        """Qt breaks one word of 256,000 letters at words in nine seconds, anywhere in a tenth of one."""
        if len(text) > LONG:
            self.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)

    def _grow(self) -> None:
        height = self.sizeHint().height()
        if height != self.minimumHeight():
            self.setFixedHeight(height)
