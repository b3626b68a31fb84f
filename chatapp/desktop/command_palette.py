"""Every action by its name: type a few letters, press Enter."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from chatapp.desktop.actions import ACTIONS, Action
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.icons import icon
from chatapp.desktop.theme import GAP_8, GAP_12, ROW_HEIGHT
from chatapp.desktop.widgets import column, frame, named

if TYPE_CHECKING:
    from chatapp.desktop.window import Window

KEYS = Qt.ItemDataRole.UserRole + 1
WIDTH, MOST_ROWS, TOP = 520, 9, 72
LIST_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class KeysPainter(QStyledItemDelegate):
    """Writes the keys of a command at the right end of its line."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        place: QRect = option.rect
        painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(place.adjusted(0, 0, -GAP_12, 0), flags, str(index.data(KEYS) or ""))


class CommandPalette(QFrame):
    """Lies over the window while it is open."""

    def __init__(self, window: "Window", appearance: Appearance) -> None:
        super().__init__(window)
        self._window, self._look = window, appearance
        named(self, "Command palette")
        self.field = named(QLineEdit(), "Command")
        self.field.setPlaceholderText("What do you want to do?")
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.list = named(QListWidget(), "Commands")
        self.list.setProperty("kind", "boxed")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setItemDelegate(KeysPainter(self.list))
        self.list.setIconSize(QSize(16, 16))
        self.list.itemClicked.connect(self._run)
        inside = column(self.field, self.list, gap=GAP_8, edge=GAP_8)
        outer = column(frame("card", inside))
        self.setLayout(outer)
        self.hide()

    def open(self) -> None:
        self.field.clear()
        self._fill("")
        self.place()
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def place(self) -> None:
        """In the upper middle of the window."""
        width = min(WIDTH, self._window.width() - 2 * GAP_8)
        height = self.field.sizeHint().height() + MOST_ROWS * ROW_HEIGHT + 4 * GAP_8
        self.setGeometry(
            (self._window.width() - width) // 2, min(TOP, self._window.height() // 8), width, height
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event)
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and getattr(event, "key", lambda: 0)() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            self._window.write()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self.list.currentItem())
        elif event.key() in LIST_KEYS:
            self.list.keyPressEvent(event)
        else:
            return False
        return True

    def _fill(self, text: str) -> None:
        words = text.casefold().split()
        self.list.clear()
        for action in (*ACTIONS, *self._window.presets.commands()):
            if action.id != "palette.open" and all(word in action.text.casefold() for word in words):
                self.list.addItem(self._item(action))
        self.list.setCurrentRow(0)

    def _item(self, action: Action) -> QListWidgetItem:
        keys = QKeySequence(action.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        item = QListWidgetItem(action.text)
        item.setIcon(icon(action.drawing, self._look.palette.secondary, 16))
        item.setData(Qt.ItemDataRole.UserRole, action)
        item.setData(KEYS, keys)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{action.text} {keys}")
        return item

    def _run(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        action: Action = item.data(Qt.ItemDataRole.UserRole)
        self.hide()
        self._window.write()
        action.handler(self._window)
