"""The filters of a file search: a sentence, and a dialog to build them."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from chatapp.conversation.filters import words_for_filter
from chatapp.conversation.parameters import Parameter
from chatapp.desktop.controls.control import Control, cut
from chatapp.desktop.edit_dialog import Unsaved
from chatapp.desktop.widgets import button, column, label, named, row
from chatapp.protocol.json_types import Json

ADD, EDIT = "Add a filter", "Edit the filter"


class Filters(Control):
    wide = True

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self._value: Json = None
        self._unsaved = Unsaved()
        self._sentence = label(wrap=True)
        self._edit = button(ADD, self.open, "link")
        self.setLayout(column(self._sentence, row(self._edit, 1), gap=0))
        named(self, parameter.label)
        self.show_value(None)

    def show_value(self, value: Json) -> None:
        self._value = value
        self._sentence.setText("" if value is None else words_for_filter(value))
        self._sentence.setVisible(value is not None)
        self._edit.setText(ADD if value is None else EDIT)
        self._edit.setAccessibleName(self._edit.text())

    def fields(self) -> list[QWidget]:
        return [self._edit]

    def words_for(self, value: Json) -> str:
        return cut(words_for_filter(value)) if isinstance(value, dict) else super().words_for(value)

    def open(self) -> None:
        from chatapp.desktop.controls.filter_dialog import FilterDialog

        dialog = FilterDialog(self.window(), self._value)
        dialog.saved.connect(self.edited)
        self._unsaved.open("", self._value, dialog)
