"""API keys: in the OS key store, an environment variable, or this session's memory, and nowhere else.

The only importer of keyring, on a thread of its own: importing takes a third of a second, and an unlock prompt
blocks for as long as nobody answers it. Implements `services.ports.Secrets`.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from chatapp.services.ports import Connection, SecretsUnavailable
from chatapp.storage.lane import Lane

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

SERVICE = "chatapp"
TRUSTED_BACKENDS = frozenset(
    {
        "keyring.backends.SecretService",
        "keyring.backends.libsecret",
        "keyring.backends.kwallet",
        "keyring.backends.macOS",
        "keyring.backends.Windows",
    }
)
"""Modules of backends that keep secrets secret. Others, such as base64 in a file, keyring would choose silently."""

ELSEWHERE = "Use an environment variable, or keep the key for this session only."


class KeyStore:
    """Session keys by connection id, and the way to the OS key store."""

    def __init__(self) -> None:
        self._session: dict[str, str] = {}
        self._lane = Lane("key store")

    async def key(self, connection: Connection) -> str | None:
        """None where there is no key. Raises SecretsUnavailable where the key store cannot be asked."""
        match connection.key_source:
            case "session":
                return self._session.get(connection.id)
            case "environment":
                return os.environ.get(connection.key_name) or None
            case "keyring":
                return await self._lane.call(
                    lambda: _asked(lambda store: store.get_password(SERVICE, connection.id))
                )
            case "none":
                return None

    async def set_key(self, connection: Connection, key: str) -> None:
        match connection.key_source:
            case "session":
                self._session[connection.id] = key
            case "keyring":
                await self._lane.call(
                    lambda: _asked(lambda store: store.set_password(SERVICE, connection.id, key))
                )
            case "environment":
                raise SecretsUnavailable(
                    f"The key of {connection.name} comes from the environment variable {connection.key_name}; "
                    "set it there."
                )
            case "none":
                raise SecretsUnavailable(f"{connection.name} is set up without a key.")

    async def forget(self, connection: Connection) -> None:
        """Removes the key from where `key_source` says it is kept; one kept elsewhere stays."""
        if connection.key_source == "session":
            self._session.pop(connection.id, None)
        if connection.key_source == "keyring":
            await self._lane.call(lambda: _asked(lambda store: _forget(store, connection.id)))

    def close(self) -> None:
        """Forgets the session's keys. Does not wait for a prompt nobody answers."""
        self._session.clear()
        self._lane.close(wait=False)


def _asked(question: Callable[["KeyringBackend"], T]) -> T:
    """What a trusted key store answers. Raises SecretsUnavailable."""
    from keyring.errors import InitError, KeyringError, KeyringLocked

    backend = _trusted_backend()
    if backend is None:
        raise SecretsUnavailable(f"This system has no key store that can be trusted with a key. {ELSEWHERE}")
    try:
        return question(backend)
    except KeyringLocked as error:
        raise SecretsUnavailable("The key store is locked. Unlock it, then try again.") from error
    except InitError as error:
        raise SecretsUnavailable(f"The key store does not answer ({error}). {ELSEWHERE}") from error
    except KeyringError as error:
        raise SecretsUnavailable(f"The key store refused ({error}). {ELSEWHERE}") from error


def _trusted_backend() -> "KeyringBackend | None":
    """The backend keyring chose, if it is trusted. Of a chain, which keyring chooses where there are several, the
    first that is: the chain itself would also write into those that are not."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    chosen = keyring.get_keyring()
    offered = chosen.backends if isinstance(chosen, ChainerBackend) else [chosen]
    return next((backend for backend in offered if type(backend).__module__ in TRUSTED_BACKENDS), None)


def _forget(backend: "KeyringBackend", connection_id: str) -> None:
    """A key that is not there is forgotten already."""
    if backend.get_password(SERVICE, connection_id) is not None:
        backend.delete_password(SERVICE, connection_id)
