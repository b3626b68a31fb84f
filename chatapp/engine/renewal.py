"""Words of what was deleted leave the files of the term index: what shares a segment with them is written anew.

tantivy takes a deleted chunk out of a segment when it merges that with others, which may be never. So the chunks beside
it are added again, from the database; a segment without chunks is dropped. What is to be done can be seen in the
index's own list of segments, so an engine that was killed goes on with it.
"""

import asyncio
import json
import sqlite3
from dataclasses import dataclass
from functools import partial

from chatapp.engine.cutting import Cutter
from chatapp.engine.retrieval.pieces import About
from chatapp.engine.retrieval.term_index import Entry, TermIndex
from chatapp.engine.store import Database

BATCH = 1000
"""Chunks of one commit: what is deleted or completed meanwhile waits no longer than these take."""

_CONTENTS = """
SELECT chunk.id, chunk.entry, vector_store.position, title, language, body FROM chunk
JOIN titled_entry ON titled_entry.entry = chunk.entry
JOIN store_file ON store_file.position = chunk.entry
JOIN vector_store ON vector_store.id = store_file.store_id
WHERE chunk.id IN (SELECT value FROM json_each(?))
"""


@dataclass(frozen=True, slots=True)
class _Content:
    """A chunk with all that the index holds of it."""

    number: int
    entry: Entry
    about: About
    text: str


async def renew_some(database: Database, terms: TermIndex, cutter: Cutter) -> bool:
    """Whether there was anything to write anew. Raises OSError, sqlite3.Error, UnreadableDocument."""
    chunks = await asyncio.to_thread(terms.spoilt, BATCH)
    if not chunks:
        return False
    there = await database.read(partial(_contents, chunks=chunks))
    found = await cutter.terms([(one.about, one.text) for one in there])
    anew = [(one.entry, one.number, text) for one, text in zip(there, found, strict=True)]
    await asyncio.to_thread(terms.renew, chunks, anew)
    await asyncio.to_thread(terms.commit)
    return True


def _contents(connection: sqlite3.Connection, chunks: list[int]) -> list[_Content]:
    """Nothing for a chunk that has been removed meanwhile."""
    return [
        _Content(number, Entry(entry, store), About(title, language), text)
        for number, entry, store, title, language, text in connection.execute(
            _CONTENTS, (json.dumps(chunks),)
        )
    ]
