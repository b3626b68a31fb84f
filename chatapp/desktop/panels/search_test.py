"""Tries a query on a library: the passages with their scores and places, and two settings side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QLineEdit, QSplitter, QWidget

from chatapp.conversation.citations import Passage
from chatapp.conversation.failures import Failure
from chatapp.conversation.filters import words_for_filter
from chatapp.conversation.searching import SearchSettings
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.citations import as_citation
from chatapp.desktop.panels.compared_list import ComparedList
from chatapp.desktop.panels.folded import Folded
from chatapp.desktop.panels.original import OriginalView
from chatapp.desktop.panels.search_form import SearchForm
from chatapp.desktop.panels.seeking import Seeking, Wish
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import (
    CalmChoice,
    Icons,
    button,
    column,
    holding,
    label,
    named,
    row,
    scrolling,
    spoken,
    while_there,
)
from chatapp.services.sources import Location

TITLE: Final = "Search test"
SIZE: Final = QSize(1080, 720)
NARROW: Final = 760
"""Below that width the parts stand one under the other."""
NO_LIBRARY: Final = "This server has no library yet. Make one in the Library panel."
FIRST: Final = "Type a query to see the passages a search finds, with no model."


class SearchTest(QDialog):
    """Stays open beside the window. `ask` the library it is about before it is shown."""

    def __init__(
        self, parent: QWidget, desk: Desk, errands: Errands, appearance: Appearance, icons: Icons
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(TITLE)
        named(self, TITLE)
        self._desk, self._errands = desk, errands
        self._server = self._wanted = ""
        self._located: Passage | None = None
        self.stores = CalmChoice("Library to search")
        self.stores.activated.connect(lambda _at: self._search())
        self.query = named(QLineEdit(), "Query")
        self.query.setPlaceholderText("What to search for")
        self.query.returnPressed.connect(self._search)
        self.comparing = named(QCheckBox("Compare two settings"), "Compare two settings")
        self.comparing.toggled.connect(self._compare)
        self.one = SearchColumn("Settings", errands, appearance, icons)
        self.other = SearchColumn("Other settings", errands, appearance, icons)
        self.original = OriginalView(errands, appearance, icons)
        self.original.tools.enlarge.hide()  # the parts are shared by hand
        self._seeking = Seeking(self, errands, self.original)
        self._build(parent.size())
        for part in (self.one, self.other):
            part.changed.connect(self._search_in)
            part.chosen.connect(self._locate)
        self.one.found_others.connect(self.other.compare_with)
        desk.stores_changed.connect(self._fill)

    def ask(self, server: str, store: str) -> None:
        """About a server's library; "" for the first one."""
        self._server, self._wanted = server, store
        self._fill(server)
        self._errands.run(lambda app: app.library.stores(server))
        self.query.setFocus(Qt.FocusReason.OtherFocusReason)
        self._search()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        way = Qt.Orientation.Horizontal if self.width() >= NARROW else Qt.Orientation.Vertical
        if way is not self._parts.orientation():
            self._parts.setOrientation(way)
            self._share()

    def _build(self, room: QSize) -> None:
        self.other.hide()
        self.original.hide()
        self._parts = QSplitter()
        self._parts.setProperty("kind", "bare")
        self._parts.setHandleWidth(GAP_12)
        self._parts.setChildrenCollapsible(False)
        for part in (self.one, self.other, self.original):
            self._parts.addWidget(part)
        search = button("Search", self._search, "primary")
        asked = row(self.query, search, gap=GAP_8)
        where = row(spoken(self.stores, "Library to search"), self.stores, self.comparing, gap=GAP_12)
        where.setStretch(1, 1)
        layout = column(asked, where, self._parts, gap=GAP_12, edge=GAP_16)
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self.resize(SIZE.boundedTo(room))

    def _share(self) -> None:
        """The parts that are seen get the same room each."""
        room = max(self._parts.width(), self._parts.height())
        self._parts.setSizes([room] * self._parts.count())

    def _fill(self, server: str) -> None:
        if server != self._server:
            return
        chosen = self._wanted or self.stores.currentData()
        with QSignalBlocker(self.stores):
            self.stores.clear()
            for store in self._desk.stores.get(server, ()):
                self.stores.addItem(self._desk.store_name(server, str(store.get("id"))), store.get("id"))
            at = self.stores.findData(chosen)
            self.stores.setCurrentIndex(max(at, 0))
        if at >= 0:
            self._wanted = ""

    def _compare(self, on: bool) -> None:
        self.other.setVisible(on)
        self._share()
        if on:
            self.other.form.show_settings(self.one.form.settings)
            self.other.compare_with(self.one.passages)
            self._search_in(self.other)

    def _search(self) -> None:
        self._search_in(self.one)
        if self.comparing.isChecked():
            self._search_in(self.other)

    def _search_in(self, part: SearchColumn) -> None:
        query, store = self.query.text().strip(), self.stores.currentData()
        if not store:
            part.found.say(NO_LIBRARY)
        elif query:
            part.search(self._server, str(store), query)

    def _locate(self, passage: Passage) -> None:
        """The place in the original, or why it cannot be shown."""
        self._located = passage
        if self.original.isHidden():
            self.original.show()
            self._share()

        def found(location: Location) -> None:
            if location.original is not None:
                self.original.show_place(location.original, location.place)

        wish = Wish(self._server, as_citation(passage), lambda: passage is self._located, found)
        self._seeking.seek(wish)


class SearchColumn(QWidget):
    """One way to search, and what it finds. `changed` tells of itself that its settings are others, `found_others`
    carries its passages, `chosen` one that is to be seen in its original."""

    changed = Signal(object)
    found_others = Signal(object)
    chosen = Signal(object)

    def __init__(self, title: str, errands: Errands, appearance: Appearance, icons: Icons) -> None:
        super().__init__()
        named(self, title)
        self._errands = errands
        self._task: asyncio.Task[object] | None = None
        self._before: Sequence[Passage] | None = None
        self.passages: tuple[Passage, ...] = ()
        self._has_searched = False
        self.form = SearchForm(with_rewriting=True)
        self.form.changed.connect(lambda: self.changed.emit(self))
        self.settings = label("", "caption", wrap=True)
        self.found = ComparedList(appearance)
        self.found.chosen.connect(self.chosen)
        self.found.say(FIRST)
        settings = Folded(title, self.form, icons)
        inside = holding(column(settings, self.settings, self.found.words, self.found, 1, gap=GAP_8))
        inside.setContentsMargins(0, 0, GAP_12, 0)
        self.setLayout(column(scrolling(inside), gap=GAP_4))
        self._say_settings()

    def search(self, server: str, store: str, query: str) -> None:
        """Asks the library; an answer that is on its way to an earlier question is not waited for."""
        settings = self.form.settings
        if self._task is not None:
            self._task.cancel()
        self._say_settings()
        self.found.words.setText("Searching…")

        def show(passages: tuple[Passage, ...]) -> None:
            self.passages, self._has_searched = passages, True
            self._show()
            self.found_others.emit(passages)

        def refused(failure: Failure) -> None:
            self.passages, self._has_searched = (), False
            self.found.say(f"{failure.title}. {failure.text}")

        self._task = self._errands.run(
            lambda app: app.searching.find(server, (store,), (query,), settings),
            while_there(self, show),
            while_there(self, refused),
        )

    def compare_with(self, before: Sequence[Passage]) -> None:
        """Marks what enters, leaves and moves beside what another search found."""
        self._before = before
        if self._has_searched:
            self._show()

    def _show(self) -> None:
        self.found.show_passages(self.passages, self._before, self.form.settings.score_threshold)

    def _say_settings(self) -> None:
        self.settings.setText(words_for(self.form.settings))


def words_for(settings: SearchSettings) -> str:
    """Settings in a line: "at most 5, threshold 0.30, ranker auto", or that all is left to the server."""
    weights = settings.embedding_weight, settings.text_weight
    said = (
        f"at most {settings.max_num_results}" if settings.max_num_results is not None else "",
        f"threshold {settings.score_threshold:.2f}" if settings.score_threshold is not None else "",
        f"ranker {settings.ranker}" if settings.ranker else "",
        f"meaning {weights[0]:g}, words {weights[1]:g}" if None not in weights else "",
        words_for_filter(settings.filters) if settings.filters else "",
        "query rewritten" if settings.rewrite_query else "",
    )
    return ", ".join(filter(None, said)) or "As the server searches by itself"
