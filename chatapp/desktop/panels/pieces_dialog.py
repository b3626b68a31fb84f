"""The passages of an indexed file, as its server gives them."""

from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QPlainTextEdit, QWidget

from chatapp.conversation.failures import Failure
from chatapp.desktop.theme import GAP_12, GAP_16
from chatapp.desktop.widgets import button, column, label, named, row
from chatapp.protocol.json_types import shortened

SIZE = (600, 520)
MOST_SHOWN = 200
"""Passages; a book has thousands."""


class PiecesDialog(QDialog):
    def __init__(self, parent: QWidget, filename: str) -> None:
        super().__init__(parent)
        named(self, "Passages")
        self.setWindowTitle(f"Passages of {shortened(filename, 60)}")
        self.told = label("Asking the server…", "secondary", wrap=True)
        self.text = named(QPlainTextEdit(), "Passages of the file")
        self.text.setReadOnly(True)
        whole = column(self.told, self.text, row(1, button("Close", self.accept)), gap=GAP_12, edge=GAP_16)
        whole.setStretch(1, 1)
        self.setLayout(whole)
        self.resize(*SIZE)

    def show_pieces(self, pieces: Sequence[str]) -> None:
        more = f" Here are the first {MOST_SHOWN}." if len(pieces) > MOST_SHOWN else ""
        count = "1 piece" if len(pieces) == 1 else f"{len(pieces):,} pieces"
        self.told.setText(f"The server gives the text in {count}; what passages share is shown once.{more}")
        shown = (f"— {number} —\n{piece.strip()}" for number, piece in enumerate(pieces[:MOST_SHOWN], 1))
        self.text.setPlainText("\n\n".join(shown))

    def fail(self, failure: Failure) -> None:
        self.told.setText(f"{failure.title}. {failure.text}")
