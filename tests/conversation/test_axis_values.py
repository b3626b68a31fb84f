"""Values for a sweep, as they are typed."""

import pytest

from chatapp.conversation.axis_values import manner_of, suggested, values_in
from chatapp.conversation.parameters import BY_NAME, PARAMETERS, InvalidParameter
from chatapp.protocol.json_types import Json


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("temperature", "0, .5;1  2", (0, 0.5, 1, 2)),
        ("max_output_tokens", "16 32,", (16, 32)),
        ("reasoning.effort", "low, other", ("low", "other")),
        ("instructions", "Be brief.\nVery.\n---\nBe long.\n", ("Be brief.\nVery.", "Be long.")),
        ("metadata", '{"a": "1"}\n\n{"a": "2"}', ({"a": "1"}, {"a": "2"})),
        ("temperature", "", ()),
    ],
)
def test_what_is_typed_becomes_values(name: str, text: str, values: tuple[Json, ...]) -> None:
    assert values_in(BY_NAME[name], text) == values


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("temperature", "0, warm", "“warm”"),
        ("temperature", "0 3", "temperature"),
        ("metadata", "{a}", "“{a}”"),
        ("max_num_results", "1.5", "max_num_results"),
    ],
)
def test_what_cannot_be_sent_is_named(name: str, text: str, named: str) -> None:
    with pytest.raises(InvalidParameter, match="must be") as refused:
        values_in(BY_NAME[name], text)
    assert refused.value.path == named


def test_every_range_is_suggested_in_steps_that_can_be_sent() -> None:
    assert suggested(BY_NAME["temperature"]) == "0, 0.5, 1, 1.5, 2"
    for row in PARAMETERS:
        assert len(values_in(row, suggested(row))) in (0, 5), row.name
        assert manner_of(row) in ("chosen", "numbers", "texts", "json")
