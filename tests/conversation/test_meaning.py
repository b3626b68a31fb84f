"""Sentences whose wording is not found, and vectors of our own making: what these may change, and what never."""

from math import sqrt
from typing import Final

import pytest

from chatapp.conversation.meaning import (
    ABOUT,
    MOST_CLAIMS,
    MOST_TOLD,
    NEAR,
    Vector,
    by_meaning,
    judged_by_meaning,
    texts_to_compare,
)
from chatapp.conversation.support import Verdict, judge, support_of
from tests.conversation.test_support import answer

PASSAGE: Final = (
    "The mill has 12 wheels. It was built by Anna Berg for grinding corn, and it stands by a river."
)


def at(cosine: float) -> Vector:
    """A vector of that cosine with (1, 0)."""
    return (cosine, sqrt(1 - cosine * cosine))


@pytest.mark.parametrize(
    ("sentence", "cosine", "verdict"),
    [
        ("Anna Berg put it up to crush corn.", NEAR, "supported"),
        ("Anna Berg put it up to crush corn.", NEAR - 0.01, "weak"),
        ("Grain was turned into flour there.", 0.9, "weak"),
        ("Grain was turned into flour there.", ABOUT, "weak"),
        ("Grain was turned into flour there.", ABOUT - 0.01, "unsupported"),
        ("Grain was not turned into flour there.", 0.9, "unsupported"),
        ("Grain was turned into flour there in 1874.", 0.9, "unsupported"),
        ("It was Anna Lund who put it up to crush corn.", 0.99, "weak"),
        ("The mill has 13 wheels.", 0.99, "unsupported"),
        ("The mill has 12 wheels.", 0.1, "supported"),
        ("Getreide wurde dort zu Mehl gemahlen.", 0.99, "unsupported"),
    ],
)
def test_nearness_counts_only_where_nothing_stands_against_it(
    sentence: str, cosine: float, verdict: Verdict
) -> None:
    judged = judge(sentence, [PASSAGE])
    assert judged is not None
    found = judged_by_meaning(
        sentence,
        judged,
        [PASSAGE],
        lambda texts: [at(cosine), *(at(1 if "Anna" in text else -1) for text in texts[1:])],
    )
    assert found.verdict == verdict
    assert found.score == judged.score


def test_only_what_is_in_doubt_is_compared_and_only_so_much() -> None:
    told = answer(
        "The mill has 12 wheels of Anna Berg. Grain was turned into white flour there. It is so. ", PASSAGE
    )
    support = support_of(told)
    assert support is not None
    flour, *sentences = texts_to_compare(told, support)
    assert (flour, sentences[0]) == ("Grain was turned into white flour there.", "The mill has 12 wheels.")
    found = by_meaning(told, support, {text: at(1) for text in (flour, *sentences)})
    assert [claim.judged.verdict for claim in found.claims] == ["supported", "weak"]
    assert (support.compared, found.compared) == ("wording", "meaning")
    assert by_meaning(told, support, {}).claims == support.claims


def test_a_very_long_answer_is_compared_in_part() -> None:
    text = " ".join(f"Grain number {at} was turned into white flour by the river." for at in range(300))
    passages = [" ".join(f"Sentence {at} of the old mill tells of wheels." for at in range(50))] * 20
    long = answer(text.replace("number", "of the"), *passages)
    support = support_of(answer("Grain was turned into white flour by the river. " * 300, *passages))
    assert support is not None
    assert len(texts_to_compare(long, support)) == MOST_CLAIMS + MOST_TOLD


def test_nothing_in_doubt_needs_no_vectors() -> None:
    told = answer("The mill has 12 wheels of Anna Berg.", PASSAGE)
    support = support_of(told)
    assert support is not None
    assert texts_to_compare(told, support) == ()
