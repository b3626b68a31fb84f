"""Searching documents that belong to one question alone: attachments, indexed in memory and forgotten."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from chatapp.documents.model import Document
from chatapp.engine.retrieval import index
from chatapp.engine.retrieval.chunking import Chunking, chunks_of
from chatapp.engine.retrieval.passages import Passage
from chatapp.engine.retrieval.query import Query
from chatapp.engine.retrieval.titles import title_of

_ATTACHED = Chunking(max_tokens=800, overlap_tokens=0)


@dataclass(frozen=True, slots=True)
class Attached:
    """A document that came with the question."""

    file_id: str
    filename: str
    document: Document


def search_attached(documents: Sequence[Attached], query: Query, limit: int) -> list[Passage]:
    """The best passages of the given documents, best first. Runs as long as indexing them takes."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(index.SCHEMA)
        for entry, one in enumerate(documents):
            index.add(
                connection, entry, title_of(one.filename, one.document), chunks_of(one.document, _ATTACHED)
            )
        found = index.search(connection, query, range(len(documents)), limit)
    return [
        Passage(documents[hit.entry].file_id, documents[hit.entry].filename, hit.chunk, hit.score)
        for hit in found
    ]
