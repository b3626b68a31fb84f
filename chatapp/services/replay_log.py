"""Replays of branches as they are kept, so that one which the program's end broke off can go on."""

import asyncio
from dataclasses import asdict, dataclass

from chatapp.protocol.json_types import JsonObject, object_of, text_of
from chatapp.services.ports import Settings
from chatapp.services.purging import place_of

INDEX = "replays"
"""The preference that says in which conversations there are some: the rest goes with the conversation."""


@dataclass(frozen=True, slots=True)
class Replay:
    """`branch` are the turns that are asked again, `asked` those that answer them so far, both in order. It is `told`
    once that it was broken off."""

    id: str
    conversation_id: str
    server: str
    parameters: JsonObject
    branch: tuple[str, ...]
    asked: tuple[str, ...] = ()
    told: bool = False


class ReplayLog:
    """Replays that have not come to their end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()

    async def put(self, entry: Replay) -> None:
        """Adds it, or writes it again."""
        async with self._lock:
            kept = await self._kept(entry.conversation_id)
            await self._write(entry.conversation_id, {**kept, entry.id: asdict(entry)})

    async def drop(self, entry: Replay) -> None:
        async with self._lock:
            kept = await self._kept(entry.conversation_id)
            left = {key: row for key, row in kept.items() if key != entry.id}
            await self._write(entry.conversation_id, left)

    async def all(self) -> list[Replay]:
        found = []
        for conversation_id in await self._index():
            found += [_read(object_of(row)) for row in (await self._kept(conversation_id)).values()]
        return found

    async def _kept(self, conversation_id: str) -> JsonObject:
        return object_of(await self._settings.get(_place(conversation_id)))

    async def _index(self) -> list[str]:
        kept = await self._settings.get(INDEX)
        return [text_of(entry) for entry in kept] if isinstance(kept, list) else []

    async def _write(self, conversation_id: str, rows: JsonObject) -> None:
        """The index first: a conversation in it without replays does no harm."""
        others = [entry for entry in await self._index() if entry != conversation_id]
        if rows:
            await self._settings.set(INDEX, [*others, conversation_id])
            await self._settings.set(_place(conversation_id), rows)
        else:
            await self._settings.forget(_place(conversation_id))
            await self._settings.set(INDEX, others)


def _place(conversation_id: str) -> str:
    """No server has an empty id."""
    return f"{place_of(conversation_id, '')}.replays"


def _read(row: JsonObject) -> Replay:
    return Replay(
        text_of(row.get("id")),
        text_of(row.get("conversation_id")),
        text_of(row.get("server")),
        object_of(row.get("parameters")),
        tuple(map(text_of, row.get("branch") or ())),
        tuple(map(text_of, row.get("asked") or ())),
        row.get("told") is True,
    )
