"""From a quote to its place in a file: the page or line, and on a PDF's page the boxes around the words."""

from pathlib import Path
from typing import TYPE_CHECKING

from chatapp.documents.alignment import closest_passage
from chatapp.documents.file_types import PDF, media_type_of
from chatapp.documents.model import Document, Page, Place, Span
from chatapp.documents.paging import paged
from chatapp.documents.quotes import find_quote
from chatapp.documents.shelf import Shelf

if TYPE_CHECKING:
    from chatapp.documents.pdf import Pdf


def locate(
    path: Path, quote: str, filename: str | None = None, page: int | None = None, shelf: Shelf | None = None
) -> Place | None:
    """Where `quote` stands in the file; None if not one of its words is there.

    `page`, if known, is searched first and wins where the quote stands elsewhere as well. Blocks.
    Raises UnreadableDocument.
    """
    if shelf is not None:
        return _place(shelf, path, quote, filename, page)
    with Shelf() as own:
        return _place(own, path, quote, filename, page)


def find_in(document: Document, quote: str, page: int | None = None) -> Span | None:
    """Where `quote` stands in the text of `document`, the given page first."""
    on_page = _find_on_page(document, quote, page)
    if on_page is not None and on_page.found == 1.0:
        return on_page
    anywhere = find_quote(document.text, quote, on_page.offset if on_page else None)
    if on_page is None or (anywhere is not None and anywhere.found > on_page.found):
        return anywhere
    return on_page


def _find_on_page(document: Document, quote: str, number: int | None) -> Span | None:
    if number is None or not 1 <= number <= len(document.pages):
        return None
    span = find_quote(document.page_text(number), quote)
    return span and Span(span.offset + document.page(number).offset, span.length, span.found)


def _place(shelf: Shelf, path: Path, quote: str, filename: str | None, page: int | None) -> Place | None:
    if page is not None and media_type_of(path, filename or path.name) == PDF:
        near = _near(shelf.pdf(path), quote, page)
        if near is not None:
            return near
    document = shelf.document(path, filename)
    span = find_in(document, quote, page)
    if span is None:
        return None
    if document.media_type == PDF:
        return _pdf_place(shelf.pdf(path), document, span, quote)
    first = document.page_at(span.offset)
    return Place(
        page=first and _main_page(document, span).number,
        line=document.line_at(span.offset),
        offset=span.offset,
        length=span.length,
        boxes=(),
        found=span.found,
        quote=_quoted(document, span),
    )


def _near(pdf: "Pdf", quote: str, page: int) -> Place | None:
    """Where the whole quote stands on a page, or runs from or to its neighbour: without reading the other pages."""
    for around in (0, 1):
        numbers = range(max(1, page - around), min(pdf.page_count, page + around) + 1)
        document = paged(PDF, (pdf.page_text(number) for number in numbers), None)
        span = find_quote(document.text, quote) if numbers else None
        if span is not None and span.found == 1.0:
            return _pdf_place(pdf, document, span, quote, numbers[0] - 1)
    return None


def _pdf_place(pdf: "Pdf", document: Document, span: Span, quote: str, before: int = 0) -> Place:
    """`before` is how many pages of the PDF come before those of `document`."""
    page = _main_page(document, span)
    start, end = _quoted_part(document, page, span, quote)
    return Place(
        page=page.number + before,
        line=None,
        offset=span.offset - page.offset,
        length=span.length,
        boxes=pdf.boxes(page.number + before, start - page.offset, end - start),
        found=span.found,
        quote=_quoted(document, span),
    )


def _quoted(document: Document, span: Span) -> str:
    return document.text[span.offset : span.offset + span.length]


def _main_page(document: Document, span: Span) -> Page:
    """The page that holds most of the span, in a document that has pages."""
    first = document.page_at(span.offset) or 1
    last = document.page_at(span.offset + span.length - 1) or first
    return max(document.pages[first - 1 : last], key=lambda page: _shared(page, span))


def _quoted_part(document: Document, page: Page, span: Span, quote: str) -> tuple[int, int]:
    """The part of the span on the page, without what a page break puts between its words: a running head, a number."""
    start, end = _overlap(page, span)
    if end - start == span.length:
        return start, end
    said = closest_passage(document.text[start:end], quote)
    return (start + said.offset, start + said.offset + said.length) if said is not None else (start, end)


def _shared(page: Page, span: Span) -> int:
    start, end = _overlap(page, span)
    return end - start


def _overlap(page: Page, span: Span) -> tuple[int, int]:
    """The part of the span that is on the page: start and end in the document's text."""
    return max(page.offset, span.offset), min(page.offset + page.length, span.offset + span.length)
