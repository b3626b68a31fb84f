"""What is to go along with a question, looked at before it is sent: what it is, how it can go, what is wrong with it.

`attachments` brings it along with the question, `outgoing` into the request.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from chatapp.conversation.failures import Failure
from chatapp.conversation.inputs import LIMITS, Enclosure, How, Kind, check_pixels, check_size, usual_way
from chatapp.conversation.references import references_in
from chatapp.documents.input_types import InputType, input_type
from chatapp.documents.model import UnreadableDocument
from chatapp.documents.pictures import HEAD_BYTES, check_complete
from chatapp.documents.reading import check_kind, unopened
from chatapp.protocol.json_types import JsonObject
from chatapp.services.address_book import AddressBook
from chatapp.services.outgoing import Outgoing
from chatapp.services.ports import NOT_THERE, Originals, ServerFailure, Settings
from chatapp.services.servers_view import ServersView
from chatapp.services.use_case import UseCaseFailure, use_case

IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look:
    """What was found. `how` is the way it goes, `ways` are those it can go; a way that was chosen for another server
    may not be among them. An address has no `path` or `type`."""

    enclosure: Enclosure
    kind: Kind
    how: How
    ways: tuple[How, ...]
    size: int = 0
    path: Path | None = None
    type: InputType | None = None


def enclosed(path: Path, how: How | None = None) -> Enclosure:
    """A file of this computer under its own name."""
    return Enclosure(path.name, path=str(path), how=how)


def linked(address: str, kind: Kind | None = None) -> Enclosure:
    """An address under the name of the file it leads to, as what its ending says. Raises ValueError for none."""
    parts = urlsplit(address)
    name = unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or address
    is_image = parts.path.lower().endswith(IMAGE_ENDINGS)
    return Enclosure(name, url=address, kind=kind or ("image" if is_image else "document"))


class Enclosures:
    """Use cases on files, images and addresses that were chosen and not sent yet."""

    def __init__(
        self,
        originals: Originals,
        servers: ServersView,
        book: AddressBook,
        settings: Settings,
        outgoing: Outgoing,
    ) -> None:
        self._originals = originals
        self._servers = servers
        self._book = book
        self._settings = settings
        self._outgoing = outgoing

    @use_case
    async def suggest(self, server: str, enclosure: Enclosure) -> Look:
        """How it goes to a server, and how it could: the usual way, or the one that was chosen last for its kind.
        Raises UseCaseFailure where it cannot go."""
        with _named(enclosure):
            look = await self._look(server, enclosure)
        wanted = await self._settings.get(_choice(look.kind))
        how = next((way for way in look.ways if way == wanted), None)
        if enclosure.how is not None or how in (None, look.how):
            return look
        try:
            return await self._look(server, replace(enclosure, how=how))
        except UnreadableDocument:
            return look

    @use_case
    async def remember(self, kind: Kind, how: How) -> None:
        """The way that was chosen for a kind of file, to be suggested the next time."""
        await self._settings.set(_choice(kind), how)

    @use_case
    async def unsearched(self, enclosure: Enclosure) -> Look:
        """How a file goes of which the model is to get all. No server is asked. Raises UseCaseFailure."""
        with _named(enclosure):
            return _decided(await self._found(enclosure), has_stores=False)

    async def judge(self, server: str, enclosure: Enclosure) -> Look:
        """How it goes to a server. Raises UnreadableDocument where it cannot."""
        found = await self._found(enclosure)
        is_open = found.how == "search" and enclosure.how is None
        return _decided(found, has_stores=is_open and await self.has_stores(server))

    async def has_stores(self, server: str) -> bool:
        """Whether the server offers vector stores, as far as is known; asked once."""
        known = await self._book.has_stores(server)
        if known is not None:
            return known
        try:
            await self._servers.vector_stores(await self._book.get(server)).stores()
        except ServerFailure as problem:
            if problem.status not in NOT_THERE:
                return True
            await self._book.learn_stores(server, False)
            return False
        await self._book.learn_stores(server, True)
        return True

    @use_case
    async def keep_picture(self, data: bytes, filename: str) -> Enclosure:
        """Keeps a picture that is in no file, such as a pasted one."""
        with TemporaryDirectory(prefix="chatapp-") as folder:
            path = Path(folder) / "picture"
            await asyncio.to_thread(path.write_bytes, data)
            original = await self._originals.keep(path, filename, lambda copied: None)
        return Enclosure(filename, sha256=original.sha256)

    @use_case
    async def let_go(self, enclosure: Enclosure) -> None:
        """What is not to be sent after all is not kept either. Its draft has to be without it already."""
        if enclosure.sha256:
            await self._originals.remove_unused([enclosure.sha256])

    @use_case
    async def printed(self, server: str, request: JsonObject) -> JsonObject:
        """A request as it would leave, with the bytes of its files. Nothing is sent, and nothing is kept of a file that
        no question holds. Raises UseCaseFailure for one that the server would have to be sent first."""
        connection, hashes = await self._book.get(server), [one.sha256 for one in references_in(request)]
        try:
            return await self._outgoing.filled_in(connection, request, may_send=False)
        finally:
            await self._originals.remove_unused(hashes)

    async def _look(self, server: str, enclosure: Enclosure) -> Look:
        """With the ways that there are on this server."""
        look = await self.judge(server, enclosure)
        if look.kind == "image" or look.how == "url" or await self.has_stores(server):
            return look
        return replace(look, ways=tuple(way for way in look.ways if way != "search"))

    async def _found(self, enclosure: Enclosure) -> Look:
        """What it is, looked at here, with the way that is usual for its kind. Raises UnreadableDocument."""
        if enclosure.url:
            return Look(enclosure, enclosure.kind, "url", ("url",))
        path = await self._path(enclosure)
        size, head = await _from_disk(lambda: _read(path, HEAD_BYTES))
        found = input_type(head, enclosure.filename)
        if found.picture is None:
            return Look(enclosure, "document", "search", LIMITS["document"].ways, size, path, found)
        check_pixels(found.picture.width, found.picture.height)
        if size <= LIMITS["image"].inside:
            _, data = await _from_disk(lambda: _read(path, LIMITS["image"].inside))
            await asyncio.to_thread(check_complete, data, found.media_type)
        return Look(enclosure, "image", "data", LIMITS["image"].ways, size, path, found)

    async def _path(self, enclosure: Enclosure) -> Path:
        if not enclosure.sha256:
            return Path(enclosure.path)
        original = await self._originals.by_hash(enclosure.sha256)
        if original is None:
            raise UnreadableDocument("missing", "It is not among this profile's kept files any more.")
        return original.path


def _decided(found: Look, has_stores: bool) -> Look:
    """By the way that was chosen, or the usual one. Raises UnreadableDocument for too large a file."""
    if found.how == "url":
        return found
    chosen = found.enclosure.how if found.enclosure.how in found.ways else None
    how = chosen or usual_way(found.kind, found.size, has_stores)
    check_size(found.kind, how, found.size)
    return replace(found, how=how)


def cannot_go(filename: str, problem: UnreadableDocument) -> Failure:
    """Why a file cannot go along with a question."""
    return Failure(f"document_{problem.code}", f"{filename} could not be attached", problem.message)


@contextmanager
def _named(enclosure: Enclosure) -> Iterator[None]:
    try:
        yield
    except UnreadableDocument as problem:
        raise UseCaseFailure(cannot_go(enclosure.filename, problem)) from problem


def _choice(kind: Kind) -> str:
    return f"attach.{kind}"


async def _from_disk(read: Callable[[], T]) -> T:
    """What a function reads on a thread of its own: a disk can be slow. Raises UnreadableDocument."""
    try:
        return await asyncio.to_thread(read)
    except OSError as problem:
        raise unopened(problem) from problem


def _read(path: Path, most: int) -> tuple[int, bytes]:
    """A file's size and at most so many of its bytes. Raises UnreadableDocument, OSError."""
    size = check_kind(path)
    with path.open("rb") as file:
        return size, file.read(most)
