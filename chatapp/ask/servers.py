"""Which server is asked: one of the profile by its name, one by its address, or one of a known kind by that kind's."""

import os
from collections.abc import Sequence
from dataclasses import replace

from chatapp.ask.arguments import WrongUsage
from chatapp.services.addresses import check_address, server_id
from chatapp.services.known_servers import KNOWN_SERVERS, OTHER, KnownServer, detected, named
from chatapp.services.ports import Connection


def chosen(server: str | None, key_variable: str | None, known: Sequence[Connection]) -> Connection:
    """`known` are those of the profile, the built-in engine first: it is asked where none is named.

    A server that is only named by its kind or address takes its key from the variable that is usual for its kind, if
    that is set. Raises WrongUsage for a name nobody has, UseCaseFailure for an address that cannot be used.
    """
    connection = known[0] if server is None else _found(server, known)
    if key_variable:
        return replace(connection, key_source="environment", key_name=key_variable)
    return connection


def _found(server: str, known: Sequence[Connection]) -> Connection:
    if "://" in server:
        check_address(server)
        return _at(server.rstrip("/"), detected(server), known)
    wanted = server.casefold().strip()
    own = (entry for entry in known if wanted in {entry.id.casefold(), entry.name.casefold().strip()} - {""})
    if found := next(own, None):
        return found
    kind = named(wanted) if wanted else OTHER
    if kind is OTHER:
        listed = ", ".join(entry.name or entry.id for entry in known)
        kinds = ", ".join(row.id for row in KNOWN_SERVERS if row.is_complete)
        raise WrongUsage(
            f"There is no server called {server}. Known: {listed}; {kinds}; or give its http address."
        )
    if not kind.is_complete:
        raise WrongUsage(f"{kind.name} needs its address: {kind.base_url}. {kind.about}")
    return _at(kind.base_url, kind, known)


def _at(address: str, kind: KnownServer, known: Sequence[Connection]) -> Connection:
    """The server of the profile at that address, else one as its kind is usually set up."""
    if found := next((entry for entry in known if entry.base_url.rstrip("/") == address), None):
        return found
    has_key = bool(kind.key_variable and os.environ.get(kind.key_variable))
    return Connection(
        server_id(address),
        kind.name if kind is not OTHER else address.partition("://")[2],
        address,
        key_source="environment" if has_key else "none",
        key_name=kind.key_variable if has_key else "",
        preset=kind.id,
        auth=kind.auth,
    )
