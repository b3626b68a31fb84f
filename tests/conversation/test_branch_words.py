"""What tells branches apart: settings, models, servers, questions, or a number."""

from typing import Any

import pytest

from chatapp.conversation.branch_words import Names, differences
from chatapp.conversation.tree import Turn


def turn(text: str = "Why?", server: str = "engine", **request: Any) -> Turn:
    return Turn("t", "c", None, 0.0, server, text, (), {"model": "small", **request})


def search(*stores: str) -> list[dict[str, Any]]:
    return [{"type": "file_search", "vector_store_ids": list(stores)}]


CASES: list[tuple[list[Turn], tuple[str, ...]]] = [
    ([], ()),
    ([turn()], ("",)),
    ([turn(), turn()], ("Answer 1", "Answer 2")),
    ([turn(temperature=0.2), turn(temperature=0.9)], ("temperature 0.2", "temperature 0.9")),
    ([turn(), turn(temperature=0.9)], ("temperature not sent", "temperature 0.9")),
    (
        [turn(temperature=0.2), turn(temperature=0.2), turn(temperature=1)],
        ("temperature 0.2 (1)", "temperature 0.2 (2)", "temperature 1"),
    ),
    ([turn(model="large"), turn(model="small")], ("large", "small")),
    (
        [turn(reasoning={"effort": "low"}), turn(reasoning={"effort": "high"}, top_p=0.5)],
        ("reasoning effort low · top p not sent", "reasoning effort high · top p 0.5"),
    ),
    ([turn(server="a"), turn(server="engine")], ("Azure", "engine")),
    (
        [turn(tools=search("vs1")), turn(tools=search("vs2"))],
        ("vector stores Handbook", "vector stores vs2"),
    ),
    (
        [turn("What does the  change cost per airplane?"), turn("What does the change cost for the fleet?")],
        ("… cost per airplane?", "… cost for the fleet?"),
    ),
    ([turn("Yes"), turn("No")], ("Yes", "No")),
    (
        [turn("Yes", top_p=0.5), turn("Yes", top_p=1), turn("No")],
        ("top p 0.5 · Yes", "top p 1 · Yes", "No · top p not sent"),
    ),
    ([turn("Yes "), turn(" Yes")], ("Yes (1)", "Yes (2)")),
    ([turn("Yes"), turn("Yes please")], ("Yes", "Yes please")),
    ([turn(""), turn("Why?")], ("Answer 1", "Why?")),
    ([turn(previous_response_id="r1", stream=True), turn(input=[])], ("Answer 1", "Answer 2")),
]


@pytest.mark.parametrize(("turns", "words"), CASES)
def test_branches_are_told_apart(turns: list[Turn], words: tuple[str, ...]) -> None:
    assert differences(turns, Names({"a": "Azure"}, {"vs1": "Handbook"})) == words


def test_long_values_are_shortened() -> None:
    told = differences([turn(instructions="Be brief. " * 40), turn(instructions="Be long. " * 40)])
    assert all(len(words) < 60 and words.startswith("instructions Be ") for words in told)
