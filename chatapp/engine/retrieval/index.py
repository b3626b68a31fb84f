"""Chunks of files as rows of the database, and searching them by their terms.

An entry is one file in one store, a number the caller chooses. The functions take the caller's connection and run
inside its transaction; `TermIndex` next door is told of what they do once it is on the disk.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from chatapp.engine.retrieval.analysis import terms
from chatapp.engine.retrieval.passages import Chunk
from chatapp.engine.retrieval.pieces import About
from chatapp.engine.retrieval.query import Query
from chatapp.engine.retrieval.ranking import Words, ranked
from chatapp.engine.retrieval.term_index import Scope, TermIndex

SCHEMA = """
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY AUTOINCREMENT, entry INTEGER NOT NULL, page INTEGER, offset INTEGER NOT NULL,
    line INTEGER, body TEXT NOT NULL
);
CREATE INDEX chunk_by_entry ON chunk (entry);
CREATE TABLE titled_entry (entry INTEGER PRIMARY KEY, title TEXT NOT NULL, language TEXT);
CREATE TABLE forgotten_entry (entry INTEGER PRIMARY KEY);
"""
"""`forgotten_entry` holds what the term index still has to forget."""

_CHUNKS = """
SELECT chunk.id, chunk.entry, chunk.page, chunk.offset, chunk.line, chunk.body, titled_entry.title,
    titled_entry.language
FROM chunk JOIN titled_entry ON titled_entry.entry = chunk.entry
WHERE chunk.id IN (SELECT value FROM json_each(?))
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A chunk of an entry with its number and its score (0–1)."""

    number: int
    entry: int
    chunk: Chunk
    score: float


def entitle(connection: sqlite3.Connection, entry: int, what: About) -> None:
    """Begins an entry: nothing of an earlier beginning stays."""
    connection.execute("DELETE FROM chunk WHERE entry = ?", (entry,))
    row = (entry, what.title, what.language)
    connection.execute("INSERT OR REPLACE INTO titled_entry VALUES (?, ?, ?)", row)


def add(connection: sqlite3.Connection, entry: int, chunks: Iterable[Chunk]) -> list[int]:
    """Chunks of an entry that was begun; their numbers."""
    insert = "INSERT INTO chunk (entry, page, offset, line, body) VALUES (?, ?, ?, ?, ?)"
    rows = ((entry, chunk.page, chunk.offset, chunk.line, chunk.text) for chunk in chunks)
    return [int(connection.execute(insert, row).lastrowid or 0) for row in rows]


def remove(connection: sqlite3.Connection, entry: int) -> None:
    """Removes an entry's chunks; the term index is to forget them. After a power cut it may know of some that the
    database has lost."""
    for table in ("titled_entry", "chunk"):
        connection.execute(f"DELETE FROM {table} WHERE entry = ?", (entry,))
    to_be_forgotten(connection, entry)


def to_be_forgotten(connection: sqlite3.Connection, entry: int) -> None:
    """Notes that the term index holds something of an entry that is gone, or is about to."""
    connection.execute("INSERT OR IGNORE INTO forgotten_entry VALUES (?)", (entry,))


def search(
    connection: sqlite3.Connection, index: TermIndex, query: Query, scope: Scope, limit: int
) -> list[Found]:
    """The best `limit` chunks of a scope, best first. They may belong to an entry that is not complete."""
    shelf = _Shelf(connection)
    best = ranked(index, query, _languages(connection), scope, limit, shelf.words)
    return _found(shelf, best)


def found(connection: sqlite3.Connection, scored: Iterable[tuple[int, float]]) -> list[Found]:
    """Chunks by their numbers, with the scores given to them."""
    return _found(_Shelf(connection), scored)


def _found(shelf: "_Shelf", scored: Iterable[tuple[int, float]]) -> list[Found]:
    """Nothing for a chunk that has been removed meanwhile."""
    scored = list(scored)
    shelf.fetch([chunk for chunk, _ in scored])
    return [
        Found(chunk, row[1], Chunk(row[5], row[3], row[2], row[4], row[7]), score)
        for chunk, score in scored
        if (row := shelf.row(chunk)) is not None
    ]


def chunks_of_entry(connection: sqlite3.Connection, entry: int) -> list[Chunk]:
    """An entry's chunks in reading order."""
    rows = connection.execute(
        "SELECT body, offset, page, line FROM chunk WHERE entry = ? ORDER BY offset", (entry,)
    )
    return [Chunk(*row) for row in rows]


def to_forget(connection: sqlite3.Connection) -> list[int]:
    """Entries that were removed and that the term index may still have."""
    return [entry for (entry,) in connection.execute("SELECT entry FROM forgotten_entry")]


def forgotten(connection: sqlite3.Connection, entries: Iterable[int]) -> None:
    """Notes that the term index has forgotten them for good."""
    connection.executemany("DELETE FROM forgotten_entry WHERE entry = ?", [(entry,) for entry in entries])


def _languages(connection: sqlite3.Connection) -> list[str | None]:
    return [language for (language,) in connection.execute("SELECT DISTINCT language FROM titled_entry")]


class _Shelf:
    """Rows of chunks, each read once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows: dict[int, tuple[int, int, int | None, int, int | None, str, str, str | None]] = {}

    def row(self, chunk: int) -> tuple[int, int, int | None, int, int | None, str, str, str | None] | None:
        """None for a chunk that was not fetched, or has been removed meanwhile."""
        return self._rows.get(chunk)

    def words(self, chunks: Sequence[int]) -> list[Words]:
        """Nothing for a chunk that has been removed meanwhile."""
        self.fetch(chunks)
        found = (self._rows.get(chunk) for chunk in chunks)
        return [_words(*row[5:8]) if row else NO_WORDS for row in found]

    def fetch(self, chunks: Iterable[int]) -> None:
        """Reads those that have not been read."""
        new = [chunk for chunk in chunks if chunk not in self._rows]
        for row in self._connection.execute(_CHUNKS, (json.dumps(new),)) if new else ():
            self._rows[row[0]] = row


NO_WORDS = Words((), (), None)


@lru_cache(128)
def _words(body: str, title: str, language: str | None) -> Words:
    """Kept for a while (some 8 kB each): the questions of a conversation find the same chunks again."""
    return Words(terms(body, language), terms(title, language), language)
