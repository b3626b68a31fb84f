"""What opens over the window: the settings, what was deleted, the search test, a comparison, a file, a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatapp.conversation.tree import Turn
    from chatapp.desktop.appearance import Appearance
    from chatapp.desktop.conversations.deleted import DeletedDialog
    from chatapp.desktop.desk import Desk
    from chatapp.desktop.loop import Errands
    from chatapp.desktop.widgets import Icons
    from chatapp.desktop.window import Window


class Dialogs:
    """Each is loaded when it is opened."""

    def __init__(self, window: Window, desk: Desk, errands: Errands, look: Appearance, icons: Icons) -> None:
        self._window, self._desk, self._errands, self._look, self._icons = window, desk, errands, look, icons

    def settings(self, page: str = "") -> None:
        from chatapp.desktop.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self._window, self._desk, self._errands, self._look, self._icons)
        dialog.look_chosen.connect(self._window.choose_look)
        dialog.announcing_chosen.connect(self._window.announce)
        dialog.commands_changed.connect(self._window.calls.runs.refresh)
        dialog.finished.connect(dialog.deleteLater)
        if page:
            dialog.show_page(page)
        dialog.open()

    def deleted(self) -> None:
        from chatapp.desktop.conversations.deleted import CONVERSATIONS, DeletedDialog

        self._open_deleted(DeletedDialog(self._window, self._errands, CONVERSATIONS))

    def deleted_turns(self) -> None:
        from chatapp.desktop.conversations.deleted import DeletedDialog, turns_of

        if self._desk.open_id is not None:
            self._open_deleted(DeletedDialog(self._window, self._errands, turns_of(self._desk.open_id)))

    def _open_deleted(self, dialog: DeletedDialog) -> None:
        dialog.restore_asked.connect(self._window.notices.forget)
        dialog.restore_asked.connect(self._window.undoing.do)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def search_test(self, server: str = "", store: str = "") -> None:
        """Opens the search test on a library; on the first one the conversation uses where none is named."""
        from chatapp.desktop.panels.search_test import SearchTest

        head, window = self._desk.head, self._window
        if not server and head is not None:
            server, store = head.server, next(iter(head.parameters.get("vector_stores") or ()), "")
        known = window.findChild(SearchTest)
        dialog = known or SearchTest(window, self._desk, self._errands, self._look, self._icons)
        dialog.show()
        dialog.raise_()
        dialog.ask(server, store)

    def comparison(self, turn: Turn) -> None:
        from chatapp.desktop.comparison_dialog import compare

        compare(self._window, self._desk, self._errands, self._look, turn)

    def file(self, turn_id: str, at: int) -> None:
        """Opens what was attached to a question, by its place."""
        from chatapp.desktop.file_dialog import FileDialog

        turn = self._desk.tree.get(turn_id)
        if turn is None or at >= len(turn.attachments):
            return
        known = self._window.findChild(FileDialog)
        dialog = known or FileDialog(self._window, self._errands, self._look, self._icons)
        dialog.show_file(turn.attachments[at])

    def link(self, address: str, words: str) -> None:
        from chatapp.desktop.links import open_link

        open_link(self._window, address, words)
