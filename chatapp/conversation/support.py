"""How far the wording of an answer's sentences is found in the passages it was given.

A measure of wording, not of truth: a sentence that says the same in other words counts as weak, and one that puts the
passage's words together otherwise may count as supported. Each sentence is laid over the stretch of a passage that
shares the most of its words, by what they say: numbers and names count more than other words, function words nothing.
A number that is not there, or a negation on one side only, keeps a sentence from being supported whatever else agrees.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

from chatapp.conversation.answer import Answer
from chatapp.conversation.citations import PASSAGE_LIMIT, Passage, passages
from chatapp.conversation.sentences import sentences
from chatapp.conversation.wording import (
    CONTENT,
    FUNCTION,
    OPPOSITES,
    Word,
    clean,
    language_of,
    negated,
    words,
)

Verdict = Literal["supported", "weak", "unsupported"]

SUPPORTED: Final = 0.7
"""The share of what a sentence says that has to be found for it to be supported, and for it to be weak. Both were
measured: `tests/benchmarks/support.py`."""
WEAK: Final = 0.32
LEAST_CLAIM: Final = 2
"""What the words of a sentence say at least, in content words: one with less claims nothing."""
TELLING_CLAIM: Final = 4
"""The same of a sentence of an answer: of less there is too little to be found."""
ROOM: Final = 2.0
"""How long a stretch of a passage is compared with a sentence, in lengths of the sentence."""
LEAST_ROOM: Final = 14
NEAR: Final = 0.8
"""What a word counts that only begins alike."""
_SHARED: Final = 5
_SHARE: Final = 0.65
AROUND: Final = 24
"""Characters beside a stretch that are looked at for a negation, up to a comma or the end of the sentence."""
_TELLING: Final = 0.5
"""A sentence of a passage counts where it holds that much of what the one that holds most does."""
_STOP: Final = re.compile(r"[.!?…؟।][\"'”’»)]*(?=\s|$)|[。！？;；]")
_SPELLED: Final = re.compile(r"\d[\d.,]*\d|\w+|\.")
_ONE_STOP: Final = str.maketrans(dict.fromkeys("!?…؟۔।。！？", "."))
_KEPT: Final = 256
_FORMULA: Final = re.compile(r"\$[^\s$](?:[^$\n]*[^\s$])?\$(?!\d)|\\[(\[]")
_SOURCE: Final = "—"
"""Begins the line under a quotation that says where it is from."""
_NO_CLAIM: Final = ("?", "？", "؟", ":", "：")
OTHER_LANGUAGE: Final = (
    "The passages are in another language than the answer, so their wording cannot be compared."
)


@dataclass(frozen=True, slots=True)
class Judged:
    """`score` is the share of what the sentence says that was found, 0–1; `passage` the number of the passage that
    has it, from 0, None where nothing is found; `nearness` how near its meaning is to a sentence of a passage, 0–1,
    where that was compared (`meaning`)."""

    verdict: Verdict
    score: float
    passage: int | None
    nearness: float | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer that claims something: where it stands (see `Citation`), and what came of it."""

    item: int
    part: int
    start: int
    end: int
    text: str
    judged: Judged


@dataclass(frozen=True, slots=True)
class Support:
    """`reason` says why nothing could be compared; then there are no claims. `compared`: by what."""

    claims: tuple[Claim, ...] = ()
    reason: str = ""
    compared: Literal["wording", "meaning"] = "wording"

    def count(self, verdict: Verdict) -> int:
        return sum(claim.judged.verdict == verdict for claim in self.claims)


def support_of(answer: Answer) -> Support | None:
    """Of every sentence of an answer that claims something. None where no passage is known to compare it with."""
    found = passages(answer)
    texts = [passage.text for passage in found if passage.text.strip()]
    if not texts:
        return None
    if not _comparable(answer.text, texts):
        return Support(reason=OTHER_LANGUAGE)
    places = [
        (item_place, part_place, part.text)
        for item_place, item in enumerate(answer.items)
        for part_place, part in enumerate(item.parts)
        if item.type == "message" and part.kind == "output_text"
    ]
    claims = (
        Claim(item, part, start, end, text[start:end], judged)
        for item, part, text in places
        for start, end in sentences(text)
        if (judged := judge(text[start:end], texts, TELLING_CLAIM)) is not None
    )
    return Support(tuple(claims))


def passage_of(answer: Answer, judged: Judged) -> Passage | None:
    """The passage that a sentence was found in."""
    found = [passage for passage in passages(answer) if passage.text.strip()]
    return found[judged.passage] if judged.passage is not None else None


def judge(sentence: str, texts: Sequence[str], least: float = LEAST_CLAIM) -> Judged | None:
    """How far one sentence is found in the passages; None for one that claims nothing, or says less than `least`."""
    said = clean(sentence).strip()
    language = language_of(said) or language_of(texts[0][:PASSAGE_LIMIT])
    claim = _Wanted.of(said, language, least)
    if claim is None or _FORMULA.search(said) or said.endswith(_NO_CLAIM) or said.startswith(_SOURCE):
        return None
    reads = [_read(text[:PASSAGE_LIMIT], language) for text in texts]
    verbatim = next((at for at, read in enumerate(reads) if _has(read, said)), None)
    if verbatim is not None:
        return Judged("supported", 1.0, verbatim)
    best, at = _best(claim, reads)
    if best is None:
        return Judged("unsupported", 0.0, None)
    return Judged(_verdict(claim, best, reads), best.score, at)


def may_say_the_same(sentence: str, told: str, language: str) -> bool:
    """Whether nothing in their wording forbids it: a number or a name that the other has not, a contrary, or any
    negation, for what that turns round is not known."""
    claim = _Wanted.of(sentence, language, 0)
    if claim is None or negated(sentence, language) or claim.turns_round(told, language):
        return False
    return claim.numbers | claim.names <= _read(told, language).keys


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A sentence to be found: the weights of its words by their keys, and which of them are numbers and names."""

    text: str
    language: str | None
    weights: dict[str, float]
    length: int
    numbers: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, said: str, language: str | None, least: float) -> "_Wanted | None":
        written = words(said, language)
        telling = [word for word in written if word.weight > FUNCTION]
        if sum(min(word.weight, CONTENT) for word in telling) < least:
            return None
        weights: dict[str, float] = {}
        for word in telling:
            weights[word.key] = max(word.weight, weights.get(word.key, 0))
        numbers = frozenset(word.key for word in written if word.is_number)
        names = frozenset(word.key for word in written if word.is_name)
        return cls(said, language, weights, len(written), numbers, names)

    @property
    def total(self) -> float:
        return sum(self.weights.values())

    def turns_round(self, told: str, language: str | None) -> bool:
        """Whether only one of the two is negated, or one has the contrary of a word of the other."""
        if negated(self.text, self.language) != negated(told, language):
            return True
        said, there = _plain_words(self.text), _plain_words(told)
        return any(
            OPPOSITES[word] & there and not OPPOSITES[word] & said
            for word in said - there
            if word in OPPOSITES
        )


@dataclass(frozen=True, slots=True)
class _Read:
    """A passage: what it says word for word, its words in order, their keys, the same by how they begin, and all of
    its numbers."""

    text: str
    spelled: str
    words: tuple[Word, ...]
    keys: frozenset[str]
    beginnings: dict[str, frozenset[str]]
    numbers: frozenset[str]
    language: str | None


@dataclass(frozen=True, slots=True)
class _Aligned:
    """The best stretch of a passage for a sentence: which of its keys were found there, and what each of the words by
    their numbers is worth."""

    score: float
    keys: frozenset[str]
    worth: Mapping[int, float]
    read: _Read


@lru_cache(_KEPT)
def _read(text: str, language: str | None) -> _Read:
    plain = clean(text)
    written = tuple(words(plain, language))
    beginnings: dict[str, set[str]] = {}
    for word in written:
        if len(word.key) > _SHARED and word.weight > FUNCTION and not word.is_number:
            beginnings.setdefault(word.key[:_SHARED], set()).add(word.key)
    frozen = {begin: frozenset(keys) for begin, keys in beginnings.items()}
    numbers = frozenset(word.key for word in written if word.is_number)
    keys = frozenset(word.key for word in written)
    return _Read(plain, _spelled(plain), written, keys, frozen, numbers, language)


def _spelled(text: str) -> str:
    """Words and stops with a blank between: what stays of a text however its lines and its quotes are set."""
    return " ".join(_SPELLED.findall(text.casefold().translate(_ONE_STOP)))


def _has(read: _Read, said: str) -> bool:
    """Whether the passage says that word for word, from where one of its sentences begins."""
    return f". {_spelled(said).rstrip(' .')} " in f". {read.spelled} "


def _best(claim: _Wanted, reads: Sequence[_Read]) -> tuple[_Aligned | None, int]:
    """The passage with the best stretch and its number, the first of equal ones. Those that hold the most words are
    aligned first, and the others not at all once they cannot do better."""
    found = [_sought(claim, read) for read in reads]
    hopes = [_hope(sought, read) for sought, read in zip(found, reads, strict=True)]
    best: tuple[_Aligned | None, int] = (None, 0)
    for at in sorted(range(len(reads)), key=lambda at: (-hopes[at], at)):
        least = best[0].score if best[0] is not None else 0.0
        if hopes[at] <= least * claim.total:
            break
        aligned = _align(claim, reads[at], found[at])
        if aligned.score > least:
            best = (aligned, at)
    return best


def _hope(sought: Mapping[str, tuple[str, float]], read: _Read) -> float:
    """What the words of a passage are worth all together, wherever they stand."""
    worth: dict[str, float] = {}
    for other, (key, value) in sought.items():
        if other in read.keys:
            worth[key] = max(value, worth.get(key, 0.0))
    return sum(worth.values())


def _align(claim: _Wanted, read: _Read, sought: Mapping[str, tuple[str, float]]) -> _Aligned:
    hits = [(at, *sought[word.key]) for at, word in enumerate(read.words) if word.key in sought]
    room = max(LEAST_ROOM, round(ROOM * claim.length))
    best: dict[str, tuple[float, int]] = {}
    value = 0.0
    for first, (begin, _, _) in enumerate(hits):
        found: dict[str, tuple[float, int]] = {}
        for at, key, worth in hits[first:]:
            if at >= begin + room:
                break
            if worth > found.get(key, (0.0, 0))[0]:
                found[key] = (worth, at)
        total = sum(worth for worth, _ in found.values())
        if total > value:
            best, value = found, total
    places = {at: weight for weight, at in best.values()}
    return _Aligned(value / claim.total, frozenset(best), places, read)


def _sought(claim: _Wanted, read: _Read) -> dict[str, tuple[str, float]]:
    """Which words of a passage stand for which of the sentence, and what each is worth there."""
    sought: dict[str, tuple[str, float]] = {}
    for key, weight in claim.weights.items():
        for other in read.beginnings.get(key[:_SHARED], ()):
            alike = _common(key, other) / max(len(key), len(other))
            if alike >= _SHARE and sought.get(other, ("", 0.0))[1] < weight * NEAR:
                sought[other] = (key, weight * NEAR)
    return sought | {key: (key, weight) for key, weight in claim.weights.items()}


def _common(one: str, other: str) -> int:
    same = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        same += 1
    return same


def _told_in(aligned: _Aligned) -> str:
    """The sentences of the passage that hold most of what was found."""
    text, found = aligned.read.text, aligned.read.words
    first, last = found[min(aligned.worth)].start, found[max(aligned.worth)].end
    begin = max((stop.end() for stop in _STOP.finditer(text, 0, first)), default=0)
    end = next((stop.start() for stop in _STOP.finditer(text, last)), len(text))
    cuts = [begin, *(stop.end() for stop in _STOP.finditer(text, first, last)), end]
    pieces = {
        (start, stop): sum(worth for at, worth in aligned.worth.items() if start <= found[at].start < stop)
        for start, stop in pairwise(cuts)
    }
    least = max(pieces.values()) * _TELLING
    told = [piece for piece, worth in pieces.items() if worth >= least]
    first = max(first - AROUND, text.rfind(",", first - AROUND, first) + 1)
    comma = text.find(",", last, last + AROUND)
    last = comma if comma >= 0 else last + AROUND
    return " ".join(text[max(start, first) : min(stop, last)] for start, stop in told)


def _verdict(claim: _Wanted, best: _Aligned, reads: Sequence[_Read]) -> Verdict:
    """By the share that was found, unless a number, a name or the sense of it stands against that."""
    if best.score < WEAK:
        return "unsupported"
    if best.score >= SUPPORTED and claim.turns_round(_told_in(best), best.read.language):
        return "unsupported"
    missing = claim.numbers - best.keys
    if not missing <= frozenset[str]().union(*(read.numbers for read in reads)):
        return "unsupported"
    certain = best.score >= SUPPORTED and not missing and not claim.names - best.keys
    return "supported" if certain else "weak"


def _plain_words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in re.findall(r"[^\W\d_]+", text))


def _comparable(answer: str, texts: Sequence[str]) -> bool:
    own = language_of(clean(answer))
    others = {language_of(clean(text[:PASSAGE_LIMIT])) for text in texts}
    return own is None or own in others or None in others
