"""The list's model. Renaming goes through `setData`, which only tells; the feed brings the new name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from chatapp.desktop.conversations.grouping import Entry, Heading, Hit, Row
from chatapp.desktop.conversations.list_view import ROW

Index = QModelIndex | QPersistentModelIndex
HIT_MARKS = str.maketrans("", "", "\x02\x03")


class Rows(QAbstractListModel):
    renamed = Signal(str, str)  # conversation id, title

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Replaces everything; a list of the same shape is updated in place, so that editing and focus stay."""
        fresh = list(rows)
        if [_key(row) for row in fresh] == [_key(row) for row in self._rows]:
            self._rows = fresh
            self.dataChanged.emit(self.index(0), self.index(len(fresh) - 1))
            return
        self.beginResetModel()
        self._rows = fresh
        self.endResetModel()

    def row_of(self, conversation_id: str) -> int | None:
        """Where a conversation stands, or None."""
        keys = [_key(row) for row in self._rows]
        return keys.index(conversation_id) if conversation_id in keys else None

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == ROW:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return _title(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(row)
        if role == Qt.ItemDataRole.ToolTipRole and not isinstance(row, Heading):
            return _title(row)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row = self._rows[index.row()]
        title = str(value).strip()
        if not isinstance(row, Entry) or role != Qt.ItemDataRole.EditRole or not title:
            return False
        if title != row.conversation.title:
            self.renamed.emit(row.conversation.id, title)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or isinstance(self._rows[index.row()], Heading):
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if isinstance(self._rows[index.row()], Entry) else flags


def spoken(row: Row) -> str:
    """What a screen reader says of a row."""
    if isinstance(row, Heading):
        return row.text
    if isinstance(row, Hit):
        return f"{row.found.title}: {row.found.snippet.translate(HIT_MARKS)}"
    pinned = ", pinned" if row.conversation.pinned else ""
    return f"{row.conversation.title}{pinned}{f', branch {row.badge}' if row.badge else ''}"


def _title(row: Row) -> str:
    if isinstance(row, Heading):
        return row.text
    return row.found.title if isinstance(row, Hit) else row.conversation.title


def _key(row: Row) -> str:
    if isinstance(row, Entry):
        return row.conversation.id
    return (
        f"heading {row.text}"
        if isinstance(row, Heading)
        else f"hit {row.found.conversation_id} {row.found.turn_id}"
    )


__all__ = ["ROW", "Index", "Rows", "spoken"]
