"""Text on one line or on several."""

import json
from collections.abc import Callable

from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from chatapp.conversation.parameters import Parameter
from chatapp.desktop.controls.control import NOT_SENT, Control
from chatapp.desktop.widgets import column, named, row
from chatapp.protocol.json_types import Json

INSTRUCTIONS_HEIGHT = 96


class Line(Control):
    """Text on one line; an object, where one is allowed, as its JSON."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self.field = named(QLineEdit(), parameter.label)
        self.field.setPlaceholderText(NOT_SENT)
        self.field.editingFinished.connect(self._typed)
        self._value: Json = None
        self.setLayout(row(self.field))

    def show_value(self, value: Json) -> None:
        self._value = value
        if not is_being_typed(self.field):
            in_words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            self.field.setText("" if value is None else in_words)

    def fields(self) -> list[QWidget]:
        return [self.field]

    def _typed(self) -> None:
        text = self.field.text().strip()
        value = _parsed(text) if text.startswith("{") else text or None
        self.field.setModified(False)
        if value != self._value:
            self.edited.emit(value)


class Lines(Control):
    """Text on several lines, taken over when the focus leaves it."""

    wide = True

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self.field = named(LeavingTextEdit(self._left), parameter.label)
        self.field.setPlaceholderText(NOT_SENT)
        self.field.setTabChangesFocus(True)
        self.field.setFixedHeight(INSTRUCTIONS_HEIGHT)
        self._value: Json = None
        self.setLayout(column(self.field))

    def show_value(self, value: Json) -> None:
        self._value = value
        if not self.field.hasFocus() and self.field.toPlainText() != (value or ""):
            self.field.setPlainText(value or "")

    def fields(self) -> list[QWidget]:
        return [self.field]

    def _left(self) -> None:
        value = self.field.toPlainText() or None
        if value != self._value:
            self.edited.emit(value)


class LeavingTextEdit(QPlainTextEdit):
    """Tells when the focus leaves it. The wheel moves its text only while it has the keyboard."""

    def __init__(self, left: Callable[[], None]) -> None:
        super().__init__()
        self._left = left

    def focusOutEvent(self, event: object) -> None:
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self._left()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def is_being_typed(field: QLineEdit) -> bool:
    """Whether something stands in it that was not told yet: it is left alone."""
    return field.hasFocus() and field.isModified()


def _parsed(text: str) -> Json:
    """The object that the text is, or the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
