"""What of a sweep can be kept as a file: its answers and figures as a table, its plots as pictures."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from chatapp.conversation.experiments import Plan
from chatapp.conversation.sweep_figures import Result
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.experiments.plots import plots_of, save_png, save_svg
from chatapp.exchange.sweeps import csv_of
from chatapp.services.whole_file import write_whole

SAVED = {
    "Answers and figures as CSV": "csv",
    "Plots as SVG": "svg",
    "Plots as PNG": "png",
}


class KeepMenu(QMenu):
    """`chosen` carries a kind of SAVED and the file to write."""

    chosen = Signal(str, object)
    forgotten = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        for words, kind in SAVED.items():
            self.addAction(words, partial(self._choose_file, kind, words))
        self.addSeparator()
        self.addAction("Forget this sweep, keep its answers", self.forgotten.emit)

    def _choose_file(self, kind: str, words: str) -> None:
        dialog = QFileDialog(self.parentWidget(), words)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(kind)
        dialog.selectFile(f"sweep.{kind}")
        dialog.fileSelected.connect(lambda name: self.chosen.emit(kind, Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def write(
    kind: str, path: Path, plan: Plan, results: Sequence[Result], names: Mapping[str, str], look: Appearance
) -> None:
    """One of the kinds of SAVED. Raises OSError."""
    if kind == "csv":
        write_whole(path, csv_of(plan, results, names).encode("utf-8", "replace"))
        return
    picture: Callable[..., None] = {"svg": save_svg, "png": save_png}[kind]
    picture(path, plots_of(plan, results, names), look.palette, look)
