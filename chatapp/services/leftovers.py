"""Files that a killed run had sent and could not write down: they are taken up again, so that no server has them twice.

Name and size are what a list of files tells; the content itself decides. A server that does not hand it out gets the
file a second time, since nobody can know what the first one is.
"""

import asyncio
from collections import defaultdict

from chatapp.protocol.json_types import JsonObject, text_of
from chatapp.services.ports import Original, Originals, ServerFailure, StorageFailure, VectorStoresServer


class Leftovers:
    def __init__(self, originals: Originals) -> None:
        self._originals = originals
        self._listed: dict[str, list[JsonObject]] = {}
        self._listing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def find(
        self, server: str, client: VectorStoresServer, original: Original, filename: str
    ) -> str | None:
        """The id of a file with this content and name that nothing here knows of; it is linked then. Raises
        StorageFailure."""
        for entry in await self._files(server, client):
            file_id = text_of(entry.get("id"))
            if (entry.get("filename"), entry.get("bytes")) != (filename, original.bytes):
                continue
            if await self._originals.by_file_id(server, file_id) is None and await self._is(
                client, file_id, original
            ):
                await self._originals.link(server, file_id, original.sha256, filename)
                return file_id
        return None

    async def _files(self, server: str, client: VectorStoresServer) -> list[JsonObject]:
        """Listed once: what is sent from now on is written down."""
        async with self._listing[server]:
            if server not in self._listed:
                try:
                    self._listed[server] = await client.files()
                except ServerFailure:
                    self._listed[server] = []
            return self._listed[server]

    async def _is(self, client: VectorStoresServer, file_id: str, original: Original) -> bool:
        try:
            fetched = await self._originals.fetch(
                lambda path: client.download(file_id, path), original.filename
            )
        except (ServerFailure, StorageFailure, OSError):
            return False
        if fetched.sha256 != original.sha256:
            await self._originals.remove_unused([fetched.sha256])
        return fetched.sha256 == original.sha256
