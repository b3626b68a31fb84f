"""Two rankings made into one: reciprocal rank fusion (G. Cormack and others, SIGIR 2009)."""

from collections.abc import Sequence

K = 60
"""How little the first places stand out: the paper's value, and the best here too."""


def fused(rankings: Sequence[tuple[float, Sequence[int]]]) -> list[tuple[int, float]]:
    """Things by what their places in the rankings, each with its weight, come to: best first, the best counting 1."""
    sums: dict[int, float] = {}
    for weight, ranking in rankings:
        for place, thing in enumerate(ranking, 1):
            sums[thing] = sums.get(thing, 0.0) + weight / (K + place)
    best = max(sums.values(), default=1.0)
    return sorted(((thing, total / best) for thing, total in sums.items()), key=lambda pair: -pair[1])
