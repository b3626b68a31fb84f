"""The numbers behind the line under the message field: parts as a bar, window, cost, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QLabel, QWidget

from chatapp.conversation.forecast import PARTS, Forecast
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.composer.outlook_words import Outlook, cost_words, notes, tokens_words, warning
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.spending import spending_words
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import button, column, label, named, row, while_there
from chatapp.protocol.json_types import shortened

if TYPE_CHECKING:
    from chatapp.desktop.composer.outlook import OutlookLine

WIDTH = 380
BAR_HEIGHT = 12
LONGEST_NAME = 24
SWATCH = 10
BETWEEN = 2
"""Pixels between two parts of the bar."""
SHADES = {"instructions": 0.3, "history": 1.0, "files": 0.45, "question": 0.7, "tools": 0.18}
"""How strong the accent is in each part: neighbours differ."""
TITLES = {
    "instructions": "Instructions",
    "history": "Turns before",
    "files": "Files and images",
    "question": "Question",
    "tools": "Tools and form",
}


class OutlookPopup(QFrame):
    """Above the line while it is open; Esc or a click elsewhere closes it."""

    def __init__(self, line: OutlookLine, desk: Desk, errands: Errands, look: Appearance) -> None:
        super().__init__(line.window(), Qt.WindowType.Popup)
        named(self, "What this will take, in numbers")
        self.setProperty("kind", "popup")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._line, self._desk, self._errands = line, desk, errands
        self._scale = look.interface_scale
        self.bar = PartsBar(look)
        self._numbers = QGridLayout()
        self._numbers.setHorizontalSpacing(GAP_8)
        self._numbers.setVerticalSpacing(GAP_4)
        self._numbers.setColumnStretch(1, 1)
        self._rows = {name: self._row(at, name, look) for at, name in enumerate(PARTS)}
        self.total, self.cost = label(kind="strong"), label(kind="strong")
        self.warning = label(kind="warning", wrap=True)
        self.said = label(kind="caption", wrap=True)
        self.spent = label(spending_words(desk.path, desk.cost_of), "caption", wrap=True)
        self.counts = named(QCheckBox(), "Let the server count while I write")
        self.counts.hide()
        self.counts.clicked.connect(self._want)
        self.prices = button("Prices…", self._ask_prices, "link", "Change the prices")
        self._lay()
        self.spent.setVisible(bool(self.spent.text()))
        line.told.connect(self._fill)
        self._fill()
        self._ask_wanted()

    def open(self) -> None:
        """Over the line, with the keyboard in it."""
        self.ensurePolished()
        self.setFixedWidth(min(round(WIDTH * self._scale), self._line.window().width() - 2 * GAP_16))
        self._place()
        self.show()
        self.prices.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _lay(self) -> None:
        heads = row(self.total, 1, self.cost, gap=GAP_8)
        foot = row(1, self.prices, gap=GAP_8)
        parts = (heads, self.bar, self._numbers, self.warning, self.said, self.spent, self.counts, foot)
        self.setLayout(column(*parts, gap=GAP_12, edge=GAP_16))

    def _place(self) -> None:
        height = self.layout().totalHeightForWidth(self.width())  # type: ignore[union-attr]
        self.setFixedHeight(height)
        above = self._line.mapToGlobal(QPoint(0, -GAP_4 - height))
        window = self._line.window().geometry()
        left = max(window.left() + GAP_8, min(above.x(), window.right() - self.width() - GAP_8))
        self.move(left, max(window.top() + GAP_8, above.y()))

    def _row(self, at: int, name: str, look: Appearance) -> tuple[QWidget, QLabel, QLabel]:
        cells = Swatch(look, SHADES[name]), label(TITLES[name]), label()
        cells[2].setAlignment(Qt.AlignmentFlag.AlignRight)
        for place, cell in enumerate(cells):
            self._numbers.addWidget(cell, at, place)
        return cells

    def _fill(self) -> None:
        outlook = self._line.outlook
        if outlook is None:
            self.close()
            return
        expected = outlook.expected
        self.total.setText(f"{tokens_words(expected)} in")
        self.cost.setText(cost_words(outlook))
        self.warning.setText(warning(outlook))
        self.warning.setVisible(outlook.is_full)
        self.said.setText("\n".join(notes(outlook)))
        self.bar.show_parts(expected)
        for name, cells in self._rows.items():
            tokens = getattr(expected, name)
            uncounted = name == "files" and expected.uncounted
            cells[2].setText(f"{tokens:,} and more" if uncounted else f"{tokens:,}")
            for cell in cells:
                cell.setVisible(bool(tokens or uncounted))
        if self.isVisible():
            self._place()

    def _ask_wanted(self) -> None:
        head = self._desk.head
        if head is not None:
            server = head.server
            self._errands.run(
                lambda app: app.counting.wanted(server), then=while_there(self, self._show_wanted)
            )

    def _show_wanted(self, wanted: bool | None) -> None:
        outlook: Outlook | None = self._line.outlook
        if wanted is None or outlook is None:
            return
        words = f"Let {shortened(outlook.server, LONGEST_NAME)} count while I write"
        self.counts.setText(words.replace("&", "&&"))
        self.counts.setToolTip("What you type is sent there to be counted before you send it.")
        self.counts.setChecked(wanted)
        self.counts.show()
        self._place()

    def _want(self, wanted: bool) -> None:
        head, line = self._desk.head, self._line
        if head is not None:
            server = head.server
            self._errands.run(lambda app: app.counting.want(server, wanted), lambda _none: line.ask_again())

    def _ask_prices(self) -> None:
        self.close()
        self._line.prices_asked.emit()


class PartsBar(QWidget):
    """The parts beside each other, as wide as their share; its words are its accessible description."""

    def __init__(self, look: Appearance) -> None:
        super().__init__()
        named(self, "Tokens by part")
        self._look = look
        self._parts: list[tuple[float, float]] = []
        self.setFixedHeight(BAR_HEIGHT)

    def show_parts(self, expected: Forecast) -> None:
        whole = max(1, expected.about)
        found = [(name, getattr(expected, name)) for name in PARTS if getattr(expected, name)]
        self._parts = [(tokens / whole, SHADES[name]) for name, tokens in found]
        self.setAccessibleDescription(", ".join(f"{TITLES[name]} {tokens:,}" for name, tokens in found))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        room = self.width() - BETWEEN * max(0, len(self._parts) - 1)
        left = 0.0
        for share, strength in self._parts:
            width = max(1.0, room * share)
            painter.setBrush(_shade(self._look, strength))
            painter.drawRoundedRect(QRectF(left, 0, width, self.height()), 2, 2)
            left += width + BETWEEN


class Swatch(QWidget):
    def __init__(self, look: Appearance, strength: float) -> None:
        super().__init__()
        self._look, self._strength = look, strength
        self.setFixedSize(QSize(SWATCH, SWATCH))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), _shade(self._look, self._strength))


def _shade(look: Appearance, strength: float) -> QColor:
    """The accent, mixed with the ground."""
    accent, ground = QColor(look.palette.accent), QColor(look.palette.surface)
    pairs = ((accent.red(), ground.red()), (accent.green(), ground.green()), (accent.blue(), ground.blue()))
    return QColor(*(round(one * strength + other * (1 - strength)) for one, other in pairs))
