"""Checks of single JSON values, with the messages and codes that api.openai.com uses.

A check takes a value that is not null and the name of its parameter, and gives the value (with defaults
filled in, where it is an object) or raises ApiError 400.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.datastructures import QueryParams

from chatapp.engine.errors import ApiError, invalid
from chatapp.protocol.json_types import JsonObject

Check = Callable[[Any, str], Any]

METADATA_PAIRS, METADATA_KEY, METADATA_VALUE = 16, 64, 512
"""Limits of the protocol: number of pairs, code points of a key and of a value."""
LONGEST_NAME = 64
_NAME = re.compile(r"[a-zA-Z0-9_-]+")

_TYPE_NAMES = {
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    str: "a string",
    list: "an array",
    dict: "an object",
}


def wrong_type(value: Any, expected: str, param: str) -> ApiError:
    got = _TYPE_NAMES.get(type(value), "null")
    return invalid(
        f"Invalid type for '{param}': expected {expected}, but got {got} instead.", param, "invalid_type"
    )


def missing(param: str) -> ApiError:
    return invalid(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")


def unknown(param: str) -> ApiError:
    return invalid(f"Unknown parameter: '{param}'.", param, "unknown_parameter")


def anything(value: Any, param: str) -> Any:
    """For what is checked elsewhere."""
    return value


def digits(value: str, param: str, lowest: int, highest: int) -> int:
    """The integer that a query string or a form spells out. Raises ApiError 400."""
    # The length first: a text of thousands of digits is a fault to int(), not a number.
    if value.isdecimal() and len(value) <= len(str(highest)) and lowest <= int(value) <= highest:
        return int(value)
    message = f"Invalid '{param}': expected an integer from {lowest} to {highest}."
    raise invalid(message, param, "invalid_value")


def flag(query: QueryParams, name: str) -> bool:
    """A boolean of a query string; false where it is not there. Raises ApiError 400."""
    given: str = one_of("true", "false")(query.get(name, "false"), name)
    return given == "true"


def boolean(value: Any, param: str) -> bool:
    if not isinstance(value, bool):
        raise wrong_type(value, "a boolean", param)
    return value


def text(longest: int | None = None) -> Check:
    def check(value: Any, param: str) -> str:
        if not isinstance(value, str):
            raise wrong_type(value, "a string", param)
        if longest is not None and len(value) > longest:
            message = f"Invalid '{param}': string too long. Expected {longest} characters at most, got {len(value)}."
            raise invalid(message, param, "string_above_max_length")
        return value

    return check


def identifier(value: Any, param: str) -> str:
    """The name of a function or a schema."""
    given: str = text(LONGEST_NAME)(value, param)
    if not _NAME.fullmatch(given):
        message = (
            f"Invalid '{param}': string does not match pattern. Expected a string that matches the pattern"
        )
        raise invalid(f"{message} '^[a-zA-Z0-9_-]+$'.", param, "invalid_value")
    return given


def one_of(*choices: str) -> Check:
    def check(value: Any, param: str) -> str:
        if value not in choices or not isinstance(value, str):
            known = ", ".join(f"'{choice}'" for choice in choices)
            raise invalid(
                f"Invalid value for '{param}'. Supported values are: {known}.", param, "invalid_value"
            )
        return value

    return check


def integer(lowest: int, highest: int | None = None) -> Check:
    def check(value: Any, param: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(value, "an integer", param)
        _within(value, lowest, highest, param, "integer")
        return value

    return check


def decimal(lowest: float, highest: float) -> Check:
    def check(value: Any, param: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(value, "a decimal", param)
        _within(value, lowest, highest, param, "decimal")
        return float(value)

    return check


def _within(value: float, lowest: float, highest: float | None, param: str, kind: str) -> None:
    if value < lowest:
        message = (
            f"Invalid '{param}': {kind} below minimum value. Expected a value >= {lowest}, but got {value}."
        )
        raise invalid(message, param, f"{kind}_below_min_value")
    if highest is not None and value > highest:
        message = (
            f"Invalid '{param}': {kind} above maximum value. Expected a value <= {highest}, but got {value}."
        )
        raise invalid(message, param, f"{kind}_above_max_value")


def any_object(value: Any, param: str) -> JsonObject:
    if not isinstance(value, dict):
        raise wrong_type(value, "an object", param)
    return value


def list_of(check: Check, longest: int | None = None, shortest: int = 0) -> Check:
    def check_list(value: Any, param: str) -> list[Any]:
        if not isinstance(value, list):
            raise wrong_type(value, "an array", param)
        if not shortest <= len(value) <= (len(value) if longest is None else longest):
            bounds = f"{shortest} or more" if longest is None else f"{shortest} to {longest}"
            raise invalid(
                f"Invalid '{param}': expected an array of {bounds} items.", param, "invalid_array_length"
            )
        return [check(item, f"{param}[{at}]") for at, item in enumerate(value)]

    return check_list


def fields(table: Mapping[str, tuple[Check, Any]], required: Sequence[str] = ()) -> Check:
    """An object of known fields, each with its check and its default (used for null, too)."""

    def check(value: Any, param: str) -> JsonObject:
        given = any_object(value, param)
        prefix = f"{param}." if param else ""
        for name in given:
            if name not in table:
                raise unknown(f"{prefix}{name}")
        for name in required:
            if given.get(name) is None:
                raise missing(f"{prefix}{name}")
        return {
            name: default if given.get(name) is None else one(given[name], f"{prefix}{name}")
            for name, (one, default) in table.items()
        }

    return check


def metadata(value: Any, param: str) -> dict[str, str]:
    given = any_object(value, param)
    if len(given) > METADATA_PAIRS:
        message = f"Invalid '{param}': too many properties. Expected at most {METADATA_PAIRS}, but got {len(given)}."
        raise invalid(message, param, "object_above_max_properties")
    for key, one in given.items():
        text(METADATA_KEY)(key, param)
        text(METADATA_VALUE)(one, f"{param}.{key}")
    return given


def attributes(value: Any, param: str) -> JsonObject:
    """A file's attributes: like metadata, but numbers and booleans are values, too."""
    given = any_object(value, param)
    metadata({key: one if isinstance(one, str) else "" for key, one in given.items()}, param)
    for key, one in given.items():
        if not isinstance(one, str | int | float):
            raise wrong_type(one, "a string, number or boolean", f"{param}.{key}")
    return given
