"""The small controls every panel is made of, each with its accessible name and its kind in the style sheet."""

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import Shiboken

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.icons import icon, pixmap
from chatapp.desktop.theme import ICON

NUMBER_EDGE = 8
CHECK_EDGES = 32
"""The square of a box to tick, its border and the gap before its words."""

T = TypeVar("T")
W = TypeVar("W", bound=QWidget)


def named(widget: W, name: str) -> W:
    """Gives a widget its accessible name, and the same in lowerCamelCase as objectName."""
    words = name.split()
    widget.setAccessibleName(name)
    widget.setObjectName(words[0].lower() + "".join(word.capitalize() for word in words[1:]))
    return widget


def label(text: str = "", kind: str = "", wrap: bool = False) -> QLabel:
    """Plain text: never read as markup, whatever it holds."""
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setWordWrap(wrap)
    if wrap:
        policy = result.sizePolicy()
        policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
        result.setSizePolicy(policy)
    if kind:
        result.setProperty("kind", kind)
    return result


class OneLine(QLabel):
    """Plain text on one line, also that of a file whose name has a line break; it ends in "…" where room is short, and
    the whole of it is in the tool tip."""

    def __init__(self, text: str = "", kind: str = "") -> None:
        super().__init__()
        self.setText(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("kind", kind)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:
        super().setText(" ".join(text.splitlines()))

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        room = self.contentsRect()
        words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)


def button(
    text: str,
    clicked: Callable[[], object] | None = None,
    kind: str = "",
    name: str | None = None,
    tip: str = "",
) -> QPushButton:
    """A button that takes the focus from the keyboard only, so that a click leaves no ring."""
    result = named(QPushButton(text), name or text)
    result.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    result.setAutoDefault(False)
    if kind:
        result.setProperty("kind", kind)
    if tip:
        result.setToolTip(tip)
    if clicked is not None:
        result.clicked.connect(lambda: clicked())
    return result


def menu_button(text: str, menu: QMenu, kind: str = "", name: str | None = None) -> QPushButton:
    """A button that opens a menu below itself."""
    result = button(text, lambda: menu.popup(result.mapToGlobal(result.rect().bottomLeft())), kind, name)
    menu.setParent(result, menu.windowFlags())
    return result


class FollowsTextSize(QObject):
    """Calls `fit` now and whenever the text size of a widget changes: for widths that are made for words."""

    def __init__(self, widget: QWidget, fit: Callable[[], object]) -> None:
        super().__init__(widget)
        self._fit = fit
        widget.installEventFilter(self)
        fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()
        return False


class ElidedCheck(QCheckBox):
    """A box to tick whose name ends in "…" where room is short; the whole of it is in the tool tip."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.setToolTip(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        FollowsTextSize(self, self._fit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - CHECK_EDGES
        words = self.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, room)
        if self.text() != (shown := words.replace("&", "&&")):
            self.setText(shown)


class CalmChoice(QComboBox):
    """A list that leaves the wheel to the panel it stands in, and is no wider than there is room."""

    def __init__(self, name: str) -> None:
        super().__init__()
        named(self, name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """A text for which there is no room ends with "…"."""
        super().initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        field = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self)
        option.currentText = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, field.width()
        )

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class NumberField(QSpinBox):
    """A whole number, with the room before and behind it that other fields have: a style sheet gives it none."""

    def __init__(self, name: str) -> None:
        super().__init__()
        named(self, name)
        self.lineEdit().setTextMargins(NUMBER_EDGE, 0, NUMBER_EDGE, 0)


class CalmSlider(QSlider):
    """A horizontal slider that leaves the wheel to the panel it stands in."""

    def __init__(self, name: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        named(self, name)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def spoken(field: QWidget, name: str) -> QLabel:
    """A label nobody sees, to be put beside a list: on Linux a list without one is announced by its value."""
    result = QLabel(name)
    result.setBuddy(field)
    result.hide()
    return result


def while_there(widget: QWidget, call: Callable[[T], object]) -> Callable[[T], object]:
    """The call, and nothing once the widget is gone: for answers that may come after a dialog was closed."""
    return lambda told: call(told) if Shiboken.isValid(widget) else None


class Icons:
    """Puts drawings on buttons in the palette's colours, and again whenever the palette changes."""

    def __init__(self, appearance: Appearance) -> None:
        self._look = appearance
        self._worn: dict[QPushButton, tuple[str, str]] = {}
        self._marks: dict[QLabel, tuple[str, str]] = {}
        appearance.changed.connect(self._repaint)

    def put(
        self, wearer: QPushButton, drawing: str, role: str = "secondary", size: int = ICON
    ) -> QPushButton:
        """`role` is a role of the palette."""
        if wearer not in self._worn:
            wearer.destroyed.connect(lambda: self._worn.pop(wearer, None))
        self._worn[wearer] = (drawing, role)
        wearer.setIconSize(QSize(size, size))
        self._draw(wearer)
        return wearer

    def mark(self, shown: QLabel, drawing: str | None, role: str = "secondary") -> None:
        """A drawing in place of a label's words; None for nothing."""
        if drawing is None:
            self._marks.pop(shown, None)
            shown.clear()
            return
        if shown not in self._marks:
            shown.destroyed.connect(lambda: self._marks.pop(shown, None))
        self._marks[shown] = (drawing, role)
        self._draw_mark(shown)

    def _draw_mark(self, shown: QLabel) -> None:
        drawing, role = self._marks[shown]
        scale = shown.devicePixelRatioF()
        shown.setPixmap(pixmap(drawing, getattr(self._look.palette, role), ICON, scale))

    def leave(self, wearer: QPushButton) -> None:
        """The button wears something of its own from now on."""
        self._worn.pop(wearer, None)

    def _draw(self, wearer: QPushButton) -> None:
        drawing, role = self._worn[wearer]
        palette = self._look.palette
        wearer.setIcon(icon(drawing, getattr(palette, role), wearer.iconSize().width(), palette.secondary))

    def _repaint(self) -> None:
        for wearer in self._worn:
            self._draw(wearer)
        for shown in self._marks:
            self._draw_mark(shown)


def column(*items: QWidget | QLayout | int, gap: int = 8, edge: int = 0) -> QVBoxLayout:
    """Widgets and layouts from top to bottom; a number is a stretch of that weight."""
    return _fill(QVBoxLayout(), items, gap, edge)


def row(*items: QWidget | QLayout | int, gap: int = 8, edge: int = 0) -> QHBoxLayout:
    """Widgets and layouts from left to right; a number is a stretch of that weight."""
    return _fill(QHBoxLayout(), items, gap, edge)


L = TypeVar("L", bound=QBoxLayout)


def _fill(layout: L, items: tuple[QWidget | QLayout | int, ...], gap: int, edge: int) -> L:
    layout.setSpacing(gap)
    layout.setContentsMargins(edge, edge, edge, edge)
    for item in items:
        if isinstance(item, int):
            layout.addStretch(item)
        elif isinstance(item, QWidget):
            layout.addWidget(item)
        else:
            layout.addLayout(item)
    return layout


def holding(layout: QLayout, widget: QWidget | None = None) -> QWidget:
    """A widget around a layout."""
    result = widget or QWidget()
    result.setLayout(layout)
    return result


def frame(kind: str, layout: QLayout | None = None) -> QFrame:
    result = QFrame()
    result.setProperty("kind", kind)
    if layout is not None:
        result.setLayout(layout)
    return result


def scrolling(content: QWidget) -> QScrollArea:
    """A vertical scroll area; the keyboard reaches what is inside, not the area. What is inside is as wide as the
    area, whatever it would like to be: nothing is out of sight at its right."""
    policy = content.sizePolicy()
    policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
    content.setSizePolicy(policy)
    area = QScrollArea()
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.viewport().setAutoFillBackground(False)
    content.setAutoFillBackground(False)
    return area


def restyle(widget: QWidget, **properties: Any) -> None:
    """Sets dynamic properties and lets the style sheet look again, if it has looked at the widget before."""
    if all(widget.property(name) == value for name, value in properties.items()):
        return
    for name, value in properties.items():
        widget.setProperty(name, value)
    if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def clear(layout: QLayout) -> None:
    """Empties a layout and deletes what was in it."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            clear(inner)
