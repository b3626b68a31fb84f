"""Searching vector stores, for the endpoint and for file_search alike."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from chatapp.engine import catalogue
from chatapp.engine.embedding_work import EmbeddingWork
from chatapp.engine.retrieval import index
from chatapp.engine.retrieval.filters import Filter
from chatapp.engine.retrieval.fusion import fused
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import Query
from chatapp.engine.retrieval.ranking import telling
from chatapp.engine.retrieval.term_index import Scope, TermIndex
from chatapp.engine.retrieval.vectors import Near
from chatapp.engine.store import Database
from chatapp.protocol.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class StoreSearch:
    """Where to search, what files to consider, how many passages to return and how good they must be (0–1)."""

    store_ids: tuple[str, ...]
    accepts: Filter
    limit: int
    score_threshold: float
    text_weight: float = 1.0
    embedding_weight: float = 1.0


Files = Mapping[int, catalogue.Searchable]
"""The files that are searched, by their entries."""
FUSED = 100
"""Places of each ranking that count where two are made into one."""


class Searcher:
    """Finds passages in the stores of one data directory."""

    def __init__(self, database: Database, terms: TermIndex, embedding: EmbeddingWork | None = None) -> None:
        self._database = database
        self._terms = terms
        self._embedding = embedding

    async def find(self, wanted: StoreSearch, query: Query) -> list[Passage]:
        """The best passages, best first: by their words, and by their meaning where vectors are made."""
        files, hits = await self._database.read(partial(self._by_words, query=query, wanted=wanted))
        if self._embedding and wanted.embedding_weight and files:
            near = await self._embedding.nearest(query.texts[0], files.keys(), FUSED)
            if near:
                hits = await self._database.read(partial(_together, hits=hits, near=near, wanted=wanted))
        told = telling(self._terms, query, {hit.chunk.language for hit in hits})
        return _passages(hits[: wanted.limit], files, wanted.score_threshold, told)

    def _by_words(
        self, connection: sqlite3.Connection, query: Query, wanted: StoreSearch
    ) -> tuple[Files, list[index.Found]]:
        """The files searched, and the best chunks of theirs."""
        files, scope = _where(connection, wanted)
        limit = most = max(wanted.limit, FUSED) if self._embedding else wanted.limit
        while files:
            found = index.search(connection, self._terms, query, scope, limit)
            hits = [hit for hit in found if hit.entry in files]
            if len(hits) >= most or len(found) < limit:
                return files, hits[:most]
            # Files that are not complete, or were just taken away, stood in between.
            limit *= 4
        return files, []


def _where(connection: sqlite3.Connection, wanted: StoreSearch) -> tuple[Files, Scope]:
    there = catalogue.searchable(connection, wanted.store_ids)
    files = {one.entry: one for one in there if wanted.accepts(one.attributes)}
    return files, Scope({one.store for one in there}, files.keys() if len(files) < len(there) else None)


def _together(
    connection: sqlite3.Connection, hits: Sequence[index.Found], near: Sequence[Near], wanted: StoreSearch
) -> list[index.Found]:
    """Both rankings as one. The best counts as much as the better of the two firsts does."""
    both = fused(
        [
            (wanted.text_weight, [hit.number for hit in hits]),
            (wanted.embedding_weight, [one.chunk for one in near]),
        ]
    )
    best = max(hits[0].score if hits else 0.0, near[0].cosine)
    return index.found(connection, [(chunk, best * share) for chunk, share in both])


def _passages(
    hits: Sequence[index.Found], files: Files, threshold: float, told: Mapping[str, float]
) -> list[Passage]:
    return [
        Passage(file.file_id, file.filename, hit.chunk, hit.score, file.attributes, told)
        for hit in hits
        if (file := files.get(hit.entry)) is not None and hit.score >= threshold
    ]


def best_first(groups: Sequence[Sequence[Passage]], limit: int) -> list[Passage]:
    """The passages of several searches in one order."""
    return sorted((passage for group in groups for passage in group), key=lambda one: -one.score)[:limit]


def place_fields(passage: Passage) -> JsonObject:
    """This engine's extension of a result: where the passage stands in its document's text.

    `offset` and `length` count code points; `page` and `line` count from 1 and are null where they do not apply.
    """
    chunk = passage.chunk
    return {"page": chunk.page, "offset": chunk.offset, "length": chunk.length, "line": chunk.line}
