"""A conversation's tree in short: turns that follow each other without another way between are one stretch.

A stretch ends at a fork or at the end of a branch. It has a row of its own, below the one it hangs from. Of the
branches of a fork those with fewer turns come first, in the order in which they were made, each a lane further in; the
one with most turns goes on last, straight below its fork. So a tree of n turns never needs more than log2(n) lanes,
however deep its forks are, and what lies in a lane between a fork and its last branch is that fork's line alone.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_ABOVE_ALL: Final = -1


@dataclass(frozen=True, slots=True)
class Stretch:
    """`turns` are ids, oldest first; none in the row that stands above several first questions.

    `fork` is the row it hangs from, -1 for the first. `end` is the row after its last branch's: the rows from its
    own up to there are all that is below. `branches` are the rows that hang from it, `below` counts their turns.
    """

    turns: tuple[str, ...]
    lane: int
    fork: int
    end: int
    branches: tuple[int, ...]
    below: int

    @property
    def last(self) -> str:
        """The turn at the fork or at the end; "" above the first ones."""
        return self.turns[-1] if self.turns else ""


class Outline:
    """All rows of a conversation, from top to bottom."""

    def __init__(self, rows: Sequence[Stretch] = ()) -> None:
        self.rows = tuple(rows)
        self._row_of = {turn: at for at, row in enumerate(self.rows) for turn in row.turns}

    def __len__(self) -> int:
        return len(self.rows)

    def row_of(self, turn_id: str | None) -> int:
        """The row of a turn's stretch, -1 for one that is not there."""
        return self._row_of.get(turn_id or "", -1)

    def way(self, row: int) -> tuple[int, ...]:
        """The rows from the first down to this one, both included."""
        found = []
        while row >= 0:
            found.append(row)
            row = self.rows[row].fork
        return tuple(reversed(found))

    def is_straight(self, row: int) -> bool:
        """Whether it goes on in the lane of its fork."""
        fork = self.rows[row].fork
        return fork >= 0 and self.rows[fork].lane == self.rows[row].lane

    def siblings(self, row: int) -> tuple[int, ...]:
        """The rows that hang from the same fork, its own among them, in the order in which they were made."""
        fork = self.rows[row].fork
        return self.rows[fork].branches if fork >= 0 else (row,)

    def shown(self, folded: Collection[str]) -> tuple[int, ...]:
        """The rows that are seen while the forks at these turns are folded."""
        found, row = [], 0
        while row < len(self.rows):
            found.append(row)
            stretch = self.rows[row]
            row = stretch.end if stretch.branches and stretch.last in folded else row + 1
        return tuple(found)

    def side_forks(self, way: Collection[int]) -> frozenset[str]:
        """The turns of the forks that are not on a way."""
        return frozenset(
            row.last for at, row in enumerate(self.rows) if row.branches and row.turns and at not in way
        )


def outline(links: Iterable[tuple[str, str | None]]) -> Outline:
    """From the turns in the order in which they were made, each with the one it follows. One that follows a turn
    that is not there is a first one."""
    parents = dict(links)
    below: dict[str | None, list[str]] = {}
    for turn, parent in parents.items():
        below.setdefault(parent if parent in parents else None, []).append(turn)
    runs, forks = _runs(below)
    return Outline(_laid(runs, forks))


def _runs(below: dict[str | None, list[str]]) -> tuple[list[tuple[str, ...]], list[int]]:
    """The stretches, a fork's before its branches, and the number of the fork of each."""
    first = below.get(None, [])
    waiting = [(turn, _ABOVE_ALL) for turn in first]
    runs: list[tuple[str, ...]] = []
    forks: list[int] = []
    if len(first) > 1:
        runs.append(())
        forks.append(_ABOVE_ALL)
        waiting = [(turn, 0) for turn in first]
    for turn, fork in waiting:
        run = [turn]
        while len(following := below.get(run[-1], [])) == 1:
            run.append(following[0])
        waiting += [(branch, len(runs)) for branch in following]
        runs.append(tuple(run))
        forks.append(fork)
    return runs, forks


def _laid(runs: Sequence[tuple[str, ...]], forks: Sequence[int]) -> list[Stretch]:
    """The stretches in their rows."""
    branches: list[list[int]] = [[] for _ in runs]
    weights, sizes = [len(run) for run in runs], [1] * len(runs)
    for number in range(len(runs) - 1, 0, -1):
        branches[forks[number]].append(number)
        weights[forks[number]] += weights[number]
        sizes[forks[number]] += sizes[number]
    rows: dict[int, int] = {}
    lanes: dict[int, int] = {0: 0}
    waiting = [0] if runs else []
    while waiting:
        number = waiting.pop()
        rows[number] = len(rows)
        newest_first = branches[number]
        straight = max(newest_first, key=weights.__getitem__, default=None)
        waiting += [branch for branch in (straight,) if branch is not None]
        waiting += [branch for branch in newest_first if branch != straight]
        lanes |= {branch: lanes[number] + (branch != straight) for branch in newest_first}
    return [
        Stretch(
            turns=runs[number],
            lane=lanes[number],
            fork=rows[forks[number]] if number else _ABOVE_ALL,
            end=row + sizes[number],
            branches=tuple(rows[branch] for branch in reversed(branches[number])),
            below=weights[number] - len(runs[number]),
        )
        for number, row in rows.items()
    ]
