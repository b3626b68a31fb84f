"""Two JSON values held against each other: which places are new, gone or another value.

Lists are aligned by equal entries, so that a longer history shows as entries that were added and not as all others
changed.
"""

import json
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

from chatapp.protocol.json_types import Json

How = Literal["added", "removed", "changed"]
MOST: Final = 2_000
"""Differences that are told; who has more of them looks at the values themselves."""
_MOST_ALIGNED: Final = 600
"""Entries of lists that are aligned, once their equal ends are taken off; longer ones are compared place by place."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`path` is dotted, with list places in brackets; "" is the whole value. `before` is None for what was added,
    `after` for what was removed."""

    how: How
    path: str
    before: Json = None
    after: Json = None


def differences(before: Json, after: Json) -> tuple[Difference, ...]:
    """In the order of the first value, then what is new; at most `MOST`."""
    found = _differences("", before, after)
    return tuple(difference for difference, _ in zip(found, range(MOST), strict=False))


def _differences(path: str, before: Json, after: Json) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            place = f"{path}.{name}" if path else str(name)
            if name not in after:
                yield Difference("removed", place, before[name])
            elif name not in before:
                yield Difference("added", place, after=after[name])
            else:
                yield from _differences(place, before[name], after[name])
    elif isinstance(before, list) and isinstance(after, list):
        yield from _in_lists(path, before, after)
    elif not _same(before, after):
        yield Difference("changed", path, before, after)


def _in_lists(path: str, before: Sequence[Json], after: Sequence[Json]) -> Iterator[Difference]:
    for start, end, other, its_end in _changed(list(map(_key, before)), list(map(_key, after))):
        both = min(end - start, its_end - other)
        for step in range(both):
            yield from _differences(f"{path}[{other + step}]", before[start + step], after[other + step])
        for place in range(start + both, end):
            yield Difference("removed", f"{path}[{place}]", before[place])
        for place in range(other + both, its_end):
            yield Difference("added", f"{path}[{place}]", after=after[place])


def _changed(one: Sequence[Hashable], two: Sequence[Hashable]) -> Iterator[tuple[int, int, int, int]]:
    """The stretches that are not alike, as from and until in both."""
    head = _alike(one, two)
    tail = _alike(one[head:][::-1], two[head:][::-1])
    ends = len(one) - tail, len(two) - tail
    if max(ends) - head > _MOST_ALIGNED:
        yield head, ends[0], head, ends[1]
        return
    matcher = SequenceMatcher(None, one[head : ends[0]], two[head : ends[1]], autojunk=False)
    for how, start, end, other, its_end in matcher.get_opcodes():
        if how != "equal":
            yield head + start, head + end, head + other, head + its_end


def _alike(one: Sequence[Hashable], two: Sequence[Hashable]) -> int:
    """How many both begin with."""
    least = min(len(one), len(two))
    return next((at for at in range(least) if one[at] != two[at]), least)


def _key(value: Json) -> str:
    """Equal for equal JSON only: 1, 1.0 and true are equal in Python."""
    return json.dumps(value, sort_keys=True)


def _same(one: Json, two: Json) -> bool:
    return type(one) is type(two) and bool(one == two)
