"""The door of the engine: every request and every WebSocket, to any route, is looked at here before anything else.

A loopback port can be reached by any program of the machine and, through the browser, by any web page. So:
the Host must be ours (against DNS rebinding), there must be no Origin (no page is served here), and the
token must be right.
"""

import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatapp.engine.bodies import ErrorResponse
from chatapp.engine.errors import ApiError
from chatapp.engine.ids import new_id

_FIRST = ("http.response.start", "websocket.accept", "websocket.http.response.start")
"""The messages that carry an answer's headers."""
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Guard:
    """ASGI middleware. `port` is the one the engine listens on."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = frozenset(f"{name}:{port}" for name in LOOPBACK_NAMES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = new_id("req")

        async def named(message: Message) -> None:
            if message["type"] in _FIRST:
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        if refusal:
            await ErrorResponse(refusal)(scope, receive, named)
        else:
            await self._app(scope, receive, named)

    def _refusal(self, headers: Headers) -> ApiError | None:
        if headers.get("host", "").lower() not in self._hosts:
            return _forbidden("This server answers on the loopback address only.", "host_not_allowed")
        if "origin" in headers:
            return _forbidden("This server does not answer web pages.", "origin_not_allowed")
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), self._token):
            return None
        return ApiError(
            401, "Incorrect or missing API key.", code="invalid_api_key", type="authentication_error"
        )


def _forbidden(message: str, code: str) -> ApiError:
    return ApiError(403, message, code=code, type="permission_error")
