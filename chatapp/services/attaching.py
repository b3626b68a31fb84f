"""Files put in their store: one by itself, those that came while a request was on its way together in one batch.

No file waits for others to come. A server that has said that it knows no file batches is asked for none again.
"""

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass, field

from chatapp.protocol.json_types import JsonObject
from chatapp.services.ports import NOT_THERE, ServerFailure, VectorStoresServer

MOST_FILES = 100
"""Of one batch. Servers take more; what is refused is refused together."""


@dataclass(slots=True)
class _Door:
    """Where files of one kind enter a store: one request at a time. `taken` went along with a batch of another's."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: dict[str, None] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)


class Attaching:
    def __init__(self) -> None:
        self._doors: defaultdict[tuple[str, str, str], _Door] = defaultdict(_Door)
        self._without_batches: set[str] = set()

    async def attach(
        self,
        server: str,
        client: VectorStoresServer,
        store_id: str,
        file_id: str,
        attributes: JsonObject,
        chunking: JsonObject | None,
    ) -> JsonObject:
        """The file as its store describes it. Raises ServerFailure."""
        door = self._doors[server, store_id, json.dumps([attributes, chunking], sort_keys=True)]
        door.waiting[file_id] = None
        try:
            async with door.lock:
                together = self._together(server, door, file_id)
                if file_id not in door.taken and len(together) > 1:
                    await self._batch(server, client, store_id, door, together, attributes, chunking)
                if file_id in door.taken:
                    return {"id": file_id, "status": "in_progress"}
                return await client.attach(store_id, file_id, attributes, chunking)
        finally:
            door.waiting.pop(file_id, None)
            door.taken.discard(file_id)

    def _together(self, server: str, door: _Door, file_id: str) -> list[str]:
        if server in self._without_batches:
            return [file_id]
        others = [other for other in door.waiting if other != file_id and other not in door.taken]
        return [file_id, *others[: MOST_FILES - 1]]

    async def _batch(
        self,
        server: str,
        client: VectorStoresServer,
        store_id: str,
        door: _Door,
        file_ids: list[str],
        attributes: JsonObject,
        chunking: JsonObject | None,
    ) -> None:
        """A refusal is of the batch: each of them is tried by itself then."""
        try:
            await client.attach_many(store_id, file_ids, attributes, chunking)
        except ServerFailure as problem:
            if problem.status is None:
                raise
            if problem.status in NOT_THERE:
                self._without_batches.add(server)
        else:
            door.taken.update(file_id for file_id in file_ids if file_id in door.waiting)
