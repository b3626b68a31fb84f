"""Where in a JSON value words stand: in names and in values, upper and lower case alike."""

import json
from collections.abc import Iterator
from typing import Final

from chatapp.protocol.json_types import Json

Path = tuple[str | int, ...]
MOST: Final = 1_000
"""Places that are told."""


def places_of(value: Json, words: str) -> tuple[Path, ...]:
    """The paths to all names and plain values that hold the words, in the order of the tree; at most `MOST`."""
    wanted = words.casefold()
    found = _places((), value, wanted) if wanted else iter(())
    return tuple(path for path, _ in zip(found, range(MOST), strict=False))


def _places(path: Path, value: Json, wanted: str) -> Iterator[Path]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in pairs:
        place = (*path, name)
        is_plain = not isinstance(child, dict | list)
        if (isinstance(name, str) and wanted in name.casefold()) or (is_plain and wanted in _said(child)):
            yield place
        yield from _places(place, child, wanted)


def _said(value: Json) -> str:
    return (value if isinstance(value, str) else json.dumps(value)).casefold()
