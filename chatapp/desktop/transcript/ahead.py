"""Does in idle moments what scrolling and finding need not wait for: reads the messages next to the view, makes those
that were left for later."""

import gc
import time
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer

from chatapp.desktop.transcript.entry import Entry

if TYPE_CHECKING:
    from chatapp.desktop.transcript.stage import Stage

MESSAGES: Final = 2
"""On either side of the view."""
MANY: Final = 1_000  # messages
MAKING: Final = 0.004  # seconds at a time
AFTER_MS: Final = 60
"""What came is painted first."""


class Ahead(QObject):
    def __init__(self, stage: "Stage") -> None:
        super().__init__(stage)
        self._stage = stage
        self._idle = QTimer(self, interval=0, singleShot=True)
        self._idle.timeout.connect(self._read_one)
        self._unmade = 0
        self._making = QTimer(self)
        self._making.timeout.connect(self._make_some)

    def look(self) -> None:
        """The view stands elsewhere."""
        if self._next() is not None and not self._idle.isActive():
            self._idle.start()

    def make_all(self) -> None:
        """Messages came; some of them may be left for later."""
        self._unmade = len(self._stage.column)
        self._making.start(AFTER_MS)

    def _make_some(self) -> None:
        """The newest first."""
        self._making.setInterval(0)
        entries, until = self._stage.column.entries, time.perf_counter() + MAKING
        self._unmade = min(self._unmade, len(entries))
        while self._unmade and time.perf_counter() < until:
            self._unmade -= 1
            entries[self._unmade].make()
        if not self._unmade:
            self._making.stop()
            if len(entries) > MANY:
                gc.freeze()  # or each full search for garbage looks through all of it: 30 ms at 10,000 messages

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
