"""Choosing what to quote: the sentences of the passages found that say most of what was asked."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from chatapp.documents.hyphens import SOFT
from chatapp.engine.generation.parts import MARKUP, STOP, Parts, Sentence
from chatapp.engine.retrieval.analysis import terms
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import Query
from chatapp.engine.retrieval.sentences import Span
from chatapp.engine.retrieval.titles import name_of

LONGEST_QUOTE = 600
"""Code points of a sentence with its neighbour. A sentence alone may be longer, see `sentences`."""
SHORT_QUOTE = 250
"""A quote that is shorter may have one sentence more."""
_LONG_SENTENCE_WORDS = 45
_PASSAGE_WEIGHT = 0.15
"""What a passage's own score adds to its sentences', of at most 1."""
_NUMBER_BONUS = 0.08
_WORTH_QUOTING = 0.4
"""What a sentence must score in proportion to the best one."""
_PAIR_BONUS = 0.25
"""Added for question words that follow each other in the sentence as they do in the question, of at most 1."""
_WRITTEN_BONUS = 0.15
"""Added for names with signs in them (`--max-size`, `read_all`) that stand in the sentence just so, of at most 1."""
_BEGINNING_BONUS = 0.15
"""Added for what begins with what a short question asks about, as what explains a word does."""
_SHORT_QUESTION = 4
"""Terms."""
_TITLE_SHARE = 0.5
"""What a term of the question counts that only the file's name has."""
_LEADER = re.compile(r"\.[ .]+\.")
"""Dots that lead to a page number: a table of contents or an index says where something stands, not what."""
_LEADER_SHARE = 0.5
_NAME = re.compile(r"(?<![\w-])(?:-{1,2}\w+(?:[-_.]\w+)*|\w+(?:[-_.:/]+\w+)+)")
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2212", "-"))
_ANNOUNCES = (":", "：")
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")
_ASKS_FOR_NUMBER = re.compile(
    r"\bhow (?:many|much|long|often|old|far|large|big)\b|\bwhen\b|\b(?:what|which) (?:\w+ )?(?:year|date|day|number)\b",
    re.I,
)


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
    at: int
    score: float


def excerpts(query: Query, passages: Sequence[tuple[Passage, Parts]], most: int) -> list[Excerpt]:
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


def _scored(query: Query, passages: Sequence[tuple[Passage, Parts]]) -> list[_Candidate]:
    found = list(_distinct_sentences(passages))
    words = [sentence.words for _, _, sentence in found]
    languages = {passage.chunk.language for passage, _ in passages}
    scales = {language: _Scale.of(query, language, words) for language in languages}
    titles = {id(passage): _title_terms(passage) for passage, _ in passages}
    return [
        _Candidate(passage, parts.spans, sentence.at, score)
        for passage, parts, sentence in found
        if (score := scales[passage.chunk.language].score(passage, sentence, titles[id(passage)]))
    ]


def _title_terms(passage: Passage) -> frozenset[str]:
    return frozenset(terms(name_of(passage.filename), passage.chunk.language))


def _distinct_sentences(
    passages: Sequence[tuple[Passage, Parts]],
) -> Iterator[tuple[Passage, Parts, Sentence]]:
    """Every sentence once, though passages overlap."""
    seen: set[tuple[str, int]] = set()
    for passage, parts in passages:
        for sentence in parts.quotable:
            place = (passage.file_id, passage.chunk.offset + sentence.begin)
            if place not in seen:
                seen.add(place)
                yield passage, parts, sentence


@dataclass(frozen=True, slots=True)
class _Scale:
    """What counts in a sentence of one language: the weight of each term of the query (how often it counts, times how
    few sentences hold it), and which terms follow each other in the question."""

    rarity: Mapping[str, float]
    total: float
    pairs: Set[tuple[str, str]]
    numeric: bool
    names: Sequence[re.Pattern[str]]
    asked: tuple[str, ...]

    @classmethod
    def of(cls, query: Query, language: str | None, sentence_words: Sequence[Sequence[str]]) -> "_Scale":
        weights = query.weights(language)
        holding = Counter(word for words in sentence_words for word in weights.keys() & words)
        count = len(sentence_words)
        rarity = {
            word: weight * math.log(1 + (count - holding[word] + 0.5) / (holding[word] + 0.5))
            for word, weight in weights.items()
        }
        asked = tuple(query.sequence(language))
        pairs = {pair for pair in pairwise(asked) if pair[0] != pair[1]}
        numeric = bool(_ASKS_FOR_NUMBER.search(query.texts[0]))
        return cls(rarity, sum(rarity.values()), pairs, numeric, _names_in(query.texts[0]), asked)

    def score(self, passage: Passage, sentence: Sentence, title: Set[str]) -> float:
        """0 for a sentence without any term of the query. `title` are the terms of the file's name: what a whole file
        is about is seldom said in its sentences."""
        words, text = sentence.words, sentence.text_in(passage.chunk.text)
        held = self.rarity.keys() & words
        if not held or (sentence.own is not None and self.rarity.keys().isdisjoint(sentence.own)):
            return 0.0
        share = sum(self.rarity[word] for word in held) / self.total
        named = self.rarity.keys() & title - held
        share += _TITLE_SHARE * sum(self.rarity[word] for word in named) / self.total
        if len(held) > 1 and self.pairs:
            share += _PAIR_BONUS * self._near(words)
        length = len(words if sentence.own is None else sentence.own)
        if _LEADER.search(text):
            share *= _LEADER_SHARE
        if length > _LONG_SENTENCE_WORDS:
            share *= (_LONG_SENTENCE_WORDS / length) ** 0.5
        bonus = _NUMBER_BONUS if self.numeric and sentence.has_number else 0.0
        bonus += _WRITTEN_BONUS * self._written_so(text)
        bonus += _BEGINNING_BONUS * self._begins_so(words)
        return share + _PASSAGE_WEIGHT * passage.score + bonus

    def _written_so(self, text: str) -> float:
        """The share of the question's names with signs in them that stand in the sentence just so."""
        if not self.names:
            return 0.0
        plain = text.translate(_HYPHENS)
        return sum(bool(name.search(plain)) for name in self.names) / len(self.names)

    def _begins_so(self, words: Sequence[str]) -> bool:
        return 0 < len(self.asked) <= _SHORT_QUESTION and tuple(words[: len(self.asked)]) == self.asked

    def _near(self, words: Sequence[str]) -> float:
        """The share of the question's neighbouring terms that stand within two words of each other in the sentence."""
        near = {pair for gap in (1, 2) for pair in zip(words, words[gap:], strict=False)}
        return len(self.pairs & near) / len(self.pairs)


def _names_in(question: str) -> list[re.Pattern[str]]:
    written = dict.fromkeys(_NAME.findall(question.translate(_HYPHENS)))
    return [re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])", re.I) for name in written]


def _with_neighbour(best: _Candidate) -> Excerpt:
    """The sentence with the next one of its paragraph, or the next two where they are short, else with the one before
    it. What ends with a colon is quoted with what it announces."""
    text, spans = best.passage.chunk.text, best.spans
    first = last = best.at
    for neighbour in (best.at + 1, best.at - 1):
        low, high = min(best.at, neighbour), max(best.at, neighbour)
        if low >= 0 and high < len(spans) and _belong_together(text, spans[low], spans[high]):
            first, last = low, high
            break
    if last > best.at and spans[last][1] - spans[first][0] < SHORT_QUOTE:
        last += last + 1 < len(spans) and _belong_together(text, spans[last], spans[last + 1])
    if last + 1 < len(spans) and spans[last + 1][1] - spans[first][0] <= LONGEST_QUOTE:
        last += text[spans[last][1] - 1] in _ANNOUNCES
    begin, end = spans[first][0], spans[last][1]
    markup = MARKUP.match(text, begin, end)
    begin = markup.end() if markup else begin
    end = begin + len(text[begin:end].rstrip(" |"))
    quote = " ".join(text[begin:end].replace(SOFT, "").split())
    return Excerpt(best.passage, quote, best.passage.chunk.offset + begin, best.score)


def _belong_together(text: str, one: Span, two: Span) -> bool:
    """Whether two spans are sentences of one paragraph that make a short quote: a heading, a list item and a row of
    a table have no stop at their end."""
    if two[1] - one[0] > LONGEST_QUOTE or _PARAGRAPH_END.search(text, one[1], two[0]):
        return False
    first, second = text[slice(*one)], text[slice(*two)]
    ends = STOP.search(second) or second.endswith(_ANNOUNCES)
    return bool(STOP.search(first) and ends) and not MARKUP.match(second)


def _overlap(one: Excerpt, other: Excerpt) -> bool:
    """Whether two quotes are of the same words: of the same place, or of two copies of it."""
    if one.text in other.text or other.text in one.text:
        return True
    if one.passage.file_id != other.passage.file_id:
        return False
    return one.offset < other.offset + len(other.text) and other.offset < one.offset + len(one.text)
