"""Which library was copied to which one of another server, kept in a setting, so that a copy can go on."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from chatapp.protocol.json_types import JsonObject, objects_of, text_of
from chatapp.services.ports import Settings

SETTING = "library.copies"
TEXTS = ("server", "store_id", "name", "target", "copy_id")


@dataclass(frozen=True, slots=True)
class CopyRecord:
    """`copy_id` is the store on `target`. `open` as long as nobody knows that all files were tried."""

    server: str
    store_id: str
    name: str
    target: str
    copy_id: str
    open: bool = True


class CopyRecords:
    """The newest record of a store stands last."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()

    async def all(self) -> Sequence[CopyRecord]:
        return [_read(entry) for entry in objects_of(await self._settings.get(SETTING))]

    async def find(self, server: str, store_id: str, target: str) -> CopyRecord | None:
        wanted = (server, store_id, target)
        return next((record for record in await self.all() if _place(record) == wanted), None)

    async def put(self, record: CopyRecord) -> None:
        """In the place of an earlier one between the same servers."""
        async with self._lock:
            others = [other for other in await self.all() if _place(other) != _place(record)]
            await self._settings.set(SETTING, [asdict(entry) for entry in (*others, record)])

    async def close(self, server: str, store_id: str) -> None:
        """Nothing is left to be done for the copies of a store."""
        for record in await self.all():
            if (record.server, record.store_id) == (server, store_id) and record.open:
                await self.put(replace(record, open=False))


def _place(record: CopyRecord) -> tuple[str, str, str]:
    return record.server, record.store_id, record.target


def _read(entry: JsonObject) -> CopyRecord:
    server, store_id, name, target, copy_id = (text_of(entry.get(field)) for field in TEXTS)
    return CopyRecord(server, store_id, name, target, copy_id, entry.get("open") is True)
