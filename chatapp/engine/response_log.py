"""Responses and their events as they are kept: written as they happen, read back by id.

A response's row holds its body (with search results, whatever `include` said) and its input items; its
events stand beside it for a while: those that were kept at once are one row, a list under the number of the last. `run`
writes here, `responses` reads, `recovery` repairs.
"""

import json
import sqlite3
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from chatapp.engine.conversation_log import append, found_item
from chatapp.engine.live import LiveResponses
from chatapp.engine.store import Database
from chatapp.protocol.json_types import JsonObject

_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

LONGEST_CHAIN = 1000
"""Turns followed back from one response."""
UNFINISHED = ("queued", "in_progress")
REPLAYABLE_S = 900
"""How long after its creation a response that ended keeps its events; its body says all that they said."""


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A response's final or latest body and the items of its request's input."""

    body: JsonObject
    input_items: list[JsonObject]


class ResponseLog:
    """Reading and deleting; a run writes through the journal that `journal` gives it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._live = LiveResponses()

    def journal(self, *, stored: bool) -> "Journal":
        """What a run writes to."""
        return StoredJournal(self._database, self._live) if stored else Journal(self._database)

    async def get(self, response_id: str) -> StoredResponse | None:
        return await self._database.read(lambda connection: _stored(connection, response_id))

    async def delete(self, response_id: str) -> bool:
        """Whether there was such a response. Nothing of it is left in the database's files."""
        return await self._database.erase(
            lambda connection: (
                connection.execute("DELETE FROM response WHERE id = ?", (response_id,)).rowcount > 0
            )
        )

    async def chain(self, response_id: str) -> list[StoredResponse]:
        """The response and those before it, the oldest first; empty where there is no such response."""
        return await self._database.read(lambda connection: _chain(connection, response_id))

    async def item(self, item_id: str) -> JsonObject | None:
        """The item of that id, of whichever response or conversation has one."""
        return await self._database.read(lambda connection: _item(connection, item_id))

    async def events(self, response_id: str, after: int = -1) -> list[JsonObject]:
        """The kept events with a sequence number above `after`, in order."""
        return await self._database.read(lambda connection: stored_events(connection, response_id, after))

    async def has_events(self, response_id: str) -> bool:
        """Whether events of the response are kept."""
        return await self._database.read(lambda connection: _has_events(connection, response_id))

    async def sweep(self) -> bool:
        """Drop the events of responses that ended a while ago; False, as nothing that is searched went."""
        await self._database.write(drop_old_events)
        return False

    async def follow(self, response_id: str, after: int) -> AsyncGenerator[list[JsonObject], None]:
        """The kept events above `after`, then those to come, in batches, until the response has ended."""
        while True:
            live = self._live.get(response_id)
            events = await self.events(response_id, after)
            if events:
                after = events[-1]["sequence_number"]
                yield events
            if live is None:
                break
            await live.more(after)


class Journal:
    """For `store: false`: nothing is kept, except what an answer adds to its conversation."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._input_items: Sequence[JsonObject] = ()

    async def begin(
        self, body: JsonObject, input_items: Sequence[JsonObject], events: Sequence[JsonObject]
    ) -> None:
        """Make the response known with its first events, before they are sent."""
        self._input_items = input_items

    async def append(self, response_id: str, events: Sequence[JsonObject]) -> None:
        """Keep events, before they are sent."""

    async def change(self, body: JsonObject, events: Sequence[JsonObject]) -> None:
        """Keep events and the body as it is after them."""

    async def finish(self, body: JsonObject, events: Sequence[JsonObject]) -> None:
        """Keep the last events and the body as it is after them, in one transaction."""
        if _adds_to_conversation(body):
            await self._database.write(lambda connection: self._add(connection, body))

    def _add(self, connection: sqlite3.Connection, body: JsonObject) -> None:
        """What was said goes to the conversation of the response."""
        if _adds_to_conversation(body):
            append(connection, body["conversation"]["id"], [*self._input_items, *body["output"]])


class StoredJournal(Journal):
    """Writes one response; one that was deleted in the meantime is not written again."""

    def __init__(self, database: Database, live: LiveResponses) -> None:
        super().__init__(database)
        self._live = live

    async def begin(
        self, body: JsonObject, input_items: Sequence[JsonObject], events: Sequence[JsonObject]
    ) -> None:
        self._input_items = input_items
        row = (
            body["id"], body["created_at"], body["status"], body["previous_response_id"],
            _dump(body), _dump(input_items),
        )  # fmt: skip
        rows = _event_rows(body["id"], events)

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO response VALUES (?, ?, ?, ?, ?, ?)", row)
            connection.executemany(_ADD_EVENTS, rows)
            connection.executemany(_ADD_ITEM, _item_rows(body["id"], input_items))

        self._live.begin(body["id"])
        try:
            await (self._database.write if body["background"] else self._database.note)(work)
        except BaseException:
            self._live.end(body["id"])
            raise
        self._tell(body["id"], events)

    async def append(self, response_id: str, events: Sequence[JsonObject]) -> None:
        rows = _event_rows(response_id, events)

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany(_ADD_EVENTS, rows)

        await self._database.note(work)
        self._tell(response_id, events)

    async def change(self, body: JsonObject, events: Sequence[JsonObject]) -> None:
        def work(connection: sqlite3.Connection) -> None:
            change(connection, body, events)
            self._add(connection, body)

        await self._database.write(work)
        self._tell(body["id"], events)

    async def finish(self, body: JsonObject, events: Sequence[JsonObject]) -> None:
        try:
            await self.change(body, events)
        finally:
            self._live.end(body["id"])

    def _tell(self, response_id: str, events: Sequence[JsonObject]) -> None:
        live = self._live.get(response_id)
        if live and events:
            live.tell(events[-1]["sequence_number"])


_ADD_EVENTS = "INSERT INTO response_event SELECT id, ?, ? FROM response WHERE id = ?"
_ADD_ITEM = "INSERT OR IGNORE INTO response_item SELECT ?, id FROM response WHERE id = ?"
_DROP_OLD_EVENTS = """
DELETE FROM response_event WHERE response_id IN (
    WITH RECURSIVE with_events (id) AS (
        SELECT min(response_id) FROM response_event
        UNION ALL
        SELECT (SELECT min(response_id) FROM response_event WHERE response_id > id) FROM with_events WHERE id NOT NULL
    )
    SELECT with_events.id FROM with_events CROSS JOIN response ON response.id = with_events.id
    WHERE status NOT IN ('queued', 'in_progress') AND created_at <= unixepoch() - ?
)
"""
"""Goes from one of the few responses that have events to the next, passing over the events themselves."""


def change(connection: sqlite3.Connection, body: JsonObject, events: Sequence[JsonObject]) -> None:
    """Keep a response's body and output as they are after `events`, which are kept as well."""
    state = (_dump(body), body["status"], body["id"])
    connection.execute("UPDATE response SET body = ?, status = ? WHERE id = ?", state)
    connection.executemany(_ADD_EVENTS, _event_rows(body["id"], events))
    connection.executemany(_ADD_ITEM, _item_rows(body["id"], body["output"]))


def drop_old_events(connection: sqlite3.Connection) -> None:
    """Forget the events of responses that ended and are older than REPLAYABLE_S."""
    connection.execute(_DROP_OLD_EVENTS, (REPLAYABLE_S,))


def _event_rows(response_id: str, events: Sequence[JsonObject]) -> list[tuple[int, str, str]]:
    """No row for no events."""
    return [(events[-1]["sequence_number"], _dump(events), response_id)] if events else []


def _item_rows(response_id: str, items: Sequence[JsonObject]) -> list[tuple[str, str]]:
    return [(item["id"], response_id) for item in items]


def stored_events(connection: sqlite3.Connection, response_id: str, after: int = -1) -> list[JsonObject]:
    """See `ResponseLog.events`."""
    rows = connection.execute(
        "SELECT event FROM response_event WHERE response_id = ? AND sequence_number > ? ORDER BY sequence_number",
        (response_id, after),
    )
    kept = (event for (row,) in rows for event in _listed(json.loads(row)))
    return [event for event in kept if event["sequence_number"] > after]


def _listed(row: JsonObject | list[JsonObject]) -> list[JsonObject]:
    """The events of a row; earlier versions wrote one event a row."""
    return row if isinstance(row, list) else [row]


def _adds_to_conversation(body: JsonObject) -> bool:
    return "conversation" in body and body["status"] in ("completed", "incomplete")


def _has_events(connection: sqlite3.Connection, response_id: str) -> bool:
    query = "SELECT 1 FROM response_event WHERE response_id = ? LIMIT 1"
    return connection.execute(query, (response_id,)).fetchone() is not None


def _stored(connection: sqlite3.Connection, response_id: str) -> StoredResponse | None:
    row = connection.execute("SELECT body, input FROM response WHERE id = ?", (response_id,)).fetchone()
    return StoredResponse(json.loads(row[0]), json.loads(row[1])) if row else None


def _item(connection: sqlite3.Connection, item_id: str) -> JsonObject | None:
    row = connection.execute("SELECT response_id FROM response_item WHERE id = ?", (item_id,)).fetchone()
    stored = _stored(connection, row[0]) if row else None
    if stored is None:
        return found_item(connection, item_id)
    return next(
        (item for item in (*stored.input_items, *stored.body["output"]) if item["id"] == item_id), None
    )


def _chain(connection: sqlite3.Connection, response_id: str) -> list[StoredResponse]:
    found: list[StoredResponse] = []
    following: str | None = response_id
    while following and len(found) < LONGEST_CHAIN:
        stored = _stored(connection, following)
        if stored is None:
            break
        found.append(stored)
        following = stored.body["previous_response_id"]
    return found[::-1]
