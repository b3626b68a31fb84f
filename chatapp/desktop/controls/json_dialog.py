"""A value as JSON in a dialog, for what has no form of its own."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from chatapp.conversation.shapes import Check
from chatapp.desktop.edit_dialog import EditDialog
from chatapp.desktop.json_editor import JsonEditor
from chatapp.desktop.theme import GAP_8
from chatapp.desktop.widgets import button, column, label, row
from chatapp.protocol.json_types import Json

SIZE = (560, 440)


class JsonDialog(EditDialog):
    """`about` says in a sentence or two what belongs into it; `root` is what the check calls it."""

    def __init__(self, parent: QWidget, title: str, about: str, value: Json, check: Check, root: str) -> None:
        super().__init__(parent, title, SIZE)
        self.editor = JsonEditor(f"{title} as JSON", check, root, needed=True)
        self.editor.show_value(value)
        self.editor.changed.connect(self.follow)
        head = row(label(about, "secondary", wrap=True), button("Lay out", self.editor.lay_out, "link"))
        head.setStretch(0, 1)
        content = column(head, self.editor, gap=GAP_8)
        content.setStretch(1, 1)
        self.lay(content)
        self.editor.setFocus()

    def value(self) -> Json:
        return self.editor.value

    def fault(self) -> str:
        return "" if self.editor.fault is None else "The JSON has a fault."

    def state(self) -> Json:
        return self.editor.text()

    def show_state(self, state: Json) -> None:
        self.editor.show_text(state)
