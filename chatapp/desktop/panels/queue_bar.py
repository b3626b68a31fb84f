"""How far the files are that were added to a library, with what stops them and has them go on."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QProgressBar

from chatapp.conversation.changes import LibraryFile, QueueHeld
from chatapp.desktop.panels.file_words import files_words, is_moving, may_pass
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12
from chatapp.desktop.widgets import button, column, label, named, restyle, row

PAUSE = "Files that are being sent now still arrive. Nothing else begins, in any library, until you resume."


class QueueBar(QFrame):
    """About one library at a time, and not there where nothing is on its way and nothing failed."""

    paused = Signal(bool)
    cancelled = Signal()
    retried = Signal()
    tried = Signal()
    """The server that is waited for is to be tried now."""
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
        self.try_now = button("Try now", self.tried.emit, tip="Does not wait until the next try.")
        inside = column(
            self.words,
            self.progress,
            row(self.try_now, self.pause, self.cancel, self.retry, 1, gap=GAP_4),
            gap=GAP_8,
        )
        inside.setContentsMargins(GAP_12, GAP_8, GAP_12, GAP_8)
        self.setLayout(inside)
        self.hide()

    def follow(self, files: Sequence[LibraryFile], paused: bool, held: QueueHeld | None = None) -> None:
        """`files` are all of the library. One wave of files is counted from its first to its last. `held` says
        whether they wait for their server."""
        self._is_paused = paused
        before = self._moving
        self._moving = self._count(files)
        wave = [file for file in files if file.key in self._seen]
        there = sum(file.stage == "completed" for file in wave)
        failed = sum(file.stage == "failed" for file in files)
        again = sum(may_pass(file) and file.stage == "failed" for file in files)
        waits = held is not None and bool(held.reason) and not paused and self._moving > 0
        verb = "Paused:" if paused else _held_words(held) if waits and held else "Adding files:"
        self.words.setText(_words(verb, self._moving, there, len(wave), failed))
        self.try_now.setVisible(waits and held is not None and held.until is not None)
        self.progress.setRange(0, max(1, len(wave)))
        self.progress.setValue(len(wave) - self._moving)
        self.progress.setVisible(self._moving > 0)
        self._offer(0 if waits else again)
        restyle(self, severity="warning" if failed or waits else "")
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


def _held_words(held: QueueHeld) -> str:
    """ "The server cannot be reached. It is tried again at 20:03:18."."""
    when = "now" if held.until is None else f"at {datetime.fromtimestamp(held.until):%H:%M:%S}"
    return f"{held.reason}. It is tried again {when}."


def _words(verb: str, moving: int, there: int, total: int, failed: int) -> str:
    told = f"{files_words(failed)} could not be added." if failed else ""
    if not moving:
        return told
    far = f"{verb} {there:,} of {total:,} are there."
    return f"{far} {told}".strip()
