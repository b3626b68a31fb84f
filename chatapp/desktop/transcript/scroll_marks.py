"""Marks beside the scroll bar's handle: where in the conversation something was found."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollBar, QWidget

AGAIN_MS: Final = 100  # between two looks at where the marks belong
TALL: Final = 2
WIDE: Final = 5
MOST_IN_ONE: Final = 50  # places of one message that have marks of their own


class ScrollMarks(QWidget):
    """Lies over a vertical scroll bar and lets the mouse through. `places` tells (top, height, count) of what holds
    places, in pixels of the content; `colour` the colour of a mark."""

    def __init__(
        self,
        bar: QScrollBar,
        places: Callable[[], Iterable[tuple[int, int, int]]],
        colour: Callable[[], QColor],
    ) -> None:
        super().__init__(bar)
        self.setObjectName("scrollMarks")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._places, self._colour = places, colour
        self.rows: list[int] = []
        self._again = QTimer(self, interval=AGAIN_MS, singleShot=True)
        self._again.timeout.connect(self._look)
        bar.installEventFilter(self)
        bar.rangeChanged.connect(self.refresh)
        self.resize(bar.size())

    def refresh(self) -> None:
        """What was found, or the height of the content, is another."""
        if not self._again.isActive():
            self._again.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.resize(self._bar().size())
            self.refresh()
        return False

    def _bar(self) -> QScrollBar:
        """Asked for each time: a Python object kept of it may die before the bar does."""
        bar = self.parentWidget()
        assert isinstance(bar, QScrollBar)
        return bar

    def _look(self) -> None:
        self.rows = sorted(set(self._marked()))
        self.update()

    def _marked(self) -> Iterator[int]:
        bar = self._bar()
        content = max(bar.maximum() + bar.pageStep(), 1)
        share = max(self.height() - TALL, 0) / content
        for top, height, count in self._places():
            several = min(count, MOST_IN_ONE)
            for at in range(several):
                yield round((top + height * (at + 0.5) / several) * share)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colour = self._colour()
        for row in self.rows:
            painter.fillRect(self.width() - WIDE, row, WIDE, TALL, colour)
