"""The endpoints under /v1/responses: create, retrieve, replay, cancel, delete, input items.

A response is made in one of three ways: at once (the run goes as the client waits), streamed (it goes as the client
reads), or in the background (it goes by itself, and whoever reads follows what is kept).
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chatapp.engine.asking import Asked, asked, only, prepared
from chatapp.engine.bodies import CLIENT_GONE, read_object
from chatapp.engine.checks import digits, flag
from chatapp.engine.context import Engine, engine_of
from chatapp.engine.errors import ApiError, invalid, not_found, unsupported
from chatapp.engine.event_stream import EventStream, hung_up
from chatapp.engine.paging import page_of, paging_of
from chatapp.engine.recovery import output_so_far
from chatapp.engine.response_log import StoredResponse
from chatapp.engine.run import Run
from chatapp.engine.view import View, view_of
from chatapp.protocol.json_types import JsonObject

COUNTED = (
    "model", "input", "instructions", "previous_response_id", "conversation", "tools", "tool_choice", "text",
    "reasoning", "truncation", "parallel_tool_calls", "personality",
)  # fmt: skip
"""Parameters that say how long a request is."""
HIGHEST_NUMBER = 2**53
"""Of a sequence number in a query string."""


async def create(request: Request) -> Response:
    """POST /v1/responses."""
    engine = engine_of(request)
    wanted = await asked(engine, await read_object(request), {})
    run = Run(engine, wanted.run, engine.log.journal(stored=wanted.store))
    if run.response["background"]:
        return await _in_background(engine, run, wanted)
    if not wanted.stream:
        finished = await engine.running_work.until(hung_up(request.receive), _finished(run))
        return JSONResponse(finished) if finished else Response(status_code=CLIENT_GONE)
    return await _streamed(engine, run.batches())


async def _in_background(engine: Engine, run: Run, wanted: Asked) -> Response:
    engine.background.check_room()
    batches = run.batches()
    await anext(batches)
    queued = run.response
    engine.background.start(queued["id"], _drained(batches))
    if not wanted.stream:
        return JSONResponse(queued)
    return await _streamed(engine, _followed(engine, queued["id"], wanted.run.view))


async def _streamed(engine: Engine, batches: AsyncGenerator[list[JsonObject], None]) -> Response:
    # The first events are kept before the status line is sent, so a full disk is still a plain 500.
    return EventStream(engine, await anext(batches), batches)


async def retrieve(request: Request) -> Response:
    """GET /v1/responses/{id}: the response as it stands, or its events from the beginning or a number on."""
    engine, view = engine_of(request), view_of(request.query_params)
    body = (await _stored(request)).body
    if flag(request.query_params, "stream"):
        return await _replayed(engine, body, view, _starting_after(request))
    if "starting_after" in request.query_params:
        message = "'starting_after' is only allowed when 'stream' is true."
        raise invalid(message, "starting_after", "invalid_value")
    if body["status"] == "in_progress":
        body["output"] = output_so_far(await engine.log.events(body["id"]))
    return JSONResponse(view.response(body))


async def _replayed(engine: Engine, body: JsonObject, view: View, after: int) -> Response:
    if not await engine.log.has_events(body["id"]):
        message = "The events of this response are no longer kept. Retrieve it without 'stream'."
        raise invalid(message, "stream", "stream_expired")
    batches = _followed(engine, body["id"], view, after)
    return EventStream(engine, await anext(batches, []), batches)


async def _followed(
    engine: Engine, response_id: str, view: View, after: int = -1
) -> AsyncGenerator[list[JsonObject], None]:
    async with aclosing(engine.log.follow(response_id, after)) as batches:
        async for events in batches:
            yield view.events(events)


async def cancel(request: Request) -> Response:
    """POST /v1/responses/{id}/cancel: for background responses; one that has ended stays as it is."""
    engine = engine_of(request)
    body = (await _stored(request)).body
    if not body["background"]:
        message = "Only responses created with 'background' set to true can be cancelled."
        raise invalid(message, "response_id", "invalid_value")
    await engine.background.cancel(body["id"])
    return JSONResponse(View().response((await _stored(request)).body))


async def delete(request: Request) -> Response:
    """DELETE /v1/responses/{id}."""
    identity = request.path_params["response_id"]
    await engine_of(request).background.cancel(identity)
    if not await engine_of(request).log.delete(identity):
        raise _no_such_response(identity)
    return JSONResponse({"id": identity, "object": "response.deleted", "deleted": True})


async def input_items(request: Request) -> Response:
    """GET /v1/responses/{id}/input_items."""
    paging = paging_of(request.query_params)
    view = view_of(request.query_params)
    return JSONResponse(page_of(view.items((await _stored(request)).input_items), paging))


async def input_tokens(request: Request) -> Response:
    """POST /v1/responses/input_tokens: how long a request would be for its model."""
    body = only(await read_object(request), COUNTED)
    if body.pop("personality", None) is not None:
        raise unsupported("This server's models have one personality each.", "personality")
    task, _ = await prepared(engine_of(request), body)
    tokens = await task.generator.count_tokens(task.prompt())
    return JSONResponse({"object": "response.input_tokens", "input_tokens": tokens})


async def _finished(run: Run) -> JsonObject:
    await _drained(run.batches())
    return run.response


async def _drained(batches: AsyncGenerator[list[JsonObject], None]) -> None:
    async with aclosing(batches):
        async for _ in batches:
            pass


async def _stored(request: Request) -> StoredResponse:
    identity = request.path_params["response_id"]
    stored = await engine_of(request).log.get(identity)
    if stored is None:
        raise _no_such_response(identity)
    return stored


def _no_such_response(identity: str) -> ApiError:
    return not_found(f"Response with id '{identity}' not found.")


def _starting_after(request: Request) -> int:
    """The sequence number after which a replay begins; -1: with the first event."""
    text = request.query_params.get("starting_after")
    return -1 if text is None else digits(text, "starting_after", 0, HIGHEST_NUMBER)
