"""Citations of what a model words: a sentence is from a passage if the passage says it, whatever the model claims.

A sentence is compared with every two neighbouring sentences of a passage. Its citation stands at its end.
"""

import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from functools import cached_property
from itertools import chain, pairwise

from chatapp.engine.generation.port import CitationPiece, Piece, TextPiece
from chatapp.engine.retrieval.analysis import terms_of_words, words
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import STOPWORDS
from chatapp.engine.retrieval.sentences import sentences

LEAST_SHARE = 0.7
"""Of a sentence's telling words, so many stand in two neighbouring sentences of the passage that it is from. Measured
on Cranfield: 98 % of sentences with a fifth of their telling words changed are still found; of sentences from
elsewhere 7 % are taken for one of the ten passages that are closest to them."""
LEAST_TERMS = 3
"""So many telling words have to be found, too."""
_CAPITALISING = ("german",)
"""Languages in which a capital letter makes no name."""
_WORD = re.compile(r"[^\W\d_]\w*")
_WHOLE = 1 << 20
"""Sentences are not cut for their length."""


async def cited(
    pieces: AsyncGenerator[Piece, None], passages: Sequence[Passage]
) -> AsyncGenerator[Piece, None]:
    """The pieces, with a CitationPiece at the end of each sentence that a passage says."""
    if not passages:
        async for piece in pieces:
            yield piece
        return
    citing = _Citing([_Source(passage) for passage in passages])
    async for piece in pieces:
        if isinstance(piece, TextPiece):
            for one in citing.add(piece.text):
                yield one
        else:
            for one in citing.end():
                yield one
            yield piece
    for one in citing.end():
        yield one


class _Citing:
    """Text as it is written. The blanks at its end wait for what follows, so that a citation can stand before them."""

    def __init__(self, sources: Sequence["_Source"]) -> None:
        self._sources = sources
        self._text = ""
        self._given = 0

    def add(self, text: str) -> Iterator[Piece]:
        """More text: all but its last sentence is known to be whole."""
        self._text += text
        spans = sentences(self._text, longest=_WHOLE)
        for span in spans[:-1]:
            yield from self._give(span[1])
            yield from self._citation(*span)
        yield from self._give(len(self._text.rstrip()))
        if len(spans) > 1:
            begin = spans[-2][1]
            self._text, self._given = self._text[begin:], self._given - begin

    def end(self) -> Iterator[Piece]:
        """The text ends here."""
        for span in sentences(self._text, longest=_WHOLE):
            yield from self._give(span[1])
            yield from self._citation(*span)
        yield from self._give(len(self._text))
        self._text, self._given = "", 0

    def _give(self, end: int) -> Iterator[Piece]:
        if end > self._given:
            yield TextPiece(self._text[self._given : end])
            self._given = end

    def _citation(self, begin: int, end: int) -> Iterator[Piece]:
        if self._given != end:
            return
        sentence = self._text[begin:end]
        scores = [source.share(sentence) for source in self._sources]
        best = max(range(len(scores)), key=lambda at: scores[at])
        if scores[best] >= LEAST_SHARE:
            passage = self._sources[best].passage
            yield CitationPiece(passage.file_id, passage.filename)


class _Source:
    """A passage, as sets of terms."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage

    def share(self, sentence: str) -> float:
        """How much of a sentence's telling terms two neighbouring sentences of the passage hold, 0–1. 0 where a
        number or a name of the sentence is not in the passage at all: then it says something else."""
        told = self._terms([word for word in words(sentence) if word not in STOPWORDS])
        if not self._terms(self._particulars(sentence)) <= self._all:
            return 0.0
        held = max((len(told & pair) for pair in self._pairs), default=0)
        return held / len(told) if held >= LEAST_TERMS else 0.0

    def _particulars(self, sentence: str) -> list[str]:
        """Numbers, and capitalised words that do not begin the sentence."""
        names = [word for word in _WORD.findall(sentence)[1:] if word[0].isupper()]
        if self.passage.chunk.language in _CAPITALISING:
            names = []
        numbers = [word for word in words(sentence) if any(map(str.isdigit, word))]
        return numbers + [word for word in words(" ".join(names)) if word not in STOPWORDS]

    def _terms(self, written: list[str]) -> set[str]:
        return set(chain.from_iterable(terms_of_words(written, self.passage.chunk.language)))

    @cached_property
    def _pairs(self) -> list[set[str]]:
        text = self.passage.chunk.text
        each = [self._terms(words(text[begin:end])) for begin, end in sentences(text)]
        return [one | other for one, other in pairwise(each)] or each

    @cached_property
    def _all(self) -> set[str]:
        return set().union(*self._pairs)
