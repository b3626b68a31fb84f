"""The table of parameters: every row checks its values and can be read back from a server's echo."""

from typing import Any

import pytest

from chatapp.conversation.parameters import PARAMETERS, InvalidParameter, in_force, validate

GOOD: dict[str, list[Any]] = {
    "model": ["gpt-5.6"],
    "reasoning.effort": ["low", "ultra"],
    "text.verbosity": ["high"],
    "temperature": [0, 2, 0.35],
    "top_p": [0, 1],
    "max_output_tokens": [16, 4096],
    "instructions": ["", "Be brief."],
    "vector_stores": [[], ["vs_1"]],
    "max_num_results": [1, 50],
    "store": [True, False],
    "truncation": ["auto"],
    "service_tier": ["flex"],
    "metadata": [{}, {"a": "b"}],
}
BAD: dict[str, list[Any]] = {
    "model": ["", " ", 3],
    "reasoning.effort": ["", 1],
    "text.verbosity": ["loud"],
    "temperature": [-0.1, 2.1, "1", True, float("nan")],
    "top_p": [1.5],
    "max_output_tokens": [15, 20.5],
    "instructions": [1],
    "vector_stores": ["vs_1", [""], [1]],
    "max_num_results": [0, 51, 2.5],
    "store": ["yes", 1],
    "truncation": ["some"],
    "service_tier": ["gold"],
    "metadata": [
        {"a": 1},
        {"": "x"},
        {"k" * 65: "x"},
        {"k": "x" * 513},
        {str(n): "x" for n in range(17)},
        [],
    ],
}


def test_every_row_is_tried() -> None:
    assert set(GOOD) == set(BAD) == {row.name for row in PARAMETERS}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in GOOD.items() for value in values]
)
def test_good_values_pass_unchanged(name: str, value: Any) -> None:
    assert validate(name, value) == value


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD.items() for value in values]
)
def test_bad_values_name_the_field(name: str, value: Any) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        validate(name, value)
    assert refusal.value.name == name
    assert str(refusal.value).endswith(".")


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="no parameter called heat"):
        validate("heat", 1)


def test_what_was_in_force_is_read_from_the_echo() -> None:
    response = {
        "temperature": 1.0,
        "reasoning": {"effort": "medium"},
        "text": None,
        "tools": [{"type": "file_search", "vector_store_ids": ["vs"], "max_num_results": 20}],
    }
    expected = {
        "temperature": 1.0,
        "reasoning.effort": "medium",
        "text.verbosity": None,
        "vector_stores": ["vs"],
        "max_num_results": 20,
        "store": None,
    }
    assert {name: in_force(response, name) for name in expected} == expected
