"""Schemas: answers are checked against them, nothing is fetched, and starts, examples and strict mode fit together."""

import json
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversation.schema_examples import STARTS, example_of
from chatapp.conversation.schemas import json_schema
from chatapp.conversation.strict_schemas import made_strict, strict_hints
from chatapp.protocol.schemas import Uncheckable, mismatch

PRICES = STARTS["A list of objects"]
DIFFERENT: list[tuple[dict[str, Any], Any, str]] = [
    (
        PRICES,
        {"items": [{"name": "a", "price": 1}, {"name": "b", "price": "2"}]},
        "$.items[1].price is not a number",
    ),
    (PRICES, {"items": [{"name": "a"}]}, "$.items[0].price is missing"),
    (PRICES, {"items": [], "more": 1}, "$.more is not allowed"),
    (PRICES, [], "$ is not an object"),
    ({"type": ["integer", "null"]}, "x", "$ is not a whole number or null"),
    ({"enum": ["a", "b"]}, "c", '$ is not "a", "b"'),
    ({"const": None}, 1, "$ is not null"),
    ({"minimum": 3}, 2, "$: 2 is less than the minimum of 3"),
    ({"anyOf": [{"type": "object", "required": ["a"]}, {"type": "string"}]}, {}, "$.a is missing"),
    ({"$ref": "#/$defs/n", "$defs": {"n": {"type": "number"}}}, "x", "$ is not a number"),
]
UNCHECKABLE: list[tuple[dict[str, Any], Any, str]] = [
    ({"$ref": "#"}, 1, "without an end"),
    ({"$ref": "#/$defs/none"}, 1, "not in it"),
    ({"pattern": "("}, "x", "regular expression"),
    ({"type": "strnig"}, 1, "type of JSON"),
    ({"properties": 5}, {}, "no JSON schema"),
    ({"$schema": 5}, {}, "must be text"),
    ({"$ref": "#/a/b", "a": 3}, {}, "cannot be followed"),
    ({"multipleOf": 0.1}, 10**400, "cannot be followed"),
    ({"patternProperties": {"(" + "+" * 100_000: {}}}, {}, "pattern of a name"),
]


@pytest.mark.parametrize(("schema", "value", "words"), DIFFERENT)
def test_a_difference_is_told_by_its_place(schema: dict[str, Any], value: Any, words: str) -> None:
    assert mismatch(schema, value) == words


@pytest.mark.parametrize(("schema", "value", "words"), UNCHECKABLE)
def test_a_schema_that_cannot_be_applied_says_why(schema: dict[str, Any], value: Any, words: str) -> None:
    with pytest.raises(Uncheckable, match=words):
        mismatch(schema, value)


def test_nothing_is_fetched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/schema.json"
        for schema in ({"$ref": address}, {"$schema": address, "$ref": address}):
            with pytest.raises(Uncheckable):
                mismatch(schema, {})
        with pytest.raises(TimeoutError):
            listening.accept()


@pytest.mark.parametrize("start", STARTS)
def test_a_start_is_strict_and_its_example_fits(start: str) -> None:
    schema = STARTS[start]
    assert json_schema(schema, "schema") == schema
    assert strict_hints(schema) == []
    assert mismatch(schema, example_of(schema)) is None


EXAMPLES: list[dict[str, Any]] = [
    {"type": "string", "format": "date"},
    {"type": "string", "minLength": 9, "maxLength": 12},
    {"type": "string", "maxLength": 2},
    {"type": "integer", "minimum": 5, "maximum": 7},
    {"type": "number", "exclusiveMinimum": 5},
    {"type": "integer", "maximum": -3},
    {"type": "array", "items": {"type": "boolean"}, "minItems": 3},
    {"type": "array", "prefixItems": [{"type": "string"}, {"type": "null"}]},
    {"anyOf": [{"type": "null"}, {"type": "string"}]},
    {
        "allOf": [
            {"properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"properties": {"b": {"const": 3}}},
        ]
    },
    {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "integer"}}},
    {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}},
    {"enum": ["x"], "type": "string"},
    {"const": {"a": 1}},
    {"type": ["null", "integer"]},
    {},
]


@pytest.mark.parametrize("schema", EXAMPLES)
def test_an_example_fits_its_schema(schema: dict[str, Any]) -> None:
    assert mismatch(schema, example_of(schema)) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["object", "string", "#", "a", "#/a"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["type", "properties", "items", "anyOf", "allOf", "$ref", "$defs", "$schema", "$id", "$anchor",
             "required", "enum", "prefixItems",
             "minItems", "minimum", "maximum", "minLength", "maxLength", "format", "a", "additionalProperties"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=15,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(["type", "properties", "items", "anyOf", "$ref", "$schema", "$id", "a"]), JSON
    ),
    JSON,
)
def test_no_schema_at_all_breaks_the_check(schema: dict[str, Any], value: Any) -> None:
    try:
        mismatch(schema, value)
    except Uncheckable:
        return
    json.dumps(example_of(schema))
    assert all(hint for hint in strict_hints(schema))
    json.dumps(made_strict(schema))


HINTS: list[tuple[dict[str, Any], list[tuple[Any, ...]]]] = [
    ({"type": "array"}, [()]),
    ({"type": "object"}, [()]),
    (
        {"type": "object", "additionalProperties": False, "properties": {"a": {}}, "required": []},
        [()],
    ),
    (
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["a"],
            "properties": {"a": {"type": "array", "items": {"type": "object", "allOf": []}}},
        },
        [("properties", "a", "items", "allOf"), ("properties", "a", "items")],
    ),
]


@pytest.mark.parametrize(("schema", "places"), HINTS)
def test_what_strict_mode_refuses_is_hinted_at(schema: dict[str, Any], places: list[tuple[Any, ...]]) -> None:
    assert [steps for steps, _ in strict_hints(schema)] == places


def test_a_schema_is_made_strict() -> None:
    loose = {
        "type": "object",
        "properties": {"items": {"type": "array", "items": {"properties": {"a": {"type": "string"}}}}},
        "$defs": {"x": {"type": "object"}},
    }
    strict = made_strict(loose)
    assert strict_hints(strict) == []
    assert strict["required"] == ["items"]
    assert strict["$defs"]["x"] == {"type": "object", "required": [], "additionalProperties": False}
    assert "additionalProperties" not in loose


def test_references_that_double_the_work_are_given_up() -> None:
    defs: dict[str, Any] = {f"a{at}": {"anyOf": [{"$ref": f"#/$defs/a{at + 1}"}] * 2} for at in range(40)}
    defs["a40"] = {"type": "string"}
    with pytest.raises(Uncheckable, match="too often"):
        mismatch({"$ref": "#/$defs/a0", "$defs": defs}, 1)
