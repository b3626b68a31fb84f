"""Vectors of chunks: rows of the database, and all of them in memory once they are searched.

A chunk has one for each window of its text; what counts is the nearest. 100,000 take 150 MB and 12 ms a question.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatapp.engine.retrieval.embedding import Matrix

LEAST_COSINE = 0.2
"""Texts that have nothing to do with each other come to 0.1 or so."""
SCHEMA = """
CREATE TABLE chunk_vector (
    chunk INTEGER NOT NULL, part INTEGER NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (chunk, part)
) WITHOUT ROWID;
CREATE TRIGGER chunk_without_vector AFTER DELETE ON chunk BEGIN
    DELETE FROM chunk_vector WHERE chunk = old.id;
END;
"""
_MISSING = """
SELECT chunk.id, chunk.entry, titled_entry.title || char(10) || chunk.body FROM chunk
JOIN titled_entry ON titled_entry.entry = chunk.entry
WHERE chunk.id > ? AND NOT EXISTS (SELECT 1 FROM chunk_vector WHERE chunk_vector.chunk = chunk.id)
ORDER BY chunk.id LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Unread:
    """A chunk that has no vector yet, with its title."""

    chunk: int
    entry: int
    text: str


@dataclass(frozen=True, slots=True)
class Near:
    """A chunk by its nearest window. `cosine` is at most 1."""

    chunk: int
    entry: int
    cosine: float


def missing(connection: sqlite3.Connection, after: int, most: int) -> list[Unread]:
    """Chunks behind `after` that have no vector, in order."""
    return [Unread(*row) for row in connection.execute(_MISSING, (after, most))]


def put(connection: sqlite3.Connection, chunk: int, vectors: "Matrix") -> None:
    """The vectors of a chunk's windows, unless the chunk is gone."""
    rows = [(chunk, part, vector.astype("float16").tobytes()) for part, vector in enumerate(vectors)]
    insert = (
        "INSERT OR REPLACE INTO chunk_vector SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM chunk WHERE id = ?)"
    )
    connection.executemany(insert, [(*row, chunk) for row in rows])


class Vectors:
    """What was put so far, in memory. What is gone from the database is still found: the caller knows."""

    def __init__(self) -> None:
        self._blocks: list[Any] = []
        self._chunks: list[int] = []
        self._entries: list[int] = []

    def __len__(self) -> int:
        return len(self._chunks)

    def load(self, connection: sqlite3.Connection) -> None:
        """All that the database has."""
        import numpy

        select = (
            "SELECT chunk_vector.chunk, chunk.entry, vector FROM chunk_vector JOIN chunk ON chunk.id = chunk"
        )
        rows = connection.execute(select).fetchall()
        if rows:
            block = numpy.frombuffer(b"".join(row[2] for row in rows), numpy.float16).reshape(len(rows), -1)
            self._blocks.append(block.astype(numpy.float32))
            self._chunks += [row[0] for row in rows]
            self._entries += [row[1] for row in rows]

    def add(self, found: Iterable[tuple[Unread, "Matrix"]]) -> None:
        for unread, vectors in found:
            self._blocks.append(vectors)
            self._chunks += [unread.chunk] * len(vectors)
            self._entries += [unread.entry] * len(vectors)

    def nearest(self, asked: "Matrix", entries: Collection[int], limit: int) -> Sequence[Near]:
        """The chunks of these entries that are nearest to a question's vector, the nearest first."""
        import numpy

        if not self._chunks:
            return []
        if len(self._blocks) > 1:
            self._blocks = [numpy.concatenate(self._blocks)]
        cosines = self._blocks[0] @ asked
        allowed = numpy.isin(numpy.asarray(self._entries), numpy.fromiter(entries, numpy.int64))
        cosines = numpy.where(allowed, cosines, -1.0)
        order = numpy.argsort(-cosines)
        best: dict[int, Near] = {}
        for row in order:
            if len(best) == limit or cosines[row] < LEAST_COSINE:
                break
            chunk = self._chunks[row]
            best.setdefault(chunk, Near(chunk, self._entries[row], min(1.0, float(cosines[row]))))
        return list(best.values())
