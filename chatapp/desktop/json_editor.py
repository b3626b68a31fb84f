"""A field for JSON: it says as one types what is wrong and in which line, and never takes a fault over.

What the text must be is a Check of `conversation/shapes`. Enter keeps the indent, the wheel is the panel's until the
field has the keyboard, and Tab goes on to the next field.
"""

from __future__ import annotations

import json

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontDatabase,
    QKeyEvent,
    QTextCharFormat,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from chatapp.conversation.json_text import JsonFault, fault_at, place_of, read_json, steps_of
from chatapp.conversation.shapes import Check, Unfit, anything
from chatapp.desktop.widgets import column, label, named, restyle
from chatapp.protocol.json_types import Json

SETTLED_MS = 150
"""How long the typing rests before the text is read."""
LONGEST_CHECKED = 100_000
"""Characters that are read while one types; longer text is read when the field is left."""
INDENT = 2


class JsonEditor(QWidget):
    """`changed` tells that `value` or `fault` are others, `left` that the keyboard went elsewhere."""

    changed = Signal()
    left = Signal()

    def __init__(self, name: str, check: Check = anything, root: str = "", needed: bool = False) -> None:
        """`root` is the path that the check calls the whole text; an empty text is a value unless `needed`."""
        super().__init__()
        self._check, self._root, self._needed = check, root or "the value", needed
        self.value: Json = None
        self.fault: JsonFault | None = None
        self.field = named(_Field(self), name)
        self._words = label(kind="danger", wrap=True)
        self._words.hide()
        self.setLayout(column(self.field, self._words, gap=4))
        self._settling = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settling.timeout.connect(self.read)
        self.field.textChanged.connect(self._typed)
        self.setFocusProxy(self.field)

    def text(self) -> str:
        return self.field.toPlainText()

    def show_text(self, text: str) -> None:
        if text != self.text():
            self.field.setPlainText(text)
        self.read()

    def show_value(self, value: Json) -> None:
        """The value, well laid out; nothing for None."""
        self.show_text("" if value is None else laid_out(value))

    def lay_out(self) -> None:
        """The same value with an indent of its own for each level; Ctrl+Z takes it back."""
        self.read()
        if self.fault is None and self.value is not None:
            self.replace_value(self.value)

    def replace_value(self, value: Json) -> None:
        """Another value; Ctrl+Z brings the text before back."""
        cursor = QTextCursor(self.field.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(laid_out(value))
        self.read()

    def read(self) -> None:
        """Reads the text now. Afterwards `fault` is None or says why `value` is still the one before."""
        self._settling.stop()
        text = self.text()
        fault = None
        if text.strip() or self._needed:
            try:
                self.value = self._checked(text)
            except JsonFault as problem:
                fault = problem
        else:
            self.value = None
        self.fault = fault
        self._tell()
        self.changed.emit()

    def go_to_fault(self) -> None:
        """The caret to where the fault is."""
        if self.fault is not None:
            cursor = self.field.textCursor()
            cursor.setPosition(_units(self.text(), self.fault.at))
            self.field.setTextCursor(cursor)
            self.field.setFocus()

    def _checked(self, text: str) -> Json:
        value = read_json(text)
        try:
            return self._check(value, self._root)
        except Unfit as problem:
            below = problem.path.removeprefix(self._root)
            at = place_of(text, steps_of(value, below))
            raise fault_at(text, f"{below.removeprefix('.') or self._root} {problem.need}", at) from None

    def _typed(self) -> None:
        if len(self.text()) <= LONGEST_CHECKED:
            self._settling.start()

    def _tell(self) -> None:
        fault = self.fault
        restyle(self.field, invalid=fault is not None)
        self._words.setText("" if fault is None else str(fault))
        self._words.setVisible(fault is not None)
        self.field.setAccessibleDescription(self._words.text())
        self.field.setExtraSelections([] if fault is None else [self._underlined(fault)])

    def _underlined(self, fault: JsonFault) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        look = QTextCharFormat()
        look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        look.setUnderlineColor(QColor(self._words.palette().color(self._words.foregroundRole())))
        cursor = QTextCursor(self.field.document())
        cursor.setPosition(_units(self.text(), fault.at))
        cursor.movePosition(QTextCursor.MoveOperation.EndOfLine, QTextCursor.MoveMode.KeepAnchor)
        mark.format, mark.cursor = look, cursor
        return mark


class _Field(QPlainTextEdit):
    def __init__(self, editor: JsonEditor) -> None:
        super().__init__()
        self._editor = editor
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setProperty("kind", "json")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain:
            before = self.textCursor().block().text()[: self.textCursor().positionInBlock()]
            deeper = INDENT if before.rstrip().endswith(("{", "[")) else 0
            self.insertPlainText("\n" + " " * (len(before) - len(before.lstrip(" ")) + deeper))
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._editor.read()
            self._editor.left.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def laid_out(value: Json) -> str:
    return json.dumps(value, indent=INDENT, ensure_ascii=False)


def _units(text: str, at: int) -> int:
    """An offset as Qt counts: characters beyond the first 65,536 are two."""
    return at + sum(character > "\uffff" for character in text[:at])
