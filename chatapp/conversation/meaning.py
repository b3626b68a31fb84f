"""Sentences of an answer whose wording is not found, compared by vectors with the sentences of the passages.

A vector tells what a sentence is about, and hardly whether it says so or the contrary. So nearness alone supports
nothing: half of the wording has to be there as well, no number, name or negation may stand against it
(`support.may_say_the_same`), and what is far only in words but near in meaning is no more than weak. English only:
that is what the engine's model reads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from operator import mul
from typing import Final

from chatapp.conversation.answer import Answer
from chatapp.conversation.citations import PASSAGE_LIMIT, passages
from chatapp.conversation.sentences import sentences
from chatapp.conversation.support import WEAK, Claim, Judged, Support, may_say_the_same
from chatapp.conversation.wording import clean, language_of

Vector = Sequence[float]
"""Of length 1, so that the product of two is their cosine."""

NEAR: Final = 0.75
"""The cosine from which on a sentence is supported that has `WORDED` of its wording found."""
WORDED: Final = 0.48
ABOUT: Final = 0.45
"""The cosine from which on a sentence is weak of which nothing else is found. All three were measured:
`tests/benchmarks/support.py`."""
LANGUAGE: Final = "en"
MOST_CLAIMS: Final = 150
MOST_TOLD: Final = 400
"""Sentences of an answer and of its passages that are compared, the first ones: each with each."""


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence of a passage, and the number of that (see `Judged`)."""

    text: str
    passage: int


def texts_to_compare(answer: Answer, support: Support) -> tuple[str, ...]:
    """Of which texts vectors are wanted; none where they would change nothing."""
    claims = _in_doubt(support)
    told = _told(_texts(answer)) if claims else []
    return (*(_said(claim.text) for claim in claims), *(one.text for one in told)) if told else ()


def by_meaning(answer: Answer, support: Support, vectors: Mapping[str, Vector]) -> Support:
    """The support of an answer with the vectors of `texts_to_compare`; what has none stays as it is."""
    told = [one for one in _told(_texts(answer)) if one.text in vectors]
    asked = {id(claim) for claim in _in_doubt(support)} if told else set()
    claims = (
        replace(claim, judged=nearer(claim.text, claim.judged, told, vectors))
        if id(claim) in asked
        else claim
        for claim in support.claims
    )
    return replace(support, claims=tuple(claims), compared="meaning")


def judged_by_meaning(
    sentence: str, judged: Judged, texts: Sequence[str], vectors_of: Callable[[Sequence[str]], list[Vector]]
) -> Judged:
    """The same of one sentence by itself."""
    if not _is_in_doubt(sentence, judged):
        return judged
    told = _told(texts)
    wanted = [_said(sentence), *(one.text for one in told)]
    return nearer(sentence, judged, told, dict(zip(wanted, vectors_of(wanted), strict=True)))


def nearer(sentence: str, judged: Judged, told: Sequence[Told], vectors: Mapping[str, Vector]) -> Judged:
    """What is known of a sentence by its words, and the sentence of a passage that is nearest to it."""
    said = _said(sentence)
    own = vectors.get(said)
    if own is None or not told:
        return judged
    cosines = [sum(map(mul, own, vectors[one.text])) for one in told]
    cosine = max(cosines)
    nearest = told[cosines.index(cosine)]
    passage = nearest.passage if judged.passage is None else judged.passage
    seen = replace(judged, nearness=max(0.0, min(1.0, cosine)), passage=passage)
    if cosine < ABOUT or not may_say_the_same(said, nearest.text, LANGUAGE):
        return seen
    if judged.verdict == "unsupported":
        return replace(seen, verdict="weak", passage=nearest.passage)
    return replace(seen, verdict="supported") if cosine >= NEAR and judged.score >= WORDED else seen


def _in_doubt(support: Support) -> list[Claim]:
    doubted = (claim for claim in support.claims if _is_in_doubt(claim.text, claim.judged))
    return list(islice(doubted, MOST_CLAIMS))


def _is_in_doubt(sentence: str, judged: Judged) -> bool:
    """Not what is found, nor what is found and contradicted."""
    contradicted = judged.verdict == "unsupported" and judged.score >= WEAK
    return judged.verdict != "supported" and not contradicted and language_of(_said(sentence)) == LANGUAGE


def _told(texts: Sequence[str]) -> list[Told]:
    every = (
        Told(plain[start:end], at)
        for at, text in enumerate(texts)
        for plain in [_said(text[:PASSAGE_LIMIT])]
        for start, end in sentences(plain)
    )
    return list(islice(every, MOST_TOLD))


def _texts(answer: Answer) -> list[str]:
    return [passage.text for passage in passages(answer) if passage.text.strip()]


def _said(text: str) -> str:
    return " ".join(clean(text).split())
