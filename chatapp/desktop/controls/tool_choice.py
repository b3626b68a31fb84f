"""The choice among tools: none, auto, required, a certain one of those that are set, or certain ones as JSON."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QWidget

from chatapp.conversation.parameters import Parameter
from chatapp.conversation.tools import MODES, choice_of, tool_choice, words_for_choice
from chatapp.desktop.controls.choosing import LIST_EDGES
from chatapp.desktop.controls.control import NOT_SENT, Control, cut
from chatapp.desktop.edit_dialog import Unsaved
from chatapp.desktop.widgets import CalmChoice, column
from chatapp.protocol.json_types import Json, JsonObject

OTHER = "Other…"
ABOUT = (
    'What "tool_choice" is: a mode, a tool by its type and name, or "allowed_tools" with a mode and tools.'
)
MODE_WORDS = {"none": "none", "auto": "auto", "required": "must call one"}


class ToolChoice(Control):
    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self.box = CalmChoice(parameter.label)
        self.box.activated.connect(self._picked)
        self._value: Json = None
        self._tools: tuple[JsonObject, ...] = ()
        self._unsaved = Unsaved()
        self.setLayout(column(self.box))
        self._fill()

    def offer(self, tools: tuple[JsonObject, ...]) -> None:
        """The tools that are set, each of which can be the one that must be called."""
        if tools != self._tools:
            self._tools = tools
            self._fill()

    def show_value(self, value: Json) -> None:
        if value != self._value:
            self._value = value
            self._fill()
        self._mark()

    def fields(self) -> list[QWidget]:
        return [self.box]

    def least_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(NOT_SENT) + LIST_EDGES

    def words_for(self, value: Json) -> str:
        return super().words_for(value) if value is None else cut(words_for_choice(value))

    def _fill(self) -> None:
        values: list[Json] = [None, *MODES, *map(choice_of, self._tools)]
        if self._value not in values:
            values.append(self._value)
        with QSignalBlocker(self.box):
            self.box.clear()
            for value in values:
                words = MODE_WORDS.get(value) if isinstance(value, str) else None
                self.box.addItem(NOT_SENT if value is None else words or words_for_choice(value), value)
            self.box.addItem(OTHER)
        self._values = values
        self._mark()

    def _mark(self) -> None:
        with QSignalBlocker(self.box):
            self.box.setCurrentIndex(self._values.index(self._value))

    def _picked(self, place: int) -> None:
        if place < len(self._values):
            if self._values[place] != self._value:
                self.edited.emit(self._values[place])
            return
        self._mark()
        self._open()

    def _open(self) -> None:
        from chatapp.desktop.controls.json_dialog import JsonDialog

        tools = [choice_of(tool) for tool in self._tools]
        allowed = {"type": "allowed_tools", "mode": "auto", "tools": tools}
        begun = allowed if self._value is None or isinstance(self._value, str) else self._value
        dialog = JsonDialog(self.window(), "Tool choice", ABOUT, begun, tool_choice, "tool_choice")
        dialog.saved.connect(self.edited)
        self._unsaved.open("", begun, dialog)
