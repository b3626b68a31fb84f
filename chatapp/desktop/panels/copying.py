"""Copying a library in the Library panel, in place: where to, how far it is, and what could not be copied."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QProgressBar

from chatapp.conversation.changes import StoreCopied
from chatapp.conversation.failures import Failure
from chatapp.desktop.theme import GAP_8, GAP_12
from chatapp.desktop.widgets import (
    CalmChoice,
    button,
    column,
    holding,
    label,
    named,
    restyle,
    row,
    scrolling,
    spoken,
)
from chatapp.protocol.json_types import shortened

LONGEST_NAME = 60
LIST_HEIGHT = 132
"""Pixels of the list of files that could not be copied; the rest of it is scrolled to."""
NO_SERVER = "There is no other server yet. Add one in Settings, under Servers."


class CopyBar(QFrame):
    """About one library at a time. `started` carries the server to copy to, `left` says that the reader has read how
    it ended, `closed` that the bar is gone."""

    started = Signal(str)
    stopped = Signal()
    left = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "Copy of this library")
        self.setProperty("kind", "notice")
        self._about = ("", "")
        self._asking = False
        self._target = ""
        self.words = label(wrap=True)
        self.servers = CalmChoice("Server to copy to")
        self.progress = named(QProgressBar(), "Files copied")
        self.progress.setTextVisible(False)
        self.missing = named(label(wrap=True), "Files that were not copied")
        self.missing.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._list = scrolling(holding(column(self.missing, 1)))
        self._list.setFixedHeight(LIST_HEIGHT)
        self.go = button("Copy", self._go, name="Copy this library")
        self.halt = button("Stop", self.stopped.emit, name="Stop copying")
        self.close_button = button("Close", self._leave, name="Close copy")
        buttons = row(self.go, self.halt, self.close_button, 1, gap=GAP_8)
        inside = column(
            self.words, spoken(self.servers, "Server to copy to"), self.servers, self.progress, self._list, buttons,
            gap=GAP_8,
        )  # fmt: skip
        inside.setContentsMargins(GAP_12, GAP_8, GAP_12, GAP_8)
        self.setLayout(inside)
        self.hide()

    def ask(self, about: tuple[str, str], name: str, files: int, targets: Sequence[tuple[str, str]]) -> None:
        """`targets` are the other servers, by id and name."""
        self._about, self._asking = about, True
        with QSignalBlocker(self.servers):
            self.servers.clear()
            for server, server_name in targets:
                self.servers.addItem(server_name, server)
            self.servers.setCurrentIndex(max(0, self.servers.findData(self._target)))
        its_files = {0: "", 1: " and its file"}.get(files, f" and its {files} files")
        short = shortened(name, LONGEST_NAME)
        question = f"Copy “{short}”{its_files} to another server? They are sent there, and stay here."
        self._arrange(question if targets else NO_SERVER, go="Copy" if targets else "", close="Cancel")
        self.servers.setVisible(bool(targets))
        (self.servers if targets else self.close_button).setFocus(Qt.FocusReason.OtherFocusReason)

    def follow(self, about: tuple[str, str], copied: StoreCopied | None, target: str) -> None:
        """Shows how far the copy of a library is, or nothing where there is none; a question about it stays."""
        if self._asking and about == self._about:
            return
        self._about, self._asking = about, False
        if copied is None:
            self.hide()
            return
        self._target = copied.target
        words, go = _words(copied, target)
        kept_focus = self.halt.hasFocus()
        warned = bool(copied.missing or copied.reason)
        self._arrange(words, go=go, close="" if copied.copying else "Close", warned=warned)
        self.halt.setVisible(copied.copying)
        self.progress.setVisible(copied.copying)
        self.progress.setRange(0, copied.total)
        self.progress.setValue(copied.copied + len(copied.missing))
        self.missing.setText("\n\n".join(f"{file.filename}: {file.reason}" for file in copied.missing))
        self._list.setVisible(bool(copied.missing))
        if kept_focus and not copied.copying:
            self.close_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def refuse(self, failure: Failure) -> None:
        """It did not even begin."""
        self._arrange(f"{failure.title}. {failure.text}", go="", close="Close", warned=True)
        self.close_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(event.key() == Qt.Key.Key_Escape and not self.close_button.isHidden())
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not self.close_button.isHidden():
            self._leave()
        else:
            super().keyPressEvent(event)

    def _arrange(self, words: str, go: str, close: str, warned: bool = False) -> None:
        self.words.setText(words)
        for tool, text in ((self.go, go), (self.close_button, close)):
            tool.setText(text)
            tool.setVisible(bool(text))
        self.go.setAccessibleName(f"{go} this library")
        self.close_button.setAccessibleName(f"{close} copy")
        for part in (self.servers, self.progress, self._list, self.halt):
            part.hide()
        restyle(self, severity="warning" if warned else "")
        self.show()

    def _go(self) -> None:
        """To the server that was chosen, or on to the one it was on its way to."""
        if self._asking:
            self._target = str(self.servers.currentData())
        self._asking = False
        self._arrange("The copy begins…", go="", close="")
        self.halt.show()
        self.halt.setFocus(Qt.FocusReason.OtherFocusReason)
        self.started.emit(self._target)

    def _leave(self) -> None:
        asked, self._asking = self._asking, False
        self.hide()
        if not asked:
            self.left.emit()
        self.closed.emit()


def _words(copied: StoreCopied, target: str) -> tuple[str, str]:
    """What is said, and the word of the button that goes on."""
    files = "1 file" if copied.total == 1 else f"{copied.total} files"
    if copied.copying:
        return f"Copying to {target}: {copied.copied} of {files}", ""
    if copied.reason:
        far = f": {copied.copied} of {files} are there" if copied.total else ""
        return f"The copy on {target} is not complete{far}. {copied.reason}", "Continue"
    if copied.missing:
        return f"{copied.copied} of {files} were copied to {target}. Not copied:", "Try again"
    return f"All of it was copied to {target}: {files}.", ""
