"""Searching vector stores, for the endpoint and for file_search alike."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatapp.engine import catalogue
from chatapp.engine.retrieval import index
from chatapp.engine.retrieval.filters import Filter
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import Query
from chatapp.engine.retrieval.term_index import Scope, TermIndex
from chatapp.engine.store import Database
from chatapp.protocol.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class StoreSearch:
    """Where to search, what files to consider, how many passages to return and how good they must be (0–1)."""

    store_ids: tuple[str, ...]
    accepts: Filter
    limit: int
    score_threshold: float


class Searcher:
    """Finds passages in the stores of one data directory."""

    def __init__(self, database: Database, terms: TermIndex) -> None:
        self._database = database
        self._terms = terms

    async def find(self, wanted: StoreSearch, query: Query) -> list[Passage]:
        """The best passages, best first."""
        return await self._database.read(lambda connection: self._search(connection, wanted, query))

    def _search(self, connection: sqlite3.Connection, wanted: StoreSearch, query: Query) -> list[Passage]:
        there = catalogue.searchable(connection, wanted.store_ids)
        files = {one.entry: one for one in there if wanted.accepts(one.attributes)}
        if not files:
            return []
        scope = Scope({one.store for one in there}, files.keys() if len(files) < len(there) else None)
        limit = wanted.limit
        while True:
            found = index.search(connection, self._terms, query, scope, limit)
            hits = [hit for hit in found if hit.entry in files]
            if len(hits) >= wanted.limit or len(found) < limit:
                return _passages(hits[: wanted.limit], files, wanted.score_threshold)
            # Files that are not complete, or were just taken away, stood in between.
            limit *= 4


def _passages(
    hits: Sequence[index.Found], files: Mapping[int, catalogue.Searchable], threshold: float
) -> list[Passage]:
    return [
        Passage(file.file_id, file.filename, hit.chunk, hit.score, file.attributes)
        for hit in hits
        for file in (files[hit.entry],)
        if hit.score >= threshold
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
