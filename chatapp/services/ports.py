"""What the use cases need from the world. `connections` and `storage` implement these; tests use the real ones."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from chatapp.conversation.commands import CommandEnd, CommandLine
from chatapp.conversation.experiments import Experiment
from chatapp.conversation.failures import Failure
from chatapp.conversation.inputs import Enclosure
from chatapp.conversation.time_line import Moment, TimeLine
from chatapp.conversation.tree import Conversation, Deletion, SearchHit, Turn
from chatapp.documents.model import Document, PageImage, PageText, Place
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


class ConversationStore(Protocol):
    """Conversations and turns on disk. A method returns once its transaction is on disk.

    Raises StorageFailure for a full disk, a profile that cannot be written, a damaged or newer database.
    """

    async def conversations(self, deleted: bool = False) -> list[Conversation]: ...
    async def conversation(self, conversation_id: str) -> Conversation | None: ...
    async def put_conversation(self, conversation: Conversation) -> None: ...
    async def set_draft(
        self, conversation_id: str, draft: str, enclosures: Sequence[Enclosure] = ()
    ) -> None: ...
    async def purge(self, conversation_id: str) -> None: ...
    async def turns(self, conversation_id: str) -> list[Turn]:
        """Those that were not deleted, in the order in which they were begun."""
        ...

    async def links(self, conversation_id: str) -> list[tuple[str, str | None]]:
        """The ids of those turns with those of their parents, in the same order; no turn is read for it."""
        ...

    async def path(self, conversation_id: str, turn_id: str) -> list[Turn]:
        """From the first turn to this one, both included; empty for a turn that is not there."""
        ...

    async def is_empty(self, conversation_id: str) -> bool:
        """Whether it never had a turn, or all are gone for good."""
        ...

    async def turn(self, turn_id: str) -> Turn | None:
        """None for one that was deleted, too."""
        ...

    async def knows_turn(self, turn_id: str) -> bool:
        """Whether a turn has this id, also one that was deleted."""
        ...

    async def begin_turn(
        self, conversation: Conversation, turn: Turn, place: tuple[str, int] | None = None
    ) -> None:
        """The conversation's head, a turn with an answer in progress, and of which sweep it answers which place, in one
        transaction."""
        ...

    async def amend_turn(self, turn: Turn) -> None:
        """Writes a turn again that has begun and not ended: what is sent changed before it was sent."""
        ...

    async def journal(self, turn_id: str, events: Sequence[JsonObject], line: Sequence[Moment] = ()) -> None:
        """Appends raw events of a running turn, in order, and when they came."""
        ...

    async def journalled(self, turn_id: str) -> list[JsonObject]: ...
    async def finish_turn(self, turn: Turn, line: TimeLine = ()) -> None:
        """Stores the ended turn word for word with its time line, indexes its text, and drops its journal, in one
        transaction. Without a line, one that is there already stays."""
        ...

    async def time_line(self, turn_id: str) -> TimeLine:
        """When everything of an answer came, as far as it is on disk; empty where nothing says."""
        ...

    async def time_lines(self, conversation_id: str) -> dict[str, TimeLine]:
        """The same of all ended turns of a conversation that have one, by the turn's id."""
        ...

    async def unfinished(self) -> list[Turn]:
        """Turns whose answer never ended: a crash came between."""
        ...

    async def own_responses(self, conversation_id: str, server: str) -> list[str]:
        """Ids of a server's responses that answered turns of this conversation and of no other."""
        ...

    async def turn_by_response(self, response_id: str) -> Turn | None: ...
    async def search(self, words: str, limit: int = 50) -> list[SearchHit]: ...


class DeletionStore(Protocol):
    """Branches that were deleted and not purged, the last deleted first. Raises StorageFailure."""

    async def delete(self, head: Conversation, deletion: Deletion) -> tuple[str, ...]:
        """Marks a turn and all below it as deleted and writes the head, in one transaction; the ids of the turns."""
        ...

    async def restore(self, deletion_id: str) -> None:
        """Brings its turns back, and what was deleted above them."""
        ...

    async def deletion(self, deletion_id: str) -> Deletion | None: ...
    async def of(self, conversation_id: str) -> list[Deletion]: ...
    async def older_than(self, limit: float) -> list[Deletion]: ...
    async def turns(self, deletion_id: str) -> list[Turn]: ...
    async def own_responses(self, deletion_id: str, server: str) -> list[str]:
        """Ids of a server's responses that answered turns of this deletion and no others."""
        ...

    async def purge(self, deletion_id: str) -> None:
        """Removes its turns for good, with every trace."""
        ...


class ExperimentStore(Protocol):
    """Sweeps on disk, with the conversation they belong to. Raises StorageFailure."""

    async def add(self, experiment: Experiment) -> None: ...
    async def name_turn(self, experiment_id: str, place: int, turn_id: str) -> None:
        """Says which turn answers a place from now on. A sweep that is gone takes none."""
        ...

    async def get(self, experiment_id: str) -> Experiment | None: ...
    async def of(self, conversation_id: str) -> list[Experiment]:
        """Those of a conversation, the oldest first."""
        ...

    async def all(self) -> list[Experiment]: ...
    async def remove(self, experiment_id: str) -> None: ...


class StorageFailure(Exception):
    """The disk refused. `failure` is what to show."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.title)
        self.failure = failure


class Settings(Protocol):
    """Preferences by name: any JSON value."""

    async def get(self, name: str) -> object: ...
    async def set(self, name: str, value: object) -> None: ...
    async def forget(self, prefix: str) -> None:
        """Removes every preference whose name begins with `prefix`."""
        ...


@dataclass(frozen=True, slots=True)
class Original:
    """A kept original. `path` is inside the profile and never written again."""

    sha256: str
    filename: str
    bytes: int
    path: Path


class Originals(Protocol):
    """Files kept by SHA-256, and which server knows them under which file id."""

    async def keep(self, path: Path, filename: str, progress: Callable[[int], None]) -> Original:
        """Copies and hashes in one pass; the same content is kept once. Raises OSError, StorageFailure."""
        ...

    async def fetch(self, write: Callable[[Path], Awaitable[None]], filename: str) -> Original:
        """Keeps what `write` puts at the path it is given. Raises what `write` and `keep` raise."""
        ...

    async def copy_under_name(self, original: Original) -> Path:
        """A copy for other programs, under the file's own name. Raises StorageFailure."""
        ...

    async def is_whole(self, original: Original) -> bool:
        """Whether the kept file still is what its hash says."""
        ...

    async def by_hash(self, sha256: str) -> Original | None: ...
    async def link(self, server: str, file_id: str, sha256: str, filename: str) -> None: ...
    async def by_file_id(self, server: str, file_id: str) -> Original | None: ...
    async def by_filename(self, filename: str) -> list[Original]:
        """All originals kept under this name, the newest first: some servers know a file by its name only."""
        ...

    async def file_id_for(self, server: str, sha256: str, filename: str) -> str | None: ...
    async def file_ids(self, server: str, sha256: str) -> list[str]:
        """All ids under which the server knows this content, by whatever name; the one linked last first."""
        ...

    async def unlink(self, server: str, file_id: str) -> None:
        """The server has the file no more."""
        ...

    async def remove_unused(self, content: Collection[str]) -> None:
        """Removes those of these hashes that no turn has attached, no draft holds and no server knows. Raises
        StorageFailure."""
        ...


@dataclass(frozen=True, slots=True)
class Queued:
    """A file that is to arrive in a library, as it was asked for.

    `chunking` is a chunking_strategy, the server's own where it is None. `reason` says why it did not arrive, where
    it was tried; `sha256` is its kept original's then, or empty.
    """

    key: str
    server: str
    store_id: str
    path: Path
    filename: str
    chunking: JsonObject | None = None
    sha256: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """What was given and what was found in folders, with its size in bytes where there is one. `ignored` counts what
    was left out, by the reason."""

    files: tuple[tuple[Path, int | None], ...]
    ignored: Mapping[str, int]

    @property
    def words(self) -> str:
        """ "Left out: 3 hidden, 2 of a kind no library reads (.png)." """
        return f"Left out: {', '.join(f'{count} {why}' for why, count in self.ignored.items())}."


class Folders(Protocol):
    async def files_in(self, paths: Sequence[Path]) -> FolderFiles:
        """Files as they are given, folders with all that is in them. Raises no OSError."""
        ...


class UploadQueue(Protocol):
    """Files on their way to libraries, in the order in which they came. Raises StorageFailure."""

    async def all(self) -> list[Queued]: ...
    async def put(self, entries: Sequence[Queued]) -> None:
        """Adds entries, or writes `sha256` and `reason` of known ones again."""
        ...

    async def drop(self, keys: Collection[str]) -> None:
        """They arrived, or nobody wants them any more."""
        ...


class Secrets(Protocol):
    """API keys. Only the OS key store keeps any; session keys live in memory. Never raises for a missing key."""

    async def key(self, connection: Connection) -> str | None: ...
    async def set_key(self, connection: Connection, key: str) -> None:
        """Raises SecretsUnavailable with a plain reason when the key store cannot take it."""
        ...

    async def forget(self, connection: Connection) -> None:
        """Removes the key from where `key_source` says it is kept. Raises SecretsUnavailable."""
        ...


class SecretsUnavailable(Exception):
    """There is no key store, or it is locked; the message says which and what to do."""


class Documents(Protocol):
    """Reading originals in the limited helper process. Raises documents.model.UnreadableDocument."""

    async def keep_ready(self, kept: bool) -> None:
        """Whether the process runs before it is asked, and stays."""
        ...

    async def read(self, path: Path, filename: str | None = None) -> Document: ...
    async def locate(
        self, path: Path, quote: str, filename: str | None = None, page: int | None = None
    ) -> Place | None: ...
    async def render(self, path: Path, page: int, width: int) -> PageImage: ...
    async def page_text(self, path: Path, page: int) -> PageText: ...
    async def aclose(self) -> None: ...


class CommandRunner(Protocol):
    """Programs of this computer, run for the user's functions. No shell, no secrets, nothing left behind."""

    async def run(self, line: CommandLine) -> CommandEnd:
        """Returns once it and all it started are gone. Cancelling ends it. Raises CommandNotStarted."""
        ...


class CommandNotStarted(Exception):
    """There is no such program or folder, or it may not be run; the message says which."""


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


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    async def sleep(self, seconds: float) -> None: ...
