"""One parameter of a sweep and the values it is to take: ticked where there are few, typed otherwise."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QLineEdit, QPlainTextEdit, QWidget

from chatapp.conversation.axis_values import BETWEEN, manner_of, suggested, values_in
from chatapp.conversation.experiments import NOT_SENT, Axis
from chatapp.conversation.parameters import BY_NAME, PARAMETERS, InvalidParameter, Parameter
from chatapp.desktop.theme import GAP_4, GAP_8
from chatapp.desktop.widgets import (
    CalmChoice,
    ElidedCheck,
    FollowsTextSize,
    clear,
    column,
    label,
    named,
    row,
    spoken,
)
from chatapp.protocol.json_types import Json

NONE = "None"
COLUMNS = 3
TEXT_HEIGHT = 84
HINTS = {
    "chosen": "Others, with commas between them",
    "numbers": "Numbers, with commas between them",
    "texts": f"One text after another, with a line of {BETWEEN} between them",
    "json": "JSON, one value a line",
}
WIRE_ONLY = frozenset(("stream_options", "background", "background_options", "conversation", "metadata"))
"""What changes how an answer is brought or kept, not the answer."""
VARIED = tuple(row for row in PARAMETERS if not row.once and row.name not in WIRE_ONLY)


WIDEST_HEADING = "Second parameter"


class AxisField(QWidget):
    """`changed` tells of every edit. `offered` gives the models and stores of the server: values and their words."""

    changed = Signal()

    def __init__(self, name: str, offered: Mapping[str, Mapping[str, str]], optional: bool = False) -> None:
        super().__init__()
        self._offered = offered
        self.choice = CalmChoice(name)
        if optional:
            self.choice.addItem(NONE, None)
        for parameter in VARIED:
            self.choice.addItem(parameter.label, parameter.name)
        self._boxes: list[tuple[QCheckBox, Json]] = []
        self._grid = QGridLayout()
        self._grid.setSpacing(GAP_4)
        self.line = named(QLineEdit(), f"{name}: values")
        self.text = named(QPlainTextEdit(), f"{name}: texts")
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(TEXT_HEIGHT)
        self.without = named(
            QCheckBox("And once without it, as the server would have it"), f"{name}: not sent"
        )
        self._head = row(heading(name), self.choice, spoken(self.choice, name), gap=GAP_8)
        self._head.setStretch(1, 1)
        self.setLayout(column(self._head, self._grid, self.line, self.text, self.without, gap=GAP_4))
        self.choice.currentIndexChanged.connect(self._fill)
        self.line.textChanged.connect(lambda: self.changed.emit())
        self.text.textChanged.connect(lambda: self.changed.emit())
        self.without.toggled.connect(lambda: self.changed.emit())
        self._fill()

    def choose(self, name: str) -> None:
        """Shows a parameter by its name."""
        self.choice.setCurrentIndex(self.choice.findData(name))

    def offer(self, name: str, words: Mapping[str, str]) -> None:
        """What the server has of a parameter, told later; what is ticked already stays."""
        self._offered = {**self._offered, name: words}
        if self.choice.currentData() == name and not self._boxes:
            self._fill()

    @property
    def parameter(self) -> Parameter | None:
        return BY_NAME.get(str(self.choice.currentData()))

    def axis(self) -> Axis | None:
        """None where no parameter is chosen. Raises InvalidParameter for a value that cannot be sent."""
        parameter = self.parameter
        if parameter is None:
            return None
        ticked = [value for box, value in self._boxes if box.isChecked()]
        typed = self.text.toPlainText() if self.text.isVisibleTo(self) else self.line.text()
        left = [NOT_SENT] if self.without.isChecked() else []
        values = (*ticked, *values_in(parameter, typed), *left)
        if not values:
            raise InvalidParameter(parameter.name, parameter.label, "needs a value to try")
        return Axis(parameter.name, values)

    def _fill(self) -> None:
        parameter = self.parameter
        clear(self._grid)
        self._boxes = []
        manner = manner_of(parameter) if parameter is not None else None
        for value, words in self._choices(parameter).items():
            box = ElidedCheck(words)
            named(box, f"{parameter.label if parameter else ''}: {words}")
            box.toggled.connect(lambda: self.changed.emit())
            self._grid.addWidget(box, len(self._boxes) // COLUMNS, len(self._boxes) % COLUMNS)
            stored = [value] if parameter is not None and parameter.control == "stores" else value
            self._boxes.append((box, stored))
        is_open = parameter is not None and (parameter.open_choice or manner == "numbers")
        self.line.setVisible(is_open)
        self.text.setVisible(manner in ("texts", "json"))
        self.without.setVisible(parameter is not None)
        for field in (self.line, self.text):
            field.setPlaceholderText(HINTS.get(manner or "", ""))
        self.line.setText(suggested(parameter) if parameter is not None else "")
        self.text.clear()
        self.without.setChecked(False)
        self.choice.setToolTip(parameter.explanation if parameter is not None else "")
        self.changed.emit()

    def _choices(self, parameter: Parameter | None) -> Mapping[Json, str]:
        if parameter is None:
            return {}
        if parameter.control == "switch":
            return {True: "on", False: "off"}
        if parameter.name in self._offered:
            return self._offered[parameter.name]
        return {value: value for value in parameter.choices} if parameter.control == "choice" else {}


def heading(name: str) -> QLabel:
    """What stands before a field; the fields begin below each other."""
    made = label(name)
    FollowsTextSize(
        made, lambda: made.setFixedWidth(made.fontMetrics().horizontalAdvance(WIDEST_HEADING) + 1)
    )
    return made
