"""Recently deleted: conversations, or turns of one, that can still be brought back. Opened, never executed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QWidget

from chatapp.desktop.loop import Errands
from chatapp.desktop.theme import GAP_12, GAP_16
from chatapp.desktop.widgets import button, column, label, named, row
from chatapp.protocol.json_types import shortened

if TYPE_CHECKING:
    from chatapp.conversation.tree import Deletion
    from chatapp.services.application import Application

SIZE = (480, 400)
LONGEST = 80


@dataclass(frozen=True, slots=True)
class Row:
    """Something deleted: the use case that brings it back, its name, and when it was deleted."""

    undo: str
    title: str
    deleted_at: float


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be brought back: the words for it, and where it is asked for."""

    name: str
    about: str
    empty: str
    ask: Callable[[Application], Coroutine[Any, Any, Sequence[Row]]]


async def _conversations(app: Application) -> list[Row]:
    return [
        Row(f"conversations.restore:{entry.id}", entry.title, entry.deleted_at or entry.updated_at)
        for entry in await app.conversations.deleted()
    ]


CONVERSATIONS = Kind(
    "Deleted conversations",
    "Deleted conversations are kept here for 30 days, then removed for good.",
    "Nothing was deleted in the last 30 days.",
    _conversations,
)


def turns_of(conversation_id: str) -> Kind:
    """The branches of a conversation, each by the question it began with."""

    async def ask(app: Application) -> list[Row]:
        return [
            Row(f"branches.restore:{entry.id}", _words(entry), entry.deleted_at)
            for entry in await app.branches.deleted(conversation_id)
        ]

    return Kind(
        "Deleted turns",
        "Deleted turns of this conversation are kept here for 30 days, then removed for good.",
        "No turn of this conversation was deleted in the last 30 days.",
        ask,
    )


def _words(entry: Deletion) -> str:
    title = shortened(" ".join(entry.title.split()), LONGEST) or "(without words)"
    return title if entry.turns == 1 else f"{title}  ·  {entry.turns} turns"


class DeletedDialog(QDialog):
    """`restore_asked` carries the use case that brings something back."""

    restore_asked = Signal(str)

    def __init__(self, parent: QWidget, errands: Errands, kind: Kind) -> None:
        super().__init__(parent)
        self._kind = kind
        self.setWindowTitle("Recently deleted")
        named(self, "Recently deleted")
        self.about = label(kind.about, "secondary", wrap=True)
        self.list = named(QListWidget(), kind.name)
        self.list.setProperty("kind", "boxed")
        self.list.itemDoubleClicked.connect(lambda _item: self._restore())
        self.list.currentRowChanged.connect(lambda _row: self._follow())
        self.restore = button("Restore", self._restore, "primary")
        self.restore.setDefault(True)
        foot = row(1, button("Close", self.reject), self.restore)
        self.setLayout(column(self.about, self.list, foot, gap=GAP_12, edge=GAP_16))
        self.resize(*SIZE)
        self._follow()
        errands.run(kind.ask, then=self._fill)

    def _fill(self, rows: Sequence[Row]) -> None:
        for entry in rows:
            day = datetime.fromtimestamp(entry.deleted_at).strftime("%Y-%m-%d %H:%M")
            item = QListWidgetItem(f"{' '.join(entry.title.split())}  ·  deleted {day}")
            item.setData(Qt.ItemDataRole.UserRole, entry.undo)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setFocus()
        self._follow()

    def _follow(self) -> None:
        self.restore.setEnabled(self.list.currentItem() is not None)
        self.about.setText(self._kind.about if self.list.count() else self._kind.empty)

    def _restore(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.list.takeItem(self.list.row(item))
            self._follow()
            self.restore_asked.emit(item.data(Qt.ItemDataRole.UserRole))
