"""WebSocket mode of /v1/responses: requests and events as JSON frames over a connection that stays.

A `response.create` frame is the body of POST /v1/responses. Requests of one `stream_id` (those without one are one lane
as well) go one after the other, other lanes at the same time. What was said here can be followed up here even
where it is not stored; after a request that failed, the response that it followed is forgotten.
"""

import asyncio
import json
from contextlib import aclosing, suppress

from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from chatapp.engine.asking import asked
from chatapp.engine.bodies import parsed_object
from chatapp.engine.checks import boolean, one_of, text
from chatapp.engine.context import Engine
from chatapp.engine.errors import ApiError, invalid, too_many, unsupported
from chatapp.engine.run import Run, as_api_error
from chatapp.protocol.json_types import JsonObject

MOST_WAITING = 64
"""Requests of a connection that have not ended."""
MOST_REMEMBERED = 32
"""Responses of a connection that can be followed up without being stored."""
LONGEST_LANE = 256
CREATE, STEER = "response.create", "response.steer"


async def respond(socket: WebSocket) -> None:
    """WS /v1/responses."""
    engine: Engine = socket.app.state.engine
    await socket.accept()
    serving = engine.running_work.start(Connection(engine, socket).serve())
    await asyncio.wait((serving,))


class Connection:
    """One client: its lanes, and what was said on it."""

    def __init__(self, engine: Engine, socket: WebSocket) -> None:
        self._engine = engine
        self._socket = socket
        self._tasks: set[asyncio.Task[None]] = set()
        self._lanes: dict[str | None, asyncio.Task[None]] = {}
        self._said: dict[str, list[JsonObject]] = {}

    async def serve(self) -> None:
        """Take frames until the client hangs up or the engine ends; then stop what still runs."""
        try:
            while (message := await self._socket.receive())["type"] != "websocket.disconnect":
                await self._take(message)
        except WebSocketDisconnect:
            pass
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, message: Message) -> None:
        lane: str | None = None
        try:
            frame = await _frame(message)
            lane = _lane(frame)
            kind = one_of(CREATE, STEER)(frame.pop("type", None) or "", "type")
            if kind == STEER:
                await self._refuse_steer(frame, lane)
                return
            if len(self._tasks) >= MOST_WAITING:
                raise too_many("Too many requests of this connection are waiting.")
        except ApiError as error:
            await self._send(_error_frame(error), lane)
            return
        task = asyncio.create_task(self._in_turn(self._lanes.get(lane), lane, frame))
        self._lanes[lane] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in_turn(self, before: asyncio.Task[None] | None, lane: str | None, body: JsonObject) -> None:
        """Answer a request once the one before it in its lane has ended."""
        if before:
            await asyncio.wait((before,))
        followed = body.get("previous_response_id")
        # A client that is gone is noticed by `serve` as well, which ends everything.
        with suppress(WebSocketDisconnect):
            if not await self._answered(body, lane) and isinstance(followed, str):
                self._said.pop(followed, None)
        if self._lanes.get(lane) is asyncio.current_task():
            del self._lanes[lane]

    async def _answered(self, body: JsonObject, lane: str | None) -> bool:
        """Whether the request was answered, and not refused or failed."""
        try:
            body, generates = _over_http(body)
            wanted = await asked(self._engine, body, self._said, generates=generates)
            run = Run(self._engine, wanted.run, self._engine.log.journal(stored=wanted.store))
            async with aclosing(run.batches()) as batches:
                async for events in batches:
                    for event in events:
                        await self._send(event, lane)
        except Exception as error:
            if isinstance(error, WebSocketDisconnect):
                raise
            await self._send(_error_frame(as_api_error(error)), lane)
            return False
        if run.response["status"] == "failed":
            return False
        self._remember(run.response["id"], [*wanted.said, *run.said])
        return True

    def _remember(self, response_id: str, said: list[JsonObject]) -> None:
        self._said[response_id] = said
        if len(self._said) > MOST_REMEMBERED:
            del self._said[next(iter(self._said))]

    async def _refuse_steer(self, frame: JsonObject, lane: str | None) -> None:
        message = "This server's models take no input while they answer. Send it when the response has ended."
        error = {"code": "steering_not_supported", "message": message, "type": "invalid_request_error"}
        steer = {"previous_response_id": "", "input": "", **frame}
        await self._send(
            {"type": f"{STEER}.failed", "sequence_number": 0, "error": error, "steer": steer}, lane
        )

    async def _send(self, frame: JsonObject, lane: str | None) -> None:
        named = frame if lane is None else frame | {"stream_id": lane}
        await self._socket.send_text(json.dumps(named, separators=(",", ":")))


async def _frame(message: Message) -> JsonObject:
    content = message.get("text")
    if content is None:
        raise invalid("A frame must be JSON text.", code="invalid_json")
    return await parsed_object(content.encode())


def _lane(frame: JsonObject) -> str | None:
    given = frame.pop("stream_id", None)
    return None if given is None else str(text(LONGEST_LANE)(given, "stream_id"))


def _over_http(frame: JsonObject) -> tuple[JsonObject, bool]:
    """The body that a frame would be over HTTP, and whether an answer is to be written. Raises ApiError 400."""
    body = {name: value for name, value in frame.items() if name != "generate"}
    if body.get("background"):
        message = "Background responses are for HTTP: here a response ends with its connection."
        raise unsupported(message, "background")
    generate = frame.get("generate")
    return body | {"stream": True}, generate is None or boolean(generate, "generate")


def _error_frame(error: ApiError) -> JsonObject:
    details = error.told() | {"code": error.code or error.type}
    return {"type": "error", "status": error.status, "error": details}
