"""uvicorn on a socket of ours, with its signals, logs and lifespan left to `server`."""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from chatapp.engine.bodies import LONGEST_BODY

HEAD_S = 20.0
"""How long a client may take to send a request's head."""


class Serving:
    """Serves one application until `end` is called, which may be at any time and more than once."""

    def __init__(self, app: ASGIApp, keep_alive_s: int, grace_s: int) -> None:
        # It reports every request cut off at the end as an error; those are cancelled on purpose.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self._server = _Server(
            uvicorn.Config(
                app,
                http=_Http,
                ws=cast("type[asyncio.Protocol]", _web_socket),
                ws_max_size=LONGEST_BODY,
                ws_per_message_deflate=False,
                lifespan="off",
                loop="asyncio",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=keep_alive_s,
                timeout_graceful_shutdown=grace_s,
            )
        )

    def end(self) -> None:
        """Take no more requests, give running ones their grace, then return from `until_ended`."""
        self._server.should_exit = True

    async def until_ended(self, listener: socket.socket, ready: Callable[[], None]) -> None:
        """Serve; `ready` is called once requests are answered."""
        self._server.when_ready = ready
        await self._server.serve([listener])


class _Http(H11Protocol):
    """Hangs up on a client that leaves the head of a request unfinished: uvicorn waits for it for ever, and whoever can
    reach the port could hold every connection there is."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._head_is_there()
        elif self._deadline is None:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._deadline = asyncio.get_running_loop().call_later(HEAD_S, self.transport.close)

    def _head_is_there(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _web_socket(**parts: Any) -> asyncio.Protocol:
    """uvicorn's protocol of a WebSocket, imported only once a client wants one."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    return WebSocketsSansIOProtocol(**parts)


class _Server(uvicorn.Server):
    when_ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.when_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
