"""Asks in the Library panel, in place, before a library is deleted: no server can take that back."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame

from chatapp.desktop.theme import GAP_8, GAP_12
from chatapp.desktop.widgets import button, column, label, named, row

LONGEST_NAME = 60


class DeletionBar(QFrame):
    """`delete` gets the server and the store once the user says so. Escape keeps the library."""

    def __init__(self, delete: Callable[[str, str], object]) -> None:
        super().__init__()
        named(self, "Delete this library?")
        self.setProperty("kind", "notice")
        self.setProperty("severity", "danger")
        self._delete = delete
        self._about = ("", "")
        self.question = label(wrap=True)
        self.confirm = button("Delete", self._confirmed, name="Delete this library")
        self.keep = button("Keep", self.hide, name="Keep this library")
        inside = column(self.question, row(self.confirm, self.keep, 1), gap=GAP_8)
        inside.setContentsMargins(GAP_12, GAP_8, GAP_12, GAP_8)
        self.setLayout(inside)
        self.hide()

    def ask(self, server: str, store: str, name: str, files: int) -> None:
        """Shows the question, with the keyboard on the answer that changes nothing."""
        self._about = (server, store)
        short = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        its_files = {0: "", 1: " and its file"}.get(files, f" and its {files} files")
        self.question.setText(f"Delete “{short}”{its_files} from the index?")
        self.question.setToolTip(name)
        self.show()
        self.keep.setFocus(Qt.FocusReason.OtherFocusReason)

    def keep_to(self, server: str, store: str) -> None:
        """Another library was chosen, or it is gone: the question is about nothing any more."""
        if (server, store) != self._about:
            self.hide()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(event.key() == Qt.Key.Key_Escape)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def _confirmed(self) -> None:
        self.hide()
        self._delete(*self._about)
