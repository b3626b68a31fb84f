"""Recently deleted: the conversations that can still be brought back. Opened, never executed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QWidget

from chatapp.desktop.loop import Errands
from chatapp.desktop.theme import GAP_12, GAP_16
from chatapp.desktop.widgets import button, column, label, named, row

if TYPE_CHECKING:
    from chatapp.conversation.tree import Conversation

ABOUT = "Deleted conversations are kept here for 30 days, then removed for good."
EMPTY = "Nothing was deleted in the last 30 days."
SIZE = (480, 400)


class DeletedDialog(QDialog):
    """`restore_asked` carries the id of a conversation to bring back."""

    restore_asked = Signal(str)

    def __init__(self, parent: QWidget, errands: Errands) -> None:
        super().__init__(parent)
        self.setWindowTitle("Recently deleted")
        named(self, "Recently deleted")
        self.about = label(ABOUT, "secondary", wrap=True)
        self.list = named(QListWidget(), "Deleted conversations")
        self.list.setProperty("kind", "boxed")
        self.list.itemDoubleClicked.connect(lambda _item: self._restore())
        self.list.currentRowChanged.connect(lambda _row: self._follow())
        self.restore = button("Restore", self._restore, "primary")
        self.restore.setDefault(True)
        foot = row(1, button("Close", self.reject), self.restore)
        self.setLayout(column(self.about, self.list, foot, gap=GAP_12, edge=GAP_16))
        self.resize(*SIZE)
        self._follow()
        errands.run(lambda app: app.conversations.deleted(), then=self._fill)

    def _fill(self, entries: Sequence[Conversation]) -> None:
        for entry in entries:
            day = datetime.fromtimestamp(entry.deleted_at or entry.updated_at).strftime("%Y-%m-%d %H:%M")
            item = QListWidgetItem(f"{' '.join(entry.title.split())}  ·  deleted {day}")
            item.setData(Qt.ItemDataRole.UserRole, entry.id)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setFocus()
        self._follow()

    def _follow(self) -> None:
        self.restore.setEnabled(self.list.currentItem() is not None)
        self.about.setText(ABOUT if self.list.count() else EMPTY)

    def _restore(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.list.takeItem(self.list.row(item))
            self._follow()
            self.restore_asked.emit(item.data(Qt.ItemDataRole.UserRole))
