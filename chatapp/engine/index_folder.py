"""The folder of the term index: opened, or made anew where it does not belong to the database beside it.

Both carry the same mark. Where the folder is missing, damaged, of another version or of another database, it is made
anew and every file is indexed again, from the files as they were uploaded.
"""

import asyncio
import secrets
import shutil
import sqlite3
from pathlib import Path

from chatapp.engine import catalogue
from chatapp.engine.retrieval.term_index import IndexTrouble, TermIndex
from chatapp.engine.store import Database

VERSION = "3"
"""Of what `analysis` makes of a text, and of the index's fields: another version's terms are not ours."""
MARK_NAME = "mark"


async def opened_index(database: Database, folder: Path) -> TermIndex:
    """The index in a folder. Raises OSError."""
    known = await database.read(_known)
    index = await asyncio.to_thread(_as_it_is, folder, known)
    if index is not None:
        return index
    index = await asyncio.to_thread(_emptied, folder)
    new = f"{VERSION}:{secrets.token_hex(16)}"

    def begin_anew(connection: sqlite3.Connection) -> None:
        catalogue.begin_anew(connection)
        connection.execute("DELETE FROM index_mark")
        connection.execute("INSERT INTO index_mark VALUES (?)", (new,))

    await database.write(begin_anew)
    await asyncio.to_thread((folder / MARK_NAME).write_text, new, "utf-8")
    return index


def _as_it_is(folder: Path, known: str | None) -> TermIndex | None:
    """The index that is there, if it can be used."""
    mark = folder / MARK_NAME
    if (
        not known
        or not known.startswith(f"{VERSION}:")
        or not mark.is_file()
        or mark.read_text("utf-8") != known
    ):
        return None
    try:
        return TermIndex(folder)
    except IndexTrouble:
        return None


def _emptied(folder: Path) -> TermIndex:
    if folder.exists():
        shutil.rmtree(folder)
    return TermIndex(folder)


def _known(connection: sqlite3.Connection) -> str | None:
    row = connection.execute("SELECT mark FROM index_mark").fetchone()
    return row[0] if row else None
