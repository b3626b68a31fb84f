"""Filters of a file search: comparisons of a file's attributes, joined by and/or groups that nest."""

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
