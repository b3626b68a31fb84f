"""The tools beside the file search: a line each, to be added, edited, and removed with a way back."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from chatapp.conversation.parameters import Parameter
from chatapp.conversation.tools import TOOL, words_for_tool
from chatapp.desktop.controls.control import Control, cut, words_for
from chatapp.desktop.edit_dialog import EditDialog, Unsaved
from chatapp.desktop.theme import GAP_4
from chatapp.desktop.widgets import OneLine, button, clear, column, label, menu_button, named, row
from chatapp.protocol.json_types import Json, JsonObject

NEW_ONE = "new"
WEB_SEARCH: JsonObject = {"type": "web_search"}
ABOUT_WEB = (
    'Fields: "search_context_size" low, medium or high; "filters": {"allowed_domains": [...]}; "user_location"; '
    '"external_web_access".'
)
ABOUT_OTHER = (
    "A tool as the server's manual has it, with its type. It is sent as it stands here. An MCP server's authorization "
    "and headers with keys are kept in the key store; a reference stands here in their place."
)
EXAMPLE: JsonObject = {
    "type": "mcp",
    "server_label": "name",
    "server_url": "https://example.org/mcp",
    "require_approval": "always",
}


class Tools(Control):
    wide = True

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self._value: list[JsonObject] = []
        self._removed: tuple[int, JsonObject] | None = None
        self._unsaved = Unsaved()
        self._buttons: list[QPushButton] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        menu = QMenu()
        menu.addAction("Function…", self.add_function)
        menu.addAction("Web search", lambda: self._put(None, dict(WEB_SEARCH)))
        menu.addAction("Other, as JSON…", partial(self._open_json, None, EXAMPLE))
        self._add = menu_button("Add a tool", menu, "link")
        self.setLayout(column(self._list, row(self._add, 1), gap=0))
        named(self, parameter.label)

    def show_value(self, value: Json) -> None:
        tools = list(value or [])
        if tools == self._value:
            return
        if self._removed is not None and self._removed[1] in tools:
            self._removed = None
        self._value = tools
        self._fill()

    def fields(self) -> list[QWidget]:
        return [*self._buttons, self._add]

    def entrance(self) -> QWidget:
        return self._add

    def words_for(self, value: Json) -> str:
        if not isinstance(value, list):
            return words_for(value)
        return cut(", ".join(map(words_for_tool, value)) or "none")

    def add_function(self) -> None:
        from chatapp.desktop.controls.function_dialog import NEW

        self._open_function(None, NEW)

    def edit(self, place: int) -> None:
        tool = self._value[place]
        open_it = self._open_function if tool.get("type") == "function" else self._open_json
        open_it(place, tool)

    def remove(self, place: int) -> None:
        self._removed = (place, self._value[place])
        self._tell([*self._value[:place], *self._value[place + 1 :]])

    def bring_back(self) -> None:
        if self._removed is not None:
            place, tool = self._removed
            self._removed = None
            self._tell([*self._value[:place], tool, *self._value[place:]])

    def _fill(self) -> None:
        clear(self._list)
        self._buttons = []
        for place, tool in enumerate(self._value):
            self._list.addLayout(self._line(place, tool))
        if self._removed is not None:
            self._list.addLayout(self._line_of_removed(self._removed[1]))
        self.refilled.emit()

    def _line(self, place: int, tool: JsonObject) -> QHBoxLayout:
        name, kind = words_for_tool(tool), str(tool.get("type", "")).replace("_", " ")
        words = OneLine(name)
        words.setToolTip(str(tool.get("description") or name))
        edit = button("Edit", partial(self.edit, place), "link", f"Edit {name}")
        remove = button("Remove", partial(self.remove, place), "link", f"Remove {name}")
        self._buttons += [edit, remove]
        said = [label(kind, "caption")] if kind != name else []
        line = row(words, *said, edit, remove, gap=GAP_4)
        line.setStretch(0, 1)
        return line

    def _line_of_removed(self, tool: JsonObject) -> QHBoxLayout:
        undo = button("Undo", self.bring_back, "link", f"Bring {words_for_tool(tool)} back")
        self._buttons.append(undo)
        line = row(OneLine(f"{words_for_tool(tool)} was removed.", "secondary"), undo, gap=GAP_4)
        line.setStretch(0, 1)
        return line

    def _open_function(self, place: int | None, tool: JsonObject) -> None:
        from chatapp.desktop.controls.function_dialog import FunctionDialog

        others = [other for at, other in enumerate(self._value) if at != place]
        taken = tuple(str(other.get("name")) for other in others if other.get("type") == "function")
        self._open(place, tool, FunctionDialog(self.window(), tool, taken))

    def _open_json(self, place: int | None, tool: JsonObject) -> None:
        from chatapp.desktop.controls.json_dialog import JsonDialog

        about = ABOUT_WEB if str(tool.get("type")).startswith("web_search") else ABOUT_OTHER
        self._open(place, tool, JsonDialog(self.window(), "Tool", about, tool, TOOL, "tool"))

    def _open(self, place: int | None, tool: JsonObject, dialog: EditDialog) -> None:
        dialog.saved.connect(partial(self._put, place))
        self._unsaved.open(f"{NEW_ONE if place is None else place} {tool.get('type')}", tool, dialog)

    def _put(self, place: int | None, tool: JsonObject) -> None:
        at = len(self._value) if place is None else place
        self._removed = None
        self._tell([*self._value[:at], tool, *self._value[at + 1 :]])

    def _tell(self, tools: list[JsonObject]) -> None:
        """Shown at once: the line of what was removed stands where the tool was until the next change."""
        self._value = tools
        self._fill()
        self.edited.emit(tools or None)
