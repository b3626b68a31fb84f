"""Vectors fill in behind: a store can be searched by its words at once, and by meaning as its chunks are read.

What is to be done is whatever chunk has no vector, so nothing is lost when the engine ends in the middle.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from chatapp.engine.errors import disk_error
from chatapp.engine.retrieval import vectors
from chatapp.engine.retrieval.embedding import MiniLm
from chatapp.engine.retrieval.vectors import Near, Unread, Vectors
from chatapp.engine.retrieval.wordpiece import pieces
from chatapp.engine.store import Database

if TYPE_CHECKING:
    from chatapp.engine.retrieval.embedding import Matrix

T = TypeVar("T")
log = logging.getLogger(__name__)

BATCH = 8
"""Chunks read before the next question may come in between: a third of a second."""
IDLE_S = 60.0
"""After the last text the model is let go of."""
WAIT_S = 10.0
"""After the disk refused."""


class EmbeddingWork:
    """Owns the task that reads chunks, and the thread of the model."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._model = MiniLm()
        self._vectors = Vectors()
        self._thread = ThreadPoolExecutor(1, "engine-embedding")
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="embedding")

    def wake(self) -> None:
        """Look again: a file was indexed."""
        self._changed.set()

    async def close(self) -> None:
        """Stop; what has no vector yet is read by the next engine."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._idle is not None:
            self._idle.cancel()
        self._thread.shutdown()

    async def nearest(self, question: str, entries: Collection[int], limit: int) -> Sequence[Near]:
        """The chunks of these entries whose meaning is nearest to a question's, as far as they are read."""
        if not len(self._vectors):
            return []
        return await self._on_thread(partial(self._nearest, question, entries, limit))

    async def count(self, texts: Sequence[str]) -> list[int]:
        """The pieces that the model reads of each text."""
        return [
            count for batch in _batches(texts) for count in await self._on_thread(partial(_counted, batch))
        ]

    async def vectors(self, texts: Sequence[str]) -> "list[Matrix]":
        """A vector of each text. Questions and chunks come in between."""
        found = [await self._on_thread(partial(self._model.embed_whole, batch)) for batch in _batches(texts)]
        return [vector for batch in found for vector in batch]

    async def _on_thread(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, work)
        finally:
            if self._idle is not None:
                self._idle.cancel()
            self._idle = loop.call_later(IDLE_S, self._rest)

    def _rest(self) -> None:
        asyncio.get_running_loop().run_in_executor(self._thread, self._model.rest)

    def _nearest(self, question: str, entries: Collection[int], limit: int) -> Sequence[Near]:
        return self._vectors.nearest(self._model.embed([question])[0][0], entries, limit)

    async def _run(self) -> None:
        await self._database.read(self._vectors.load)
        after = 0
        while True:
            self._changed.clear()
            try:
                after = await self._read_behind(after)
            except (OSError, sqlite3.Error) as error:
                log.warning("vectors wait: %s", disk_error(error).message)
                await asyncio.sleep(WAIT_S)
                continue
            await self._changed.wait()

    async def _read_behind(self, after: int) -> int:
        """Reads all chunks behind one; the last of them. Raises OSError, sqlite3.Error."""
        loop = asyncio.get_running_loop()
        while unread := await self._database.read(partial(vectors.missing, after=after, most=BATCH)):
            texts = [one.text for one in unread]
            read = await self._on_thread(partial(self._model.embed, texts))
            found = list(zip(unread, read, strict=True))
            await self._database.write(partial(_put, found=found))
            await loop.run_in_executor(self._thread, self._vectors.add, found)
            after = unread[-1].chunk
        return after


def _batches(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[at : at + BATCH] for at in range(0, len(texts), BATCH)]


def _counted(texts: Sequence[str]) -> list[int]:
    return [len(pieces(text)) for text in texts]


def _put(connection: sqlite3.Connection, found: "list[tuple[Unread, Matrix]]") -> None:
    for unread, vectors_of_chunk in found:
        vectors.put(connection, unread.chunk, vectors_of_chunk)
