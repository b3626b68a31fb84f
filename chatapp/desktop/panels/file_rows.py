"""The files of a library as a list model: those that the filter lets through, each row a whole LibraryFile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from chatapp.conversation.changes import LibraryFile
from chatapp.desktop.panels.file_words import is_moving, spoken

Index = QModelIndex | QPersistentModelIndex
FILE = Qt.ItemDataRole.UserRole
KINDS: dict[str, Callable[[LibraryFile], bool]] = {
    "All files": lambda file: True,
    "On their way": is_moving,
    "Failed": lambda file: file.stage == "failed",
}
"""What the list may be narrowed to."""


class FileRows(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self._all: Sequence[LibraryFile] = ()
        self._rows: list[LibraryFile] = []
        self._words, self._kind = "", next(iter(KINDS))

    @property
    def rows(self) -> Sequence[LibraryFile]:
        return self._rows

    def set_files(self, files: Sequence[LibraryFile]) -> None:
        """Rows that are the same files as before are changed in place, so that what is chosen stays chosen."""
        self._all = files
        fresh = [file for file in files if self._lets_through(file)]
        before, self._rows = self._rows, fresh
        if [file.key for file in fresh] != [file.key for file in before]:
            self._rows = before
            self.beginResetModel()
            self._rows = fresh
            self.endResetModel()
            return
        changed = [
            place for place, (new, old) in enumerate(zip(fresh, before, strict=True)) if new is not old
        ]
        if changed:
            self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))

    def narrow(self, words: str, kind: str) -> None:
        """Names with these words in any case, of a kind of KINDS."""
        self._words, self._kind = words.casefold(), kind
        self.set_files(self._all)

    def place_of(self, key: str) -> int | None:
        return next((place for place, file in enumerate(self._rows) if file.key == key), None)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        file = self._rows[index.row()]
        if role == FILE:
            return file
        if role == Qt.ItemDataRole.DisplayRole:
            return file.filename
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(file)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{file.filename}\n{file.reason}" if file.reason else file.filename
        return None

    def _lets_through(self, file: LibraryFile) -> bool:
        return KINDS[self._kind](file) and self._words in file.filename.casefold()
