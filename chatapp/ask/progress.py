"""What a person at a terminal sees on stderr while there is no answer yet: files on their way, and waits."""

import time
from typing import TextIO

from chatapp.ask.console import one_line
from chatapp.conversation.changes import Change, FilesChanged, LibraryFile, Notice, TurnWaiting

STAGES = {"hashing": "Reading", "uploading": "Uploading", "indexing": "Indexing"}
CLEAR = "\r\x1b[K"
LONGEST = 70
"""Columns of a line that is written over and must not wrap."""


class Progress:
    """One line about files, where stderr is a terminal, and a line for every wait, wherever it goes."""

    def __init__(self, err: TextIO) -> None:
        self._err = err
        self._is_terminal = err.isatty()
        self._shown = ""
        self._reason = ""

    def take(self, change: Change) -> None:
        if isinstance(change, Notice) and change.severity == "info":
            self._say(change.text)
        elif isinstance(change, TurnWaiting):
            self._wait(change)
        elif isinstance(change, FilesChanged) and self._is_terminal:
            self._show(next((_line(file) for file in change.files if file.stage in STAGES), ""))

    def _wait(self, change: TurnWaiting) -> None:
        """Of waits for the same reason, one after the other, the first is told."""
        if change.until is not None and change.reason != self._reason:
            self._say(f"{change.reason} in {max(1, round(change.until - time.time()))} s.")
        self._reason = change.reason

    def _say(self, text: str) -> None:
        self.clear()
        self._err.write(f"chatapp ask: {one_line(text)}\n")
        self._err.flush()

    def clear(self) -> None:
        """Takes the line away, so that what is printed next begins at the margin."""
        self._show("")

    def _show(self, text: str) -> None:
        if text != self._shown:
            self._err.write(f"{CLEAR}{text}")
            self._err.flush()
            self._shown = text


def _line(file: LibraryFile) -> str:
    share = f" {file.progress:.0%}" if file.progress else ""
    return f"{STAGES[file.stage]} {one_line(file.filename)}"[:LONGEST] + f"{share} …"
