"""Vector stores and their files: what a server holds, and what is on its way there. `uploads` carries each file."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from chatapp.conversation.changes import (
    LibraryFile,
    Notice,
    QueuePaused,
    UploadStage,
)
from chatapp.protocol.json_types import JsonObject, object_of, text_of
from chatapp.services.address_book import ENGINE
from chatapp.services.feed import Feed
from chatapp.services.ports import Folders, ServerFailure, Settings, UploadQueue, VectorStoresServer
from chatapp.services.shelves import Shelves
from chatapp.services.store_listing import AT_ONCE, files_of, merged, some_at_once
from chatapp.services.upload_line import UploadLine, arrival_of
from chatapp.services.uploads import Arrival, Cargo, Carriers, Uploads, is_echo
from chatapp.services.use_case import use_case

SAMPLE_NAME = "User guide"
SAMPLE_SETTING = "library.sample_store"
PAUSED_SETTING = "library.paused"
CHUNKING_SETTING = "library.chunking"
PAUSED = "Adding files to libraries is still paused; the Library panel resumes it. Files that wait:"


class Library:
    """`guide` gives the files of the sample library. Every change is told to the feed as well as returned."""

    def __init__(
        self,
        carriers: Carriers,
        settings: Settings,
        journal: UploadQueue,
        folders: Folders,
        feed: Feed,
        guide: Callable[[], Sequence[Path]],
    ) -> None:
        self._carriers = carriers
        self._settings = settings
        self._feed = feed
        self._guide = guide
        self._journal = journal
        self._folders = folders
        self._shelves = shelves = Shelves(feed)
        uploads = Uploads(carriers, shelves.moved)
        self._line = UploadLine(uploads, journal, shelves.find, shelves.moved, carriers.clock, feed.put)
        self._sampling = asyncio.Lock()

    @use_case
    async def stores(self, server: str) -> list[JsonObject]:
        """The server's vector stores, as it describes them."""
        return self._shelves.put_stores(server, await (await self._client(server)).stores())

    @use_case
    async def create_store(self, server: str, name: str) -> JsonObject:
        store = await (await self._client(server)).create_store(name)
        await self.stores(server)
        return store

    @use_case
    async def rename_store(self, server: str, store_id: str, name: str) -> JsonObject:
        return await self.update_store(server, store_id, {"name": name})

    @use_case
    async def update_store(self, server: str, store_id: str, changes: JsonObject) -> JsonObject:
        """`changes`: name, metadata (texts by name), expires_after (anchor and days, or None)."""
        store = await (await self._client(server)).update_store(store_id, changes)
        await self.stores(server)
        return store

    def known(self, server: str, store_id: str) -> Mapping[str, LibraryFile]:
        """The files of a store by key, as they were told last."""
        return dict(self._shelves.of(server, store_id))

    @use_case
    async def set_attributes(self, server: str, store_id: str, changes: Mapping[str, JsonObject]) -> None:
        """New attributes by the key of their file, in the place of those it had. Some at a time, and none after one
        that is refused; what was changed by then is changed."""
        client = await self._client(server)
        keys = list(changes)

        async def change(key: str) -> None:
            file = self._shelves.of(server, store_id).get(key)
            if file is not None and file.file_id is not None:
                await client.set_attributes(store_id, file.file_id, changes[key])
                if key in (files := self._shelves.of(server, store_id)):
                    files[key] = replace(files[key], attributes=changes[key])

        try:
            for first in range(0, len(keys), AT_ONCE):
                await some_at_once([change(key) for key in keys[first : first + AT_ONCE]])
        finally:
            self._shelves.tell(server, store_id)

    @use_case
    async def pieces(self, server: str, store_id: str, file_id: str) -> list[str]:
        """The text of an indexed file in the pieces in which its server gives it."""
        return await (await self._client(server)).content(store_id, file_id)

    async def hide(self, server: str, store_id: str, keys: Collection[str], hidden: bool) -> None:
        """Files that are shown no more, or again: their removal is held back. The store itself where there are none."""
        self._shelves.hide(server, store_id, keys, hidden)

    @use_case
    async def delete_store(self, server: str, store_id: str) -> None:
        """The store goes, its files stay on the server and their originals here. One that is gone already is no
        trouble. Conversations that use it have to be told: `Conversations.drop_store`."""
        await self.cancel_all(server, store_id)
        await self._journal.drop(list(self._shelves.files.pop((server, store_id), {})))
        try:
            await (await self._client(server)).delete_store(store_id)
        except ServerFailure as problem:
            if not problem.is_absence:
                raise
        await self.stores(server)

    @use_case
    async def files(self, server: str, store_id: str) -> Sequence[LibraryFile]:
        """The files of a store by name, those on their way included."""
        client = await self._client(server)
        settled = {key for key in self._shelves.of(server, store_id) if key not in self._line}
        listed = await files_of(client, self._carriers.originals, server, store_id)
        known = self._shelves.of(server, store_id).values()
        under_way = {file.key for file in known if file.key in self._line}
        self._shelves.files[(server, store_id)] = merged(listed, known, under_way, settled - under_way)
        return self._shelves.tell(server, store_id)

    @use_case
    async def add(self, server: str, store_id: str, paths: Sequence[Path]) -> Sequence[LibraryFile]:
        """Queues files, and those in folders; what is left out of a folder is told. Their progress comes through the
        feed; the keys are in what is returned. They are in the journal when this returns."""
        found = await self._folders.files_in(paths)
        chunking = await self.chunking(server, store_id)
        files = []
        for path, size in found.files:
            file = LibraryFile(server, store_id, uuid4().hex, path.name, size, "waiting")
            self._line.expect(file.key, Cargo(path, path.name, chunking=chunking, queued=True))
            files.append(file)
        await self._line.record(files)
        self._shelves.files.setdefault((server, store_id), {}).update((file.key, file) for file in files)
        for file in files:
            self._line.wait(file.key)
        self._shelves.tell(server, store_id)
        if found.ignored:
            self._feed.put(Notice(found.words))
        self._line.go_on()
        return files

    @use_case
    async def go_on(self) -> None:
        """Goes on with what an earlier run of the program did not bring to its end."""
        self._line.paused = await self._settings.get(PAUSED_SETTING) is True
        self._feed.put(QueuePaused(self._line.paused))
        stores = set()
        servers = {entry.id for entry in await self._carriers.book.all()}
        entries = await self._journal.all()
        await self._journal.drop([entry.key for entry in entries if entry.server not in servers])
        for entry in entries:
            if entry.server not in servers or self._shelves.find(entry.key) is not None:
                continue  # its server was removed, or it was added since the program began
            stage: UploadStage = "waiting" if entry.reason is None else "failed"
            cargo = Cargo(entry.path, entry.filename, chunking=entry.chunking, queued=True, resumed=True)
            file = LibraryFile(
                entry.server, entry.store_id, entry.key, entry.filename, None, stage,
                reason=entry.reason, final=entry.final, sha256=entry.sha256 or None,
            )  # fmt: skip
            self._shelves.files.setdefault((entry.server, entry.store_id), {})[entry.key] = file
            self._line.expect(entry.key, cargo)
            stores.add((entry.server, entry.store_id))
            if entry.reason is None:
                self._line.wait(entry.key)
        for server, store_id in stores:
            self._shelves.tell(server, store_id)
        if self._line.paused and self._line.waiting:
            self._feed.put(Notice(f"{PAUSED} {self._line.waiting}.", "warning"))
        self._line.go_on()

    @use_case
    async def pause(self, paused: bool) -> None:
        """What is on its way arrives; what waits stays where it is until the user goes on, also after a restart."""
        self._line.paused = paused
        await self._settings.set(PAUSED_SETTING, paused)
        self._feed.put(QueuePaused(paused))
        self._line.go_on()

    async def try_now(self, server: str) -> None:
        """Tries a server again that files wait for, without the rest of the pause."""
        self._line.try_now(server)

    @use_case
    async def chunking(self, server: str, store_id: str) -> JsonObject | None:
        """The chunking_strategy that files are added to a store with; None for the server's own."""
        chosen = object_of(await self._settings.get(CHUNKING_SETTING))
        return object_of(chosen.get(f"{server} {store_id}")) or None

    @use_case
    async def set_chunking(self, server: str, store_id: str, chunking: JsonObject | None) -> None:
        """For files that are added from now on."""
        chosen = object_of(await self._settings.get(CHUNKING_SETTING))
        await self._settings.set(CHUNKING_SETTING, chosen | {f"{server} {store_id}": chunking})

    async def add_and_wait(
        self, server: str, store_id: str, named: Sequence[tuple[Path, str]]
    ) -> Sequence[Arrival]:
        """The same for files given with their names; see `carry`."""
        return await self.carry(server, store_id, [Cargo(path, filename) for path, filename in named])

    async def carry(self, server: str, store_id: str, cargo: Sequence[Cargo]) -> Sequence[Arrival]:
        """Queues files and returns once each is completed, failed or cancelled. Cancelling this cancels them."""
        files = [LibraryFile(server, store_id, uuid4().hex, one.filename, None, "waiting") for one in cargo]
        for file in files:
            self._shelves.moved(file)
        tasks = [self._line.start(file, one) for file, one in zip(files, cargo, strict=True)]
        try:
            if tasks:
                await asyncio.wait(tasks)
        except asyncio.CancelledError:
            await self._cancel([file.key for file in files])
            raise
        return [arrival_of(task, file) for task, file in zip(tasks, files, strict=True)]

    def leaving(self, server: str, store_id: str, keys: Collection[str]) -> list[LibraryFile]:
        """All rows whose content goes with these. One that says only that it was there already takes nothing along
        while another row stands for it."""
        files = self._shelves.of(server, store_id)
        chosen = [files[key] for key in keys if key in files]
        left = {file.file_id for key, file in files.items() if key not in keys}
        going = {file.file_id for file in chosen if not is_echo(file) or file.file_id not in left}
        return [file for file in files.values() if file.file_id and file.file_id in going]

    @use_case
    async def remove(self, server: str, store_id: str, file_id: str) -> None:
        """Takes a file out of a store; the original stays."""
        await self._detach(server, store_id, file_id)
        files = self._shelves.of(server, store_id)
        for key in [key for key, file in files.items() if file.file_id == file_id]:
            del files[key]
        if (server, store_id) in self._shelves.files:
            self._shelves.tell(server, store_id)

    @use_case
    async def cancel(self, keys: Collection[str]) -> None:
        """Stops files on their way; one that is there already stays."""
        await self._cancel(keys)

    @use_case
    async def cancel_all(self, server: str, store_id: str) -> None:
        """Stops all files on their way to a store."""
        await self._cancel(list(self._shelves.of(server, store_id)))

    async def _cancel(self, keys: Collection[str]) -> None:
        under_way = [key for key in keys if key in self._line]
        if not under_way:
            return
        await self._line.stop(under_way)
        for file in map(self._shelves.find, under_way):
            if file is not None and file.stage == "cancelled" and file.file_id and self._is_alone(file):
                await self._detach(file.server, file.store_id, file.file_id)

    @use_case
    async def retry(self, keys: Collection[str]) -> None:
        """Sends failed or cancelled files again, from where they were or from the kept originals."""
        await self._retry(keys)

    @use_case
    async def retry_all(self, server: str, store_id: str) -> None:
        """The same for all files of a store whose failure may pass."""
        files = self._shelves.of(server, store_id).values()
        await self._retry([file.key for file in files if file.stage == "failed" and not file.final])

    async def _retry(self, keys: Collection[str]) -> None:
        again = []
        await self._line.settled([key for key in keys if self._has_failed(key)])
        for key in keys:
            file = self._shelves.find(key)
            cargo = await self._to_send(file) if file is not None and key not in self._line else None
            if file is None or cargo is None:
                continue
            if file.file_id is not None:
                await self._detach(file.server, file.store_id, file.file_id)
            waiting = replace(file, stage="waiting", progress=0.0, reason=None, final=False, file_id=None)
            self._line.expect(key, replace(cargo, queued=True, tries=0))
            self._line.wait(key)
            self._shelves.moved(waiting)
            again.append(waiting)
        await self._line.record(again)
        self._line.go_on()

    @use_case
    async def forget(self, keys: Collection[str]) -> None:
        """Takes files off the list that did not arrive."""
        await self._journal.drop(keys)
        for place, files in self._shelves.files.items():
            for key in files.keys() & set(keys):
                if key not in self._line:
                    del files[key]
            self._shelves.tell(*place)

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
        """Ends what is on its way; what was added to a library goes on at the next start."""
        await self._line.aclose()
        self._shelves.close()

    def _has_failed(self, key: str) -> bool:
        file = self._shelves.find(key)
        return file is not None and file.stage == "failed"

    async def _to_send(self, file: LibraryFile) -> Cargo | None:
        """What a file was queued as, from the kept original where there is one."""
        queued = self._line.cargo(file.key)
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
            if not problem.is_absence:
                raise

    async def _client(self, server: str) -> VectorStoresServer:
        return self._carriers.servers.vector_stores(await self._carriers.book.get(server))

    def _is_alone(self, file: LibraryFile) -> bool:
        """Whether the server's file stands for this one only: the same content is there once."""
        others = self._shelves.files[(file.server, file.store_id)].values()
        wanted = {other.file_id for other in others if other.key != file.key and other.stage != "cancelled"}
        return file.file_id not in wanted
