"""The user's own defaults by server and model: kept here, and put beneath what is set in a conversation whenever
something is asked. `conversation/defaults` knows which counts."""

import asyncio
from dataclasses import replace
from uuid import uuid4

from chatapp.conversation.changes import DefaultsChanged, Notice
from chatapp.conversation.defaults import (
    NO_DEFAULTS,
    Defaults,
    alone,
    by_model,
    composed,
    defaults_json,
    read_defaults,
    with_default,
)
from chatapp.conversation.parameters import BY_NAME
from chatapp.conversation.tree import Conversation
from chatapp.protocol.json_types import Json, JsonObject, text_of
from chatapp.services.address_book import AddressBook
from chatapp.services.feed import Feed
from chatapp.services.ports import SecretsUnavailable, ServerFailure, Settings
from chatapp.services.servers_view import ServersView
from chatapp.services.use_case import use_case

MODELS_S = 5.0
"""How long a server may take to say which model answers where none was chosen."""
UNDO = "defaults.restore"


class OwnDefaults:
    def __init__(self, settings: Settings, book: AddressBook, servers: ServersView, feed: Feed) -> None:
        self._settings = settings
        self._book = book
        self._servers = servers
        self._feed = feed
        self._lock = asyncio.Lock()
        self._removed: dict[str, tuple[str, str, str, Json]] = {}

    @use_case
    async def tell(self, server: str) -> None:
        """Tells the feed what they are."""
        self._feed.put(DefaultsChanged(server, await self._of(server)))

    @use_case
    async def put(self, server: str, model: str, name: str, value: Json) -> None:
        """Makes a value the default for a model of a server, for all of them where `model` is empty; None takes the
        default away, and `restore` brings it back. Raises UseCaseFailure for what cannot be one."""
        async with self._lock:
            known = await self._of(server)
            changed = with_default(known, model, name, value)
            await self._settings.set(_place(server), defaults_json(changed))
        self._feed.put(DefaultsChanged(server, changed))
        before = known.at(model).get(name)
        if value is None and before is not None:
            key = uuid4().hex
            self._removed[key] = server, model, name, before
            told = f"The default for {BY_NAME[name].label.lower()} was removed."
            self._feed.put(Notice(told, undo=f"{UNDO}:{key}"))

    @use_case
    async def restore(self, key: str) -> None:
        """A default that was removed while the program runs."""
        if key in self._removed:
            await self.put(*self._removed.pop(key))

    async def forget(self, server: str) -> None:
        """The server is no longer set up."""
        await self._settings.set(_place(server), None)
        self._feed.put(DefaultsChanged(server, NO_DEFAULTS))

    async def over(self, head: Conversation) -> Conversation:
        """The head as a question sees it: with the defaults that hold for its server and model."""
        defaults = await self._of(head.server)
        model = await self._model(head, defaults)
        return replace(head, parameters=composed(head.parameters, defaults, model))

    async def for_models(self, head: Conversation) -> tuple[JsonObject, JsonObject]:
        """The parameters of a question that may be asked of several models: what holds for all of them, and what the
        defaults of single ones add, by model, "" for the one that answers where none is named."""
        defaults = await self._of(head.server)
        usual = await self._model(head, defaults)
        together = composed(head.parameters, defaults, "")
        return together, {**by_model(head.parameters, defaults, usual)}

    async def alone(self, head: Conversation, parameters: JsonObject) -> JsonObject:
        """Parameters to be set in a conversation so that no default joins them."""
        defaults = await self._of(head.server)
        model = await self._model(replace(head, parameters=parameters), defaults)
        return alone(parameters, defaults, model)

    async def _of(self, server: str) -> Defaults:
        return read_defaults(await self._settings.get(_place(server)))

    async def _model(self, head: Conversation, defaults: Defaults) -> str:
        """The model that is going to answer, "" where that is not known. Its server is asked only where it matters."""
        chosen = text_of(head.parameters.get("model"))
        if chosen or not defaults.of_models or head.parameters.get("prompt"):
            return chosen
        connection = await self._book.get(head.server)
        if connection.default_model:
            return connection.default_model
        try:
            async with asyncio.timeout(MODELS_S):
                offered = await self._servers.known_models(connection)
        except (TimeoutError, ServerFailure, SecretsUnavailable):
            # Why it cannot be reached is told once it is asked.
            return ""
        return next(iter(offered), "")


def _place(server: str) -> str:
    return f"defaults.{server}"
