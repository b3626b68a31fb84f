"""A number: typed, and slid where both ends of its range are known."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from chatapp.conversation.parameters import Parameter
from chatapp.desktop.controls.control import NOT_SENT, Control
from chatapp.desktop.controls.text import is_being_typed
from chatapp.desktop.theme import GAP_8
from chatapp.desktop.widgets import CalmSlider, FollowsTextSize, named, restyle, row
from chatapp.protocol.json_types import Json

FIELD_EDGES = 24
LEAST_SLIDER = 48


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


def written_number(value: float) -> str:
    """A number as it is typed, to its last digit."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
