"""A JSON schema to write: starts to choose from, a layout, and what strict mode would refuse with a way to mend it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from chatapp.conversation.json_text import fault_at, place_of
from chatapp.conversation.schema_examples import STARTS
from chatapp.conversation.schemas import json_schema
from chatapp.conversation.strict_schemas import made_strict, strict_hints
from chatapp.desktop.json_editor import JsonEditor
from chatapp.desktop.theme import GAP_4, GAP_8
from chatapp.desktop.widgets import button, column, label, menu_button, row
from chatapp.protocol.json_types import Json, JsonObject

MOST_HINTS = 3


class SchemaField(QWidget):
    """`editor` holds the schema; `changed` tells that it is another, or that its fault is."""

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.editor = JsonEditor(name, json_schema, "schema", needed=True)
        self.editor.changed.connect(self._read)
        self._strict = False
        menu = QMenu()
        for title in STARTS:
            menu.addAction(title, partial(self._start, title))
        self._starts = menu_button("Start from", menu, "link", f"Start the {name.lower()} from")
        self._hints = label(kind="warning", wrap=True)
        self._mend = button("Make it strict", self._make_strict, "link")
        buttons = row(
            label(name, "strong"),
            1,
            self._starts,
            button("Lay out", self.editor.lay_out, "link", f"Lay out the {name.lower()}"),
            gap=GAP_4,
        )
        self._advice = row(self._hints, self._mend, gap=GAP_8)
        self._advice.setStretch(0, 1)
        inside = column(buttons, self.editor, self._advice, gap=GAP_4)
        inside.setStretch(1, 1)
        self.setLayout(inside)
        self._show_hints([])

    def value(self) -> Json:
        return self.editor.value

    def set_strict(self, strict: bool) -> None:
        self._strict = strict
        self._read()

    def show_schema(self, schema: JsonObject | None) -> None:
        self.editor.show_value(schema)

    def fault(self) -> str:
        """Why the text is no schema, in a sentence."""
        if not self.editor.text().strip():
            return "Write a schema, or start from one of those offered."
        return "" if self.editor.fault is None else "The schema has a fault."

    def _read(self) -> None:
        schema = self.editor.value
        usable = self.editor.fault is None and isinstance(schema, dict)
        self._show_hints(strict_hints(schema) if usable and self._strict else [])
        self.changed.emit()

    def _show_hints(self, hints: list[tuple[tuple[str | int, ...], str]]) -> None:
        text = self.editor.text()
        lines = [
            f"Line {fault_at(text, '', place_of(text, steps)).line}: {words}."
            for steps, words in hints[:MOST_HINTS]
        ]
        more = len(hints) - MOST_HINTS
        lines += [f"And {more} more."] if more > 0 else []
        self._hints.setText("\n".join(lines))
        self._hints.setVisible(bool(lines))
        self._mend.setVisible(bool(lines))

    def _start(self, title: str) -> None:
        """The text before comes back with Ctrl+Z."""
        self.editor.replace_value(STARTS[title])
        self.editor.field.setFocus()

    def _make_strict(self) -> None:
        self.editor.replace_value(made_strict(self.editor.value))
