"""A page of a PDF, painted, with what is marked on it: the cited passage, what was found, what is selected."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from chatapp.desktop.panels.page_text import runs
from chatapp.desktop.widgets import named
from chatapp.documents.model import Box, PageImage, PageText

BOX_FILL = "#FFE27A"
BOX_EDGE = "#B07A00"
FOUND_FILL = "#BFE8C8"
FOUND_EDGE = "#1B7048"
SELECTED = "#B9CCFF"
"""A page is white whatever the palette: its marks have colours of their own."""


class Sheet(QWidget):
    """Shows the picture it has at any size until one of that size comes."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "Page")
        self.setMouseTracking(True)
        self._page: PageImage | None = None
        self._image = QImage()
        self._boxes: tuple[Box, ...] = ()
        self._found: tuple[Box, ...] = ()
        self.text: PageText | None = None
        self._selected = (0, 0)

    @property
    def boxes(self) -> tuple[Box, ...]:
        return self._boxes

    @property
    def found(self) -> tuple[Box, ...]:
        return self._found

    @property
    def shape(self) -> float:
        """The page's height in widths; that of A4 before there is one."""
        return self._page.height / self._page.width if self._page is not None else 2**0.5

    def show_page(self, page: PageImage, boxes: Sequence[Box], ratio: float) -> None:
        # The image borrows the bytes of the page, which is kept beside it.
        self._page = page
        self._image = QImage(page.rgb, page.width, page.height, page.width * 3, QImage.Format.Format_RGB888)
        self._boxes = tuple(boxes)
        marked = f", {len(boxes)} marked places" if boxes else ""
        self.setAccessibleDescription(f"Page {page.page} of {page.page_count}{marked}")
        self.setFixedSize(QSize(round(page.width / ratio), round(page.height / ratio)))
        self.update()

    def stretch(self, width: int) -> None:
        """Another size at once, with the picture there is."""
        self.setFixedSize(width, round(width * self.shape))

    def forget_text(self) -> None:
        """The characters are those of another page."""
        self.text, self._selected, self._found = None, (0, 0), ()
        self.update()

    def mark_found(self, start: int, end: int) -> None:
        """Marks a span of the page's text as what was looked for."""
        if self.text is not None:
            self._found = tuple(runs(self.text.boxes[start:end]))
            self.update()

    def select(self, start: int, end: int) -> None:
        self._selected = min(start, end), max(start, end)
        self.update()

    @property
    def selected_text(self) -> str:
        return self.text.text[slice(*self._selected)] if self.text is not None else ""

    def place_of(self, box: Box) -> QRectF:
        """A box in the sheet's own pixels."""
        width, height = self.width(), self.height()
        return QRectF(
            box.left * width,
            box.top * height,
            (box.right - box.left) * width,
            (box.bottom - box.top) * height,
        )

    def share_of(self, point: QPointF) -> tuple[float, float]:
        """A point of the sheet in fractions of the page."""
        return point.x() / max(1, self.width()), point.y() / max(1, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(self.rect()), self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for box in self._boxes:
            self._mark(painter, box, BOX_FILL, BOX_EDGE)
        for box in self._found:
            self._mark(painter, box, FOUND_FILL, FOUND_EDGE)
        if self.text is not None:
            for box in runs(self.text.boxes[slice(*self._selected)]):
                self._mark(painter, box, SELECTED, None)

    def _mark(self, painter: QPainter, box: Box, fill: str, edge: str | None) -> None:
        place = self.place_of(box).adjusted(-1.5, -1, 1.5, 1)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
        painter.fillRect(place, QColor(fill))
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        if edge is not None:
            painter.setPen(QPen(QColor(edge), 1))
            painter.drawRect(place)
