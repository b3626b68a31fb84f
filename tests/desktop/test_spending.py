"""What a conversation cost, in words."""

from dataclasses import replace

import pytest

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.costs import Cost
from chatapp.conversation.tree import Turn
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
