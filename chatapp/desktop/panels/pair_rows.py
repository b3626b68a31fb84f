"""Pairs of a name and a text in lines that come and go: the metadata of a library."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from chatapp.conversation.attributes import MOST_PAIRS, Pair
from chatapp.desktop.theme import GAP_4
from chatapp.desktop.widgets import button, column, holding, named, row, scrolling


class PairRows(QWidget):
    changed = Signal()

    def __init__(self, pairs: Sequence[Pair]) -> None:
        super().__init__()
        self._shown: list[PairLine] = []
        self._lines = QVBoxLayout()
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(GAP_4)
        self.add = button("Add a line", self._add, "link")
        self.setLayout(column(scrolling(holding(column(self._lines, row(self.add, 1), 1)))))
        self.show_pairs(pairs)

    def pairs(self) -> list[Pair]:
        """What the lines say; a line with nothing in it says nothing."""
        read = [line.pair() for line in self._shown]
        return [pair for pair in read if pair.name.strip() or pair.text]

    def show_pairs(self, pairs: Sequence[Pair]) -> None:
        for line in list(self._shown):
            self._drop(line)
        for pair in pairs:
            self._put(pair)
        if not pairs:
            self._put(Pair("", "Text", ""))

    def _add(self) -> None:
        self._put(Pair("", "Text", "")).name.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit()

    def _put(self, pair: Pair) -> "PairLine":
        line = PairLine(pair)
        line.changed.connect(self.changed)
        line.removed.connect(lambda: self._remove(line))
        self._shown.append(line)
        self._lines.addWidget(line)
        self.add.setEnabled(len(self._shown) < MOST_PAIRS)
        return line

    def _remove(self, line: "PairLine") -> None:
        self._drop(line)
        self.add.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit()

    def _drop(self, line: "PairLine") -> None:
        self._shown.remove(line)
        self._lines.removeWidget(line)
        line.hide()
        line.deleteLater()
        self.add.setEnabled(True)


class PairLine(QWidget):
    changed = Signal()
    removed = Signal()

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self.name = named(QLineEdit(pair.name), "Name")
        self.name.setPlaceholderText("Name")
        self.text = named(QLineEdit(pair.text), "Value")
        self.text.setPlaceholderText("Value")
        remove = button("Remove", self.removed.emit, "link", "Remove this line")
        line = row(self.name, self.text, remove, gap=GAP_4)
        line.setStretch(0, 2)
        line.setStretch(1, 3)
        self.setLayout(line)
        self.name.textChanged.connect(self._follow)
        self.text.textChanged.connect(self._follow)
        self._follow()

    def pair(self) -> Pair:
        return Pair(self.name.text(), "Text", self.text.text())

    def _follow(self) -> None:
        self.text.setAccessibleName(f"Value of {self.name.text() or 'this line'}")
        self.changed.emit()
