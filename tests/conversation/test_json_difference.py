"""Which places of two JSON values differ."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversation.json_difference import MOST, differences

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("changed", "a", 1, 2)]),
        ({"a": 1}, {"a": True}, [("changed", "a", 1, True)]),
        ({"a": 1, "b": 2}, {"b": 2, "c": None}, [("removed", "a", 1, None), ("added", "c", None, None)]),
        (
            {"reasoning": {"effort": "low"}},
            {"reasoning": {"effort": "high"}},
            [("changed", "reasoning.effort", "low", "high")],
        ),
        # A longer history is what was added to it.
        (
            {"input": [1, 2]},
            {"input": [1, 2, {"role": "user"}, 4]},
            [("added", "input[2]", None, {"role": "user"}), ("added", "input[3]", None, 4)],
        ),
        ([1, 2, 3], [0, 1, 2, 3], [("added", "[0]", None, 0)]),
        ([{"a": 1}, 2], [{"a": 9}, 2], [("changed", "[0].a", 1, 9)]),
        ({"input": "x"}, {"input": ["x"]}, [("changed", "input", "x", ["x"])]),
        ("a", "b", [("changed", "", "a", "b")]),
    ],
)
def test_each_difference_is_named_by_its_place(before: Any, after: Any, found: list[Any]) -> None:
    told = differences(before, after)
    assert [(one.how, one.path, one.before, one.after) for one in told] == found


@settings(max_examples=200)
@given(VALUES, VALUES)
def test_nothing_is_told_of_equal_values_and_something_of_others(before: Any, after: Any) -> None:
    assert differences(before, before) == ()
    assert bool(differences(before, after)) == (repr(before) != repr(after) and not _equal(before, after))


def _equal(one: Any, two: Any) -> bool:
    """Equal as JSON: objects in any order."""
    if type(one) is not type(two):
        return False
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(_equal(one[name], two[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(two) and all(map(_equal, one, two))
    return bool(one == two)


def test_two_lists_with_nothing_in_common_end() -> None:
    told = differences([f"a{number}" for number in range(9_000)], [f"b{number}" for number in range(9_000)])
    assert len(told) == MOST
