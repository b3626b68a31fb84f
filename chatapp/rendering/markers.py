"""Citation markers keep their place through the parser.

A marker stands at a code-point index of an answer's source. Before parsing, one private-use character per
marker is set into the source at the nearest place where it cannot break the markup; the converters in
`inline` and `blocks` turn it into a Marker piece. The same characters in the answer itself are replaced first.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

FIRST: Final = 0xF0000
CAPACITY: Final = 0xFFFD  # characters of the private-use plane
_RANGE: Final = f"{chr(FIRST)}-{chr(FIRST + CAPACITY)}"
SENTINEL: Final = re.compile(f"[{_RANGE}]")

_CONTAINER = r"(?:[ \t]|>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))*"
_LEADING = re.compile(
    _CONTAINER
    + r"(?:#{1,6}(?=[ \t])|[-+*](?=$)|\d{1,9}[.)]?(?=$))?[ \t]*(?:\[[ xX]\][ \t]+|\[\^[^\]\s]+\]:[ \t]*)?"
)
_FENCE = re.compile(_CONTAINER + r"(`{3,}|~{3,})")
_ONLY_SYNTAX = re.compile(r"[ \t>]*(?:[-=|:*_+ \t]*|\[(?!\^)[^\]]*\]:.*)$")
_ENTITY_BEFORE = re.compile(r"&#?[A-Za-z0-9]{0,32}$")
_ENTITY_AFTER = re.compile(r"#?[A-Za-z0-9]{0,32};")
_RUNS: Final = "*_~`$"


def neutral(text: str) -> str:
    """`text` with the characters that stand for markers replaced one for one, so that indexes still hold."""
    return SENTINEL.sub("\ufffd", text)


def strip(text: str) -> str:
    """`text` without marker characters."""
    return SENTINEL.sub("", text)


def numbers_in(text: str) -> tuple[int, ...]:
    """The numbers of the markers that stand in `text`, in order."""
    return tuple(ord(character) - FIRST for character in SENTINEL.findall(text))


def place(text: str, markers: Sequence[tuple[int, int]]) -> str:
    """`text` (neutral) with every (code-point index, number) of `markers` set in as one character."""
    if not markers:
        return text
    places = sorted((_settle(text, min(max(index, 0), len(text))), number) for index, number in markers)
    pieces, last = [], 0
    for index, number in places:
        pieces.append(text[last:index])
        pieces.append(chr(FIRST + min(max(number, 0), CAPACITY)))
        last = index
    pieces.append(text[last:])
    return "".join(pieces)


def _settle(text: str, index: int) -> int:
    """The nearest index at which one more character leaves the markup of its line as it is."""
    start, end = _line(text, index)
    while _is_syntax(text[start:end]) and start > 0:
        start, end = _line(text, start - 1)
        index = end
    line, column = text[start:end], index - start
    column = max(column, min(_leading(line), len(line)))
    return start + _inside_line(line, column)


def _line(text: str, index: int) -> tuple[int, int]:
    start = max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
    ends = [found for found in (text.find("\n", index), text.find("\r", index)) if found >= 0]
    return start, min(ends, default=len(text))


def _is_syntax(line: str) -> bool:
    return bool(_ONLY_SYNTAX.match(line)) or bool(_FENCE.match(line))


def _leading(line: str) -> int:
    found = _LEADING.match(line)
    return found.end() if found else 0


def _inside_line(line: str, column: int) -> int:
    if line.rstrip().endswith("|") and column >= len(line.rstrip()):
        column = len(line.rstrip()) - 1
    while 0 < column < len(line) and line[column] == line[column - 1] and line[column] in _RUNS:
        column += 1
    if 0 < column < len(line) and line[column - 1] == "]" and line[column] in "([":
        column -= 1
    entity = _ENTITY_BEFORE.search(line, max(0, column - 34), column)
    if entity and _ENTITY_AFTER.match(line, column):
        return entity.start()
    backslashes = len(line[:column]) - len(line[:column].rstrip("\\"))
    return column - backslashes % 2


def positions(markers: Iterable[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    """Those of `markers` that stand in [start, end), counted from `start`."""
    return [(index - start, number) for index, number in markers if start <= index < end]
