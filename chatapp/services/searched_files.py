"""Files of a question that are to be searched: brought into the conversation's own vector store and indexed there."""

from collections.abc import Sequence
from pathlib import Path

from chatapp.conversation.changes import LibraryFile
from chatapp.conversation.failures import Failure, Remedy
from chatapp.conversation.tree import Attachment, Conversation
from chatapp.protocol.json_types import text_of
from chatapp.services.address_book import AddressBook
from chatapp.services.library import Library
from chatapp.services.ports import NOT_THERE, ServerFailure, Settings
from chatapp.services.purging import store_setting
from chatapp.services.servers_view import ServersView
from chatapp.services.uploads import Arrival
from chatapp.services.use_case import UseCaseFailure


class SearchedFiles:
    """All of the files get there, or none does and a UseCaseFailure names the one that did not."""

    def __init__(self, library: Library, servers: ServersView, book: AddressBook, settings: Settings) -> None:
        self._library = library
        self._servers = servers
        self._book = book
        self._settings = settings

    async def bring(
        self, head: Conversation, title: str, files: Sequence[tuple[Path, str]]
    ) -> tuple[str, list[Attachment]]:
        """The id of the store with the files, each given with its name. `title` names a store that is made for it."""
        store_id = await self._store(head, title)
        before = {file.file_id for file in await self._library.files(head.server, store_id)}
        arrivals = await self._library.add_and_wait(head.server, store_id, files)
        arrived = [arrival.file for arrival in arrivals]
        failed = next((arrival for arrival in arrivals if arrival.file.stage != "completed"), None)
        if failed is not None:
            await self._take_back(arrived, before)
            raise UseCaseFailure(_not_arrived(failed))
        return store_id, [_attachment(file) for file in arrived]

    async def _store(self, head: Conversation, title: str) -> str:
        """The conversation's own store on its server; a new one where there is none, or it was deleted."""
        name = store_setting(head.id, head.server)
        known = await self._settings.get(name)
        try:
            client = self._servers.vector_stores(await self._book.get(head.server))
            if any(entry.get("id") == known for entry in await client.stores()):
                return str(known)
        except ServerFailure as problem:
            if problem.status in NOT_THERE:
                raise UseCaseFailure(NO_STORES) from problem
            raise
        store_id = text_of((await self._library.create_store(head.server, title)).get("id"))
        if not store_id:
            await self._book.learn_stores(head.server, False)
            raise UseCaseFailure(NO_STORES)
        await self._settings.set(name, store_id)
        return store_id

    async def _take_back(self, files: Sequence[LibraryFile], before: set[str | None]) -> None:
        """A question that is not sent leaves no files behind in the store."""
        for file in files:
            if file.stage == "completed" and file.file_id and file.file_id not in before:
                await self._library.remove(file.server, file.store_id, file.file_id)


UNSENT = "Nothing was sent and your text is kept."
NO_STORES = Failure(
    "no_vector_stores",
    "This server cannot search in files",
    f"It offers no vector stores. {UNSENT} Send the file whole, or choose another server for this conversation, "
    "such as the built-in engine.",
    remedies=(Remedy.OPEN_SETTINGS,),
)


def _not_arrived(arrival: Arrival) -> Failure:
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
