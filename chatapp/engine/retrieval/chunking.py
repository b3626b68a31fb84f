"""Cutting a document into chunks: whole sentences, never across a page, overlapping as the strategy says."""

from collections.abc import Iterator
from dataclasses import dataclass

from chatapp.documents.model import Document
from chatapp.engine.retrieval.passages import Chunk
from chatapp.engine.retrieval.sentences import Span, sentences
from chatapp.engine.tokens import estimate_tokens


@dataclass(frozen=True, slots=True)
class Chunking:
    """How chunks are cut, in tokens as `tokens` estimates them. The defaults are what "auto" means."""

    max_tokens: int = 800
    overlap_tokens: int = 400


def chunks_of(document: Document, chunking: Chunking) -> Iterator[Chunk]:
    """The document's chunks in reading order. A chunk belongs to one page, so its page is its quotes' page."""
    if not document.pages:
        yield from _chunks_between(document, 0, len(document.text), None, chunking)
    for page in document.pages:
        yield from _chunks_between(document, page.offset, page.offset + page.length, page.number, chunking)


def _chunks_between(
    document: Document, start: int, end: int, page: int | None, chunking: Chunking
) -> Iterator[Chunk]:
    spans = sentences(document.text, start, end)
    for first, last in _groups(document.text, spans, chunking):
        offset = spans[first][0]
        text = document.text[offset : spans[last - 1][1]]
        yield Chunk(text, offset, page, document.line_at(offset) if page is None else None)


def _groups(text: str, spans: list[Span], chunking: Chunking) -> Iterator[Span]:
    """Ranges [first, last) of sentences: each as full as `max_tokens` lets it be, and one sentence at least."""
    sizes = [estimate_tokens(text[begin:end]) for begin, end in spans]
    first = 0
    while first < len(spans):
        last, size = first + 1, sizes[first]
        while last < len(spans) and size + sizes[last] <= chunking.max_tokens:
            size += sizes[last]
            last += 1
        yield first, last
        if last == len(spans):
            return
        first = _overlapping(sizes, first, last, chunking.overlap_tokens)


def _overlapping(sizes: list[int], first: int, last: int, overlap_tokens: int) -> int:
    """Where the next group begins: as far before `last` as the overlap allows, but after `first`."""
    begin, shared = last, 0
    while begin - 1 > first and shared + sizes[begin - 1] <= overlap_tokens:
        begin -= 1
        shared += sizes[begin]
    return begin
