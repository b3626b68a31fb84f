"""One file's way to a server: hashed and kept, uploaded once, put in a vector store, waited for until indexed.

`library` owns the queue and tells the screen; this is what happens to each file of it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chatapp.conversation.changes import LibraryFile, UploadStage
from chatapp.conversation.failures import Failure
from chatapp.protocol.json_types import JsonObject, index_of, object_of, text_of
from chatapp.services.address_book import AddressBook
from chatapp.services.attaching import Attaching
from chatapp.services.leftovers import Leftovers
from chatapp.services.outages import is_outage
from chatapp.services.ports import (
    Clock,
    Original,
    Originals,
    ServerFailure,
    StorageFailure,
    VectorStoresServer,
)
from chatapp.services.servers_view import ServersView
from chatapp.services.use_case import TROUBLES, UseCaseFailure, failure_of

PARALLEL = 2
"""Files hashed or uploaded at the same moment; waiting for an index holds up nobody."""
FIRST_POLL_S = 0.05
LAST_POLL_S = 3.0
POLL_GROWTH = 1.5
STEPS_SHOWN = 50
"""Progress is told in so many steps a stage."""

THERE = "already there"
NOT_SENT_AGAIN = "the server had it, not sent again"
PASSING = ("server_error", "rate_limit_exceeded")
"""Codes of an index that failed for a reason that is not in the file."""
TOO_LARGE = ("too_large", "too_long")
"""What a file's size is called where it is too much: of what is kept here, and of what a server takes (413)."""

BROKE_OFF = ("cut", "unanswered")

INDEX_PATIENCE_S = 1800.0
"""How long a server may index without saying anything new about the file."""
INDEX_SILENT = Failure(
    "timeout",
    "The server does not finish indexing",
    f"It has said nothing new about the file for {INDEX_PATIENCE_S / 60:.0f} minutes. Try again later.",
)

Tell = Callable[[LibraryFile], None]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a file's way ended: completed, failed or cancelled; waiting where a queued one has to wait for its server.
    `failure` is what stood behind it, where it was not the server's own word about the file."""

    file: LibraryFile
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Cargo:
    """What is to arrive in a store, and how: under which name, with which attributes, cut in which way (the server's
    where it is None). `kept` is the original where it is here already, so that `path` need not be read. `queued` says
    that it was added to a library by itself: it waits its turn, outlives the program, and is not sent again where its
    content is in the store under whatever name. `resumed` says that it may have been sent before, `tries` how often its
    server broke off."""

    path: Path
    filename: str
    attributes: JsonObject = field(default_factory=dict)
    chunking: JsonObject | None = None
    kept: Original | None = None
    queued: bool = False
    resumed: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Carriers:
    """What an upload needs of the world."""

    servers: ServersView
    book: AddressBook
    originals: Originals
    clock: Clock


class Uploads:
    """Carries files. `tell` hears of every step; a failure is a state of the file, never an exception."""

    def __init__(self, carriers: Carriers, tell: Tell) -> None:
        self._carriers = carriers
        self._tell = tell
        self._attaching = Attaching()
        self._leftovers = Leftovers(carriers.originals)
        self._places = asyncio.Semaphore(PARALLEL)
        self._same_content: dict[tuple[str, str], asyncio.Lock] = {}

    async def carry(self, file: LibraryFile, cargo: Cargo) -> Arrival:
        """Brings one file into its store. Returns it completed or failed, with the reason in plain words."""
        trip = _Trip(file, cargo, self._tell)
        try:
            client = self._carriers.servers.vector_stores(await self._carriers.book.get(file.server))
            async with self._places:
                original = await self._keep(trip)
            stored = await self._attach(trip, client, original)
            await self._wait_for_index(trip, client, stored)
        except OSError as problem:
            trip.at("failed", reason=_os_reason(problem, file.filename))
        except (UseCaseFailure, *TROUBLES) as problem:
            failure = _about_files(
                problem.failure if isinstance(problem, UseCaseFailure) else failure_of(problem)
            )
            if cargo.queued and isinstance(problem, ServerFailure) and is_outage(failure, cargo.tries):
                trip.at("waiting")
                return Arrival(trip.file, failure)
            words = f"{failure.title}. {failure.text}"
            own = "" if isinstance(problem, StorageFailure) else failure.details  # the server's own words
            trip.file = replace(trip.file, final=failure.kind in TOO_LARGE)
            trip.at("failed", reason=own or words)
            return Arrival(trip.file, failure)
        return Arrival(trip.file)

    async def _keep(self, trip: "_Trip") -> Original:
        cargo = trip.cargo
        if cargo.kept is None:
            trip.at("hashing")
        original = cargo.kept or await self._carriers.originals.keep(
            cargo.path, cargo.filename, trip.counter()
        )
        trip.at("uploading", sha256=original.sha256, bytes=original.bytes)
        return original

    async def _attach(self, trip: "_Trip", client: VectorStoresServer, original: Original) -> JsonObject:
        """The file in its store; what the server has already, by content and name, is not sent again.

        A file of another name is another file: citations show the name that the server knows.
        """
        server, sha256, filename = trip.file.server, original.sha256, trip.file.filename
        async with self._same_content.setdefault((server, sha256), asyncio.Lock()):
            if trip.cargo.queued and (stored := await self._found(trip, client, original)) is not None:
                return stored
            known = await self._carriers.originals.file_id_for(server, sha256, filename)
            if known is not None and (stored := await self._attach_known(trip, client, known)) is not None:
                return stored
            left = None
            if trip.cargo.resumed:
                left = await self._leftovers.find(server, client, original, filename)
            if left is not None:
                return await self._put(trip, client, left)
            async with self._places:
                uploaded = await client.upload(original.path, filename, trip.counter())
            file_id = text_of(uploaded.get("id"))
            await self._carriers.originals.link(server, file_id, sha256, filename)
            return await self._put(trip, client, file_id)

    async def _found(
        self, trip: "_Trip", client: VectorStoresServer, original: Original
    ) -> JsonObject | None:
        """What the store has of this content already, by whatever name."""
        server, filename = trip.file.server, trip.file.filename
        for file_id in await self._carriers.originals.file_ids(server, original.sha256):
            try:
                stored = await client.store_file(trip.file.store_id, file_id)
            except ServerFailure as problem:
                if problem.is_absence:
                    continue
                raise
            known = await self._carriers.originals.by_file_id(server, file_id)
            other = known is not None and known.filename != filename
            trip.note = f"{THERE} as “{known.filename}”" if known is not None and other else THERE
            trip.at("indexing", file_id=file_id)
            return stored
        return None

    async def _attach_known(
        self, trip: "_Trip", client: VectorStoresServer, file_id: str
    ) -> JsonObject | None:
        """None where the server has deleted the file in the meantime, or holds it under another name."""
        try:
            held = await client.file(file_id)
        except ServerFailure as problem:
            if problem.is_absence:
                return None
            raise
        if held.get("filename") != trip.file.filename:
            return None
        trip.note = NOT_SENT_AGAIN
        return await self._put(trip, client, file_id)

    async def _put(self, trip: "_Trip", client: VectorStoresServer, file_id: str) -> JsonObject:
        trip.at("indexing", file_id=file_id)
        file, cargo = trip.file, trip.cargo
        return await self._attaching.attach(
            file.server, client, file.store_id, file_id, cargo.attributes, cargo.chunking
        )

    async def _wait_for_index(self, trip: "_Trip", client: VectorStoresServer, stored: JsonObject) -> None:
        pause, silent = FIRST_POLL_S, 0.0
        file_id = trip.file.file_id or ""
        while stored.get("status") == "in_progress":
            if silent > INDEX_PATIENCE_S:
                raise UseCaseFailure(INDEX_SILENT)
            await self._carriers.clock.sleep(pause)
            before, stored = stored, await client.store_file(trip.file.store_id, file_id)
            silent = silent + pause if stored == before else 0.0
            pause = min(pause * POLL_GROWTH, LAST_POLL_S)
        stage, reason = stage_of(stored)
        trip.file = replace(trip.file, **described(stored))
        trip.at(stage, reason=reason)


class _Trip:
    """Where a file is now; every step is told."""

    def __init__(self, file: LibraryFile, cargo: Cargo, tell: Tell) -> None:
        self.file = file
        self.cargo = cargo
        self.note = ""
        self._tell = tell
        self._loop = asyncio.get_running_loop()

    def at(
        self,
        stage: UploadStage,
        reason: str | None = None,
        bytes: int | None = None,
        file_id: str | None = None,
        sha256: str | None = None,
    ) -> None:
        self.file = replace(
            self.file,
            stage=stage,
            progress=1.0 if stage == "completed" else 0.0,
            reason=reason,
            note=self.note if stage == "completed" else "",
            bytes=self.file.bytes if bytes is None else bytes,
            file_id=file_id or self.file.file_id,
            sha256=sha256 or self.file.sha256,
        )
        self._tell(self.file)

    def counter(self) -> Callable[[int], None]:
        """For the present stage, told from any thread: bytes done so far."""
        stage = self.file.stage

        def count(done: int) -> None:
            self._loop.call_soon_threadsafe(self._progress, stage, done)

        return count

    def _progress(self, stage: UploadStage, done: int) -> None:
        total = self.file.bytes
        if not total or stage != self.file.stage:
            return
        progress = min(1.0, done / total)
        if progress - self.file.progress >= 1 / STEPS_SHOWN:
            self.file = replace(self.file, progress=progress)
            self._tell(self.file)


def described(stored: JsonObject) -> dict[str, Any]:
    """What a vector store says of a file beside its stage, as fields of a LibraryFile."""
    error = object_of(stored.get("last_error"))
    return {
        "final": stored.get("status") == "failed" and text_of(error.get("code")) not in PASSING,
        "usage": index_of(stored.get("usage_bytes")),
        "attributes": object_of(stored.get("attributes")),
        "chunking": object_of(stored.get("chunking_strategy")),
    }


def is_echo(file: LibraryFile) -> bool:
    """Whether a row only says that what was added is in its store already, as the file of another row."""
    return file.note.startswith(THERE)


def stage_of(stored: JsonObject) -> tuple[UploadStage, str | None]:
    """Stage and reason of a file as its vector store describes it."""
    status = stored.get("status")
    if status in ("failed", "cancelled"):
        error = object_of(stored.get("last_error"))
        return status, text_of(error.get("message")) or "The server could not index it and gave no reason."
    return ("indexing", None) if status == "in_progress" else ("completed", None)


def _about_files(failure: Failure) -> Failure:
    """A connection that broke off, in words that speak of a file and not of an answer."""
    if failure.kind not in BROKE_OFF:
        return failure
    return replace(failure, title="The connection broke off", text="The file did not get through. Try again.")


def _os_reason(problem: OSError, filename: str) -> str:
    return f"{filename} {_OS_REASONS.get(type(problem), f'cannot be read ({problem.strerror or problem})')}."


_OS_REASONS: dict[type[OSError], str] = {
    FileNotFoundError: "is not there any more: it was moved or deleted. Drop it again from its new place",
    IsADirectoryError: "is a folder. Choose the files in it",
    PermissionError: "may not be read by you. Change its permissions, then try again",
}
