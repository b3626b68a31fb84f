"""Models of another server, over /v1/chat/completions: given by `--upstream`, found on loopback, or run by us.

The only place of the engine that makes connections. What is asked goes to that server alone: no redirect is followed,
and loopback is never reached through a proxy.
"""

import asyncio
import json
import logging
import ssl
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import cast
from urllib.parse import urlsplit

import httpx

from chatapp.engine.generation.address import Address
from chatapp.engine.generation.chat_answer import UNFINISHED, error_message
from chatapp.engine.generation.chat_model import ChatModel
from chatapp.engine.generation.chat_request import ModelFacts
from chatapp.engine.generation.port import GenerationFailed, Generator
from chatapp.engine.generation.upstream_models import facts_of
from chatapp.protocol.json_types import Json, JsonObject, object_of
from chatapp.protocol.sse import Message, OversizedEvent, SseParser

log = logging.getLogger(__name__)

CONNECT_S = 5.0
SILENCE_S = 600.0
"""How long a model may think about a prompt before its first word."""
ASKING_S = 3.0
"""How long a server may take to say what models it has."""
REMEMBERED_S = 30.0
"""So long what a server said of its models holds before it is asked again."""
LARGEST_ANSWER = 8 << 20
"""Bytes of an answer that is no stream."""

_CODES = {
    400: "invalid_prompt", 404: "model_not_found", 413: "invalid_prompt", 422: "invalid_prompt",
    429: "rate_limit_exceeded",
}  # fmt: skip
_ADVICE = {
    401: " Its key is missing or wrong.",
    403: " Its key does not allow this.",
    404: " It may no longer have this model: ask for the list of models.",
}
_WAITS = ("retry-after", "retry-after-ms")
"""Headers that are passed on: how long to wait before asking again."""

_STREAMED = {
    "content-type": "application/json", "accept": "text/event-stream", "accept-encoding": "identity",
}  # fmt: skip
_CLOSED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)

NOT_REACHED = "The model's server at {host} could not be reached. Check that it runs, and ask again."
SILENT = "The model's server at {host} said nothing for too long. Ask again, or choose another model."
BROKEN = "The model's server at {host} broke off its answer. Ask again."
REFUSED = "The model's server at {host} refused: {reason}"


class Link:
    """The way to one server. `base_url` ends with /v1, as a rule; paths that begin with / are the server's own."""

    def __init__(self, address: Address, asking_s: float = ASKING_S) -> None:
        parts = urlsplit(address.base_url)
        self.host = parts.netloc
        self._base = address.base_url
        self._asking_s = asking_s
        self._root = f"{parts.scheme}://{parts.netloc}"
        self._client = httpx.AsyncClient(
            headers={"authorization": f"Bearer {address.key}"} if address.key else {},
            timeout=httpx.Timeout(SILENCE_S, connect=CONNECT_S),
            trust_env=not address.is_near,
            verify=False if parts.scheme == "http" else _trust(),
        )

    async def json(self, path: str, body: JsonObject | None = None) -> Json:
        """What a server answers to a small question; None for a refusal. Raises GenerationFailed."""
        method, content = ("GET", None) if body is None else ("POST", _bytes(body))
        url = self._root + path if path.startswith("/") else f"{self._base}/{path}"
        try:
            async with (
                asyncio.timeout(self._asking_s),
                self._client.stream(method, url, content=content) as response,
            ):
                text = await _whole(response)
                return json.loads(text) if response.status_code == 200 else None
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise self._failure(error) from error

    async def completion(self, body: JsonObject) -> AsyncGenerator[JsonObject, None]:
        """The chunks of a streamed completion, see ChatLink."""
        try:
            async with AsyncExitStack() as stack:
                response = await self._begun(stack, _bytes(body))
                if response.status_code != 200:
                    raise await self._refusal(response)
                async for message in _messages(response):
                    if message.data.strip() == "[DONE]":
                        return
                    yield _chunk(message)
        except (httpx.HTTPError, httpx.InvalidURL, OversizedEvent) as error:
            raise self._failure(error) from error

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _begun(self, stack: AsyncExitStack, content: bytes) -> httpx.Response:
        """The head of a completion. It is asked for once more where the connection ends before any of it is there: a
        server may close one that it kept for long in the moment it is used again."""
        url = f"{self._base}/chat/completions"
        again = True
        while True:
            asked = self._client.stream("POST", url, content=content, headers=_STREAMED)
            try:
                return await stack.enter_async_context(asked)
            except _CLOSED:
                if not again:
                    raise
                again = False

    async def _refusal(self, response: httpx.Response) -> GenerationFailed:
        text = await _whole(response)
        try:
            reason = error_message(object_of(json.loads(text)))
        except ValueError:
            reason = ""
        status = response.status_code
        message = REFUSED.format(host=self.host, reason=reason or f"HTTP {status}.") + _ADVICE.get(status, "")
        waits = {name: response.headers[name] for name in _WAITS if name in response.headers}
        return GenerationFailed(message, _CODES.get(status, "server_error"), waits)

    def _failure(self, error: Exception) -> GenerationFailed:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.InvalidURL):
            return GenerationFailed(NOT_REACHED.format(host=self.host))
        silent = isinstance(error, TimeoutError | httpx.TimeoutException)
        return GenerationFailed((SILENT if silent else BROKEN).format(host=self.host))


class Upstream:
    """The models of a server. It is asked when somebody wants to know, and what it said holds for a while; one that
    does not answer keeps the models it had, and the log says so if it is expected to be there."""

    def __init__(
        self,
        link: Link,
        prefix: str = "",
        *,
        is_expected: bool = True,
        now: Callable[[], float] = time.monotonic,
        told: Sequence[ModelFacts] = (),
    ) -> None:
        """`told`: what it said of its models before; it holds until it is asked again."""
        self._link = link
        self._prefix = prefix
        self._loudness = logging.WARNING if is_expected else logging.DEBUG
        self._now = now
        self._asked = now() if told else -REMEMBERED_S
        self._tell(told)
        self._asking = asyncio.Lock()

    async def generators(self) -> Sequence[Generator]:
        async with self._asking:
            if self._now() - self._asked >= REMEMBERED_S:
                await self._ask()
                self._asked = self._now()
        return self._models

    async def _ask(self) -> None:
        try:
            facts = await facts_of(self._link)
        except GenerationFailed as failure:
            log.log(self._loudness, "%s", failure.message)
            return
        self._tell(facts)

    def _tell(self, facts: Sequence[ModelFacts]) -> None:
        self.facts = tuple(facts)
        self._models = [ChatModel(f"{self._prefix}{one.id}", one.owner, one, self._link) for one in facts]

    def renew(self) -> None:
        self._asked = -REMEMBERED_S

    async def aclose(self) -> None:
        await self._link.aclose()


def _bytes(body: JsonObject) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def _trust() -> ssl.SSLContext:
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def _whole(response: httpx.Response) -> bytes:
    """A body that is not too large. Raises ValueError."""
    held = bytearray()
    async for piece in response.aiter_bytes():
        held += piece
        if len(held) > LARGEST_ANSWER:
            raise ValueError("the answer is too large")
    return bytes(held)


async def _messages(response: httpx.Response) -> AsyncGenerator[Message, None]:
    parser = SseParser()
    async with aclosing(cast("AsyncGenerator[bytes, None]", response.aiter_raw())) as raw:
        async for piece in raw:
            for message in parser.feed(piece):
                yield message
    if last := parser.close():
        yield last


def _chunk(message: Message) -> JsonObject:
    try:
        return object_of(json.loads(message.data))
    except ValueError:
        raise GenerationFailed(UNFINISHED) from None
