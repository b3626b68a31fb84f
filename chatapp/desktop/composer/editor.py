"""The message field: grows with its text, Enter sends, and an input method's Enter never does."""

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import (
    QDropEvent,
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QTextOption,
)
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy

from chatapp.desktop.widgets import named

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
MOST_LINES = 10


class Editor(QPlainTextEdit):
    """`sent` is Enter; `given` what was pasted or dropped on the text and is to be attached."""

    sent = Signal()
    given = Signal(object, bool)  # Given, whether it was dropped
    focused = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        named(self, "Message")
        self.setProperty("kind", "message")
        self.setPlaceholderText("Ask a question, or drop a file")
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.horizontalScrollBar().rangeChanged.connect(self._stay)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.document().clearUndoRedoStacks()  # Qt would undo the margin
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self._composing = False
        self._dropping = False

    def sizeHint(self) -> QSize:
        lines = max(1, min(MOST_LINES, int(self.document().size().height())))
        return QSize(200, lines * self.fontMetrics().lineSpacing() + 6)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def invite(self, words: str) -> None:
        """The placeholder. Qt paints another text only with the next change of the field, so it is asked for here."""
        if words != self.placeholderText():
            self.setPlaceholderText(words)
            self.viewport().update()

    def event(self, event: QEvent) -> bool:
        """With nothing to undo in the text, Ctrl+Z is left to the window."""
        undoing = isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Undo)
        if undoing and event.type() == QEvent.Type.ShortcutOverride and not self.document().isUndoAvailable():
            event.ignore()
            return False
        return super().event(event)

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
        return source.hasUrls() or source.hasImage() or super().canInsertFromMimeData(source)

    def dropEvent(self, event: QDropEvent) -> None:
        self._dropping = True
        super().dropEvent(event)
        self._dropping = False

    def insertFromMimeData(self, source: QMimeData) -> None:
        from chatapp.desktop.composer.given import given

        found = given(source, self._dropping)
        if found:
            self.given.emit(found, self._dropping)
        else:
            self.insertPlainText(source.text())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grow()

    def _stay(self, _least: int, most: int) -> None:
        """A line of one long word counts a few pixels more than it shows: no reason to move the text aside."""
        if most:
            self.horizontalScrollBar().setRange(0, 0)

    def _grow(self) -> None:
        height = self.sizeHint().height()
        if height != self.minimumHeight():
            self.setFixedHeight(height)
