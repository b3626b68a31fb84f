"""The right side: a row of tabs over the panels. A tab pressed with the arrow keys moves to its neighbour."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QPushButton, QStackedWidget, QWidget

from chatapp.desktop.theme import GAP_12, RIGHT_WIDTH
from chatapp.desktop.widgets import button, column, frame, row

BAR_HEIGHT = 48
STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class PanelTabs(QWidget):
    """`shown` names the panel now in front."""

    shown = Signal(str)

    def __init__(self, panels: dict[str, QWidget]) -> None:
        super().__init__()
        self.setProperty("kind", "window")
        self.panels = panels
        self._stack = QStackedWidget()
        self._group = QButtonGroup(self)
        self._tabs: dict[str, QPushButton] = {}
        line = row(gap=0)
        line.setContentsMargins(GAP_12, 0, GAP_12, 0)
        for name, panel in panels.items():
            self._tabs[name] = self._tab(name)
            line.addWidget(self._tabs[name], 1)
            self._stack.addWidget(panel)
        bar = frame("side-bar", line)
        bar.setFixedHeight(BAR_HEIGHT)
        self.setLayout(column(bar, self._stack, gap=0))
        self.setMinimumWidth(300)
        self.show_panel(next(iter(panels)))

    @property
    def current(self) -> str:
        return next(name for name, panel in self.panels.items() if panel is self._stack.currentWidget())

    def show_panel(self, name: str) -> None:
        self._tabs[name].setChecked(True)
        self._stack.setCurrentWidget(self.panels[name])
        self.shown.emit(name)

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
        self._group.addButton(tab)
        return tab
