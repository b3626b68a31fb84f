"""Defaults of the user's own: the conversation counts before the model, the model before the server."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversation.defaults import (
    NEVER_DEFAULT,
    NO_DEFAULTS,
    Defaults,
    Setting,
    alone,
    by_model,
    composed,
    defaults_json,
    read_defaults,
    settings_of,
    with_default,
)
from chatapp.conversation.experiments import Axis, Plan, check
from chatapp.conversation.parameters import BY_NAME, InvalidParameter
from tests.conversation.test_parameters import GOOD

MODEL = "gpt-5.6"
ROWS = sorted(set(BY_NAME) - NEVER_DEFAULT)


def some_values(rows: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    names = st.lists(st.sampled_from(rows), unique=True, max_size=4)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({n: st.sampled_from(GOOD[n]) for n in chosen}))


VALUES = some_values(ROWS[:8])
OWN = st.tuples(VALUES, st.sets(st.sampled_from(ROWS[:8]))).map(
    lambda both: {**both[0], **dict.fromkeys(both[1])}
)
DEFAULTS = st.builds(Defaults, VALUES, st.dictionaries(st.sampled_from([MODEL, "o3"]), VALUES))


def expected(own: dict[str, Any], defaults: Defaults) -> dict[str, tuple[Any, str]]:
    """By hand, one name after the other."""
    levels = (
        ("conversation", own),
        ("model", defaults.of_models.get(MODEL, {})),
        ("server", defaults.of_server),
    )
    found = {}
    for name in ROWS:
        for level, values in levels:
            if name in values:
                found[name] = (values[name], level)
                break
    return found


@settings(max_examples=200)
@given(OWN, DEFAULTS)
def test_the_nearest_counts(own: dict[str, Any], defaults: Defaults) -> None:
    by_hand = expected(own, defaults)
    told = settings_of(own, defaults, MODEL)
    assert {name: (one.value, one.level) for name, one in told.items()} == by_hand
    sent = composed(own, defaults, MODEL)
    for name, (value, level) in by_hand.items():
        assert sent.get(name) == value
        assert (name in sent) is (value is not None)
        assert level == "conversation" or told[name].beneath is None
    assert set(sent) <= set(by_hand)


@settings(max_examples=200)
@given(OWN, DEFAULTS, st.sampled_from([MODEL, "o3", "none"]))
def test_each_model_of_a_sweep_has_its_own(own: dict[str, Any], defaults: Defaults, usual: str) -> None:
    models = (MODEL, "o3", "without", None)
    added = by_model(own, defaults, usual)
    alike = composed(own, defaults, "")
    plan = Plan("c", None, "s", "Why?", (), (Axis("model", models),), 1, 1, alike, of_models={**added})
    for place, model in enumerate(models):
        asked = check(plan).parameters_at(place)
        assert asked.pop("model", None) == model
        assert asked == composed(own, defaults, model or usual)


@settings(max_examples=100)
@given(VALUES, DEFAULTS)
def test_parameters_can_hold_alone(parameters: dict[str, Any], defaults: Defaults) -> None:
    assert composed(alone(parameters, defaults, MODEL), defaults, MODEL) == parameters


@settings(max_examples=100)
@given(DEFAULTS)
def test_they_are_read_as_they_were_written(defaults: Defaults) -> None:
    assert read_defaults(defaults_json(defaults)) == defaults


def test_one_is_put_and_taken_away() -> None:
    once = with_default(NO_DEFAULTS, "", "temperature", 0.2)
    both = with_default(once, MODEL, "temperature", 0.9)
    assert settings_of({}, both, "o3") == {"temperature": Setting(0.2, "server")}
    assert settings_of({}, both, MODEL) == {"temperature": Setting(0.9, "model")}
    assert settings_of({"temperature": 0}, both, MODEL) == {"temperature": Setting(0, "conversation", 0.9)}
    assert with_default(both, MODEL, "temperature", None) == once
    assert with_default(once, "", "temperature", None) == NO_DEFAULTS


@pytest.mark.parametrize("name", [*sorted(NEVER_DEFAULT), "heat"])
def test_what_cannot_be_a_default_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match=name):
        with_default(NO_DEFAULTS, "", name, "x")


def test_a_default_is_checked_as_any_value_is() -> None:
    with pytest.raises(InvalidParameter, match="temperature must be between 0 and 2"):
        with_default(NO_DEFAULTS, "", "temperature", 3)


@pytest.mark.parametrize(
    "kept", [None, 3, [], {"server": 1, "models": []}, {"server": {"heat": 1, "model": "m", "top_p": None}}]
)
def test_what_is_damaged_or_unknown_is_no_default(kept: Any) -> None:
    assert read_defaults(kept) == NO_DEFAULTS


def test_null_is_sent_only_for_what_has_no_row() -> None:
    assert composed({"temperature": None, "heat": None}, NO_DEFAULTS, MODEL) == {"heat": None}
