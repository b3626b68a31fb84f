"""The price table: as it is shipped, with what the user changed over it. Who shows prices learns it from the feed."""

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

from chatapp.conversation.changes import PricesChanged
from chatapp.conversation.costs import Cost, cost_of_answer
from chatapp.conversation.failures import Failure
from chatapp.conversation.prices import (
    Price,
    PriceFault,
    PriceTable,
    overlaid,
    price_json,
    read_price,
    read_table,
)
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import Json, JsonObject, object_of, objects_of, text_of
from chatapp.services.address_book import AddressBook
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection, Settings
from chatapp.services.use_case import UseCaseFailure, use_case

CHANGED = "prices"
"""The setting that holds what the user changed: rows of their own, and keys of rows that were removed."""


class Prices:
    """`shipped` reads the table that is shipped, as JSON."""

    def __init__(
        self, settings: Settings, book: AddressBook, feed: Feed, shipped: Callable[[], Json]
    ) -> None:
        self._settings = settings
        self._book = book
        self._feed = feed
        self._read_shipped = shipped
        self._shipped: PriceTable | None = None
        self._lock = asyncio.Lock()

    @use_case
    async def tell(self) -> None:
        """Tells the feed the table as it is."""
        own, removed = await self._changed()
        await self._tell(own, removed)

    @use_case
    async def table(self) -> PriceTable:
        return overlaid(await self._as_shipped(), *await self._changed())

    @use_case
    async def put(self, price: Price, before: tuple[str, str] | None = None) -> None:
        """Adds a row, or changes the one that had the key `before`."""
        async with self._lock:
            own, removed = await self._changed()
            gone = {before, price.key} - {None}
            rows = [row for row in own if row.key not in gone]
            moved = [before] if before is not None and before != price.key else []
            await self._keep([price, *rows], [key for key in (*removed, *moved) if key != price.key])

    @use_case
    async def remove(self, key: tuple[str, str]) -> None:
        """A row of the user's goes, and the shipped one that it stood for is there again; else the shipped one goes."""
        async with self._lock:
            own, removed = await self._changed()
            left = [row for row in own if row.key != key]
            await self._keep(left, removed if len(left) < len(own) else [*removed, key])

    @use_case
    async def reset(self) -> None:
        """Back to the table as it is shipped."""
        async with self._lock:
            await self._keep([], [])

    @use_case
    async def take_in(self, text: str) -> int:
        """Adds the rows of a table in JSON, in the place of those with the same server and model; how many there were.
        Where one of them is not right, none is taken and a UseCaseFailure says which."""
        rows = _read(text).prices
        async with self._lock:
            own, removed = await self._changed()
            new = {row.key for row in rows}
            kept = [row for row in own if row.key not in new]
            await self._keep([*rows, *kept], [key for key in removed if key not in new])
        return len(rows)

    async def cost_of(self, turn: Turn) -> Cost | None:
        """What a turn's answer cost by the table of now. Raises StorageFailure."""
        table = overlaid(await self._as_shipped(), *await self._changed())
        known = {connection.id: connection for connection in await self._book.all()}
        connection = known.get(turn.server)
        places = places_of(connection) if connection is not None else (turn.server,)
        return cost_of_answer(table, turn.answer, text_of(turn.request.get("model")), places)

    async def _as_shipped(self) -> PriceTable:
        if self._shipped is None:
            self._shipped = read_table(await asyncio.to_thread(self._read_shipped))
        return self._shipped

    async def _changed(self) -> tuple[list[Price], list[tuple[str, str]]]:
        """The rows that are the user's, and the keys of those that were removed. What cannot be read is left out."""
        kept = object_of(await self._settings.get(CHANGED))
        own = [price for row in objects_of(kept.get("own")) if (price := _price(row)) is not None]
        removed = kept.get("removed")
        keys = removed if isinstance(removed, list) else []
        return own, [
            (text_of(key[0]), text_of(key[1])) for key in keys if isinstance(key, list) and len(key) == 2
        ]

    async def _keep(self, own: list[Price], removed: list[tuple[str, str]]) -> None:
        keys = list(dict.fromkeys(removed))
        await self._settings.set(CHANGED, {"own": [price_json(row) for row in own], "removed": keys})
        await self._tell(own, keys)

    async def _tell(self, own: list[Price], removed: list[tuple[str, str]]) -> None:
        table = overlaid(await self._as_shipped(), own, removed)
        self._feed.put(PricesChanged(table, frozenset(row.key for row in own), bool(own or removed)))


def places_of(connection: Connection) -> tuple[str, ...]:
    """The names under which rows may stand for a server, the closest first: its id and its host."""
    return tuple(filter(None, (connection.id, host_of(connection))))


def host_of(connection: Connection) -> str:
    """The host of a server's address, with its port where that is not the usual one; "" where there is none."""
    try:
        return urlsplit(connection.base_url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def _price(row: JsonObject) -> Price | None:
    try:
        return read_price(row)
    except PriceFault:
        return None


def _read(text: str) -> PriceTable:
    from chatapp.exchange.file_json import Unreadable, parsed

    try:
        return read_table(parsed(text))
    except (PriceFault, Unreadable) as problem:
        raise UseCaseFailure(
            Failure("price_table", "This price table was not taken", f"{problem} {KEPT}")
        ) from problem


KEPT = "The prices stay as they are."
