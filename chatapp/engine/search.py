"""Searching vector stores, for the endpoint and for file_search alike."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.engine import catalogue
from chatapp.engine.retrieval import index
from chatapp.engine.retrieval.filters import Filter
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import Query
from chatapp.engine.store import Database
from chatapp.protocol.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class StoreSearch:
    """Where to search, what files to consider, how many passages to return and how good they must be (0–1)."""

    store_ids: tuple[str, ...]
    accepts: Filter
    limit: int
    score_threshold: float


async def search_stores(database: Database, wanted: StoreSearch, query: Query) -> list[Passage]:
    """The best passages, best first."""
    return await database.read(lambda connection: _search(connection, wanted, query))


def _search(connection: sqlite3.Connection, wanted: StoreSearch, query: Query) -> list[Passage]:
    files = {
        one.entry: one
        for one in catalogue.searchable(connection, wanted.store_ids)
        if wanted.accepts(one.attributes)
    }
    hits = index.search(connection, query, list(files), wanted.limit)
    return [
        Passage(file.file_id, file.filename, hit.chunk, hit.score, file.attributes)
        for hit in hits
        for file in (files[hit.entry],)
        if hit.score >= wanted.score_threshold
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
