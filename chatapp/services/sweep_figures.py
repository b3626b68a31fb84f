"""The figures of a sweep, reckoned beside everything else: many long answers can take their time."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from chatapp.conversation.comparison import Piece, compare
from chatapp.conversation.experiments import Experiment
from chatapp.conversation.sweep_figures import Figures, beginning, figures_of
from chatapp.conversation.tree import Turn


@dataclass(frozen=True, slots=True)
class Reckoned:
    """`pieces` hold the beginnings of the answers against that of the place `base`, by place."""

    figures: Figures
    base: int | None
    pieces: Mapping[int, tuple[Piece, ...]]


async def reckoned(experiment: Experiment, turns: Mapping[str, Turn], base: int | None) -> Reckoned:
    return await asyncio.to_thread(_reckon, experiment, turns, base)


async def compared(first: str, second: str) -> tuple[Piece, ...]:
    return await asyncio.to_thread(compare, first, second)


def _reckon(experiment: Experiment, turns: Mapping[str, Turn], base: int | None) -> Reckoned:
    figures = figures_of(experiment, turns)
    if base is None:
        return Reckoned(figures, base, {})
    first = beginning(figures.results[base].text)
    pieces = {
        result.place: compare(first, beginning(result.text))
        for result in figures.results
        if result.text and result.place != base
    }
    return Reckoned(figures, base, pieces)
