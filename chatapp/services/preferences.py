"""What the user chose once and expects to find again: preferences by name, and the list of servers."""

from typing import TypeVar, cast

from chatapp.conversation.changes import ServerChanged
from chatapp.conversation.failures import Failure
from chatapp.services.address_book import ENGINE, AddressBook
from chatapp.services.connection_rules import check_connection
from chatapp.services.defaults import OwnDefaults
from chatapp.services.ports import Connection, Secrets, SecretsUnavailable, Settings
from chatapp.services.servers_view import ServersView
from chatapp.services.trial import tried_with
from chatapp.services.use_case import UseCaseFailure, use_case

T = TypeVar("T")
LOOKS_NEARBY = "looks_nearby"
"""Whether the built-in engine looks for model servers on this computer; true unless it was turned off."""


async def preference(settings: Settings, name: str, default: T) -> T:
    """See Preferences. Raises StorageFailure."""
    value = await settings.get(f"preference.{name}")
    return cast(T, value) if default is None or isinstance(value, type(default)) else default


class Preferences:
    """Preferences are any JSON value; a preference that was never set, or has another type, is its default."""

    def __init__(
        self,
        settings: Settings,
        book: AddressBook,
        secrets: Secrets,
        servers: ServersView,
        defaults: OwnDefaults,
    ) -> None:
        self._settings = settings
        self._book = book
        self._secrets = secrets
        self._servers = servers
        self._defaults = defaults

    @use_case
    async def get(self, name: str, default: T) -> T:
        return await preference(self._settings, name, default)

    @use_case
    async def set(self, name: str, value: object) -> None:
        await self._settings.set(f"preference.{name}", value)

    @use_case
    async def connections(self) -> list[Connection]:
        """The engine first, then the others in the order they were added."""
        return await self._book.all()

    @use_case
    async def put_connection(self, connection: Connection, key: str | None = None) -> None:
        """Adds or changes a server. A key goes to where `key_source` says; None leaves what is there.

        A key that was kept elsewhere before is forgotten. Raises UseCaseFailure for what `connection_rules`
        refuses.
        """
        if connection.id != ENGINE.id:
            check_connection(connection)
        if key is not None:
            await self._secrets.set_key(connection, key)
        before = await self._book.saved(connection.id)
        await self._book.put(connection)
        self._servers.forget(connection.id)
        if before is not None and before.key_source != connection.key_source:
            await self._forget_key(before)

    async def use_for_session(self, connection: Connection) -> None:
        """A server that is known until the program ends and written nowhere."""
        self._book.add_for_session(connection)
        self._servers.forget(connection.id)

    @use_case
    async def remove_connection(self, connection_id: str) -> None:
        """Forgets a server, its key and the defaults set for it. Conversations that used it stay."""
        before = await self._book.saved(connection_id)
        await self._book.remove(connection_id)
        await self._defaults.forget(connection_id)
        self._servers.forget(connection_id)
        if before is not None:
            await self._forget_key(before)

    @use_case
    async def check(self, connection: Connection, key: str | None = None) -> ServerChanged:
        """Tries a server, also one that is not saved yet, with a key that is not kept where one is given. The change
        says in a sentence what came of it."""
        async with tried_with(self._secrets, self._servers, connection, key) as tried:
            return await self._servers.check(tried)

    @use_case
    async def models(self, server: str) -> list[str]:
        return await self._servers.models(server)

    async def _forget_key(self, before: Connection) -> None:
        try:
            await self._secrets.forget(before)
        except SecretsUnavailable as problem:
            raise UseCaseFailure(_key_left(before, problem)) from problem


def _key_left(before: Connection, problem: SecretsUnavailable) -> Failure:
    return Failure(
        "key_store",
        "The change was made, but the old key could not be removed",
        f"{problem} Then remove the key of “{before.name}” in the key store itself.",
    )
