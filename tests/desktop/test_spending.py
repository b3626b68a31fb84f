"""What a conversation and a sweep cost, in words."""

from dataclasses import replace

import pytest

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.costs import Cost
from chatapp.conversation.experiments import Estimate
from chatapp.conversation.sweep_figures import Result
from chatapp.conversation.tree import Turn
from chatapp.desktop.experiments.page import spent, uncounted
from chatapp.desktop.experiments.setup_dialog import UNPRICED, estimate_words
from chatapp.desktop.spending import NOT_KNOWN, spending_words

TURN = Turn("a", "c", None, 0.0, "s", "Why?", (), {}, Answer(Status.COMPLETED))
PATH = [TURN, replace(TURN, id="b"), replace(TURN, id="c"), replace(TURN, id="running", answer=Answer())]
DAY, OLDER = "2026-11-25", "2026-02-03"


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ({}, NOT_KNOWN),
        ({"a": Cost(1, dated=DAY), "b": Cost(0.5, dated=OLDER), "c": Cost(0.25)},
         "These turns cost $1.75, by prices of 3 February 2026."),
        ({"a": Cost(1, standard=True)},
         "These turns cost $1.00, some of it at standard price. Of 2 of 3 it is not known."),
        ({"a": Cost(1), "b": Cost(2, "EUR"), "c": Cost(0, free=True)}, "These turns cost $1.00 and €2.00."),
        ({name: Cost(0, free=True) for name in "abc"}, "No charge for these turns."),
    ],
)  # fmt: skip
def test_what_turns_cost(costs: dict[str, Cost], words: str) -> None:
    assert spending_words(PATH, lambda turn: costs.get(turn.id)) == words
    assert spending_words(PATH[3:], lambda turn: costs.get(turn.id)) == ""


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        (Estimate(2, 200, 60, True, {"USD": Cost(0.5)}),
         "2 requests: about 200 tokens in and 60 out, as the same question took before. About $0.5000."),
        (Estimate(1, 100, None, False, {"USD": Cost(0.5, standard=True), "EUR": Cost(2, "EUR")}),
         "1 request: about 100 tokens in, told from lengths. How long the answers will be is not known. "
         "What is asked costs about $0.5000 and €2.00 at standard price; the answers cost more on top."),
        (Estimate(1, 100, 9, False, {"USD": Cost(0, free=True)}),
         "1 request: about 100 tokens in and 9 out, told from lengths. No charge."),
        (Estimate(1, 100, 9, False), f"1 request: about 100 tokens in and 9 out, told from lengths. {UNPRICED}"),
    ],
)  # fmt: skip
def test_what_a_sweep_will_take(taken: Estimate, words: str) -> None:
    assert estimate_words(taken) == words


def test_what_a_sweep_has_cost() -> None:
    done = Result(0, 0, (), "done", cost=0.5, currency="USD")
    unknown, waiting = Result(1, 0, (), "failed"), Result(2, 0, (), "waiting")
    assert spent((done, waiting)) == "$0.5000 spent"
    assert spent((done, replace(done, currency="EUR"), unknown)) == "$0.5000 and €0.5000 spent for 2 of 3"
    assert spent((unknown, waiting)) == ""
    assert uncounted((done, unknown)) == ""
    assert uncounted((done, replace(done, state="deleted"))) == "without 1 deleted answer"
