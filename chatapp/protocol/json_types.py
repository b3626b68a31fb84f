"""JSON as the wire carries it, and lenient readers for values that servers bend."""

from typing import Any

Json = Any
JsonObject = dict[str, Any]


def text_of(value: Json) -> str:
    """The string, or "" for anything that is not one."""
    return value if isinstance(value, str) else ""


def optional_text(value: Json) -> str | None:
    """The string, or None for anything that is not one."""
    return value if isinstance(value, str) else None


def index_of(value: Json) -> int | None:
    """A non-negative integer, or None. JSON true and false are not integers here."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return None


def object_of(value: Json) -> JsonObject:
    """The object, or an empty one for anything that is not one."""
    return value if isinstance(value, dict) else {}


def objects_of(value: Json) -> list[JsonObject]:
    """The objects in a list; anything else in it, or anything but a list, is left out."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
