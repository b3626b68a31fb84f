"""What a preset has otherwise than it is now, as a small table."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from chatapp.conversation.presets import Difference
from chatapp.desktop.controls.control import words_for
from chatapp.desktop.theme import ROW_HEIGHT
from chatapp.desktop.widgets import named
from chatapp.protocol.json_types import Json

HEADS = ("Parameter", "Preset", "Now")


class DifferenceTable(QTableWidget):
    def __init__(self) -> None:
        super().__init__(0, len(HEADS))
        named(self, "Differences")
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

    def show_differences(self, changes: Sequence[Difference]) -> None:
        self.setRowCount(len(changes))
        for at, change in enumerate(changes):
            self.setItem(at, 0, QTableWidgetItem(change.label))
            self.setItem(at, 1, _cell(change.preset))
            self.setItem(at, 2, _cell(change.now))


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
