"""Keys with their values, a line each."""

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from chatapp.conversation.parameters import Parameter
from chatapp.desktop.controls.control import Control
from chatapp.desktop.widgets import button, clear, column, named, row
from chatapp.protocol.json_types import Json


class Pairs(Control):
    """Keys and values in two columns; an empty key takes its line away."""

    wide = True

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self._lines: list[tuple[QLineEdit, QLineEdit]] = []
        self._value: dict[str, str] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        self._add = button("Add a pair", self._add_line, "link")
        self.setLayout(column(self._list, row(self._add, 1), gap=4))
        named(self, parameter.label)

    def show_value(self, value: Json) -> None:
        pairs = dict(value or {})
        if pairs == self._value and (pairs or not self._lines):
            return
        self._value = pairs
        clear(self._list)
        self._lines = []
        for key, text in pairs.items():
            self._put_line(key, text)

    def fields(self) -> list[QWidget]:
        return [*(field for line in self._lines for field in line), self._add]

    def words_for(self, value: Json) -> str:
        return f"{len(value)} pairs" if isinstance(value, dict) else super().words_for(value)

    def _add_line(self) -> None:
        self._put_line("", "")[0].setFocus()

    def _put_line(self, key: str, text: str) -> tuple[QLineEdit, QLineEdit]:
        number = len(self._lines) + 1
        line = (
            named(QLineEdit(key), f"{self.parameter.label} key {number}"),
            named(QLineEdit(text), f"{self.parameter.label} value {number}"),
        )
        line[0].setPlaceholderText("key")
        line[1].setPlaceholderText("value")
        for field in line:
            field.home(False)
            field.editingFinished.connect(self._typed)
        self._lines.append(line)
        holder: QHBoxLayout = row(*line, gap=4)
        self._list.addLayout(holder)
        return line

    def _typed(self) -> None:
        pairs = {key.text().strip(): value.text() for key, value in self._lines if key.text().strip()}
        if pairs != self._value:
            self._value = pairs
            self.edited.emit(pairs or None)
