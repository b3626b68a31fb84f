"""The original above the citations: the page with the passage boxed, or the text with its lines marked."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QStackedWidget, QWidget

from chatapp.conversation.failures import Failure
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.links import open_link, show_in_folder
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.page_view import PageView, TextView
from chatapp.desktop.theme import GAP_4, GAP_8
from chatapp.desktop.widgets import Icons, button, column, holding, label, row
from chatapp.documents.model import Box, Document, PageImage, Place
from chatapp.services.ports import Original

LEAST_HEIGHT = 240


@dataclass(frozen=True, slots=True)
class Shown:
    """What the viewer shows. `page` is the page on screen, which need not be the cited one."""

    original: Original
    place: Place | None
    page: int


class OriginalView(QWidget):
    """`enlarge_asked` wishes for more room, or for less; `closed` tells that no original is shown any more."""

    enlarge_asked = Signal()
    closed = Signal()

    def __init__(self, errands: Errands, appearance: Appearance, icons: Icons) -> None:
        super().__init__()
        self._errands = errands
        self._shown: Shown | None = None
        self._coming = False
        self._page_count = 0
        self.pages = PageView(appearance)
        self.pages.wanted.connect(self._render)
        self.text = TextView(appearance)
        self._message = label(kind="secondary", wrap=True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setMargin(16)
        self._address = ""
        self.web = button("Open the web page", lambda: open_link(self, self._address))
        self._words = holding(column(1, self._message, row(1, self.web, 1), 1, gap=GAP_8))
        self._stack = QStackedWidget()
        for face in (self._words, self.pages, self.text):
            self._stack.addWidget(face)
        self._stack.setMinimumHeight(LEAST_HEIGHT)
        self.where: QLabel = label(kind="caption")
        self._build(icons)

    def say(self, text: str, closing: bool = True, address: str = "") -> None:
        """A sentence in the place of the original; not `closing` when another one comes at once. With an address
        there is a button that opens it."""
        was_shown, self._shown = self._shown is not None or self._coming, None
        self._coming = was_shown and not closing
        self._message.setText(text)
        self._address = address
        self.web.setVisible(bool(address))
        self.web.setToolTip(address)
        self._stack.setCurrentWidget(self._words)
        self.where.setText("")
        self._show_buttons()
        if was_shown and closing:
            self.closed.emit()

    def show_place(self, original: Original, place: Place | None) -> None:
        """Opens a file at a place; a place with a page and boxes is a PDF's."""
        self._shown = Shown(original, place, place.page if place is not None and place.page else 1)
        self._coming = False
        if original.filename.lower().endswith(".pdf"):
            self._stack.setCurrentWidget(self.pages)
            self.pages.begin(place.boxes if place is not None else ())
        else:
            self._read(self._shown)
        self._show_buttons()

    def turn_page(self, by: int) -> None:
        shown = self._shown
        if shown is None or not 1 <= shown.page + by <= self._page_count:
            return
        self._shown = Shown(shown.original, shown.place, shown.page + by)
        self.pages.begin(self._boxes(self._shown))
        self._show_buttons()

    def _build(self, icons: Icons) -> None:
        def tool(name: str, drawing: str, act: Callable[[], object]) -> QPushButton:
            return icons.put(button("", act, "icon", name, name), drawing)

        self._previous = tool("Previous page", "chevron-left", lambda: self.turn_page(-1))
        self._next = tool("Next page", "chevron-right", lambda: self.turn_page(1))
        self._smaller = tool("Zoom out", "minus", lambda: self.pages.zoom(-1))
        self._larger = tool("Zoom in", "plus", lambda: self.pages.zoom(1))
        self._folder = tool("Show in folder", "folder", self._show_folder)
        self._enlarge = tool("More or less room for the original", "panel-right", self.enlarge_asked.emit)
        pages = (self._previous, self._next, self._smaller, self._larger)
        tools = row(self.where, 1, *pages, self._folder, self._enlarge, gap=0)
        layout = column(self._stack, tools, gap=GAP_4)
        layout.setStretch(0, 1)
        layout.setContentsMargins(0, 0, 0, GAP_8)
        self.setLayout(layout)
        self._show_buttons()

    def _show_buttons(self) -> None:
        is_pdf = self._shown is not None and self._stack.currentWidget() is self.pages
        for tool in (self._previous, self._next, self._smaller, self._larger):
            tool.setVisible(is_pdf)
        self._folder.setVisible(self._shown is not None)
        self._enlarge.setVisible(self._shown is not None)
        if self._shown is not None:
            self._previous.setEnabled(self._shown.page > 1)
            self._next.setEnabled(self._shown.page < self._page_count)

    def _render(self, width: int) -> None:
        shown = self._shown
        if shown is None:
            return
        self._errands.run(
            lambda app: app.sources.page_image(shown.original.sha256, shown.page, width),
            then=lambda page: self._rendered(shown, page),
            otherwise=self._refused,
        )

    def _rendered(self, shown: Shown, page: PageImage) -> None:
        if shown != self._shown:
            return
        self._page_count = page.page_count
        self.pages.show_page(page, self._boxes(shown))
        self.where.setText(f"page {page.page} of {page.page_count}")
        self._show_buttons()

    def _boxes(self, shown: Shown) -> tuple[Box, ...]:
        return shown.place.boxes if shown.place is not None and shown.place.page == shown.page else ()

    def _read(self, shown: Shown) -> None:
        self._errands.run(
            lambda app: app.sources.text(shown.original.sha256),
            then=lambda document: self._have_read(shown, document),
            otherwise=self._refused,
        )

    def _have_read(self, shown: Shown, document: Document) -> None:
        if shown != self._shown:
            return
        self._stack.setCurrentWidget(self.text)
        self.text.show_text(document, shown.place)
        self.where.setText(where_in(document, shown.place))
        self._show_buttons()

    def _refused(self, failure: Failure) -> None:
        self.say(f"{failure.title}. {failure.text}")

    def _show_folder(self) -> None:
        if self._shown is not None:
            show_in_folder(self._shown.original.path, self)


def where_in(document: Document, place: Place | None) -> str:
    """ "lines 4–6 of 80", or how long the text is."""
    lines = document.text.count("\n") + 1
    if place is None:
        return f"{lines} lines"
    first = document.line_at(place.offset)
    last = document.line_at(place.offset + max(0, place.length - 1))
    return f"line {first} of {lines}" if first == last else f"lines {first}–{last} of {lines}"
