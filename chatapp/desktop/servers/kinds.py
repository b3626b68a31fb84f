"""What choosing a kind of server fills into the form: only what nobody typed otherwise. Pure."""

from dataclasses import replace

from chatapp.desktop.servers.drafts import Typed
from chatapp.services.known_servers import KNOWN_SERVERS, OTHER, KnownServer

NAMES = {row.name for row in KNOWN_SERVERS}
ADDRESSES = {row.base_url for row in KNOWN_SERVERS}
VARIABLES = {row.key_variable for row in KNOWN_SERVERS}


def refilled(typed: Typed, kind: KnownServer) -> Typed:
    """The fields after `kind` was chosen. What is empty, or was filled in for another kind, follows it."""
    known = typed.connection
    source = known.key_source
    if kind.key == "needed" and source == "none":
        source = "keyring"
    elif kind.key == "none" and not typed.key:
        source = "none"
    follows = source == "environment" and typed.key in VARIABLES | {""}
    key = kind.key_variable if follows else typed.key
    connection = replace(
        known,
        preset=kind.id,
        name=_filled(known.name, NAMES, kind.name if kind is not OTHER else ""),
        base_url=_filled(known.base_url, ADDRESSES, kind.base_url),
        auth=kind.auth,
        key_source=source,
        key_name=key if source == "environment" else "",
    )
    return Typed(connection, key)


def _filled(typed: str, of_kinds: set[str], by_kind: str) -> str:
    return by_kind if not typed or typed in of_kinds else typed
