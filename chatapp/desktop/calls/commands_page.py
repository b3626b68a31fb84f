"""The page of the settings for functions: whether local commands may run at all, and which there are."""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QListWidget, QListWidgetItem, QWidget
from shiboken6 import isValid

from chatapp.conversation.commands import Command, shown
from chatapp.desktop.calls.command_dialog import CommandDialog
from chatapp.desktop.loop import Errands
from chatapp.desktop.theme import GAP_8, GAP_12, GAP_16, GAP_24
from chatapp.desktop.widgets import Icons, button, column, label, named, row

SWITCH = "Allow local commands for functions"
ABOUT = (
    "A model asks for a function; you write the result, or a command on this computer makes it. "
    "Each run is shown and asked for first. Commands are kept here and never come from a model or an import."
)
NONE = "No function has a command yet."


class CommandsPage(QWidget):
    """`changed` tells of the switch and of the commands."""

    changed = Signal()

    def __init__(self, errands: Errands, icons: Icons) -> None:
        super().__init__()
        self._errands = errands
        self._commands: Mapping[str, Command] = {}
        self.switch = named(QCheckBox(SWITCH), SWITCH)
        self.switch.clicked.connect(self._allow)
        self.list = named(QListWidget(), "Commands of functions")
        self.list.setProperty("kind", "boxed")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemActivated.connect(lambda _item: self._edit())
        self.list.currentRowChanged.connect(lambda _row: self._follow())
        self._none = label(NONE, "secondary")
        self.add = icons.put(button("Add a command", lambda: self._open("", None)), "plus")
        self.change = button("Change…", self._edit, name="Change the command")
        foot = row(self.add, self.change, 1, gap=GAP_8)
        layout = column(
            self.switch,
            label(ABOUT, "secondary", wrap=True),
            label("Commands", "caption"),
            self._none,
            self.list,
            foot,
            1,
            gap=GAP_8,
        )
        layout.setStretch(4, 1000)
        layout.insertSpacing(2, GAP_12)
        layout.setContentsMargins(GAP_24, GAP_16, GAP_24, GAP_12)
        self.setLayout(layout)
        self._errands.run(lambda app: app.commands.allowed(), then=self._show_allowed)
        self._read()

    def _allow(self, allowed: bool) -> None:
        self._errands.run(lambda app: app.commands.allow(allowed), then=lambda _none: self._tell())

    def _tell(self) -> None:
        if isValid(self):
            self.changed.emit()

    def _show_allowed(self, allowed: bool) -> None:
        if isValid(self):
            self.switch.setChecked(allowed)

    def _read(self) -> None:
        self._errands.run(lambda app: app.commands.all(), then=self._fill)

    def _fill(self, commands: Mapping[str, Command]) -> None:
        if not isValid(self):
            return
        self._commands = commands
        self.list.clear()
        for name, command in commands.items():
            item = QListWidgetItem(f"{name}  ·  {shown(command.argv)}")
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.list.addItem(item)
        self._follow()

    def _follow(self) -> None:
        self._none.setVisible(not self._commands)
        self.list.setVisible(bool(self._commands))
        self.change.setVisible(bool(self._commands))
        self.change.setEnabled(self.list.currentItem() is not None)

    def _edit(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            name = str(item.data(Qt.ItemDataRole.UserRole))
            self._open(name, self._commands.get(name))

    def _open(self, name: str, command: Command | None) -> None:
        dialog = CommandDialog(self, self._errands, name, command)
        dialog.saved.connect(self._saved)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _saved(self) -> None:
        self._read()
        self.changed.emit()
