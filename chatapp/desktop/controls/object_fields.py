"""An object as the controls of its fields, one below the other; an object without fields is not sent."""

from functools import partial

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from chatapp.conversation.parameters import Parameter
from chatapp.desktop.controls.control import Control, cut
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12
from chatapp.desktop.widgets import FollowsTextSize, label, named
from chatapp.protocol.json_types import Json

INDENT = GAP_12


class ObjectControl(Control):
    wide = True

    def __init__(self, parameter: Parameter) -> None:
        from chatapp.desktop.controls.kinds import control_for

        super().__init__(parameter)
        self._value: dict[str, Json] = {}
        self._parts = {part.name: control_for(part) for part in parameter.parts}
        self._labels = {part.name: self._label(part) for part in parameter.parts}
        self._grid = QGridLayout()
        self._grid.setContentsMargins(INDENT, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP_8)
        self._grid.setVerticalSpacing(GAP_4)
        self._grid.setColumnStretch(1, 1)
        self._stacked: bool | None = None
        self.setLayout(self._grid)
        named(self, parameter.label)
        FollowsTextSize(self, self._arrange)

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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _label(self, part: Parameter) -> QLabel:
        words, control = label(part.label, "secondary"), self._parts[part.name]
        fields = control.fields()
        words.setBuddy(fields[0] if len(fields) == 1 else control)
        control.edited.connect(partial(self._edited, part.name))
        return words

    def _arrange(self) -> None:
        """The labels beside their controls, or over them where both do not fit."""
        narrow = [control.least_width() for control in self._parts.values() if not control.wide]
        words = max(one.sizeHint().width() for one in self._labels.values())
        stacked = words + GAP_8 + max(narrow, default=0) > self.width() - INDENT
        if stacked == self._stacked:
            return
        self._stacked = stacked
        for place, (name, control) in enumerate(self._parts.items()):
            over = stacked or control.wide
            self._grid.addWidget(self._labels[name], 2 * place, 0, 1, 2 if over else 1)
            self._grid.addWidget(control, 2 * place + over, 0 if over else 1, 1, 2 if over else 1)

    def _edited(self, name: str, value: Json) -> None:
        rest = {key: kept for key, kept in self._value.items() if key != name}
        self._value = rest if value is None else {**rest, name: value}
        self.edited.emit(self._value or None)
