"""Attributes as they are typed, and about where a text is cut."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversation.attributes import Kind, Pair, fault_of, pairs_of, values_of
from chatapp.conversation.chunking import estimated, fault_of_sizes, sizes_of, static, tokens

VALUES = (
    st.text(max_size=40)
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
)


ATTRIBUTES = st.dictionaries(st.text("abcäß日_", min_size=1, max_size=9), VALUES, max_size=16)


@given(ATTRIBUTES)
@settings(max_examples=100)
def test_what_is_not_changed_stays(attributes: dict[str, Any]) -> None:
    pairs = pairs_of(attributes)
    assert fault_of(pairs) == ""
    assert values_of(pairs) == attributes


@pytest.mark.parametrize(
    ("name", "kind", "text", "words"),
    [
        ("", "Text", "x", "needs a name"),
        ("n" * 65, "Text", "x", "64 characters"),
        ("n", "Text", "x" * 513, "512 characters"),
        ("n", "Number", "1,5", "not a number"),
        ("n", "Number", "nan", "not a number"),
        ("n", "Number", "1e999", "not a number"),
        ("n", "Yes or no", "perhaps", "yes or no"),
    ],
)
def test_what_the_server_would_refuse_is_told(name: str, kind: Kind, text: str, words: str) -> None:
    assert words in fault_of([Pair(name, kind, text)])


def test_names_are_counted_and_stand_once() -> None:
    assert "twice" in fault_of([Pair("a", "Text", "1"), Pair(" a ", "Text", "2")])
    assert "At most 16" in fault_of([Pair(str(n), "Text", "") for n in range(17)])


@given(st.text(max_size=600), st.integers(100, 200), st.integers(0, 100))
@settings(max_examples=150)
def test_an_estimate_holds_the_whole_text_in_its_order(text: str, most: int, overlap: int) -> None:
    pieces = list(estimated(text * 3, most, min(overlap, most // 2)))
    assert all(tokens(piece) <= 2 * most for piece in pieces)
    place = 0
    for piece in pieces:
        found = (text * 3).rfind(piece, 0, place + len(piece))
        assert found >= 0
        place = max(place, found + len(piece))
    assert place == len(text * 3)


def test_sentences_stay_whole_and_are_shared() -> None:
    text = " ".join(f"Sentence number {number} is here." for number in range(100))
    without, shared = list(estimated(text, 100, 0)), list(estimated(text, 100, 50))
    assert "".join(without) == text
    assert len(shared) > len(without)
    assert all(piece.strip().endswith(".") for piece in (*without, *shared))
    assert math.isclose(tokens(without[0]), 100, abs_tol=10)


def test_sizes_are_checked_and_read_back() -> None:
    assert sizes_of(static(800, 400)) == (800, 400)
    assert sizes_of({"type": "auto"}) is None
    assert fault_of_sizes(800, 400) == ""
    assert "100 to 4096" in fault_of_sizes(99, 0)
    assert "half" in fault_of_sizes(800, 401)
