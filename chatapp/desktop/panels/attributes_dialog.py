"""The attributes of files of a library in a table: what searches can be narrowed by."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from chatapp.conversation.attribute_table import Cell, Column, Fault, Table, table_of
from chatapp.conversation.attributes import KINDS, Kind
from chatapp.conversation.changes import LibraryFile
from chatapp.desktop.edit_dialog import EditDialog
from chatapp.desktop.panels.attribute_grid import AttributeGrid
from chatapp.desktop.panels.file_words import files_words
from chatapp.desktop.theme import GAP_8
from chatapp.desktop.widgets import CalmChoice, button, column, label, named, row
from chatapp.protocol.json_types import Json, JsonObject, shortened

SIZE = (760, 480)
NEW = "attribute"
KIND_OF: dict[str, Kind] = {kind: kind for kind in KINDS}


class AttributesDialog(EditDialog):
    """`saved` carries the new attributes by the key of their file: of those that change."""

    def __init__(self, parent: QWidget, files: Sequence[LibraryFile]) -> None:
        super().__init__(parent, "Attributes", SIZE)
        self._files = files
        self._before: list[Table] = []
        self._after: list[Table] = []
        self._fault: Fault | None = None
        self._first = table_of([file.attributes for file in files])
        self.grid = AttributeGrid([file.filename for file in files], self._first)
        self.grid.edited.connect(self.put)
        self.grid.went.connect(self._show_column)
        self.grid.taken_back.connect(self.take_back)
        self.grid.done_again.connect(self.do_again)
        self.grid.told.connect(self._tell)
        one = f"“{shortened(files[0].filename, 60)}”" if len(files) == 1 else files_words(len(files))
        self._about = f"Attributes of {one}. A search can be narrowed by them."
        self.told = label(self._about, "secondary", wrap=True)
        self.none = label("No attributes yet. Add one, then type or paste its values.", "caption", wrap=True)
        content = column(self.told, self._tools(), self.none, self.grid, gap=GAP_8)
        content.setStretch(3, 1)
        self.lay(content)
        self._show_column()
        self.grid.setFocus()

    def put(self, table: Table) -> None:
        """Another table, which can be taken back."""
        if table != self.grid.table:
            self._before.append(self.grid.table)
            self._after = []
            self._show(table)

    def take_back(self) -> None:
        if self._before:
            self._after.append(self.grid.table)
            self._show(self._before.pop())

    def do_again(self) -> None:
        if self._after:
            self._before.append(self.grid.table)
            self._show(self._after.pop())

    def value(self) -> dict[str, JsonObject]:
        """A file whose row was left alone keeps what it has, also what no table can show."""
        after = enumerate(map(self.grid.table.attributes, range(len(self._files))))
        return {self._files[at].key: now for at, now in after if now != self._first.attributes(at)}

    def fault(self) -> str:
        fault = self._fault
        if fault is None or fault.row is None:
            return fault.words if fault else ""
        return f"“{shortened(self._files[fault.row].filename, 40)}”, {fault.words}"

    def state(self) -> Json:
        table = self.grid.table
        rows = [[[cell.kind, cell.text] if cell else None for cell in line] for line in table.rows]
        return [[[one.name, one.kind] for one in table.columns], rows]

    def show_state(self, state: Json) -> None:
        columns, rows = state
        lines = tuple(tuple(Cell(*cell) if cell else None for cell in line) for line in rows)
        self.put(Table(tuple(Column(*one) for one in columns), lines))

    def follow(self) -> None:
        super().follow()
        self.undo.setEnabled(bool(self._before))
        self.redo.setEnabled(bool(self._after))
        self.where.setVisible(self._fault is not None)
        self.none.setVisible(not self.grid.table.columns)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter after a name goes on to its values."""
        if self.name.hasFocus() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.grid.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().keyPressEvent(event)

    def _tools(self) -> QVBoxLayout:
        self.name = named(QLineEdit(), "Name of the attribute")
        self.name.setPlaceholderText("Name")
        self.name.editingFinished.connect(self._rename)
        self.kind = CalmChoice("Kind of the attribute")
        self.kind.addItems(list(KINDS))
        self.kind.setMinimumContentsLength(max(map(len, KINDS)))
        self.kind.activated.connect(self._retype)
        self.remove = button("Remove", self._remove, tip="Takes this attribute from all files of the table")
        self.add = button("Add an attribute", self._add)
        self.undo = button("Undo", self.take_back, "link", tip="Ctrl+Z")
        self.redo = button("Redo", self.do_again, "link", tip="Ctrl+Shift+Z")
        self.where = button("Show where", self._go_to_fault, "link")
        about = row(self.name, self.kind, self.remove, gap=GAP_8)
        about.setStretch(0, 1)
        return column(about, row(self.add, self.undo, self.redo, self.where, 1, gap=GAP_8), gap=GAP_8)

    def _show(self, table: Table) -> None:
        self._fault = table.fault()
        self.grid.show_table(table, self._fault)
        self._tell("")
        self._show_column()
        self.follow()

    def _show_column(self) -> None:
        """The tools are about the column of the keyboard."""
        at = self.grid.currentIndex().column()
        columns = self.grid.table.columns
        for tool in (self.name, self.kind, self.remove):
            tool.setEnabled(at >= 0)
        self.name.setText(columns[at].name if at >= 0 else "")
        self.kind.setCurrentText(columns[at].kind if at >= 0 else KINDS[0])

    def _add(self) -> None:
        taken = {one.name for one in self.grid.table.columns}
        name = next(name for number in range(len(taken) + 1) if (name := f"{NEW} {number + 1}") not in taken)
        self.put(self.grid.table.add(name, KINDS[0]))
        self.grid.go_to(max(0, self.grid.currentIndex().row()), len(self.grid.table.columns) - 1)
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)
        self.name.selectAll()

    def _rename(self) -> None:
        at = self.grid.currentIndex().column()
        if at >= 0:
            self.put(self.grid.table.rename(at, self.name.text()))

    def _retype(self) -> None:
        kind = KIND_OF[self.kind.currentText()]
        self._rename()
        self.put(self.grid.table.retype(self.grid.currentIndex().column(), kind))

    def _remove(self) -> None:
        self.put(self.grid.table.remove(self.grid.currentIndex().column()))
        self.add.setFocus(Qt.FocusReason.OtherFocusReason)

    def _go_to_fault(self) -> None:
        if self._fault is not None:
            self.grid.go_to(self._fault.row or 0, self._fault.column)
            self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def _tell(self, words: str) -> None:
        self.told.setText(words or self._about)
