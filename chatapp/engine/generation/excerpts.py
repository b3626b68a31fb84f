"""Choosing what to quote: the sentences of the passages found that say most of what was asked."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chatapp.engine.retrieval.analysis import terms
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import Query
from chatapp.engine.retrieval.sentences import Span, sentences

LONGEST_QUOTE = 600
"""Code points of a sentence with its neighbour. A sentence alone may be longer, see `sentences`."""
_LONG_SENTENCE_WORDS = 45
_PASSAGE_WEIGHT = 0.15
"""What a passage's own score adds to its sentences', of at most 1."""
_NUMBER_BONUS = 0.08
_WORTH_QUOTING = 0.4
"""What a sentence must score in proportion to the best one."""
_PAIR_BONUS = 0.25
"""Added for question words that follow each other in the sentence as they do in the question, of at most 1."""
_HEADING = re.compile(r"#{1,6}\s")
_MARKUP = re.compile(r"(?:[-*•>|]|#{1,6}|\d{1,3}[.)])[ \t]+")
"""What opens a list item, a heading or a quotation and is no word of the sentence."""
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")
_STOP = re.compile(r"[.!?…。！？][\"'”’)\]*_]*$")
_ASKS_FOR_NUMBER = re.compile(
    r"\bhow (?:many|much|long|often|old|far|large|big)\b|\bwhen\b|\bwhat (?:year|date|number)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A verbatim quote of a document: `text` has its line breaks folded to single blanks."""

    passage: Passage
    text: str
    offset: int
    score: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: Passage
    spans: Sequence[Span]
    at: int
    score: float


def excerpts(query: Query, passages: Sequence[Passage], most: int) -> list[Excerpt]:
    """The best quotes, best first: at most `most`, none overlapping another, each holding a term of the query."""
    chosen: list[Excerpt] = []
    candidates = sorted(_scored(query, passages), key=lambda one: -one.score)
    for candidate in candidates:
        if len(chosen) == most or candidate.score <= _WORTH_QUOTING * candidates[0].score:
            break
        excerpt = _with_neighbour(candidate)
        if not any(_overlap(excerpt, other) for other in chosen):
            chosen.append(excerpt)
    return chosen


def _scored(query: Query, passages: Sequence[Passage]) -> list[_Candidate]:
    found = list(_distinct_sentences(passages))
    words = [terms(_under_heading(*one), one[0].chunk.language) for one in found]
    held = [set(sentence) for sentence in words]
    rarity = {language: _rarity(query, language, held) for language in _languages(passages)}
    numeric = bool(_ASKS_FOR_NUMBER.search(query.texts[0]))
    return [
        _Candidate(passage, spans, at, _score(query, passage, rarity, sentence, numeric))
        for (passage, spans, at), sentence in zip(found, words, strict=True)
    ]


def _languages(passages: Sequence[Passage]) -> set[str | None]:
    return {passage.chunk.language for passage in passages}


def _distinct_sentences(passages: Sequence[Passage]) -> Iterator[tuple[Passage, Sequence[Span], int]]:
    """Every sentence once, though passages overlap: its passage, the passage's sentences, its number there."""
    seen: set[tuple[str, int]] = set()
    for passage in passages:
        spans = sentences(passage.chunk.text)
        for at, (begin, _) in enumerate(spans):
            place = (passage.file_id, passage.chunk.offset + begin)
            if place not in seen and not _HEADING.match(passage.chunk.text, begin):
                seen.add(place)
                yield passage, spans, at


def _under_heading(passage: Passage, spans: Sequence[Span], at: int) -> str:
    """A sentence, with the heading it stands right under: a heading is not quoted, but it says what follows."""
    first = at - 1 if at and _HEADING.match(passage.chunk.text, spans[at - 1][0]) else at
    return passage.chunk.text[spans[first][0] : spans[at][1]]


def _rarity(query: Query, language: str | None, sentence_words: Sequence[set[str]]) -> dict[str, float]:
    """The weight of each term of the query in a language: how often it counts, times how few sentences hold it."""
    weights = query.weights(language)
    holding = Counter(word for held in sentence_words for word in held & weights.keys())
    total = len(sentence_words)
    return {
        word: weight * math.log(1 + (total - holding[word] + 0.5) / (holding[word] + 0.5))
        for word, weight in weights.items()
    }


def _score(
    query: Query,
    passage: Passage,
    rarities: Mapping[str | None, Mapping[str, float]],
    words: Sequence[str],
    numeric: bool,
) -> float:
    language = passage.chunk.language
    rarity = rarities[language]
    held = rarity.keys() & set(words)
    if not held:
        return 0.0
    share = sum(rarity[word] for word in held) / sum(rarity.values())
    share += _PAIR_BONUS * _pairs(query.sequence(language), words)
    if len(words) > _LONG_SENTENCE_WORDS:
        share *= (_LONG_SENTENCE_WORDS / len(words)) ** 0.5
    bonus = _NUMBER_BONUS if numeric and any(word[0].isdigit() for word in words) else 0.0
    return share + _PASSAGE_WEIGHT * passage.score + bonus


def _pairs(asked: Sequence[str], words: Sequence[str]) -> float:
    """The share of the question's neighbouring terms that stand within two words of each other in the sentence."""
    wanted = {pair for pair in pairwise(asked) if pair[0] != pair[1]}
    near = {pair for gap in (1, 2) for pair in zip(words, words[gap:], strict=False)}
    return len(wanted & near) / len(wanted) if wanted else 0.0


def _with_neighbour(best: _Candidate) -> Excerpt:
    """The sentence with the next one of its paragraph, else with the one before it, as far as the quote stays
    short."""
    text = best.passage.chunk.text
    first = last = best.at
    for neighbour in (best.at + 1, best.at - 1):
        low, high = min(best.at, neighbour), max(best.at, neighbour)
        if low >= 0 and high < len(best.spans) and _belong_together(text, best.spans[low], best.spans[high]):
            first, last = low, high
            break
    begin, end = best.spans[first][0], best.spans[last][1]
    markup = _MARKUP.match(text, begin, end)
    begin = markup.end() if markup else begin
    end = begin + len(text[begin:end].rstrip(" |"))
    return Excerpt(
        best.passage, " ".join(text[begin:end].split()), best.passage.chunk.offset + begin, best.score
    )


def _belong_together(text: str, one: Span, two: Span) -> bool:
    """Whether two spans are sentences of one paragraph that make a short quote: a heading, a list item and a row of
    a table have no stop at their end."""
    if two[1] - one[0] > LONGEST_QUOTE or _PARAGRAPH_END.search(text, one[1], two[0]):
        return False
    second = text[slice(*two)]
    return bool(_STOP.search(text[slice(*one)]) and _STOP.search(second)) and not _MARKUP.match(second)


def _overlap(one: Excerpt, other: Excerpt) -> bool:
    """Whether two quotes are of the same words: of the same place, or of two copies of it."""
    if one.text in other.text or other.text in one.text:
        return True
    if one.passage.file_id != other.passage.file_id:
        return False
    return one.offset < other.offset + len(other.text) and other.offset < one.offset + len(one.text)
