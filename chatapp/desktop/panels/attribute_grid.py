"""The grid in which attributes of files are edited: keys copy, paste, empty and take back as in a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView

from chatapp.conversation.attribute_table import Fault, Place, Table, copied, pasted
from chatapp.desktop.theme import ROW_HEIGHT
from chatapp.desktop.widgets import named

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
MIXED: Final = "mixed"
NOTHING: Final = "—"
NAME_WIDTH: Final = 220
COLUMN_WIDTH: Final = 128


class Attributes(QAbstractTableModel):
    """Shows a table. `edited` carries the table that a typed text makes of it."""

    edited = Signal(object)  # Table

    def __init__(self, filenames: Sequence[str], table: Table) -> None:
        super().__init__()
        self._filenames = filenames
        self.table = table
        self.fault: Fault | None = None

    def show_table(self, table: Table, fault: Fault | None) -> None:
        self.fault = fault
        if len(table.columns) != len(self.table.columns):
            self.beginResetModel()
            self.table = table
            self.endResetModel()
            return
        self.table = table
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(table.columns) - 1)
        self.dataChanged.emit(self.index(0, 0), self.index(len(table.rows) - 1, len(table.columns) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._filenames)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.table.columns)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            if role == Role.TextAlignmentRole:
                return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            return self._filenames[section] if role in (Role.DisplayRole, Role.ToolTipRole) else None
        if role not in (Role.DisplayRole, Role.ToolTipRole):
            return None
        kinds = self.table.kinds(section)
        kind = next(iter(kinds)).lower() if len(kinds) == 1 else MIXED
        return f"{self.table.columns[section].name or NOTHING}\n{kind}"

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        cell = self.table.rows[index.row()][index.column()]
        if role == Role.EditRole:
            return cell.text if cell else ""
        if role == Role.DisplayRole:
            return (" ".join(cell.text.split()) or "“”") if cell else ""
        if role in (Role.ToolTipRole, Role.AccessibleDescriptionRole):
            return self._said(index.row(), index.column())
        return None

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        if role != Role.EditRole or value == self.data(index, role):
            return False
        self.edited.emit(self.table.put({(index.row(), index.column()): str(value)}))
        return True

    def _said(self, row: int, column: int) -> str:
        if self.fault is not None and (self.fault.row, self.fault.column) == (row, column):
            return self.fault.words
        cell = self.table.rows[row][column]
        return f"{cell.text} ({cell.kind.lower()})" if cell else "Not there"


class AttributeGrid(QTableView):
    """`edited` carries another table, `went` where the keyboard is, `told` a word on what was pasted."""

    edited = Signal(object)  # Table
    went = Signal()
    told = Signal(str)
    taken_back = Signal()
    done_again = Signal()

    def __init__(self, filenames: Sequence[str], table: Table) -> None:
        super().__init__()
        named(self, "Attributes of the files")
        self.attributes = Attributes(filenames, table)
        self.attributes.edited.connect(self.edited)
        self.setModel(self.attributes)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        head, side = self.horizontalHeader(), self.verticalHeader()
        head.setDefaultSectionSize(COLUMN_WIDTH)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setTextElideMode(Qt.TextElideMode.ElideRight)
        side.setDefaultSectionSize(ROW_HEIGHT)
        side.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.go_to(0, 0)
        self.selectionModel().currentChanged.connect(lambda _now, _before: self.went.emit())

    @property
    def table(self) -> Table:
        return self.attributes.table

    def show_table(self, table: Table, fault: Fault | None) -> None:
        """The keyboard stays where it is, or at the nearest place that is still there."""
        here, before = self.currentIndex(), len(self.table.columns)
        row, column = max(0, here.row()), max(0, here.column())
        self.attributes.show_table(table, fault)
        if len(table.columns) != before:
            self.go_to(row, min(column, len(table.columns) - 1))

    def go_to(self, row: int, column: int) -> None:
        """One cell is chosen, whichever keys are held down."""
        place = self.attributes.index(row, column)
        self.selectionModel().setCurrentIndex(place, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def chosen(self) -> list[Place]:
        indexes = self.selectedIndexes() or [self.currentIndex()]
        return [(index.row(), index.column()) for index in indexes if index.isValid()]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.verticalHeader().setMaximumWidth(min(NAME_WIDTH, self.width() // 3))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        for keys, act in self._keys().items():
            if event.matches(keys):
                act()
                return
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.edited.emit(self.table.put(dict.fromkeys(self.chosen(), "")))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _keys(self) -> dict[QKeySequence.StandardKey, Callable[[], object]]:
        keys = QKeySequence.StandardKey
        return {
            keys.Copy: self.copy,
            keys.Paste: self.paste,
            keys.Undo: self.taken_back.emit,
            keys.Redo: self.done_again.emit,
        }

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(copied(self.table, self.chosen()))

    def paste(self) -> None:
        chosen, text = self.chosen(), QGuiApplication.clipboard().text()
        if not chosen or not text:
            return
        texts, left_out = pasted(self.table, text, chosen)
        self.edited.emit(self.table.put(texts))
        if left_out:
            self.told.emit(
                f"{left_out:,} of the pasted cells found no place: add attributes, or paste further up."
            )
