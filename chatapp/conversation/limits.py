"""Rate limits as servers write them into headers, in words."""

from collections.abc import Iterable, Mapping
from typing import Final

KINDS: Final = ("requests", "tokens")
REQUEST_ID: Final = "x-request-id"


def words_for(limits: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """ "requests left 58 of 60", "tokens left 149,000 of 150,000, all back in 6 ms"; nothing where a server says
    nothing. Names are headers in lower case; a value that is no number is told as it stands."""
    headers = dict(limits)
    said = (_left(headers, kind) for kind in KINDS)
    return tuple(words for words in said if words)


def _left(headers: Mapping[str, str], kind: str) -> str:
    left, most, back = (
        headers.get(f"x-ratelimit-{what}-{kind}", "") for what in ("remaining", "limit", "reset")
    )
    if not left:
        return ""
    of = f" of {_number(most)}" if most else ""
    again = f", all back in {back}" if back and left != most else ""
    return f"{kind} left {_number(left)}{of}{again}"


def _number(text: str) -> str:
    return f"{int(text):,}" if text.isascii() and text.isdecimal() and len(text) < 16 else text
