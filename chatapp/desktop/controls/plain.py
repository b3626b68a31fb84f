"""The plain controls: a few values, a list, a number, text on one line or several, pairs."""

import json
from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from chatapp.conversation.parameters import Parameter
from chatapp.desktop.controls.control import NOT_SENT, Control
from chatapp.desktop.theme import GAP_8
from chatapp.desktop.widgets import (
    CalmChoice,
    CalmSlider,
    FollowsTextSize,
    button,
    clear,
    column,
    frame,
    named,
    restyle,
    row,
)
from chatapp.protocol.json_types import Json

SHORT = {"minimal": "min", "medium": "med", "disabled": "off", "True": "on", "False": "off"}
FIELD_EDGES = 24
INSTRUCTIONS_HEIGHT = 96
LEAST_SLIDER = 48
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


class Number(Control):
    """A field, with a slider before it where the range is one to slide over."""

    sliding = Signal(object)
    """The value under a handle that is being dragged; `edited` follows once it is let go."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self.field = named(QLineEdit(), parameter.label)
        self.field.setPlaceholderText(NOT_SENT)
        self.field.editingFinished.connect(self._typed)
        self._told: Json = None
        """What is shown or was told last, a refused value too: going back from one is told."""
        self.slider = self._make_slider() if parameter.control == "slider" else None
        if self.slider is not None:
            FollowsTextSize(self.field, self._fit_field)
            self.field.setProperty("kind", "number")
            self.setLayout(row(self.slider, self.field))
        else:
            self.setLayout(row(self.field))

    def show_value(self, value: Json) -> None:
        self._told = value
        if not is_being_typed(self.field):
            self.field.setText("" if value is None else written_number(value))
        if self.slider is not None:
            restyle(self.slider, unset=value is None)
            with QSignalBlocker(self.slider):
                self.slider.setValue(self._steps(self._resting() if value is None else value))

    def fields(self) -> list[QWidget]:
        return [self.field] if self.slider is None else [self.slider, self.field]

    def entrance(self) -> QWidget:
        return self.field

    def least_width(self) -> int:
        field = self.fontMetrics().horizontalAdvance(NOT_SENT) + FIELD_EDGES
        return field if self.slider is None else LEAST_SLIDER + GAP_8 + field

    def _fit_field(self) -> None:
        self.field.setFixedWidth(self.field.fontMetrics().horizontalAdvance(NOT_SENT) + FIELD_EDGES)

    def _make_slider(self) -> CalmSlider:
        slider = CalmSlider(f"{self.parameter.label} slider")
        slider.setMinimumWidth(LEAST_SLIDER)
        slider.setRange(0, self._steps(self.parameter.high or 0))
        slider.setPageStep(max(1, slider.maximum() // 10))
        slider.valueChanged.connect(self._slid)
        slider.sliderReleased.connect(lambda: self._slid(slider.value()))
        return slider

    def _step(self) -> float:
        return self.parameter.step or 1

    def _steps(self, value: float) -> int:
        return round((value - (self.parameter.low or 0)) / self._step())

    def _resting(self) -> float:
        """Where the handle stands when nothing is sent: at the default."""
        try:
            return float(self.parameter.default)
        except ValueError:
            return self.parameter.low or 0

    def _slid(self, steps: int) -> None:
        value = (self.parameter.low or 0) + steps * self._step()
        value = int(value) if self._step() == 1 else round(value, 6)
        self.field.setText(f"{value:g}")
        if self.slider is not None and self.slider.isSliderDown():
            self.sliding.emit(value)
        else:
            self._tell(value)

    def _typed(self) -> None:
        value = self._parsed()
        self.field.setModified(False)
        self._tell(value)

    def _tell(self, value: Json) -> None:
        if value != self._told or isinstance(value, str):
            self._told = value
            self.edited.emit(value)

    def _parsed(self) -> Json:
        """The number in the field, None when it is empty, its text when that is no number."""
        text = self.field.text().strip().replace(",", ".")
        if not text:
            return None
        for read in (int, float):
            try:
                return read(text)
            except ValueError:
                continue
        return text


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


def is_being_typed(field: QLineEdit) -> bool:
    """Whether something stands in it that was not told yet: it is left alone."""
    return field.hasFocus() and field.isModified()


def written_number(value: float) -> str:
    """A number as it is typed, to its last digit."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _parsed(text: str) -> Json:
    """The object that the text is, or the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


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
