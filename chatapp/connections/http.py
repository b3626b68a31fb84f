"""The one place where the network is touched: httpx, bounded. The clients next door speak in paths and JSON.

What httpx does not do is done here: every body has a limit, silence is counted in what the reader calls progress,
redirects are not followed, retries are the SDK's, and no key comes into a message, a repr or a log.
"""

import asyncio
import logging
import os
import socket
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from chatapp import __version__
from chatapp.connections.bodies import json_bytes, parse_json, unpacker, value_or_fail
from chatapp.connections.endpoint import Endpoint, auth_headers, check_address
from chatapp.connections.refusals import limits_of, refusal
from chatapp.connections.retries import SDK_RULE, NotSent, RetryRule
from chatapp.connections.route import Route
from chatapp.connections.withholding import NOTHING_WITHHELD, Withheld, withheld_of
from chatapp.protocol.errors import ApiError
from chatapp.protocol.json_types import Json, JsonObject
from chatapp.services.ports import UNTOLD, ServerFailure, Told

if TYPE_CHECKING:
    import httpx

TALKATIVE = ("httpx", "httpcore")
"""Loggers that write full URLs (at INFO) and headers (at DEBUG)."""

DROPPED = (ConnectionResetError, ssl.SSLEOFError)
"""How a connection ends that the other side drops."""
PICTURES = "image/png,image/jpeg,image/webp,image/gif;q=0.9"
LONGEST_REASON = 100
"""Characters of a proxy's reason that are worth showing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes. `silence_s` bounds the wait for the head of an answer, for the whole of a JSON body, and
    between two pieces of progress of a stream; `error_s` and `error_bytes` bound the body of a refusal."""

    connect_s: float = 5.0
    write_s: float = 60.0
    silence_s: float = 600.0
    error_s: float = 10.0
    json_bytes: int = 64 << 20
    error_bytes: int = 1 << 20


USUAL = Limits()
USUAL_ROUTE = Route()


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is below the base URL, quoted. `content` makes a body that is streamed, anew each time."""

    method: str
    path: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    json: JsonObject | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: Callable[[], AsyncIterator[bytes]] | None = None


class Silence:
    """How long a server has been silent. The reader says what counts as progress by calling `broken`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.broken()

    def broken(self) -> None:
        self.deadline = asyncio.get_running_loop().time() + self.seconds

    def end_within(self, seconds: float) -> None:
        """Nothing more is expected: whatever comes, it is over after `seconds`."""
        self.deadline = asyncio.get_running_loop().time() + seconds


class Answer:
    """An answer whose head has come. Its body is read once, by `chunks` or by `json`. `withheld` is what is taken out
    of all that is said in it; `chunks` are the bytes as they come."""

    def __init__(
        self, response: "httpx.Response", limits: Limits, host: str, withheld: Withheld = NOTHING_WITHHELD
    ) -> None:
        self._response = response
        self._limits = limits
        self._host = host
        self.withheld = withheld

    async def chunks(self, silence: Silence) -> AsyncGenerator[bytes, None]:
        """The body as it arrives. Raises ServerFailure: timeout when `silence` runs out, cut, malformed."""
        unpack = unpacker(self._response.headers.get("content-encoding", ""))
        with _told_plainly(self._host):
            # httpx calls it an iterator; it is a generator, and one that must not be left half read.
            async with aclosing(cast("AsyncGenerator[bytes, None]", self._response.aiter_raw())) as raw:
                while chunk := await _next(raw, silence):
                    for piece in unpack(chunk):
                        yield piece

    async def body(self, limit: int, seconds: float) -> bytes:
        """The whole body. Raises ServerFailure("oversized") beyond `limit` bytes, ("timeout") after `seconds`."""
        held = bytearray()
        async with aclosing(self.chunks(Silence(seconds))) as chunks:
            async for chunk in chunks:
                held += chunk
                if len(held) > limit:
                    raise ServerFailure(
                        "oversized", ApiError(f"The server's answer is larger than {limit} bytes.")
                    )
        return bytes(held)

    async def json(self) -> Json:
        """The body as JSON; {} when there is none. Raises ServerFailure."""
        body = await self.body(self._limits.json_bytes, self._limits.silence_s)
        return parse_json(self.withheld.body(body))


class Http:
    """Sends calls to one server. Bound to the loop it is first used on; close it there.

    `endpoint` is asked before every attempt, so that a new key or a restarted engine counts at once.
    `told` hears of the calls that nobody else listens to. Once it is retired, it closes whenever no call is open.
    """

    def __init__(
        self,
        endpoint: Callable[[], Awaitable[Endpoint]],
        limits: Limits = USUAL,
        retry: RetryRule = SDK_RULE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        told: Told = UNTOLD,
        route: Route = USUAL_ROUTE,
    ) -> None:
        self._endpoint = endpoint
        self.limits = limits
        self._retry = retry
        self._sleep = sleep
        self._told = told
        self._route = route
        self._clients: dict[bool, httpx.AsyncClient] = {}
        self._open_calls = 0
        self._retired = False

    async def json(self, call: Call, told: Told = UNTOLD) -> Json:
        """The JSON of an accepted call. Raises ServerFailure."""
        async with self.open(call, told) as answer:
            return value_or_fail(await answer.json())

    @asynccontextmanager
    async def open(self, call: Call, told: Told = UNTOLD) -> AsyncGenerator[Answer, None]:
        """An accepted call's answer; leaving the block closes the connection if the body was not read to its end.
        `told` hears of this call, if it is given.
        """
        told = self._told if told is UNTOLD else told
        attempts = self._retry.retrying(self._sleep, told)
        async with self._counted():
            accepted: tuple[Answer, httpx.Response] = await attempts(self._attempt, call, told)
            answer, response = accepted
            try:
                yield answer
            finally:
                await response.aclose()

    async def retire(self) -> None:
        """Closes the connections once nobody uses them: what is under way goes on to its end."""
        self._retired = True
        if not self._open_calls:
            await self.aclose()

    async def aclose(self) -> None:
        clients = list(self._clients.values())
        self._clients.clear()
        for client in clients:
            await client.aclose()

    @asynccontextmanager
    async def _counted(self) -> AsyncGenerator[None, None]:
        self._open_calls += 1
        try:
            yield
        finally:
            self._open_calls -= 1
            if self._retired and not self._open_calls:
                await self.aclose()

    async def _attempt(self, call: Call, told: Told) -> "tuple[Answer, httpx.Response]":
        """One request, accepted. Raises ServerFailure for every other end."""
        endpoint = await self._endpoint()
        response = await self._send(call, endpoint)
        withheld = withheld_of(endpoint, call.json)
        headers = {name: withheld.text(text) for name, text in response.headers.items()}
        if limits := limits_of(headers):
            told.limits(limits)
        answer = Answer(response, self.limits, self._route.place(endpoint), withheld)
        if response.status_code >= 300:
            raise await self._refusal(response, answer, headers)
        return answer, response

    async def _send(self, call: Call, endpoint: Endpoint) -> "httpx.Response":
        """The head of an answer, whatever its status."""
        check_address(endpoint)
        self._route.check(endpoint)
        headers = self._headers(call, endpoint)
        client = self._client(endpoint)
        # A streamed upload may take as long as it moves on: each of its writes has a limit of its own.
        limit = None if call.content else self.limits.connect_s + self.limits.silence_s
        with _told_plainly(self._route.place(endpoint)):
            async with asyncio.timeout(limit):
                return await _send_once(client, call, endpoint.url(call.path, call.query), headers)

    def _headers(self, call: Call, endpoint: Endpoint) -> dict[str, str]:
        """Names in lower case, so that each goes once; what is needed here wins over what the user set."""
        usual = {"User-Agent": f"chatapp/{__version__}"}
        needed = {"Accept": "application/json, text/event-stream", "Accept-Encoding": "identity"}
        body = {} if call.json is None else {"Content-Type": "application/json"}
        layers = (usual, dict(endpoint.headers), needed, body, auth_headers(endpoint), call.headers)
        return {name.lower(): text for layer in layers for name, text in layer.items()}

    def _client(self, endpoint: Endpoint) -> "httpx.AsyncClient":
        """Two at most: the environment's proxies are for servers beyond this computer only."""
        if endpoint.is_loopback not in self._clients:
            trusts = self._route.trusts_environment(endpoint)
            self._clients[endpoint.is_loopback] = _new_client(self.limits, self._route, trusts)
        return self._clients[endpoint.is_loopback]

    async def _refusal(
        self, response: "httpx.Response", answer: Answer, headers: Mapping[str, str]
    ) -> ServerFailure:
        """What the server said; its status alone when the body does not come, or comes too large."""
        try:
            body = await answer.body(self.limits.error_bytes, self.limits.error_s)
        except ServerFailure:
            body = b""
        finally:
            await response.aclose()
        return refusal(response.status_code, headers, answer.withheld.body(body), time.time())


def wire_name(address: str) -> str:
    """The host of a web address in the letters of the wire. Raises ServerFailure for one that has none."""
    import httpx

    with _told_plainly(""):
        return httpx.URL(address).raw_host.decode()


@asynccontextmanager
async def fetching(
    address: str, place: str, limits: Limits, route: Route
) -> AsyncGenerator[tuple[int, Mapping[str, str], Answer], None]:
    """(status, headers, body) of what a web address answers, whatever that is, from the host's IP address `place`;
    without one, by the route's proxy.

    Nobody's key, cookie or password goes along, and nothing is kept. Raises ServerFailure.
    """
    import httpx

    url = httpx.URL(address).copy_with(userinfo=b"", fragment=None)
    headers = {"Host": url.netloc.decode(), "User-Agent": f"chatapp/{__version__}", "Accept": PICTURES}
    headers["Accept-Encoding"] = "identity"
    name = url.raw_host.decode()
    client = _new_client(limits, route, trust_environment=False)
    try:
        client.headers.clear()
        request = client.build_request(
            "GET",
            url.copy_with(host=place) if place else url,
            headers=headers,
            extensions={"sni_hostname": name} if place else {},
        )
        with _told_plainly(name):
            async with asyncio.timeout(limits.connect_s + limits.silence_s):
                response = await client.send(request, stream=True)
        try:
            yield response.status_code, response.headers, Answer(response, limits, name)
        finally:
            await response.aclose()
    finally:
        await client.aclose()


def _new_client(limits: Limits, route: Route, trust_environment: bool) -> "httpx.AsyncClient":
    """Importing httpx costs more than an empty window, so it is done here, at the first call, off the UI thread."""
    import httpx

    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    timeout = httpx.Timeout(limits.silence_s, connect=limits.connect_s, write=limits.write_s)
    trusted = route.certificates()
    try:
        return httpx.AsyncClient(
            verify=trusted,
            timeout=timeout,
            follow_redirects=False,
            trust_env=trust_environment,
            proxy=_proxy(route, trusted),
        )
    except (ValueError, ImportError, httpx.InvalidURL):
        # The proxy's address is not repeated: it may hold a password.
        where = "in Settings" if route.has_own_proxy else "in HTTPS_PROXY, HTTP_PROXY and ALL_PROXY"
        raise ServerFailure("proxy", ApiError(f"The proxy cannot be used. Check it {where}.")) from None


def _proxy(route: Route, trusted: ssl.SSLContext) -> "httpx.Proxy | None":
    """The same certificates are trusted on a proxy that is itself reached by TLS."""
    import httpx

    if not route.has_own_proxy:
        return None
    return httpx.Proxy(route.proxy, ssl_context=trusted if route.has_secure_proxy else None)


class _Trace:
    """Learns from httpcore whether a request went out on a new connection, also to a proxy."""

    def __init__(self) -> None:
        self.fresh = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(".connect_tcp.started"):
            self.fresh = True


async def _send_once(
    client: "httpx.AsyncClient", call: Call, url: str, headers: Mapping[str, str]
) -> "httpx.Response":
    """Sends the request; anew where a kept-alive connection turns out to be closed and nothing was answered.

    llama-server closes such connections just as the next request comes. Every attempt uses one of them up, so the
    last one is on a fresh connection, and its failure counts.
    """
    import httpx

    while True:
        trace = _Trace()
        content = call.content() if call.content else json_bytes(call.json)
        request = client.build_request(
            call.method, url, headers=headers, content=content, extensions={"trace": trace}
        )
        try:
            return await client.send(request, stream=True)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            if trace.fresh:
                raise


async def _next(raw: AsyncGenerator[bytes, None], silence: Silence) -> bytes:
    """The next bytes, b"" at the end of the body."""
    try:
        async with asyncio.timeout_at(silence.deadline):
            return await anext(raw, b"")
    except TimeoutError:
        message = f"The server sent nothing new for {silence.seconds:.0f} s."
        raise ServerFailure("timeout", ApiError(message)) from None


@contextmanager
def _told_plainly(host: str) -> Iterator[None]:
    """Makes every failure of the transport a ServerFailure in plain words."""
    import httpx

    try:
        yield
    except (httpx.TimeoutException, TimeoutError) as problem:
        connecting = isinstance(problem, httpx.ConnectTimeout)
        what = "does not answer" if connecting else "stopped answering"
        raise ServerFailure("timeout", ApiError(f"{host} {what}.")) from problem
    except httpx.TransportError as problem:
        raise _explain(problem, host) from problem
    except (httpx.InvalidURL, UnicodeError) as problem:
        raise ServerFailure("unreachable", ApiError("The server's address is not a valid URL.")) from problem


def _explain(problem: "httpx.TransportError", host: str) -> ServerFailure:
    """What a transport error means."""
    import httpx

    causes = list(_causes(problem))
    if isinstance(problem, httpx.ConnectError) and any(isinstance(cause, DROPPED) for cause in causes):
        return NotSent("unreachable", ApiError(f"{host} closed the connection while it was being made."))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", "") or cause.reason or "the handshake failed"
            plain = str(reason).lower().replace("_", " ")
            return ServerFailure("tls", ApiError(f"No secure connection to {host}: {plain}."))
    if isinstance(problem, httpx.ProxyError):
        reason = str(problem)[:LONGEST_REASON].rstrip(".")
        return ServerFailure("proxy", ApiError(f"No way to {host}: the proxy says {reason}."))
    if isinstance(problem, httpx.ConnectError | httpx.UnsupportedProtocol):
        return ServerFailure("unreachable", ApiError(f"{host} cannot be reached: {_system_reason(causes)}."))
    if isinstance(problem, httpx.ProtocolError) and not _is_closing(problem):
        return ServerFailure("malformed", ApiError(f"{host} does not answer in HTTP."))
    return ServerFailure("cut", ApiError(f"{host} closed the connection before the answer was complete."))


def _system_reason(causes: list[BaseException]) -> str:
    """The operating system's word for it: "connection refused", "name or service not known"."""
    reasons = [cause for cause in causes if isinstance(cause, OSError) and cause.errno]
    if not reasons:
        return "no connection"
    last = reasons[-1]
    # Name resolution has numbers of its own, and they are not the system's.
    known = last.strerror if isinstance(last, socket.gaierror) else os.strerror(last.errno or 0)
    return (known or "no connection").lower()


def _is_closing(problem: "httpx.TransportError") -> bool:
    """httpcore tells a peer that left from one that talks nonsense by its words only."""
    return any(words in str(problem) for words in ("disconnected", "closed connection"))


def _causes(problem: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, through causes, contexts and groups, outermost first."""
    pending, seen = [problem], set[int]()
    while pending:
        cause = pending.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [inner for inner in (cause.__cause__, cause.__context__) if inner]
        pending += getattr(cause, "exceptions", ())
