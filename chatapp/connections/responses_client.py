"""The Responses API of one server: streams of events, and responses by id. `services/ports` says what is due."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from urllib.parse import quote

from chatapp.connections.bodies import object_or_fail, parse_json
from chatapp.connections.event_stream import EventStream, events_of_object, is_end, is_last
from chatapp.connections.http import Answer, Call, Http, Silence
from chatapp.connections.paging import all_pages
from chatapp.connections.withholding import Withheld
from chatapp.protocol.errors import ApiError
from chatapp.protocol.events import Event
from chatapp.protocol.json_types import JsonObject, index_of, objects_of
from chatapp.services.ports import QUIET, UNTOLD, ServerFailure, Told

FINISH_S = 0.05
"""How long the last bytes of an answer may take once its last event is there. Most come with it."""
CUT = ApiError("The connection ended before the answer was complete.")


class ResponsesClient:
    """Implements ResponsesServer over HTTP."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def stream(self, request: JsonObject, told: Told = UNTOLD) -> AsyncGenerator[Event, None]:
        """POST /responses, with stream true where the request does not say: its events, up to and with the one that
        ends the answer.

        That is one event, or an `error` and the `response.failed` after it.

        Raises ServerFailure; "cut" when the server stops before such an event. Close the iterator to hang up.
        """
        whole = {**request, "stream": request.get("stream", True)}
        return self._to_the_end(Call("POST", "/responses", json=whole), told)

    def resume(self, response_id: str, after: int | None, told: Told = UNTOLD) -> AsyncGenerator[Event, None]:
        """GET /responses/{id} with stream true: the events numbered above `after`, or all; ends like `stream`."""
        query: dict[str, str | int] = {"stream": "true"}
        if after is not None:
            query["starting_after"] = after
        return self._to_the_end(Call("GET", _path(response_id), query), told)

    async def create(self, request: JsonObject, told: Told = UNTOLD) -> JsonObject:
        """POST /responses, answered in one piece."""
        return await self._object(Call("POST", "/responses", json={**request, "stream": False}), told)

    async def retrieve(self, response_id: str, told: Told = UNTOLD) -> JsonObject:
        return await self._object(Call("GET", _path(response_id)), told)

    async def delete(self, response_id: str) -> None:
        await self._http.json(Call("DELETE", _path(response_id)))

    async def cancel(self, response_id: str) -> JsonObject:
        return await self._object(Call("POST", f"{_path(response_id)}/cancel"))

    async def input_items(self, response_id: str) -> list[JsonObject]:
        """All input items, the oldest first."""
        return await all_pages(self._http, Call("GET", f"{_path(response_id)}/input_items", {"order": "asc"}))

    async def models(self) -> list[JsonObject]:
        return objects_of((await self._object(Call("GET", "/models"))).get("data"))

    async def count_input(self, request: JsonObject) -> int | None:
        found = await self._object(Call("POST", "/responses/input_tokens", json=request), QUIET)
        return index_of(found.get("input_tokens"))

    async def _object(self, call: Call, told: Told = UNTOLD) -> JsonObject:
        return object_or_fail(await self._http.json(call, told))

    async def _to_the_end(self, call: Call, told: Told) -> AsyncGenerator[Event, None]:
        ended = False
        async with self._http.open(call, told) as answer, aclosing(self._events(answer)) as events:
            async for event in events:
                yield event
                ended = is_end(event)
        if not ended:
            raise ServerFailure("cut", CUT)

    async def _events(self, answer: Answer) -> AsyncGenerator[Event, None]:
        """The events of an accepted answer: a stream, or one JSON object where the server does not stream.

        Which of the two it is shows in the first byte; content types are not to be relied on. Only events count as
        progress, so comments cannot keep a dead stream alive.
        """
        silence = Silence(self._http.limits.silence_s)
        async with aclosing(answer.chunks(silence)) as chunks:
            head = await _first_bytes(chunks)
            if head[:1] in (b"{", b"[", b"<"):
                for event in events_of_object(
                    parse_json(answer.withheld.body(await self._rest(head, chunks)))
                ):
                    yield event
                return
            async with aclosing(_streamed(head, chunks, silence, answer.withheld)) as events:
                async for event in events:
                    yield event

    async def _rest(self, head: bytes, chunks: AsyncGenerator[bytes, None]) -> bytes:
        body = bytearray(head)
        async for chunk in chunks:
            body += chunk
            if len(body) > self._http.limits.json_bytes:
                raise ServerFailure("oversized", ApiError("The server's answer is too large."))
        return bytes(body)


async def _first_bytes(chunks: AsyncGenerator[bytes, None]) -> bytes:
    """The first chunk that is not blank, without blanks before it; b"" when the body has none."""
    async for chunk in chunks:
        if text := chunk.lstrip():
            return text
    return b""


async def _streamed(
    head: bytes, chunks: AsyncGenerator[bytes, None], silence: Silence, withheld: Withheld
) -> AsyncGenerator[Event, None]:
    """Events up to the one that ends the answer, or to the end of the body.

    An `error` may be followed by the response as it failed (Open Responses does that): nothing else is given out then,
    and it is not waited for long.
    """
    stream = EventStream(withheld)
    chunk = head
    has_error = False
    try:
        while chunk:
            for event in stream.feed(chunk):
                if has_error and not is_last(event):
                    continue
                silence.broken()
                yield event
                if is_last(event):
                    await _let_finish(chunks, silence)
                    return
                if is_end(event):
                    has_error = True
                    silence.end_within(FINISH_S)
            chunk = await anext(chunks, b"")
    except ServerFailure as failure:
        if failure.kind != "cut" and not has_error:
            raise
    # However the connection ended: with no last event among these, the answer counts as cut.
    last = stream.close()
    if last and (is_last(last) or not has_error):
        yield last


async def _let_finish(chunks: AsyncGenerator[bytes, None], silence: Silence) -> None:
    """Reads a body that is about to end to its end, so that the next request finds the connection open."""
    silence.end_within(FINISH_S)
    with suppress(ServerFailure):
        async for _ in chunks:
            pass


def _path(response_id: str) -> str:
    return f"/responses/{quote(response_id, safe='')}"
