"""The right side: a row of tabs over the panels. A tab pressed with the arrow keys moves to its neighbour."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QPushButton, QStackedWidget, QWidget

from chatapp.desktop.theme import GAP_8, GAP_12, RIGHT_WIDTH
from chatapp.desktop.widgets import FollowsTextSize, button, column, frame, row

BAR_HEIGHT = 48
LEAST_WIDTH = 300
STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class PanelTabs(QWidget):
    """`shown` names the panel now in front."""

    shown = Signal(str)

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.setProperty("kind", "window")
        self.panels: dict[str, QWidget] = {}
        self._stack = QStackedWidget()
        self._group = QButtonGroup(self)
        self._tabs = {name: self._tab(name) for name in names}
        line = row(*self._tabs.values(), gap=0)
        line.setContentsMargins(GAP_12, 0, GAP_12, 0)
        bar = frame("side-bar", line)
        bar.setFixedHeight(BAR_HEIGHT)
        self.setLayout(column(bar, self._stack, gap=0))
        FollowsTextSize(self, self._fit)
        self.current = names[0]
        self._tabs[self.current].setChecked(True)

    def fill(self, panels: dict[str, QWidget]) -> None:
        """Puts the panels in, by the names of their tabs."""
        self.panels = panels
        for panel in panels.values():
            self._stack.addWidget(panel)
        self.show_panel(self.current)

    def show_panel(self, name: str) -> None:
        self.current = name
        self._tabs[name].setChecked(True)
        if name in self.panels:
            self._stack.setCurrentWidget(self.panels[name])
        self.shown.emit(name)

    def _fit(self) -> None:
        """Room for the words of all tabs, and so for the rows below them, at any text size."""
        words = sum(strong_width(self.font(), name) + 2 * GAP_8 for name in self._tabs)
        self.setMinimumWidth(max(LEAST_WIDTH, words + 2 * GAP_12))

    def sizeHint(self) -> QSize:
        return QSize(RIGHT_WIDTH, 600)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = STEPS.get(Qt.Key(event.key()))
        names = list(self._tabs)
        focused = next((name for name, tab in self._tabs.items() if tab.hasFocus()), None)
        if step is None or focused is None:
            super().keyPressEvent(event)
            return
        name = names[(names.index(focused) + step) % len(names)]
        self.show_panel(name)
        self._tabs[name].setFocus(Qt.FocusReason.TabFocusReason)

    def _tab(self, name: str) -> QPushButton:
        tab = button(name, lambda: self.show_panel(name), "tab", f"{name} panel")
        tab.setObjectName(f"{name.lower()}Tab")
        tab.setCheckable(True)
        FollowsTextSize(tab, lambda: tab.setMinimumWidth(strong_width(tab.font(), name) + 2 * GAP_8))
        self._group.addButton(tab)
        return tab


def strong_width(font: QFont, text: str) -> int:
    """How wide a text is once it is the chosen one."""
    strong = QFont(font)
    strong.setWeight(QFont.Weight.DemiBold)
    return QFontMetrics(strong).horizontalAdvance(text)
