"""Cutting a document into chunks: whole sentences, never across a page, overlapping as the strategy says."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

from chatapp.documents.model import Document
from chatapp.engine.retrieval.passages import Chunk
from chatapp.engine.retrieval.running_lines import bodies
from chatapp.engine.retrieval.sentences import LONGEST_SENTENCE, Span, sentences
from chatapp.engine.tokens import BYTES_PER_TOKEN


@dataclass(frozen=True, slots=True)
class Chunking:
    """How chunks are cut, in tokens as `tokens` estimates them. The defaults are what "auto" means."""

    max_tokens: int = 800
    overlap_tokens: int = 400


def chunks_of(document: Document, chunking: Chunking) -> Iterator[Chunk]:
    """The document's chunks in reading order. A chunk belongs to one page, so its page is its quotes' page; what is
    printed on every page is in none."""
    if not document.pages:
        yield from _chunks_between(document, 0, len(document.text), None, chunking)
    for page, body in bodies(document):
        yield from _chunks_between(document, *body, page.number, chunking)


def _chunks_between(
    document: Document, start: int, end: int, page: int | None, chunking: Chunking
) -> Iterator[Chunk]:
    spans = sentences(document.text, start, end, _longest_sentence(document.text[start:end], chunking))
    for first, last in _groups(document.text, spans, chunking):
        offset = spans[first][0]
        text = document.text[offset : spans[last - 1][1]]
        yield Chunk(text, offset, page, document.line_at(offset) if page is None else None)


def _longest_sentence(text: str, chunking: Chunking) -> int:
    """Code points that surely fit into a chunk, by the bytes a code point of this text takes."""
    bytes_each = -(-len(text.encode()) // max(1, len(text)))
    return min(LONGEST_SENTENCE, chunking.max_tokens * BYTES_PER_TOKEN // max(1, bytes_each))


def _groups(text: str, spans: list[Span], chunking: Chunking) -> Iterator[Span]:
    """Ranges [first, last) of sentences: each as full as `max_tokens` lets it be, and one sentence at least."""
    measure = _Measure(text, spans)
    first = 0
    while first < len(spans):
        last = first + 1
        while last < len(spans) and measure.tokens(first, last + 1) <= chunking.max_tokens:
            last += 1
        yield first, last
        if last == len(spans):
            return
        begin = last
        while begin - 1 > first and measure.tokens(begin - 1, last) <= chunking.overlap_tokens:
            begin -= 1
        first = begin


class _Measure:
    """The size of ranges of sentences with the blanks between them, each text encoded once."""

    def __init__(self, text: str, spans: list[Span]) -> None:
        edges = [edge for span in spans for edge in span]
        sizes = (len(text[start:stop].encode()) for start, stop in pairwise(edges))
        self._positions = [0, *accumulate(sizes)]

    def tokens(self, first: int, last: int) -> int:
        """Tokens of the sentences [first, last), as `tokens` estimates them."""
        return -(-(self._positions[2 * last - 1] - self._positions[2 * first]) // BYTES_PER_TOKEN)
