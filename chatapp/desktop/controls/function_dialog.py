"""A function that the model may call: its name, what it is for, and the schema of its arguments."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QLineEdit, QPlainTextEdit, QWidget

from chatapp.conversation.schema_examples import STARTS
from chatapp.conversation.shapes import Unfit
from chatapp.conversation.tools import NAME
from chatapp.desktop.controls.schema_field import SchemaField
from chatapp.desktop.edit_dialog import EditDialog
from chatapp.desktop.theme import GAP_4, GAP_12
from chatapp.desktop.widgets import column, label, named, restyle
from chatapp.protocol.json_types import Json, JsonObject

SIZE = (600, 640)
DESCRIPTION_HEIGHT = 64
STRICT = "Strict: the model can write nothing but arguments that fit the schema"
NEW: JsonObject = {"type": "function", "name": "", "parameters": STARTS["No arguments"], "strict": True}


class FunctionDialog(EditDialog):
    """Fields of the tool that have no place here are kept. `taken` are the names of the other functions."""

    def __init__(self, parent: QWidget, tool: JsonObject, taken: tuple[str, ...] = ()) -> None:
        super().__init__(parent, "Function", SIZE)
        self._tool, self._taken = tool, taken
        self.name = named(QLineEdit(), "Function name")
        self.name.setPlaceholderText("get_weather")
        self.description = named(QPlainTextEdit(), "Description")
        self.description.setPlaceholderText("What it does, and when to call it.")
        self.description.setTabChangesFocus(True)
        self.description.setFixedHeight(DESCRIPTION_HEIGHT)
        self.schema = SchemaField("Arguments")
        self.strict = named(QCheckBox(STRICT), "Strict")
        self.name.textChanged.connect(lambda _text: self.follow())
        self.schema.changed.connect(self.follow)
        self.strict.toggled.connect(self.schema.set_strict)
        self._show(tool)
        content = column(
            column(self._titled("Name", self.name), self.name, gap=GAP_4),
            column(self._titled("Description", self.description), self.description, gap=GAP_4),
            self.schema,
            self.strict,
            gap=GAP_12,
        )
        content.setStretch(2, 1)
        self.lay(content)
        self.name.setFocus()

    def value(self) -> Json:
        made = {**self._tool, "name": self.name.text().strip(), "parameters": self.schema.value()}
        description = self.description.toPlainText()
        made |= {"description": description, "strict": self.strict.isChecked()}
        return made if description.strip() else {name: made[name] for name in made if name != "description"}

    def fault(self) -> str:
        name = self.name.text().strip()
        try:
            NAME(name, "The name")
        except Unfit as problem:
            said = str(problem)
        else:
            said = f"Another function is called {name} already." if name in self._taken else ""
        restyle(self.name, invalid=bool(said and name))
        return said or self.schema.fault()

    def state(self) -> Json:
        return {
            "name": self.name.text(),
            "description": self.description.toPlainText(),
            "schema": self.schema.editor.text(),
            "strict": self.strict.isChecked(),
        }

    def show_state(self, state: Json) -> None:
        self.name.setText(state["name"])
        self.description.setPlainText(state["description"])
        self.schema.editor.show_text(state["schema"])
        self.strict.setChecked(state["strict"])

    def _show(self, tool: JsonObject) -> None:
        self.name.setText(tool.get("name") or "")
        self.description.setPlainText(tool.get("description") or "")
        self.schema.show_schema(tool.get("parameters") or STARTS["No arguments"])
        self.strict.setChecked(bool(tool.get("strict")))

    def _titled(self, text: str, field: QWidget) -> QWidget:
        words = label(text, "strong")
        words.setBuddy(field)
        return words
