"""How many tokens a question will bring, as its server counts them before it is sent.

What is typed leaves this computer with it: a server elsewhere is asked only where the user wants that.
"""

import asyncio
from typing import Final
from urllib.parse import urlsplit

from chatapp.conversation.references import references_in
from chatapp.conversation.sending import Asked, build
from chatapp.protocol.json_types import JsonObject, object_of, objects_of
from chatapp.services.address_book import ENGINE
from chatapp.services.known_servers import is_here
from chatapp.services.ports import NOT_THERE, Connection, ServerFailure, Settings
from chatapp.services.surroundings import Surroundings
from chatapp.services.use_case import use_case
from chatapp.services.ways import way_to

COUNT_S: Final = 5.0
MOST_REPLAYED: Final = 40
"""Turns that are sent along only to be counted."""
COUNTED: Final = (
    "model", "input", "instructions", "tools", "text", "reasoning", "truncation", "conversation",
    "previous_response_id", "tool_choice", "parallel_tool_calls",
)  # fmt: skip
"""What the API's own count takes of a request."""
WANTED: Final = "counts_while_writing"
"""The preference that says, by server, whether it counts what is not sent yet."""


class Counting:
    def __init__(self, around: Surroundings, settings: Settings) -> None:
        self._around = around
        self._settings = settings

    @use_case
    async def wanted(self, server: str) -> bool | None:
        """Whether a server is asked; None for one that has shown that it does not count."""
        if await self._settings.get(_refused(server)) is True:
            return None
        said = object_of(await self._settings.get(f"preference.{WANTED}")).get(server)
        return said if isinstance(said, bool) else runs_here(await self._around.book.get(server))

    @use_case
    async def want(self, server: str, wanted: bool) -> None:
        name = f"preference.{WANTED}"
        await self._settings.set(name, {**object_of(await self._settings.get(name)), server: wanted})

    @use_case
    async def count(self, conversation_id: str, asked: Asked) -> int | None:
        """The tokens of a question under these parameters; None where its server is not to be asked, does not say, or
        could only be told with files, with the secrets of tools, or with half of the conversation sent along."""
        if not await self.wanted(asked.server):
            return None
        connection = await self._around.book.get(asked.server)
        try:
            async with asyncio.timeout(COUNT_S):
                return await self._counted(connection, conversation_id, asked)
        except (TimeoutError, ServerFailure):
            return None

    async def _counted(self, connection: Connection, conversation_id: str, asked: Asked) -> int | None:
        offered = () if connection.default_model else await self._around.servers.known_models(connection)
        model = next(iter(offered), "")
        way = await way_to(self._around, connection.id, asked.parameters, conversation_id, model)
        if not way.chained and len(asked.path) > MOST_REPLAYED:
            return None
        request = build(asked, way).request
        if references_in(request) or not _is_plain(request):
            return None
        return await self._ask(connection, {name: request[name] for name in COUNTED if name in request})

    async def _ask(self, connection: Connection, request: JsonObject) -> int | None:
        """Raises ServerFailure; one that shows that the server does not count is remembered. Where an earlier answer is
        named, it may be that one which is not there: the question alone then tells."""
        try:
            return await self._around.servers.responses(connection).count_input(request)
        except ServerFailure as problem:
            if problem.status in NOT_THERE:
                alone = {name: value for name, value in request.items() if name != "previous_response_id"}
                if alone == request:
                    await self._settings.set(_refused(connection.id), True)
                else:
                    await self._ask(connection, alone)
            raise


def runs_here(connection: Connection) -> bool:
    """Whether a server is on this computer."""
    try:
        host = urlsplit(connection.base_url).hostname
    except ValueError:
        return False
    return connection.id == ENGINE.id or is_here(host or "")


def _is_plain(request: JsonObject) -> bool:
    """Whether nothing in it would have the server call somebody else, or needs a secret."""
    return all(tool.get("type") != "mcp" for tool in objects_of(request.get("tools")))


def _refused(server: str) -> str:
    return f"server.{server}.counts_nothing"
