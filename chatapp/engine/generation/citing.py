"""Citations of what a model words: a sentence is from a passage if the passage says it, whatever the model claims.

A sentence is compared with every two neighbouring sentences of a passage. Its citation stands at its end.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from itertools import chain, pairwise

from chatapp.engine.generation.port import CitationPiece, Piece, TextPiece
from chatapp.engine.retrieval.analysis import terms_of_words, words
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import STOPWORDS
from chatapp.engine.retrieval.sentences import LONGEST_SENTENCE, sentences

LEAST_SHARE = 0.7
"""Of a sentence's telling words, so many stand in two neighbouring sentences of the passage that it is from. Measured
on Cranfield: 98 % of sentences with a fifth of their telling words changed are still found; of sentences from
elsewhere 7 % are taken for one of the ten passages that are closest to them."""
LEAST_TERMS = 3
"""So many telling words have to be found, too."""
_CAPITALISING = ("german",)
"""Languages in which a capital letter makes no name."""
_WORD = re.compile(r"[^\W\d_]\w*")
_ENDS = re.compile(r"[.!?…。！？:\n]")
_LOOKED_BACK = 16
"""Code points after a mark that may end a sentence, in which it shows whether it does."""
_LONGEST = 1500
"""Code points; what goes on for longer (code, a table) is no sentence."""


async def cited(
    pieces: AsyncGenerator[Piece, None], passages: Sequence[Passage]
) -> AsyncGenerator[Piece, None]:
    """The pieces, with a CitationPiece at the end of each sentence that a passage says."""
    if not passages:
        async for piece in pieces:
            yield piece
        return
    citing = _Citing(await asyncio.to_thread(_sources, passages))
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
        before = len(self._text)
        self._text += text
        if len(self._text) > _LONGEST or _ENDS.search(self._text, max(0, before - _LOOKED_BACK)):
            yield from self._whole_sentences()
        yield from self._give(len(self._text.rstrip()))

    def _whole_sentences(self) -> Iterator[Piece]:
        spans = sentences(self._text, longest=_LONGEST)[:-1]
        for span in spans:
            yield from self._give(span[1])
            yield from self._citation(*span)
        if spans:
            done = spans[-1][1]
            self._text, self._given = self._text[done:], self._given - done

    def end(self) -> Iterator[Piece]:
        """The text ends here."""
        for span in sentences(self._text, longest=_LONGEST):
            yield from self._give(span[1])
            yield from self._citation(*span)
        yield from self._give(len(self._text))
        self._text, self._given = "", 0

    def _give(self, end: int) -> Iterator[Piece]:
        if end > self._given:
            yield TextPiece(self._text[self._given : end])
            self._given = end

    def _citation(self, begin: int, end: int) -> Iterator[Piece]:
        if self._given != end or end - begin > LONGEST_SENTENCE:
            return
        sentence = self._text[begin:end]
        scores = [source.share(sentence) for source in self._sources]
        best = max(range(len(scores)), key=lambda at: scores[at])
        if scores[best] >= LEAST_SHARE:
            passage = self._sources[best].passage
            yield CitationPiece(passage.file_id, passage.filename)


def _sources(passages: Sequence[Passage]) -> list["_Source"]:
    return [_Source(passage) for passage in passages]


class _Source:
    """A passage, as sets of terms: of every two neighbouring sentences, and of all."""

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        text = passage.chunk.text
        each = [self._terms(words(text[begin:end])) for begin, end in sentences(text)]
        self._pairs = [one | other for one, other in pairwise(each)] or each
        self._all: set[str] = set().union(*each)

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
