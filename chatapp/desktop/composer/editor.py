"""The message field: grows with its text, Enter sends, and an input method's Enter never does."""

from pathlib import Path

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy

from chatapp.desktop.widgets import named

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
MOST_LINES = 10


class Editor(QPlainTextEdit):
    """`sent` is Enter; `files_given` local files that were pasted or dropped on the text."""

    sent = Signal()
    files_given = Signal(list)  # list[Path]
    focused = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        named(self, "Message")
        self.setProperty("kind", "message")
        self.setPlaceholderText("Ask a question, or drop a file")
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self._composing = False

    def sizeHint(self) -> QSize:
        lines = max(1, min(MOST_LINES, int(self.document().size().height())))
        return QSize(200, lines * self.fontMetrics().lineSpacing() + 6)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.key() in ENTER and not shifted and not self._composing:
            self.sent.emit()
            event.accept()
            return
        super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focused.emit(False)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasUrls() or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        files = local_files(source)
        if files:
            self.files_given.emit(files)
        else:
            self.insertPlainText(source.text())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grow()

    def _grow(self) -> None:
        height = self.sizeHint().height()
        if height != self.minimumHeight():
            self.setFixedHeight(height)


def local_files(source: QMimeData) -> list[Path]:
    """The files on this computer that a drop or the clipboard names."""
    return [Path(url.toLocalFile()) for url in source.urls() if url.isLocalFile()]
