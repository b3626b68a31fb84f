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

Kind = Literal["Text", "Number", "Yes or no"]
KINDS: tuple[Kind, ...] = ("Text", "Number", "Yes or no")


@dataclass(frozen=True, slots=True)
class Pair:
    """A name and what is typed beside it."""

    name: str
    kind: Kind
    text: str


def pairs_of(values: Mapping[str, Json]) -> list[Pair]:
    return [pair_of(name, value) for name, value in values.items()]


def fault_of(pairs: Sequence[Pair]) -> str:
    """What the server would refuse, in a sentence, or ""."""
    names = [pair.name.strip() for pair in pairs]
    if len(pairs) > MOST_PAIRS:
        return f"At most {MOST_PAIRS} lines are possible; these are {len(pairs)}."
    for pair, name in zip(pairs, names, strict=True):
        if problem := fault_of_name(name, names.count(name)):
            return problem
        if problem := fault_of_value(pair.kind, pair.text):
            return f"{name}: {problem}"
    return ""


def values_of(pairs: Sequence[Pair]) -> JsonObject:
    """For pairs without a fault."""
    return {pair.name.strip(): value_of(pair.kind, pair.text) for pair in pairs}


def pair_of(name: str, value: Json) -> Pair:
    if isinstance(value, bool):
        return Pair(name, "Yes or no", "yes" if value else "no")
    if isinstance(value, int | float):
        return Pair(name, "Number", f"{value}")
    return Pair(name, "Text", str(value))


def fault_of_name(name: str, count: int) -> str:
    """`count` says how often it stands there."""
    if not name:
        return "Each value needs a name."
    if len(name) > LONGEST_NAME:
        return f"The name “{name[:20]}…” is too long: {LONGEST_NAME} characters at most, this one has {len(name)}."
    return f"“{name}” is there twice." if count > 1 else ""


def fault_of_value(kind: Kind, text: str) -> str:
    if kind == "Text" and len(text) > LONGEST_TEXT:
        return f"a text has at most {LONGEST_TEXT} characters, this one {len(text)}."
    if kind == "Number" and _number(text) is None:
        return "this is not a number."
    if kind == "Yes or no" and text.strip().casefold() not in YES_NO:
        return "write yes or no."
    return ""


def value_of(kind: Kind, text: str) -> Json:
    """For a text without a fault."""
    if kind == "Number":
        return _number(text)
    return YES_NO[text.strip().casefold()] if kind == "Yes or no" else text


def _number(text: str) -> int | float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(text) if text.strip().lstrip("+-").isdecimal() else number
