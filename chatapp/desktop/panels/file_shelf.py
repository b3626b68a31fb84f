"""The files of a library with what finds one among many, and why the one in hand failed."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from chatapp.conversation.changes import LibraryFile
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.panels.file_list import FileList
from chatapp.desktop.panels.file_rows import KINDS
from chatapp.desktop.theme import GAP_4, GAP_8
from chatapp.desktop.widgets import CalmChoice, column, holding, label, named, row, spoken
from chatapp.protocol.json_types import shortened

MANY = 10
"""From so many files on there is something to find."""
LONGEST_REASON = 400


class FileShelf(QWidget):
    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self.list = FileList(appearance)
        self.list.pointed.connect(self._explain)
        self.words = named(QLineEdit(), "Find a file")
        self.words.setPlaceholderText("Find a file")
        self.words.setClearButtonEnabled(True)
        self.words.textChanged.connect(self._narrow)
        self.kind = CalmChoice("Files shown")
        self.kind.addItems(list(KINDS))
        self.kind.setMinimumContentsLength(len("On their"))
        self.kind.activated.connect(self._narrow)
        tools = row(self.words, spoken(self.kind, "Files shown"), self.kind, gap=GAP_4)
        tools.setStretch(0, 1)
        self._tools = holding(tools)
        self.none = label("No files yet.", "caption")
        self.reason = named(label(kind="danger", wrap=True), "Why it failed")
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setLayout(column(self._tools, self.none, self.list, self.reason, gap=GAP_8))
        self.reason.hide()

    def show_files(self, files: Sequence[LibraryFile]) -> None:
        self.list.show_files(files)
        narrowed = bool(self.words.text()) or self.kind.currentIndex() > 0
        self._tools.setVisible(len(files) >= MANY or narrowed)
        shown = len(self.list.files.rows)
        self.none.setVisible(not shown)
        self.none.setText("No file is like that." if files else "No files yet.")
        self.list.setAccessibleDescription(f"{shown:,} of {len(files):,} files are listed")

    def show_all(self) -> None:
        """What was sought among the files of one library is not sought in the next."""
        self.kind.setCurrentIndex(0)
        self.words.clear()
        self._narrow()

    def _narrow(self) -> None:
        self.list.narrow(self.words.text(), self.kind.currentText())
        self.none.setVisible(not self.list.files.rows)
        self.none.setText("No file is like that.")

    def _explain(self, file: LibraryFile | None) -> None:
        reason = file.reason if file is not None and file.stage == "failed" else None
        self.reason.setText(shortened(reason or "", LONGEST_REASON))
        self.reason.setVisible(bool(reason))
