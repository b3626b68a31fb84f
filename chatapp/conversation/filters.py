"""Filters of a file search: comparisons of a file's attributes, joined by and/or groups that nest."""

import json
import re
from typing import Final

from chatapp.conversation.shapes import Check, Unfit, by_type, each, fields, is_number, text
from chatapp.protocol.json_types import Json

COMPARISONS: Final = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin")
OF_LISTS: Final = ("in", "nin")
"""Comparisons with a list of values."""
GROUPS: Final = ("and", "or")
DEEPEST: Final = 20
"""Groups in each other."""


def search_filter(value: Json, path: str) -> Json:
    """A comparison or a group. Raises Unfit with the path down to the fault."""
    if path.count(".filters[") > DEEPEST:
        raise Unfit(path, f"is nested more than {DEEPEST} groups deep")
    return _FILTER(value, path)


def _value(value: Json, path: str) -> Json:
    if isinstance(value, str | bool) or is_number(value):
        return value
    raise Unfit(path, "must be text, a number, or true or false")


def _entry(value: Json, path: str) -> Json:
    if isinstance(value, str) or is_number(value):
        return value
    raise Unfit(path, "must be text or a number")


def _comparison(of_value: Check) -> Check:
    return fields({"key": text(least=1), "value": of_value}, needed=("key", "value"))


_GROUP: Final = fields({"filters": each(search_filter, least=1, of="filters")}, needed=("filters",))
_FILTER: Final = by_type(
    {
        name: _comparison(each(_entry, least=1, of="values") if name in OF_LISTS else _value)
        for name in COMPARISONS
    }
    | dict.fromkeys(GROUPS, _GROUP)
)

WORDS: Final = {
    "eq": "is",
    "ne": "is not",
    "gt": ">",
    "gte": "≥",
    "lt": "<",
    "lte": "≤",
    "in": "is one of",
    "nin": "is none of",
}


def words_for_filter(value: Json) -> str:
    """A filter as a sentence: "year ≥ 2024 and (kind is a or kind is b)"."""
    if value.get("type") in GROUPS:
        members = [(member, words_for_filter(member)) for member in value.get("filters", ())]
        joined = [f"({words})" if member.get("type") in GROUPS else words for member, words in members]
        return f" {value['type']} ".join(joined)
    return f"{value.get('key')} {WORDS.get(value.get('type'), '?')} {written(value.get('value'))}"


def written(value: Json) -> str:
    """A value as one types it: text that would be read as something else stands in quotes."""
    if isinstance(value, list):
        return ", ".join(map(written, value))
    if not isinstance(value, str):
        return json.dumps(value)
    plain = value and value == value.strip() and "," not in value and '"' not in value
    return value if plain and _word(value) == value else json.dumps(value, ensure_ascii=False)


def read_value(text: str, comparison: str) -> Json:
    """What was typed, as JSON: numbers, true and false as such, all else text; several after commas for lists."""
    words = [_word(word) for word in _split(text)] if text.strip() else []
    if comparison in OF_LISTS:
        return words
    return words[0] if len(words) == 1 else text.strip()


def _split(text: str) -> list[str]:
    """At the commas outside quotes."""
    return [match.strip() for match in re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^,])+', text) if match.strip()]


def _word(word: str) -> Json:
    try:
        value = json.loads(word)
    except (ValueError, RecursionError):
        return word
    return value if isinstance(value, str | bool) or is_number(value) else word
