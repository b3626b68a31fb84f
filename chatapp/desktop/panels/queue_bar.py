"""How far the files are that were added to a library, with what stops them and has them go on."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QProgressBar

from chatapp.conversation.changes import LibraryFile
from chatapp.desktop.panels.file_words import files_words, is_moving, may_pass
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12
from chatapp.desktop.widgets import button, column, label, named, restyle, row

PAUSE = "Files that are being sent now still arrive. Nothing else begins, in any library, until you resume."


class QueueBar(QFrame):
    """About one library at a time, and not there where nothing is on its way and nothing failed."""

    paused = Signal(bool)
    cancelled = Signal()
    retried = Signal()
    arrived = Signal()
    """Nothing is on its way any more."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "Files on their way")
        self.setProperty("kind", "notice")
        self._seen: dict[str, None] = {}
        self._is_paused = False
        self._moving = 0
        self.words = label(wrap=True)
        self.progress = named(QProgressBar(), "Files that are there")
        self.progress.setTextVisible(False)
        self.pause = button("Pause", lambda: self.paused.emit(not self._is_paused), tip=PAUSE)
        self.cancel = button("Cancel all", self.cancelled.emit, tip="Files that are there already stay.")
        self.retry = button("Retry failed", self.retried.emit)
        inside = column(
            self.words, self.progress, row(self.pause, self.cancel, self.retry, 1, gap=GAP_4), gap=GAP_8
        )
        inside.setContentsMargins(GAP_12, GAP_8, GAP_12, GAP_8)
        self.setLayout(inside)
        self.hide()

    def follow(self, files: Sequence[LibraryFile], paused: bool) -> None:
        """`files` are all of the library. One wave of files is counted from its first to its last."""
        self._is_paused = paused
        before = self._moving
        self._moving = self._count(files)
        wave = [file for file in files if file.key in self._seen]
        there = sum(file.stage == "completed" for file in wave)
        failed = sum(file.stage == "failed" for file in files)
        again = sum(may_pass(file) and file.stage == "failed" for file in files)
        self.words.setText(_words(self._moving, there, len(wave), failed, paused))
        self.progress.setRange(0, max(1, len(wave)))
        self.progress.setValue(len(wave) - self._moving)
        self.progress.setVisible(self._moving > 0)
        self._offer(again)
        restyle(self, severity="warning" if failed else "")
        self.setVisible(bool(self._moving or failed))
        if before and not self._moving:
            self.arrived.emit()

    def clear(self) -> None:
        """Another library is shown."""
        self._seen = {}
        self._moving = 0

    def _count(self, files: Sequence[LibraryFile]) -> int:
        moving = [file.key for file in files if is_moving(file)]
        if moving and not self._moving:
            self._seen = {}
        self._seen.update(dict.fromkeys(moving))
        return len(moving)

    def _offer(self, again: int) -> None:
        self.pause.setText("Resume" if self._is_paused else "Pause")
        self.pause.setAccessibleName(f"{self.pause.text()} adding files")
        had_focus = self.pause.hasFocus() or self.cancel.hasFocus()
        self.pause.setVisible(self._moving > 0)
        self.cancel.setVisible(self._moving > 0)
        self.retry.setVisible(again > 0)
        if had_focus and not self._moving and again:
            self.retry.setFocus(Qt.FocusReason.OtherFocusReason)


def _words(moving: int, there: int, total: int, failed: int, paused: bool) -> str:
    told = f"{files_words(failed)} could not be added." if failed else ""
    if not moving:
        return told
    verb = "Paused" if paused else "Adding files"
    far = f"{verb}: {there:,} of {total:,} are there."
    return f"{far} {told}".strip()
