"""What the user chose once and expects to find again: preferences by name, and the list of servers."""

from typing import TypeVar, cast

from chatapp.conversation.changes import ServerChanged
from chatapp.services.address_book import AddressBook
from chatapp.services.ports import Connection, Secrets, Settings
from chatapp.services.servers_view import ServersView
from chatapp.services.use_case import use_case

T = TypeVar("T")


class Preferences:
    """Preferences are any JSON value; a preference that was never set, or has another type, is its default."""

    def __init__(self, settings: Settings, book: AddressBook, secrets: Secrets, servers: ServersView) -> None:
        self._settings = settings
        self._book = book
        self._secrets = secrets
        self._servers = servers

    @use_case
    async def get(self, name: str, default: T) -> T:
        value = await self._settings.get(f"preference.{name}")
        return cast(T, value) if default is None or isinstance(value, type(default)) else default

    @use_case
    async def set(self, name: str, value: object) -> None:
        await self._settings.set(f"preference.{name}", value)

    @use_case
    async def connections(self) -> list[Connection]:
        """The engine first, then the others in the order they were added."""
        return await self._book.all()

    @use_case
    async def put_connection(self, connection: Connection, key: str | None = None) -> None:
        """Adds or changes a server. A key goes to where `key_source` says; None leaves what is there."""
        if key is not None:
            await self._secrets.set_key(connection, key)
        await self._book.put(connection)
        self._servers.forget(connection.id)

    async def use_for_session(self, connection: Connection) -> None:
        """A server that is known until the program ends and written nowhere."""
        self._book.add_for_session(connection)
        self._servers.forget(connection.id)

    @use_case
    async def remove_connection(self, connection_id: str) -> None:
        """Forgets a server and its key. Conversations that used it stay."""
        connection = await self._book.get(connection_id)
        await self._secrets.forget(connection)
        await self._book.remove(connection_id)
        self._servers.forget(connection_id)

    @use_case
    async def check(self, connection: Connection) -> ServerChanged:
        """Tries a server, also one that is not saved yet. The change says in a sentence what came of it."""
        return await self._servers.check(connection)

    @use_case
    async def models(self, server: str) -> list[str]:
        return await self._servers.models(server)
