"""Chips of the parameters that shape an answer; `attachments` has those of the files that go along."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from chatapp.desktop.desk import Desk
from chatapp.desktop.widgets import Icons, clear

if TYPE_CHECKING:
    from chatapp.conversation.tree import Conversation


class Chip(NamedTuple):
    """`refused` says that it is not sent, and why; "" where it is."""

    parameter: str
    words: str
    refused: str = ""


class ParameterChips(QWidget):
    """What is set for this conversation, in a few words. `asked` names the parameter to show in the panel."""

    asked = Signal(str)

    def __init__(self, desk: Desk, icons: Icons) -> None:
        super().__init__()
        self._desk, self._icons = desk, icons
        self._shown: list[Chip] | None = None
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(8)
        self.hide()
        desk.head_changed.connect(self._show)
        desk.opened.connect(self._show)
        for told in (desk.stores_changed, desk.defaults_changed, desk.refusals_changed, desk.servers_changed):
            told.connect(self._show)

    def _show(self) -> None:
        head = self._desk.head
        chips = described(head, self._desk) if head is not None else []
        if chips == self._shown:
            return
        self._shown = chips
        clear(self._line)
        for chip in chips:
            self._line.addWidget(self._chip(*chip))
        self._line.addStretch(1)
        self.setVisible(bool(chips))

    def _chip(self, name: str, text: str, refused: str) -> QPushButton:
        from chatapp.desktop.composer.parameter_chip import ParameterChip

        chip = ParameterChip(text, shrinks=name == "vector_stores", refused=refused)
        chip.clicked.connect(lambda: self.asked.emit(name))
        chip.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        return self._icons.put(chip, "library", size=14) if name == "vector_stores" else chip


def described(head: Conversation, desk: Desk) -> list[Chip]:
    """The stores, the effort and the temperature that are set, by this conversation or by default; and a model that
    the server does not list."""
    from chatapp.desktop.in_force import in_force_now

    chips = []
    stores = head.parameters.get("vector_stores") or []
    if stores:
        names = ", ".join(_store_words(desk, head.server, store) for store in stores)
        chips.append(Chip("vector_stores", names))
    now = in_force_now(desk, head)
    if now.is_unlisted:
        chips.append(Chip("model", f"unknown model {now.model}"))
    for name, words in (("reasoning.effort", "effort"), ("temperature", "t")):
        setting = now.settings.get(name)
        if setting is not None and setting.value is not None:
            refusal = now.refusal(name)
            refused = f"not sent: {now.model or 'the server'} refuses it" if refusal else ""
            chips.append(Chip(name, f"{words} {setting.value}", refused))
    return chips


def _store_words(desk: Desk, server: str, store: str) -> str:
    """A library that is about to be deleted is still named: until then questions are asked of it."""
    name = desk.store_name(server, store)
    return f"{name} (deleted)" if desk.is_leaving(server, store) else name
