"""uvicorn on a socket of ours, with its signals, logs and lifespan left to `server`."""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from chatapp.engine.bodies import LONGEST_BODY


class Serving:
    """Serves one application until `end` is called, which may be at any time and more than once."""

    def __init__(self, app: ASGIApp, keep_alive_s: int, grace_s: int) -> None:
        # It reports every request cut off at the end as an error; those are cancelled on purpose.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self._server = _Server(
            uvicorn.Config(
                app,
                http="h11",
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
