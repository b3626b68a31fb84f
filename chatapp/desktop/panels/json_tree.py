"""JSON as a read-only tree: a line a value, objects and lists fold. Built lazily, so that a large body costs little."""

import json

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem

from chatapp.desktop.widgets import named
from chatapp.protocol.json_types import Json

LONGEST_VALUE = 400
OPEN_DEPTH = 2
LOADED = Qt.ItemDataRole.UserRole + 1


class JsonTree(QTreeWidget):
    def __init__(self, name: str) -> None:
        super().__init__()
        named(self, name)
        self.setColumnCount(2)
        self.setHeaderLabels(["Name", "Value"])
        self.setUniformRowHeights(True)
        self.header().setAccessibleName(f"{name} columns")
        self.header().setStretchLastSection(True)
        self.itemExpanded.connect(self._load)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy_chosen)

    def show_json(self, value: Json) -> None:
        self.clear()
        self._add_children(self.invisibleRootItem(), value)
        for place in range(self.topLevelItemCount()):
            item = self.topLevelItem(place)
            if item is not None and item.childCount() and item.childCount() <= OPEN_DEPTH * 4:
                item.setExpanded(True)
        self.setColumnWidth(0, min(self.sizeHintForColumn(0) + 24, 180))

    def copy_chosen(self) -> None:
        """The JSON below the chosen line, onto the clipboard."""
        item = self.currentItem()
        if item is not None:
            value = item.data(0, Qt.ItemDataRole.UserRole)
            text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
            QGuiApplication.clipboard().setText(text)

    def _load(self, item: QTreeWidgetItem) -> None:
        if item.data(0, LOADED) is False:
            item.takeChildren()
            item.setData(0, LOADED, True)
            self._add_children(item, item.data(0, Qt.ItemDataRole.UserRole))

    def _add_children(self, parent: QTreeWidgetItem, value: Json) -> None:
        pairs = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for name, child in pairs:
            item = QTreeWidgetItem(parent, [str(name), in_a_line(child)])
            item.setData(0, Qt.ItemDataRole.UserRole, child)
            item.setToolTip(1, in_a_line(child))
            if isinstance(child, dict | list) and child:
                item.setData(0, LOADED, False)
                QTreeWidgetItem(item, ["…"])


def in_a_line(value: Json) -> str:
    """A value as one line of the tree."""
    if isinstance(value, dict):
        return f"{{{len(value)}}}"
    if isinstance(value, list):
        return f"[{len(value)}]"
    text = value if isinstance(value, str) else json.dumps(value)
    flat = " ".join(text[: 2 * LONGEST_VALUE].split())
    return flat if len(text) <= LONGEST_VALUE else f"{flat[:LONGEST_VALUE]}…"
