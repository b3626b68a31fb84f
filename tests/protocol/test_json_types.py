"""Lenient readers: what a server bends is read or left out, and never raises."""

import pytest

from chatapp.protocol.json_types import LARGEST_INDEX, Json, index_of, name_of

INDEXES: list[tuple[Json, int | None]] = [
    (0, 0),
    (LARGEST_INDEX, LARGEST_INDEX),
    (LARGEST_INDEX + 1, None),
    (10**400, None),
    (-1, None),
    (True, None),
    (1.0, None),
    ("1", None),
    ([1], None),
]


@pytest.mark.parametrize(("value", "index"), INDEXES)
def test_an_index_is_a_number_that_can_be_counted_with(value: Json, index: int | None) -> None:
    assert index_of(value) == index


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("gpt-4.1", "gpt-4.1"),
        (" \u202egpt\n4\x00.1\t", "gpt 4 .1"),
        ("日本語 モデル", "日本語 モデル"),
        ("m" * 10_000, "m" * 199 + "…"),
        (["m"], ""),
        ("\n", ""),
    ],
)
def test_a_name_is_one_line(value: Json, name: str) -> None:
    assert name_of(value) == name
