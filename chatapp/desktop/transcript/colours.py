"""Reads the colours of code that came into view, some milliseconds at a time, so that no block holds the window up."""

import time
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from chatapp.rendering.code import Colouring

AT_ONCE: Final = (
    1_500  # characters that are read as a strip is laid out, so that short code is never seen plain
)
STEP: Final = 400  # characters between two looks at the clock
SLICE: Final = 0.004  # seconds


class Colours(QObject):
    """`read_on` tells that more is known of some block than when it was laid out."""

    read_on = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._wanted: dict[Colouring, int] = {}
        self._clock = QTimer(self, interval=0)
        self._clock.timeout.connect(self._read)

    def want(self, colouring: Colouring, end: int) -> None:
        """Have a block read up to a character: at once if that is near, else soon."""
        end = min(end, colouring.end)
        if colouring.known < end <= colouring.known + AT_ONCE:
            colouring.advance(AT_ONCE)
        if colouring.known < end:
            self._wanted[colouring] = max(end, self._wanted.get(colouring, 0))
            self._clock.start()

    def _read(self) -> None:
        until = time.perf_counter() + SLICE
        while self._wanted and time.perf_counter() < until:
            colouring, end = next(iter(self._wanted.items()))
            if not colouring.advance(STEP) or colouring.known >= end:
                del self._wanted[colouring]
        if not self._wanted:
            self._clock.stop()
        self.read_on.emit()
