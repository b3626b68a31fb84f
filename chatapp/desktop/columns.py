"""The window's three columns. The outer two are remembered, and become drawers over the middle when room is short."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QWidget

from chatapp.desktop.theme import (
    GAP_8,
    GAP_12,
    LEFT_OVERLAY_BELOW,
    LEFT_WIDTH,
    RIGHT_OVERLAY_BELOW,
    RIGHT_WIDTH,
)
from chatapp.desktop.widgets import Icons, button, frame, label, restyle, row

LEAST_LEFT = 200
LEAST_MIDDLE = 360
DRAWER_MARGIN = 48
HEAD_HEIGHT = 40
WIDEST_DRAWER = 420


class Columns(QWidget):
    """`rearranged` tells that a column was shown, hidden or became a drawer, `closed` that its cross was pressed."""

    rearranged = Signal()
    closed = Signal()

    def __init__(self, left: QWidget, middle: QWidget, right: QWidget, icons: Icons) -> None:
        super().__init__()
        self.left, self.middle, self.right = left, middle, right
        self.left_open, self.right_open = True, True
        self.left_width, self.right_width = LEFT_WIDTH, RIGHT_WIDTH
        self._drawn: set[QWidget] = set()
        for column in (left, right):
            column.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
            column.setProperty("kind", "window")
        left.setMinimumWidth(LEAST_LEFT)
        middle.setMinimumWidth(LEAST_MIDDLE)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        for place, column in enumerate((left, middle, right)):
            self._splitter.addWidget(column)
            self._splitter.setStretchFactor(place, int(column is middle))
        self._splitter.splitterMoved.connect(self._moved)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)
        self._heads = {left: self._head("Conversations", icons), right: self._head("Panels", icons)}
        self._scale = 1.0

    @property
    def crosses(self) -> tuple[QWidget, ...]:
        """The strips over the drawers, each with the button that closes it."""
        return tuple(self._heads.values())

    def is_drawer(self, column: QWidget) -> bool:
        return column in self._drawn

    def toggle_left(self) -> None:
        self._toggle(self.left)

    def toggle_right(self) -> None:
        self._toggle(self.right)

    def open_right(self) -> None:
        if not self.right.isVisibleTo(self):
            self._toggle(self.right)

    def close_drawers(self) -> bool:
        """Whether one was open."""
        shown = [drawer for drawer in self._drawn if drawer.isVisibleTo(self)]
        for drawer in shown:
            drawer.hide()
            self._heads[drawer].hide()
        if shown:
            self.rearranged.emit()
        return bool(shown)

    def enlarge_right(self) -> None:
        """Gives the right column half of the window, or what it had before."""
        half = self.width() // 2
        wide = self.right.width() >= half - 4
        self.right_width = RIGHT_WIDTH if wide else half
        self.arrange()

    def arrange(self) -> None:
        """Puts every column where the width allows."""
        self._place(self.left, self._is_short(LEFT_OVERLAY_BELOW), self.left_open)
        self._place(self.right, self._is_short(RIGHT_OVERLAY_BELOW), self.right_open)
        left = self.left_width if self.left_open and self.left not in self._drawn else 0
        right = self.right_width if self.right_open and self.right not in self._drawn else 0
        self._splitter.setSizes(
            [size for size, column in self._sizes(left, right) if column not in self._drawn]
        )
        self._lay_drawers()
        self.rearranged.emit()

    def follow_text_size(self, scale: float) -> None:
        """The text around the transcript is of another size: 1.0 is 100 %."""
        if scale != self._scale:
            self._scale = scale
            self.arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        crossed = {
            self._is_short(limit) != (column in self._drawn)
            for limit, column in ((LEFT_OVERLAY_BELOW, self.left), (RIGHT_OVERLAY_BELOW, self.right))
        }
        if True in crossed or event.oldSize().width() <= 0:
            self.arrange()
        else:
            self._lay_drawers()

    def _is_short(self, limit: int) -> bool:
        """Whether there is less room than `limit`, which is meant for text of 100 %: larger text needs more."""
        return self.width() < limit * max(self._scale, 1.0)

    def _sizes(self, left: int, right: int) -> list[tuple[int, QWidget]]:
        middle = max(LEAST_MIDDLE, self.width() - left - right)
        return [(left, self.left), (middle, self.middle), (right, self.right)]

    def _place(self, column: QWidget, as_drawer: bool, is_open: bool) -> None:
        if as_drawer and column not in self._drawn:
            self._drawn.add(column)
            column.setParent(self)
            column.hide()
            restyle(column, drawer="left" if column is self.left else "right")
        elif not as_drawer and column in self._drawn:
            self._drawn.discard(column)
            self._heads[column].hide()
            restyle(column, drawer="")
            self._splitter.insertWidget(0 if column is self.left else self._splitter.count(), column)
            self._splitter.setStretchFactor(self._splitter.indexOf(column), 0)
        if not as_drawer:
            column.setVisible(is_open)

    def _lay_drawers(self) -> None:
        for drawer in self._drawn:
            wide = max(RIGHT_WIDTH, min(self.right_width, WIDEST_DRAWER), drawer.minimumWidth())
            wish = self.left_width if drawer is self.left else wide
            width = min(wish, self.width() - DRAWER_MARGIN)
            left = 0 if drawer is self.left else self.width() - width
            drawer.setGeometry(left, HEAD_HEIGHT, width, self.height() - HEAD_HEIGHT)
            drawer.raise_()
            head = self._heads[drawer]
            head.setGeometry(left, 0, width, HEAD_HEIGHT)
            head.setVisible(drawer.isVisibleTo(self))
            head.raise_()

    def _head(self, name: str, icons: Icons) -> QFrame:
        """What stands over a column while it is a drawer: it covers the switch that opened it."""
        cross = button("", self._close, "icon", f"Close {name.lower()}", f"Close {name.lower()} (Esc)")
        line = row(label(name, "caption"), 1, icons.put(cross, "close"))
        line.setContentsMargins(GAP_12, 0, GAP_8, 0)
        head = frame("side-bar", line)
        head.setParent(self)
        head.hide()
        return head

    def _close(self) -> None:
        self.close_drawers()
        self.closed.emit()

    def _toggle(self, column: QWidget) -> None:
        shown = not column.isVisibleTo(self)
        if column in self._drawn:
            column.setVisible(shown)
            self._lay_drawers()
            self.rearranged.emit()
            return
        if column is self.left:
            self.left_open = shown
        else:
            self.right_open = shown
        self.arrange()

    def _moved(self) -> None:
        if self.left_open and self.left not in self._drawn:
            self.left_width = self.left.width()
        if self.right_open and self.right not in self._drawn:
            self.right_width = self.right.width()
