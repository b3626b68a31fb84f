"""What a value of a request must look like: small checks, put together, that name the exact place of a fault.

A check takes a value and its path ("tools[0].filters") and gives the value as it is to be sent, or raises Unfit.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import TypeAlias

from chatapp.protocol.json_types import Json, shortened

Check: TypeAlias = Callable[[Json, str], Json]


class Unfit(ValueError):
    """`path` is the place of the fault, `need` what belongs there: "must be a number"."""

    def __init__(self, path: str, need: str) -> None:
        super().__init__(f"{path} {need}.")
        self.path = path
        self.need = need


def anything(value: Json, path: str) -> Json:
    return value


def switch(value: Json, path: str) -> Json:
    if not isinstance(value, bool):
        raise Unfit(path, "must be true or false")
    return value


def number(low: float | None = None, high: float | None = None) -> Check:
    """A finite number, from `low` to `high`."""

    def check(value: Json, path: str) -> Json:
        if not is_number(value):
            raise Unfit(path, "must be a number")
        _in_range(value, path, low, high)
        return value

    return check


def whole(low: float | None = None, high: float | None = None) -> Check:
    """A whole number; 20.0 is one too."""

    def check(value: Json, path: str) -> Json:
        if not is_number(value) or value != int(value):
            raise Unfit(path, "must be a whole number")
        _in_range(value, path, low, high)
        return int(value)

    return check


def is_number(value: Json) -> bool:
    """JSON true and false are not numbers here, nor is what JSON cannot carry."""
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, float) and isfinite(value)
    )


def _in_range(value: Json, path: str, low: float | None, high: float | None) -> None:
    if low is not None and high is not None and not low <= value <= high:
        raise Unfit(path, f"must be between {_plain(low)} and {_plain(high)}")
    if low is not None and value < low:
        raise Unfit(path, f"must be at least {_plain(low)}")


def _plain(number: float) -> str:
    return format(number, ",.15g")


def text(least: int = 0, longest: int | None = None, pattern: str = "", of: str = "") -> Check:
    """Text of `least` to `longest` characters. `of` says in words what `pattern` allows."""

    def check(value: Json, path: str) -> Json:
        if not isinstance(value, str):
            raise Unfit(path, "must be text")
        if len(value) < least or (least and not value.strip()):
            raise Unfit(path, "must not be empty")
        if longest is not None and len(value) > longest:
            raise Unfit(path, f"must have at most {longest:,} characters, not {len(value):,}")
        if pattern and not re.fullmatch(pattern, value):
            raise Unfit(path, f"must be made of {of}")
        return value

    return check


def one_of(*choices: str, open_choice: bool = False) -> Check:
    """One of the documented values; any other text too where the reference leaves it open."""

    def check(value: Json, path: str) -> Json:
        if not isinstance(value, str) or not (value in choices or (open_choice and value.strip())):
            raise Unfit(path, f"must be {'text, like' if open_choice else 'one of'} {', '.join(choices)}")
        return value

    return check


def each(check_one: Check, least: int = 0, of: str = "") -> Check:
    """A list whose entries all fit. `of` says in words what it is a list of."""

    def check(value: Json, path: str) -> Json:
        if not isinstance(value, list):
            raise Unfit(path, f"must be a list{of and f' of {of}'}")
        if len(value) < least:
            raise Unfit(path, f"must have at least {least} {'entry' if least == 1 else 'entries'}")
        return [check_one(entry, f"{path}[{place}]") for place, entry in enumerate(value)]

    return check


def fields(known: Mapping[str, Check], needed: Sequence[str] = ()) -> Check:
    """An object. null stands for a field that is not given; fields that are not `known` pass as they are."""

    def check(value: Json, path: str) -> Json:
        if not isinstance(value, dict):
            raise Unfit(path, "must be an object")
        for name in needed:
            if value.get(name) is None:
                raise Unfit(f"{path}.{name}", "must be given")
        return {
            name: known.get(name, anything)(entry, f"{path}.{name}") if entry is not None else None
            for name, entry in value.items()
        }

    return check


def by_type(kinds: Mapping[str, Check], otherwise: Check | None = None) -> Check:
    """An object whose `type` says what it must look like. A type that is not among `kinds` is for `otherwise`."""

    def check(value: Json, path: str) -> Json:
        if not isinstance(value, dict):
            raise Unfit(path, "must be an object")
        kind = value.get("type")
        if not isinstance(kind, str) or not kind.strip():
            raise Unfit(f"{path}.type", f"must be given: {', '.join(kinds)}")
        chosen = kinds.get(kind, otherwise)
        if chosen is None:
            raise Unfit(f"{path}.type", f"must be one of {', '.join(kinds)}")
        return chosen(value, path)

    return check


def pairs(most: int, longest_key: int, longest_value: int) -> Check:
    """An object of texts, as metadata is."""
    of_value = text(longest=longest_value)

    def check(value: Json, path: str) -> Json:
        if not isinstance(value, dict):
            raise Unfit(path, "must be an object of pairs")
        if len(value) > most:
            raise Unfit(path, f"must have at most {most} pairs, not {len(value)}")
        for key in value:
            if not 0 < len(key) <= longest_key:
                raise Unfit(path, f"must have keys of 1 to {longest_key} characters, not {shortened(key)!r}")
        return {key: of_value(entry, f"{path}.{key}") for key, entry in value.items()}

    return check
