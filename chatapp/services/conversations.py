"""Conversations as a list and one at a time: make, open, rename, pin, delete and bring back, search."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from chatapp.conversation.changes import ConversationPurged, Notice, TurnChanged
from chatapp.conversation.inputs import Enclosure
from chatapp.conversation.parameters import OF_THE_SERVER, validate
from chatapp.conversation.tree import Conversation, SearchHit, Turn, leaf_below
from chatapp.protocol.json_types import Json, JsonObject, object_of
from chatapp.services.defaults import OwnDefaults
from chatapp.services.feed import Feed
from chatapp.services.heads import Heads
from chatapp.services.ports import Clock, ConversationStore, Settings
from chatapp.services.purging import Purging, place_of
from chatapp.services.running import RunningTurns
from chatapp.services.tool_secrets import ToolSecrets
from chatapp.services.use_case import TROUBLES, failure_of, use_case

UNTITLED = "New conversation"


class Conversations:
    """Use cases on conversations. Nothing is lost by any of them but `purge_deleted`."""

    def __init__(
        self,
        store: ConversationStore,
        heads: Heads,
        settings: Settings,
        running: RunningTurns,
        purging: Purging,
        feed: Feed,
        clock: Clock,
        tool_secrets: ToolSecrets,
        defaults: OwnDefaults,
    ) -> None:
        self._store = store
        self._purging = purging
        self._heads = heads
        self._settings = settings
        self._running = running
        self._feed = feed
        self._clock = clock
        self._tool_secrets = tool_secrets
        self._defaults = defaults
        self._replaced: dict[str, JsonObject] = {}

    @use_case
    async def list(self) -> list[Conversation]:
        """Those not deleted: pinned first, then the newest."""
        entries = await self._store.conversations()
        return sorted(entries, key=lambda entry: (not entry.pinned, -entry.updated_at))

    @use_case
    async def deleted(self) -> Sequence[Conversation]:
        """Those that can be brought back until they are purged: the last deleted first."""
        entries = await self._store.conversations(deleted=True)
        return sorted(entries, key=lambda entry: -(entry.deleted_at or 0.0))

    @use_case
    async def create(self, server: str | None = None, parameters: JsonObject | None = None) -> Conversation:
        now = self._clock.now()
        conversation = Conversation(
            uuid4().hex,
            UNTITLED,
            now,
            now,
            server=server or "engine",
            parameters=await self._tool_secrets.hidden(dict(parameters or {})),
        )
        await self._heads.add(conversation)
        return conversation

    @use_case
    async def open(self, conversation_id: str) -> tuple[Conversation, Sequence[Turn]]:
        """The head and all turns of the tree, oldest first, running ones as they are now.

        A running turn is also told to the feed as a TurnChanged, so that a reader who applies what the feed told
        since the call, on top of this value, misses nothing and shows nothing twice.
        """
        conversation = await self._heads.get(conversation_id)
        turns = [self._running.newest(turn) for turn in await self._store.turns(conversation_id)]
        for turn in self._running.of(conversation_id):
            self._feed.put(TurnChanged(turn))
        return conversation, turns

    @use_case
    async def rename(self, conversation_id: str, title: str) -> None:
        """An empty title lets the next question name the conversation."""
        text = " ".join(title.split())
        await self._heads.edit(
            conversation_id,
            lambda head: replace(head, title=text or UNTITLED, automatic_title=not text),
        )

    @use_case
    async def pin(self, conversation_id: str, pinned: bool) -> None:
        await self._heads.edit(conversation_id, lambda head: replace(head, pinned=pinned))

    @use_case
    async def delete(self, conversation_id: str) -> None:
        """Out of sight, but kept until it is purged; running answers are stopped."""
        for turn in self._running.of(conversation_id):
            await self._running.stop(turn.id)
        now = self._clock.now()
        head = await self._heads.edit(conversation_id, lambda head: replace(head, deleted_at=now))
        self._feed.put(
            Notice(f"“{head.title}” was deleted.", undo=f"conversations.restore:{conversation_id}")
        )

    @use_case
    async def restore(self, conversation_id: str) -> None:
        await self._heads.edit(conversation_id, lambda head: replace(head, deleted_at=None))

    @use_case
    async def purge_deleted(self, older_than_s: float) -> None:
        """Removes for good what was deleted more than `older_than_s` seconds ago, with what the engine has of it.
        What cannot be removed now is told, and tried again the next time."""
        limit = self._clock.now() - older_than_s
        for head in await self._store.conversations(deleted=True):
            if head.deleted_at is None or head.deleted_at > limit:
                continue
            try:
                await self._purge(head.id)
            except TROUBLES as problem:
                failure = failure_of(problem)
                text = f"“{head.title}” could not be removed for good yet. {failure.title}. {failure.details}"
                self._feed.put(Notice(text.strip(), "warning"))

    @use_case
    async def discard(self, conversation_id: str) -> None:
        """Removes a conversation in which nothing was asked, with the files that were to come along; others stay."""
        if await self._store.is_empty(conversation_id):
            await self._purge(conversation_id)

    async def _purge(self, conversation_id: str) -> None:
        await self._purging.purge(conversation_id)
        self._feed.put(ConversationPurged(conversation_id))

    @use_case
    async def search(self, words: str) -> Sequence[SearchHit]:
        return await self._store.search(words) if words.strip() else []

    @use_case
    async def set_draft(self, conversation_id: str, text: str, enclosures: Sequence[Enclosure] = ()) -> None:
        await self._heads.set_draft(conversation_id, text, enclosures)

    @use_case
    async def select(self, conversation_id: str, turn_id: str) -> None:
        """Shows the branch through a turn, down to the newest turn below it."""
        leaf = leaf_below(await self._store.links(conversation_id), turn_id)
        if leaf is None:
            return
        await self._heads.edit(conversation_id, lambda head: replace(head, current_turn_id=leaf))

    @use_case
    async def show_end(self, conversation_id: str, leaf: str) -> None:
        """Shows the branch that ends at a turn, as who has all turns at hand knows. Nothing happens where the turn was
        deleted meanwhile."""
        turn = await self._store.turn(leaf)
        if turn is not None and turn.conversation_id == conversation_id:
            await self._heads.edit(conversation_id, lambda head: replace(head, current_turn_id=leaf))

    @use_case
    async def set_parameter(self, conversation_id: str, name: str, value: Json) -> None:
        """None takes the parameter out, so that it is not sent. Raises UseCaseFailure for a value out of range."""
        checked = None if value is None else validate(name, value)
        checked = (await self._tool_secrets.hidden({name: checked}))[name]
        await self._heads.edit(
            conversation_id, lambda head: replace(head, parameters=_with(head.parameters, name, checked))
        )

    @use_case
    async def withhold_parameter(self, conversation_id: str, name: str) -> None:
        """Keeps a default from being sent in this conversation."""
        await self._heads.edit(
            conversation_id, lambda head: replace(head, parameters={**head.parameters, name: None})
        )

    @use_case
    async def take_parameters(
        self,
        conversation_id: str,
        parameters: JsonObject,
        told: str = "The parameters are those of that answer now.",
    ) -> None:
        """Puts these in the place of all that are set and of every default; `give_back_parameters` takes it back."""
        checked = {name: validate(name, value) for name, value in parameters.items()}
        head = await self._heads.get(conversation_id)
        checked = await self._defaults.alone(head, await self._tool_secrets.hidden(checked))
        if head.parameters == checked:
            return
        self._replaced[conversation_id] = head.parameters
        await self._heads.edit(conversation_id, lambda head: replace(head, parameters=checked))
        undo = f"conversations.give_back_parameters:{conversation_id}"
        self._feed.put(Notice(told, undo=undo))

    @use_case
    async def give_back_parameters(self, conversation_id: str) -> None:
        """Those that were set before `take_parameters`."""
        before = self._replaced.pop(conversation_id, None)
        if before is not None:
            await self._heads.edit(conversation_id, lambda head: replace(head, parameters=before))

    @use_case
    async def set_server(self, conversation_id: str, server: str) -> None:
        """Later turns go to another server. Its model and vector stores come back if it was used before."""
        head = await self._heads.get(conversation_id)
        if head.server == server:
            return
        left = {name: head.parameters[name] for name in OF_THE_SERVER if name in head.parameters}
        await self._settings.set(place_of(conversation_id, head.server), left)
        found = object_of(await self._settings.get(place_of(conversation_id, server)))
        await self._heads.edit(
            conversation_id,
            lambda now: replace(now, server=server, parameters=_moved(now.parameters, found)),
        )

    @use_case
    async def drop_store(self, server: str, store_id: str) -> None:
        """A vector store that was deleted is chosen no more, in any conversation: not now, and not when a conversation
        comes back to the server."""
        for head in [*await self._store.conversations(), *await self._store.conversations(deleted=True)]:
            if head.server != server:
                await self._drop_kept(place_of(head.id, server), store_id)
            elif store_id in (head.parameters.get("vector_stores") or ()):
                await self._heads.edit(
                    head.id, lambda now: replace(now, parameters=_without_store(now.parameters, store_id))
                )

    async def _drop_kept(self, place: str, store_id: str) -> None:
        kept = object_of(await self._settings.get(place))
        if store_id in (kept.get("vector_stores") or ()):
            await self._settings.set(place, _without_store(kept, store_id))


def _with(parameters: JsonObject, name: str, value: Json) -> JsonObject:
    rest = {key: kept for key, kept in parameters.items() if key != name}
    return rest if value is None else {**rest, name: value}


def _without_store(parameters: JsonObject, store_id: str) -> JsonObject:
    left = [entry for entry in parameters.get("vector_stores") or () if entry != store_id]
    return _with(parameters, "vector_stores", left or None)


def _moved(parameters: JsonObject, found: JsonObject) -> JsonObject:
    return {**without_things_of_the_server(parameters), **found}


def without_things_of_the_server(parameters: JsonObject) -> JsonObject:
    """What can go along to another server."""
    return {name: value for name, value in parameters.items() if name not in OF_THE_SERVER}
