"""The Library panel: the vector stores of the conversation's server, and the files of the chosen one."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLineEdit, QVBoxLayout, QWidget

from chatapp.conversation.changes import LibraryFile, Notice
from chatapp.conversation.failures import Failure
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.composer.given import local_files
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.copying import CopyBar
from chatapp.desktop.panels.deletion import DeletionBar
from chatapp.desktop.panels.empty import EmptyState
from chatapp.desktop.panels.file_row import FileRow
from chatapp.desktop.theme import GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import (
    CalmChoice,
    Icons,
    button,
    clear,
    column,
    frame,
    holding,
    label,
    named,
    restyle,
    row,
    scrolling,
    spoken,
)
from chatapp.protocol.json_types import JsonObject
from chatapp.services.application import Application

NO_STORES = (
    "A library is a set of files the model may search. Make one, drop files on it, and ask about them."
)
FIRST_NAME = "My library"
UNNAMED = "Library without a name"


class LibraryPanel(QWidget):
    def __init__(self, desk: Desk, errands: Errands, appearance: Appearance, icons: Icons) -> None:
        super().__init__()
        named(self, "Library")
        self._desk, self._errands, self._icons = desk, errands, icons
        self._server = ""
        self._store = ""
        self._rows: dict[str, FileRow] = {}
        self._naming = ""
        self._build(appearance)
        self.setAcceptDrops(True)
        desk.opened.connect(self._follow)
        desk.head_changed.connect(self._follow)
        desk.stores_changed.connect(lambda server: self._show_stores() if server == self._server else None)
        desk.files_changed.connect(self._files_changed)
        desk.copied.connect(lambda server, store: self._show_copy())

    def add_files(self, paths: Sequence[Path]) -> None:
        """Queues files for the chosen store; makes a first one where there is none."""
        server, store = self._server, self._store
        if store:
            self._errands.run(lambda app: app.library.add(server, store, paths))
        else:
            self._create(FIRST_NAME, paths)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._follow()
        self._refresh()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_files(event.mimeData()):
            event.acceptProposedAction()
            restyle(self._drop, over=True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        restyle(self._drop, over=False)

    def dropEvent(self, event: QDropEvent) -> None:
        restyle(self._drop, over=False)
        self.add_files(local_files(event.mimeData()))

    def _build(self, appearance: Appearance) -> None:
        icons = self._icons
        self.stores = CalmChoice("Libraries")
        self.stores.currentTextChanged.connect(self.stores.setToolTip)
        self.stores.activated.connect(self._choose)
        self._name = named(QLineEdit(), "Library name")
        self._name.returnPressed.connect(self._named)
        self._name.hide()
        new = icons.put(button("", lambda: self._ask_name(""), "icon", "New library", "New library"), "plus")
        rename = button("", lambda: self._ask_name(self._store), "icon", "Rename library", "Rename")
        self._rename = icons.put(rename, "edit")
        delete = button(
            "", self._ask_deletion, "icon", "Delete library", "Delete this library. Its files are kept."
        )
        self._delete_button = icons.put(delete, "delete")
        tip = "Copy to another server…"
        copy = button("", self._ask_copy, "icon", "Copy library to another server", tip)
        self._copy_button = icons.put(copy, "copy")
        tools = (new, self._rename, self._copy_button, self._delete_button)
        head = row(self.stores, self._name, *tools, gap=4)
        head.setStretch(0, 1)
        self.deletion = DeletionBar(self._delete)
        self.copying = CopyBar()
        self.copying.started.connect(self._copy)
        self.copying.stopped.connect(self._stop_copy)
        self.copying.left.connect(self._leave_copy)
        self.copying.closed.connect(self._copy_closed)
        self.used = QCheckBox("Use in this conversation")
        named(self.used, "Use in this conversation")
        self.used.clicked.connect(self._use)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 8, 0)
        self._list.setSpacing(GAP_8)
        self._none = label("No files yet.", "caption")
        self._drop = frame("drop", self._drop_zone())
        top = column(
            spoken(self.stores, "Libraries"), head, self.deletion, self.copying, self.used, gap=GAP_8
        )
        listed = holding(column(self._none, self._list, 1))
        self._filled = holding(column(top, scrolling(listed), self._drop, gap=GAP_12))
        self._filled.setContentsMargins(GAP_16, GAP_12, GAP_16, GAP_16)
        self._empty = EmptyState(
            "library", appearance, "Make a library", lambda: self._create(FIRST_NAME, ()), NO_STORES
        )
        self.setLayout(column(self._filled, self._empty))

    def _drop_zone(self) -> QVBoxLayout:
        words = label("Drop files here: PDF, Word, text, Markdown, HTML", "caption", wrap=True)
        add = self._icons.put(button("Add files", self._choose_files), "upload")
        inside = column(words, row(add, 1), gap=GAP_8)
        inside.setContentsMargins(GAP_12, GAP_12, GAP_12, GAP_12)
        return inside

    def _follow(self) -> None:
        head = self._desk.head
        if head is None or not self.isVisible():
            return
        if head.server != self._server:
            self._server, self._store = head.server, ""
            self._refresh()
        self._show_stores()

    def _refresh(self) -> None:
        server = self._server

        async def refresh(app: Application) -> None:
            await app.library.stores(server)
            await app.copying.recall(server)

        if server:
            self._errands.run(refresh, otherwise=self._refused)

    def _refused(self, failure: Failure) -> None:
        self._empty.say(f"{failure.title}. {failure.text}")

    def _show_stores(self) -> None:
        known = [store for store in self._desk.stores.get(self._server, ()) if store.get("id")]
        if not any(store["id"] == self._store for store in known):
            self._store = self._first(known)
            self._fetch_files()
        with QSignalBlocker(self.stores):
            self.stores.clear()
            for store in known:
                name = str(store.get("name") or UNNAMED)
                self.stores.addItem(name, str(store["id"]))
                self.stores.setItemData(self.stores.count() - 1, name, Qt.ItemDataRole.ToolTipRole)
            self.stores.setCurrentIndex(self.stores.findData(self._store))
        self.stores.setToolTip(self.stores.currentText())
        self.deletion.keep_to(self._server, self._store)
        self._filled.setVisible(bool(known) or bool(self._naming))
        self._empty.setVisible(not known)
        head = self._desk.head
        chosen = head.parameters.get("vector_stores") or [] if head is not None else []
        with QSignalBlocker(self.used):
            self.used.setChecked(self._store in chosen)
        self._show_files()
        self._show_copy()

    def _first(self, known: Sequence[JsonObject]) -> str:
        """The store the conversation uses, else the first."""
        head = self._desk.head
        chosen = head.parameters.get("vector_stores") or [] if head is not None else []
        ids = [str(store["id"]) for store in known]
        return next((store for store in ids if store in chosen), ids[0] if ids else "")

    def _choose(self, place: int) -> None:
        self._store = str(self.stores.itemData(place))
        self._show_stores()
        self._fetch_files()

    def _fetch_files(self) -> None:
        server, store = self._server, self._store
        if store:
            self._errands.run(lambda app: app.library.files(server, store))

    def _files_changed(self, server: str, store: str) -> None:
        if (server, store) == (self._server, self._store):
            self._show_files()

    def _show_files(self) -> None:
        files = self._desk.files.get((self._server, self._store), ())
        if list(self._rows) != [file.key for file in files]:
            clear(self._list)
            self._rows = {file.key: FileRow(file, self._act, self._icons) for file in files}
            for file_row in self._rows.values():
                self._list.addWidget(file_row)
        else:
            for file in files:
                self._rows[file.key].show_file(file)
        self._none.setVisible(not files)

    def _act(self, verb: str, file: LibraryFile) -> None:
        key, file_id = file.key, file.file_id
        if verb == "cancel":
            self._errands.run(lambda app: app.library.cancel(key))
        elif verb == "retry":
            self._errands.run(lambda app: app.library.retry(key))
        elif file_id is not None:
            told = Notice(f"“{file.filename}” was taken out of this library. Its original is kept.")
            self._errands.run(
                lambda app: app.library.remove(file.server, file.store_id, file_id),
                then=lambda _none: self._desk.noticed.emit(told),
            )

    def _choose_files(self) -> None:
        dialog = QFileDialog(self, "Add files")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.add_files([Path(name) for name in names]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _ask_name(self, store: str) -> None:
        """Shows the name field in the place of the list: for a new store, or to rename the chosen one."""
        asking = self._name.isHidden()
        self._naming = store
        self._name.setVisible(asking)
        self.stores.setVisible(not asking)
        if asking:
            self._name.setText(self.stores.currentText() if store else "")
            self._name.setPlaceholderText("Name of the new library")
            self._name.selectAll()
            self._name.setFocus()

    def _named(self) -> None:
        name, server, store = self._name.text().strip(), self._server, self._naming
        self._name.hide()
        self.stores.show()
        self._naming = ""
        if name and store:
            self._errands.run(lambda app: app.library.rename_store(server, store, name))
        elif name:
            self._create(name, ())

    def _create(self, name: str, paths: Sequence[Path]) -> None:
        """Makes a store, uses it in the open conversation, and adds the files that waited for it."""
        server = self._server

        def made(store: JsonObject) -> None:
            self._store = str(store["id"])
            self._show_stores()
            self.used.setChecked(True)
            self._use(True)
            if paths:
                self.add_files(paths)

        self._errands.run(lambda app: app.library.create_store(server, name), then=made)

    def _ask_deletion(self) -> None:
        server, store = self._server, self._store
        if store:
            count = len(self._desk.files.get((server, store), ()))
            self.deletion.ask(server, store, self.stores.currentText(), count)

    def _delete(self, server: str, store: str) -> None:
        async def delete(app: Application) -> None:
            await app.library.delete_store(server, store)
            await app.conversations.drop_store(server, store)

        self._errands.run(delete)

    def _ask_copy(self) -> None:
        server, store = self._server, self._store
        copied = self._desk.copies.get((server, store))
        if copied is not None and copied.copying:
            self.copying.halt.setFocus(Qt.FocusReason.OtherFocusReason)
        elif store:
            others = [(entry.id, entry.name) for entry in self._desk.connections if entry.id != server]
            count = len(self._desk.files.get((server, store), ()))
            self.copying.ask((server, store), self.stores.currentText(), count, others)

    def _show_copy(self) -> None:
        about = (self._server, self._store)
        copied = self._desk.copies.get(about)
        self.copying.follow(about, copied, self._desk.server_name(copied.target) if copied else "")

    def _copy(self, target: str) -> None:
        server, store = self._server, self._store
        self._errands.run(lambda app: app.copying.start(server, store, target), otherwise=self.copying.refuse)

    def _stop_copy(self) -> None:
        server, store = self._server, self._store
        self._errands.run(lambda app: app.copying.stop(server, store))

    def _copy_closed(self) -> None:
        """A question that was withdrawn gives way to what there was before it."""
        self._show_copy()
        self._copy_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _leave_copy(self) -> None:
        server, store = self._server, self._store
        self._desk.copies.pop((server, store), None)
        self._errands.run(lambda app: app.copying.leave(server, store))

    def _use(self, used: bool) -> None:
        head = self._desk.head
        if head is None or not self._store:
            return
        rest = [kept for kept in head.parameters.get("vector_stores") or [] if kept != self._store]
        chosen = [*rest, self._store] if used else rest
        self._errands.run(
            lambda app: app.conversations.set_parameter(head.id, "vector_stores", chosen or None)
        )
