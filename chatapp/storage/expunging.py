"""The words of purged turns, taken out of the search index for good, in small steps when the writer is idle.

FTS5 only notes that a row is deleted; its words stay in the index's pages until they are merged with that note.
A chore in the database says that there is something to merge, so that the next start goes on where this one ended.
"""

import sqlite3

from chatapp.storage.database import Database

CHORE = "expunge"
MERGE_PAGES = 250
"""Pages of the index that one step may write: no other write waits longer than for that."""

_MERGED_SOMETHING = 2
"""By FTS5's documentation a merge that had nothing to do counts as fewer changes than this."""


def note(connection: sqlite3.Connection) -> None:
    """To be done in the transaction that deletes the rows."""
    connection.execute("INSERT OR IGNORE INTO chores VALUES (?)", (CHORE,))


async def begin(database: Database) -> None:
    """Starts over with everything that is deleted by now; nothing if nothing is."""
    if await database.read(_noted):
        await database.when_idle(_Merge().step)


def _noted(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM chores WHERE name = ?", (CHORE,)).fetchone() is not None


class _Merge:
    """One merge of the whole index into one piece. The first step marks what is there, the others go on with it."""

    def __init__(self) -> None:
        self._pages = -MERGE_PAGES

    def step(self, connection: sqlite3.Connection) -> bool:
        before = connection.total_changes
        connection.execute("INSERT INTO words(words, rank) VALUES ('merge', ?)", (self._pages,))
        self._pages = MERGE_PAGES
        if connection.total_changes - before >= _MERGED_SOMETHING:
            return True
        connection.execute("DELETE FROM chores WHERE name = ?", (CHORE,))
        return False
