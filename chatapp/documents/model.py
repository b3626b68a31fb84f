"""The values of the documents room: what a file says, where a quote stands, how a page looks.

Offsets and lengths count code points of `Document.text`. Pages and lines count from 1.
The readers next door (`pdf`, `text`, `html`, `docx`, …) make these; `helper_process` carries them.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Reason = Literal[
    "damaged",
    "encrypted",
    "empty",
    "no_text",
    "unsupported",
    "too_large",
    "not_a_file",
    "missing",
    "timeout",
    "memory",
]


class UnreadableDocument(Exception):
    """A file that cannot be read. `message` is a plain sentence or two: what happened and what helps."""

    def __init__(self, code: Reason, message: str) -> None:
        super().__init__(message)
        self.code: Reason = code
        self.message = message


PAGE_NAMES = {"pptx": "slide", "epub": "chapter", "xlsx": "sheet"}
"""What a page is called, by the ending of the file's name."""


def page_name(filename: str) -> str:
    return PAGE_NAMES.get(filename.rpartition(".")[2].lower(), "page")


@dataclass(frozen=True, slots=True)
class Page:
    """One page, slide or chapter: its number (from 1) and its span of `Document.text`."""

    number: int
    offset: int
    length: int


@dataclass(frozen=True)
class Document:
    """What a file says. `pages` is empty for formats that have none; pages ascend and do not overlap."""

    media_type: str
    text: str
    pages: tuple[Page, ...] = ()
    title: str | None = None

    def page_at(self, offset: int) -> int | None:
        """The number of the page that holds `offset`; None for a document without pages.

        The break after a page belongs to that page.
        """
        if not self.pages:
            return None
        return self.pages[max(0, bisect_right(self._page_offsets, offset) - 1)].number

    def line_at(self, offset: int) -> int:
        """The line of `text` that holds `offset`, from 1."""
        return bisect_right(self._line_offsets, max(0, offset))

    def page_text(self, number: int) -> str:
        """The text of one page. Raises KeyError where there is no such page."""
        page = self.page(number)
        return self.text[page.offset : page.offset + page.length]

    def page(self, number: int) -> Page:
        """The page of that number. Raises KeyError where there is none."""
        if 1 <= number <= len(self.pages):
            return self.pages[number - 1]
        raise KeyError(number)

    @cached_property
    def _page_offsets(self) -> list[int]:
        return [page.offset for page in self.pages]

    @cached_property
    def _line_offsets(self) -> list[int]:
        offsets = [0]
        at = self.text.find("\n")
        while at >= 0:
            offsets.append(at + 1)
            at = self.text.find("\n", at + 1)
        return offsets


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page as displayed: fractions 0..1 of its width and height, origin top left, y downward."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Span:
    """Where a quote stands in a text. `found` is the share (0..1) of the quote's words that stand there."""

    offset: int
    length: int
    found: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands in a document: show it only when `found` is at least `SURE`.

    `page` is None for formats without pages, `line` is None for those with pages whose lines mean nothing
    to a reader (PDF); `boxes` is empty for anything but PDF. `offset` counts from the start of the text, in a PDF
    from that of the page, and is negative where the quote begins before it. `quote` is the verbatim text at the place.
    """

    page: int | None
    line: int | None
    offset: int
    length: int
    boxes: tuple[Box, ...]
    found: float
    quote: str


SURE = 0.5
"""The least `found` at which a place is worth showing to a reader."""


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of a page and the box of each of its code points; a line break has one of no size."""

    page: int
    text: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page drawn on white. `rgb` is width × height × 3 bytes, rows from the top, no padding between rows."""

    page: int
    width: int
    height: int
    page_count: int
    rgb: bytes
