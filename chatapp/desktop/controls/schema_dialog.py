"""The schema editor: the schema that answers must match, and an example that is checked against it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLineEdit, QSplitter, QVBoxLayout, QWidget

from chatapp.conversation.schema_examples import STARTS, example_of
from chatapp.conversation.schemas import FORMAT_NAME
from chatapp.conversation.shapes import Unfit
from chatapp.desktop.controls.schema_field import SchemaField
from chatapp.desktop.edit_dialog import EditDialog
from chatapp.desktop.json_editor import JsonEditor
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12
from chatapp.desktop.widgets import button, column, holding, label, named, restyle, row
from chatapp.protocol.json_types import Json, JsonObject
from chatapp.protocol.schemas import Uncheckable, mismatch

SIZE = (880, 620)
STRICT = "Strict: the model can write nothing else"
NEW: JsonObject = {"type": "json_schema", "name": "answer", "schema": STARTS["One object"], "strict": True}


class SchemaDialog(EditDialog):
    """`format` is what stands at text.format; fields that have no place here are kept."""

    def __init__(self, parent: QWidget, format: JsonObject) -> None:
        super().__init__(parent, "Schema of the answer", SIZE)
        self._format = format
        self.name = named(QLineEdit(), "Schema name")
        self.description = named(QLineEdit(), "Description")
        self.description.setPlaceholderText("What the answer is, for the model")
        self.schema = SchemaField("Schema")
        self.strict = named(QCheckBox(STRICT), "Strict")
        self.example = JsonEditor("Example")
        self._verdict = label(wrap=True)
        self._join()
        self._show(format)
        self.lay(self._content())

    def value(self) -> Json:
        made = {**self._format, "name": self.name.text().strip(), "schema": self.schema.value()}
        description = self.description.text().strip()
        made |= {"description": description, "strict": self.strict.isChecked()}
        return made if description else {name: made[name] for name in made if name != "description"}

    def fault(self) -> str:
        name = self.name.text().strip()
        try:
            FORMAT_NAME(name, "The name")
            said = ""
        except Unfit as problem:
            said = str(problem)
        restyle(self.name, invalid=bool(said and name))
        return said or self.schema.fault()

    def state(self) -> Json:
        return {
            "name": self.name.text(),
            "description": self.description.text(),
            "schema": self.schema.editor.text(),
            "strict": self.strict.isChecked(),
            "example": self.example.text(),
        }

    def show_state(self, state: Json) -> None:
        self.name.setText(state["name"])
        self.description.setText(state["description"])
        self.schema.editor.show_text(state["schema"])
        self.strict.setChecked(state["strict"])
        self.example.show_text(state["example"])

    def make_example(self) -> None:
        if self.schema.fault() == "":
            self.example.replace_value(example_of(self.schema.value()))

    def _join(self) -> None:
        self.name.textChanged.connect(lambda _text: self.follow())
        self.strict.toggled.connect(self.schema.set_strict)
        self.schema.changed.connect(self.follow)
        self.schema.changed.connect(self._compare)
        self.example.changed.connect(self._compare)

    def _show(self, format: JsonObject) -> None:
        self.name.setText(format.get("name") or "")
        self.description.setText(format.get("description") or "")
        self.schema.show_schema(format.get("schema"))
        self.strict.setChecked(bool(format.get("strict")))
        self.example.show_value(example_of(format.get("schema") or {}))

    def _content(self) -> QVBoxLayout:
        head = row(
            column(_titled("Name", self.name), self.name, gap=GAP_4),
            column(_titled("Description", self.description), self.description, gap=GAP_4),
            gap=GAP_12,
        )
        head.setStretch(0, 2)
        head.setStretch(1, 3)
        made = row(
            label("Example", "strong"), 1, button("Make an example", self.make_example, "link"), gap=GAP_4
        )
        example = column(made, self.example, self._verdict, gap=GAP_4)
        example.setStretch(1, 1)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.schema)
        split.addWidget(holding(example))
        split.setSizes([520, 360])
        split.setProperty("kind", "bare")
        split.setChildrenCollapsible(False)
        split.setHandleWidth(GAP_12)
        whole = column(head, split, self.strict, gap=GAP_8)
        whole.setStretch(1, 1)
        return whole

    def _compare(self) -> None:
        """Whether the example matches. Nothing is said of one that has a fault of its own."""
        words, kind = "", "caption"
        if self.schema.fault() == "" and self.example.fault is None and self.example.text().strip():
            try:
                differs = mismatch(self.schema.value(), self.example.value)
                words = "Matches the schema." if differs is None else f"Does not match: {differs}."
                kind = "success" if differs is None else "danger"
            except Uncheckable as problem:
                words, kind = f"The schema cannot be applied: {problem}.", "warning"
        restyle(self._verdict, kind=kind)
        self._verdict.setText(words)


def _titled(text: str, field: QWidget) -> QWidget:
    words = label(text, "strong")
    words.setBuddy(field)
    return words
