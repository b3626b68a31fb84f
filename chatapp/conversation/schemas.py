"""JSON schemas: of a function's arguments, and of an answer that is to be JSON."""

from collections.abc import Iterable
from typing import Final

from chatapp.conversation.shapes import Unfit, by_type, fields, shortened, switch, text
from chatapp.protocol.json_types import Json, is_deeper_than

FORMAT_NAME: Final = text(1, 64, r"[a-zA-Z0-9_-]+", "letters, digits, _ and -")
TYPES: Final = ("object", "array", "string", "number", "integer", "boolean", "null")
DEEPEST: Final = 60
"""Levels of nesting in a schema."""


def json_schema(value: Json, path: str) -> Json:
    """An object that is a JSON schema. Raises Unfit at the place in the schema that is none."""
    if not isinstance(value, dict):
        raise Unfit(path, "must be a JSON schema, which is an object")
    if is_deeper_than(value, DEEPEST):
        raise Unfit(path, f"is nested more than {DEEPEST} levels deep")
    fault = schema_fault(value)
    if fault is not None:
        raise Unfit(path + fault[0], fault[1])
    return value


def schema_fault(schema: Json) -> tuple[str, str] | None:
    """What keeps an object from being a JSON schema: the path below it (".properties.a.type") and what is wrong."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match
    from jsonschema.validators import validator_for

    dialect = validator_for(schema, default=Draft202012Validator)
    problem = best_match(dialect(dialect.META_SCHEMA).iter_errors(schema))
    if problem is None:
        return None
    path = path_below(problem.absolute_path)
    if path.endswith(".type"):
        return path, f"must be a type of JSON: {', '.join(TYPES)}"
    return path, f"is no JSON schema: {shortened(problem.message, 160)}"


def path_below(steps: Iterable[str | int]) -> str:
    """ ".items[2].price" for the steps items, 2, price."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


FORMATS: Final = by_type(
    {
        "text": fields({}),
        "json_object": fields({}),
        "json_schema": fields(
            {
                "name": FORMAT_NAME,
                "schema": json_schema,
                "description": text(),
                "strict": switch,
            },
            needed=("name", "schema"),
        ),
    }
)
