"""Which sentences recur in several answers, and how figures spread."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversation.agreement import Spread, agreement_of, sentences_of, spread_of


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", ()),
        ("One. Two! Three?", ("One.", "Two!", "Three?")),
        ("It costs 3.5 euros. Cheap…", ("It costs 3.5 euros.", "Cheap…")),
        ("- first\n- second\n\n---\n", ("- first", "- second")),
        ("He said “no.” Then he left.", ("He said “no.”", "Then he left.")),
        ("これは本です。あれは？", ("これは本です。", "あれは？")),
    ],
)
def test_a_text_falls_into_sentences(text: str, sentences: tuple[str, ...]) -> None:
    assert sentences_of(text) == sentences


def test_what_recurs_is_told_from_what_one_answer_says_alone() -> None:
    agreement = agreement_of(
        [
            "Fresh bread, every dawn. We bake it.",
            "fresh bread every dawn! You sleep.",
            "Warm before the sun is.",
        ]
    )
    assert [(found.text, found.answers) for found in agreement.common] == [
        ("Fresh bread, every dawn.", (0, 1))
    ]
    assert [found.text for found in agreement.single] == [
        "We bake it.",
        "You sleep.",
        "Warm before the sun is.",
    ]
    assert agreement.by_answer == (0.25, 0.25, 0.0)
    assert agreement.share == pytest.approx(1 / 6)


def test_a_word_or_two_more_say_nearly_the_same() -> None:
    one, other = (
        "The change affects 73 airplanes of the fleet.",
        "The change affects 73 airplanes of the whole fleet.",
    )
    assert len(agreement_of([one, other]).common) == 1
    assert agreement_of(["これは新しい本です。", "これは古い本です。"]).share == 0


@pytest.mark.parametrize(
    ("texts", "share"), [([], None), (["One."], None), (["", ""], 0.0), (["A b.", "A b.", "A b."], 1.0)]
)
def test_the_ends_of_the_scale(texts: list[str], share: float | None) -> None:
    assert agreement_of(texts).share == share


@settings(max_examples=100)
@given(st.lists(st.text("ab .\n", max_size=40), min_size=2, max_size=5))
def test_a_share_is_a_share_and_every_sentence_has_its_answers(texts: list[str]) -> None:
    agreement = agreement_of(texts)
    assert agreement.share is not None
    assert 0 <= agreement.share <= 1
    assert len(agreement.common) + len(agreement.single) == len(agreement.sentences)
    assert agreement_of([texts[0]] * 3).share == (1 if sentences_of(texts[0]) else 0)


def test_figures_spread() -> None:
    assert spread_of([1.0, None, 3.0]) == Spread(2, 2.0, 1.0, 3.0)
    assert spread_of([None]) is None
