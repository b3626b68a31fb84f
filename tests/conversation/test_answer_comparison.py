"""Two answers and two branches held against each other."""

from dataclasses import replace
from typing import Any

from chatapp.conversation.answer_comparison import aligned, facts, groups
from chatapp.conversation.costs import Cost
from chatapp.conversation.tree import Tree, Turn
from chatapp.conversation.turn import answer_from_response

PASSAGE = {
    "file_id": "f1",
    "filename": "faa.pdf",
    "score": 0.8,
    "text": "It affects 73 airplanes of U.S. registry.",
}


def turn(turn_id: str, parent: str | None = None, **request: Any) -> Turn:
    return Turn(turn_id, "c1", parent, 10.0, "s", "How many?", (), {"model": "m", **request})


def answered(asked: Turn, text: str, results: tuple[Any, ...] = (), **response: Any) -> Turn:
    notes = (
        [{"type": "file_citation", "file_id": "f1", "filename": "faa.pdf", "index": len(text)}]
        if results
        else []
    )
    output = [
        {"type": "file_search_call", "id": "fs", "queries": ["q"], "results": list(results)},
        {
            "type": "message",
            "id": "m",
            "content": [{"type": "output_text", "text": text, "annotations": notes}],
        },
    ]
    whole = {"id": "r", "status": "completed", "output": output, "model": "m-1", **response}
    return replace(asked, answer=answer_from_response(whole), first_token_at=10.5, finished_at=12.0)


def test_what_differs_is_told_and_what_is_alike_too() -> None:
    usage = {"input_tokens": 1200, "output_tokens": 30, "output_tokens_details": {"reasoning_tokens": 7}}
    first = answered(
        turn("a", temperature=0.2),
        "It affects 73 airplanes.",
        (PASSAGE,),
        service_tier="default",
        usage=usage,
    )
    second = answered(turn("b", temperature=0.9), "Nobody knows.", temperature=0.7)
    costs = {"a": Cost(0.0123)}
    found = {
        (fact.group, fact.name): fact
        for fact in facts(first, second, lambda turn: costs.get(turn.id), str.upper)
    }
    assert (found["Usage", "Cost"].first, found["Usage", "Cost"].second) == ("$0.0123", "")
    temperature = found["Parameters", "Temperature"]
    assert (temperature.first, temperature.second) == ("0.2", "0.9, used 0.7")
    assert temperature.differs
    assert found["Answer", "Server"].first == first.server.upper()
    assert not found["Answer", "Model"].differs
    assert found["Answer", "Service tier"].first == "default"
    assert (found["Usage", "Tokens in"].first, found["Usage", "Tokens in"].second) == ("1,200", "")
    assert found["Usage", "of them for reasoning"].first == "7"
    assert found["Time", "First token"].first == "0.50 s"
    (passage,) = groups(found.values())["Passages"]
    assert passage.name.startswith("faa.pdf: It affects")
    assert (passage.first, passage.second) == ("rank 1, score 0.80, cited as 1", "")


def test_a_parameter_nobody_set_is_told_where_the_server_says_what_it_used() -> None:
    first, second = answered(turn("a"), "x", temperature=1.0), answered(turn("b"), "x")
    (found,) = [fact for fact in facts(first, second) if fact.name == "Temperature"]
    assert (found.first, found.second) == ("not set, used 1.0", "")


def test_branches_are_aligned_from_where_they_part() -> None:
    tree = Tree(
        [turn("r"), turn("a", "r"), turn("a2", "a"), turn("b", "r"), turn("b2", "b"), turn("b3", "b2")]
    )

    def pairs(first: str, second: str) -> list[tuple[str | None, str | None]]:
        found = aligned(tree, first, second)
        return [(one.id if one else None, two.id if two else None) for one, two in found]

    assert pairs("a", "b") == [("a", "b"), ("a2", "b2"), (None, "b3")]
    assert pairs("a2", "b") == [("a", "b"), ("a2", "b2"), (None, "b3")]
    assert pairs("r", "b2") == [("r", "b2")]
    assert pairs("b", "b") == [("b", "b")]
