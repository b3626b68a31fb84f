"""Frozen dataclasses to JSON and back by their own field types. `bundle` is built on it.

Fields that are missing take their defaults and unknown ones are passed over, so that a bundle of a later version of
the same format can be read; a value of the wrong type is refused with the place where it stands.
"""

import dataclasses
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from chatapp.protocol.json_types import Json

T = TypeVar("T")

LARGEST = 250_000_000_000.0
"""Numbers that are no whole ones are times, in seconds since 1970, and amounts: a clock shows none beyond, nor below 0,
and NaN and infinity are no numbers to a database."""


class WrongValue(ValueError):
    """The message says where the value stands and what was expected there."""


def to_json(value: Any) -> Json:
    """Dataclasses as objects, tuples as arrays, enums as their values; JSON as it is."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [to_json(entry) for entry in value]
    return value


def from_json(kind: type[T], value: Json, place: str) -> T:
    """A value of the dataclass `kind`. Raises WrongValue, naming `place`."""
    result: T = _read(kind, value, place)
    return result


def tuple_from_json(kind: type[T], value: Json, place: str) -> tuple[T, ...]:
    """The same for a list of them."""
    result: tuple[T, ...] = _read_tuple(tuple[kind, ...], value, place)  # type: ignore[valid-type]
    return result


def _read(kind: Any, value: Json, place: str) -> Any:
    if kind is Any:
        return value
    if dataclasses.is_dataclass(kind):
        return _read_object(kind, value, place)
    origin = get_origin(kind)
    if origin in _READ_GENERIC:
        return _READ_GENERIC[origin](kind, value, place)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _read_choice(kind, value, place, [member.value for member in kind])
    return _read_plain(kind, value, place)


def _read_object(kind: Any, value: Json, place: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(place, "an object", value)
    hints = _hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    missing = [name for name, field in fields.items() if name not in value and not _has_default(field)]
    if missing:
        raise WrongValue(f"{place} has no “{missing[0]}”.")
    return kind(
        **{name: _read(hints[name], value[name], f"{place}.{name}") for name in fields if name in value}
    )


def _read_tuple(kind: Any, value: Json, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _wrong(place, "a list", value)
    entry = get_args(kind)[0]
    return tuple(_read(entry, found, f"{place}[{at}]") for at, found in enumerate(value))


def _read_optional(kind: Any, value: Json, place: str) -> Any:
    if value is None:
        return None
    (inner,) = (choice for choice in get_args(kind) if choice is not NoneType)
    return _read(inner, value, place)


def _read_literal(kind: Any, value: Json, place: str) -> Any:
    return _read_choice(lambda found: found, value, place, list(get_args(kind)))


def _read_choice(make: Callable[[Any], Any], value: Json, place: str, choices: list[Any]) -> Any:
    if not isinstance(value, str) or value not in choices:
        raise _wrong(place, f"one of {', '.join(choices)}", value)
    return make(value)


def _read_dict(kind: Any, value: Json, place: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(place, "an object", value)
    return value


def _read_plain(kind: Any, value: Json, place: str) -> Any:
    words, accepted = _PLAIN[kind]
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise _wrong(place, words, value)
    if kind is float and not 0 <= value < LARGEST:  # type: ignore[operator]
        raise WrongValue(f"{place} is not a number that can be meant.")
    return value


_READ_GENERIC: Mapping[Any, Callable[[Any, Json, str], Any]] = {
    tuple: _read_tuple,
    dict: _read_dict,
    Literal: _read_literal,
    Union: _read_optional,
    UnionType: _read_optional,
}
_PLAIN: Mapping[Any, tuple[str, tuple[type, ...]]] = {
    str: ("a text", (str,)),
    bool: ("true or false", (bool,)),
    int: ("a whole number", (int,)),
    float: ("a number", (int, float)),
}


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _has_default(field: "dataclasses.Field[Any]") -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _wrong(place: str, expected: str, value: Json) -> WrongValue:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", NoneType: "null"}
    return WrongValue(f"{place} should be {expected}, but is {names.get(type(value), 'a number')}.")
