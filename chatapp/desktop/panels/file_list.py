"""The list of a library's files with its keys and its menu; what they ask for is told by one signal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QListView

from chatapp.conversation.changes import LibraryFile
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.panels.file_painter import FilePainter, verb_of
from chatapp.desktop.panels.file_rows import FILE, FileRows
from chatapp.desktop.panels.file_words import is_moving, is_there, may_pass, spoken
from chatapp.desktop.widgets import named

VERBS: dict[str, tuple[str, Callable[[LibraryFile], bool]]] = {
    "retry": ("Try again", may_pass),
    "cancel": ("Cancel", is_moving),
    "attributes": ("Attributes…", lambda file: file.stage == "completed"),
    "pieces": ("Show its passages…", lambda file: file.stage == "completed"),
    "remove": ("Take out of this library", lambda file: is_there(file) and not is_moving(file)),
    "forget": ("Take off the list", lambda file: file.file_id is None and not is_moving(file)),
}
"""What can be done with a file: its words, and whether it makes sense."""
FOR_ONE = ("pieces",)


class FileList(QListView):
    """`acted` carries the name of a row of VERBS and the files; `pointed` the file the keyboard is on, or None."""

    acted = Signal(str, object)  # list[LibraryFile]
    pointed = Signal(object)  # LibraryFile | None

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        named(self, "Files")
        self.files = FileRows()
        self.setModel(self.files)
        self._pressed: LibraryFile | None = None
        self._painter = FilePainter(appearance, self)
        self.setItemDelegate(self._painter)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self.selectionModel().currentChanged.connect(lambda now, _: self.pointed.emit(now.data(FILE)))
        appearance.changed.connect(self.scheduleDelayedItemsLayout)

    def show_files(self, files: Sequence[LibraryFile]) -> None:
        """What was chosen stays chosen, and the list stays where it was scrolled to."""
        self._keeping(lambda: self.files.set_files(files))

    def narrow(self, words: str, kind: str) -> None:
        self._keeping(lambda: self.files.narrow(words, kind))

    def chosen(self) -> list[LibraryFile]:
        places = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self.files.rows[place] for place in places]

    def _in_hand(self) -> list[LibraryFile]:
        """What keys and the menu are about: what is chosen, else where the keyboard is."""
        current = self.currentIndex().data(FILE)
        return self.chosen() or ([current] if current is not None else [])

    def _keeping(self, change: Callable[[], None]) -> None:
        before = self.files.rows
        current = self.currentIndex().data(FILE)
        chosen = {file.key for file in self.chosen()}
        scrolled = self.verticalScrollBar().value()
        change()
        rows = self.files.rows
        if [file.key for file in before] != [file.key for file in rows]:
            self._choose(current.key if current is not None else "", chosen)
            self.verticalScrollBar().setValue(scrolled)
        self.pointed.emit(self.currentIndex().data(FILE))

    def _choose(self, current: str, chosen: set[str]) -> None:
        selection = QItemSelection()
        for place, file in enumerate(self.files.rows):
            if file.key in chosen:
                selection.select(self.files.index(place), self.files.index(place))
        flags = QItemSelectionModel.SelectionFlag
        where = self.files.place_of(current)
        if where is not None:
            self.selectionModel().setCurrentIndex(self.files.index(where), flags.NoUpdate)
        self.selectionModel().select(selection, flags.ClearAndSelect)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        chosen = self._in_hand()
        if event.key() == Qt.Key.Key_Delete and chosen:
            for verb in ("cancel", "remove", "forget"):
                self._act(verb, chosen)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and chosen:
            self._menu(self.visualRect(self.currentIndex()).center())
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self._hit(event)
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Its second click is meant for the row that was there before the first one acted."""
        super().mouseDoubleClickEvent(event)  # which tells a press where the row is another one
        self._pressed = None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        file, self._pressed = self._pressed, None
        if file is not None and self._hit(event) == file:
            verb = verb_of(file)
            self._act("forget" if verb == "remove" and file.file_id is None else verb, [file])
        super().mouseReleaseEvent(event)

    def _hit(self, event: QMouseEvent) -> LibraryFile | None:
        """The file whose drawing the left button is on."""
        point = event.position().toPoint()
        index = self.indexAt(point)
        is_hit = index.isValid() and self._painter.hit(self.visualRect(index)).contains(point)
        file: LibraryFile | None = index.data(FILE)
        return file if is_hit and event.button() == Qt.MouseButton.LeftButton else None

    def _menu(self, place: QPoint) -> None:
        from PySide6.QtWidgets import QMenu

        chosen = self._in_hand()
        if not chosen:
            return
        if not self.rect().contains(place):
            place = self.visualRect(self.currentIndex()).center()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for verb, (words, suits) in VERBS.items():
            files = [file for file in chosen if suits(file)]
            if files and (len(chosen) == 1 or verb not in FOR_ONE):
                text = words if len(files) == 1 else f"{words} ({len(files):,} files)"
                menu.addAction(text, partial(self._act, verb, chosen))
        menu.addSeparator()
        menu.addAction("Copy what is said of it", lambda: _copy(chosen))
        menu.popup(self.viewport().mapToGlobal(place))

    def _act(self, verb: str, files: Sequence[LibraryFile]) -> None:
        suited = [file for file in files if VERBS[verb][1](file)]
        if suited:
            self.acted.emit(verb, suited)


def _copy(files: Sequence[LibraryFile]) -> None:
    QGuiApplication.clipboard().setText("\n".join(map(spoken, files)))
