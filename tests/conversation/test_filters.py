"""Filters as they are typed and as they are read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.filters import read_value, search_filter, words_for_filter, written
from chatapp.conversation.shapes import Unfit

SCALARS = st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()


@given(SCALARS)
def test_a_written_value_is_read_back(value: Any) -> None:
    read = read_value(written(value), "eq")
    assert (type(read), read) == (type(value), value)


@given(st.lists(st.text() | st.integers(), max_size=5))
def test_a_written_list_is_read_back(values: list[Any]) -> None:
    assert read_value(written(values), "in") == values


@pytest.mark.parametrize(
    ("text", "comparison", "value"),
    [
        ("2024", "eq", 2024),
        ('"2024"', "eq", "2024"),
        (" true ", "eq", True),
        ("two words", "eq", "two words"),
        ("a, b", "eq", "a, b"),
        ("a, 2 ,, true", "in", ["a", 2, True]),
        ('"a, b", c', "nin", ["a, b", "c"]),
        ("NaN", "eq", "NaN"),
        ("[1]", "eq", "[1]"),
        ("", "in", []),
    ],
)
def test_typed_values(text: str, comparison: str, value: Any) -> None:
    read = read_value(text, comparison)
    assert (type(read), read) == (type(value), value)


def test_a_filter_is_a_sentence() -> None:
    kind = {"type": "eq", "key": "k", "value": "a"}
    kinds = {"type": "in", "key": "k", "value": ["b", "c d"]}
    recent = {"type": "gte", "key": "year", "value": 2024}
    value = {"type": "and", "filters": [recent, {"type": "or", "filters": [kind, kinds]}]}
    assert words_for_filter(value) == "year ≥ 2024 and (k is a or k is one of b, c d)"


def test_groups_nest_only_so_deep() -> None:
    value: Any = {"type": "eq", "key": "a", "value": 1}
    for _ in range(25):
        value = {"type": "and", "filters": [value]}
    with pytest.raises(Unfit, match="20 groups"):
        search_filter(value, "filters")
