"""How much a sentence says of what was asked, so that sentences can be compared."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from chatapp.engine.generation.expected import expected_by
from chatapp.engine.generation.parts import Sentence
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import Query

_LONG_SENTENCE_WORDS = 45
_PASSAGE_WEIGHT = 0.25
"""What a passage's own score adds to its sentences', of at most 1."""
_NEAR_SHARE = 1 / 3
"""What it counts that few of the passages' own sentences hold a term, beside that few of all chunks do. The passages
were found by the telling terms, so most of their sentences hold these, and "possible" would seem the rare word."""
_BESIDE_SHARE = 0.5
"""What a term of the question counts that only the sentence before or after has."""
_PASSAGE_SHARE = 0.25
"""The same of one that stands elsewhere in the passage."""
_TITLE_SHARE = 0.5
"""What a term of the question counts that only the file's name has."""
_EXPECTED_BONUS = 0.1
"""Added for what is written as the question expects of its answer."""
_PAIR_BONUS = 0.25
"""Added for question words that follow each other in the sentence as they do in the question, of at most 1."""
_WRITTEN_BONUS = 0.15
"""Added for names with signs in them (`--max-size`, `read_all`) that stand in the sentence just so, of at most 1."""
_BEGINNING_BONUS = 0.15
"""Added for what begins with what a short question asks about, as what explains a word does."""
_LABEL_BONUS = 0.2
"""Added for a row of a table whose label is asked for: the share of the label's terms, if it is more than half."""
_SHORT_QUESTION = 4
"""Terms."""
_LEADER = re.compile(r"\.[ .]+\.")
"""Dots that lead to a page number: a table of contents or an index says where something stands, not what."""
_LEADER_SHARE = 0.5
_FRAGMENT_SHARE = 0.85
"""A heading or a label names what is asked about; what follows tells it."""
_NAME = re.compile(r"(?<![\w-])(?:-{1,2}\w+(?:[-_.]\w+)*|\w+(?:[-_.:/]+\w+)+)")
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2212", "-"))


@dataclass(frozen=True, slots=True)
class Held:
    """The terms of the question that a sentence has, those that it or one beside it has, and those of its passage."""

    here: Set[str]
    beside: Set[str]
    passage: Set[str]


@dataclass(frozen=True, slots=True)
class Scale:
    """What counts in a sentence of one language: the weight of each term of the query (how often it counts, times what
    it tells among all that is searched, and how few of the sentences hold it), and which terms follow each other in the
    question."""

    rarity: Mapping[str, float]
    total: float
    pairs: Set[tuple[str, str]]
    expected: Sequence[re.Pattern[str]]
    names: Sequence[re.Pattern[str]]
    asked: tuple[str, ...]

    @classmethod
    def of(
        cls,
        query: Query,
        language: str | None,
        sentence_words: Sequence[Sequence[str]],
        telling: Mapping[str, float],
    ) -> "Scale":
        weights = query.weights(language)
        holding = Counter(word for words in sentence_words for word in weights.keys() & words)
        count = len(sentence_words)
        rarity = {
            word: weight * (telling.get(word, 0) + _NEAR_SHARE * _rarity(holding[word], count))
            for word, weight in weights.items()
        }
        asked = tuple(query.sequence(language))
        pairs = {pair for pair in pairwise(asked) if pair[0] != pair[1]}
        question = query.texts[0]
        return cls(rarity, sum(rarity.values()), pairs, expected_by(question), _names_in(question), asked)

    def held(self, sentences: Sequence[Sentence]) -> list[Held]:
        """What the sentences of a passage hold, each in turn."""
        here = [self.rarity.keys() & sentence.words for sentence in sentences]
        everywhere = frozenset[str]().union(*here)
        return [
            Held(words, words.union(*here[max(0, at - 1) : at + 2]), everywhere)
            for at, words in enumerate(here)
        ]

    def score(self, passage: Passage, sentence: Sentence, held: Held, title: Set[str]) -> float:
        """0 for a sentence without any term of the query. `title` are the terms of the file's name: what a whole file
        is about is seldom said in its sentences."""
        if not held.here or (sentence.own is not None and self.rarity.keys().isdisjoint(sentence.own)):
            return 0.0
        words, text = sentence.words, sentence.text_in(passage.chunk.text)
        share = self.share(held.here)
        share += _BESIDE_SHARE * self.share(held.beside - held.here)
        share += _PASSAGE_SHARE * self.share(held.passage - held.beside)
        share += _TITLE_SHARE * self.share(title - held.passage)
        if len(held.here) > 1 and self.pairs:
            share += _PAIR_BONUS * self._near(words)
        length = len(words if sentence.own is None else sentence.own)
        if _LEADER.search(text):
            share *= _LEADER_SHARE
        if length > _LONG_SENTENCE_WORDS:
            share *= (_LONG_SENTENCE_WORDS / length) ** 0.5
        if sentence.is_fragment:
            share *= _FRAGMENT_SHARE
        bonus = _EXPECTED_BONUS * any(written.search(text) for written in self.expected)
        bonus += _WRITTEN_BONUS * self._written_so(text)
        bonus += _BEGINNING_BONUS * self._begins_so(words)
        bonus += _LABEL_BONUS * self._labelled_so(sentence.label)
        return share + _PASSAGE_WEIGHT * passage.score + bonus

    def share(self, terms: Set[str]) -> float:
        """How much of the question some terms are, 0–1."""
        return sum(self.rarity.get(term, 0) for term in terms) / self.total

    def _written_so(self, text: str) -> float:
        """The share of the question's names with signs in them that stand in the sentence just so."""
        if not self.names:
            return 0.0
        plain = text.translate(_HYPHENS)
        return sum(bool(name.search(plain)) for name in self.names) / len(self.names)

    def _begins_so(self, words: Sequence[str]) -> bool:
        return 0 < len(self.asked) <= _SHORT_QUESTION and tuple(words[: len(self.asked)]) == self.asked

    def _labelled_so(self, label: Set[str]) -> float:
        """The share of a label's terms that the question has, 0 for half of them or less."""
        share = len(self.rarity.keys() & label) / max(1, len(label))
        return share if share > 0.5 else 0.0

    def _near(self, words: Sequence[str]) -> float:
        """The share of the question's neighbouring terms that stand within two words of each other in the sentence."""
        near = {pair for gap in (1, 2) for pair in zip(words, words[gap:], strict=False)}
        return len(self.pairs & near) / len(self.pairs)


def _rarity(holding: int, count: int) -> float:
    return math.log(1 + (count - holding + 0.5) / (holding + 0.5))


def _names_in(question: str) -> list[re.Pattern[str]]:
    written = dict.fromkeys(_NAME.findall(question.translate(_HYPHENS)))
    return [re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])", re.I) for name in written]
