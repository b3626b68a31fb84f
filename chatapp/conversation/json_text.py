"""JSON as a person types it: read with a plain word on what is wrong and where, and found again by its path."""

import json
import re
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Final, NoReturn, TypeAlias

from chatapp.protocol.json_types import Json, is_deeper_than

Steps: TypeAlias = tuple[str | int, ...]
DEEPEST: Final = 100
"""Levels of nesting that are read and sent."""
_WORDS: Final = {
    "Expecting value": "a value is missing here",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing here",
    "Expecting ':' delimiter": "a colon is missing here",
    "Expecting property name enclosed in double quotes": "a name in double quotes is missing here",
    "Illegal trailing comma before end of object": "a comma stands before the closing bracket",
    "Illegal trailing comma before end of array": "a comma stands before the closing bracket",
    "Unterminated string starting at": "this text has no closing quote",
    "Extra data": "something follows after the end",
    "Invalid control character at": "a line break or tab within text is written \\n or \\t",
    "Invalid \\escape": "a backslash within text is written \\\\",
    "Invalid \\uXXXX escape": "\\u needs four hexadecimal digits",
}
_TOKEN: Final = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+)')


class JsonFault(ValueError):
    """`words` say what is wrong, `at` is the offset in the text, `line` and `column` count from 1."""

    def __init__(self, words: str, at: int, line: int, column: int) -> None:
        super().__init__(f"Line {line}: {words}.")
        self.words = words
        self.at = at
        self.line = line
        self.column = column


def read_json(text: str) -> Json:
    """The value of a JSON text. Raises JsonFault."""
    try:
        value = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except json.JSONDecodeError as problem:
        raise fault_at(text, _WORDS.get(problem.msg, problem.msg), min(problem.pos, len(text))) from None
    except _NoNumber as problem:
        word = str(problem)
        raise fault_at(text, f"{word} is no number of JSON", max(0, text.find(word))) from None
    except RecursionError:
        raise fault_at(text, "this is nested too deeply", 0) from None
    if is_deeper_than(value, DEEPEST):
        raise fault_at(text, f"this is nested more than {DEEPEST} levels deep", 0)
    return value


def fault_at(text: str, words: str, at: int) -> JsonFault:
    return JsonFault(words, at, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


class _NoNumber(ValueError):
    """Python reads numbers that JSON does not have."""


def _no_number(constant: str) -> NoReturn:
    raise _NoNumber(constant)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise _NoNumber(text)
    return number


def place_of(text: str, steps: Sequence[str | int]) -> int:
    """Where in a JSON text the value at a path begins, or else the nearest value above it. The text is valid."""
    wanted = tuple(steps)
    best, at = -1, 0
    for path, start in _values(_Tokens(text), ()):
        if len(path) > best and wanted[: len(path)] == path:
            best, at = len(path), start
    return at


class _Tokens:
    def __init__(self, text: str) -> None:
        self._found = [(match[1], match.start(1)) for match in _TOKEN.finditer(text)]
        self._next = 0

    def peek(self) -> str:
        return self._found[self._next][0]

    def take(self) -> tuple[str, int]:
        self._next += 1
        return self._found[self._next - 1]


def _values(tokens: _Tokens, path: Steps) -> Iterator[tuple[Steps, int]]:
    """Every value with its path and where it begins; a member of an object begins at its name."""
    token, start = tokens.take()
    yield path, start
    if token == "[":
        place = 0
        while tokens.peek() != "]":
            yield from _values(tokens, (*path, place))
            place += 1
            if tokens.peek() == ",":
                tokens.take()
        tokens.take()
    elif token == "{":
        while tokens.peek() != "}":
            name, at = tokens.take()
            tokens.take()
            inner = (*path, json.loads(name))
            for found, begins in _values(tokens, inner):
                yield found, at if found == inner else begins
            if tokens.peek() == ",":
                tokens.take()
        tokens.take()


def steps_of(value: Json, path: str) -> Steps:
    """The steps of a written path (".filters[1].value") into a value, as far as they lead; the last may lead out."""
    steps: list[str | int] = []
    while path:
        step, path = _step(value, path)
        steps.append(step)
        value = _inside(value, step)
    return tuple(steps)


def _step(value: Json, path: str) -> tuple[str | int, str]:
    index = re.match(r"\[(\d+)\]", path)
    if index and isinstance(value, list):
        return int(index[1]), path[index.end() :]
    rest = path.removeprefix(".")
    names = [name for name in value if _begins(rest, name)] if isinstance(value, dict) else []
    known = max(names, key=len, default=None)
    step = known if known is not None else re.split(r"[.\[]", rest)[0] or rest
    return step, rest[len(step) :]


def _begins(path: str, name: str) -> bool:
    return path.startswith(name) and path[len(name) : len(name) + 1] in ("", ".", "[")


def _inside(value: Json, step: str | int) -> Json:
    if isinstance(value, dict):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None
