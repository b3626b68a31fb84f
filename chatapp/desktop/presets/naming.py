"""Asks for the name of a preset; what is wrong with it is said while it is typed."""

from collections.abc import Sequence

from PySide6.QtWidgets import QLineEdit, QWidget

from chatapp.conversation.presets import InvalidPreset, Preset, checked_name
from chatapp.desktop.edit_dialog import EditDialog
from chatapp.desktop.theme import GAP_8
from chatapp.desktop.widgets import column, label, named
from chatapp.protocol.json_types import Json

SIZE = (420, 150)


class NameDialog(EditDialog):
    """`saved` carries the name. It differs from those of `others`."""

    def __init__(self, parent: QWidget, title: str, name: str, about: str, others: Sequence[Preset]) -> None:
        super().__init__(parent, title, SIZE)
        self._others = others
        self.field = named(QLineEdit(name), "Name of the preset")
        self.field.selectAll()
        self.field.textChanged.connect(self.follow)
        self.lay(column(self.field, label(about, "caption", wrap=True), 1, gap=GAP_8))

    def value(self) -> Json:
        return checked_name(self.field.text(), self._others)

    def fault(self) -> str:
        try:
            checked_name(self.field.text(), self._others)
        except InvalidPreset as problem:
            return str(problem)
        return ""

    def state(self) -> Json:
        return self.field.text()

    def show_state(self, state: Json) -> None:
        self.field.setText(state)
