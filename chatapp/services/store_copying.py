"""A library copied to another server. `store_passage` brings its files.

Nothing is deleted anywhere. What was begun is on record, so that a copy that was stopped goes on where it was, and
copying a library again brings only what is new in it.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from chatapp.conversation.changes import Notice, StoreCopied
from chatapp.conversation.failures import Failure, Remedy
from chatapp.protocol.json_types import JsonObject, object_of, text_of
from chatapp.services.copy_records import CopyRecord, CopyRecords
from chatapp.services.feed import Feed
from chatapp.services.library import Library
from chatapp.services.ports import NOT_THERE, ServerFailure, Settings
from chatapp.services.store_passage import Passage
from chatapp.services.uploads import Carriers
from chatapp.services.use_case import TROUBLES, UseCaseFailure, failure_of, use_case

log = logging.getLogger(__name__)

STOPPED = "You stopped it."
CLOSED = "chatapp was closed."
CUT = "It ended before all files were there."
OWN_NOTES = ("provider_id", "provider_vector_store_id", "embedding_model", "embedding_dimension")
"""What ogx writes into a store's metadata about itself: it is not true of another server's."""
NO_STORES = Failure(
    "no_vector_stores",
    "That server keeps no libraries",
    "It offers no vector stores, so nothing was sent to it. Choose another server.",
    remedies=(Remedy.OPEN_SETTINGS,),
)
GONE = Failure(
    "library_gone",
    "This library is not on its server any more",
    "Nothing was copied. Choose another library.",
)


class StoreCopying:
    """One copy of a library at a time. How far each is comes through the feed."""

    def __init__(self, library: Library, carriers: Carriers, settings: Settings, feed: Feed) -> None:
        self._library = library
        self._carriers = carriers
        self._records = CopyRecords(settings)
        self._feed = feed
        self._told: dict[tuple[str, str], StoreCopied] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._starting = asyncio.Lock()

    @use_case
    async def start(self, server: str, store_id: str, target: str) -> None:
        """Begins to copy, or goes on. Returns once the store is there; its files follow."""
        async with self._starting:
            if self._is_copying(server, store_id):
                return
            await self._end(server, store_id)  # one that has ended and not quite left
            record = await self._place(server, store_id, target)
            self._tell(StoreCopied(server, store_id, record.name, target, copying=True))
            task = asyncio.create_task(self._copy(record), name=f"copy of {record.name}")
            self._tasks[server, store_id] = task
            task.add_done_callback(self._done(server, store_id))

    async def stop(self, server: str, store_id: str) -> None:
        """What is there stays there."""
        async with self._starting:
            await self._end(server, store_id)

    @use_case
    async def leave(self, server: str, store_id: str) -> None:
        """The reader knows how it ended and does not want to be told again."""
        if not self._is_copying(server, store_id):
            self._told.pop((server, store_id), None)
            await self._records.close(server, store_id)

    @use_case
    async def recall(self, server: str) -> None:
        """Tells of the copies of a server's libraries that an earlier run of chatapp left unfinished."""
        for record in await self._records.all():
            if record.server == server and record.open and (server, record.store_id) not in self._told:
                cut = StoreCopied(server, record.store_id, record.name, record.target, copying=False)
                self._tell(replace(cut, reason=CUT))

    async def aclose(self) -> None:
        for server, store_id in list(self._tasks):
            await self._end(server, store_id, CLOSED)

    async def _end(self, server: str, store_id: str, reason: str = STOPPED) -> None:
        task = self._tasks.get((server, store_id))
        if task is None:
            return
        copying = self._is_copying(server, store_id)
        if copying:
            task.cancel()
        await asyncio.wait({task})
        if copying:
            self._halt(server, store_id, reason)

    async def _place(self, server: str, store_id: str, target: str) -> CopyRecord:
        """The store on the target, made where there is none. Raises ServerFailure, UseCaseFailure."""
        book, view = self._carriers.book, self._carriers.servers
        stores = await view.vector_stores(await book.get(server)).stores()
        store = next((entry for entry in stores if entry.get("id") == store_id), None)
        if store is None:
            raise UseCaseFailure(GONE)
        name = text_of(store.get("name")) or store_id
        client = view.vector_stores(await book.get(target))
        try:
            there = {text_of(entry.get("id")) for entry in await client.stores()}
            known = await self._records.find(server, store_id, target)
            copy_id = known.copy_id if known is not None else ""
            if copy_id not in there:
                copy_id = text_of((await client.create_store(name, settings=_settings(store))).get("id"))
        except ServerFailure as problem:
            if problem.status in NOT_THERE:
                raise UseCaseFailure(NO_STORES) from problem
            raise
        if not copy_id:
            raise UseCaseFailure(NO_STORES)
        record = CopyRecord(server, store_id, name, target, copy_id)
        await self._records.put(record)
        await self._library.stores(target)
        return record

    async def _copy(self, record: CopyRecord) -> None:
        passage = Passage(record, self._library, self._carriers, self._tell)
        try:
            target = (await self._carriers.book.get(record.target)).name
            await passage.run()
            await self._records.put(replace(record, open=False))
        except (UseCaseFailure, *TROUBLES) as problem:
            failure = problem.failure if isinstance(problem, UseCaseFailure) else failure_of(problem)
            self._halt(record.server, record.store_id, f"{failure.title}.")
            words = f"Copying “{record.name}” stopped. {failure.title}. It goes on from the Library panel."
            self._feed.put(Notice(words, "warning"))
            return
        ended = replace(passage.now, copying=False)
        self._tell(ended)
        self._feed.put(_notice(ended, target))

    def _is_copying(self, server: str, store_id: str) -> bool:
        told = self._told.get((server, store_id))
        return told is not None and told.copying

    def _halt(self, server: str, store_id: str, reason: str) -> None:
        self._tell(replace(self._told[server, store_id], copying=False, reason=reason))

    def _tell(self, copied: StoreCopied) -> None:
        self._told[copied.server, copied.store_id] = copied
        self._feed.put(copied)

    def _done(self, server: str, store_id: str) -> Callable[[asyncio.Task[None]], None]:
        def done(task: asyncio.Task[None]) -> None:
            del self._tasks[server, store_id]
            problem = None if task.cancelled() else task.exception()
            if problem is not None:
                log.error("copying a library failed inside chatapp", exc_info=problem)
                self._halt(server, store_id, f"Something went wrong inside chatapp: {problem!r}")

        return done


def _settings(store: JsonObject) -> JsonObject:
    """What a store is made with, beside its name, as far as it is not of its server alone."""
    metadata = {
        name: value for name, value in object_of(store.get("metadata")).items() if name not in OWN_NOTES
    }
    expiry = object_of(store.get("expires_after"))
    wanted = {"description": text_of(store.get("description")), "metadata": metadata, "expires_after": expiry}
    return {name: value for name, value in wanted.items() if value}


def _notice(ended: StoreCopied, target: str) -> Notice:
    files = "1 file" if ended.total == 1 else f"{ended.total} files"
    if ended.missing:
        words = f"“{ended.name}” was copied to {target}, but for {len(ended.missing)} of its {files}."
        return Notice(f"{words} The Library panel says which, and why.", "warning")
    return Notice(f"“{ended.name}” was copied to {target}: {files}.")
