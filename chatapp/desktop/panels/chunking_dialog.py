"""How files that are added to a library are cut into passages, with what would become of one of its files."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QPlainTextEdit, QRadioButton, QWidget

from chatapp.conversation.changes import LibraryFile
from chatapp.conversation.chunking import (
    LEAST_TOKENS,
    MOST_TOKENS,
    USUAL_OVERLAP,
    USUAL_TOKENS,
    estimated,
    fault_of_sizes,
    sizes_of,
    static,
    tokens,
)
from chatapp.conversation.failures import Failure
from chatapp.desktop.edit_dialog import EditDialog
from chatapp.desktop.theme import GAP_8
from chatapp.desktop.widgets import CalmChoice, NumberField, button, column, label, named, row, spoken
from chatapp.protocol.json_types import Json, JsonObject

SIZE = (600, 560)
SHOWN = 12
"""Passages of the preview."""
LONGEST_TEXT = 200_000
"""Characters that are looked at: the preview shows the beginning of a file."""
ABOUT = "It counts for files that are added from now on. What is there already stays as it was cut."
ESTIMATE = "An estimate: the server cuts by itself, about like this."
NOTHING = "Choose a file to see how it would be cut."


class ChunkingDialog(EditDialog):
    """`saved` carries a chunking_strategy, or None where the server is to choose. `asked` carries the file whose text
    the preview needs, a hash or a Path: `fetch` asks, `show_text` takes it, `fail` says why there is none."""

    asked = Signal(object)  # str | Path

    def __init__(self, parent: QWidget, chunking: JsonObject | None, files: Sequence[LibraryFile]) -> None:
        super().__init__(parent, "How files are cut", SIZE)
        self._text = ""
        self.auto = QRadioButton("The server chooses")
        self.static = QRadioButton("By these sizes, in tokens")
        self._group = QButtonGroup(self)
        for choice in (self.auto, self.static):
            named(choice, choice.text())
            self._group.addButton(choice)
        most, overlap = sizes_of(chunking) or (USUAL_TOKENS, USUAL_OVERLAP)
        self.most = _field("Most tokens of a passage", most, 1, 2 * MOST_TOKENS)
        self.overlap = _field("Tokens that passages share", overlap, 0, MOST_TOKENS)
        (self.static if sizes_of(chunking) else self.auto).setChecked(True)
        self.files = CalmChoice("File of the preview")
        for file in files:
            if file.sha256 and file.stage == "completed":
                self.files.addItem(file.filename, file.sha256)
        self.preview = named(QPlainTextEdit(), "Preview of the passages")
        self.preview.setReadOnly(True)
        self._told = label(kind="caption", wrap=True)
        sizes = row(label("At most"), self.most, label("shared"), self.overlap, 1, gap=GAP_8)
        another = button("Another file…", self._choose_file, "link")
        caption = label("Preview of", "caption")
        shown = row(caption, spoken(self.files, "File of the preview"), self.files, another)
        shown.setStretch(2, 1)
        content = column(
            label(ABOUT, "secondary", wrap=True), self.auto, self.static, sizes, shown, self._told, self.preview,
            gap=GAP_8,
        )  # fmt: skip
        content.setStretch(6, 1)
        self._group.buttonClicked.connect(self.follow)
        self.most.valueChanged.connect(self.follow)
        self.overlap.valueChanged.connect(self.follow)
        self.files.activated.connect(self.fetch)
        self.lay(content)

    def follow(self) -> None:
        for field in (self.most, self.overlap):
            field.setEnabled(self.static.isChecked())
        super().follow()
        self._show()

    def value(self) -> JsonObject | None:
        return static(*self._sizes()) if self.static.isChecked() else None

    def fault(self) -> str:
        return fault_of_sizes(*self._sizes()) if self.static.isChecked() else ""

    def state(self) -> Json:
        return [self.static.isChecked(), self.most.value(), self.overlap.value()]

    def show_state(self, state: Json) -> None:
        is_static, most, overlap = state
        (self.static if is_static else self.auto).setChecked(True)
        self.most.setValue(most)
        self.overlap.setValue(overlap)

    def _sizes(self) -> tuple[int, int]:
        return self.most.value(), self.overlap.value()

    def fetch(self) -> None:
        self._text = ""
        self._told.setText("" if self.files.count() else NOTHING)
        if self.files.count():
            self._told.setText("Reading…")
            self.asked.emit(self.files.currentData())

    def fail(self, failure: Failure) -> None:
        self._told.setText(f"{failure.title}. {failure.text}")
        self.preview.clear()

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, "File of the preview")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.preview_file)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def preview_file(self, name: str) -> None:
        """A file of this computer, given with its whole path, that need not be in the library."""
        self.files.addItem(Path(name).name, Path(name))
        self.files.setCurrentIndex(self.files.count() - 1)
        self.fetch()

    def show_text(self, text: str) -> None:
        self._text = text[:LONGEST_TEXT]
        self._show()

    def _show(self) -> None:
        if not self._text or self.fault():
            return
        most, overlap = self._sizes() if self.static.isChecked() else (USUAL_TOKENS, USUAL_OVERLAP)
        pieces = list(islice(estimated(self._text, most, overlap), SHOWN + 1))
        more = " Here are the first." if len(pieces) > SHOWN else ""
        self._told.setText(f"{ESTIMATE}{more}")
        heads = (f"Passage {number}, about {tokens(piece)} tokens" for number, piece in enumerate(pieces, 1))
        shown = [f"— {head} —\n{piece.strip()}" for head, piece in zip(heads, pieces, strict=True)]
        self.preview.setPlainText("\n\n".join(shown[:SHOWN]))


def _field(name: str, value: int, least: int, most: int) -> NumberField:
    field = NumberField(name)
    field.setRange(least, most)
    field.setSingleStep(LEAST_TOKENS // 2)
    field.setValue(value)
    return field
