"""A preset beside what is set now, as a small table: first what it has otherwise, strong, then the rest of it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from chatapp.conversation.presets import Difference
from chatapp.desktop.controls.control import words_for
from chatapp.desktop.theme import ROW_HEIGHT
from chatapp.desktop.widgets import named
from chatapp.protocol.json_types import Json

HEADS = ("Parameter", "Preset", "Now")


class Comparison(QTableWidget):
    def __init__(self) -> None:
        super().__init__(0, len(HEADS))
        named(self, "Preset and now")
        self.setProperty("kind", "plain")
        self.setHorizontalHeaderLabels(HEADS)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setHighlightSections(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTabKeyNavigation(False)

    def compare(self, changes: Sequence[Difference], alike: Sequence[Difference]) -> None:
        self.setRowCount(len(changes) + len(alike))
        for at, entry in enumerate((*changes, *alike)):
            cells = (QTableWidgetItem(entry.label), _cell(entry.preset), _cell(entry.now))
            for column, cell in enumerate(cells):
                font = cell.font()
                font.setBold(at < len(changes))
                cell.setFont(font)
                self.setItem(at, column, cell)


def _cell(value: Json) -> QTableWidgetItem:
    """A value in few words; the whole of it is in the tool tip."""
    words = " ".join(words_for(value).split())
    cell = QTableWidgetItem(words)
    cell.setToolTip(value if isinstance(value, str) and value != words else words)
    return cell


def summary(changes: Sequence[Difference]) -> str:
    """What applying would do, in a sentence."""
    if not changes:
        return "This is what is set now."
    count = "1 parameter" if len(changes) == 1 else f"{len(changes)} parameters"
    return f"Applying it changes {count}."
