"""Vector stores and their files: what a server holds, and what is on its way there. `uploads` carries each file."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import uuid4

from chatapp.conversation.changes import FilesChanged, LibraryFile, Notice, StoresChanged
from chatapp.protocol.json_types import JsonObject, index_of, text_of
from chatapp.services.address_book import ENGINE
from chatapp.services.feed import Feed
from chatapp.services.ports import ServerFailure, Settings, VectorStoresServer
from chatapp.services.uploads import Arrival, Cargo, Carriers, Uploads, stage_of
from chatapp.services.use_case import use_case

log = logging.getLogger(__name__)

SAMPLE_NAME = "User guide"
SAMPLE_SETTING = "library.sample_store"
ASKED_AT_ONCE = 8
"""Names of files that are asked for at the same moment, where a server's list leaves them out."""

T = TypeVar("T")


class Library:
    """`guide` gives the files of the sample library. Every change is told to the feed as well as returned."""

    def __init__(
        self, carriers: Carriers, settings: Settings, feed: Feed, guide: Callable[[], Sequence[Path]]
    ) -> None:
        self._carriers = carriers
        self._settings = settings
        self._feed = feed
        self._guide = guide
        self._uploads = Uploads(carriers, self._moved)
        self._files: dict[tuple[str, str], dict[str, LibraryFile]] = {}
        self._cargo: dict[str, Cargo] = {}
        self._tasks: dict[str, asyncio.Task[Arrival]] = {}
        self._sampling = asyncio.Lock()

    @use_case
    async def stores(self, server: str) -> list[JsonObject]:
        """The server's vector stores, as it describes them."""
        stores = await (await self._client(server)).stores()
        self._feed.put(StoresChanged(server, tuple(stores)))
        return stores

    @use_case
    async def create_store(self, server: str, name: str) -> JsonObject:
        store = await (await self._client(server)).create_store(name)
        await self.stores(server)
        return store

    @use_case
    async def rename_store(self, server: str, store_id: str, name: str) -> JsonObject:
        store = await (await self._client(server)).rename_store(store_id, name)
        await self.stores(server)
        return store

    @use_case
    async def delete_store(self, server: str, store_id: str) -> None:
        """The store goes, its files stay on the server and their originals here. One that is gone already is no
        trouble. Conversations that use it have to be told: `Conversations.drop_store`."""
        for file in self._files.pop((server, store_id), {}).values():
            await self.cancel(file.key)
        client = await self._client(server)
        name = next(
            (text_of(entry.get("name")) for entry in await client.stores() if entry["id"] == store_id), ""
        )
        try:
            await client.delete_store(store_id)
        except ServerFailure as problem:
            if problem.status != 404:
                raise
        await self.stores(server)
        self._feed.put(Notice(f"The library “{name or store_id}” was deleted. Its files are kept."))

    @use_case
    async def files(self, server: str, store_id: str) -> Sequence[LibraryFile]:
        """The files of a store by name, those on their way included."""
        client = await self._client(server)
        listed = await _some_at_once(
            [self._describe(client, server, store_id, entry) for entry in await client.store_files(store_id)]
        )
        known = self._files.get((server, store_id), {}).values()
        keys = {file.file_id: file.key for file in known if file.file_id}
        merged = {
            file.key: file
            for file in (replace(file, key=keys.get(file.file_id or "", file.key)) for file in listed)
        }
        for file in known:
            if file.key in self._tasks or (file.key not in merged and file.stage in ("failed", "cancelled")):
                merged[file.key] = file
        self._files[(server, store_id)] = merged
        return self._tell(server, store_id)

    async def add(self, server: str, store_id: str, paths: Sequence[Path]) -> Sequence[LibraryFile]:
        """Queues files. Their progress comes through the feed; the keys are in what is returned."""
        return [self._queue(server, store_id, Cargo(path, path.name)) for path in paths]

    async def add_and_wait(
        self, server: str, store_id: str, named: Sequence[tuple[Path, str]]
    ) -> Sequence[Arrival]:
        """The same for files given with their names; see `carry`."""
        return await self.carry(server, store_id, [Cargo(path, filename) for path, filename in named])

    async def carry(self, server: str, store_id: str, cargo: Sequence[Cargo]) -> Sequence[Arrival]:
        """Queues files and returns once each is completed, failed or cancelled. Cancelling this cancels them."""
        files = [self._queue(server, store_id, one) for one in cargo]
        tasks = [self._tasks[file.key] for file in files]
        try:
            if tasks:
                await asyncio.wait(tasks)
        except asyncio.CancelledError:
            for file in files:
                await self.cancel(file.key)
            raise
        return [_arrival(task, file) for task, file in zip(tasks, files, strict=True)]

    @use_case
    async def remove(self, server: str, store_id: str, file_id: str) -> None:
        """Takes a file out of a store; the original stays."""
        await self._detach(server, store_id, file_id)
        files = self._files.get((server, store_id), {})
        for key in [key for key, file in files.items() if file.file_id == file_id]:
            del files[key]
        self._tell(server, store_id)

    @use_case
    async def cancel(self, key: str) -> None:
        """Stops a file on its way; one that is there already stays."""
        task = self._tasks.get(key)
        if task is None:
            return
        task.cancel()
        await asyncio.wait({task})
        file = self._find(key)
        if file is not None and file.file_id is not None:
            await self._detach(file.server, file.store_id, file.file_id)

    @use_case
    async def retry(self, key: str) -> None:
        """Sends a failed or cancelled file again, from where it was or from the kept original."""
        file = self._find(key)
        cargo = await self._to_send(file) if file is not None and key not in self._tasks else None
        if file is None or cargo is None:
            return
        if file.file_id is not None:
            await self._detach(file.server, file.store_id, file.file_id)
        self._start(replace(file, stage="waiting", progress=0.0, reason=None), cargo)

    @use_case
    async def sample_store(self) -> str:
        """The store with the user guide on the built-in engine, made and filled where it is not there yet."""
        async with self._sampling:
            client = await self._client(ENGINE.id)
            known = await self._settings.get(SAMPLE_SETTING)
            if not any(entry.get("id") == known for entry in await client.stores()):
                known = text_of((await client.create_store(SAMPLE_NAME)).get("id"))
                await self._settings.set(SAMPLE_SETTING, known)
            store_id = str(known)
            there = {
                file.filename for file in await self.files(ENGINE.id, store_id) if file.stage != "failed"
            }
            await self.add_and_wait(
                ENGINE.id, store_id, [(path, path.name) for path in self._guide() if path.name not in there]
            )
            await self.stores(ENGINE.id)
            return store_id

    async def aclose(self) -> None:
        """Cancels what is on its way."""
        tasks = set(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _to_send(self, file: LibraryFile) -> Cargo | None:
        """What a file was queued as, from the kept original where there is one."""
        queued = self._cargo.get(file.key)
        original = await self._carriers.originals.by_hash(file.sha256) if file.sha256 else None
        if original is None:
            return queued
        queued = queued or Cargo(original.path, file.filename)
        return replace(queued, path=original.path, kept=original)

    async def _detach(self, server: str, store_id: str, file_id: str) -> None:
        """Takes a file out of a store, where it is in it."""
        try:
            await (await self._client(server)).detach(store_id, file_id)
        except ServerFailure as problem:
            if problem.status != 404:
                raise

    async def _client(self, server: str) -> VectorStoresServer:
        return self._carriers.servers.vector_stores(await self._carriers.book.get(server))

    def _queue(self, server: str, store_id: str, cargo: Cargo) -> LibraryFile:
        file = LibraryFile(server, store_id, uuid4().hex, cargo.filename, None, "waiting")
        self._cargo[file.key] = cargo
        self._start(file, cargo)
        return file

    def _start(self, file: LibraryFile, cargo: Cargo) -> None:
        self._moved(file)
        task = asyncio.create_task(self._uploads.carry(file, cargo), name=f"upload of {file.filename}")
        self._tasks[file.key] = task
        task.add_done_callback(self._done(file.key))

    def _done(self, key: str) -> Callable[[asyncio.Task[Arrival]], None]:
        def done(task: asyncio.Task[Arrival]) -> None:
            self._tasks.pop(key, None)
            file = self._find(key)
            problem = None if task.cancelled() else task.exception()
            if problem is not None:
                log.error("an upload failed inside chatapp", exc_info=problem)
            if file is not None and (task.cancelled() or problem is not None):
                self._moved(_arrival(task, file).file)

        return done

    def _find(self, key: str) -> LibraryFile | None:
        return next((files[key] for files in self._files.values() if key in files), None)

    def _moved(self, file: LibraryFile) -> None:
        self._files.setdefault((file.server, file.store_id), {})[file.key] = file
        self._tell(file.server, file.store_id)

    def _tell(self, server: str, store_id: str) -> Sequence[LibraryFile]:
        files = sorted(self._files[(server, store_id)].values(), key=lambda file: file.filename.casefold())
        self._feed.put(FilesChanged(server, store_id, tuple(files)))
        return files

    async def _describe(
        self, client: VectorStoresServer, server: str, store_id: str, entry: JsonObject
    ) -> LibraryFile:
        """A file as its store lists it; the name is in the kept original, or has to be asked for."""
        file_id = text_of(entry.get("id"))
        stage, reason = stage_of(entry)
        original = await self._carriers.originals.by_file_id(server, file_id)
        named = entry if original or "filename" in entry else await client.file(file_id)
        return LibraryFile(
            server,
            store_id,
            key=file_id,
            filename=original.filename if original else text_of(named.get("filename")) or file_id,
            bytes=original.bytes if original else index_of(named.get("bytes")),
            stage=stage,
            progress=1.0 if stage == "completed" else 0.0,
            reason=reason,
            file_id=file_id,
            sha256=original.sha256 if original else None,
        )


def _arrival(task: asyncio.Task[Arrival], file: LibraryFile) -> Arrival:
    """How a carrier's task ended; `file` is as it was known last."""
    if task.cancelled():
        return Arrival(replace(file, stage="cancelled", progress=0.0))
    problem = task.exception()
    if problem is None:
        return task.result()
    return Arrival(replace(file, stage="failed", reason=f"Something went wrong inside chatapp: {problem!r}"))


async def _some_at_once(questions: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """All answers in order, ASKED_AT_ONCE at a time; the first failure counts, once none is on its way any more."""
    places = asyncio.Semaphore(ASKED_AT_ONCE)

    async def ask(question: Coroutine[Any, Any, T]) -> T:
        async with places:
            return await question

    answers = await asyncio.gather(*(ask(question) for question in questions), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return cast(list[T], answers)
