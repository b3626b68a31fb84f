"""The files of a vector store as its server lists them, beside what is known of them here."""

import asyncio
from collections.abc import Collection, Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from chatapp.conversation.changes import LibraryFile
from chatapp.protocol.json_types import JsonObject, index_of, text_of
from chatapp.services.ports import Originals, VectorStoresServer
from chatapp.services.uploads import described, is_echo, stage_of

AT_ONCE = 8
"""Files of a store that are asked for, or changed, at the same moment."""

T = TypeVar("T")


async def files_of(
    client: VectorStoresServer, originals: Originals, server: str, store_id: str
) -> list[LibraryFile]:
    """Each with its own id for its key. Raises ServerFailure, StorageFailure."""
    entries = await client.store_files(store_id)
    return await some_at_once([_describe(client, originals, server, store_id, entry) for entry in entries])


def merged(
    listed: Sequence[LibraryFile],
    known: Collection[LibraryFile],
    under_way: Collection[str],
    settled: Collection[str],
) -> dict[str, LibraryFile]:
    """All files by key: what is under way as it is known, and what did not arrive beside what the server lists.
    `settled` had come to their end before the server was asked: where it does not list them, they are gone."""
    keys = {file.file_id: file.key for file in sorted(known, key=is_echo, reverse=True) if file.file_id}
    named = (replace(file, key=keys.get(file.file_id or "", file.key)) for file in listed)
    files = {file.key: file for file in named}
    for file in known:
        stays = file.stage in ("failed", "cancelled") or file.key not in settled
        if file.key in under_way or (file.key not in files and stays):
            files[file.key] = file
        elif file.note and file.key in files:
            files[file.key] = replace(files[file.key], note=file.note)
    return files


async def _describe(
    client: VectorStoresServer, originals: Originals, server: str, store_id: str, entry: JsonObject
) -> LibraryFile:
    """A file as its store lists it; the name is in the kept original, or has to be asked for."""
    file_id = text_of(entry.get("id"))
    stage, reason = stage_of(entry)
    original = await originals.by_file_id(server, file_id)
    named = entry if original or "filename" in entry else await client.file(file_id)
    return LibraryFile(
        server,
        store_id,
        key=file_id,
        filename=original.filename if original else text_of(named.get("filename")) or file_id,
        bytes=original.bytes if original else index_of(named.get("bytes")),
        stage=stage,
        progress=1.0 if stage == "completed" else 0.0,
        reason=reason,
        file_id=file_id,
        sha256=original.sha256 if original else None,
        **described(entry),
    )


async def some_at_once(questions: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """All answers in order, AT_ONCE at a time; the first failure counts, once none is on its way any more."""
    places = asyncio.Semaphore(AT_ONCE)

    async def ask(question: Coroutine[Any, Any, T]) -> T:
        async with places:
            return await question

    answers = await asyncio.gather(*(ask(question) for question in questions), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return cast(list[T], answers)
