"""The list view on the left with its keys and its menu; what they ask for is told by signals."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from chatapp.desktop.widgets import named

ROW = Qt.ItemDataRole.UserRole
"""The role under which `rows` gives the whole row."""


class ConversationList(QListView):
    """The list with its keys: Enter opens, F2 renames, Delete deletes, the menu key shows all of it."""

    deleted = Signal(object)  # Conversation
    pin_toggled = Signal(object)  # Conversation

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "Conversations")
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        from chatapp.desktop.conversations.grouping import Entry

        row = self.currentIndex().data(ROW)
        if event.key() == Qt.Key.Key_Delete and isinstance(row, Entry):
            self.deleted.emit(row.conversation)
        else:
            super().keyPressEvent(event)

    def _menu(self, place: QPoint) -> None:
        from chatapp.desktop.conversations.grouping import Entry

        index = self.indexAt(place)
        row = index.data(ROW)
        if not isinstance(row, Entry):
            return
        from PySide6.QtWidgets import QMenu

        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Rename", lambda: self.edit(index)).setShortcut("F2")
        menu.addAction(
            "Unpin" if row.conversation.pinned else "Pin", lambda: self.pin_toggled.emit(row.conversation)
        )
        menu.addSeparator()
        menu.addAction("Delete", lambda: self.deleted.emit(row.conversation)).setShortcut("Del")
        menu.popup(self.viewport().mapToGlobal(place))
