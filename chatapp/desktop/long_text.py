"""A browser for long HTML: what is in view first, the rest a portion at a time, so that the window goes on."""

from collections.abc import Iterator

from PySide6.QtCore import QTimer
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QTextBrowser


class LongText(QTextBrowser):
    """Each portion stands in paragraphs, or a table, of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._left: Iterator[str] = iter(())
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._add)

    def show_portions(self, portions: Iterator[str], otherwise: str) -> None:
        """`otherwise` is shown where there is none."""
        first = next(portions, otherwise)
        self._left = portions
        self.setHtml(first)
        self._next.start()

    @property
    def is_filled(self) -> bool:
        return not self._next.isActive()

    def _add(self) -> None:
        portion = next(self._left, None)
        if portion is None:
            return
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not portion.startswith("<table"):
            cursor.insertBlock()
        cursor.insertHtml(portion)
        self._next.start()
