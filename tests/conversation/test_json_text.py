"""JSON as it is typed: every fault is told with its line, and every place is found again."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.json_text import JsonFault, fault_at, place_of, read_json, steps_of

FAULTS: dict[str, tuple[str, int]] = {
    "": ("a value is missing", 1),
    "{": ("a name in double quotes", 1),
    '{"a": 1\n "b": 2}': ("a comma or a closing bracket", 2),
    '{"a" 1}': ("a colon", 1),
    "[1,\n2\n}": ("a comma or a closing bracket", 3),
    '{"a": "x\n"}': ("line break", 1),
    '{\n"a": "x': ("closing quote", 2),
    "{} {}": ("follows after the end", 1),
    "[1,\n NaN]": ("NaN is no number", 2),
    "[\n\n1e999]": ("1e999 is no number", 3),
    '["\\q"]': ("backslash", 1),
    "[" * 200 + "]" * 200: ("nested", 1),
    "[" * 100_000: ("nested", 1),
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_is_told_in_words_with_its_line(text: str) -> None:
    words, line = FAULTS[text]
    with pytest.raises(JsonFault) as fault:
        read_json(text)
    assert words in fault.value.words
    assert fault.value.line == line
    assert str(fault.value) == f"Line {line}: {fault.value.words}."


def test_lines_and_columns_count_from_one() -> None:
    assert (fault_at("ab\ncd", "", 0).line, fault_at("ab\ncd", "", 0).column) == (1, 1)
    assert (fault_at("ab\ncd", "", 4).line, fault_at("ab\ncd", "", 4).column) == (2, 2)


@given(VALUES)
def test_what_is_valid_is_read(value: Any) -> None:
    assert read_json(json.dumps(value, indent=1)) == value


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for step, entry in inner for place in places(entry, (*path, step)))]


@given(VALUES, st.sampled_from([None, 0, 2]))
def test_every_place_is_found(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    for path in places(value):
        rest = text[place_of(text, path) :]
        if path and isinstance(path[-1], str):
            name, end = json.JSONDecoder().raw_decode(rest)
            assert name == path[-1]
            rest = rest[end:].lstrip().removeprefix(":").lstrip()
        found: Any = value
        for step in path:
            found = found[step]
        assert json.JSONDecoder().raw_decode(rest)[0] == found


def test_a_place_that_is_not_there_is_the_nearest_above() -> None:
    text = '{"a": [\n{"b": 1}]}'
    assert place_of(text, ("a", 0, "c")) == text.index('{"b"')
    assert place_of(text, ("x", "y")) == 0


@pytest.mark.parametrize(
    ("value", "path", "steps"),
    [
        ({"filters": [{}, {"value": 1}]}, ".filters[1].value", ("filters", 1, "value")),
        ({"a.b": {"c[0]": [1]}}, ".a.b.c[0][0]", ("a.b", "c[0]", 0)),
        ({"a": 1}, ".b", ("b",)),
        ([], "[3]", (3,)),
        ({}, "", ()),
    ],
)
def test_a_written_path_leads_to_its_steps(value: Any, path: str, steps: tuple[Any, ...]) -> None:
    assert steps_of(value, path) == steps
