"""What is known of single responses on their servers: kept with their conversation, told to the feed."""

import asyncio
from collections.abc import Iterable

from chatapp.conversation.chain import Mark, Marks
from chatapp.conversation.changes import ChainMarked
from chatapp.protocol.json_types import Json, object_of
from chatapp.services.feed import Feed
from chatapp.services.ports import Clock, Settings
from chatapp.services.purging import place_of

STATES = ("stored", "gone", "deleted", "left")


class ChainMarks:
    """Marks by the response's id. All go with the conversation when that is purged."""

    def __init__(self, settings: Settings, feed: Feed, clock: Clock) -> None:
        self._settings = settings
        self._feed = feed
        self._clock = clock
        self._lock = asyncio.Lock()

    async def of(self, conversation_id: str) -> Marks:
        rows = object_of(await self._settings.get(_place(conversation_id)))
        read = ((response_id, _read(row)) for response_id, row in rows.items())
        return {response_id: mark for response_id, mark in read if mark is not None}

    async def tell(self, conversation_id: str) -> None:
        self._feed.put(ChainMarked(conversation_id, await self.of(conversation_id)))

    async def put(self, conversation_id: str, response_ids: Iterable[str], state: str | None) -> None:
        """The same of several responses as of now; None for what nothing is known of any more."""
        async with self._lock:
            meant = set(response_ids)
            rows = object_of(await self._settings.get(_place(conversation_id)))
            others = {key: row for key, row in rows.items() if key not in meant}
            new = {} if state is None else {key: [state, self._clock.now()] for key in meant}
            await self._settings.set(_place(conversation_id), {**others, **new})
        await self.tell(conversation_id)


def _place(conversation_id: str) -> str:
    """No server has an empty id."""
    return f"{place_of(conversation_id, '')}.chain"


def _read(row: Json) -> Mark | None:
    if not (isinstance(row, list) and len(row) == 2 and row[0] in STATES and isinstance(row[1], int | float)):
        return None
    return Mark(row[0], row[1])
