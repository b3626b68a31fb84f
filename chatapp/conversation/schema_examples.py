"""Schemas to start from, and an example of what a schema allows. Pure: the same schema gives the same example."""

from collections.abc import Callable, Mapping
from typing import Final

from chatapp.protocol.json_types import Json, JsonObject, object_of, objects_of

DEEPEST: Final = 12
"""Levels at which a schema that refers to itself is left."""
MOST_FILLED: Final = 20
"""Characters, or entries of a list, that are made up at most."""
FORMATS: Final = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "email": "someone@example.org",
    "hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def _object(**properties: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


STARTS: Final[Mapping[str, JsonObject]] = {
    "One object": _object(
        title={"type": "string", "description": "A short title"},
        year={"type": ["integer", "null"], "description": "null where it is not known"},
    ),
    "A list of objects": _object(
        items={
            "type": "array",
            "items": _object(name={"type": "string"}, price={"type": "number", "minimum": 0}),
        }
    ),
    "One of a few classes": _object(
        label={"type": "string", "enum": ["positive", "neutral", "negative"]},
        reason={"type": "string", "description": "One sentence"},
    ),
    "No arguments": _object(),
}


def example_of(schema: JsonObject) -> Json:
    """A value that a schema allows, as far as it can be made up: patterns and rarer rules are left to the reader."""
    return _example(schema, schema, 0)


def _example(schema: Json, root: JsonObject, depth: int) -> Json:
    if not isinstance(schema, dict) or depth > DEEPEST:
        return None
    for made in ("const", "default"):
        if made in schema:
            return schema[made]
    for some in ("enum", "examples"):
        if isinstance(schema.get(some), list) and schema[some]:
            return schema[some][0]
    if isinstance(schema.get("$ref"), str):
        return _example(_referred(schema["$ref"], root), root, depth + 1)
    for choice in ("anyOf", "oneOf"):
        if objects_of(schema.get(choice)):
            rest = {name: value for name, value in schema.items() if name != choice}
            return _example({**rest, **objects_of(schema[choice])[0]}, root, depth + 1)
    if objects_of(schema.get("allOf")):
        return _example(_merged(schema), root, depth + 1)
    make = _KINDS.get(_kind(schema))
    return make(schema, root, depth) if make is not None else None


def _kind(schema: JsonObject) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((entry for entry in kind if entry != "null"), "null")
    return str(kind) if kind else "object" if "properties" in schema else "array" if "items" in schema else ""


def _referred(reference: str, root: JsonObject) -> Json:
    """What "#/$defs/name" leads to in the same schema."""
    found: Json = root
    for step in reference.lstrip("#").split("/")[1:]:
        found = object_of(found).get(step.replace("~1", "/").replace("~0", "~"))
    return found


def _merged(schema: JsonObject) -> JsonObject:
    whole = {name: value for name, value in schema.items() if name != "allOf"}
    for part in objects_of(schema["allOf"]):
        properties = {**object_of(whole.get("properties")), **object_of(part.get("properties"))}
        whole = {**whole, **part, **({"properties": properties} if properties else {})}
    return whole


def _fields(schema: JsonObject, root: JsonObject, depth: int) -> Json:
    properties = object_of(schema.get("properties"))
    required = schema.get("required")
    wanted = required if isinstance(required, list) and depth > DEEPEST // 2 else properties
    return {name: _example(properties.get(name), root, depth + 1) for name in wanted}


def _entries(schema: JsonObject, root: JsonObject, depth: int) -> Json:
    first = [_example(entry, root, depth + 1) for entry in objects_of(schema.get("prefixItems"))]
    least = _count(schema.get("minItems"), 1 if depth <= DEEPEST // 2 else 0)
    more = max(0, least - len(first)) if isinstance(schema.get("items"), dict) else 0
    return [*first, *(_example(schema["items"], root, depth + 1) for _ in range(more))]


def _text(schema: JsonObject, root: JsonObject, depth: int) -> Json:
    made = FORMATS.get(schema.get("format", ""), "text")
    least, most = _count(schema.get("minLength"), 0), schema.get("maxLength")
    made = made.ljust(least, "x")
    return made[:most] if isinstance(most, int) else made


def _number(schema: JsonObject, root: JsonObject, depth: int) -> Json:
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    step = schema.get("multipleOf") or 1
    made = low if low is not None else above + step if above is not None else 0
    if high is not None and made > high:
        made = high
    return made if below is None or made < below else below - step


def _count(value: Json, least: int) -> int:
    return min(value, MOST_FILLED) if isinstance(value, int) and value > least else least


_KINDS: Final[Mapping[str, Callable[[JsonObject, JsonObject, int], Json]]] = {
    "object": _fields,
    "array": _entries,
    "string": _text,
    "number": _number,
    "integer": _number,
    "boolean": lambda schema, root, depth: True,
}
