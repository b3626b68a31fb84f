"""Commits of the term index: what is done at the same time is committed together, and only then is it complete.

A file's row says `completed` once the index holds all of it on the disk; what was removed from the database is
forgotten by the index soon after, and its words leave the files once nothing else is to be done (`renewal`). A commit
takes some 20 ms whatever it holds, so while one runs, the next gathers.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from chatapp.documents.model import UnreadableDocument
from chatapp.engine import catalogue
from chatapp.engine.cutting import Cutter
from chatapp.engine.errors import disk_error
from chatapp.engine.renewal import renew_some
from chatapp.engine.retrieval import index
from chatapp.engine.retrieval.term_index import IndexTrouble, TermIndex
from chatapp.engine.store import Database

log = logging.getLogger(__name__)

LOST = IndexTrouble("the commit before failed")
IDLE_S = 1.0
"""After so long with nothing to commit the index is cleared of deleted words, and the writer lets go of its memory."""


@dataclass(frozen=True, slots=True)
class Added:
    """An entry whose last chunk was added. `settled` is told whether it is complete; else it is to be added anew.
    `losses` is what the index had counted when its first was."""

    entry: int
    usage_bytes: int
    losses: int
    settled: Callable[[Exception | None], None]


class Commits:
    """Owns the task that commits. `is_idle` says whether nobody is adding, so that the writer may rest."""

    def __init__(self, database: Database, terms: TermIndex, is_idle: Callable[[], bool]) -> None:
        self._database = database
        self._terms = terms
        self._is_idle = is_idle
        self._waiting: list[Added] = []
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._cutter = Cutter()
        self._has_committed = False

    def start(self) -> None:
        """Begin with what an earlier engine left to be forgotten."""
        self._changed.set()
        self._task = asyncio.create_task(self._run(), name="index-commits")

    def wake(self) -> None:
        """Look again: something was removed."""
        self._changed.set()

    def complete(self, added: Added) -> None:
        """Has an entry committed, and its row say so."""
        self._waiting.append(added)
        self._changed.set()

    async def close(self) -> None:
        """Stop; what is not committed is begun anew by the next engine."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._cutter.aclose()
        await asyncio.to_thread(self._terms.rest)

    async def _run(self) -> None:
        is_clean = False
        while True:
            if await self._changes_within(None if is_clean else IDLE_S):
                self._changed.clear()
                await self._commit()
                is_clean = False
            elif self._is_idle():
                is_clean = await self._clean()

    async def _changes_within(self, seconds: float | None) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._changed.wait()
        return False

    async def _clean(self) -> bool:
        """False if it made way for what is to be committed. What fails is tried again after the next change."""
        try:
            while not self._changed.is_set():
                if not await renew_some(self._database, self._terms, self._cutter):
                    await asyncio.to_thread(self._rest)
                    return True
        except (OSError, sqlite3.Error) as error:
            log.warning("deleted words stay for now: %s", disk_error(error).message)
        except UnreadableDocument:
            log.warning("deleted words stay for now: the process that reads texts was ended")
        else:
            return False
        return True

    def _rest(self) -> None:
        self._terms.tidy()
        if self._has_committed:
            from chatapp.engine.spare_memory import give_back

            give_back()
            self._has_committed = False

    async def _commit(self) -> None:
        batch, self._waiting = self._waiting, []
        problem: Exception | None = None
        lost = {added.entry for added in batch if added.losses != self._terms.losses}
        try:
            gone = await self._database.read(index.to_forget)
            if batch or gone:
                await asyncio.to_thread(self._terms.forget, gone)
                await asyncio.to_thread(self._terms.commit)
                self._has_committed = True
                whole = [added for added in batch if added.entry not in lost]
                if await self._database.write(lambda connection: _settle(connection, whole, gone)):
                    self._changed.set()
        except (OSError, sqlite3.Error) as error:
            log.warning("the index waits: %s", disk_error(error).message)
            problem = error
        for added in batch:
            added.settled(LOST if added.entry in lost and problem is None else problem)


def _settle(connection: sqlite3.Connection, batch: Sequence[Added], gone: Sequence[int]) -> bool:
    """Whether there is something new to forget: what was taken away while it was on its way here."""
    index.forgotten(connection, gone)
    is_new = False
    for added in batch:
        if catalogue.is_waiting(connection, added.entry):
            catalogue.settle(connection, added.entry, "completed", added.usage_bytes)
        elif added.entry not in gone:
            index.to_be_forgotten(connection, added.entry)
            is_new = True
    return is_new
