"""An HTTP/1.1 server on loopback that does exactly what its script says, down to the byte at which it hangs up.

It runs on a thread and a loop of its own, so a blocking test and a coroutine can both talk to it. A route answers
with `Reply` objects in the order they were scripted; a reply's body is a list of steps: bytes to send, a `Gate` the
test opens, a `Pause`, or a way to end the connection. Event streams for the bodies are built in `kit/events.py`.
"""

import asyncio
import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from tests.kit.listening import WAIT_S, Listening


class Gate:
    """A point in a reply where the server waits. The test learns that it was reached and opens it."""

    def __init__(self) -> None:
        self._reached: Future[None] = Future()
        self._opened: Future[None] = Future()

    def open(self) -> None:
        """Let the server go on, now or when it comes here."""
        if not self._opened.done():
            self._opened.set_result(None)

    def wait(self, seconds: float = WAIT_S) -> None:
        """Block until the server has come to this gate. Raises TimeoutError."""
        self._reached.result(seconds)

    async def reached(self, seconds: float = WAIT_S) -> None:
        """The same for a coroutine."""
        await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._reached)), seconds)

    async def pass_through(self) -> None:
        """The server's side: report the arrival, wait for the opening."""
        if not self._reached.done():
            self._reached.set_result(None)
        await asyncio.shield(asyncio.wrap_future(self._opened))


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Stall:
    """Send nothing more, and keep the connection open until the client leaves or the server stops."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the connection here, in the middle of the body if need be (a FIN)."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Abort the connection here (a RST)."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """Send the same bytes `times` times, without holding them all."""

    data: bytes
    times: int


Step = bytes | Gate | Pause | Stall | HangUp | Reset | Repeat
Framing = Literal["length", "chunked", "close", "none"]
"""How the end of a body is told: Content-Length, chunks, the connection's end, or not at all (head only)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One scripted answer.

    `framing` "length" needs every body step to be bytes. `cut_wire` closes the connection after that many bytes
    of head and framed body together. `after` says what happens to the connection then: kept, closed, or slammed,
    which is kept until the next request has come in and closed without an answer to it.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    steps: Sequence[Step] = ()
    framing: Framing = "length"
    cut_wire: int | None = None
    after: Literal["keep", "close", "slam"] = "keep"


def json_reply(value: object, status: int = 200, **headers: str) -> Reply:
    """A plain JSON answer. Header names are given with underscores: `retry_after="2"`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, {"content-type": "application/json", **named}, [json.dumps(value).encode()])


def error_reply(status: int, message: str, code: str | None = None, **headers: str) -> Reply:
    """An error as OpenAI writes it."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return json_reply({"error": error}, status, **headers)


def stream_reply(*steps: Step, framing: Framing = "chunked", cut_wire: int | None = None) -> Reply:
    """An event stream, one step after the other."""
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    return Reply(200, headers, steps, framing, cut_wire, "close" if framing == "close" else "keep")


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent. `headers` have lower-case names; `connection` numbers the TCP connections from 1."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Reply | Callable[[Request], Reply]


class _Ended(Exception):
    """The script closed the connection."""


class _Wire:
    """Writes to one client and counts, so that a connection can be cut at any byte."""

    def __init__(self, writer: asyncio.StreamWriter, limit: int | None) -> None:
        self._writer = writer
        self._left = limit

    async def send(self, data: bytes) -> None:
        if self._left is not None and len(data) >= self._left:
            self._writer.write(data[: self._left])
            await self._writer.drain()
            raise _Ended
        if self._left is not None:
            self._left -= len(data)
        self._writer.write(data)
        await self._writer.drain()

    def reset(self) -> None:
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


class _Connection:
    """One TCP connection: reads requests, plays replies, notices when the client leaves."""

    def __init__(self, server: "GatedServer", number: int, reader: asyncio.StreamReader) -> None:
        self._server = server
        self._number = number
        self._reader = reader
        self._early = b""

    async def serve(self, writer: asyncio.StreamWriter) -> None:
        slam = False
        while request := await self._read_request():
            self._server._record(request)
            if slam:
                return
            reply = self._server._answer(request)
            if not await self._play_watched(reply, _Wire(writer, reply.cut_wire)):
                self._server._note_departure(request)
                return
            slam = reply.after == "slam"
            if reply.after == "close":
                return

    async def _read_request(self) -> Request | None:
        """The next request; None when the client has left before it was whole."""
        try:
            head = self._early + await self._reader.readuntil(b"\r\n\r\n")
            self._early = b""
            return await self._parse_request(head)
        except asyncio.IncompleteReadError:
            return None

    async def _parse_request(self, head: bytes) -> Request:
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        pairs = (line.split(":", 1) for line in lines if line)
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        url = urlsplit(target)
        body = await self._read_body(headers)
        return Request(method, url.path, parse_qs(url.query), headers, body, self._number)

    async def _read_body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return await self._reader.readexactly(int(headers.get("content-length", "0")))
        body = bytearray()
        while size := int((await self._reader.readline()).strip(), 16):
            body += await self._reader.readexactly(size)
            await self._reader.readline()
        await self._reader.readline()
        return bytes(body)

    async def _play_watched(self, reply: Reply, wire: _Wire) -> bool:
        """Whether the whole reply was played; False when the client left first."""
        playing = asyncio.ensure_future(_play(reply, wire, self._server.hold_heads))
        watching = asyncio.ensure_future(self._reader.read(1))
        try:
            await asyncio.wait({playing, watching}, return_when=asyncio.FIRST_COMPLETED)
            if not playing.done() and watching.result():
                await asyncio.wait({playing})
        finally:
            left = not playing.done()
            for task in (playing, watching):
                task.cancel()
            ends = await asyncio.gather(playing, watching, return_exceptions=True)
        if isinstance(ends[1], bytes):
            self._early = ends[1]
        if isinstance(ends[0], Exception):
            raise ends[0]
        return not left


async def _play(reply: Reply, wire: _Wire, hold: Gate | None) -> None:
    if hold:
        await hold.pass_through()
    body = [step for step in reply.steps if isinstance(step, bytes)]
    framed = {
        "length": {"content-length": str(sum(map(len, body)))},
        "chunked": {"transfer-encoding": "chunked"},
    }.get(reply.framing, {})
    lines = [f"HTTP/1.1 {reply.status} {_reason(reply.status)}"]
    lines += [f"{name}: {value}" for name, value in {**framed, **reply.headers}.items()]
    await wire.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    for step in reply.steps:
        await _take_step(step, wire, reply.framing == "chunked")
    if reply.framing == "chunked":
        await wire.send(b"0\r\n\r\n")


async def _take_step(step: Step, wire: _Wire, chunked: bool) -> None:
    match step:
        case bytes():
            await wire.send(_chunk(step) if chunked else step)
        case Repeat(data, times):
            for _ in range(times):
                await wire.send(_chunk(data) if chunked else data)
        case Gate():
            await step.pass_through()
        case Pause(seconds):
            await asyncio.sleep(seconds)
        case Stall():
            await asyncio.Event().wait()
        case HangUp():
            raise _Ended
        case Reset():
            wire.reset()
            raise _Ended


def _chunk(data: bytes) -> bytes:
    """An empty chunk would end the body, so nothing is sent for no bytes."""
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"


class GatedServer(Listening):
    """`with GatedServer() as server:` listens on a free port of 127.0.0.1 until the block ends.

    `script` lines up replies for a method and a path (fnmatch patterns allowed); each is used once, in order.
    `always` sets the answer for when none is lined up. A request with no answer gets a 500 that says so.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__("gated-server", tls)
        self._changed = threading.Condition()
        self._scripts: list[tuple[str, str, deque[Answer]]] = []
        self._defaults: list[tuple[str, str, Answer]] = []
        self._accepted = 0
        self.hold_heads: Gate | None = None
        """When set, no reply begins before it is opened."""
        self.requests: list[Request] = []
        self.departures: list[Request] = []
        """Requests whose client closed the connection before the reply was played to its end."""
        self.remembers = False
        """Whether a response that names no parent is sent with the one that its request named."""
        self.errors: list[BaseException] = []
        """What went wrong in the server itself. The fixture fails the test on any."""

    @property
    def origin(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1"

    @property
    def connections(self) -> int:
        """TCP connections accepted so far."""
        return self._accepted

    def script(self, method: str, path: str, *answers: Answer) -> None:
        """Line up answers for `method` and `path`, e.g. "POST", "/v1/responses"."""
        self._scripts.append((method, path, deque(answers)))

    def always(self, method: str, path: str, answer: Answer) -> None:
        """The answer whenever no scripted one is left, "*" for any method. A later call for the same path wins."""
        self._defaults.insert(0, (method, path, answer))

    def wait_requests(self, count: int, seconds: float = WAIT_S) -> list[Request]:
        """Block until `count` requests have come in, and return them. Raises TimeoutError."""
        self._wait(lambda: len(self.requests) >= count, seconds, f"{count} requests")
        return self.requests[:count]

    def wait_departure(self, seconds: float = WAIT_S) -> Request:
        """Block until a client has left in mid-reply; the request it had sent. Raises TimeoutError."""
        self._wait(lambda: bool(self.departures), seconds, "a client to leave")
        return self.departures[0]

    def wait_open(self, count: int, seconds: float = WAIT_S) -> None:
        """Block until at most `count` connections are open. Raises TimeoutError."""
        self._wait(lambda: len(self._connections) <= count, seconds, f"at most {count} open connections")

    def _wait(self, ready: Callable[[], bool], seconds: float, what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(ready, seconds):
                raise TimeoutError(f"waited {seconds} s for {what}")

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        self._accepted += 1
        try:
            await _Connection(self, self._accepted, reader).serve(writer)
        except (_Ended, ConnectionError, ssl.SSLError, asyncio.CancelledError):
            pass  # the script's end, the client's end, or the server's: all three close the connection below
        except Exception as error:  # noqa: BLE001 - reported to the test by the fixture
            self.errors.append(error)
        finally:
            writer.close()
            with self._changed:
                self._connections.discard(task)
                self._changed.notify_all()

    def _record(self, request: Request) -> None:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()

    def _note_departure(self, request: Request) -> None:
        with self._changed:
            self.departures.append(request)
            self._changed.notify_all()

    def _answer(self, request: Request) -> Reply:
        def fits(method: str, path: str) -> bool:
            return method in ("*", request.method) and fnmatchcase(request.path, path)

        lined_up = (queue for method, path, queue in self._scripts if queue and fits(method, path))
        queue = next(lined_up, None)
        if queue is not None:
            answer: Answer | None = queue.popleft()
        else:
            answer = next((reply for method, path, reply in self._defaults if fits(method, path)), None)
        if answer is None:
            return error_reply(500, f"no reply is scripted for {request.method} {request.path}")
        reply = answer if isinstance(answer, Reply) else answer(request)
        return _with_parent(reply, request) if self.remembers and request.method == "POST" else reply


def _with_parent(reply: Reply, request: Request) -> Reply:
    try:
        parent = json.dumps(request.json.get("previous_response_id"))
    except (ValueError, AttributeError):
        return reply
    none, named = (f'"previous_response_id": {value}'.encode() for value in ("null", parent))
    steps = [step.replace(none, named) if isinstance(step, bytes) else step for step in reply.steps]
    return replace(reply, steps=steps)
