"""One of a few values: side by side, or in a list."""

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QComboBox, QGridLayout, QPushButton, QSizePolicy, QWidget

from chatapp.conversation.parameters import Parameter
from chatapp.desktop.controls.control import NOT_SENT, Control
from chatapp.desktop.widgets import CalmChoice, FollowsTextSize, button, column, frame, named
from chatapp.protocol.json_types import Json

SHORT = {"minimal": "min", "medium": "med", "disabled": "off", "True": "on", "False": "off"}
LIST_EDGES = 60
"""Padding, borders and arrow of a list."""
SEGMENT_EDGES = 6


class Segments(Control):
    """A few values side by side, on more lines where room is short; none chosen means not sent, and the chosen one
    pressed again takes it back."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        values: tuple[Json, ...] = (True, False) if parameter.control == "switch" else parameter.choices
        self.wide = len(values) > 3
        self._group = QButtonGroup(self, exclusive=False)
        self._buttons = {value: self._segment(value) for value in values}
        self._grid = QGridLayout()
        self._grid.setSpacing(0)
        self._grid.setContentsMargins(1, 1, 1, 1)
        self._a_line = 0
        self.setLayout(column(named(frame("segments", self._grid), parameter.label)))
        policy = self.sizePolicy()
        policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
        self.setSizePolicy(policy)
        FollowsTextSize(self, self._arrange)

    def show_value(self, value: Json) -> None:
        """One that is not among them, which the table leaves open, is put beside them."""
        if value is not None and value not in self._buttons:
            self._buttons[value] = self._segment(value)
            self._a_line = 0
            self._arrange()
        for own, segment in self._buttons.items():
            segment.setChecked(own == value and type(own) is type(value))

    def fields(self) -> list[QWidget]:
        return list(self._buttons.values())

    def least_width(self) -> int:
        return len(self._buttons) * self._widest()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _widest(self) -> int:
        """How wide the longest of them is once it is the chosen one."""
        strong = QFont(next(iter(self._buttons.values())).font())
        strong.setWeight(QFont.Weight.DemiBold)
        metrics = QFontMetrics(strong)
        return max(metrics.horizontalAdvance(one.text()) for one in self._buttons.values()) + SEGMENT_EDGES

    def _arrange(self) -> None:
        """As few lines as hold them, equally full."""
        fitting = max(1, (self.width() - 2) // self._widest())
        lines = -(-len(self._buttons) // fitting)
        a_line = -(-len(self._buttons) // lines)
        if a_line == self._a_line:
            return
        self._a_line = a_line
        for place, segment in enumerate(self._buttons.values()):
            segment.setMinimumWidth(1)
            self._grid.addWidget(segment, place // a_line, place % a_line)
        for at in range(len(self._buttons)):
            self._grid.setColumnStretch(at, 1 if at < a_line else 0)

    def _segment(self, value: Json) -> QPushButton:
        words = "on" if value is True else "off" if value is False else value
        segment = button(SHORT.get(words, words), None, "segment", f"{self.parameter.label}: {words}", words)
        segment.setCheckable(True)
        segment.clicked.connect(lambda checked: self.edited.emit(value if checked else None))
        self._group.addButton(segment)
        return segment


class Choice(Control):
    """A list; what is not on it can be typed when the table leaves the choice open."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self.box = CalmChoice(parameter.label)
        self.box.setEditable(parameter.open_choice)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.activated.connect(self._picked)
        line = self.box.lineEdit()
        if line is not None:
            named(line, parameter.label)
            line.setObjectName("")
            line.setPlaceholderText(NOT_SENT)
            line.editingFinished.connect(self._picked)
        self._value: Json = None
        self.offer(parameter.choices)
        self.setLayout(column(self.box))

    def offer(self, choices: tuple[str, ...]) -> None:
        """Another list of values, the shown one kept."""
        with QSignalBlocker(self.box):
            self.box.clear()
            self.box.addItems([NOT_SENT, *choices])
        self.show_value(self._value)

    def show_value(self, value: Json) -> None:
        self._value = value
        if self.box.isEditable() and self.box.hasFocus() and value is not None:
            return
        with QSignalBlocker(self.box):
            if not self.box.isEditable():
                self.box.setCurrentText(NOT_SENT if value is None else str(value))
            elif value is None:
                self.box.setCurrentIndex(-1)
                self.box.setEditText("")
            else:
                self.box.setEditText(str(value))

    def fields(self) -> list[QWidget]:
        return [self.box]

    def least_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(NOT_SENT) + LIST_EDGES

    def _picked(self) -> None:
        text = self.box.currentText().strip()
        value = None if text in ("", NOT_SENT) else text
        if value != self._value:
            self.edited.emit(value)
