"""JSON as a read-only tree: a line a value, objects and lists fold. Built lazily, so that a large body costs little."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem

from chatapp.conversation.json_search import Path, places_of
from chatapp.desktop.widgets import named
from chatapp.protocol.json_types import Json

LONGEST_VALUE = 400
OPEN_DEPTH = 2
AT_ONCE = 500
"""Lines below one value that are made at once; the rest when one asks for more."""
VALUE = Qt.ItemDataRole.UserRole
LOADED = Qt.ItemDataRole.UserRole + 1
REST = Qt.ItemDataRole.UserRole + 2
"""Of the line "more": how many lines of its parent come before it."""

Entry = tuple[str, str, Json]
"""A line's name, what its value is in a line, and the value."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A value as it is: one of Qt's own kinds would lose the order of its names, and fail for a long number."""

    value: Json


class JsonTree(QTreeWidget):
    def __init__(self, name: str) -> None:
        super().__init__()
        named(self, name)
        self._entries: list[Entry] = []
        self.setColumnCount(2)
        self.setHeaderLabels(["Name", "Value"])
        self.setUniformRowHeights(True)
        self.header().setAccessibleName(f"{name} columns")
        self.header().setStretchLastSection(True)
        self.itemExpanded.connect(self._load)
        self.itemActivated.connect(self._more)
        self.itemClicked.connect(self._more)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy_chosen)

    def show_json(self, value: Json) -> None:
        """Small values unfolded."""
        self.show_entries(_lines(value))
        for place in range(self.topLevelItemCount()):
            item = self.topLevelItem(place)
            if item is not None and item.childCount() and item.childCount() <= OPEN_DEPTH * 4:
                item.setExpanded(True)
        self._fit()

    def show_entries(self, entries: Iterable[Entry]) -> None:
        """Lines whose words are not simply those of their values, all folded."""
        self._entries = list(entries)
        self.clear()
        self._fill(self.invisibleRootItem(), self._entries, 0)
        self._fit()

    def _fit(self) -> None:
        self.setColumnWidth(0, min(self.sizeHintForColumn(0) + 24, 180))

    def places_of(self, words: str) -> tuple[Path, ...]:
        """Where words stand, to be gone to: the first step is the number of a line."""
        return places_of([{name: value} for name, _, value in self._entries], words)

    def go_to(self, path: Path) -> None:
        """Unfolds the tree down to a place and chooses it."""
        line, _, *below = path if len(path) > 1 else (*path, "")
        item = self._child(self.invisibleRootItem(), int(line))
        for step in below:
            value = _value_of(item)
            item.setExpanded(True)
            place = list(value).index(step) if isinstance(value, dict) else int(step)
            item = self._child(item, place)
        self.setCurrentItem(item)
        self.scrollToItem(item)

    def copy_chosen(self) -> None:
        """The JSON below the chosen line, onto the clipboard."""
        item = self.currentItem()
        if item is not None:
            value = _value_of(item)
            text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
            QGuiApplication.clipboard().setText(text)

    def _child(self, parent: QTreeWidgetItem, place: int) -> QTreeWidgetItem:
        """A line below another, made if there was no need for it yet."""
        while place >= parent.childCount() - 1 and self._more(_child_at(parent, parent.childCount() - 1)):
            pass
        return _child_at(parent, place)

    def _load(self, item: QTreeWidgetItem) -> None:
        if item.data(0, LOADED) is False:
            item.takeChildren()
            item.setData(0, LOADED, True)
            self._fill(item, _lines(_value_of(item)), 0)

    def _more(self, item: QTreeWidgetItem, _column: int = 0) -> bool:
        """Makes the lines that "more" stands for; whether it was that line."""
        start = item.data(0, REST)
        if start is None:
            return False
        parent = item.parent()
        lines = self._entries if parent is None else _lines(_value_of(parent))
        above = parent or self.invisibleRootItem()
        above.removeChild(item)
        self._fill(above, lines, start)
        self.setCurrentItem(_child_at(above, start))
        return True

    def _fill(self, parent: QTreeWidgetItem, lines: Iterable[Entry], start: int) -> None:
        coming = islice(lines, start, None)
        for name, words, child in islice(coming, AT_ONCE):
            item = QTreeWidgetItem(parent, [name, words])
            item.setData(0, VALUE, _Held(child))
            item.setToolTip(1, words)
            if isinstance(child, dict | list) and child:
                item.setData(0, LOADED, False)
                QTreeWidgetItem(item, ["…"])
        left = sum(1 for _ in coming)
        if left:
            more = QTreeWidgetItem(parent, ["More", f"Show the next {min(left, AT_ONCE):,} of {left:,}"])
            more.setData(0, REST, start + AT_ONCE)


def _child_at(parent: QTreeWidgetItem, place: int) -> QTreeWidgetItem:
    child = parent.child(place)
    if child is None:
        raise IndexError(place)
    return child


def _value_of(item: QTreeWidgetItem) -> Json:
    held = item.data(0, VALUE)
    return held.value if isinstance(held, _Held) else None


def _lines(value: Json) -> Iterator[Entry]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return ((str(name), in_a_line(child), child) for name, child in pairs)


def in_a_line(value: Json) -> str:
    """A value as one line of the tree."""
    if isinstance(value, dict):
        return f"{{{len(value)}}}"
    if isinstance(value, list):
        return f"[{len(value)}]"
    text = value if isinstance(value, str) else json.dumps(value)
    flat = " ".join(text[: 2 * LONGEST_VALUE].split())
    return flat if len(text) <= LONGEST_VALUE else f"{flat[:LONGEST_VALUE]}…"
