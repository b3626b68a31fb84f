"""From a quote to its place in a file: the page or line, and on a PDF's page the boxes around the words."""

from pathlib import Path

from chatapp.documents.file_types import PDF
from chatapp.documents.model import Box, Document, Page, Place, Span
from chatapp.documents.quotes import find_quote
from chatapp.documents.shelf import Shelf


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
    document = shelf.document(path, filename)
    span = find_in(document, quote, page)
    if span is None:
        return None
    is_pdf = document.media_type == PDF
    main_page = _main_page(document, span)
    return Place(
        page=main_page.number if main_page else None,
        line=None if is_pdf else document.line_at(span.offset),
        offset=span.offset,
        length=span.length,
        boxes=_boxes(shelf, path, main_page, span) if is_pdf and main_page else (),
        found=span.found,
        quote=document.text[span.offset : span.offset + span.length],
    )


def _main_page(document: Document, span: Span) -> Page | None:
    """The page that holds most of the span."""
    first = document.page_at(span.offset)
    last = document.page_at(span.offset + span.length - 1)
    if first is None or last is None:
        return None
    return max(document.pages[first - 1 : last], key=lambda page: _shared(page, span))


def _shared(page: Page, span: Span) -> int:
    start, end = _overlap(page, span)
    return end - start


def _boxes(shelf: Shelf, path: Path, page: Page, span: Span) -> tuple[Box, ...]:
    start, end = _overlap(page, span)
    return shelf.pdf(path).boxes(page.number, start - page.offset, end - start)


def _overlap(page: Page, span: Span) -> tuple[int, int]:
    """The part of the span that is on the page: start and end in the document's text."""
    return max(page.offset, span.offset), min(page.offset + page.length, span.offset + span.length)
