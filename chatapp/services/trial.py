"""A server as it stands in the form, not saved: nothing of it is kept once the block ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

from chatapp.services.ports import Connection, Secrets
from chatapp.services.servers_view import ServersView

TRIAL = "trial"
"""The id under which what is not saved is tried, so that nothing is told of the server as it is saved."""


@asynccontextmanager
async def tried_with(
    secrets: Secrets, servers: ServersView, connection: Connection, key: str | None
) -> AsyncIterator[Connection]:
    """The connection to use: with a typed key that is held in memory, else the same one. Raises SecretsUnavailable.

    A trial that is stopped still tidies up while the next one runs, so each has an id of its own.
    """
    trial = replace(connection, id=f"{TRIAL}-{uuid4().hex}", key_source="session", key_name="")
    if key is not None:
        await secrets.set_key(trial, key)
    try:
        yield connection if key is None else trial
    finally:
        await secrets.forget(trial)
        for used in (trial.id, TRIAL):
            servers.forget(used)
