"""How it stands with turns on their servers: a table of all that can be known, and links that reach beyond no hole."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.chain import (
    DAY_S,
    Cuts,
    Health,
    Keeper,
    Mark,
    Marks,
    Standing,
    broken,
    cuts_in,
    standing,
)
from chatapp.conversation.request_builder import build_request, user_message
from chatapp.conversation.tree import Turn

NOW = 100 * DAY_S
KEEPERS = {
    "openai": Keeper("OpenAI", True, 30),
    "ogx": Keeper("ogx", True),
    "new": Keeper("New"),
    "ollama": Keeper("Ollama", False),
}
NEXT = (user_message("And?"),)


def turn(name: str, parent: str | None = None, days: float = 1, **fields: Any) -> Turn:
    """A completed answer, some days old, linked to its parent's response where it has one."""
    linked = {"previous_response_id": f"resp_{parent}"} if parent else {}
    answer = Answer(Status.COMPLETED, f"resp_{name}")
    made = Turn(name, "c", parent, NOW - days * DAY_S, "openai", name, NEXT, linked, answer)
    return replace(made, **fields)


def asked(**flags: Any) -> dict[str, Any]:
    return {"request": flags}


def answered(**changes: Any) -> dict[str, Any]:
    return {"answer": replace(Answer(Status.COMPLETED, "resp_a"), **changes)}


def standings(turns: Sequence[Turn], server: str, marks: Marks) -> dict[str, Standing]:
    """Of all turns of a conversation, in the order in which they were begun, by their ids."""
    spoiled = broken(turns, cuts_in(marks))
    return {turn.id: standing(turn, server, KEEPERS, marks, spoiled, NOW) for turn in turns}


@pytest.mark.parametrize(
    ("fields", "mark", "health", "words"),
    [
        ({}, None, Health.STORED, "OpenAI keeps its answers."),
        ({"days": 31}, None, Health.EXPIRED, "older than 30 days"),
        ({"days": 31}, ("stored", 0.1), Health.STORED, "had it on"),
        ({"days": 31}, ("stored", 2), Health.EXPIRED, "older than 30 days"),
        ({"days": 31, "server": "ogx"}, None, Health.ELSEWHERE, "answered by ogx"),
        ({"days": 40}, ("gone", 1), Health.EXPIRED, "did not have it any more"),
        ({"days": 2}, ("gone", 1), Health.DELETED, "did not have it any more"),
        ({"days": 2}, ("deleted", 1), Health.DELETED, "It was deleted on OpenAI on"),
        ({"server": "ogx"}, ("deleted", 1), Health.DELETED, "deleted on ogx"),
        ({}, ("left", 1), Health.STORED, "but left"),
        ({"server": "gone"}, None, Health.ELSEWHERE, "not set up any more"),
        (asked(store=False), None, Health.NEVER, "asked not to store"),
        (answered(response={"store": False}), None, Health.NEVER, "asked not to store"),
        (answered(response_id=None), None, Health.NEVER, "never got an answer's id"),
        (answered(status=Status.STOPPED), None, Health.UNKNOWN, "did not come to its end"),
        ({"days": 90, **asked(conversation="conv_1")}, None, Health.STORED, "part of a conversation"),
    ],
)
def test_how_it_stands(
    fields: dict[str, Any], mark: tuple[Any, float] | None, health: Health, words: str
) -> None:
    marks: Marks = {"resp_a": Mark(mark[0], NOW - mark[1] * DAY_S)} if mark else {}
    found = standings([turn("a", **fields)], "openai", marks)["a"]
    assert (found.health, words in found.words) == (health, True), found.words


@pytest.mark.parametrize(
    ("server", "health"), [("new", Health.UNKNOWN), ("ollama", Health.NEVER), ("ogx", Health.STORED)]
)
def test_how_it_stands_with_the_server_that_is_used(server: str, health: Health) -> None:
    assert standings([turn("a", days=400, server=server)], server, {})["a"].health is health


CHAIN = [turn("a"), turn("b", "a"), turn("c", "b"), turn("d", "c")]


def test_what_follows_a_hole_is_lost_and_what_was_sent_whole_is_not() -> None:
    marks: Marks = {"resp_b": Mark("deleted", NOW)}
    whole = turn("e", "d", request={})
    found = standings([*CHAIN, whole], "openai", marks)
    healths = [found[name].health for name in "abcde"]
    assert healths == [Health.STORED, Health.DELETED, Health.DELETED, Health.DELETED, Health.STORED]
    assert "earlier answer" in found["d"].words


@pytest.mark.parametrize(
    ("cuts", "previous", "replayed"),
    [
        (Cuts(), "resp_d", 0),
        (Cuts(gone=frozenset({"resp_d"})), "resp_c", 1),
        (Cuts(gone=frozenset({"resp_b"})), "resp_a", 3),
        (Cuts(gone=frozenset({"resp_a"})), None, 4),
        (Cuts(left=frozenset({"resp_d"})), None, 4),
        (Cuts(left=frozenset({"resp_a", "resp_b"})), None, 4),
        (Cuts(gone=frozenset({"resp_elsewhere"})), "resp_d", 0),
    ],
)
def test_a_link_reaches_beyond_no_hole(cuts: Cuts, previous: str | None, replayed: int) -> None:
    built = build_request(CHAIN, NEXT, {"model": "m"}, "openai", True, cuts=cuts)
    assert (built.request.get("previous_response_id"), built.replayed) == (previous, replayed)


def test_after_what_was_left_a_new_chain_begins() -> None:
    path = [*CHAIN, turn("e", "d", request={}), turn("f", "e")]
    built = build_request(path, NEXT, {"model": "m"}, "openai", True, cuts=Cuts(left=frozenset({"resp_d"})))
    assert (built.request["previous_response_id"], built.replayed) == ("resp_f", 0)


def test_marks_say_what_is_cut() -> None:
    marks: Marks = {
        "one": Mark("gone", 1.0),
        "two": Mark("deleted", 1.0),
        "three": Mark("left", 1.0),
        "four": Mark("stored", 1.0),
    }
    assert cuts_in(marks) == Cuts(frozenset({"one", "two"}), frozenset({"three"}))
    assert broken(CHAIN, cuts_in({"resp_c": Mark("left", 1.0)})) == {"resp_c", "resp_d"}
