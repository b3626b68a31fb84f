"""What servers have taught about requests: parameters that a model refuses, how earlier answers are sent again, and
whether they are kept. Whatever is learnt is told to the feed.

Kept in the settings beside what `address_book` learns, under the same prefix, so that all is forgotten together.
"""

import asyncio
from collections.abc import Sequence

from chatapp.conversation.changes import KeepingChanged, RefusalsChanged
from chatapp.conversation.refusals import Refusal
from chatapp.conversation.replay import Replay
from chatapp.protocol.json_types import JsonObject, object_of, text_of
from chatapp.services.address_book import AddressBook
from chatapp.services.feed import Feed
from chatapp.services.ports import Clock, Settings
from chatapp.services.use_case import use_case

LONGEST_PAUSE_S = 120.0
"""A pause that is waited for, as long as one between two attempts at the same request."""


class Learnt:
    """Refusals are kept by server and model, each with the server's reason and the time it was given."""

    def __init__(self, settings: Settings, book: AddressBook, feed: Feed, clock: Clock) -> None:
        self._settings = settings
        self._book = book
        self._feed = feed
        self._clock = clock
        self._lock = asyncio.Lock()

    async def refusals(self, server: str, model: str) -> tuple[Refusal, ...]:
        rows = object_of((await self._all(server)).get(model))
        return tuple(_refusal(name, object_of(row)) for name, row in rows.items())

    async def learn_refusals(self, server: str, model: str, refusals: Sequence[Refusal]) -> None:
        now = self._clock.now()
        rows = {refusal.parameter: _row(refusal, now) for refusal in refusals}
        await self._edit(server, model, rows, ())

    @use_case
    async def tell(self, server: str, model: str) -> None:
        """Tells the feed what is known to be refused."""
        self._feed.put(RefusalsChanged(server, model, await self.refusals(server, model)))

    @use_case
    async def forget(self, server: str, model: str, parameter: str) -> None:
        """The parameter is sent again where it is set; the server may have changed its mind."""
        await self._edit(server, model, {}, (parameter,))

    @use_case
    async def tell_keeping(self) -> None:
        """Tells the feed of every server of which it is known whether it keeps its answers."""
        for connection in await self._book.all():
            keeps = await self._book.keeps_responses(connection.id)
            if keeps is not None:
                self._feed.put(KeepingChanged(connection.id, keeps))

    async def learn_keeping(self, server: str, keeps: bool) -> None:
        await self._book.learn_keeping(server, keeps)
        self._feed.put(KeepingChanged(server, keeps))

    async def replay(self, server: str) -> Replay:
        known = text_of(await self._settings.get(_replay_name(server)))
        return Replay(known) if known in set(Replay) else Replay.WITH_IDS

    async def learn_replay(self, server: str, replay: Replay) -> None:
        await self._settings.set(_replay_name(server), replay.value)

    async def plain(self, server: str) -> bool:
        """Whether the server wants the model's messages as bare text."""
        return await self._settings.get(_plain_name(server)) is True

    async def learn_plain(self, server: str) -> None:
        await self._settings.set(_plain_name(server), True)

    async def deletes(self, server: str) -> bool | None:
        """Whether the server deletes answers when asked; None until that was tried."""
        known = await self._settings.get(_deletes_name(server))
        return known if isinstance(known, bool) else None

    async def learn_deletes(self, server: str, deletes: bool) -> None:
        await self._settings.set(_deletes_name(server), deletes)

    async def pause(self, server: str, model: str) -> float:
        """Seconds for which the server still wants nothing for this model; 0 where it asked for none, or for more than
        anybody waits."""
        until = await self._settings.get(_pause_name(server, model))
        seconds = until - self._clock.now() if isinstance(until, int | float) else 0.0
        return seconds if 0 < seconds <= LONGEST_PAUSE_S else 0.0

    async def learn_pause(self, server: str, model: str, seconds: float) -> None:
        await self._settings.set(_pause_name(server, model), self._clock.now() + seconds)

    async def _all(self, server: str) -> JsonObject:
        return object_of(await self._settings.get(_refusals_name(server)))

    async def _edit(self, server: str, model: str, new: JsonObject, gone: Sequence[str]) -> None:
        async with self._lock:
            models = await self._all(server)
            known = {**object_of(models.get(model)), **new}
            left = {name: row for name, row in known.items() if name not in gone}
            await self._settings.set(_refusals_name(server), {**models, model: left})
        await self.tell(server, model)


def _refusals_name(server: str) -> str:
    return f"server.{server}.refusals"


def _replay_name(server: str) -> str:
    return f"server.{server}.replay"


def _plain_name(server: str) -> str:
    return f"server.{server}.plain"


def _deletes_name(server: str) -> str:
    return f"server.{server}.deletes"


def _pause_name(server: str, model: str) -> str:
    return f"server.{server}.pause.{model}"


def _row(refusal: Refusal, now: float) -> JsonObject:
    return {"reason": refusal.reason, "value": refusal.value, "since": now}


def _refusal(name: str, row: JsonObject) -> Refusal:
    return Refusal(name, text_of(row.get("reason")), row.get("value"))
