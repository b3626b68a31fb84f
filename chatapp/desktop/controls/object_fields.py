"""An object as the controls of its fields, one below the other; an object without fields is not sent."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from chatapp.conversation.parameters import Parameter
from chatapp.desktop.controls.control import Control, cut
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12
from chatapp.desktop.widgets import label, named
from chatapp.protocol.json_types import Json


class ObjectControl(Control):
    wide = True

    def __init__(self, parameter: Parameter) -> None:
        from chatapp.desktop.controls.kinds import control_for

        super().__init__(parameter)
        self._value: dict[str, Json] = {}
        self._parts = {part.name: control_for(part) for part in parameter.parts}
        self._grid = QGridLayout()
        self._grid.setContentsMargins(GAP_12, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP_8)
        self._grid.setVerticalSpacing(GAP_4)
        self._grid.setColumnStretch(1, 1)
        for place, part in enumerate(parameter.parts):
            self._put(place * 2, part, self._parts[part.name])
        self.setLayout(self._grid)
        named(self, parameter.label)

    def show_value(self, value: Json) -> None:
        self._value = dict(value or {})
        for name, control in self._parts.items():
            control.show_value(self._value.get(name))

    def fields(self) -> list[QWidget]:
        return [field for control in self._parts.values() for field in control.fields()]

    def words_for(self, value: Json) -> str:
        if not isinstance(value, dict):
            return super().words_for(value)
        labels = {part.name: part.label for part in self.parameter.parts}
        said = [
            f"{labels.get(name, str(name)).lower()} {super(ObjectControl, self).words_for(entry)}"
            for name, entry in value.items()
            if entry is not None
        ]
        return cut(", ".join(said) or "nothing")

    def _put(self, line: int, part: Parameter, control: Control) -> None:
        words = label(part.label, "secondary")
        fields = control.fields()
        words.setBuddy(fields[0] if len(fields) == 1 else control)
        control.edited.connect(partial(self._edited, part.name))
        if control.wide:
            self._grid.addWidget(words, line, 0, 1, 2)
            self._grid.addWidget(control, line + 1, 0, 1, 2)
        else:
            words.setWordWrap(True)
            words.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
            self._grid.addWidget(words, line, 0, Qt.AlignmentFlag.AlignVCenter)
            self._grid.addWidget(control, line, 1)

    def _edited(self, name: str, value: Json) -> None:
        rest = {key: kept for key, kept in self._value.items() if key != name}
        self._value = rest if value is None else {**rest, name: value}
        self.edited.emit(self._value or None)
