"""JSON as the wire carries it, and lenient readers for values that servers bend."""

import re
from collections.abc import Iterable
from typing import Any

Json = Any
JsonObject = dict[str, Any]

LARGEST_INDEX = 2**53
"""Beyond it a number in JSON may be another one to its next reader, and nothing here is counted."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def text_of(value: Json) -> str:
    """The string, or "" for anything that is not one."""
    return value if isinstance(value, str) else ""


def optional_text(value: Json) -> str | None:
    """The string, or None for anything that is not one."""
    return value if isinstance(value, str) else None


def name_of(value: Json, most: int = 200) -> str:
    """The name that a server gives to something, to be shown in a line: without line breaks and marks that turn the
    direction of the text, shortened to `most` characters; "" for anything that is not a string."""
    letters = text_of(value)[: 4 * most]
    words = "".join(letter if letter.isprintable() else " " for letter in letters).split()
    return shortened(" ".join(words), most)


def index_of(value: Json) -> int | None:
    """An integer from 0 to LARGEST_INDEX, or None. JSON true and false are not integers here."""
    return value if type(value) is int and 0 <= value <= LARGEST_INDEX else None


def object_of(value: Json) -> JsonObject:
    """The object, or an empty one for anything that is not one."""
    return value if isinstance(value, dict) else {}


def objects_of(value: Json) -> list[JsonObject]:
    """The objects in a list; anything else in it, or anything but a list, is left out."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def shortened(words: str, most: int = 40) -> str:
    """The words, or their beginning and an ellipsis."""
    return words if len(words) <= most else f"{words[: most - 1]}…"


def is_deeper_than(value: Json, levels: int) -> bool:
    """Whether objects and lists are nested in each other more than `levels` deep."""
    level = [value]
    for _ in range(levels):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _inside(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def without_lone_surrogates(value: Json) -> Json:
    """The value with U+FFFD for every half of a surrogate pair: JSON can write one, as an escape, but nothing can
    store or draw it."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [without_lone_surrogates(entry) for entry in value]
    if isinstance(value, dict):
        return {without_lone_surrogates(key): without_lone_surrogates(entry) for key, entry in value.items()}
    return value
