"""Presets: what goes into one, what applying it changes, and the names they may have."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversation.parameters import BY_NAME, InvalidParameter
from chatapp.conversation.presets import (
    LEFT_OUT,
    LONGEST_NAME,
    InvalidPreset,
    Preset,
    applied,
    checked,
    checked_name,
    differences,
    find,
    free_name,
    presets_json,
    read_presets,
    taken,
)
from tests.conversation.test_parameters import GOOD

ROWS = ["model", "temperature", "top_p", "vector_stores", "prompt", "metadata", "reasoning.effort", "input"]
VALUES: st.SearchStrategy[dict[str, Any]] = st.lists(st.sampled_from(ROWS), unique=True).flatmap(
    lambda chosen: st.fixed_dictionaries({name: st.sampled_from(GOOD[name]) for name in chosen})
)
KNOWN = (Preset("1", "Strict", {}), Preset("2", "Über alles", {}))


@settings(max_examples=200)
@given(VALUES, VALUES)
def test_applying_changes_what_was_said_and_nothing_else(one: dict[str, Any], now: dict[str, Any]) -> None:
    preset = taken(one)
    after = applied(preset, now)
    changed = {change.name: (change.preset, change.now) for change in differences(preset, now)}
    for name in ROWS:
        if name in LEFT_OUT:
            assert (name in preset, after.get(name)) == (False, now.get(name))
        elif name == "model" and name not in preset:
            assert after.get(name) == now.get(name)
        else:
            assert after.get(name) == preset.get(name)
        assert (name in changed) is (after.get(name) != now.get(name))
        assert changed.get(name, (after.get(name), now.get(name))) == (after.get(name), now.get(name))
    assert checked(preset) == preset
    assert taken(applied(preset, {})) == preset


def test_what_belongs_to_one_server_or_one_question_is_no_preset() -> None:
    assert {name for name in BY_NAME if name in LEFT_OUT} == {
        "vector_stores", "conversation", "prompt", "input", "previous_response_id", "stream",
    }  # fmt: skip
    for name in LEFT_OUT:
        with pytest.raises(InvalidParameter, match=name):
            checked({name: GOOD[name][0]})


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "needs a name"),
        (" \n", "needs a name"),
        ("x" * (LONGEST_NAME + 1), "at most 80 characters, not 81"),
        ("strict", "“strict” already"),
        ("  ÜBER   ALLES ", "“ÜBER ALLES” already"),
    ],
)
def test_a_name_that_will_not_do_says_why(name: str, reason: str) -> None:
    with pytest.raises(InvalidPreset, match=reason):
        checked_name(name, KNOWN)


def test_names_are_found_whatever_their_case() -> None:
    assert checked_name(" Brief  answers ", KNOWN) == "Brief answers"
    assert find("STRICT", KNOWN) is KNOWN[0]
    assert find("none", KNOWN) is None


@given(st.text(max_size=100), st.integers(0, 12))
def test_a_free_name_is_free(name: str, count: int) -> None:
    known: list[Preset] = []
    for number in range(count + 1):
        free = free_name(name, known)
        assert checked_name(free, known) == free
        known.append(Preset(str(number), free, {}))


def test_they_are_read_in_their_order_and_damage_is_passed_over() -> None:
    rows = [
        *presets_json(KNOWN[::-1]),
        {"id": "3"},
        {"name": "x"},
        7,
        {"id": "4", "name": "a", "parameters": 3},
    ]
    assert read_presets(rows) == (Preset("4", "a", {}), *KNOWN)
    assert read_presets({"a": 1}) == ()
