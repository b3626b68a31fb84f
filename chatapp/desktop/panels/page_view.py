"""A page of a PDF with its boxes, and a text with its marked lines: the two faces of an original."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QPlainTextEdit, QScrollArea, QTextEdit, QWidget

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.widgets import named
from chatapp.documents.model import Box, Document, PageImage, Place

BOX_FILL = "#FFE27A"
BOX_EDGE = "#B07A00"
"""A page is white whatever the palette: its marks have colours of their own."""
ZOOMS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0)
WIDEST_FIRST = 1100
"""Logical pixels a page is wide at most when it is shown first: more than that is larger than print."""
BOX_SHARE = 0.82
"""How much of the view's width a passage takes when it is shown first."""


class Sheet(QWidget):
    """The page itself, painted at the size it was rendered for."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "Page")
        self._image = QImage()
        self._boxes: tuple[Box, ...] = ()

    def show_page(self, page: PageImage, boxes: Sequence[Box], ratio: float) -> None:
        image = QImage(page.rgb, page.width, page.height, page.width * 3, QImage.Format.Format_RGB888)
        self._image = image.copy()
        self._image.setDevicePixelRatio(ratio)
        self._boxes = tuple(boxes)
        marked = f", {len(boxes)} marked places" if boxes else ""
        self.setAccessibleDescription(f"Page {page.page} of {page.page_count}{marked}")
        self.setFixedSize(self._image.deviceIndependentSize().toSize())
        self.update()

    @property
    def boxes(self) -> tuple[Box, ...]:
        return self._boxes

    def place_of(self, box: Box) -> QRectF:
        """A box in the sheet's own pixels."""
        width, height = self.width(), self.height()
        return QRectF(
            box.left * width,
            box.top * height,
            (box.right - box.left) * width,
            (box.bottom - box.top) * height,
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawImage(QPoint(0, 0), self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for box in self._boxes:
            place = self.place_of(box).adjusted(-1.5, -1, 1.5, 1)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
            painter.fillRect(place, QColor(BOX_FILL))
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
            painter.setPen(QPen(QColor(BOX_EDGE), 1))
            painter.drawRect(place)


class PageView(QScrollArea):
    """Scrolls and zooms a sheet. `wanted` asks for the page at another width in device pixels."""

    wanted = Signal(int)

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        named(self, "Original page")
        self.setProperty("kind", "page")
        self._look = appearance
        self.sheet = Sheet()
        self.setWidget(self.sheet)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._zoom = 1.0
        self._free = False
        self._expected: tuple[Box, ...] = ()
        self._asked_width = 0
        self._drag: QPoint | None = None

    def begin(self, boxes: Sequence[Box]) -> None:
        """A page is about to be shown: chooses the zoom at which its passage can be read, and asks for it."""
        self._expected = tuple(boxes)
        self._free = False
        self._fit()
        self._ask(again=True)

    def show_page(self, page: PageImage, boxes: Sequence[Box]) -> None:
        self.sheet.show_page(page, boxes, self.devicePixelRatioF())
        if not self._free or page.width != self._asked_width:
            self._go_to_boxes()

    def zoom(self, steps: int) -> None:
        nearest = min(range(len(ZOOMS)), key=lambda place: abs(ZOOMS[place] - self._zoom))
        self._zoom = ZOOMS[max(0, min(len(ZOOMS) - 1, nearest + steps))]
        self._ask()
        self._free = True

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            self._free = True
            super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._drag = event.position().toPoint()
        self._free = True

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            return
        moved = event.position().toPoint() - self._drag
        self._drag = event.position().toPoint()
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - moved.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() - moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._asked_width:
            return
        if not self._free:
            self._fit()
            self._go_to_boxes()
        self._ask()

    def sizeHint(self) -> QSize:
        return QSize(300, 240)

    def _fit(self) -> None:
        """The largest zoom at which the widest line of the passage fits; free once the reader moves the page."""
        widest = max((box.right - box.left for box in self._expected), default=1.0)
        room = max(1, self.viewport().width())
        fitting = [zoom for zoom in ZOOMS if zoom * widest <= BOX_SHARE and zoom * room <= WIDEST_FIRST]
        self._zoom = fitting[-1] if self._expected and fitting else 1.0

    def _ask(self, again: bool = False) -> None:
        width = round((self.viewport().width() - 2) * self._zoom * self.devicePixelRatioF())
        if again or width != self._asked_width:
            self._asked_width = max(width, 64)
            self.wanted.emit(self._asked_width)

    def _go_to_boxes(self) -> None:
        places = [self.sheet.place_of(box) for box in self.sheet.boxes]
        if not places:
            self.verticalScrollBar().setValue(0)
            self.horizontalScrollBar().setValue((self.sheet.width() - self.viewport().width()) // 2)
            return
        whole = places[0]
        for place in places[1:]:
            if abs(place.center().x() - places[0].center().x()) < places[0].width():
                whole = whole.united(place)
        centre = whole.center().toPoint()
        self.horizontalScrollBar().setValue(centre.x() - self.viewport().width() // 2)
        self.verticalScrollBar().setValue(centre.y() - self.viewport().height() // 2)


class TextView(QPlainTextEdit):
    """The text of an original with the cited span marked and in view."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        named(self, "Original text")
        self._look = appearance
        self._span: tuple[int, int] | None = None
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        appearance.changed.connect(self._mark)

    def show_text(self, document: Document, place: Place | None) -> None:
        self.setPlainText(document.text)
        self._span = None
        if place is not None:
            start, length = place.offset, place.length
            before = document.text[:start]
            # QTextDocument counts UTF-16 units, the place counts code points.
            first = len(before.encode("utf-16-le")) // 2
            self._span = first, len(document.text[start : start + length].encode("utf-16-le")) // 2
        self._mark()

    def _mark(self) -> None:
        if self._span is None:
            self.setExtraSelections([])
            return
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._span[0])
        cursor.setPosition(self._span[0] + self._span[1], QTextCursor.MoveMode.KeepAnchor)
        look = QTextCharFormat()
        look.setBackground(QColor(self._look.palette.selection))
        look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.DotLine)
        look.setUnderlineColor(QColor(self._look.palette.accent))
        marked = QTextEdit.ExtraSelection()
        marked.cursor = cursor
        marked.format = look
        self.setExtraSelections([marked])
        shown = QTextCursor(self.document())
        shown.setPosition(self._span[0])
        self.setTextCursor(shown)
        self.centerCursor()
