"""Requests as they leave: whatever stands for a kept original is filled in for the server that is asked.

The one place that does it. What is stored, journalled and shown keeps the references of `conversation/references`.
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from chatapp.conversation.failures import Failure, Remedy
from chatapp.conversation.inputs import MB
from chatapp.conversation.references import Reference, filled_in, references_in
from chatapp.protocol.events import Event, ResponseEvent
from chatapp.protocol.json_types import JsonObject, text_of
from chatapp.services.ports import (
    UNTOLD,
    Connection,
    Original,
    Originals,
    ResponsesServer,
    ServerFailure,
    Servers,
    Told,
    VectorStoresServer,
)
from chatapp.services.tool_secrets import ToolSecrets, printed, withheld
from chatapp.services.use_case import UseCaseFailure, failure_of

LARGEST_REQUEST = 512 * MB
"""Bytes of originals inside one request, replayed turns included: what api.openai.com takes."""
OTHER_PURPOSE = "assistants"
"""Known to servers that refuse the newer purposes, such as Azure's."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """`fresh` is whether the server did not have the file before."""

    file_id: str
    fresh: bool


class Outgoing:
    """Fills in references from the kept originals, for any server."""

    def __init__(self, originals: Originals, servers: Servers, tool_secrets: ToolSecrets) -> None:
        self._originals = originals
        self._tool_secrets = tool_secrets
        self._servers = servers

    def server(self, connection: Connection) -> ResponsesServer:
        """The server's client, whose requests leave filled in."""
        return _OutgoingServer(self._servers.responses(connection), connection, self)

    async def filled_in(
        self, connection: Connection, request: JsonObject, may_send: bool = True
    ) -> JsonObject:
        """The request with bytes and file ids in the place of its references; files the server lacks are uploaded. The
        secrets of tools are in it where it is sent, and words in their place where it is not.

        Raises UseCaseFailure for an original that is gone or too much of them, for a file to be uploaded where
        nothing may be sent, and for an upload that fails.
        """
        references = references_in(request)
        if sum(reference.bytes for reference in references if reference.place == "data") > LARGEST_REQUEST:
            raise UseCaseFailure(TOO_MUCH)
        values = {
            reference: await self._value(connection, reference, may_send)
            for reference in dict.fromkeys(references)
        }
        whole = filled_in(request, values)
        return await self._tool_secrets.revealed(whole) if may_send else printed(whole)

    async def upload(
        self, connection: Connection, reference: Reference, progress: Callable[[int], None]
    ) -> Uploaded:
        """The file on the server: the one that is there already, or a new one. `progress` is told bytes."""
        client = self._servers.vector_stores(connection)
        known = await self._originals.file_id_for(connection.id, reference.sha256, reference.filename)
        if known is not None and await self._is_there(connection, known):
            return Uploaded(known, fresh=False)
        path = (await self._original(reference)).path
        try:
            found = await _uploaded(client, path, reference, progress)
        except OSError as problem:
            raise UseCaseFailure(_gone(reference, str(problem))) from problem
        file_id = text_of(found.get("id"))
        if not file_id:
            raise UseCaseFailure(NO_UPLOADS)
        await self._originals.link(connection.id, file_id, reference.sha256, reference.filename)
        return Uploaded(file_id, fresh=True)

    async def take_back(self, connection: Connection, file_id: str) -> None:
        """An upload that nothing was asked about."""
        await self._servers.vector_stores(connection).delete_file(file_id)
        await self._originals.unlink(connection.id, file_id)

    async def _value(self, connection: Connection, reference: Reference, may_send: bool) -> str:
        if reference.place == "id":
            return await self._file_id(connection, reference, may_send)
        path = (await self._original(reference)).path
        try:
            encoded = await asyncio.to_thread(_encoded, path)
        except OSError as problem:
            raise UseCaseFailure(_gone(reference, str(problem))) from problem
        return f"data:{reference.media_type};base64,{encoded}"

    async def _file_id(self, connection: Connection, reference: Reference, may_send: bool) -> str:
        if may_send:
            try:
                return (await self.upload(connection, reference, lambda sent: None)).file_id
            except ServerFailure as problem:
                # It was not the request that was refused: nothing in that can be mended.
                raise UseCaseFailure(failure_of(problem)) from problem
        known = await self._originals.file_id_for(connection.id, reference.sha256, reference.filename)
        if known is None:
            raise UseCaseFailure(has_to_be_sent(reference.filename))
        return known

    async def _is_there(self, connection: Connection, file_id: str) -> bool:
        """A server that cannot say it is believed to have what it was given."""
        try:
            await self._servers.vector_stores(connection).file(file_id)
        except ServerFailure as problem:
            if problem.status is None:
                raise
            if problem.status == 404:
                await self._originals.unlink(connection.id, file_id)
                return False
        return True

    async def _original(self, reference: Reference) -> Original:
        original = await self._originals.by_hash(reference.sha256)
        if original is None:
            raise UseCaseFailure(_gone(reference))
        return original


@dataclass(frozen=True, slots=True)
class _OutgoingServer:
    """Implements ResponsesServer: requests are filled in, all else is passed on."""

    _server: ResponsesServer
    _connection: Connection
    _outgoing: Outgoing

    async def stream(self, request: JsonObject, told: Told = UNTOLD) -> AsyncGenerator[Event, None]:
        whole = await self._outgoing.filled_in(self._connection, request)
        async with aclosing(self._server.stream(whole, told)) as events:
            async for event in events:
                yield _withheld(event) if isinstance(event, ResponseEvent) else event

    async def create(self, request: JsonObject, told: Told = UNTOLD) -> JsonObject:
        whole = await self._outgoing.filled_in(self._connection, request)
        return withheld(await self._server.create(whole, told))

    async def resume(
        self, response_id: str, after: int | None, told: Told = UNTOLD
    ) -> AsyncGenerator[Event, None]:
        async with aclosing(self._server.resume(response_id, after, told)) as events:
            async for event in events:
                yield _withheld(event) if isinstance(event, ResponseEvent) else event

    async def retrieve(self, response_id: str, told: Told = UNTOLD) -> JsonObject:
        return withheld(await self._server.retrieve(response_id, told))

    async def delete(self, response_id: str) -> None:
        await self._server.delete(response_id)

    async def cancel(self, response_id: str) -> JsonObject:
        return await self._server.cancel(response_id)

    async def input_items(self, response_id: str) -> list[JsonObject]:
        return await self._server.input_items(response_id)

    async def models(self) -> list[JsonObject]:
        return await self._server.models()

    async def count_input(self, request: JsonObject) -> int | None:
        """Without anything that only a question may bring: nothing is uploaded, and secrets stay here."""
        whole = await self._outgoing.filled_in(self._connection, request, may_send=False)
        return await self._server.count_input(whole)


def _withheld(event: ResponseEvent) -> ResponseEvent:
    response = withheld(event.response)
    if response is event.response:
        return event
    return replace(event, response=response, raw={**event.raw, "response": response})


TOO_MUCH = Failure(
    "inputs_too_large",
    "The files of this conversation are too large together",
    f"They go along with every question, and one request takes at most {LARGEST_REQUEST // MB} MB. "
    "Your question is kept. Begin a new conversation, or a branch without some of them.",
)
NO_UPLOADS = Failure(
    "no_uploads",
    "This server takes no uploads",
    "It did not say under which id it keeps the file. Send the file whole instead. Your question is kept.",
)


def has_to_be_sent(filename: str) -> Failure:
    return Failure(
        "not_whole",
        f"{filename} has to be uploaded before it can be asked about",
        "A printed request holds only what is inside it. Send the file whole, or name a vector store that has it.",
    )


def _gone(reference: Reference, details: str = "") -> Failure:
    name = reference.filename or "a file"
    return Failure(
        "original_gone",
        f"{name} is not on this computer any more",
        "It is part of this conversation, but its kept original is gone, so nothing was sent. "
        "Your question is kept. Edit the question that it came with and attach it again, or leave it out.",
        details,
        (Remedy.RETRY,),
    )


async def _uploaded(
    client: VectorStoresServer, path: Path, reference: Reference, progress: Callable[[int], None]
) -> JsonObject:
    try:
        return await client.upload(path, reference.filename, progress, reference.purpose)
    except ServerFailure as problem:
        if not _purpose_refused(problem):
            raise
        return await client.upload(path, reference.filename, progress, OTHER_PURPOSE)


def _purpose_refused(problem: ServerFailure) -> bool:
    return problem.status in (400, 422) and "purpose" in f"{problem.error.param} {problem.error.message}"


def _encoded(path: Path) -> str:
    return b64encode(path.read_bytes()).decode("ascii")
