"""Choosing what to quote: the sentences of the passages found that say most of what was asked, and what belongs to
them."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from chatapp.documents.hyphens import SOFT
from chatapp.engine.generation.parts import ANNOUNCES, MARKUP, STOP, Parts, Sentence
from chatapp.engine.generation.scale import Scale
from chatapp.engine.retrieval.analysis import terms
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import Query
from chatapp.engine.retrieval.sentences import Span
from chatapp.engine.retrieval.titles import name_of

LONGEST_QUOTE = 600
"""Code points of the best sentence with what else is quoted. A sentence alone may be longer, see `sentences`."""
SHORT_QUOTE = 350
"""A quote that is shorter may have more sentences, up to 500."""
_GROWN_QUOTE = 500
_FRAGMENT_QUOTE = 300
"""A heading or a label is quoted with what follows it, up to so many."""
_WORTH_QUOTING = 0.4
"""What a sentence must score in proportion to the best one."""
_NEXT_BEST = 0.8
"""The same, for one nearby that is quoted with it, with what stands between them."""
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A verbatim quote of a document: `text` has its line breaks folded to single blanks, and broken words whole."""

    passage: Passage
    text: str
    offset: int
    score: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: Passage
    spans: Sequence[Span]
    sentence: Sentence
    score: float
    held: Set[str]
    scale: Scale

    def adds(self, span: Span) -> float:
        """How much another sentence says of what was asked that this one does not, 0–1."""
        said = terms(self.passage.chunk.text[slice(*span)], self.passage.chunk.language)
        return self.scale.share(set(said) - self.held)


def excerpts(query: Query, passages: Sequence[tuple[Passage, Parts]], most: int) -> list[Excerpt]:
    """The best quotes, best first: at most `most`, none overlapping another, each holding a term of the query."""
    chosen: list[Excerpt] = []
    candidates = sorted(_scored(query, passages), key=lambda one: -one.score)
    for candidate in candidates:
        if len(chosen) == most or candidate.score <= _WORTH_QUOTING * candidates[0].score:
            break
        excerpt = _excerpt(candidate, candidates)
        if not any(_overlap(excerpt, other) for other in chosen):
            chosen.append(excerpt)
    return chosen


def _scored(query: Query, passages: Sequence[tuple[Passage, Parts]]) -> Iterator[_Candidate]:
    """Every sentence that holds a term of the query, once, though passages overlap."""
    words = [sentence.words for _, parts in passages for sentence in parts.quotable]
    languages = {passage.chunk.language for passage, _ in passages}
    telling = {term: told for passage, _ in passages for term, told in passage.telling.items()}
    scales = {language: Scale.of(query, language, words, telling) for language in languages}
    seen: set[tuple[str, int]] = set()
    for passage, parts in passages:
        scale = scales[passage.chunk.language]
        title = frozenset(terms(name_of(passage.filename), passage.chunk.language))
        for sentence, held in zip(parts.quotable, scale.held(parts.quotable), strict=True):
            place = (passage.file_id, passage.chunk.offset + sentence.begin)
            score = 0.0 if place in seen else scale.score(passage, sentence, held, title)
            if score:
                seen.add(place)
                yield _Candidate(passage, parts.spans, sentence, score, held.here, scale)


def _excerpt(best: _Candidate, candidates: Sequence[_Candidate]) -> Excerpt:
    """The sentence with what belongs to it."""
    text, spans = best.passage.chunk.text, best.spans
    first, last = sorted((best.sentence.at, _partner(best, candidates)))
    first, last = (_labelled if best.sentence.is_fragment else _grown)(best, first, last)
    if last + 1 < len(spans) and spans[last + 1][1] - spans[first][0] <= LONGEST_QUOTE:
        last += text[spans[last][1] - 1] in ANNOUNCES
    begin, end = spans[first][0], spans[last][1]
    markup = MARKUP.match(text, begin, end)
    begin = markup.end() if markup else begin
    end = begin + len(text[begin:end].rstrip(" |"))
    quote = " ".join(text[begin:end].replace(SOFT, "").split())
    return Excerpt(best.passage, quote, best.passage.chunk.offset + begin, best.score)


def _partner(best: _Candidate, candidates: Sequence[_Candidate]) -> int:
    """The next best sentence of the same paragraph that makes one quote with the best one, by its number; else the
    best one's own."""
    for one in candidates:
        if one.score < _NEXT_BEST * best.score:
            break
        if one.passage is best.passage and one is not best:
            begin = min(one.sentence.begin, best.sentence.begin)
            end = max(one.sentence.end, best.sentence.end)
            if end - begin <= LONGEST_QUOTE and not _PARAGRAPH_END.search(one.passage.chunk.text, begin, end):
                return one.sentence.at
    return best.sentence.at


def _labelled(best: _Candidate, first: int, last: int) -> tuple[int, int]:
    """What follows is quoted too, to the end of the paragraph at most."""
    text, spans = best.passage.chunk.text, best.spans
    while last + 1 < len(spans) and spans[last + 1][1] - spans[first][0] <= _FRAGMENT_QUOTE:
        if _PARAGRAPH_END.search(text, spans[last][1], spans[last + 1][0]):
            break
        last += 1
    return first, last


def _grown(best: _Candidate, first: int, last: int) -> tuple[int, int]:
    """With a sentence of its paragraph before or after it, the one that adds more, else the one after; and more of them
    as long as the quote is short."""
    spans = best.spans
    while first == last or spans[last][1] - spans[first][0] < SHORT_QUOTE:
        longest = LONGEST_QUOTE if first == last else _GROWN_QUOTE
        sides = [
            (best.adds(spans[side]), side)
            for side, edge in ((last + 1, last), (first - 1, first))
            if 0 <= side < len(spans)
            and _belong_together(best, *sorted((side, edge)))
            and max(spans[side][1], spans[last][1]) - min(spans[side][0], spans[first][0]) <= longest
        ]
        if not sides:
            break
        side = max(sides)[1]
        first, last = min(first, side), max(last, side)
    return first, last


def _belong_together(best: _Candidate, one: int, two: int) -> bool:
    """Whether two spans are sentences of one paragraph: a heading, a list item and a row of a table have no stop at
    their end."""
    text, spans = best.passage.chunk.text, best.spans
    if _PARAGRAPH_END.search(text, spans[one][1], spans[two][0]):
        return False
    first, second = text[slice(*spans[one])], text[slice(*spans[two])]
    ends = STOP.search(second) or second.endswith(ANNOUNCES)
    return bool(STOP.search(first) and ends) and not MARKUP.match(second)


def _overlap(one: Excerpt, other: Excerpt) -> bool:
    """Whether two quotes are of the same words: of the same place, or of two copies of it."""
    if one.text in other.text or other.text in one.text:
        return True
    if one.passage.file_id != other.passage.file_id:
        return False
    return one.offset < other.offset + len(other.text) and other.offset < one.offset + len(one.text)
