"""The Library panel: the vector stores of a server, the conversation's at first, and the files of the chosen one."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QFileDialog, QMenu, QVBoxLayout, QWidget

from chatapp.conversation.changes import LibraryFile, Notice
from chatapp.conversation.failures import Failure
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.composer.given import local_files
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.copying import CopyBar
from chatapp.desktop.panels.empty import EmptyState
from chatapp.desktop.panels.file_shelf import FileShelf
from chatapp.desktop.panels.library_dialogs import LibraryDialogs
from chatapp.desktop.panels.name_field import NameField
from chatapp.desktop.panels.queue_bar import QueueBar
from chatapp.desktop.panels.store_words import about, name_of
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import (
    CalmChoice,
    Icons,
    button,
    column,
    frame,
    holding,
    label,
    menu_button,
    named,
    restyle,
    row,
    spoken,
)
from chatapp.protocol.json_types import JsonObject
from chatapp.services.application import Application

NO_STORES = (
    "A library is a set of files the model may search. Make one, drop files on it, and ask about them."
)
NO_LIBRARIES = (
    "No libraries were found there: this server keeps none, or its address in Settings is not complete."
)
FIRST_NAME = "My library"


class LibraryPanel(QWidget):
    search_asked = Signal(str, str)
    """A server and a library of it that is to be searched, to see what is found."""

    def __init__(self, desk: Desk, errands: Errands, appearance: Appearance, icons: Icons) -> None:
        super().__init__()
        named(self, "Library")
        self._desk, self._errands, self._icons = desk, errands, icons
        self._followed = self._server = self._store = ""
        self._naming = ("", "")
        self._made: dict[str, str] = {}
        """By server, a library that is to be chosen as soon as the list has it."""
        self._expected: dict[str, list[Path]] = {}
        """By server, the files for a library that is being made."""
        self._dialogs = LibraryDialogs(self, errands)
        self._build(appearance)
        self.setAcceptDrops(True)
        desk.opened.connect(self._follow)
        desk.head_changed.connect(self._follow)
        desk.servers_changed.connect(self._show_servers)
        desk.stores_changed.connect(lambda server: self._show_stores() if server == self._server else None)
        desk.files_changed.connect(self._files_changed)
        desk.queue_changed.connect(self._show_files)
        desk.copied.connect(lambda server, store: self._show_copy())

    def add_files(self, paths: Sequence[Path]) -> None:
        """Queues files and folders for the chosen store; makes a first one where there is none."""
        server, store = self._server, self._store or self._made.get(self._server)
        if store:
            self._errands.run(lambda app: app.library.add(server, store, paths))
        elif server in self._expected:
            self._expected[server] += paths
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
        self.servers = CalmChoice("Server of the libraries")
        self.servers.activated.connect(lambda place: self._switch(str(self.servers.itemData(place))))
        self._place = holding(column(spoken(self.servers, "Server of the libraries"), self.servers))
        self._place.setContentsMargins(GAP_16, GAP_12, GAP_16, 0)
        self.copying = CopyBar()
        self.copying.started.connect(self._copy)
        self.copying.stopped.connect(self._stop_copy)
        self.copying.left.connect(self._leave_copy)
        self.copying.closed.connect(self._copy_closed)
        self.queue = QueueBar()
        self.queue.paused.connect(lambda paused: self._errands.run(lambda app: app.library.pause(paused)))
        self.queue.cancelled.connect(self._cancel_all)
        self.queue.retried.connect(self._retry_all)
        self.queue.tried.connect(self._try_now)
        self.queue.arrived.connect(self._refresh)
        self._about = label("", "caption", wrap=True)
        self.used = QCheckBox("Use in this conversation")
        named(self.used, "Use in this conversation")
        self.used.clicked.connect(lambda used: self._use(self._store, used))
        self.shelf = FileShelf(appearance)
        self.files = self.shelf.list
        self.files.acted.connect(self._act)
        self._drop = frame("drop", self._drop_zone())
        top = column(self._head(), self._about, self.used, self.copying, self.queue, gap=GAP_8)
        whole = column(top, self.shelf, self._drop, gap=GAP_12)
        whole.setStretch(1, 1)
        self._filled = holding(whole)
        self._filled.setContentsMargins(GAP_16, GAP_12, GAP_16, GAP_16)
        self._empty = EmptyState(
            "library", appearance, "Make a library", lambda: self.add_files(()), NO_STORES
        )
        self.setLayout(column(self._place, self._filled, self._empty, gap=0))

    def _head(self) -> QVBoxLayout:
        self.stores = CalmChoice("Libraries")
        self.stores.currentTextChanged.connect(self.stores.setToolTip)
        self.stores.activated.connect(self._choose)
        self.name = NameField("Library name", "Name of the new library")
        self.name.given.connect(self._named)
        self.name.left.connect(self._show_names)
        self.name.hide()
        self.new = button("", lambda: self._ask_name(""), "icon", "New library", "New library")
        self.menu = QMenu()
        for words, act in self._menu_rows().items():
            self.menu.addAction(words, act)
        more = menu_button("", self.menu, "icon", "What can be done with this library")
        more.setToolTip("More")
        self.more = self._icons.put(more, "more")
        head = row(self.stores, self.name, self._icons.put(self.new, "plus"), self.more, gap=GAP_4)
        head.setStretch(0, 1)
        return column(spoken(self.stores, "Libraries"), head)

    def _menu_rows(self) -> dict[str, Callable[[], object]]:
        """What can be done with the chosen library, in the order of the menu."""
        return {
            "Search test…": lambda: self.search_asked.emit(self._server, self._store),
            "Rename…": lambda: self._ask_name(self._store),
            "Settings…": self._ask_settings,
            "Attributes of its files…": self._ask_attributes,
            "How files are cut…": self._ask_chunking,
            "Copy to another server…": self._ask_copy,
            "Delete": self._delete,
        }

    def _drop_zone(self) -> QVBoxLayout:
        words = label("Drop files or folders here, or choose them.", "caption", wrap=True)
        add = self._icons.put(button("Add files", self._choose_files), "upload")
        folder = self._icons.put(button("Add a folder", self._choose_folder), "folder")
        inside = column(words, row(add, folder, 1, gap=GAP_4), gap=GAP_8)
        inside.setContentsMargins(GAP_12, GAP_8, GAP_12, GAP_8)
        return inside

    def _follow(self) -> None:
        """The conversation's server is shown, until the user looks at another's libraries."""
        head = self._desk.head
        if head is None or not self.isVisible():
            return
        if head.server != self._followed:
            self._followed = head.server
            self._switch(head.server)
        self._show_servers()
        self._show_stores()

    def _switch(self, server: str) -> None:
        self._server, self._store = server, ""
        self._empty.say(NO_STORES)
        self._empty.action.show()
        self._refresh()
        self._show_servers()
        self._show_stores()

    def _show_servers(self) -> None:
        """A list that is open stays open where nothing in it is another."""
        entries = [(entry.name, entry.id) for entry in self._desk.connections]
        places = range(self.servers.count())
        with QSignalBlocker(self.servers):
            if entries != [(self.servers.itemText(place), self.servers.itemData(place)) for place in places]:
                self.servers.clear()
                for name, server in entries:
                    self.servers.addItem(name, server)
            self.servers.setCurrentIndex(self.servers.findData(self._server))
        self._place.setVisible(len(self._desk.connections) > 1)

    def _refresh(self) -> None:
        server = self._server

        async def refresh(app: Application) -> None:
            await app.library.stores(server)
            await app.copying.recall(server)

        if server:
            self._errands.run(refresh, otherwise=self._refused)

    def _refused(self, failure: Failure) -> None:
        is_without = failure.kind == "not_found"
        self._empty.say(NO_LIBRARIES if is_without else f"{failure.title}. {failure.text}")
        self._empty.action.setHidden(is_without)

    def _known(self) -> list[JsonObject]:
        return [store for store in self._desk.stores.get(self._server, ()) if store.get("id")]

    def _chosen(self) -> JsonObject:
        return next((store for store in self._known() if store["id"] == self._store), {})

    def _show_stores(self) -> None:
        known = self._known()
        ids = [str(store["id"]) for store in known]
        if self._made.get(self._server) in ids:
            self._open(self._made.pop(self._server))
        elif self._store not in ids:
            self._open(self._first(ids))
        with QSignalBlocker(self.stores):
            self.stores.clear()
            for store in known:
                self.stores.addItem(name_of(store), str(store["id"]))
                self.stores.setItemData(self.stores.count() - 1, name_of(store), Qt.ItemDataRole.ToolTipRole)
            self.stores.setCurrentIndex(self.stores.findData(self._store))
        self.stores.setToolTip(self.stores.currentText())
        here = QApplication.focusWidget()
        loses_focus = not known and here is not None and self._filled.isAncestorOf(here)
        self._filled.setVisible(bool(known))
        self._empty.setVisible(not known)
        if loses_focus:
            self._empty.action.setFocus(Qt.FocusReason.OtherFocusReason)
        head = self._desk.head
        with QSignalBlocker(self.used):
            self.used.setChecked(self._store in self._in_use())
        self.used.setVisible(head is not None and head.server == self._server)
        self._show_files()
        self._show_copy()

    def _in_use(self) -> Sequence[str]:
        head = self._desk.head
        return head.parameters.get("vector_stores") or [] if head is not None else []

    def _first(self, ids: Sequence[str]) -> str:
        """The store the conversation uses, else the first."""
        return next((store for store in ids if store in self._in_use()), ids[0] if ids else "")

    def _choose(self, place: int) -> None:
        self._open(str(self.stores.itemData(place)))
        self._show_stores()

    def _open(self, store: str) -> None:
        server, self._store = self._server, store
        self.shelf.show_all()
        self.queue.clear()
        if store:
            self._errands.run(lambda app: app.library.files(server, store))

    def _files_changed(self, server: str, store: str) -> None:
        if (server, store) == (self._server, self._store):
            self._show_files()

    def _files(self) -> Sequence[LibraryFile]:
        return self._desk.files.get((self._server, self._store), ())

    def _show_files(self) -> None:
        if not self.isVisible():
            return
        files = self._files()
        self.shelf.show_files(files)
        self.queue.follow(files, self._desk.queue_paused, self._desk.queue_held.get(self._server))
        self._about.setText(about(self._chosen(), files, self._known()))

    def _act(self, verb: str, files: Sequence[LibraryFile]) -> None:
        """A row of `file_list.VERBS`."""
        server, store, run = self._server, self._store, self._errands.run
        keys = [file.key for file in files]
        acts: dict[str, Callable[[], object]] = {
            "retry": lambda: run(lambda app: app.library.retry(keys)),
            "cancel": lambda: run(lambda app: app.library.cancel(keys)),
            "forget": lambda: run(lambda app: app.library.forget(keys)),
            "remove": lambda: run(lambda app: app.removals.remove_files(server, store, keys)),
            "attributes": lambda: self._dialogs.ask_attributes(server, store, files),
            "pieces": lambda: self._dialogs.show_pieces(server, store, files[0]),
        }
        acts[verb]()

    def _cancel_all(self) -> None:
        server, store = self._server, self._store
        self._errands.run(lambda app: app.library.cancel_all(server, store))

    def _retry_all(self) -> None:
        server, store = self._server, self._store
        self._errands.run(lambda app: app.library.retry_all(server, store))

    def _try_now(self) -> None:
        server = self._server
        self._errands.run(lambda app: app.library.try_now(server))

    def _choose_files(self) -> None:
        self._choose_paths("Add files", QFileDialog.FileMode.ExistingFiles)

    def _choose_folder(self) -> None:
        self._choose_paths("Add a folder", QFileDialog.FileMode.Directory)

    def _choose_paths(self, title: str, mode: QFileDialog.FileMode) -> None:
        dialog = QFileDialog(self, title)
        dialog.setFileMode(mode)
        dialog.filesSelected.connect(lambda names: self.add_files([Path(name) for name in names]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _ask_name(self, store: str) -> None:
        """Shows the name field in the place of the list: for a new store, or to rename the chosen one."""
        if self.stores.isHidden():
            self._show_names()
            return
        self._naming = (self._server, store)
        self.name.ask(self.stores.currentText() if store else "")
        self.stores.hide()

    def _show_names(self) -> None:
        self.stores.show()
        self.stores.setFocus(Qt.FocusReason.OtherFocusReason)
        self.name.hide()

    def _named(self, name: str) -> None:
        server, store = self._naming
        self._show_names()
        if name and store:
            self._errands.run(lambda app: app.library.rename_store(server, store, name))
        elif name:
            self._create(name, ())

    def _create(self, name: str, paths: Sequence[Path]) -> None:
        """Makes a store, uses it in the open conversation, and adds the files that waited for it."""
        server = self._server
        self._expected.setdefault(server, []).extend(paths)

        def made(store: JsonObject) -> None:
            store_id = self._made[server] = str(store["id"])
            expected = self._expected.pop(server, [])
            if expected:
                self._errands.run(lambda app: app.library.add(server, store_id, expected))
            if server == self._server and not self.used.isHidden():
                self._use(store_id, True)
            self._show_stores()

        def refused(failure: Failure) -> None:
            self._expected.pop(server, None)
            self._errands.failed.emit(failure)

        self._errands.run(lambda app: app.library.create_store(server, name), made, refused)

    def _ask_settings(self) -> None:
        if self._store:
            self._dialogs.ask_settings(self._server, self._chosen())

    def _ask_chunking(self) -> None:
        if self._store:
            self._dialogs.ask_chunking(self._server, self._store, self._files())

    def _ask_attributes(self) -> None:
        there = [file for file in self._files() if file.stage == "completed"]
        if there:
            self._dialogs.ask_attributes(self._server, self._store, there)
        else:
            self._desk.noticed.emit(Notice("Attributes are given to files once they are in the library."))

    def _delete(self) -> None:
        server, store, name = self._server, self._store, self.stores.currentText()
        if store:
            self._errands.run(lambda app: app.removals.delete_store(server, store, name))

    def _ask_copy(self) -> None:
        server, store = self._server, self._store
        copied = self._desk.copies.get((server, store))
        if copied is not None and copied.copying:
            self.copying.halt.setFocus(Qt.FocusReason.OtherFocusReason)
        elif store:
            others = [(entry.id, entry.name) for entry in self._desk.connections if entry.id != server]
            self.copying.ask((server, store), self.stores.currentText(), len(self._files()), others)

    def _show_copy(self) -> None:
        place = (self._server, self._store)
        copied = self._desk.copies.get(place)
        self.copying.follow(place, copied, self._desk.server_name(copied.target) if copied else "")

    def _copy(self, target: str) -> None:
        server, store = self._server, self._store
        self._errands.run(lambda app: app.copying.start(server, store, target), otherwise=self.copying.refuse)

    def _stop_copy(self) -> None:
        server, store = self._server, self._store
        self._errands.run(lambda app: app.copying.stop(server, store))

    def _copy_closed(self) -> None:
        """A question that was withdrawn gives way to what there was before it."""
        self._show_copy()
        self.more.setFocus(Qt.FocusReason.OtherFocusReason)

    def _leave_copy(self) -> None:
        server, store = self._server, self._store
        self._desk.copies.pop((server, store), None)
        self._errands.run(lambda app: app.copying.leave(server, store))

    def _use(self, store: str, used: bool) -> None:
        head = self._desk.head
        if head is None or not store:
            return
        rest = [kept for kept in self._in_use() if kept != store]
        chosen = [*rest, store] if used else rest
        self._errands.run(
            lambda app: app.conversations.set_parameter(head.id, "vector_stores", chosen or None)
        )
