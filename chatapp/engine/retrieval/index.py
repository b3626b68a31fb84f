"""The full-text index: chunks of files in one FTS5 table, found by BM25.

An entry is a number the caller chooses for one file in one store. All functions take the caller's connection
and run inside its transaction.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chatapp.engine.retrieval.passages import Chunk
from chatapp.engine.retrieval.query import Query
from chatapp.engine.retrieval.ranking import coverage, normalised

TITLE_WEIGHT = 2.0
"""How much more a word counts in the title than in the body (measured best of 1, 2, 3 on Cranfield)."""

SCHEMA = """
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY,
    entry INTEGER NOT NULL,
    page INTEGER,
    offset INTEGER NOT NULL,
    line INTEGER
);
CREATE INDEX chunk_by_entry ON chunk (entry);
CREATE VIRTUAL TABLE chunk_text USING fts5 (
    title, body, tokenize = 'porter unicode61 remove_diacritics 2'
);
"""

_SEARCH = """
SELECT chunk.id, bm25(chunk_text, ?, 1.0) AS rank
FROM chunk_text JOIN chunk ON chunk.id = chunk_text.rowid
WHERE chunk_text MATCH ? AND chunk.entry IN (SELECT value FROM json_each(?))
ORDER BY rank, chunk.id LIMIT ?
"""
_FOUND = """
SELECT chunk.entry, chunk.page, chunk.offset, chunk.line, chunk_text.title, chunk_text.body
FROM chunk JOIN chunk_text ON chunk_text.rowid = chunk.id WHERE chunk.id = ?
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A chunk of an entry with its score (0–1)."""

    entry: int
    chunk: Chunk
    score: float


def add(connection: sqlite3.Connection, entry: int, title: str, chunks: Iterable[Chunk]) -> None:
    """Make an entry's chunks findable. The title stands with each of them and counts TITLE_WEIGHT-fold."""
    for chunk in chunks:
        row = connection.execute(
            "INSERT INTO chunk (entry, page, offset, line) VALUES (?, ?, ?, ?)",
            (entry, chunk.page, chunk.offset, chunk.line),
        )
        connection.execute(
            "INSERT INTO chunk_text (rowid, title, body) VALUES (?, ?, ?)", (row.lastrowid, title, chunk.text)
        )


def remove(connection: sqlite3.Connection, entry: int) -> None:
    """Forget an entry's chunks."""
    connection.execute(
        "DELETE FROM chunk_text WHERE rowid IN (SELECT id FROM chunk WHERE entry = ?)", (entry,)
    )
    connection.execute("DELETE FROM chunk WHERE entry = ?", (entry,))


def search(connection: sqlite3.Connection, query: Query, entries: Sequence[int], limit: int) -> list[Found]:
    """The best `limit` chunks of the given entries, best first."""
    expression = query.expression()
    if not expression or not entries:
        return []
    ranked = connection.execute(
        _SEARCH, (TITLE_WEIGHT, expression, json.dumps(list(entries)), limit)
    ).fetchall()
    rows = [connection.execute(_FOUND, (identity,)).fetchone() for identity, _ in ranked]
    if not rows:
        return []
    scores = normalised([-rank for _, rank in ranked], coverage(query, f"{rows[0][4]} {rows[0][5]}"))
    return [
        Found(entry, Chunk(body, offset, page, line), score)
        for (entry, page, offset, line, _, body), score in zip(rows, scores, strict=True)
    ]


def chunks_of_entry(connection: sqlite3.Connection, entry: int) -> list[Chunk]:
    """An entry's chunks in reading order."""
    rows = connection.execute(
        "SELECT body, offset, page, line FROM chunk JOIN chunk_text ON chunk_text.rowid = chunk.id"
        " WHERE entry = ? ORDER BY offset",
        (entry,),
    )
    return [Chunk(*row) for row in rows]
