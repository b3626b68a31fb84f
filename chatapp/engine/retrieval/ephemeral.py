"""Searching documents that belong to one question alone: attachments, indexed in memory and forgotten."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from chatapp.engine.retrieval import index
from chatapp.engine.retrieval.chunking import Chunking
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.pieces import About, Piece
from chatapp.engine.retrieval.query import Query
from chatapp.engine.retrieval.ranking import telling
from chatapp.engine.retrieval.term_index import Entry, Scope, TermIndex

CHUNKING = Chunking(max_tokens=800, overlap_tokens=0)
ALONE = 0
"""The number of the only store."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A document that came with the question, cut as CHUNKING says."""

    file_id: str
    filename: str
    about: About
    pieces: Sequence[Piece]


def search_attached(documents: Sequence[Attached], query: Query, limit: int) -> list[Passage]:
    """The best passages of the given documents, best first. Runs as long as indexing them takes."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(index.SCHEMA)
        term_index = TermIndex()
        for number, one in enumerate(documents):
            index.entitle(connection, number, one.about)
            chunks = index.add(connection, number, [piece.chunk for piece in one.pieces])
            term_index.add(Entry(number, ALONE), chunks, [piece.terms for piece in one.pieces])
        term_index.commit()
        found = index.search(connection, term_index, query, Scope((ALONE,)), limit)
    told = telling(term_index, query, {hit.chunk.language for hit in found})
    files = ((documents[hit.entry], hit) for hit in found)
    return [Passage(one.file_id, one.filename, hit.chunk, hit.score, telling=told) for one, hit in files]
