"""Libraries deleted and files taken out of them, held back for some seconds: no server can take that back.

What is held is not shown any more and not yet sent. It is sent when its time is over or the program ends, and nothing
is sent for what was taken back. A program that is killed in between has deleted nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from uuid import uuid4

from chatapp.conversation.changes import Notice, UndoExpired
from chatapp.services.conversations import Conversations
from chatapp.services.feed import Feed
from chatapp.services.library import Library
from chatapp.services.ports import Clock
from chatapp.services.use_case import UseCaseFailure

log = logging.getLogger(__name__)

HELD_S = 15.0
LAST_S = 5.0
"""How long the end of the program waits for what is sent then."""
UNDO = "library.restore"
ROW_ONLY = "It was taken off the list. The same content stays in this library under its other name."
LATER = f"It leaves the server in {HELD_S:.0f} seconds, or when the window is closed."


@dataclass(frozen=True, slots=True)
class _Held:
    """`hide` shows (False) or hides (True) what is to go; `send` has it go; `refused` is said where it does not."""

    refused: str
    hide: Callable[[bool], Awaitable[None]]
    send: Callable[[], Awaitable[None]]
    early: asyncio.Event


class Removals:
    """Each deletion has a name, which its notice carries and `take_back` wants."""

    def __init__(self, library: Library, conversations: Conversations, feed: Feed, clock: Clock) -> None:
        self._library, self._conversations, self._feed, self._clock = library, conversations, feed, clock
        self._held: dict[str, _Held] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def delete_store(self, server: str, store_id: str, name: str) -> str:
        """The library goes from its server and from the conversations that use it; its files are kept."""

        async def send() -> None:
            await self._library.delete_store(server, store_id)
            await self._conversations.drop_store(server, store_id)

        async def hide(hidden: bool) -> None:
            await self._library.hide(server, store_id, (), hidden)

        text = f"The library “{name}” was deleted. Its files are kept."
        return await self._hold(text, f"The library “{name}” is still there", hide, send)

    async def remove_files(self, server: str, store_id: str, keys: Collection[str]) -> str:
        """Files go out of a store; the server and this computer keep them. "" where only rows went."""
        going = self._library.leaving(server, store_id, keys)
        rows = {file.key for file in going}
        file_ids = list(dict.fromkeys(file.file_id for file in going if file.file_id))
        await self._library.forget([key for key in keys if key not in rows])
        if not going:
            self._feed.put(Notice(ROW_ONLY))
            return ""

        async def send() -> None:
            for file_id in file_ids:
                await self._library.remove(server, store_id, file_id)

        async def hide(hidden: bool) -> None:
            await self._library.hide(server, store_id, rows, hidden)

        count = "1 file was" if len(file_ids) == 1 else f"{len(file_ids)} files were"
        text = f"{count} taken out of this library. Originals are kept."
        return await self._hold(text, "Not all was taken out of the library", hide, send)

    async def take_back(self, name: str) -> None:
        """It is there again; nothing was sent. Too late for what has been."""
        held = self._held.pop(name, None)
        if held is None:
            self._feed.put(Notice("It is too late: the server has deleted it."))
            return
        self._tasks[name].cancel()
        await held.hide(False)

    async def aclose(self) -> None:
        """Sends what is held."""
        for held in self._held.values():
            held.early.set()
        tasks = set(self._tasks.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=LAST_S)
        for task in late:
            log.info("%s: the program ended before the server answered", task.get_name())
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _hold(
        self,
        text: str,
        refused: str,
        hide: Callable[[bool], Awaitable[None]],
        send: Callable[[], Awaitable[None]],
    ) -> str:
        name = f"{UNDO}:{uuid4().hex}"
        held = self._held[name] = _Held(refused, hide, send, asyncio.Event())
        await hide(True)
        self._feed.put(Notice(f"{text} {LATER}", undo=name))
        task = asyncio.create_task(self._wait(name, held), name=name)
        self._tasks[name] = task
        task.add_done_callback(lambda _: self._tasks.pop(name, None))
        return name

    async def _wait(self, name: str, held: _Held) -> None:
        sleeping = asyncio.create_task(self._clock.sleep(HELD_S))
        early = asyncio.create_task(held.early.wait())
        try:
            await asyncio.wait({sleeping, early}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in (sleeping, early):
                waiting.cancel()
        del self._held[name]
        self._feed.put(UndoExpired(name))
        try:
            await held.send()
        except UseCaseFailure as problem:
            failure = problem.failure
            self._feed.put(Notice(f"{held.refused}. {failure.title}. {failure.text}", "danger"))
        finally:
            await held.hide(False)
