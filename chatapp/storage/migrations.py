"""The database's shape, as ordered steps. A step once released is never changed; a new shape is a new step.

`PRAGMA user_version` is the number of the last step taken; the table `migrations` records when and by which version.
"""

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from chatapp import __version__
from chatapp.storage.failures import storage_failure


@dataclass(frozen=True, slots=True)
class Migration:
    """`number` counts from 1 without gaps; `statements` run in one transaction."""

    number: int
    name: str
    statements: tuple[str, ...]


MIGRATIONS = (
    Migration(
        1,
        "the first shape",
        (
            """CREATE TABLE migrations (
                number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at REAL NOT NULL, version TEXT NOT NULL)""",
            """CREATE TABLE conversations (
                number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
                created_at REAL NOT NULL, updated_at REAL NOT NULL, automatic_title INTEGER NOT NULL,
                pinned INTEGER NOT NULL, server TEXT NOT NULL, parameters TEXT NOT NULL, current_turn_id TEXT,
                draft TEXT NOT NULL, deleted_at REAL)""",
            """CREATE TABLE turns (
                number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
                conversation_id TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
                parent_id TEXT, created_at REAL NOT NULL, server TEXT NOT NULL, text TEXT NOT NULL,
                input TEXT NOT NULL, request TEXT NOT NULL, attachments TEXT NOT NULL, note TEXT,
                first_token_at REAL, finished_at REAL, status TEXT NOT NULL, response_id TEXT,
                answer TEXT NOT NULL, response TEXT, owner TEXT)""",
            "CREATE INDEX turns_of_conversation ON turns(conversation_id, number)",
            "CREATE INDEX turns_by_response ON turns(response_id) WHERE response_id IS NOT NULL",
            "CREATE INDEX turns_running ON turns(number) WHERE status IN ('queued', 'in_progress')",
            """CREATE TABLE journal (
                number INTEGER PRIMARY KEY,
                turn_id TEXT NOT NULL REFERENCES turns(id) ON DELETE CASCADE, events TEXT NOT NULL)""",
            "CREATE INDEX journal_of_turn ON journal(turn_id, number)",
            "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
            "CREATE TABLE originals (sha256 TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID",
            # The same content may have been added under several names; the newest has the highest number.
            """CREATE TABLE original_names (
                number INTEGER PRIMARY KEY, filename TEXT NOT NULL,
                sha256 TEXT NOT NULL REFERENCES originals(sha256) ON DELETE CASCADE, UNIQUE (sha256, filename))""",
            "CREATE INDEX originals_by_name ON original_names(filename, number)",
            """CREATE TABLE file_ids (
                number INTEGER PRIMARY KEY, server TEXT NOT NULL, file_id TEXT NOT NULL,
                sha256 TEXT NOT NULL REFERENCES originals(sha256) ON DELETE CASCADE, UNIQUE (server, file_id))""",
            "CREATE INDEX file_ids_by_hash ON file_ids(sha256, server)",
            # What a purge still has to do, should the process end before: see `expunging`.
            "CREATE TABLE chores (name TEXT PRIMARY KEY) WITHOUT ROWID",
            # A turn's row has the turn's number, a title's row minus the conversation's.
            """CREATE VIRTUAL TABLE words USING fts5(
                title, question, answer,
                tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'", prefix = '2 3')""",
        ),
    ),
    # NULL where the link is older than this step: the server knows.
    Migration(2, "a server's file has its own name", ("ALTER TABLE file_ids ADD COLUMN filename TEXT",)),
    # From here on attachments say how they were sent, too.
    Migration(
        3,
        "files of a draft",
        ("ALTER TABLE conversations ADD COLUMN enclosures TEXT NOT NULL DEFAULT '[]'",),
    ),
    Migration(
        4,
        "files on their way to a library",
        (
            """CREATE TABLE upload_queue (
                number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, server TEXT NOT NULL, store_id TEXT NOT NULL,
                path TEXT NOT NULL, filename TEXT NOT NULL, chunking TEXT NOT NULL, sha256 TEXT NOT NULL,
                reason TEXT)""",
        ),
    ),
    Migration(
        5,
        "sweeps",
        (
            """CREATE TABLE experiments (
                number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
                conversation_id TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
                created_at REAL NOT NULL, plan TEXT NOT NULL)""",
            "CREATE INDEX experiments_of_conversation ON experiments(conversation_id, number)",
            # A turn is named here before it begins, so that none begins that no place knows of.
            """CREATE TABLE experiment_turns (
                experiment_id TEXT NOT NULL REFERENCES experiments(id) ON DELETE CASCADE,
                place INTEGER NOT NULL, turn_id TEXT NOT NULL, PRIMARY KEY (experiment_id, place)) WITHOUT ROWID""",
        ),
    ),
    # Packed by `time_line`. What was journalled before this step has no times.
    Migration(
        6,
        "when everything of an answer came",
        (
            """CREATE TABLE time_lines (
                turn_id TEXT PRIMARY KEY REFERENCES turns(id) ON DELETE CASCADE, line BLOB NOT NULL)""",
            "ALTER TABLE journal ADD COLUMN line BLOB",
        ),
    ),
    Migration(
        7,
        "deleted branches and favourite paths",
        (
            """CREATE TABLE deletions (
                number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
                conversation_id TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
                turn_id TEXT NOT NULL, deleted_at REAL NOT NULL, current_turn_id TEXT)""",
            "CREATE INDEX deletions_of_conversation ON deletions(conversation_id, number)",
            "ALTER TABLE turns ADD COLUMN deletion TEXT REFERENCES deletions(id)",
            "CREATE INDEX turns_deleted ON turns(deletion) WHERE deletion IS NOT NULL",
            "ALTER TABLE conversations ADD COLUMN favourites TEXT NOT NULL DEFAULT '[]'",
        ),
    ),
    # NULL where it was not known, and for what was answered before this step.
    Migration(8, "what an answer cost", ("ALTER TABLE turns ADD COLUMN cost TEXT",)),
    Migration(
        9,
        "files that will be refused again",
        ("ALTER TABLE upload_queue ADD COLUMN final INTEGER NOT NULL DEFAULT 0",),
    ),
)
NEWEST = MIGRATIONS[-1].number


def version(connection: sqlite3.Connection) -> int:
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number


def refuse_newer(path: Path) -> None:
    """Raises StorageFailure("newer") for a database this program is too old for. Writes nothing."""
    if not path.exists() or path.stat().st_size == 0:
        return
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        found = version(connection)
        if found > NEWEST:
            raise storage_failure("newer", path, text=_both_versions(connection, found))
    finally:
        connection.close()


def migrate(connection: sqlite3.Connection) -> None:
    """Takes every step that is missing, each in one transaction. Two processes may do so at the same time."""
    for step in MIGRATIONS:
        if version(connection) >= step.number:
            continue
        connection.execute("BEGIN IMMEDIATE")
        try:
            if version(connection) < step.number:
                _take(connection, step)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _take(connection: sqlite3.Connection, step: Migration) -> None:
    for statement in step.statements:
        connection.execute(statement)
    connection.execute(
        "INSERT INTO migrations VALUES (?, ?, ?, ?)", (step.number, step.name, time.time(), __version__)
    )
    connection.execute(f"PRAGMA user_version = {step.number}")


def _both_versions(connection: sqlite3.Connection, found: int) -> str:
    writer = _writer(connection)
    return (
        f"Its data has version {found}{f' (written by {writer})' if writer else ''}; "
        f"this program, version {__version__}, knows data up to version {NEWEST}."
    )


def _writer(connection: sqlite3.Connection) -> str:
    """The program version that took the last step, where the table that says so still has the shape we know."""
    try:
        row = connection.execute("SELECT version FROM migrations ORDER BY number DESC LIMIT 1").fetchone()
    except sqlite3.OperationalError:
        return ""
    return f"version {row[0]}" if row else ""
