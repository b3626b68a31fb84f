"""The servers as the screen sees them: are they there, what can they do. `address_book` knows which there are."""

from collections.abc import Sequence

from chatapp.conversation.changes import ServerChanged, ServerState
from chatapp.conversation.models import only_embeds
from chatapp.protocol.json_types import JsonObject, text_of
from chatapp.services.address_book import AddressBook
from chatapp.services.feed import Feed
from chatapp.services.outgoing import Outgoing
from chatapp.services.ports import Connection, ResponsesServer, Servers, VectorStoresServer
from chatapp.services.use_case import TROUBLES, failure_of, use_case


class ServersView:
    """Hands out clients and tells the feed what is found. The engine tells its own state, see `assembly`."""

    def __init__(self, servers: Servers, book: AddressBook, feed: Feed, outgoing: Outgoing) -> None:
        self._servers = servers
        self._outgoing = outgoing
        self._book = book
        self._feed = feed
        self._models: dict[str, tuple[str, ...]] = {}

    @use_case
    async def start_engine(self) -> None:
        """Starts the built-in engine if it is not running; returns when it answers."""
        await self._servers.start_engine()

    @use_case
    async def restart_engine(self) -> None:
        await self._servers.restart_engine()

    async def check(self, connection: Connection) -> ServerChanged:
        """Asks for the models; the sentence says what came of it. Never raises for a server that is not there."""
        try:
            names = await self._fetch_models(connection)
        except TROUBLES as problem:
            failure = failure_of(problem)
            return self._tell(connection, "unreachable", f"{failure.title}. {failure.text}")
        count = f"{len(names)} models" if len(names) != 1 else "1 model"
        return self._tell(connection, "ready", f"{connection.name} answers and offers {count}.", names)

    @use_case
    async def models(self, server: str) -> list[str]:
        """The ids of a server's models, asked for once in the life of the program."""
        return list(await self.known_models(await self._book.get(server)))

    async def known_models(self, connection: Connection) -> tuple[str, ...]:
        """Raises ServerFailure, SecretsUnavailable."""
        return self._models.get(connection.id) or await self._fetch_models(connection)

    def models_at_hand(self, server: str) -> tuple[str, ...]:
        """The ids that were asked for already; nothing is sent."""
        return self._models.get(server, ())

    def responses(self, connection: Connection) -> ResponsesServer:
        """The client of a server; the engine is started by the first request to it. What it sends is filled in."""
        return self._outgoing.server(connection)

    def vector_stores(self, connection: Connection) -> VectorStoresServer:
        return self._servers.vector_stores(connection)

    def forget(self, connection_id: str) -> None:
        """Drops what is remembered of a connection that changed, and what is open to it."""
        self._models.pop(connection_id, None)
        self._servers.forget(connection_id)

    async def _fetch_models(self, connection: Connection) -> tuple[str, ...]:
        """An empty list is not remembered: the server may still be loading."""
        names = _ids(await self.responses(connection).models())
        self._models.pop(connection.id, None)
        if names:
            self._models[connection.id] = names
        return names

    def _tell(
        self, connection: Connection, state: ServerState, text: str, models: tuple[str, ...] = ()
    ) -> ServerChanged:
        change = ServerChanged(connection.id, state, text, models or self._models.get(connection.id, ()))
        self._feed.put(change)
        return change


def _ids(models: Sequence[JsonObject]) -> tuple[str, ...]:
    """Those that may answer: a list of models often has some that only make vectors."""
    names = (text_of(model.get("id")) for model in models)
    return tuple(name for name in names if name and not only_embeds(name))
