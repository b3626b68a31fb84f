"""A parameter as JSON: a fault is told while one types, and only what is right is taken over."""

from PySide6.QtWidgets import QWidget

from chatapp.conversation.parameters import Parameter, check_of
from chatapp.desktop.controls.control import NOT_SENT, Control
from chatapp.desktop.json_editor import JsonEditor
from chatapp.desktop.widgets import FollowsTextSize, column
from chatapp.protocol.json_types import Json

EDGES = 12
LINES = (2, 10)
"""How many lines are seen at least and at most."""


class JsonControl(Control):
    wide = True

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self.editor = JsonEditor(parameter.label, check_of(parameter), parameter.name)
        self.editor.field.setPlaceholderText(NOT_SENT)
        self.editor.field.blockCountChanged.connect(lambda _count: self._fit())
        FollowsTextSize(self.editor.field, self._fit)
        self.editor.left.connect(self._left)
        self._value: Json = None
        self.setLayout(column(self.editor))

    def show_value(self, value: Json) -> None:
        """What is wrong in the field stays there until the value itself is another."""
        if self.editor.field.hasFocus() or (self.editor.fault is not None and value == self._value):
            self._value = value
            return
        self._value = value
        if self.editor.value != value or self.editor.fault is not None:
            self.editor.show_value(value)

    def fields(self) -> list[QWidget]:
        return [self.editor.field]

    def mark(self, invalid: bool) -> None:
        """The editor marks itself."""

    def _fit(self) -> None:
        field = self.editor.field
        lines = min(max(field.blockCount(), LINES[0]), LINES[1])
        edges = 2 * (field.frameWidth() + round(field.document().documentMargin())) + EDGES
        field.setFixedHeight(lines * field.fontMetrics().lineSpacing() + edges)

    def _left(self) -> None:
        if self.editor.fault is None and self.editor.value != self._value:
            self.edited.emit(self.editor.value)
