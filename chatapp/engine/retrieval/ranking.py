"""The order of what is found, and scores from 0 to 1 for it.

First the question's own terms are asked for. The best chunks then lend their most telling terms, and both are asked
for together (pseudo-relevance feedback, as J. J. Rocchio described it): worth .03 of nDCG@10 and .05 of recall@10 on
Cranfield. Only chunks that hold a term of the question itself are ever found.

BM25 has no upper end and, among a few chunks, no meaning of its own, so it only decides the order and the
proportions: score = coverage × bm25 / best bm25, where coverage is the share (by weight) of the question's distinct
terms that stand in the best chunk or its title. A score of 1 therefore says: this is the best chunk and it holds
every term of the question.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from operator import itemgetter

from chatapp.engine.retrieval.query import STOPWORDS, Query
from chatapp.engine.retrieval.term_index import Hit, Scope, TermIndex

LENDERS = 5
"""How many of the best chunks lend terms."""
LENT = 20
"""How many terms they lend."""
LENT_SHARE = 0.4
"""What the lent terms count together, of all."""
SHORT_QUESTION, LENT_TO_SHORT = 4, 0.2
"""A question of so few words asks for a fact, which one passage has; what passages of its subject have in common would
outvote it."""
WORTH_LENDING = 0.3
"""The share of the question's terms that the best chunk must hold: where less is found, its terms lead astray."""
_COMMON = 0.3
"""The share of all chunks beyond which a term tells nothing."""
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Words:
    """The terms of a chunk, and those of its title; `language` is that of the file."""

    body: Sequence[str]
    title: Sequence[str]
    language: str | None


def ranked(
    index: TermIndex,
    query: Query,
    languages: Iterable[str | None],
    scope: Scope,
    limit: int,
    read: Callable[[Sequence[int]], Sequence[Words]],
) -> list[tuple[int, float]]:
    """The best chunks with their scores, best first. `languages` are those of the files searched, `read` gives the
    words of chunks by their numbers."""
    own = _evened(index, query, languages)
    first = index.best(own, {}, scope, max(limit, LENDERS))
    if not first:
        return []
    lenders = first[:LENDERS]
    texts = read([hit.chunk for hit in lenders])
    share = coverage(query, texts[0])
    if share < WORTH_LENDING:
        return _scored(first[:limit], share)
    lent = _lent(index, lenders, texts)
    total, borrowed = sum(own.values()), sum(lent.values())
    if not borrowed:
        return _scored(first[:limit], share)
    lent_share = LENT_TO_SHORT if len(query.words) <= SHORT_QUESTION else LENT_SHARE
    kept = {term: weight * (1 - lent_share) / total for term, weight in own.items()}
    more = {term: weight * lent_share / borrowed for term, weight in lent.items()}
    hits = index.best(kept, more, scope, limit)
    best = texts[0] if hits[0].chunk == lenders[0].chunk else read([hits[0].chunk])[0]
    return _scored(hits, coverage(query, best))


def coverage(query: Query, words: Words) -> float:
    """The share of the query's weighted terms that a chunk or its title holds, 0–1."""
    weights = query.weights(words.language)
    held = {*words.body, *words.title}
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in held) / total if total else 0.0


def telling(index: TermIndex, query: Query, languages: Iterable[str | None]) -> Mapping[str, float]:
    """What each of a question's terms tells: 0 for one that all chunks hold, the more the fewer hold it."""
    return {term: -math.log(share) for term, share in _shares(index, query, languages).items() if share}


def _evened(index: TermIndex, query: Query, languages: Iterable[str | None]) -> dict[str, float]:
    """The weights of a question's terms in every language that its answer may be in. A word counts no more in one that
    few files are in, where its stem is rare, than in the others."""
    weights: dict[str, float] = {}
    languages = tuple(languages)
    for language in languages:
        for term, weight in query.weights(language).items():
            weights[term] = max(weight, weights.get(term, 0))
    for term, share in _shares(index, query, languages).items():
        own = index.frequency(term)
        if 0 < own < share:
            weights[term] *= math.log(share) / math.log(own)
    return weights


def _shares(index: TermIndex, query: Query, languages: Iterable[str | None]) -> dict[str, float]:
    """The share of all chunks that hold each of a question's terms, or its word as another language has it."""
    shares: dict[str, float] = {}
    for of_word in zip(*(query.terms(language) for language in languages), strict=True):
        forms = {term for terms in of_word for term in terms}
        share = min(1.0, sum(index.frequency(term) for term in forms))
        shares |= {term: max(share, shares.get(term, 0)) for term in forms}
    return shares


def _lent(index: TermIndex, lenders: Sequence[Hit], texts: Sequence[Words]) -> Mapping[str, float]:
    """The most telling terms: often in the best chunks, rare elsewhere."""
    total = sum(hit.score for hit in lenders)
    counts: defaultdict[str, float] = defaultdict(float)
    for hit, words in zip(lenders, texts, strict=True):
        terms = [*words.body, *words.title, *words.title]
        for term, times in Counter(terms).items():
            counts[term] += hit.score / total * times / len(terms)
    telling = {term: count * _rarity(index, term) for term, count in counts.items()}
    return dict(nlargest(LENT, telling.items(), key=itemgetter(1)))


def _rarity(index: TermIndex, term: str) -> float:
    """0 for what tells nothing."""
    share = index.frequency(term)
    is_short = len(term) < _SHORTEST and term.isascii()
    tells = 0 < share <= _COMMON and not is_short and term not in STOPWORDS
    return -math.log(share) if tells else 0.0


def _scored(hits: Sequence[Hit], best_coverage: float) -> list[tuple[int, float]]:
    return [(hit.chunk, min(1.0, best_coverage * hit.score / hits[0].score)) for hit in hits]
