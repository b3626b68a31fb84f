"""The format of answers: free text, any JSON object, or JSON that matches a schema, which has a dialog."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QWidget

from chatapp.conversation.parameters import Parameter
from chatapp.desktop.controls.control import Control, words_for
from chatapp.desktop.edit_dialog import Unsaved
from chatapp.desktop.theme import GAP_4
from chatapp.desktop.widgets import OneLine, button, column, frame, holding, named, row
from chatapp.protocol.json_types import Json, JsonObject

WORDS = {"text": "text", "json_object": "JSON object", "json_schema": "schema"}


class AnswerFormat(Control):
    """The chosen one pressed again takes it back; "schema" opens the dialog as long as there is none."""

    wide = True

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self._value: Json = None
        self._unsaved = Unsaved()
        self._buttons = {kind: self._segment(kind, words) for kind, words in WORDS.items()}
        segments = named(frame("segments", row(*self._buttons.values(), gap=0, edge=1)), parameter.label)
        self._name = OneLine()
        self._edit = button("Edit", self.open, "link", "Edit the schema")
        line = row(self._name, self._edit, gap=GAP_4)
        line.setStretch(0, 1)
        self._schema = holding(line)
        self.setLayout(column(segments, self._schema, gap=0))
        self.show_value(None)

    def show_value(self, value: Json) -> None:
        self._value = value
        kind = value.get("type") if isinstance(value, dict) else None
        for own, segment in self._buttons.items():
            segment.setChecked(own == kind)
        self._schema.setVisible(kind == "json_schema")
        if isinstance(value, dict) and kind == "json_schema":
            self._name.setText(f"{value.get('name')}{' · strict' if value.get('strict') else ''}")
            self._name.setToolTip(str(value.get("description") or value.get("name")))

    def fields(self) -> list[QWidget]:
        return [self._edit, *self._buttons.values()]

    def entrance(self) -> QWidget:
        return self._edit if self._edit.isVisible() else self.fields()[1]

    def words_for(self, value: Json) -> str:
        if not isinstance(value, dict):
            return words_for(value)
        kind = str(value.get("type"))
        return f"schema {value.get('name')}" if kind == "json_schema" else WORDS.get(kind, kind)

    def open(self) -> None:
        from chatapp.desktop.controls.schema_dialog import NEW, SchemaDialog

        has_schema = isinstance(self._value, dict) and self._value.get("type") == "json_schema"
        begun: JsonObject = self._value if has_schema else NEW
        dialog = SchemaDialog(self.window(), begun)
        dialog.saved.connect(self.edited)
        dialog.rejected.connect(lambda: self.show_value(self._value))
        self._unsaved.open("", begun, dialog)

    def _segment(self, kind: str, words: str) -> QPushButton:
        segment = button(words, None, "segment", f"{self.parameter.label}: {words}")
        segment.setCheckable(True)
        segment.clicked.connect(lambda checked: self._chosen(kind, checked))
        return segment

    def _chosen(self, kind: str, checked: bool) -> None:
        if not checked:
            self.edited.emit(None)
        elif kind == "json_schema":
            self.open()
        else:
            self.edited.emit({"type": kind})
