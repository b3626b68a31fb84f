"""What is known of the libraries of every server, and the telling of it: the stores, their files, and what is held back
from sight."""

import asyncio
from collections.abc import Collection, Sequence

from chatapp.conversation.changes import FilesChanged, LibraryFile, StoresChanged
from chatapp.protocol.json_types import JsonObject
from chatapp.services.feed import Feed

FEW = 50
MOMENT_S = 0.1

Place = tuple[str, str]
"""A server and a store of it."""


class Shelves:
    """`files` has the files of each store that was looked at, by their keys."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._stores: dict[str, list[JsonObject]] = {}
        self.files: dict[Place, dict[str, LibraryFile]] = {}
        self._due: dict[Place, asyncio.TimerHandle] = {}
        self._hidden: set[tuple[str, str, str]] = set()

    def of(self, server: str, store_id: str) -> dict[str, LibraryFile]:
        """The files of a store as they are known now; none where it was not looked at."""
        return self.files.get((server, store_id), {})

    def find(self, key: str) -> LibraryFile | None:
        return next((files[key] for files in self.files.values() if key in files), None)

    def put_stores(self, server: str, stores: list[JsonObject]) -> list[JsonObject]:
        """All stores of a server; returns those that are shown."""
        self._stores[server] = stores
        return self.tell_stores(server)

    def tell_stores(self, server: str) -> list[JsonObject]:
        stores = self._stores.get(server, [])
        shown = [store for store in stores if (server, store.get("id"), "") not in self._hidden]
        self._feed.put(StoresChanged(server, tuple(shown)))
        return shown

    def hide(self, server: str, store_id: str, keys: Collection[str], hidden: bool) -> None:
        """Files are shown no more, or again; the store itself where there are none."""
        for key in keys or ("",):
            (self._hidden.add if hidden else self._hidden.discard)((server, store_id, key))
        if not keys:
            self.tell_stores(server)
        elif (server, store_id) in self.files:
            self.tell(server, store_id)

    def moved(self, file: LibraryFile) -> None:
        """Every step is told of few files; of many, all steps of a moment together."""
        place = (file.server, file.store_id)
        files = self.files.setdefault(place, {})
        files[file.key] = file
        if len(files) <= FEW:
            self.tell(*place)
        elif place not in self._due:
            self._due[place] = asyncio.get_running_loop().call_later(MOMENT_S, self._tell_due, place)

    def tell(self, server: str, store_id: str) -> Sequence[LibraryFile]:
        """The files of a store that are shown, by name."""
        due = self._due.pop((server, store_id), None)
        if due is not None:
            due.cancel()
        known = self.of(server, store_id).values()
        shown = [file for file in known if (server, store_id, file.key) not in self._hidden]
        files = sorted(shown, key=lambda file: file.filename.casefold())
        self._feed.put(FilesChanged(server, store_id, tuple(files)))
        return files

    def close(self) -> None:
        """Tells nothing more."""
        for due in self._due.values():
            due.cancel()

    def _tell_due(self, place: Place) -> None:
        if place in self.files:
            self.tell(*place)
        self._due.pop(place, None)
