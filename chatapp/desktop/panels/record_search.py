"""The search over the Inspector's trees: Enter goes to the next place, Shift+Enter to the one before."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from chatapp.conversation.json_search import MOST, Path
from chatapp.desktop.panels.json_tree import JsonTree
from chatapp.desktop.theme import GAP_4
from chatapp.desktop.widgets import Icons, button, label, named, row

PLACEHOLDER = "Search names and values"


class Field(QLineEdit):
    stepped = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.stepped.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        else:
            super().keyPressEvent(event)


class RecordSearch(QWidget):
    """`trees` are those on screen. They are searched again by `look`, whenever they show something else."""

    def __init__(self, icons: Icons, trees: Callable[[], Sequence[JsonTree]]) -> None:
        super().__init__()
        self._trees = trees
        self._found: list[tuple[JsonTree, Path]] = []
        self._at = -1
        self.field = named(Field(), "Search the record")
        self.field.setPlaceholderText(PLACEHOLDER)
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self.look)
        self.field.stepped.connect(self.step)
        self.count = label(kind="caption")
        before = icons.put(
            button("", lambda: self.step(-1), "icon", "Previous place", "Previous (Shift+Enter)"),
            "chevron-up",
        )
        after = icons.put(
            button("", lambda: self.step(1), "icon", "Next place", "Next (Enter)"), "chevron-down"
        )
        icons.put(before, "chevron-up")
        icons.put(after, "chevron-down")
        self._steps = (before, after)
        line = row(self.field, self.count, before, after, gap=GAP_4)
        line.setStretch(0, 1)
        self.setLayout(line)
        self.look()

    def look(self) -> None:
        """Finds all places; none is gone to before one is asked for."""
        words = self.field.text().strip()
        self._found = (
            [(tree, path) for tree in self._trees() for path in tree.places_of(words)] if words else []
        )
        self._at = -1
        self._tell()

    def step(self, by: int) -> None:
        if not self._found:
            return
        self._at = (
            (self._at + by) % len(self._found) if self._at >= 0 else (0 if by > 0 else len(self._found) - 1)
        )
        tree, path = self._found[self._at]
        tree.go_to(path)
        self._tell()

    def _tell(self) -> None:
        words, many = self.field.text().strip(), len(self._found)
        total = f"{many:,}{'+' if many >= MOST else ''}"
        self.count.setText(f"{self._at + 1} of {total}" if self._at >= 0 else total if words else "")
        self.count.setAccessibleName(f"{self.count.text()} places" if words else "")
        self.count.setVisible(bool(words))
        for step in self._steps:
            step.setVisible(bool(words))
            step.setEnabled(bool(self._found))
