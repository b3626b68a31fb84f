"""The door of the engine: every request and every WebSocket, to any route, is looked at here before anything else.

A loopback port can be reached by any program of the machine and, through the browser, by any web page. So:
the Host must be ours (against DNS rebinding), there must be no Origin (no page is served here), and the
token must be right. A body must be of a kind that some route reads (a page can send other kinds unasked), and not
compressed: nothing is unpacked here. And no more is done at once than the machine can bear.
"""

import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatapp.engine.bodies import ErrorResponse
from chatapp.engine.errors import ApiError, too_many
from chatapp.engine.ids import new_id

_FIRST = ("http.response.start", "websocket.accept", "websocket.http.response.start")
"""The messages that carry an answer's headers."""
BODY_TYPES = ("application/json", "multipart/form-data")
MOST_AT_ONCE = 256
"""Requests and WebSockets that are being answered."""
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Guard:
    """ASGI middleware. `port` is the one the engine listens on."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = frozenset(f"{name}:{port}" for name in LOOPBACK_NAMES)
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = new_id("req")

        async def named(message: Message) -> None:
            if message["type"] in _FIRST:
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        headers = Headers(scope=scope)
        refusal = self._stranger(headers) or _unreadable(headers) or self._one_too_many()
        if refusal:
            await ErrorResponse(refusal)(scope, receive, named)
            return
        self._running += 1
        try:
            await self._app(scope, receive, named)
        finally:
            self._running -= 1

    def _one_too_many(self) -> ApiError | None:
        if self._running < MOST_AT_ONCE:
            return None
        return too_many(f"{MOST_AT_ONCE} requests are being answered. Try again when some have ended.")

    def _stranger(self, headers: Headers) -> ApiError | None:
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


def _unreadable(headers: Headers) -> ApiError | None:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind not in BODY_TYPES:
        return _unsupported(f"The content type must be {' or '.join(BODY_TYPES)}.")
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        return _unsupported("The body must not be compressed: there must be no Content-Encoding.")
    return None


def _unsupported(message: str) -> ApiError:
    return ApiError(415, message, code="unsupported_media_type")


def _forbidden(message: str, code: str) -> ApiError:
    return ApiError(403, message, code=code, type="permission_error")
