"""Events as server-sent events: one body for answers that are written now and for those that are replayed."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chatapp.engine.context import Engine
from chatapp.protocol.json_types import JsonObject

DONE = b"data: [DONE]\n\n"
"""What Open Responses wants after the last event. api.openai.com sends none, and every client takes both."""
_LAST = frozenset(("response.completed", "response.incomplete", "response.failed"))

_encoded = json.JSONEncoder(separators=(",", ":")).encode


class EventStream(Response):
    """Sends batches of events as they come; a client that hangs up closes their source."""

    media_type = "text/event-stream; charset=utf-8"

    def __init__(
        self, engine: Engine, first: list[JsonObject], rest: AsyncGenerator[list[JsonObject], None]
    ) -> None:
        self._engine = engine
        self._first = first
        self._rest = rest
        self.status_code = 200
        self.background = None
        self.init_headers({"content-type": self.media_type, "cache-control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._engine.running_work.until(hung_up(receive), self._send_all(send))

    async def _send_all(self, send: Send) -> None:
        """Each batch as it comes, and the last one with the end of the stream."""
        async with aclosing(self._rest) as rest:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            held = await _sent_or_held(send, self._first)
            async for batch in rest:
                held = await _sent_or_held(send, batch)
        end = DONE if self._engine.ends_with_done else b""
        await send({"type": "http.response.body", "body": held + end, "more_body": False})


async def _sent_or_held(send: Send, batch: list[JsonObject]) -> bytes:
    """Sends a batch, unless it is the last one: that is returned."""
    body = _framed(batch)
    if batch and batch[-1]["type"] in _LAST:
        return body
    await send({"type": "http.response.body", "body": body, "more_body": True})
    return b""


async def hung_up(receive: Receive) -> None:
    """Returns once the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _framed(events: list[JsonObject]) -> bytes:
    return "".join(f"event: {event['type']}\ndata: {_encoded(event)}\n\n" for event in events).encode("ascii")
