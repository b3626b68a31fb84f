"""What the use cases need of the network: servers, what they offer and how they refuse, pictures of the web."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from chatapp.protocol.errors import ApiError
from chatapp.protocol.events import Event
from chatapp.protocol.json_types import JsonObject

KeySource = Literal["none", "keyring", "environment", "session"]
Auth = Literal["bearer", "api-key"]
"""Which header carries the key: `Authorization: Bearer KEY`, or Azure's `api-key: KEY`."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A server the user may talk to. `id` is stable and appears in turns; "engine" is the built-in one.

    `key_source` says where the key is: `key_name` is the environment variable's name, or empty. The key itself
    is in no value that is ever written. `preset` is the id of a row of `known_servers`, or empty.

    `headers` are sent with every request. `proxy` is a URL, "direct" for none, or empty for what the environment
    names. `ca_file` holds certificates (PEM) that are trusted beside the system's. `connect_s` and `silence_s` are
    seconds, 0 for the usual ones: how long connecting may take, and how long the server may say nothing.
    """

    id: str
    name: str
    base_url: str
    key_source: KeySource = "none"
    key_name: str = ""
    default_model: str = ""
    preset: str = ""
    auth: Auth = "bearer"
    headers: tuple[tuple[str, str], ...] = ()
    proxy: str = ""
    ca_file: str = ""
    connect_s: float = 0
    silence_s: float = 0


@dataclass(frozen=True, slots=True)
class Told:
    """Who hears of a call while it is under way, on the loop that runs it.

    `waiting(seconds, error, attempt)` comes before a refused request is sent again in `seconds`; `attempt` counts
    from 1 the ones that failed. `limits(headers)` comes with the head of an answer or a refusal: its `x-ratelimit-*`
    and `x-request-id` headers, names in lower case, where it has any.
    """

    waiting: Callable[[float, ApiError, int], None] = lambda seconds, error, attempt: None
    limits: Callable[[Mapping[str, str]], None] = lambda headers: None


UNTOLD = Told()
"""Nobody listens, so that waits are told to everybody."""
QUIET = Told()
"""Whoever asks tells of it, or nobody needs to know."""
NOT_THERE = (404, 405, 501)
"""HTTP statuses of a server that does not offer what was asked for, or does not have it."""


class ServerFailure(Exception):
    """A request that a server refused or that never reached it.

    `kind` is one of: refused (an HTTP status), unreachable, tls, ca_file, proxy, insecure, timeout, cut, malformed,
    oversized.
    `status` is the HTTP status or None; `retry_after` seconds.
    """

    def __init__(
        self, kind: str, error: ApiError, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(error.message)
        self.kind = kind
        self.error = error
        self.status = status
        self.retry_after = retry_after

    @property
    def is_absence(self) -> bool:
        """Whether it says that what was named is not there. ogx says so with 400, in words."""
        return self.status == 404 or (self.status == 400 and "not found" in self.error.message.casefold())


class ResponsesServer(Protocol):
    """The Responses API of one connection. Every method raises ServerFailure."""

    def stream(self, request: JsonObject, told: Told = UNTOLD) -> AsyncGenerator[Event, None]:
        """POST /responses, with stream true where the request does not say. Ends after the terminal event or raises
        ServerFailure("cut").

        Closing the iterator closes the connection.
        """
        ...

    def resume(self, response_id: str, after: int | None, told: Told = UNTOLD) -> AsyncGenerator[Event, None]:
        """GET /responses/{id} with stream true: the events with a sequence number greater than `after`, or all.

        Ends like `stream`. Only what was made with background true can be resumed, and not on every server.
        """
        ...

    async def create(self, request: JsonObject, told: Told = UNTOLD) -> JsonObject: ...
    async def retrieve(self, response_id: str, told: Told = UNTOLD) -> JsonObject: ...
    async def delete(self, response_id: str) -> None: ...
    async def cancel(self, response_id: str) -> JsonObject: ...
    async def input_items(self, response_id: str) -> list[JsonObject]: ...
    async def models(self) -> list[JsonObject]: ...
    async def count_input(self, request: JsonObject) -> int | None:
        """POST /responses/input_tokens: the tokens that a request would bring; None where the answer does not say."""
        ...


class VectorStoresServer(Protocol):
    """Files and vector stores of one connection. Every method raises ServerFailure."""

    async def upload(
        self, path: Path, filename: str, progress: Callable[[int], None], purpose: str = "assistants"
    ) -> JsonObject:
        """Streams the file from disk; `progress` is told the bytes sent so far. Raises OSError if it vanishes.

        `purpose` is "assistants" for what is searched, "vision" or "user_data" for what is part of a question.
        """
        ...

    async def delete_file(self, file_id: str) -> None: ...
    async def files(self) -> list[JsonObject]:
        """All files that were uploaded to be searched."""
        ...

    async def file(self, file_id: str) -> JsonObject: ...
    async def download(self, file_id: str, target: Path) -> None: ...
    async def stores(self) -> list[JsonObject]: ...
    async def create_store(
        self, name: str, file_ids: Sequence[str] = (), settings: JsonObject | None = None
    ) -> JsonObject:
        """`settings` are further fields of the request: metadata, expires_after, description."""
        ...

    async def update_store(self, store_id: str, changes: JsonObject) -> JsonObject:
        """`changes` are fields of the request: name, metadata, expires_after."""
        ...

    async def delete_store(self, store_id: str) -> None: ...
    async def store_files(self, store_id: str) -> list[JsonObject]: ...
    async def attach(
        self, store_id: str, file_id: str, attributes: JsonObject, chunking: JsonObject | None = None
    ) -> JsonObject:
        """`chunking` is a chunking_strategy; the server's own where there is none."""
        ...

    async def attach_many(
        self,
        store_id: str,
        file_ids: Sequence[str],
        attributes: JsonObject,
        chunking: JsonObject | None = None,
    ) -> JsonObject:
        """All of them in one file batch. NOT_THERE on a server that has none."""
        ...

    async def set_attributes(self, store_id: str, file_id: str, attributes: JsonObject) -> JsonObject:
        """In the place of all it had."""
        ...

    async def content(self, store_id: str, file_id: str) -> list[str]:
        """The text of a file as it was read, in the pieces in which the server gives it."""
        ...

    async def store_file(self, store_id: str, file_id: str) -> JsonObject: ...
    async def detach(self, store_id: str, file_id: str) -> None: ...
    async def search(self, store_id: str, body: JsonObject) -> list[JsonObject]:
        """The results, best first. `conversation.searching` makes the body."""
        ...


Vector = Sequence[float]
"""Of length 1."""


class EmbeddingsServer(Protocol):
    """Texts as vectors of one connection. Raises ServerFailure."""

    async def embed(self, model: str, texts: Sequence[str]) -> list[Vector]:
        """One vector of each text, all of them equally long."""
        ...


class Servers(Protocol):
    """The network: clients by connection id. Owns the engine process."""

    def responses(self, connection: Connection) -> ResponsesServer: ...
    def vector_stores(self, connection: Connection) -> VectorStoresServer: ...
    def embeddings(self, connection: Connection) -> EmbeddingsServer: ...
    def engine_makes_vectors(self) -> bool:
        """Whether what the engine needs for that is installed. Nothing is started."""
        ...

    def forget(self, connection_id: str) -> None:
        """Closes what is open to a server once nobody uses it."""
        ...

    async def start_engine(self) -> None:
        """Starts the engine if it is not running and waits for its handshake. Raises ServerFailure."""
        ...

    async def restart_engine(self) -> None: ...
    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A host sends on to an address of another one."""

    address: str


class RemotePictures(Protocol):
    """Pictures of the web."""

    async def fetch(self, address: str, near: bool = False) -> bytes | Elsewhere:
        """The bytes of a picture, or where its host sends on to. Raises ServerFailure; its kind is "near" where the
        host is this computer or around it, and `near` is not given."""
        ...
