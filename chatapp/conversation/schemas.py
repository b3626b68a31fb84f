"""JSON schemas as a user writes them: of a function's arguments, and of an answer that is to be JSON."""

from typing import Final

from chatapp.conversation.shapes import Unfit, by_type, fields, switch, text
from chatapp.protocol.json_types import Json, is_deeper_than
from chatapp.protocol.schemas import schema_fault

FORMAT_NAME: Final = text(1, 64, r"[a-zA-Z0-9_-]+", "letters, digits, _ and -")
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
