"""The frame of a dialog that edits one value: what is wrong stands at its foot, and Save waits until nothing is.

Opened, never executed. What was typed and not saved is there again when the same value is edited next.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QLayout, QWidget

from chatapp.desktop.theme import GAP_12, GAP_16
from chatapp.desktop.widgets import button, column, label, named, restyle, row
from chatapp.protocol.json_types import Json


class EditDialog(QDialog):
    """`saved` carries the new value. A subclass makes its fields, calls `lay`, and says what they hold."""

    saved = Signal(object)

    def __init__(self, parent: QWidget, title: str, size: tuple[int, int]) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        named(self, title)
        self._size = size
        self.begun: Json = None
        """What the fields held when they were first filled."""
        self.problem = label(kind="danger", wrap=True)
        self.save = button("Save", self._save, "primary")
        self.save.setDefault(True)

    def value(self) -> Json:
        """What the fields say. Only asked for where `fault` says nothing."""
        raise NotImplementedError

    def fault(self) -> str:
        """Why this cannot be saved, in a sentence; "" where it can."""
        raise NotImplementedError

    def state(self) -> Json:
        """All that was typed, right or wrong, to be shown again by `show_state`."""
        raise NotImplementedError

    def show_state(self, state: Json) -> None:
        raise NotImplementedError

    def lay(self, content: QLayout) -> None:
        foot = row(self.problem, button("Cancel", self.reject), self.save, gap=GAP_12)
        foot.setStretch(0, 1)
        whole = column(content, foot, gap=GAP_16, edge=GAP_16)
        whole.setStretch(0, 1)
        self.setLayout(whole)
        self.resize(*self._size)
        self.begun = self.state()
        self.follow()

    def follow(self) -> None:
        """The fields hold something else: says what is wrong with it, and calmly while nothing was typed."""
        fault = self.fault()
        self.problem.setText(fault)
        restyle(self.problem, kind="caption" if self.state() == self.begun else "danger")
        self.save.setEnabled(not fault)

    def _save(self) -> None:
        self.follow()
        if self.save.isEnabled():
            self.begun = self.state()
            self.saved.emit(self.value())
            self.accept()


class Unsaved:
    """What was typed in the dialogs of one control and not saved, by the value that was being edited."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Json, Json]] = {}

    def open(self, key: str, edited: Json, dialog: EditDialog) -> None:
        """Opens a dialog on a value; with what was typed over the same value before."""
        kept = self._kept.pop(key, None)
        if kept is not None and kept[0] == edited:
            dialog.show_state(kept[1])
            dialog.follow()
        dialog.rejected.connect(lambda: self._keep(key, edited, dialog))
        dialog.finished.connect(dialog.deleteLater)
        dialog.setWindowModality(Qt.WindowModality.WindowModal)
        dialog.open()

    def _keep(self, key: str, edited: Json, dialog: EditDialog) -> None:
        state = dialog.state()
        if state != dialog.begun:
            self._kept[key] = (edited, state)
