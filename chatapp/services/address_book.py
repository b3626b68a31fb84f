"""The servers this profile knows, and what was learnt of each. Kept in the settings; never holds a key."""

import asyncio
from dataclasses import asdict

from chatapp.conversation.failures import Failure, Remedy
from chatapp.conversation.findings import Report, read_report, report_json
from chatapp.protocol.json_types import Json, JsonObject, objects_of, text_of
from chatapp.services.connection_rules import LONGEST_S, check_headers
from chatapp.services.known_servers import kind_of
from chatapp.services.ports import Connection, KeySource, Settings
from chatapp.services.use_case import UseCaseFailure

ENGINE = Connection("engine", "Built-in engine", "")
"""The one server that is always there; its address is known once its process has started."""
TEXTS = ("id", "name", "base_url", "key_name", "default_model", "preset", "proxy", "ca_file")
KEY_SOURCES: tuple[KeySource, ...] = ("none", "keyring", "environment", "session")


class AddressBook:
    """Connections in the order they were added, the engine first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session: dict[str, Connection] = {}
        self._lock = asyncio.Lock()

    async def all(self) -> list[Connection]:
        known = {entry.id: entry for entry in (ENGINE, *await self._saved())}
        return list({**known, **self._session}.values())

    async def get(self, connection_id: str) -> Connection:
        """Raises UseCaseFailure for a server that was removed."""
        found = next((entry for entry in await self.all() if entry.id == connection_id), None)
        if found is None:
            raise UseCaseFailure(unknown_server(connection_id))
        return found

    async def saved(self, connection_id: str) -> Connection | None:
        """As it was written last, whatever this session uses instead."""
        return next((entry for entry in await self._saved() if entry.id == connection_id), None)

    async def put(self, connection: Connection) -> None:
        """Adds a connection, or replaces the one with its id. The engine stays as it is."""
        if connection.id == ENGINE.id:
            return
        async with self._lock:
            saved = await self._saved()
            before = next((entry for entry in saved if entry.id == connection.id), None)
            entries = [connection if entry.id == connection.id else entry for entry in saved]
            if connection not in entries:
                entries.append(connection)
            await self._write(entries)
        if before is None or _place(before) != _place(connection):
            await self.forget_what_was_learnt(connection.id)

    async def remove(self, connection_id: str) -> None:
        self._session.pop(connection_id, None)
        async with self._lock:
            await self._write([entry for entry in await self._saved() if entry.id != connection_id])
        await self.forget_what_was_learnt(connection_id)

    def add_for_session(self, connection: Connection) -> None:
        """Known until the program ends, written nowhere; stands before a saved one with its id."""
        self._session[connection.id] = connection

    async def keeps_responses(self, connection_id: str) -> bool | None:
        """Whether the server still has an answer after it was given, as it has shown, or as servers of its kind do;
        None until that was tried."""
        if connection_id == ENGINE.id:
            return True
        learnt = await self._settings.get(_keeping(connection_id))
        if isinstance(learnt, bool):
            return learnt
        known = next((entry for entry in await self.all() if entry.id == connection_id), None)
        return kind_of(known).quirks.keeps_responses if known else None

    async def learn_keeping(self, connection_id: str, keeps: bool) -> None:
        await self._settings.set(_keeping(connection_id), keeps)

    async def has_stores(self, connection_id: str) -> bool | None:
        """Whether the server offers vector stores; None until that was tried."""
        if connection_id == ENGINE.id:
            return True
        learnt = await self._settings.get(_stores(connection_id))
        return learnt if isinstance(learnt, bool) else None

    async def learn_stores(self, connection_id: str, has_stores: bool) -> None:
        await self._settings.set(_stores(connection_id), has_stores)

    async def learn_report(self, connection_id: str, report: Report) -> None:
        """What a test of the server found out; what it says of keeping answers and of vector stores counts
        from now on."""
        await self._settings.set(_report(connection_id), report_json(report))
        keeps = report.keeps_responses
        if keeps is not None and connection_id != ENGINE.id:
            await self.learn_keeping(connection_id, keeps)
        if report.has_stores is not None:
            await self.learn_stores(connection_id, report.has_stores)

    async def report(self, connection_id: str) -> Report | None:
        """The newest test of a server as it is set up now, if there was one."""
        return read_report(await self._settings.get(_report(connection_id)))

    async def forget_what_was_learnt(self, connection_id: str) -> None:
        """A connection that changed may lead to another server."""
        await self._settings.forget(f"server.{connection_id}.")

    async def _saved(self) -> list[Connection]:
        rows = objects_of(await self._settings.get("connections"))
        return [_read(row) for row in rows if text_of(row.get("id"))]

    async def _write(self, entries: list[Connection]) -> None:
        await self._settings.set("connections", [asdict(entry) for entry in entries])


def unknown_server(connection_id: str) -> Failure:
    return Failure(
        "unknown_server",
        "This server is no longer set up",
        f"The conversation uses the server “{connection_id}”, which was removed. "
        "Choose another server, or add it again in the settings. Your text is kept.",
        remedies=(Remedy.OPEN_SETTINGS,),
    )


def _keeping(connection_id: str) -> str:
    return f"server.{connection_id}.keeps_responses"


def _report(connection_id: str) -> str:
    return f"server.{connection_id}.report"


def _place(connection: Connection) -> tuple[object, ...]:
    """What tells two servers apart: the address, the way there, and headers that may choose among several."""
    return connection.base_url, connection.preset, connection.headers, connection.proxy


def _stores(connection_id: str) -> str:
    return f"server.{connection_id}.has_stores"


def _read(row: JsonObject) -> Connection:
    source: KeySource = next((known for known in KEY_SOURCES if known == row.get("key_source")), "none")
    texts = {name: text_of(row.get(name)) for name in TEXTS}
    return Connection(
        **texts,
        key_source=source,
        auth="api-key" if row.get("auth") == "api-key" else "bearer",
        headers=_headers(row.get("headers")),
        connect_s=_seconds(row.get("connect_s")),
        silence_s=_seconds(row.get("silence_s")),
    )


def _headers(value: Json) -> tuple[tuple[str, str], ...]:
    """All of them, or none where somebody wrote into the settings what could not be entered."""
    pairs = [pair for pair in value if isinstance(pair, list)] if isinstance(value, list) else []
    headers = tuple((text_of(pair[0]), text_of(pair[1])) for pair in pairs if len(pair) == 2)
    try:
        check_headers(headers)
    except UseCaseFailure:
        return ()
    return headers


def _seconds(value: Json) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 < value <= LONGEST_S else 0
