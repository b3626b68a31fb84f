"""What goes when a conversation goes for good: here, and on the built-in engine, which is part of this profile.

Other servers are left alone: what they keep is theirs to delete, under the user's account there. An original that one
of them still knows by an id stays here too, because its citations lead to it.
"""

from collections.abc import Iterable, Sequence

from chatapp.conversation.tree import Attachment, Conversation, Deletion
from chatapp.protocol.json_types import object_of, text_of
from chatapp.services.address_book import ENGINE
from chatapp.services.ports import (
    ConversationStore,
    DeletionStore,
    Originals,
    ServerFailure,
    Settings,
    VectorStoresServer,
)
from chatapp.services.servers_view import ServersView


def place_of(conversation_id: str, server: str) -> str:
    """The setting that keeps a conversation's model and vector stores of a server it does not use now."""
    return f"conversation.{conversation_id}.{server}"


def store_setting(conversation_id: str, server: str) -> str:
    """The setting that names the conversation's own vector store on a server."""
    return f"{place_of(conversation_id, server)}.store"


class Purging:
    """Removes conversations and branches. The engine comes first: what is left after a failure is still deleted, and is
    removed the next time."""

    def __init__(
        self,
        store: ConversationStore,
        deletions: DeletionStore,
        settings: Settings,
        originals: Originals,
        servers: ServersView,
    ) -> None:
        self._store = store
        self._deletions = deletions
        self._settings = settings
        self._originals = originals
        self._servers = servers

    async def purge(self, conversation_id: str) -> None:
        """Raises ServerFailure where the engine cannot be reached and StorageFailure; nothing is lost track of."""
        turns = await self._store.turns(conversation_id)
        for deletion in await self._deletions.of(conversation_id):
            turns += await self._deletions.turns(deletion.id)
        head = await self._store.conversation(conversation_id)
        content = {attachment.sha256 for turn in turns for attachment in turn.attachments}
        content |= {enclosure.sha256 for enclosure in head.enclosures} if head is not None else set()
        content |= await self._purge_own_store(conversation_id)
        await self._purge_uploads(file for turn in turns for file in turn.attachments if file.how == "upload")
        await self._purge_responses(await self._store.own_responses(conversation_id, ENGINE.id))
        await self._store.purge(conversation_id)
        await self._settings.forget(place_of(conversation_id, ""))
        await self._originals.remove_unused(content - {""})

    async def purge_deletion(self, deletion: Deletion) -> None:
        """The same for a branch. What the rest of its conversation uses stays."""
        turns = await self._deletions.turns(deletion.id)
        living = await self._store.turns(deletion.conversation_id)
        used = {attachment.sha256 for turn in living for attachment in turn.attachments}
        files = [file for turn in turns for file in turn.attachments if file.sha256 not in used]
        await self._purge_uploads(file for file in files if file.how == "upload")
        await self._purge_responses(await self._deletions.own_responses(deletion.id, ENGINE.id))
        await self._deletions.purge(deletion.id)
        await self._originals.remove_unused({file.sha256 for file in files} - {""})

    async def _purge_responses(self, ids: Sequence[str]) -> None:
        if not ids:
            return
        client = self._servers.responses(ENGINE)
        for response_id in ids:
            try:
                await client.delete(response_id)
            except ServerFailure as problem:
                _pass_over_missing(problem)

    async def _purge_own_store(self, conversation_id: str) -> set[str]:
        """The hashes of the files that went with the conversation's own store on the engine."""
        store_id = text_of(await self._settings.get(store_setting(conversation_id, ENGINE.id)))
        if not store_id or await self._is_used_elsewhere(store_id, conversation_id):
            return set()
        client = self._servers.vector_stores(ENGINE)
        try:
            gone = await self._purge_files(client, store_id)
            await client.delete_store(store_id)
        except ServerFailure as problem:
            _pass_over_missing(problem)
            return set()
        return gone

    async def _purge_files(self, client: VectorStoresServer, store_id: str) -> set[str]:
        """Those that no other store holds. The store that lists them goes last, so that none is forgotten."""
        ids = await _file_ids(client, store_id)
        others = [text_of(store.get("id")) for store in await client.stores()]
        shared = {
            file_id for other in others if other != store_id for file_id in await _file_ids(client, other)
        }
        gone: set[str] = set()
        for file_id in ids - shared:
            original = await self._originals.by_file_id(ENGINE.id, file_id)
            gone |= {original.sha256} if original else set()
            await self._purge_file(client, file_id)
        return gone

    async def _purge_uploads(self, files: Iterable[Attachment]) -> None:
        """Those that no store holds. Where another conversation has one too, it is uploaded again when it is needed."""
        known = [await self._originals.file_id_for(ENGINE.id, file.sha256, file.filename) for file in files]
        ids = {file_id for file_id in known if file_id is not None}
        if not ids:
            return
        client = self._servers.vector_stores(ENGINE)
        stores = [text_of(store.get("id")) for store in await client.stores()]
        held = {file_id for store_id in stores for file_id in await _file_ids(client, store_id)}
        for file_id in ids - held:
            await self._purge_file(client, file_id)

    async def _purge_file(self, client: VectorStoresServer, file_id: str) -> None:
        try:
            await client.delete_file(file_id)
        except ServerFailure as problem:
            _pass_over_missing(problem)
        await self._originals.unlink(ENGINE.id, file_id)

    async def _is_used_elsewhere(self, store_id: str, conversation_id: str) -> bool:
        heads = [*await self._store.conversations(), *await self._store.conversations(deleted=True)]
        for head in heads:
            if head.id != conversation_id and store_id in await self._chosen_stores(head):
                return True
        return False

    async def _chosen_stores(self, head: Conversation) -> Iterable[object]:
        """Those that a conversation searches on the engine, or would once it is used with it again."""
        parameters = head.parameters
        if head.server != ENGINE.id:
            parameters = object_of(await self._settings.get(place_of(head.id, ENGINE.id)))
        stores = parameters.get("vector_stores")
        return stores if isinstance(stores, list) else ()


async def _file_ids(client: VectorStoresServer, store_id: str) -> set[str]:
    return {text_of(entry.get("id")) for entry in await client.store_files(store_id)}


def _pass_over_missing(problem: ServerFailure) -> None:
    """What is not there any more needs no deleting."""
    if problem.status != 404:
        raise problem
