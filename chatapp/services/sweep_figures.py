"""The figures of a sweep, reckoned beside everything else: many long answers can take their time."""

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from chatapp.conversation.agreement import agreement_of
from chatapp.conversation.comparison import Piece, compare
from chatapp.conversation.experiments import Experiment
from chatapp.conversation.sweep_figures import CostOf, Figures, Result, beginning, figures_of
from chatapp.conversation.tree import Turn

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Reckoned:
    """`pieces` hold the beginnings of the answers against that of the place `base`, by place."""

    figures: Figures
    base: int | None
    pieces: Mapping[int, tuple[Piece, ...]]


class Reckoner:
    """Reckons one sweep again and again; what two of its answers have in common is found once."""

    def __init__(self) -> None:
        self._agreements = Kept(agreement_of)
        self._comparisons = Kept[tuple[str, str], tuple[Piece, ...]](lambda pair: compare(*pair))

    async def reckoned(
        self,
        experiment: Experiment,
        turns: Mapping[str, Turn],
        base: int | None,
        cost_of: CostOf | None = None,
    ) -> Reckoned:
        """One at a time."""
        return await asyncio.to_thread(self._reckon, experiment, turns, base, cost_of)

    def _reckon(
        self, experiment: Experiment, turns: Mapping[str, Turn], base: int | None, cost_of: CostOf | None
    ) -> Reckoned:
        figures = figures_of(experiment, turns, cost_of, self._agreements.of)
        pieces = {} if base is None else self._against(base, figures.results)
        self._agreements.turn_over()
        self._comparisons.turn_over()
        return Reckoned(figures, base, pieces)

    def _against(self, base: int, results: Sequence[Result]) -> dict[int, tuple[Piece, ...]]:
        first = beginning(results[base].text)
        others = (result for result in results if result.text and result.place != base)
        return {other.place: self._comparisons.of((first, beginning(other.text))) for other in others}


class Kept(Generic[K, V]):
    """What was made of a key, as long as each round asks for it."""

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make
        self._before: dict[K, V] = {}
        self._now: dict[K, V] = {}

    def of(self, key: K) -> V:
        if key not in self._now:
            self._now[key] = self._before[key] if key in self._before else self._make(key)
        return self._now[key]

    def turn_over(self) -> None:
        """Ends a round: what it did not ask for is forgotten."""
        self._before, self._now = self._now, {}


async def compared(first: str, second: str) -> tuple[Piece, ...]:
    return await asyncio.to_thread(compare, first, second)
