"""Filters on a file's attributes: comparisons and their compounds, checked first, then applied.

Comparisons never raise: a missing key or another type simply does not match (and does match `ne` and `nin`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from chatapp.engine.errors import invalid
from chatapp.engine.retrieval.passages import Attribute

Attributes = Mapping[str, Attribute]
Filter = Callable[[Attributes], bool]
Compare = Callable[[Any, Any], bool]

DEEPEST = 16
"""Compound filters within each other."""


def _same(held: Any, wanted: Any) -> bool:
    return _kind(held) == _kind(wanted) and bool(held == wanted)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _ordered(compare: Compare) -> Compare:
    return lambda held, wanted: _kind(held) == _kind(wanted) != "boolean" and compare(held, wanted)


COMPARISONS: dict[str, Compare] = {
    "eq": _same,
    "ne": lambda held, wanted: not _same(held, wanted),
    "gt": _ordered(lambda held, wanted: held > wanted),
    "gte": _ordered(lambda held, wanted: held >= wanted),
    "lt": _ordered(lambda held, wanted: held < wanted),
    "lte": _ordered(lambda held, wanted: held <= wanted),
    "in": lambda held, wanted: any(_same(held, one) for one in wanted),
    "nin": lambda held, wanted: not any(_same(held, one) for one in wanted),
}
COMPOUNDS: dict[str, Callable[[list[bool]], bool]] = {"and": all, "or": any}
NEGATIVE = ("ne", "nin")
LISTS = ("in", "nin")


def filter_of(value: Any, param: str = "filters", depth: int = 0) -> Filter:
    """The filter that a request's JSON describes; None lets everything pass. Raises ApiError 400."""
    if value is None:
        return lambda attributes: True
    if not isinstance(value, dict):
        raise invalid(f"Invalid type for '{param}': expected an object.", param, "invalid_type")
    if depth > DEEPEST:
        raise invalid(f"Filters may be nested {DEEPEST} deep at most.", param, "invalid_value")
    kind = str(value.get("type"))
    if kind in COMPOUNDS:
        return _compound(value, param, depth)
    if kind in COMPARISONS:
        return _comparison(value, param)
    known = ", ".join((*COMPARISONS, *COMPOUNDS))
    raise invalid(
        f"Invalid value for '{param}.type'. Supported values are: {known}.", f"{param}.type", "invalid_value"
    )


def _compound(value: dict[str, Any], param: str, depth: int) -> Filter:
    parts = value.get("filters")
    if not isinstance(parts, list) or not parts:
        raise invalid(f"'{param}.filters' must be a list of filters.", f"{param}.filters", "invalid_type")
    filters = [filter_of(part, f"{param}.filters[{at}]", depth + 1) for at, part in enumerate(parts)]
    combine = COMPOUNDS[value["type"]]
    return lambda attributes: combine([one(attributes) for one in filters])


def _comparison(value: dict[str, Any], param: str) -> Filter:
    kind, key = value["type"], value.get("key")
    if not isinstance(key, str):
        raise invalid(f"'{param}.key' must be a string.", f"{param}.key", "invalid_type")
    wanted = _operand(value, kind, param)
    compare = COMPARISONS[kind]
    return lambda attributes: compare(attributes[key], wanted) if key in attributes else kind in NEGATIVE


def _operand(value: dict[str, Any], kind: str, param: str) -> Any:
    wanted = value.get("value")
    wants_list = kind in LISTS
    items = wanted if wants_list and isinstance(wanted, list) else [wanted]
    if isinstance(wanted, list) != wants_list or not all(isinstance(one, str | int | float) for one in items):
        shape = "a list of strings or numbers" if wants_list else "a string, number or boolean"
        raise invalid(f"'{param}.value' must be {shape} for '{kind}'.", f"{param}.value", "invalid_type")
    return wanted
