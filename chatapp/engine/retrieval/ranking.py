"""Scores from 0 to 1 for what BM25 found.

BM25 has no upper end and, in an index of a few chunks, no meaning of its own, so it only decides the order
and the proportions: score = coverage × bm25 / best bm25, where coverage is the share (by weight) of the
query's distinct terms that stand in the best chunk or its title. A score of 1 therefore says: this is the
best chunk and it holds every term of the question.
"""

from collections.abc import Sequence

from chatapp.engine.retrieval.query import Query, stems


def coverage(query: Query, text: str) -> float:
    """The share of the query's weighted terms that `text` holds, 0–1."""
    weights = query.weights()
    held = set(stems(text))
    total = sum(weights.values())
    return sum(weight for key, weight in weights.items() if key in held) / total if total else 0.0


def normalised(bm25: Sequence[float], best_coverage: float) -> list[float]:
    """Scores for BM25 values in falling order (all positive)."""
    return [min(1.0, best_coverage * value / bm25[0]) for value in bm25]
