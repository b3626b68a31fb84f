"""Settings: the servers, and how the window looks. Opened, never executed: the window works on beside it."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QCheckBox,
    QDialog,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QRadioButton,
    QStackedWidget,
    QWidget,
)

from chatapp.desktop.appearance import CHOICES, SCALES, Appearance
from chatapp.desktop.calls.commands_page import CommandsPage
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.tabs import strong_width
from chatapp.desktop.prices.page import PricesPage
from chatapp.desktop.servers.drafts import NEW, ServerDrafts
from chatapp.desktop.servers.form import ConnectionForm
from chatapp.desktop.theme import GAP_8, GAP_12, GAP_16, GAP_24
from chatapp.desktop.widgets import FollowsTextSize, Icons, button, column, frame, holding, label, named, row

PAGES = ("Servers", "Appearance", "Functions", "Prices")
ENGINE = "engine"
LIST_WIDTH = 190
LIST_HEIGHT = 104
NARROW = 640
"""Below this width of the window the list of servers stands above the form."""
ANY = 16_777_215
"""Qt's word for a size without a limit."""
BESIDE, ABOVE = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}


class SettingsDialog(QDialog):
    """`look_chosen` carries a key of CHOICES and a text size, `commands_changed` tells of those for functions,
    `announcing_chosen` whether a screen reader is told of answers while they are written."""

    look_chosen = Signal(str, float)
    announcing_chosen = Signal(bool)
    commands_changed = Signal()

    def __init__(self, parent: QWidget, desk: Desk, errands: Errands, look: Appearance, icons: Icons) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        named(self, "Settings")
        self._desk, self._errands, self._look, self._icons = desk, errands, look, icons
        self._stack = QStackedWidget()
        self._stack.addWidget(self._servers())
        self._stack.addWidget(self._appearance())
        self.functions = CommandsPage(errands, icons)
        self.functions.changed.connect(self.commands_changed)
        self._stack.addWidget(self.functions)
        self.prices = PricesPage(desk, errands, icons)
        self._stack.addWidget(self.prices)
        tabs = row(gap=4)
        tabs.setContentsMargins(GAP_16, GAP_8, GAP_16, GAP_8)
        group = QButtonGroup(self)
        self._tabs = group
        for place, name in enumerate(PAGES):
            tab = button(name, partial(self._stack.setCurrentIndex, place), "tab")
            fit = partial(_fit_strong, tab)
            FollowsTextSize(tab, fit)
            tab.setCheckable(True)
            tab.setChecked(place == 0)
            group.addButton(tab, place)
            tabs.addWidget(tab)
        tabs.addStretch(1)
        close = button("Close", self.accept)
        foot = row(1, close)
        foot.setContentsMargins(GAP_16, GAP_8, GAP_16, GAP_16)
        layout = column(frame("side-bar", tabs), self._stack, foot, gap=0)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.resize(760, 620)
        desk.servers_changed.connect(self._fill)
        self._fill()
        self._begin()

    def show_page(self, name: str) -> None:
        """One of PAGES."""
        tab = self._tabs.button(PAGES.index(name))
        tab.click()
        tab.setFocus(Qt.FocusReason.OtherFocusReason)

    def done(self, result: int) -> None:
        """What was typed and not saved is there again when the settings are opened next."""
        self.form.leave()
        super().done(result)

    def _begin(self) -> None:
        """At what was left unsaved, else at the engine."""
        unsaved = next(iter(ServerDrafts.of(self._desk).typed), None)
        if unsaved == NEW:
            self.add_server()
            return
        wanted = unsaved if unsaved is not None and self._desk.connection(unsaved) is not None else ENGINE
        self._mark(wanted)
        self._show_current()

    def _servers(self) -> QWidget:
        self.list = named(QListWidget(), "Servers")
        self.list.setProperty("kind", "boxed")
        self.list.currentItemChanged.connect(lambda _now, _before: self._show_current())
        add = self._icons.put(button("Add a server", self.add_server), "plus")
        self.form = ConnectionForm(self._desk, self._errands, self._icons)
        self.form.removed.connect(self._removed)
        left = column(self.list, add, gap=GAP_8)
        self._line = row(left, self.form, gap=GAP_16)
        self._line.setStretch(1, 1)
        self._line.setContentsMargins(GAP_16, GAP_16, GAP_16, 0)
        return holding(self._line)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is no room for the list beside the form it stands above it."""
        super().resizeEvent(event)
        above = event.size().width() < NARROW
        self._line.setDirection(ABOVE if above else BESIDE)
        self.list.setMinimumSize(*((0, LIST_HEIGHT) if above else (LIST_WIDTH, 0)))
        self.list.setMaximumSize(*((ANY, LIST_HEIGHT) if above else (LIST_WIDTH, ANY)))

    def add_server(self) -> None:
        self.list.blockSignals(True)
        self.list.setCurrentRow(-1)
        self.list.blockSignals(False)
        self.form.begin_new()

    def _fill(self) -> None:
        """Lists the servers; the form stays as it is."""
        self.list.blockSignals(True)
        self.list.clear()
        for connection in self._desk.connections:
            item = QListWidgetItem(connection.name)
            item.setData(256, connection.id)
            self.list.addItem(item)
        self.list.blockSignals(False)
        self._mark(self.form.connection.id if self.form.connection is not None else NEW)

    def _mark(self, connection_id: str) -> None:
        """Marks a server in the list; none for one that is not there."""
        ids = [str(self.list.item(place).data(256)) for place in range(self.list.count())]
        self.list.blockSignals(True)
        self.list.setCurrentRow(ids.index(connection_id) if connection_id in ids else -1)
        self.list.blockSignals(False)

    def _show_current(self) -> None:
        item = self.list.currentItem()
        connection = self._desk.connection(str(item.data(256))) if item is not None else None
        if connection is not None:
            self.form.show_connection(connection)

    def _removed(self) -> None:
        self.form.cancel()
        self._mark(ENGINE)
        self._show_current()

    def _appearance(self) -> QWidget:
        themes = column(label("Theme", "strong"), gap=4)
        self._themes = self._radios(themes, dict(CHOICES), self._look.choice)
        sizes = column(label("Text size", "strong"), gap=4)
        scales = {str(scale): words for scale, words in SCALES.items()}
        self._sizes = self._radios(sizes, scales, str(self._look.scale))
        themes.addSpacing(GAP_12)
        themes.addWidget(label("Screen reader", "strong"))
        read = named(QCheckBox("Read answers as they arrive"), "Read answers as they arrive")
        read.setChecked(self._look.announces)
        read.toggled.connect(self.announcing_chosen)
        themes.addWidget(read)
        themes.addStretch(1)
        sizes.addStretch(1)
        line = row(themes, sizes, 1, gap=GAP_24 * 2)
        line.setContentsMargins(GAP_24, GAP_16, GAP_24, GAP_12)
        return holding(line)

    def _radios(self, into: QBoxLayout, choices: dict[str, str], chosen: str) -> QButtonGroup:
        group = QButtonGroup(self)
        for value, words in choices.items():
            radio = named(Choice(words), words)
            radio.setProperty("value", value)
            radio.setChecked(value == chosen)
            radio.clicked.connect(self._look_changed)
            group.addButton(radio)
            into.addWidget(radio)
        for choice in group.buttons():
            choice.toggled.connect(lambda _checked: _tab_to_checked(group))
        _tab_to_checked(group)
        return group

    def _look_changed(self) -> None:
        theme, size = self._themes.checkedButton(), self._sizes.checkedButton()
        if theme is not None and size is not None:
            self.look_chosen.emit(str(theme.property("value")), float(size.property("value")))


class Choice(QRadioButton):
    """One of a group: every arrow key chooses its neighbour, round the end."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = STEPS.get(Qt.Key(event.key()))
        group = self.group()
        if step is None or group is None:
            super().keyPressEvent(event)
            return
        kin = group.buttons()
        chosen = kin[(kin.index(self) + step) % len(kin)]
        chosen.setFocus(Qt.FocusReason.TabFocusReason)
        chosen.click()


def _tab_to_checked(group: QButtonGroup) -> None:
    """Tab enters a group at the choice that is made."""
    for choice in group.buttons():
        checked = choice.isChecked()
        choice.setFocusPolicy(Qt.FocusPolicy.StrongFocus if checked else Qt.FocusPolicy.ClickFocus)


def _fit_strong(tab: QPushButton) -> None:
    """Room for a tab's words when it is the chosen one."""
    tab.setMinimumWidth(strong_width(tab.font(), tab.text()) + 2 * GAP_12)
