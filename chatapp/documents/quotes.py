"""Finding a quote again in a text that was perhaps read by another program, wrapped or typed anew.

Three ways, the strictest first: the very characters; the same characters once white space, letter case,
ligatures, quotation marks and hyphens within words are set aside (`folding`); and the passage that shares
the most words in the same order (`alignment`). All three take time in proportion to the text.
"""

from collections.abc import Iterable

from chatapp.documents.alignment import closest_passage
from chatapp.documents.folding import FoldedText, fold
from chatapp.documents.model import Span

MAX_PLACES = 20_000
"""How many places of one quote are noted before the search ends."""

MAX_CANDIDATES = 32
"""How many of them, nearest first, are looked at for one that does not cut a word."""


def find_quote(text: str, quote: str, near: int | None = None) -> Span | None:
    """Where `quote` stands in `text`, with the share of its words found there; None if not one word is.

    Of several equal places the one nearest to offset `near` is taken, else the first; whole words go
    before parts of words.
    """
    quote = quote.strip()
    if not quote:
        return None
    return _verbatim(text, quote, near) or _folded(text, quote, near) or closest_passage(text, quote, near)


def _verbatim(text: str, quote: str, near: int | None) -> Span | None:
    return _best(text, (Span(at, len(quote), 1.0) for at in _occurrences(text, quote, near)))


def _folded(text: str, quote: str, near: int | None) -> Span | None:
    needle = fold(quote)
    if not needle:
        return None
    folded = FoldedText(text)
    folded_near = None if near is None else folded.folded_offset(near)
    places = _occurrences(folded.folded, needle, folded_near)
    return _best(text, (_unfolded(folded, at, len(needle)) for at in places))


def _unfolded(folded: FoldedText, at: int, length: int) -> Span:
    start = folded.source_offset(at)
    return Span(start, folded.source_offset(at + length - 1) + 1 - start, 1.0)


def _occurrences(text: str, quote: str, near: int | None) -> list[int]:
    """Offsets of `quote` in `text`, nearest to `near` first.

    Steps over each place found, and never searches backward, because only that takes linear time whatever
    the text: str.rfind does not.
    """
    places: list[int] = []
    at = text.find(quote)
    while at >= 0 and len(places) < MAX_PLACES:
        places.append(at)
        at = text.find(quote, at + len(quote))
    if near is not None:
        places.sort(key=lambda place: abs(place - near))
    return places[:MAX_CANDIDATES]


def _best(text: str, spans: Iterable[Span]) -> Span | None:
    """The first span that begins and ends between words, else the first."""
    first: Span | None = None
    for span in spans:
        if _between_words(text, span.offset) and _between_words(text, span.offset + span.length):
            return span
        first = first or span
    return first


def _between_words(text: str, offset: int) -> bool:
    return not (0 < offset < len(text) and text[offset - 1].isalnum() and text[offset].isalnum())
