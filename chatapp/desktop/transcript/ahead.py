"""Reads the messages next to the view in idle moments, so that scrolling to them does not have to."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer

from chatapp.desktop.transcript.entry import Entry

if TYPE_CHECKING:
    from chatapp.desktop.transcript.stage import Stage

MESSAGES: Final = 2
"""On either side of the view."""


class Ahead(QObject):
    def __init__(self, stage: "Stage") -> None:
        super().__init__(stage)
        self._stage = stage
        self._idle = QTimer(self, interval=0, singleShot=True)
        self._idle.timeout.connect(self._read_one)

    def look(self) -> None:
        """The view stands elsewhere."""
        if self._next() is not None and not self._idle.isActive():
            self._idle.start()

    def _read_one(self) -> None:
        entry = self._next()
        if entry is not None and self._stage.isVisible():
            self._stage.read_beside(entry)
            self.look()

    def _next(self) -> Entry | None:
        """The nearest message outside the view that was not read to its end yet."""
        column, shown = self._stage.column, self._stage.verticalScrollBar().value()
        if not len(column):
            return None
        first, last = column.at(shown), column.at(shown + self._stage.viewport().height())
        near = [at for by in range(1, MESSAGES + 1) for at in (last + by, first - by)]
        unread = (column.entries[at] for at in near if 0 <= at < len(column))
        return next((entry for entry in unread if entry.strips is None or entry.unread), None)
