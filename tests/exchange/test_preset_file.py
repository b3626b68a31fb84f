"""A preset as a file: what was saved is read again, and what is wrong is refused by its field."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversation.presets import LEFT_OUT, InvalidPreset, Preset
from chatapp.exchange.preset_file import LARGEST, dump, load
from tests.conversation.test_parameters import BAD, GOOD

ROWS = sorted(set(GOOD) - LEFT_OUT)
WHOLE: dict[str, Any] = {"format": "chatapp preset", "version": 1, "name": "a", "parameters": {}}


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(ROWS), unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({name: st.sampled_from(GOOD[name]) for name in chosen})
    )
)
def test_what_was_saved_is_read_again(parameters: dict[str, Any]) -> None:
    assert load(dump(Preset("1", "Brief, „kurz“ 😀", parameters))) == ("Brief, „kurz“ 😀", parameters)


@pytest.mark.parametrize("name", ROWS)
def test_every_wrong_value_is_refused_by_its_field(name: str) -> None:
    for value, below in BAD[name]:
        text = json.dumps({**WHOLE, "parameters": {name: value}})
        with pytest.raises(InvalidPreset) as refusal:
            load(text)
        numbers = "NaN" in text or "Infinity" in text
        assert ("JSON that nothing here" if numbers else f"{name}{below} ") in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("[1", "in line 1"),
        ("[]", "no preset"),
        (json.dumps({**WHOLE, "format": "chatapp conversation"}), "no preset"),
        (json.dumps({**WHOLE, "version": 2}), "version 1"),
        (json.dumps({**WHOLE, "parameters": []}), "no parameters"),
        (json.dumps({**WHOLE, "parameters": {"heat": 1}}), "heat is no parameter"),
        (json.dumps({**WHOLE, "parameters": {"temperature": None}}), "temperature must be a number"),
        (json.dumps({**WHOLE, "parameters": {"vector_stores": ["vs"]}}), "vector_stores belongs to one server"),
        ("[" * 100_000, "nothing here would write"),
        ('{"a":' * 150 + "1" + "}" * 150, "nested more than 100"),
        (" " * (LARGEST + 1), "too large"),
    ],
)  # fmt: skip
def test_what_is_no_preset_says_why(text: str, reason: str) -> None:
    with pytest.raises(InvalidPreset, match=reason):
        load(text)


def test_half_a_character_does_no_harm() -> None:
    name, parameters = load(
        json.dumps({**WHOLE, "name": "a\ud800", "parameters": {"instructions": "\udc00"}})
    )
    assert (name, parameters) == ("a\ufffd", {"instructions": "\ufffd"})
