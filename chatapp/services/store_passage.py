"""One library's files on their way to another server: from the kept originals, else fetched from where they are."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

from chatapp.conversation.changes import NotCopied, StoreCopied
from chatapp.protocol.json_types import JsonObject, object_of, text_of
from chatapp.services.copy_records import CopyRecord
from chatapp.services.fetching import original_of
from chatapp.services.library import Library
from chatapp.services.ports import Original, ServerFailure, StorageFailure, VectorStoresServer
from chatapp.services.uploads import Cargo, Carriers
from chatapp.services.use_case import UseCaseFailure, failure_of

AT_ONCE = 8
"""Files on their way at the same moment. `uploads` sends two of them; the others are fetched or being indexed."""
SENDABLE = ("auto", "static")
"""Kinds of chunking that a server may be asked for; "other" says that nobody knows."""
NOT_HERE = (
    "Its original is not on this computer, and its server does not hand it out. Add it to the copy yourself. "
    "The server said:"
)


class Passage:
    """`run` it once. `tell` hears how far it is after every file."""

    def __init__(
        self, record: CopyRecord, library: Library, carriers: Carriers, tell: Callable[[StoreCopied], None]
    ) -> None:
        self._record, self._library, self._carriers, self._tell = record, library, carriers, tell
        self.now = StoreCopied(record.server, record.store_id, record.name, record.target, copying=True)
        self._seen: set[tuple[str, str]] = set()
        self._there: set[str] = set()

    async def run(self) -> None:
        """Tries every file. Raises UseCaseFailure, ServerFailure or StorageFailure where no other would get there."""
        record = self._record
        entries = await (await self._client(record.server)).store_files(record.store_id)
        there = await (await self._client(record.target)).store_files(record.copy_id)
        self._there = {text_of(entry.get("id")) for entry in there if entry.get("status") == "completed"}
        self._step(replace(self.now, total=len(entries)))
        waiting = iter(entries)
        workers = [asyncio.create_task(self._work(waiting)) for _ in range(AT_ONCE)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.wait(workers)

    async def _work(self, entries: Iterator[JsonObject]) -> None:
        for entry in entries:
            await self._bring(entry)

    async def _bring(self, entry: JsonObject) -> None:
        record, original = self._record, await self._original(entry)
        if original is None:
            return
        content = (original.sha256, original.filename)
        if content in self._seen:
            self._step(replace(self.now, total=self.now.total - 1))
            return
        self._seen.add(content)
        known = await self._carriers.originals.file_id_for(record.target, *content)
        if known in self._there:
            self._step(replace(self.now, copied=self.now.copied + 1))
            return
        (arrival,) = await self._library.carry(record.target, record.copy_id, [_cargo(original, entry)])
        if arrival.file.stage == "completed":
            self._step(replace(self.now, copied=self.now.copied + 1))
            return
        if arrival.failure is not None:
            await self._check(record.target)
        self._missed(original.filename, arrival.file.reason or "It was cancelled.")

    async def _original(self, entry: JsonObject) -> Original | None:
        """None where it cannot be had, which is told. Raises where the source does not answer at all."""
        server, file_id = self._record.server, text_of(entry.get("id"))
        try:
            return await original_of(self._carriers, server, file_id)
        except StorageFailure as problem:
            if problem.failure.kind != "too_large":
                raise
            reason = "It is larger than what can be kept on this computer."
        except ServerFailure as problem:
            await self._check(server)
            reason = f"{NOT_HERE} {problem}"
        self._missed(await self._name(server, entry), reason)
        return None

    async def _name(self, server: str, entry: JsonObject) -> str:
        """As the list has it, or as the server says when asked, or the id."""
        file_id, listed = text_of(entry.get("id")), text_of(entry.get("filename"))
        if listed:
            return listed
        try:
            return text_of((await (await self._client(server)).file(file_id)).get("filename")) or file_id
        except ServerFailure:
            return file_id

    async def _check(self, server: str) -> None:
        """Raises UseCaseFailure where the server does not answer: then the trouble is not of one file alone."""
        try:
            await (await self._client(server)).stores()
        except ServerFailure as problem:
            failure, name = failure_of(problem), (await self._carriers.book.get(server)).name
            raise UseCaseFailure(replace(failure, title=f"{failure.title} ({name})")) from problem

    async def _client(self, server: str) -> VectorStoresServer:
        return self._carriers.servers.vector_stores(await self._carriers.book.get(server))

    def _missed(self, filename: str, reason: str) -> None:
        self._step(replace(self.now, missing=(*self.now.missing, NotCopied(filename, reason))))

    def _step(self, now: StoreCopied) -> None:
        self.now = now
        self._tell(now)


def _cargo(original: Original, entry: JsonObject) -> Cargo:
    """With the attributes and the chunking that the file has in its store."""
    chunking = object_of(entry.get("chunking_strategy"))
    asked = chunking if chunking.get("type") in SENDABLE else None
    return Cargo(original.path, original.filename, object_of(entry.get("attributes")), asked, original)
