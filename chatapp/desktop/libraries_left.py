"""Says which libraries stay behind when a conversation moves to another server: each server has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from chatapp.desktop.desk import Desk

if TYPE_CHECKING:
    from chatapp.conversation.tree import Conversation


class LibrariesLeft(QObject):
    """Watches the open conversation. The words go to the desk's notices."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._before: Conversation | None = None
        desk.opened.connect(self._look)
        desk.head_changed.connect(self._look)

    def _look(self) -> None:
        before, self._before = self._before, self._desk.head
        now = self._before
        if before is None or now is None or before.id != now.id or before.server == now.server:
            return
        if before.parameters.get("vector_stores"):
            self._tell(self._desk.server_name(before.server), self._desk.server_name(now.server))

    def _tell(self, left: str, chosen: str) -> None:
        from chatapp.conversation.changes import Notice

        words = f"Libraries of {left} are not on “{chosen}”; they are chosen again when you switch back."
        self._desk.noticed.emit(Notice(words))
