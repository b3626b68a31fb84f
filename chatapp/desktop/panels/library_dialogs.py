"""Opens the dialogs of the Library panel and has done what they are told. Each is loaded when it is first asked for."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from chatapp.conversation.changes import LibraryFile
from chatapp.desktop.edit_dialog import Unsaved
from chatapp.desktop.loop import Errands
from chatapp.desktop.widgets import while_there
from chatapp.protocol.json_types import JsonObject

if TYPE_CHECKING:
    from chatapp.documents.model import Document


class LibraryDialogs:
    def __init__(self, parent: QWidget, errands: Errands) -> None:
        self._parent, self._errands = parent, errands
        self._unsaved = Unsaved()

    def ask_settings(self, server: str, store: JsonObject) -> None:
        from chatapp.desktop.panels.store_dialog import StoreDialog

        store_id = str(store["id"])

        def save(changes: JsonObject) -> None:
            if changes:
                self._errands.run(lambda app: app.library.update_store(server, store_id, changes))

        dialog = StoreDialog(self._parent, store)
        dialog.saved.connect(save)
        self._unsaved.open(f"settings {server} {store_id}", store, dialog)

    def ask_attributes(self, server: str, store: str, files: Sequence[LibraryFile]) -> None:
        from chatapp.desktop.panels.attributes_dialog import AttributesDialog

        def save(changes: Mapping[str, JsonObject]) -> None:
            if changes:
                self._errands.run(lambda app: app.attributes.change(server, store, changes))

        dialog = AttributesDialog(self._parent, files)
        dialog.saved.connect(save)
        edited = {file.key: file.attributes for file in files}
        self._unsaved.open(f"attributes {server} {store}", edited, dialog)

    def ask_chunking(self, server: str, store: str, files: Sequence[LibraryFile]) -> None:
        self._errands.run(
            lambda app: app.library.chunking(server, store),
            then=lambda chunking: self._open_chunking(server, store, chunking, files),
        )

    def _open_chunking(
        self, server: str, store: str, chunking: JsonObject | None, files: Sequence[LibraryFile]
    ) -> None:
        from chatapp.desktop.panels.chunking_dialog import ChunkingDialog

        dialog = ChunkingDialog(self._parent, chunking, files)

        def show(document: "Document") -> None:
            dialog.show_text(document.text)

        def read(wanted: str | Path) -> None:
            self._errands.run(
                lambda app: (
                    app.sources.text(wanted) if isinstance(wanted, str) else app.sources.text_of(wanted)
                ),
                while_there(dialog, show),
                while_there(dialog, dialog.fail),
            )

        dialog.asked.connect(read)
        dialog.fetch()
        dialog.saved.connect(
            lambda chosen: self._errands.run(lambda app: app.library.set_chunking(server, store, chosen))
        )
        self._unsaved.open(f"chunking {server} {store}", chunking, dialog)

    def show_pieces(self, server: str, store: str, file: LibraryFile) -> None:
        from chatapp.desktop.panels.pieces_dialog import PiecesDialog

        dialog, file_id = PiecesDialog(self._parent, file.filename), file.file_id or ""
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        self._errands.run(
            lambda app: app.library.pieces(server, store, file_id),
            while_there(dialog, dialog.show_pieces),
            while_there(dialog, dialog.fail),
        )
