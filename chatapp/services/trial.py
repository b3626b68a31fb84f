"""A server as it stands in the form, not saved: tried with a key that is held in memory until the block ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from chatapp.services.ports import Connection, Secrets

TRIAL = "trial"
"""The id under which what is not saved is tried, so that nothing is told of the server as it is saved."""


@asynccontextmanager
async def tried_with(secrets: Secrets, connection: Connection, key: str | None) -> AsyncIterator[Connection]:
    """The connection to use: the same one where no key was typed. Raises SecretsUnavailable."""
    if key is None:
        yield connection
        return
    trial = replace(connection, id=TRIAL, key_source="session", key_name="")
    await secrets.set_key(trial, key)
    try:
        yield trial
    finally:
        await secrets.forget(trial)
