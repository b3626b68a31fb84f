"""The values a parameter is to take in a sweep, as they are typed: numbers, words, whole texts or JSON. Pure."""

import json
import re
from typing import Final, Literal

from chatapp.conversation.parameters import InvalidParameter, Parameter, validate
from chatapp.protocol.json_types import Json

Manner = Literal["chosen", "numbers", "texts", "json"]
"""How values are given: ticked, on one line, as texts with a line of dashes between them, as JSON, one a line."""
BETWEEN: Final = "---"
_STEPS: Final = 5
_CHOSEN: Final = ("choice", "switch", "model", "stores")
_NUMBERS: Final = ("slider", "integer", "number")
_TEXTS: Final = ("line", "multiline")


def manner_of(row: Parameter) -> Manner:
    if row.control in _CHOSEN:
        return "chosen"
    if row.control in _NUMBERS:
        return "numbers"
    return "texts" if row.control in _TEXTS and row.check is None else "json"


def values_in(row: Parameter, text: str) -> tuple[Json, ...]:
    """The values that were typed, checked. Raises InvalidParameter for the first that cannot be sent."""
    manner = manner_of(row)
    if manner == "texts":
        pieces = re.split(rf"^{BETWEEN}-*[ \t]*$", text, flags=re.MULTILINE)
    else:
        pieces = text.splitlines() if manner == "json" else re.split(r"[;,\s]+", text)
    found = [piece.strip() for piece in pieces if piece.strip()]
    return tuple(validate(row.name, _read(row, manner, piece)) for piece in found)


def suggested(row: Parameter) -> str:
    """What stands in the field of a number before anything is typed: its whole range in even steps; or nothing."""
    if row.control != "slider" or row.low is None or row.high is None:
        return ""
    span = row.high - row.low
    steps = [row.low + span * step / (_STEPS - 1) for step in range(_STEPS)]
    return ", ".join(f"{round(step) if row.step == 1 else step:g}" for step in steps)


def _read(row: Parameter, manner: Manner, piece: str) -> Json:
    if manner == "numbers":
        try:
            return float(piece) if any(sign in piece for sign in ".eE") else int(piece)
        except ValueError:
            raise InvalidParameter(row.name, f"“{piece}”", "must be a number") from None
    if manner == "json":
        try:
            return json.loads(piece)
        except ValueError:
            raise InvalidParameter(row.name, f"“{piece[:40]}”", "must be JSON on one line") from None
    return piece
