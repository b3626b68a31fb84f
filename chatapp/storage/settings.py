"""Preferences by name, any JSON value: the rows of one table. Implements `services.ports.Settings`."""

import json
import sqlite3

from chatapp.storage.database import Database
from chatapp.storage.rows import dump


class SqliteSettings:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> object:
        """The value, or None where none was set."""
        return await self._database.read(lambda connection: _get(connection, name))

    async def set(self, name: str, value: object) -> None:
        """None is a value like any other; it reads like one that was never set."""
        text = dump(value)
        await self._database.run(
            lambda connection: connection.execute(
                "INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, text)
            )
        )

    async def forget(self, prefix: str) -> None:
        values = (len(prefix), prefix)
        await self._database.run(
            lambda connection: connection.execute(
                "DELETE FROM settings WHERE substr(name, 1, ?) = ?", values
            ),
            reserve=True,
        )


def _get(connection: sqlite3.Connection, name: str) -> object:
    row = connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return json.loads(row[0]) if row else None
