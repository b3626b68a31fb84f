"""What a question will take, told before it is sent."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from chatapp.conversation.answer import Answer, OutputItem, Part, Status
from chatapp.conversation.forecast import (
    LOOKED_AT,
    Forecast,
    costs_of,
    fit_of,
    forecast,
    history_tokens,
    likely_output,
)
from chatapp.conversation.inputs import Enclosure
from chatapp.conversation.prices import Price
from chatapp.conversation.token_estimate import tokens_of
from chatapp.conversation.tree import Tree, Turn
from chatapp.protocol.json_types import JsonObject

WORDS = "The quick brown fox jumps over the lazy dog."


def chain(*usages: JsonObject | None, request: JsonObject | None = None) -> Tree:
    """Turns below each other, each with its usage; their ids count from 0."""
    item = OutputItem("message", None, (Part("output_text", WORDS),))
    tree = Tree()
    for at, usage in enumerate(usages):
        answer = Answer(Status.COMPLETED, items=(item,), usage=usage)
        above = str(at - 1) if at else None
        tree.put(Turn(str(at), "c", above, 0.0, "s", WORDS, (), request or {}, answer))
    return tree


def used(tokens: int, made: int, thought: int = 0) -> JsonObject:
    return {
        "input_tokens": tokens,
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": thought},
    }


def history(tree: Tree) -> int:
    last = str(len(tree) - 1)
    return history_tokens(tree.get(last), lambda turn: tree.get(turn.parent_id))


@pytest.mark.parametrize(
    ("usages", "tokens"),
    [
        ((used(100, 30),), 130),
        ((used(100, 30), used(900, 50, thought=20)), 930),
        ((used(100, 30), None), 130 + 2 * 14),
        ((used(100, 30), {"input_tokens": 0, "output_tokens": 0}), 130 + 2 * 14),
        ((None,), 2 * 14),
    ],
)
def test_the_turns_above_are_what_the_newest_of_them_used(
    usages: tuple[JsonObject | None, ...], tokens: int
) -> None:
    assert history(chain(*usages)) == tokens
    assert history_tokens(None, lambda turn: None) == 0


def test_what_stands_over_every_question_is_no_history() -> None:
    tree = chain(used(1000, 30), request={"instructions": WORDS * 10})
    assert abs(history(tree) - (1030 - 10 * tokens_of(WORDS))) < 20


def test_many_turns_that_nobody_counted_are_told_from_their_lengths() -> None:
    tree = chain(*[None] * 5 * LOOKED_AT)
    assert history(tree) == 5 * LOOKED_AT * 28


def test_the_parts_of_a_question() -> None:
    parameters: JsonObject = {
        "instructions": "Be brief.",
        "tools": [{"type": "function", "name": "weather", "parameters": {"type": "object"}}],
        "vector_stores": ["vs_1"],
        "max_output_tokens": 40,
    }
    along = (
        Enclosure("a.pdf", how="search"),
        Enclosure("b.pdf", how="data"),
        Enclosure("c.png", how="data", detail="low"),
    )
    tree = chain(used(100, 30), used(200, 50))
    found = forecast(parameters, WORDS, along, tree.get("1"), lambda turn: tree.get(turn.parent_id), 250)
    assert found.instructions > 4
    assert found.tools > 15
    assert (found.history, found.question, found.files, found.uncounted) == (250, 14, 85, 1)
    assert (found.likely, found.most) == (40, 40)
    assert found.total == found.about > 250 + 14 + 85
    assert replace(found, told=7).total == 7
    own = forecast({"input": WORDS * 3}, "", (), None, lambda turn: None, 0)
    assert own.question > 30


def test_an_answer_is_likely_as_long_as_the_recent_ones() -> None:
    tree = chain(used(1, 9000), *(used(1, made) for made in (10, 20, 900)), None, used(1, 30))
    assert likely_output(tree.get("5"), lambda turn: tree.get(turn.parent_id)) == 25
    assert likely_output(None, lambda turn: None) is None


@pytest.mark.parametrize(
    ("price", "tokens", "most", "fits"),
    [
        (Price("m", window=1000), 1000, None, True),
        (Price("m", window=1000), 1001, None, False),
        (Price("m", window=1000), 900, 100, True),
        (Price("m", window=1000), 900, 101, False),
        (Price("m", window=1000, most_input=600), 601, None, False),
        (Price("m"), 10**9, None, None),
        (None, 10**9, None, None),
    ],
)
def test_whether_it_fits_the_model(
    price: Price | None, tokens: int, most: int | None, fits: bool | None
) -> None:
    found = fit_of(price, Forecast(question=tokens, most=most))
    assert (found and found.fits) is fits


def test_what_it_may_cost() -> None:
    price = Price("m", input=1, output=10, tiers={"flex": 0.5})
    amounts: Mapping[str, Forecast] = {
        "as recent answers": Forecast(question=1000, likely=50, most=200),
        "with no answer": Forecast(question=1000),
    }
    found = {name: costs_of(price, expected, "default") for name, expected in amounts.items()}
    assert [cost and round(cost.amount * 1e6) for cost in found["as recent answers"] or ()] == [1500, 3000]
    assert [cost and round(cost.amount * 1e6) for cost in found["with no answer"] or ()] == [1000, None]
    assert costs_of(None, Forecast(), "default") is None
    assert (flex := costs_of(price, Forecast(question=1000), "flex")) is not None
    assert round(flex[0].amount * 1e6) == 500
