"""What a sweep answers, in plain sentences."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chatapp.conversation.agreement import agreement_of
from chatapp.conversation.experiments import Axis, Plan
from chatapp.conversation.sweep_answer import ALL_THE_SAME, ONE_SAMPLE, answer_words
from chatapp.conversation.sweep_figures import Figures, Result

HEAT = Axis("temperature", (0, 1, 2))
EFFORT = Axis("reasoning.effort", ("low", None))


def figures(plan: Plan, texts: Sequence[str | None]) -> Figures:
    """One text a place, None where there is none yet."""
    results = tuple(
        Result(place, place % plan.samples, plan.setting(place), "waiting")
        if text is None
        else Result(place, place % plan.samples, plan.setting(place), "done", text=text)
        for place, text in enumerate(texts)
    )
    groups = [results[at : at + plan.samples] for at in range(0, len(results), plan.samples)]
    said = [[each.text for each in group if each.state == "done"] for group in groups]
    return Figures(results, tuple(map(agreement_of, said)))


ONE = Plan("c", None, "engine", "Why?", (), (HEAT,), 2)
TWO = replace(ONE, axes=(Axis("temperature", (0, 1)), EFFORT))
A, B, C = "It is so.", "Nobody knows.", "Ask again tomorrow."


@pytest.mark.parametrize(
    ("plan", "texts", "words"),
    [
        (ONE, [A, A, A, A, A, B], "Agreement is highest at temperature 0 and 1 (100 %), lowest at 2 (0 %)."),
        (ONE, [A, A, A, B, None, None], "So far: agreement is highest at temperature 0 (100 %), lowest at 1 (0 %)."),
        (ONE, [A, A, A, A, A, A], ALL_THE_SAME),
        (ONE, [A, B, A, C, B, C], "Agreement is 0 % for every value of temperature."),
        (ONE, [A, None, None, None, None, None], ""),
        (ONE, [A, None, B, None, None, None], ""),
        (replace(ONE, samples=1), [A, B, C], ONE_SAMPLE),
        (
            TWO,
            [A, A, A, A, A, A, A, B],
            "Agreement is highest at temperature 0 (100 %), lowest at 1 (50 %). "
            "It is highest at reasoning effort low (100 %), lowest at not sent (50 %).",
        ),
    ],
)  # fmt: skip
def test_the_answer_of_a_sweep(plan: Plan, texts: list[str | None], words: str) -> None:
    assert answer_words(plan, figures(plan, texts)) == words


@pytest.mark.parametrize(
    ("without", "words"),
    [
        (
            range(4),
            "Reasoning effort went along with no request: it is refused, or of no use here. What differs along it is "
            "chance. Agreement is highest at temperature 0 (100 %), lowest at 1 (50 %).",
        ),
        (
            range(2),
            "Reasoning effort was left out of 4 of 8 requests, where it is refused. Agreement is highest at "
            "temperature 0 (100 %), lowest at 1 (50 %). "
            "It is highest at reasoning effort low (100 %), lowest at high (50 %).",
        ),
    ],
)
def test_what_was_not_sent_has_changed_nothing(without: range, words: str) -> None:
    plan = replace(TWO, axes=(TWO.axes[0], Axis("reasoning.effort", ("low", "high"))))
    found = figures(plan, [A, A, A, A, A, A, A, B])
    asked = [
        replace(result, left_out=("reasoning.effort",)) if result.place // 2 in without else result
        for result in found.results
    ]
    assert answer_words(plan, replace(found, results=tuple(asked))) == words


def test_many_values_that_agree_alike_are_counted() -> None:
    plan = replace(ONE, axes=(Axis("temperature", (0, 0.5, 1, 1.5, 2)),))
    found = answer_words(plan, figures(plan, [A, A] * 4 + [A, B]))
    assert found == "Agreement is highest at temperature 0, 0.5, 1 and 1 other (100 %), lowest at 2 (0 %)."


def test_the_rest_is_not_counted() -> None:
    plan = replace(ONE, axes=(Axis("temperature", (0, 0.5, 1, 1.5, 2)),))
    found = answer_words(plan, figures(plan, [A, A] + [A, B] * 4))
    assert found == "Agreement is highest at temperature 0 (100 %), lowest at all others (0 %)."
