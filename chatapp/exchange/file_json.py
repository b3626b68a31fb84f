"""JSON from a file that somebody chose: read within bounds, and what is wrong with it in a sentence."""

import json
from typing import Final, NoReturn

from chatapp.protocol.json_types import Json, is_deeper_than

DEEPEST: Final = 120
"""Levels: those of the deepest answer that is taken from a server, inside a bundle."""


class Unreadable(ValueError):
    """The message is a plain sentence."""


def parsed(text: str, deepest: int = DEEPEST, numbers_only: bool = False) -> Json:
    """The value, whatever it is. With `numbers_only` NaN and infinity are refused, which Python writes and JSON does
    not know. Raises Unreadable."""
    try:
        value = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_number if numbers_only else None)
    except json.JSONDecodeError as problem:
        raise Unreadable(f"This file is not JSON: {problem.msg} in line {problem.lineno}.") from problem
    except (ValueError, RecursionError) as problem:
        raise Unreadable("This file is JSON that nothing here would write.") from problem
    if is_deeper_than(value, deepest):
        raise Unreadable(f"This file is nested more than {deepest} levels deep.")
    return value


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number that JSON can carry")
