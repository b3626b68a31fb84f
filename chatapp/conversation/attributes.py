"""Attributes of files and metadata of libraries as they are typed: pairs of a name and a text, a number, or yes or no.

The limits are the API's: 16 pairs, names of 64 characters, texts of 512.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from chatapp.protocol.json_types import Json, JsonObject

MOST_PAIRS = 16
LONGEST_NAME = 64
LONGEST_TEXT = 512
YES_NO = {"true": True, "yes": True, "false": False, "no": False}

Kind = Literal["Text", "Number", "Yes or no", "Differs"]
KINDS: tuple[Kind, ...] = ("Text", "Number", "Yes or no")
DIFFERS: Kind = "Differs"
"""Of several files that have other values: each keeps its own."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of the table, as typed."""

    name: str
    kind: Kind
    text: str


def pairs_of(of_files: Sequence[Mapping[str, Json]]) -> list[Pair]:
    """One line for each name that any of the files has."""
    names = dict.fromkeys(name for attributes in of_files for name in attributes)
    return [_pair(name, [attributes.get(name) for attributes in of_files]) for name in names]


def fault_of(pairs: Sequence[Pair]) -> str:
    """What the server would refuse, in a sentence, or ""."""
    names = [pair.name.strip() for pair in pairs]
    if len(pairs) > MOST_PAIRS:
        return f"At most {MOST_PAIRS} lines are possible; these are {len(pairs)}."
    for pair, name in zip(pairs, names, strict=True):
        if not name:
            return "Each line needs a name."
        if len(name) > LONGEST_NAME:
            return f"The name “{name[:20]}…” is too long: {LONGEST_NAME} characters at most."
        if names.count(name) > 1:
            return f"“{name}” is there twice."
        if problem := _fault_of_value(pair):
            return f"{name}: {problem}"
    return ""


def applied(pairs: Sequence[Pair], before: Mapping[str, Json]) -> JsonObject:
    """A file's attributes once the table is saved; for lines without a fault."""
    after: JsonObject = {}
    for pair in pairs:
        name = pair.name.strip()
        if pair.kind != DIFFERS:
            after[name] = _value(pair)
        elif name in before:
            after[name] = before[name]
    return after


def _pair(name: str, values: Sequence[Json]) -> Pair:
    first = values[0]
    if any(type(value) is not type(first) or value != first for value in values):
        return Pair(name, DIFFERS, "")
    if isinstance(first, bool):
        return Pair(name, "Yes or no", "yes" if first else "no")
    if isinstance(first, int | float):
        return Pair(name, "Number", f"{first}")
    return Pair(name, "Text", str(first))


def _fault_of_value(pair: Pair) -> str:
    if pair.kind == "Text" and len(pair.text) > LONGEST_TEXT:
        return f"a text has at most {LONGEST_TEXT} characters, this one {len(pair.text)}."
    if pair.kind == "Number" and _number(pair.text) is None:
        return "this is not a number."
    if pair.kind == "Yes or no" and pair.text.strip().casefold() not in YES_NO:
        return "write yes or no."
    return ""


def _value(pair: Pair) -> Json:
    if pair.kind == "Number":
        return _number(pair.text)
    return YES_NO[pair.text.strip().casefold()] if pair.kind == "Yes or no" else pair.text


def _number(text: str) -> int | float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(text) if text.strip().lstrip("+-").isdecimal() else number
