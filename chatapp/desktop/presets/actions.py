"""What can be done with presets from the panel, the dialog and the command palette."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog, QMenu, QWidget

from chatapp.conversation.presets import Preset, differences
from chatapp.desktop.actions import Action
from chatapp.desktop.desk import Desk
from chatapp.desktop.in_force import in_force_now
from chatapp.desktop.loop import Errands
from chatapp.protocol.json_types import shortened

if TYPE_CHECKING:
    from chatapp.desktop.presets.dialog import PresetsDialog
    from chatapp.desktop.presets.files import PresetFiles

LONGEST_ENTRY = 44
ABOUT = (
    "It holds what is set now, defaults included. Libraries, and what a server keeps under an id, stay with their "
    "conversation."
)


class PresetActions(QObject):
    """`parent` is the window."""

    def __init__(self, parent: QWidget, desk: Desk, errands: Errands) -> None:
        super().__init__(parent)
        self._window, self._desk, self._errands = parent, desk, errands
        self._dialog: PresetsDialog | None = None
        self._files: PresetFiles | None = None
        """Kept: a signal does not keep what it calls."""

    def pop_up(self, over: QWidget) -> None:
        """The menu, below the button that asks for it."""
        self.menu(over).popup(over.mapToGlobal(over.rect().bottomLeft()))

    def menu(self, parent: QWidget) -> QMenu:
        """Save, manage, then every preset by its name; the one that is in force is ticked."""
        menu = QMenu(parent)
        menu.addAction("Save as a preset…", self.save)
        menu.addAction("Compare and manage…", self.manage)
        if self._desk.presets:
            menu.addSeparator()
        for preset in self._desk.presets:
            entry = menu.addAction(shortened(preset.name, LONGEST_ENTRY).replace("&", "&&"))
            entry.setToolTip(preset.name)
            entry.setCheckable(True)
            entry.setChecked(self._is_in_force(preset))
            entry.triggered.connect(lambda _checked, preset=preset: self.apply(preset))
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def commands(self) -> tuple[Action, ...]:
        """An action for every preset, for the command palette."""
        return tuple(
            Action(
                f"preset.apply.{preset.id}",
                f"Apply the preset “{preset.name}”",
                lambda _window, preset=preset: self.apply(preset),  # type: ignore[misc]
                drawing="sliders",
            )
            for preset in self._desk.presets
        )

    def save(self) -> None:
        from chatapp.desktop.presets.naming import NameDialog

        head = self._desk.head
        if head is None:
            return
        dialog = NameDialog(self._above(), "Save as a preset", "", ABOUT, self._desk.presets)
        dialog.saved.connect(lambda name: self._errands.run(lambda app: app.presets.save(name, head.id)))
        _open(dialog)

    def manage(self) -> None:
        """The dialog, once."""
        from chatapp.desktop.presets.dialog import PresetsDialog
        from chatapp.desktop.presets.files import PresetFiles

        if self._dialog is None:
            dialog = self._dialog = PresetsDialog(self._window, self._desk)
            files = self._files = PresetFiles(dialog, self._desk, self._errands, dialog.say)
            dialog.applied.connect(self.apply)
            dialog.renaming.connect(self._rename)
            dialog.replaced.connect(self._replace)
            dialog.deleted.connect(self._delete)
            dialog.sharing.connect(files.save)
            dialog.save_asked.connect(self.save)
            dialog.import_asked.connect(files.open)
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()
        self._dialog.list.setFocus()

    def apply(self, preset: Preset) -> None:
        head = self._desk.head
        if head is not None:
            self._errands.run(lambda app: app.presets.apply(preset.id, head.id))

    def _is_in_force(self, preset: Preset) -> bool:
        head = self._desk.head
        return head is not None and not differences(
            preset.parameters, in_force_now(self._desk, head).parameters
        )

    def _rename(self, preset: Preset) -> None:
        from chatapp.desktop.presets.naming import NameDialog

        others = [other for other in self._desk.presets if other.id != preset.id]
        dialog = NameDialog(self._above(), "Rename the preset", preset.name, "", others)
        dialog.saved.connect(lambda name: self._errands.run(lambda app: app.presets.rename(preset.id, name)))
        _open(dialog)

    def _replace(self, preset: Preset) -> None:
        head = self._desk.head
        if head is not None:
            self._errands.run(lambda app: app.presets.overwrite(preset.id, head.id))

    def _delete(self, preset: Preset) -> None:
        self._errands.run(lambda app: app.presets.delete(preset.id))

    def _above(self) -> QWidget:
        """What a question of this stands over."""
        return self._dialog if self._dialog is not None and self._dialog.isVisible() else self._window


def _open(dialog: QDialog) -> None:
    dialog.setWindowModality(Qt.WindowModality.WindowModal)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
