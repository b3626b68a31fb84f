"""Files sent with a question: checked, kept, and put in the conversation's own vector store before it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chatapp.conversation.changes import LibraryFile
from chatapp.conversation.failures import Failure, Remedy
from chatapp.conversation.tree import Attachment, Conversation
from chatapp.documents.model import Reason, UnreadableDocument
from chatapp.protocol.json_types import text_of
from chatapp.services.address_book import ENGINE, AddressBook
from chatapp.services.library import Library
from chatapp.services.ports import Documents, ServerFailure, Settings
from chatapp.services.purging import store_setting
from chatapp.services.servers_view import ServersView
from chatapp.services.uploads import Arrival
from chatapp.services.use_case import UseCaseFailure

HOPELESS: tuple[Reason, ...] = ("damaged", "encrypted", "empty", "missing", "not_a_file")
"""What no server can read. Other troubles are the built-in engine's own: another server may do better."""
UNSENT = "Nothing was sent and your text is kept."


@dataclass(frozen=True, slots=True)
class Taken:
    """Files that are ready to be asked about, and the store that holds them."""

    store_id: str
    attachments: tuple[Attachment, ...]


class Attachments:
    """All files of a question get there, or none does and a UseCaseFailure names the one that did not."""

    def __init__(
        self,
        library: Library,
        documents: Documents,
        servers: ServersView,
        book: AddressBook,
        settings: Settings,
    ) -> None:
        self._library = library
        self._documents = documents
        self._servers = servers
        self._book = book
        self._settings = settings

    async def take(self, head: Conversation, title: str, paths: Sequence[Path]) -> Taken:
        """`title` names the vector store when this is the conversation's first file."""
        for path in paths:
            await self._check(head.server, path)
        store_id = await self._store(head, title)
        before = {file.file_id for file in await self._library.files(head.server, store_id)}
        arrivals = await self._library.add_and_wait(head.server, store_id, paths)
        files = [arrival.file for arrival in arrivals]
        failed = next((arrival for arrival in arrivals if arrival.file.stage != "completed"), None)
        if failed is not None:
            await self._take_back(files, before)
            raise UseCaseFailure(_not_attached(failed))
        return Taken(store_id, tuple(_attachment(file) for file in files))

    async def _check(self, server: str, path: Path) -> None:
        try:
            await self._documents.read(path, path.name)
        except UnreadableDocument as problem:
            if server != ENGINE.id and problem.code not in HOPELESS:
                return
            raise UseCaseFailure(
                Failure(
                    f"document_{problem.code}",
                    f"{path.name} could not be attached",
                    f"{problem.message} {UNSENT}",
                )
            ) from problem

    async def _store(self, head: Conversation, title: str) -> str:
        """The conversation's own store on its server; a new one where there is none, or it was deleted."""
        name = store_setting(head.id, head.server)
        known = await self._settings.get(name)
        try:
            client = self._servers.vector_stores(await self._book.get(head.server))
            if any(entry.get("id") == known for entry in await client.stores()):
                return str(known)
        except ServerFailure as problem:
            if problem.status in (404, 405, 501):
                raise UseCaseFailure(NO_STORES) from problem
            raise
        store_id = text_of((await self._library.create_store(head.server, title)).get("id"))
        await self._settings.set(name, store_id)
        return store_id

    async def _take_back(self, files: Sequence[LibraryFile], before: set[str | None]) -> None:
        """A question that is not sent leaves no files behind in the store."""
        for file in files:
            if file.stage == "completed" and file.file_id and file.file_id not in before:
                await self._library.remove(file.server, file.store_id, file.file_id)


NO_STORES = Failure(
    "no_vector_stores",
    "This server takes no files",
    f"It offers no vector stores. {UNSENT} Choose another server for this conversation, such as the built-in engine.",
    remedies=(Remedy.OPEN_SETTINGS,),
)


def _not_attached(arrival: Arrival) -> Failure:
    """Of the kind of what stood behind it, so that a server that was lost on the way counts as one."""
    file, cause = arrival.file, arrival.failure
    return Failure(
        cause.kind if cause else "attachment",
        f"{file.filename} could not be attached",
        f"{file.reason or 'It was cancelled.'} {UNSENT}",
        remedies=cause.remedies if cause else (),
    )


def _attachment(file: LibraryFile) -> Attachment:
    return Attachment(file.filename, file.bytes or 0, file.sha256 or "", file.file_id)
