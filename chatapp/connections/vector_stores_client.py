"""Files and vector stores of one server. `services/ports` says what is due."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from urllib.parse import quote

from chatapp.connections.bodies import object_or_fail
from chatapp.connections.http import Answer, Call, Http, Silence
from chatapp.connections.paging import all_pages
from chatapp.connections.upload import MultipartFile
from chatapp.protocol.errors import ApiError
from chatapp.protocol.json_types import JsonObject, objects_of, text_of
from chatapp.services.ports import ServerFailure

BETA = {"OpenAI-Beta": "assistants=v2"}
"""The official SDK sends it with every call on vector stores."""
PURPOSE = "assistants"
"""What file search needs a file to be uploaded for."""
LARGEST_DOWNLOAD = 2 << 30
"""Bytes. The service takes files of up to 512 MB."""
WRITTEN_PIECE = 1 << 18
"""Bytes gathered before the disk is asked, on a thread of its own."""


class VectorStoresClient:
    """Implements VectorStoresServer over HTTP."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def upload(
        self, path: Path, filename: str, progress: Callable[[int], None], purpose: str = PURPOSE
    ) -> JsonObject:
        """POST /files, from the disk as it is sent. A retry begins again, and so does `progress` (bytes)."""
        file = await asyncio.to_thread(MultipartFile, path, filename, {"purpose": purpose}, progress)
        return await self._object(Call("POST", "/files", headers=file.headers, content=file.pieces))

    async def delete_file(self, file_id: str) -> None:
        await self._http.json(Call("DELETE", _file(file_id)))

    async def files(self) -> list[JsonObject]:
        return await all_pages(self._http, Call("GET", "/files", query={"purpose": PURPOSE}))

    async def file(self, file_id: str) -> JsonObject:
        return await self._object(Call("GET", _file(file_id)))

    async def download(self, file_id: str, target: Path) -> None:
        """The file's content into `target`, which appears only when it is whole. Raises OSError for the disk."""
        part = target.with_name(f"{target.name}.part")
        try:
            async with self._http.open(Call("GET", f"{_file(file_id)}/content")) as answer:
                await _write(answer, part, Silence(self._http.limits.silence_s))
            await asyncio.to_thread(part.replace, target)
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)

    async def stores(self) -> list[JsonObject]:
        return await self._pages("/vector_stores")

    async def create_store(
        self, name: str, file_ids: Sequence[str] = (), settings: JsonObject | None = None
    ) -> JsonObject:
        body = {"name": name, "file_ids": list(file_ids), **(settings or {})}
        return await self._post("/vector_stores", body)

    async def update_store(self, store_id: str, changes: JsonObject) -> JsonObject:
        return await self._post(_store(store_id), changes)

    async def delete_store(self, store_id: str) -> None:
        await self._http.json(Call("DELETE", _store(store_id), headers=BETA))

    async def store_files(self, store_id: str) -> list[JsonObject]:
        return await self._pages(f"{_store(store_id)}/files")

    async def attach(
        self, store_id: str, file_id: str, attributes: JsonObject, chunking: JsonObject | None = None
    ) -> JsonObject:
        chosen = {"attributes": attributes, "chunking_strategy": chunking}
        body = {"file_id": file_id, **{name: value for name, value in chosen.items() if value}}
        return await self._post(f"{_store(store_id)}/files", body)

    async def attach_many(
        self,
        store_id: str,
        file_ids: Sequence[str],
        attributes: JsonObject,
        chunking: JsonObject | None = None,
    ) -> JsonObject:
        chosen = {"attributes": attributes, "chunking_strategy": chunking}
        body = {"file_ids": list(file_ids), **{name: value for name, value in chosen.items() if value}}
        return await self._post(f"{_store(store_id)}/file_batches", body)

    async def set_attributes(self, store_id: str, file_id: str, attributes: JsonObject) -> JsonObject:
        return await self._post(f"{_store(store_id)}{_file(file_id)}", {"attributes": attributes})

    async def content(self, store_id: str, file_id: str) -> list[str]:
        pieces = await self._pages(f"{_store(store_id)}{_file(file_id)}/content")
        return [text_of(piece.get("text")) for piece in pieces]

    async def store_file(self, store_id: str, file_id: str) -> JsonObject:
        return await self._object(Call("GET", f"{_store(store_id)}{_file(file_id)}", headers=BETA))

    async def detach(self, store_id: str, file_id: str) -> None:
        await self._http.json(Call("DELETE", f"{_store(store_id)}{_file(file_id)}", headers=BETA))

    async def search(self, store_id: str, body: JsonObject) -> list[JsonObject]:
        return objects_of((await self._post(f"{_store(store_id)}/search", body)).get("data"))

    async def _post(self, path: str, body: JsonObject) -> JsonObject:
        return await self._object(Call("POST", path, json=body, headers=BETA))

    async def _pages(self, path: str) -> list[JsonObject]:
        return await all_pages(self._http, Call("GET", path, headers=BETA))

    async def _object(self, call: Call) -> JsonObject:
        return object_or_fail(await self._http.json(call))


async def _write(answer: Answer, target: Path, silence: Silence) -> None:
    written = 0
    held = bytearray()
    with await asyncio.to_thread(target.open, "wb") as file:
        async with aclosing(answer.chunks(silence)) as chunks:
            async for chunk in chunks:
                silence.broken()
                held += chunk
                if written + len(held) > LARGEST_DOWNLOAD:
                    raise ServerFailure("oversized", ApiError("The file is too large to be fetched."))
                if len(held) >= WRITTEN_PIECE:
                    written += await asyncio.to_thread(file.write, held)
                    held = bytearray()
        await asyncio.to_thread(file.write, held)


def _file(file_id: str) -> str:
    return f"/files/{quote(file_id, safe='')}"


def _store(store_id: str) -> str:
    return f"/vector_stores/{quote(store_id, safe='')}"
