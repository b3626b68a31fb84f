"""The original above the citations: the page with the passage boxed, or the text with its lines marked."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QPushButton, QStackedWidget, QWidget

from chatapp.conversation.failures import Failure
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.links import open_file, show_in_folder
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.original_search import OriginalSearch, next_place, places_of
from chatapp.desktop.panels.original_tools import OriginalTools
from chatapp.desktop.panels.original_words import Offer, OriginalWords
from chatapp.desktop.panels.page_view import PageView
from chatapp.desktop.panels.stretches import Stretch, stretch_at, stretches, unit_of, where_in
from chatapp.desktop.panels.text_view import TextView
from chatapp.desktop.theme import GAP_4, GAP_8
from chatapp.desktop.widgets import Icons, OneLine, button, column, label, row
from chatapp.documents.file_types import CODE_TYPES, PDF
from chatapp.documents.model import Box, Document, PageImage, Place
from chatapp.services.application import Application, UseCaseFailure
from chatapp.services.ports import Original

LEAST_HEIGHT = 120
REST_MS = 120
"""After a page is there, until its characters and its neighbours are made ready."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the viewer shows. `page` is the page on screen (of a text: the stretch), which need not be the cited one."""

    original: Original
    place: Place | None
    page: int


class OriginalView(QWidget):
    """`enlarge_asked` wishes for more room, or for less; `stepped` for the next citation (1) or the one before (-1);
    `closed` tells that no original is shown any more."""

    enlarge_asked = Signal()
    stepped = Signal(int)
    closed = Signal()

    def __init__(self, errands: Errands, appearance: Appearance, icons: Icons) -> None:
        super().__init__()
        self._errands = errands
        self._shown: Shown | None = None
        self._coming = False
        self._page_count = 0
        self._document: Document | None = None
        self._stretches: tuple[Stretch, ...] = ()
        self._found: tuple[int, int] | None = None
        self.pages = PageView()
        self.text = TextView(appearance)
        self.words = OriginalWords()
        self._stack = QStackedWidget()
        for face in (self.words, self.pages, self.text):
            self._stack.addWidget(face)
        self._stack.setMinimumHeight(LEAST_HEIGHT)
        self.name = OneLine(kind="strong")
        self.where = label(kind="caption")
        self.note = label(kind="warning", wrap=True)
        self.note.hide()
        self.tools = OriginalTools(icons)
        self.search = OriginalSearch(icons)
        self._rest = QTimer(self, interval=REST_MS, singleShot=True)
        self._build(icons)
        self._join()

    def say(self, text: str, closing: bool = True, passage: str = "", offers: Sequence[Offer] = ()) -> None:
        """A sentence in the place of the original, and what can be done; not `closing` when another comes at once."""
        was_shown, self._shown = self._shown is not None or self._coming, None
        self._coming = was_shown and not closing
        self.words.say(text, passage, offers)
        self._stack.setCurrentWidget(self.words)
        self._rest.stop()
        self.name.setText("")
        self.where.setText("")
        self.note.hide()
        self.tools.hide()
        self.search.hide()
        if was_shown and closing:
            self.closed.emit()

    def show_place(
        self, original: Original, place: Place | None, page: int | None = None, note: str = ""
    ) -> None:
        """Opens a file at a place, or without one at a page; a place with a page and boxes is a PDF's. `note` is what
        one should know of the file, and stays over it."""
        before, page = self._shown, (place.page if place is not None else page) or 1
        self._shown = Shown(original, place, page)
        self._coming = False
        self.name.setText(original.filename)
        self.name.setToolTip(original.filename)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        if before is None or before.original.sha256 != original.sha256:
            self._document, self._stretches, self._page_count = None, (), 0
            self.search.hide()
        self._found = None
        if original.filename.lower().endswith(".pdf") or (place is not None and place.boxes):
            self._show_pages(afresh=True)
        elif self._document is not None:
            self._show_document(self._document)
        else:
            self._with_document(self._show_document)

    def width_for(self, place: Place) -> int | None:
        """How many device pixels wide the page of a place is shown first; None while that is not known."""
        return self.pages.width_for(place.boxes) if self.isVisible() else None

    def turn_page(self, by: int) -> None:
        if self._shown is not None:
            self.go_to_page(self._shown.page + by)

    def go_to_page(self, number: int) -> None:
        """Shows another page of the same original, if it has one of that number."""
        shown = self._shown
        if shown is None or not 1 <= number <= self._count or number == shown.page:
            return
        self._found = None
        self._turn_to(number)

    def offer_steps(self, offered: bool) -> None:
        """Whether there are other citations to go on to."""
        for step in self.steps:
            step.setVisible(offered)

    @property
    def is_drawn(self) -> bool:
        """Whether pages are shown, and not a text."""
        return self._stack.currentWidget() is self.pages

    @property
    def _count(self) -> int:
        return self._page_count if self.is_drawn else len(self._stretches)

    def _build(self, icons: Icons) -> None:
        def step(name: str, drawing: str, by: int, key: str) -> QPushButton:
            return icons.put(
                button("", lambda: self.stepped.emit(by), "icon", name, f"{name} ({key})"), drawing
            )

        self.steps = (
            step("Previous citation", "chevron-up", -1, "Shift+F8"),
            step("Next citation", "chevron-down", 1, "F8"),
        )
        self.offer_steps(False)
        head = row(self.name, self.where, *self.steps, gap=GAP_4)
        head.setStretch(0, 1)
        layout = column(head, self.note, self._stack, self.search, self.tools, gap=GAP_4)
        layout.setStretch(2, 1)
        layout.setContentsMargins(0, 0, 0, GAP_8)
        self.setLayout(layout)

    def _join(self) -> None:
        self.pages.wanted.connect(self._render)
        self.pages.turned.connect(self.turn_page)
        self.pages.ended.connect(lambda end: self.go_to_page(1 if end < 0 else self._page_count))
        self.pages.search_asked.connect(self.search.enter)
        self.text.search_asked.connect(self.search.enter)
        self.tools.page_asked.connect(self.go_to_page)
        self.tools.zoomed.connect(self.pages.zoom)
        self.tools.fit_asked.connect(self.pages.fit)
        self.tools.search_asked.connect(self.search.enter)
        self.tools.copy_asked.connect(lambda: self.pages.copy() if self.is_drawn else self.text.copy())
        self.tools.viewer_asked.connect(lambda: self._with_copy(open_file))
        self.tools.folder_asked.connect(lambda: self._with_copy(show_in_folder))
        self.tools.enlarge_asked.connect(self.enlarge_asked)
        self.search.asked.connect(self._find)
        self.search.closed.connect(self._end_search)
        self._rest.timeout.connect(self._make_ready)

    def _turn_to(self, number: int) -> None:
        """The page of that number, at the place that was found on it if there is one."""
        assert self._shown is not None
        self._shown = replace(self._shown, page=number)
        if self.is_drawn:
            self._show_pages(afresh=False)
        else:
            self._show_stretch()

    def _show_pages(self, afresh: bool) -> None:
        assert self._shown is not None
        self._rest.stop()
        self._stack.setCurrentWidget(self.pages)
        self.tools.show_pages(self._shown.page, self._page_count, "page", is_drawn=True)
        self.pages.begin(self._boxes(self._shown), afresh)

    def _render(self, width: int) -> None:
        shown = self._shown
        if shown is None or not self.is_drawn:
            return
        self._errands.run(
            lambda app: app.sources.page_image(shown.original.sha256, shown.page, width),
            then=lambda page: self._rendered(shown, page, width),
            otherwise=lambda failure: self._refused(shown, failure),
        )

    def _rendered(self, shown: Shown, page: PageImage, width: int) -> None:
        if shown != self._shown:
            return
        self._page_count = page.page_count
        self.pages.show_page(page, self._boxes(shown))
        self.where.setText(f"page {page.page} of {page.page_count}")
        self.tools.show_pages(page.page, page.page_count, "page", is_drawn=True)
        self._width = width
        self._rest.start()

    def _make_ready(self) -> None:
        if self._shown is not None and self.is_drawn:
            self._errands.own(self._read_around(self._shown, self._width))

    async def _read_around(self, shown: Shown, width: int) -> None:
        """The characters of the page on screen, so that they can be selected; then its neighbours, to be turned to."""
        sha256, ask = shown.original.sha256, self._errands.ask
        with suppress(UseCaseFailure):  # a page whose letters cannot be had is shown all the same
            text = await ask(lambda app: app.sources.page_text(sha256, shown.page))
            if shown == self._shown:
                self.pages.show_text(text)
                self._mark_found()
        for number in (shown.page + 1, shown.page - 1):
            if shown == self._shown and 1 <= number <= self._page_count:
                with suppress(UseCaseFailure):  # told when the page is turned to
                    await ask(partial(_page_image, sha256, number, width))

    def _boxes(self, shown: Shown) -> tuple[Box, ...]:
        return shown.place.boxes if shown.place is not None and shown.place.page == shown.page else ()

    def _with_document(self, then: Callable[[Document], object]) -> None:
        """Calls `then` with the text of the original on screen, unless another one is there by then."""
        shown = self._shown
        if shown is None:
            return
        if self._document is not None:
            then(self._document)
            return

        def read(document: Document) -> None:
            if self._shown is not None and self._shown.original.sha256 == shown.original.sha256:
                self._document = document
                then(document)

        self._errands.run(
            lambda app: app.sources.text(shown.original.sha256),
            read,
            otherwise=lambda failure: self._refused(shown, failure),
        )

    def _show_document(self, document: Document) -> None:
        shown = self._shown
        if shown is None:
            return
        if document.media_type == PDF:
            self._show_pages(afresh=True)
            return
        self._stretches = stretches(document)
        at = stretch_at(self._stretches, shown.place.offset) if shown.place is not None else shown.page
        self._shown = replace(shown, page=min(at, len(self._stretches)))
        self._stack.setCurrentWidget(self.text)
        self._show_stretch()

    def _show_stretch(self) -> None:
        """The part of the text on screen, with what is marked or was found in it."""
        shown, document = self._shown, self._document
        assert shown is not None
        assert document is not None
        stretch = self._stretches[shown.page - 1]
        place = shown.place
        marked = None
        if place is not None and stretch.start <= place.offset < max(stretch.end, stretch.start + 1):
            end = min(place.offset + place.length, stretch.end)
            marked = place.offset - stretch.start, end - stretch.start
        self.text.show_text(
            document.text[stretch.start : stretch.end],
            marked,
            first_line=0 if document.pages else stretch.line,
            is_code=document.media_type in CODE_TYPES,
        )
        unit = unit_of(document)
        is_far = marked is None and len(self._stretches) > 1
        self.where.setText(
            f"{unit} {shown.page} of {len(self._stretches)}" if is_far else where_in(document, place)
        )
        self.tools.show_pages(shown.page, len(self._stretches), unit, is_drawn=False)
        if self._found is not None:
            self.text.select(self._found[0] - stretch.start, self._found[1] - stretch.start)

    def _find(self, words: str, by: int) -> None:
        def search(document: Document) -> None:
            found = places_of(words, document.text)
            at = next_place(found, self._here(document), by, self._found is not None)
            self.search.tell(at, len(found), words)
            self._found = found[at] if found else None
            if self._found is None:
                self._unmark_found()
                return
            pages = self._stretches or stretches(document)
            number = stretch_at(pages, self._found[0])
            if self._shown is not None and number != self._shown.page:
                self._turn_to(number)
            elif self.is_drawn:
                self._mark_found()
            else:
                self._show_stretch()

        if self._document is None:
            self.search.wait()
        self._with_document(search)

    def _here(self, document: Document) -> int:
        """Where to search from: what was found last, else the start of the page on screen."""
        if self._found is not None or self._shown is None:
            return self._found[0] if self._found is not None else 0
        pages = self._stretches or stretches(document)
        return pages[min(self._shown.page, len(pages)) - 1].start

    def _mark_found(self) -> None:
        """The found words on the page on screen, once its characters are known."""
        shown, document = self._shown, self._document
        if self._found is None or shown is None or document is None or not self.is_drawn:
            return
        if shown.page <= len(document.pages):
            start = document.page(shown.page).offset
            self.pages.show_found(self._found[0] - start, self._found[1] - start)

    def _unmark_found(self) -> None:
        self.pages.show_found(0, 0)

    def _end_search(self) -> None:
        self._found = None
        self._unmark_found()
        (self.pages if self.is_drawn else self.text).setFocus(Qt.FocusReason.OtherFocusReason)

    def _refused(self, shown: Shown, failure: Failure) -> None:
        if self._shown is not None and self._shown.original.sha256 == shown.original.sha256:
            self.say(f"{failure.title}. {failure.text}")

    def _with_copy(self, act: Callable[[Path, QWidget], object]) -> None:
        """Another program gets a copy under the file's own name: the kept one stays as it is."""
        if self._shown is None:
            return
        original = self._shown.original
        self._errands.run(
            lambda app: app.sources.copy_under_name(original), lambda path: act(path, self.window())
        )


async def _page_image(sha256: str, page: int, width: int, app: Application) -> PageImage:
    return await app.sources.page_image(sha256, page, width)
