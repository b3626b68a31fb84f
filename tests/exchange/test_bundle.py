"""A bundle is lossless, and what is no bundle is refused in a sentence."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversation.experiments import Axis, Experiment, Plan
from chatapp.conversation.tree import Conversation, Turn
from chatapp.exchange.bundle import VERSION, Bundle, InvalidBundle, dump, load
from tests.storage import samples

FIRST_VERSION = Path(__file__).with_name("bundle-1.json")
HEAD = samples.head("c1", "Grüße", current_turn_id="t2", parameters={"temperature": 0.5})
TURNS = [
    samples.completed(samples.question("t1", "How many?"), "73 airplanes."),
    samples.cut(samples.question("t2", "And then?", parent_id="t1"), "Half"),
]


def linked(found: list[Turn]) -> list[Turn]:
    """The turns with ids of their own, each the child of the one before."""
    return [
        replace(turn, id=f"t{at}", parent_id=f"t{at - 1}" if at else None) for at, turn in enumerate(found)
    ]


@settings(max_examples=60, deadline=None)
@given(conversation=samples.conversations, turns=st.lists(samples.turns, max_size=3).map(linked))
def test_everything_comes_back(conversation: Conversation, turns: list[Turn]) -> None:
    conversation = replace(conversation, id="c1", current_turn_id=turns[-1].id if turns else None)
    text = dump(conversation, turns)
    text.encode()
    assert repr(load(text)) == repr(Bundle(conversation, tuple(turns)))


ASKED = ({"role": "user", "content": "Why?"},)
PLAN = Plan("c1", "t1", "engine", "Why?", ASKED, (Axis("temperature", (0, 0.5, None)),), 2)
SWEEP = Experiment("e1", 5.0, PLAN, {0: "t2", 4: "t1"})


def test_sweeps_come_back_and_a_broken_one_costs_nobody_the_others() -> None:
    whole = json.loads(dump(HEAD, TURNS, sweeps=[SWEEP]))
    assert load(json.dumps(whole)).sweeps == (SWEEP,)
    for broken in (
        None,
        {},
        {**whole["sweeps"][0], "turns": {"one": "t2"}},
        {**whole["sweeps"][0], "plan": {}},
    ):
        assert load(json.dumps({**whole, "sweeps": [broken, *whole["sweeps"]]})).sweeps == (SWEEP,)
    for strange in ("null", "{}", "3"):
        assert load(json.dumps({**whole, "sweeps": json.loads(strange)})).sweeps == ()
    assert load(FIRST_VERSION.read_text("utf-8")).sweeps == ()


def test_the_first_version_is_read_for_ever() -> None:
    assert load(FIRST_VERSION.read_text("utf-8")) == Bundle(HEAD, tuple(TURNS))
    assert VERSION == 1, "a new version needs a file of its own here"


def test_a_later_programs_additions_are_passed_over_and_gaps_take_defaults() -> None:
    value = json.loads(dump(HEAD, TURNS))
    value["conversation"]["folder"] = "new"
    value["turns"][0]["stars"] = 5
    del value["turns"][1]["note"]
    assert load(json.dumps(value)) == Bundle(HEAD, tuple(TURNS))


def changed(*path: Any, value: Any) -> str:
    """The bundle with the value at `path` replaced."""
    whole = json.loads(dump(HEAD, TURNS))
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(whole)


def nested(levels: int) -> Any:
    return {"a": nested(levels - 1)} if levels else 1


BAD = {
    "empty": ("", "not JSON"),
    "not json": ("# Markdown", "not JSON: Expecting value in line 1"),
    "cut off": (dump(HEAD, TURNS)[:300], "not JSON"),
    "too deep": ("[" * 100_000, "nothing here would write"),
    "a huge number": ('{"format": ' + "9" * 5_000 + "}", "nothing here would write"),
    "other json": ("[1, 2]", "not a conversation exported by chatapp"),
    "another format": ('{"format": "chatgpt"}', "not a conversation exported by chatapp"),
    "no version": (changed("version", value=None), "does not say which version"),
    "newer": (changed("version", value=7), "version 7 of the format; this program knows up to version 1"),
    "no head": (changed("conversation", value=None), "conversation should be an object, but is null"),
    "no turns": (changed("turns", value={}), "turns should be a list, but is an object"),
    "a wrong type": (
        changed("turns", 1, "text", value=5),
        r"turns\[1\]\.text should be a text, but is a number",
    ),
    "a bool for a number": (changed("conversation", "created_at", value=True), "should be a number"),
    "a time that no clock shows": (
        changed("turns", 0, "created_at", value=1e12),
        "turns.0..created_at is not",
    ),
    "a time before all": (changed("turns", 0, "created_at", value=-1.0), "not a number that can be meant"),
    "deeper than any answer": (
        changed("turns", 0, "request", value=nested(130)),
        "more than 120 levels deep",
    ),
    "no time": (changed("conversation", "created_at", value=1e999), "not a number that can be meant"),
    "a wrong status": (changed("turns", 0, "answer", "status", value="fine"), "should be one of queued, "),
    "a wrong kind": (
        changed("turns", 0, "answer", "items", 0, "parts", 0, "kind", value="video"),
        "should be one of output_text",
    ),
    "a text for an object": (changed("turns", 0, "request", value="x"), "should be an object, but is a text"),
    "another's turn": (changed("turns", 0, "conversation_id", value="c9"), "belongs to another conversation"),
    "a turn twice": (changed("turns", 1, "id", value="t1"), "there twice"),
    "no parent": (changed("turns", 1, "parent_id", value="t7"), "The turn before turn t2 is missing"),
    "no leaf": (changed("conversation", "current_turn_id", value="t7"), "on screen is missing"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_bundle_is_refused_in_a_sentence(case: str) -> None:
    text, words = BAD[case]
    with pytest.raises(InvalidBundle, match=words):
        load(text)


def test_a_missing_field_is_named() -> None:
    value = json.loads(dump(HEAD, TURNS))
    del value["turns"][1]["text"]
    with pytest.raises(InvalidBundle, match=r"turns\[1\] has no “text”"):
        load(json.dumps(value))


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert load("\ufeff" + dump(HEAD, TURNS)) == Bundle(HEAD, tuple(TURNS))


@settings(max_examples=100, deadline=None)
@given(value=samples.json_values, at=st.integers(0, 1))
def test_no_value_in_any_place_is_anything_but_read_or_refused(value: Any, at: int) -> None:
    whole = json.loads(dump(HEAD, TURNS))
    for name in list(whole["turns"][at]):
        text = changed("turns", at, name, value=value)
        try:
            load(text)
        except InvalidBundle:
            continue
