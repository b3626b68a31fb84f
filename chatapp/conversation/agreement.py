"""How far several answers to one question agree: which sentences recur, and how their figures spread. Pure.

Two sentences say the same where their words do, or nearly: at least SAME of all their words are in both. Answers are
read up to MOST_SENTENCES, so that the cost has a bound.
"""

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

SAME: Final = 0.75
MOST_SENTENCES: Final = 300

_SENTENCE = re.compile(r".+?(?:[.!?…][\"'”’)\]*_]*(?=\s|$)|[。！？]|$)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")


@dataclass(frozen=True, slots=True)
class Recurring:
    """A sentence as its first answer has it, and the indices of the answers that say it, in order."""

    text: str
    answers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """`share` is how many of the other answers say what a sentence says, on average over all sentences: 0 to 1, None
    for fewer than two answers. `by_answer` is the same for the sentences of each answer alone."""

    sentences: tuple[Recurring, ...]
    share: float | None
    by_answer: tuple[float | None, ...]

    @property
    def common(self) -> tuple[Recurring, ...]:
        """Those that more than one answer says, the most frequent first."""
        return tuple(sorted((s for s in self.sentences if len(s.answers) > 1), key=lambda s: -len(s.answers)))

    @property
    def single(self) -> tuple[Recurring, ...]:
        """Those that one answer alone says."""
        return tuple(sentence for sentence in self.sentences if len(sentence.answers) == 1)


@dataclass(frozen=True, slots=True)
class Spread:
    """How a figure spreads over some answers."""

    count: int
    mean: float
    low: float
    high: float


def sentences_of(text: str) -> tuple[str, ...]:
    """The sentences, list entries and lines of a text, without what says nothing."""
    pieces = (piece.strip() for piece in _SENTENCE.findall(text))
    return tuple(piece for piece in pieces if _WORD.search(piece))[:MOST_SENTENCES]


def agreement_of(texts: Sequence[str]) -> Agreement:
    """Of the answers that are compared; an empty one agrees with nothing."""
    said = [sentences_of(text) for text in texts]
    groups = _Groups(_words(sentence) for sentences in said for sentence in sentences)
    found: dict[int, tuple[str, set[int]]] = {}
    own: list[list[int]] = []
    for answer, sentences in enumerate(said):
        own.append([])
        for sentence in sentences:
            group = groups.put(_words(sentence))
            found.setdefault(group, (sentence, set()))[1].add(answer)
            own[-1].append(group)
    shares = tuple(_share([len(found[group][1]) for group in numbers], len(texts)) for numbers in own)
    known = [share for share in shares if share is not None]
    recurring = tuple(Recurring(text, tuple(sorted(answers))) for text, answers in found.values())
    return Agreement(recurring, statistics.fmean(known) if known else None, shares)


def spread_of(values: Iterable[float | None]) -> Spread | None:
    """None where nothing is known."""
    known = [value for value in values if value is not None]
    return Spread(len(known), statistics.fmean(known), min(known), max(known)) if known else None


def _share(counts: Sequence[int], answers: int) -> float | None:
    if answers < 2:
        return None
    return statistics.fmean((count - 1) / (answers - 1) for count in counts) if counts else 0.0


def _words(sentence: str) -> frozenset[str]:
    """The words, and single characters where a script has no spaces."""
    words: set[str] = set()
    for word in _WORD.findall(sentence.casefold()):
        words.update(word if _WITHOUT_SPACES.search(word) else (word,))
    return frozenset(words)


class _Groups:
    """Sentences that say the same, by number. Two alike ones share one of their rarest words, so that a sentence is
    compared with few others."""

    def __init__(self, sentences: Iterable[frozenset[str]]) -> None:
        self._frequency = Counter(word for words in sentences for word in words)
        self._first: list[frozenset[str]] = []
        self._exact: dict[frozenset[str], int] = {}
        self._by_word: dict[str, list[int]] = {}

    def put(self, words: frozenset[str]) -> int:
        if words in self._exact:
            return self._exact[words]
        rare = sorted(words, key=lambda word: (self._frequency[word], word))
        rare = rare[: len(rare) - ceil(SAME * len(rare)) + 1]
        near = dict.fromkeys(group for word in rare for group in self._by_word.get(word, ()))
        group = next((group for group in near if _are_alike(words, self._first[group])), None)
        if group is None:
            group = len(self._first)
            self._first.append(words)
            for word in rare:
                self._by_word.setdefault(word, []).append(group)
        self._exact[words] = group
        return group


def _are_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= SAME * len(one | other)
