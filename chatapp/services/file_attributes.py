"""Attributes of files of a library, changed for many at once, and taken back as long as the program runs."""

from collections.abc import Mapping
from uuid import uuid4

from chatapp.conversation.changes import Notice
from chatapp.protocol.json_types import JsonObject
from chatapp.services.feed import Feed
from chatapp.services.library import Library
from chatapp.services.use_case import use_case

UNDO = "library.attributes"
MOST_KEPT = 20
"""Changes that can be taken back: as many as the window remembers."""

Change = tuple[str, str, Mapping[str, JsonObject]]
"""A server, a store, and attributes by the key of their file."""


class FileAttributes:
    def __init__(self, library: Library, feed: Feed) -> None:
        self._library, self._feed = library, feed
        self._before: dict[str, Change] = {}

    @use_case
    async def change(self, server: str, store_id: str, changes: Mapping[str, JsonObject]) -> str:
        """New attributes in the place of those each file had. Returns the name that `take_back` wants. What was
        changed before the server refused one is changed, and can be taken back too."""
        known = self._library.known(server, store_id)
        before = {key: known[key].attributes for key in changes if key in known}
        try:
            await self._library.set_attributes(server, store_id, changes)
        finally:
            now = self._library.known(server, store_id)
            changed = {key: old for key, old in before.items() if key in now and now[key].attributes != old}
            name = self._keep((server, store_id, changed)) if changed else ""
        return name

    @use_case
    async def take_back(self, name: str) -> None:
        """Each file has the attributes again that it had before."""
        server, store_id, before = self._before.pop(name, ("", "", {}))
        if before:
            await self._library.set_attributes(server, store_id, before)

    def _keep(self, change: Change) -> str:
        name = f"{UNDO}:{uuid4().hex}"
        self._before[name] = change
        if len(self._before) > MOST_KEPT:
            del self._before[next(iter(self._before))]
        count = len(change[2])
        words = (
            "Attributes of 1 file were changed."
            if count == 1
            else f"Attributes of {count:,} files were changed."
        )
        self._feed.put(Notice(words, undo=name))
        return name
