"""Two texts held against each other, word by word: what both say, what only the first says, what only the second.

Words that stand once in both texts are the fixed points, as in a patience diff; what lies between them is compared by
the fewest changes (Myers). Both are bounded, so that long texts with nothing in common cost little: a stretch that
would take too many changes counts as replaced.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

Kind = Literal["same", "removed", "added"]
_SINGLE: Final = (
    r"!-/:-@\[-^`{-~«»\u2010-\u2027\u2030-\u205e\u3001-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uff0f"
)
"""Signs, and the characters of scripts without blanks: each counts as a word."""
_TOKEN: Final = re.compile(rf"\n|[^\S\n]+|[{_SINGLE}]|[^\s{_SINGLE}]+")
_CHANGES: Final = 160
"""Changes looked for between two fixed points before what is there counts as replaced."""
_STEPS: Final = 2_000_000
"""Words times changes that are looked at in all: about a second."""
_DEPTH: Final = 8
"""How often a stretch between fixed points is searched for fixed points of its own."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`removed` stands in the first text only, `added` in the second only. The `same` and `removed` ones joined are
    the first text, the `same` and `added` ones the second. A removed piece comes before what was added in its place.
    """

    kind: Kind
    text: str


Row = tuple[tuple[Piece, ...], tuple[Piece, ...]]
Run = tuple[Kind, Sequence[str]]


def compare(first: str, second: str) -> tuple[Piece, ...]:
    """The two texts as one run of pieces, neighbours of different kinds; empty where both are."""
    one, two = _TOKEN.findall(first), _TOKEN.findall(second)
    limit = min(_CHANGES, _STEPS // max(1, len(one) + len(two)))
    runs = _without_islands(list(_joined(_runs(one, two, _DEPTH, limit))))
    return tuple(Piece(kind, "".join(tokens)) for kind, tokens in runs)


def side_by_side(pieces: Sequence[Piece]) -> tuple[Row, ...]:
    """The pieces of the first and of the second text, in rows that begin at the same line: a row ends where both
    texts end a line alike."""
    rows: list[Row] = []
    row: list[Piece] = []
    for piece in pieces:
        *lines, rest = piece.text.split("\n") if piece.kind == "same" else [piece.text]
        for line in lines:
            rows.append(_row([*row, Piece("same", line)]))
            row = []
        if rest:
            row.append(Piece(piece.kind, rest))
    return (*rows, _row(row)) if row else tuple(rows)


def likeness(pieces: Sequence[Piece]) -> float:
    """How much of the two texts is the same, 0 to 1, by characters; 1.0 for two empty ones."""
    sizes: Counter[Kind] = Counter()
    for piece in pieces:
        sizes[piece.kind] += len(piece.text)
    whole = 2 * sizes["same"] + sizes["removed"] + sizes["added"]
    return 2 * sizes["same"] / whole if whole else 1.0


def _row(pieces: Sequence[Piece]) -> Row:
    return (
        tuple(piece for piece in pieces if piece.kind != "added" and piece.text),
        tuple(piece for piece in pieces if piece.kind != "removed" and piece.text),
    )


def _runs(one: Sequence[str], two: Sequence[str], depth: int, limit: int) -> Iterator[Run]:
    """Equal ends first, then fixed points, then the fewest changes."""
    start = _common(one, two)
    yield "same", one[:start]
    one, two = one[start:], two[start:]
    end = _common(one[::-1], two[::-1])
    tail = one[len(one) - end :]
    one, two = one[: len(one) - end], two[: len(two) - end]
    points = _fixed_points(one, two) if depth and one and two else []
    if points:
        yield from _between(one, two, points, depth, limit)
    else:
        yield from _fewest_changes(one, two, limit)
    yield "same", tail


def _between(
    one: Sequence[str], two: Sequence[str], points: Sequence[tuple[int, int]], depth: int, limit: int
) -> Iterator[Run]:
    at, other = 0, 0
    for here, there in (*points, (len(one), len(two))):
        yield from _runs(one[at:here], two[other:there], depth - 1, limit)
        yield "same", one[here : here + 1]
        at, other = here + 1, there + 1


def _common(one: Sequence[str], two: Sequence[str]) -> int:
    """How many tokens both begin with."""
    return next(
        (at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two))
    )


def _fixed_points(one: Sequence[str], two: Sequence[str]) -> list[tuple[int, int]]:
    """Where words that stand once in each text keep their order: the longest such chain."""
    count, counted = Counter(one), Counter(two)
    there = {word: at for at, word in enumerate(two) if counted[word] == 1 and count[word] == 1}
    pairs = [(at, there[word]) for at, word in enumerate(one) if word in there]
    ends: list[int] = []
    """The smallest place in the second text at which a chain of each length can end."""
    last: list[int] = []
    before: list[int] = []
    for place, (_, other) in enumerate(pairs):
        length = bisect_left(ends, other)
        before.append(last[length - 1] if length else -1)
        if length == len(ends):
            ends.append(other)
            last.append(place)
        else:
            ends[length], last[length] = other, place
    found: list[tuple[int, int]] = []
    place = last[-1] if last else -1
    while place >= 0:
        found.append(pairs[place])
        place = before[place]
    return found[::-1]


def _fewest_changes(one: Sequence[str], two: Sequence[str], limit: int) -> list[Run]:
    """Myers' greedy search. Where it takes more than `limit`, all of one is replaced by all of two."""
    replaced: list[Run] = [("removed", one), ("added", two)]
    if not one or not two:
        return replaced
    reach = {1: 0}
    trail: list[dict[int, int]] = []
    for changes in range(min(len(one) + len(two), limit) + 1):
        trail.append(dict(reach))
        for diagonal in range(-changes, changes + 1, 2):
            at = _step(reach, diagonal, changes)
            while at < len(one) and 0 <= at - diagonal < len(two) and one[at] == two[at - diagonal]:
                at += 1
            reach[diagonal] = at
            if at >= len(one) and at - diagonal >= len(two):
                return _walked_back(one, two, trail)
    return replaced


def _step(reach: dict[int, int], diagonal: int, changes: int) -> int:
    """How far a diagonal is reached with one change more: by an addition, or by a removal."""
    if diagonal == -changes or (diagonal != changes and reach[diagonal - 1] < reach[diagonal + 1]):
        return reach[diagonal + 1]
    return reach[diagonal - 1] + 1


def _walked_back(one: Sequence[str], two: Sequence[str], trail: Sequence[dict[int, int]]) -> list[Run]:
    runs: list[Run] = []
    at, other = len(one), len(two)
    for changes in range(len(trail) - 1, -1, -1):
        reach, diagonal = trail[changes], at - other
        down = diagonal == -changes or (
            diagonal != changes and reach.get(diagonal - 1, -1) < reach.get(diagonal + 1, -1)
        )
        came = reach.get(diagonal + 1 if down else diagonal - 1, 0)
        from_other = came - (diagonal + 1 if down else diagonal - 1)
        here = came if down else came + 1
        runs.append(("same", one[here:at]))
        if changes:
            runs.append(
                ("added", two[from_other : from_other + 1]) if down else ("removed", one[came : came + 1])
            )
        at, other = came, from_other
    return runs[::-1]


def _joined(runs: Iterator[Run] | Sequence[Run]) -> Iterator[Run]:
    """Neighbours as one; between two stretches that are the same, first all that was removed, then what was added."""
    for is_same, group in groupby((run for run in runs if run[1]), key=lambda run: run[0] == "same"):
        parts = list(group)
        kinds: tuple[Kind, ...] = ("same",) if is_same else ("removed", "added")
        for kind in kinds:
            tokens = [token for its, part in parts if its == kind for token in part]
            if tokens:
                yield kind, tokens


def _without_islands(runs: Sequence[Run]) -> list[Run]:
    """A word or two that stand alike between larger changes are there by chance, and read as part of the change."""
    kept: list[Run] = []
    changed = 0
    for place, (kind, tokens) in enumerate(runs):
        size = sum(map(len, tokens))
        if kind != "same":
            changed = max(changed, size)
        elif 0 < place < len(runs) - 1 and size <= min(changed, _change_from(runs, place + 1)):
            kept += [("removed", tokens), ("added", tokens)]
            changed += size
            continue
        else:
            changed = 0
        kept.append((kind, tokens))
    return list(_joined(kept))


def _change_from(runs: Sequence[Run], place: int) -> int:
    """The characters of the larger half of the change that begins here."""
    change = (tokens for kind, tokens in runs[place : place + 2] if kind != "same")
    return max(sum(map(len, tokens)) for tokens in change)
