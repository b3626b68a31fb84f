"""Where a page lies: it scrolls, zooms, lets its text be selected, and turns pages at its ends."""

from collections.abc import Callable, Sequence
from enum import Enum, auto

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QScrollArea

from chatapp.desktop.panels.page_text import is_text_at, nearest, word_at
from chatapp.desktop.panels.sheet import Sheet
from chatapp.desktop.widgets import named
from chatapp.documents.model import Box, PageImage, PageText

ZOOMS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)
"""In widths of the view."""
WIDEST_FIRST = 1100
"""Logical pixels a page is wide at most when it is shown first: more than that is larger than print."""
BOX_SHARE = 0.82
"""How much of the view's width a passage takes when it is shown first."""
EDGE = 2
LEAST_WIDTH = 64


class Fit(Enum):
    """What the size of the page follows: the marked passage, the view's width, the view as a whole, or the reader."""

    PASSAGE = auto()
    WIDTH = auto()
    PAGE = auto()
    FREE = auto()


class PageView(QScrollArea):
    """`wanted` asks for the page at another width in device pixels, `turned` for the page so many further on, `ended`
    for the last page (1) or the first (-1), `search_asked` for a field to search in."""

    wanted = Signal(int)
    turned = Signal(int)
    ended = Signal(int)
    search_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "Original page")
        self.setProperty("kind", "page")
        self.sheet = Sheet()
        self.setWidget(self.sheet)
        self.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAlwaysOn
        )  # one that comes changes the width
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self._zoom = 1.0
        self._fit = Fit.PASSAGE
        self._moved = False
        self._expected: tuple[Box, ...] = ()
        self._asked_width = 0
        self._drag: QPoint | None = None
        self._anchor: int | None = None
        self._keys = self._table_of_keys()

    def begin(self, boxes: Sequence[Box], afresh: bool = True) -> None:
        """A page is about to be shown: chooses its size, and asks for it. `afresh`: whatever the reader had set."""
        self._expected = tuple(boxes)
        self._moved = False
        if afresh:
            self._fit = Fit.PASSAGE
        self.sheet.forget_text()
        self._measure()
        self._ask(again=True)

    def width_for(self, boxes: Sequence[Box]) -> int:
        """How many device pixels wide a page with these boxes is shown first."""
        return self._device_width(self._zoom_for(boxes))

    def show_page(self, page: PageImage, boxes: Sequence[Box]) -> None:
        self.sheet.show_page(page, boxes, self.devicePixelRatioF())
        if self._fit is Fit.PAGE and not self._moved:
            self._measure()
            self._ask()
        if not self._moved:
            self._go_to_boxes()

    def show_text(self, text: PageText) -> None:
        """The characters of the page on screen, which can be selected from now on."""
        self.sheet.text = text

    def show_found(self, start: int, end: int) -> None:
        """Marks a span of the page's text and brings it into view."""
        self.sheet.mark_found(start, end)
        if self.sheet.found:
            self._moved = True
            self._centre(self.sheet.place_of(self.sheet.found[0]).center())

    def fit(self, fit: Fit) -> None:
        self._fit, self._moved = fit, False
        self._measure()
        self.sheet.stretch(self._width_at(self._zoom))
        self._go_to_boxes()
        self._ask()

    def zoom(self, steps: int, at: QPoint | None = None) -> None:
        """A step larger or smaller; what is at a point of the view, else in its middle, stays there."""
        nearer = [zoom for zoom in ZOOMS if zoom > self._zoom * 1.01 or zoom < self._zoom * 0.99]
        sought = [zoom for zoom in nearer if (zoom > self._zoom) == (steps > 0)]
        if not sought:
            return
        self._zoom = sought[0] if steps > 0 else sought[-1]
        self._fit, self._moved = Fit.FREE, True
        at = at or self.viewport().rect().center()
        x, y = self.sheet.share_of(QPointF(self.sheet.mapFrom(self.viewport(), at)))
        self.sheet.stretch(self._width_at(self._zoom))
        self.horizontalScrollBar().setValue(round(x * self.sheet.width()) - at.x())
        self.verticalScrollBar().setValue(round(y * self.sheet.height()) - at.y())
        self._ask()

    def copy(self) -> None:
        """The selected text to the clipboard."""
        if text := self.sheet.selected_text:
            QGuiApplication.clipboard().setText(text)

    def select_all(self) -> None:
        if self.sheet.text is not None:
            self.sheet.select(0, len(self.sheet.text.text))

    def event(self, event: QEvent) -> bool:
        """Keys that mean something here are not the window's."""
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if is_override and isinstance(event, QKeyEvent) and self._action(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self._action(event)
        if action is not None:
            action()
        elif event.key() in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp, Qt.Key.Key_Space):
            self._scroll_or_turn(-1 if event.key() == Qt.Key.Key_PageUp else 1)
        else:
            self._moved = True
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(1 if event.angleDelta().y() > 0 else -1, event.position().toPoint())
            event.accept()
        else:
            self._moved = True
            super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        self._moved = True
        text = self.sheet.text
        if event.button() == Qt.MouseButton.LeftButton and text is not None and self._is_text(point):
            self._anchor = nearest(text, *self._share(point))
            self.sheet.select(0, 0)
        else:
            self._drag = point

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = event.position().toPoint()
        if self._anchor is not None and self.sheet.text is not None:
            self.sheet.select(self._anchor, nearest(self.sheet.text, *self._share(point)) or 0)
            self.ensureVisible(*self.sheet.mapFrom(self.viewport(), point).toTuple(), 8, 8)
        elif self._drag is not None:
            moved, self._drag = point - self._drag, point
            self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - moved.x())
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() - moved.y())
        else:
            shape = Qt.CursorShape.IBeamCursor if self._is_text(point) else Qt.CursorShape.OpenHandCursor
            self.viewport().setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = self._anchor = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        point, text = event.position().toPoint(), self.sheet.text
        if text is not None and self._is_text(point):
            self.sheet.select(*word_at(text, nearest(text, *self._share(point)) or 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._asked_width:
            return
        self._measure()
        if not self._moved:
            self._go_to_boxes()
        self._ask()

    def sizeHint(self) -> QSize:
        return QSize(300, 240)

    def _width_at(self, zoom: float) -> int:
        """In logical pixels."""
        return max(round((self.viewport().width() - EDGE) * zoom), LEAST_WIDTH)

    def _device_width(self, zoom: float) -> int:
        return round(self._width_at(zoom) * self.devicePixelRatioF())

    def _zoom_for(self, boxes: Sequence[Box]) -> float:
        """The largest at which the widest line of a passage fits."""
        widest = max((box.right - box.left for box in boxes), default=1.0)
        room = max(1, self.viewport().width())
        fitting = [zoom for zoom in ZOOMS if zoom * widest <= BOX_SHARE and zoom * room <= WIDEST_FIRST]
        return max(fitting[-1], 1.0) if boxes and fitting else 1.0

    def _measure(self) -> None:
        """The zoom that the fit asks for."""
        room = max(1, self.viewport().width())
        if self._fit is Fit.PASSAGE:
            self._zoom = self._zoom_for(self._expected)
        elif self._fit is Fit.WIDTH:
            self._zoom = 1.0
        elif self._fit is Fit.PAGE:
            self._zoom = min(1.0, self.viewport().height() / (room * self.sheet.shape))

    def _ask(self, again: bool = False) -> None:
        width = self._device_width(self._zoom)
        if again or width != self._asked_width:
            self._asked_width = width
            self.wanted.emit(width)

    def _go_to_boxes(self) -> None:
        places = [self.sheet.place_of(box) for box in self.sheet.boxes]
        if not places:
            self.verticalScrollBar().setValue(0)
            self.horizontalScrollBar().setValue((self.sheet.width() - self.viewport().width()) // 2)
            return
        self._centre(seen_together(places, self.viewport().size()).center())

    def _centre(self, point: QPointF) -> None:
        self.horizontalScrollBar().setValue(round(point.x()) - self.viewport().width() // 2)
        self.verticalScrollBar().setValue(round(point.y()) - self.viewport().height() // 2)

    def _share(self, point: QPoint) -> tuple[float, float]:
        return self.sheet.share_of(QPointF(self.sheet.mapFrom(self.viewport(), point)))

    def _is_text(self, point: QPoint) -> bool:
        return self.sheet.text is not None and is_text_at(self.sheet.text, *self._share(point))

    def _scroll_or_turn(self, by: int) -> None:
        bar = self.verticalScrollBar()
        if bar.value() == (bar.maximum() if by > 0 else bar.minimum()):
            self.turned.emit(by)
        else:
            self._moved = True
            bar.setValue(bar.value() + by * bar.pageStep())

    def _action(self, event: QKeyEvent) -> Callable[[], object] | None:
        for standard, act in self._keys[1].items():
            if event.matches(standard):
                return act
        is_plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.ShiftModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        return self._keys[0].get(event.text().lower()) if is_plain and event.text() else None

    def _table_of_keys(
        self,
    ) -> tuple[dict[str, Callable[[], object]], dict[QKeySequence.StandardKey, Callable[[], object]]]:
        standard = QKeySequence.StandardKey
        signs: dict[str, Callable[[], object]] = {
            "+": lambda: self.zoom(1),
            "=": lambda: self.zoom(1),
            "-": lambda: self.zoom(-1),
            "0": lambda: self.fit(Fit.PASSAGE),
            "w": lambda: self.fit(Fit.WIDTH),
            "p": lambda: self.fit(Fit.PAGE),
            "/": self.search_asked.emit,
        }
        return signs, {
            standard.Copy: self.copy,
            standard.SelectAll: self.select_all,
            standard.Find: self.search_asked.emit,
            standard.MoveToStartOfLine: lambda: self.ended.emit(-1),
            standard.MoveToEndOfLine: lambda: self.ended.emit(1),
        }


def seen_together(places: Sequence[QRectF], room: QSize) -> QRectF:
    """The beginning of a passage, whose boxes come in reading order: as much of it as the room shows at once."""
    whole = places[0]
    for place in places[1:]:
        grown = whole.united(place)
        if grown.width() > room.width() or grown.height() > room.height():
            break
        whole = grown
    return whole
