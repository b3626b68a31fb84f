"""Joining the texts of pages, slides or chapters into one document's text."""

from collections.abc import Iterable

from chatapp.documents.limits import MAX_TEXT_BYTES, too_much_text
from chatapp.documents.model import Document, Page

PAGE_BREAK = "\n"


def paged(media_type: str, texts: Iterable[str], title: str | None) -> Document:
    """A document of one page per text. Raises UnreadableDocument('too_large')."""
    pages: list[Page] = []
    kept: list[str] = []
    offset = 0
    for number, text in enumerate(texts, start=1):
        pages.append(Page(number, offset, len(text)))
        kept.append(text)
        offset += len(text) + len(PAGE_BREAK)
        if offset > MAX_TEXT_BYTES:
            raise too_much_text()
    return Document(media_type, PAGE_BREAK.join(kept), tuple(pages), title)
