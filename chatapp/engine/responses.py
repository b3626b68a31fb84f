"""The endpoints under /v1/responses: create (streamed or not), retrieve, delete, input items."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from chatapp.engine.asking import asked
from chatapp.engine.bodies import CLIENT_GONE, read_object
from chatapp.engine.checks import one_of
from chatapp.engine.context import engine_of
from chatapp.engine.errors import ApiError, not_found, unsupported
from chatapp.engine.paging import page_of, paging_of
from chatapp.engine.recovery import output_so_far
from chatapp.engine.response_log import NoJournal, StoredResponse
from chatapp.engine.response_object import presented
from chatapp.engine.run import Run
from chatapp.engine.running_work import RunningWork
from chatapp.engine.validation import INCLUDABLE
from chatapp.protocol.json_types import JsonObject


async def create(request: Request) -> Response:
    """POST /v1/responses."""
    engine = engine_of(request)
    wanted = await asked(engine, await read_object(request), {})
    run = Run(engine, wanted.run, engine.log.journal() if wanted.store else NoJournal())
    if not wanted.stream:
        finished = await engine.running_work.until(_hung_up(request.receive), _finished(run))
        return JSONResponse(finished) if finished else Response(status_code=CLIENT_GONE)
    batches = run.batches()
    # The first events are kept before the status line is sent, so a full disk is still a plain 500.
    return EventStream(engine.running_work, await anext(batches), batches)


async def retrieve(request: Request) -> Response:
    """GET /v1/responses/{id}."""
    if request.query_params.get("stream", "false") != "false":
        raise unsupported("This server does not replay streams. Leave out 'stream'.", "stream")
    include = _include(request)
    body = (await _stored(request)).body
    if body["status"] == "in_progress":
        body["output"] = output_so_far(await engine_of(request).log.events(body["id"]))
    return JSONResponse(presented(body, include))


async def delete(request: Request) -> Response:
    """DELETE /v1/responses/{id}."""
    identity = request.path_params["response_id"]
    if not await engine_of(request).log.delete(identity):
        raise _no_such_response(identity)
    return JSONResponse({"id": identity, "object": "response.deleted", "deleted": True})


async def input_items(request: Request) -> Response:
    """GET /v1/responses/{id}/input_items."""
    paging = paging_of(request.query_params)
    _include(request)
    return JSONResponse(page_of((await _stored(request)).input_items, paging))


class EventStream(Response):
    """Sends batches of events as they come; a client that hangs up closes the run."""

    media_type = "text/event-stream; charset=utf-8"

    def __init__(
        self, running: RunningWork, first: list[JsonObject], rest: AsyncGenerator[list[JsonObject], None]
    ) -> None:
        self._running = running
        self._first = first
        self._rest = rest
        self.status_code = 200
        self.background = None
        self.init_headers({"content-type": self.media_type, "cache-control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._running.until(_hung_up(receive), self._send_all(send))

    async def _send_all(self, send: Send) -> None:
        async with aclosing(self._rest) as rest:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": _framed(self._first), "more_body": True})
            async for batch in rest:
                await send({"type": "http.response.body", "body": _framed(batch), "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def _framed(events: list[JsonObject]) -> bytes:
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event, separators=(',', ':'))}\n\n".encode("ascii")
        for event in events
    )


async def _finished(run: Run) -> JsonObject:
    async with aclosing(run.batches()) as batches:
        async for _ in batches:
            pass
    return run.response


async def _stored(request: Request) -> StoredResponse:
    identity = request.path_params["response_id"]
    stored = await engine_of(request).log.get(identity)
    if stored is None:
        raise _no_such_response(identity)
    return stored


def _no_such_response(identity: str) -> ApiError:
    return not_found(f"Response with id '{identity}' not found.")


def _include(request: Request) -> list[str]:
    query = request.query_params
    check = one_of(*INCLUDABLE)
    return [check(one, "include") for one in (*query.getlist("include"), *query.getlist("include[]"))]


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
