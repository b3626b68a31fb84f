"""What a schema must be like for strict mode, where the model can write nothing else: hints, and the change itself.

From the guide to structured outputs: a root object, every field required, no other fields, a subset of keywords.
"""

from collections.abc import Iterator
from typing import Final

from chatapp.conversation.json_text import Steps
from chatapp.protocol.json_types import Json, JsonObject, object_of

DEEPEST: Final = 10
"""Levels of objects and lists."""
UNKNOWN_KEYWORDS: Final = ("allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas")
_OF_ONE: Final = ("items", "additionalItems")
_OF_MANY: Final = ("properties", "$defs", "definitions")
_OF_LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")


def strict_hints(schema: JsonObject) -> list[tuple[Steps, str]]:
    """Where and why a server would refuse the schema as strict."""
    hints: list[tuple[Steps, str]] = []
    if schema.get("type") != "object":
        hints.append(((), "the root must be an object"))
    if "anyOf" in schema:
        hints.append((("anyOf",), "the root cannot be one of several"))
    for steps, inner in _subschemas(schema, ()):
        hints += [((*steps, *below), words) for below, words in _hints_of(inner)]
        if _depth(steps) > DEEPEST:
            hints.append((steps, f"objects may be nested {DEEPEST} levels deep"))
    return hints


def made_strict(schema: Json) -> Json:
    """The same with every field required and no others allowed."""
    if isinstance(schema, list):
        return [made_strict(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _inner_made_strict(name, value) for name, value in schema.items()}
    if _is_object(schema):
        made |= {"required": list(object_of(schema.get("properties"))), "additionalProperties": False}
    return made


def _inner_made_strict(keyword: str, value: Json) -> Json:
    if keyword in _OF_MANY and isinstance(value, dict):
        return {name: made_strict(entry) for name, entry in value.items()}
    return made_strict(value) if keyword in (*_OF_ONE, *_OF_LISTS) else value


def _hints_of(schema: JsonObject) -> Iterator[tuple[Steps, str]]:
    for keyword in UNKNOWN_KEYWORDS:
        if keyword in schema:
            yield (keyword,), f"{keyword} is not known in strict mode"
    if not _is_object(schema):
        return
    if schema.get("additionalProperties") is not False:
        yield (), "additionalProperties must be false"
    required = schema.get("required")
    left_out = [name for name in object_of(schema.get("properties")) if name not in (required or ())]
    if left_out:
        yield (), f"required must name every field: {', '.join(left_out)} {_is_or_are(left_out)} missing"


def _is_or_are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _is_object(schema: JsonObject) -> bool:
    kind = schema.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind) or "properties" in schema


def _subschemas(schema: Json, steps: Steps) -> Iterator[tuple[Steps, JsonObject]]:
    if not isinstance(schema, dict):
        return
    yield steps, schema
    for keyword in _OF_ONE:
        yield from _subschemas(schema.get(keyword), (*steps, keyword))
    for keyword in _OF_MANY:
        for name, inner in object_of(schema.get(keyword)).items():
            yield from _subschemas(inner, (*steps, keyword, name))
    for keyword in _OF_LISTS:
        entries = schema.get(keyword)
        for place, inner in enumerate(entries if isinstance(entries, list) else ()):
            yield from _subschemas(inner, (*steps, keyword, place))


def _depth(steps: Steps) -> int:
    return sum(step in ("properties", "items") for step in steps) + 1
