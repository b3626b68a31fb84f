"""What lies on the desk: the conversations, the open one with its tree, the servers, stores and files as last told.

The one place on the UI side that keeps state. It applies the feed's changes and tells the widgets by signals; the
widgets read it and ask `errands` to act. Nothing here is decided, only remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from chatapp.conversation.chain import Marks
    from chatapp.conversation.changes import (
        ChainMarked,
        Change,
        ConversationChanged,
        ConversationPurged,
        DefaultsChanged,
        ExperimentChanged,
        ExperimentRemoved,
        FilesChanged,
        ItemChanged,
        KeepingChanged,
        LibraryFile,
        LimitsChanged,
        Notice,
        PresetsChanged,
        PricesChanged,
        QueueHeld,
        QueuePaused,
        RefusalsChanged,
        ServerChanged,
        ServerProbed,
        StoreCopied,
        StoresChanged,
        TextGrew,
        TurnChanged,
        TurnsDeleted,
        TurnsRestored,
        TurnWaiting,
        UndoExpired,
    )
    from chatapp.conversation.costs import Cost
    from chatapp.conversation.defaults import Defaults
    from chatapp.conversation.experiments import Experiment
    from chatapp.conversation.inputs import Enclosure
    from chatapp.conversation.presets import Preset
    from chatapp.conversation.prices import Price
    from chatapp.conversation.refusals import Refusal
    from chatapp.conversation.tree import Conversation, Tree, Turn
    from chatapp.protocol.json_types import JsonObject
    from chatapp.services.ports import Connection


class Desk(QObject):
    """Signals carry what changed; the values are read from here."""

    listed = Signal()
    """The list of conversations is another."""
    opened = Signal()
    """Another conversation is open, or none."""
    head_changed = Signal()
    """The open conversation's title, parameters, server or pin changed."""
    path_changed = Signal()
    """The turns on screen are others."""
    beside_changed = Signal()
    """Turns came beside those on screen, which stay."""
    turn_changed = Signal(object)  # Turn
    """Any turn of the open conversation."""
    shown_changed = Signal(object)  # Turn
    """A turn on screen: told after `turn_changed`."""
    grew = Signal(object)  # TextGrew
    waits_changed = Signal(str)
    """A turn begins to wait, waits for something else, or waits no more."""
    chain_changed = Signal()
    """Something else is known of the open conversation's responses on their servers."""
    servers_changed = Signal()
    limits_changed = Signal(str)
    refusals_changed = Signal(str, str)
    presets_changed = Signal()
    defaults_changed = Signal(str)
    """The user's own defaults on a server are others."""
    probed = Signal(object)  # ServerProbed
    stores_changed = Signal(str)
    files_changed = Signal(str, str)
    queue_changed = Signal()
    """Files for libraries wait, or go on."""
    copied = Signal(str, str)
    """A copy of a library begins, goes on or ends: the server and the library it is made of."""
    experiments_changed = Signal()
    """The sweeps of the open conversation are others, or one of them went on."""
    prices_changed = Signal()
    noticed = Signal(object)  # Notice
    undo_expired = Signal(str)
    """What a notice offered to take back was done for good."""

    def __init__(self) -> None:
        super().__init__()
        self.conversations: dict[str, Conversation] = {}
        self.connections: list[Connection] = []
        self.waits: dict[str, TurnWaiting] = {}
        self.states: dict[str, ServerChanged] = {}
        self.keeping: dict[str, bool] = {}
        self.marks: Marks = {}
        """What is known of single responses of the open conversation."""
        self._broken: frozenset[str] | None = None
        self.limits: dict[str, tuple[tuple[str, str], ...]] = {}
        self.refusals: dict[tuple[str, str], tuple[Refusal, ...]] = {}
        self.defaults: dict[str, Defaults] = {}
        self.presets: tuple[Preset, ...] = ()
        self.stores: dict[str, tuple[JsonObject, ...]] = {}
        self._store_names: dict[tuple[str, str], str] = {}
        self.files: dict[tuple[str, str], tuple[LibraryFile, ...]] = {}
        self.queue_paused = False
        self.queue_held: dict[str, QueueHeld] = {}
        self.copies: dict[tuple[str, str], StoreCopied] = {}
        self.experiments: dict[str, ExperimentChanged] = {}
        self.prices: PricesChanged | None = None
        self._places: dict[str, tuple[str, ...]] = {}
        self.open_id: str | None = None
        self._tree: Tree | None = None
        self._leaf: str | None = None
        self._shown: tuple[str | None, frozenset[str]] = None, frozenset()
        self._expected: str | None = None
        self._early: list[Change] = []
        self._has_siblings = self._is_list_another = False
        """Turns came that are not on screen, but beside what is; entries of the list changed: told once for all that
        came together."""

    @property
    def tree(self) -> Tree:
        """All turns of the open conversation."""
        if self._tree is None:
            self._tree = make_tree()
        return self._tree

    @property
    def broken(self) -> frozenset[str]:
        """Ids of the responses of the open conversation that are cut off on their server. Found out once for all who
        ask, since a tree is large."""
        if self._broken is None:
            from chatapp.conversation.chain import broken, cuts_in

            self._broken = broken(self.tree.turns(), cuts_in(self.marks))
        return self._broken

    @property
    def head(self) -> Conversation | None:
        """The open conversation."""
        return self.conversations.get(self.open_id) if self.open_id is not None else None

    @property
    def path(self) -> tuple[Turn, ...]:
        """The turns on screen, oldest first."""
        return self.tree.path(self._leaf) if self._leaf is not None else ()

    @property
    def last_turn(self) -> Turn | None:
        return self.tree.get(self._leaf)

    @property
    def running(self) -> Turn | None:
        """The turn on screen whose answer is still coming."""
        return next((turn for turn in reversed(self.path) if not turn.answer.status.ended), None)

    def connection(self, server: str) -> Connection | None:
        return next((entry for entry in self.connections if entry.id == server), None)

    def server_name(self, server: str) -> str:
        connection = self.connection(server)
        return connection.name if connection is not None else server

    def store_name(self, server: str, store_id: str) -> str:
        """As it was told last, also of a store that is about to be deleted."""
        return self._store_names.get((server, store_id), store_id)

    def is_leaving(self, server: str, store_id: str) -> bool:
        """Whether a store was told of once and is no more: it was deleted, perhaps only held back from sight."""
        shown = (store.get("id") for store in self.stores.get(server, ()))
        return (server, store_id) in self._store_names and store_id not in shown

    def places(self, server: str) -> tuple[str, ...]:
        """The names under which the price table may know a server."""
        from chatapp.services.prices import places_of

        if server not in self._places:
            connection = self.connection(server)
            self._places[server] = places_of(connection) if connection is not None else (server,)
        return self._places[server]

    def price_of(self, server: str, model: str) -> Price | None:
        return self.prices.table.of(model, self.places(server)) if self.prices is not None else None

    def cost_of(self, turn: Turn) -> Cost | None:
        """What a turn's answer cost: as it was kept when it ended, else by the prices of now; None where that is not
        known."""
        from chatapp.conversation.costs import cost_of_answer

        if turn.cost is not None or self.prices is None or not turn.answer.status.ended:
            return turn.cost
        asked = str(turn.request.get("model") or "")
        return cost_of_answer(self.prices.table, turn.answer, asked, self.places(turn.server))

    def all_store_names(self) -> dict[str, str]:
        """By the ids of the vector stores, of all servers."""
        return {store_id: name for (_, store_id), name in self._store_names.items()}

    def in_order(self) -> list[Conversation]:
        """Pinned first, then the newest; deleted ones are not among them."""
        kept = (entry for entry in self.conversations.values() if entry.deleted_at is None)
        return sorted(kept, key=lambda entry: (not entry.pinned, -entry.updated_at))

    def set_conversations(self, entries: Iterable[Conversation]) -> None:
        self.conversations = {entry.id: entry for entry in entries} | self.conversations
        self.listed.emit()

    def set_connections(self, entries: Sequence[Connection]) -> None:
        self.connections = list(entries)
        self._places.clear()
        self.servers_changed.emit()

    def expect(self, conversation_id: str) -> None:
        """Says which conversation is being read: what the feed tells of it meanwhile is applied once it is shown."""
        self._expected = conversation_id
        self._early = []

    def show(self, conversation: Conversation | None, turns: Iterable[Turn] = ()) -> None:
        """Opens a conversation with all its turns."""
        early, self._expected, self._early = self._early, None, []
        self.open_id = conversation.id if conversation is not None else None
        self.experiments = {}
        self.marks, self._broken = {}, None
        if conversation is not None:
            self.conversations[conversation.id] = self._with_draft(conversation)
        self._tree = make_tree(turns)
        self._leaf = conversation.current_turn_id if conversation is not None else None
        for change in early:
            self._apply_one(change)
        self.opened.emit()
        self.path_changed.emit()

    def keep_draft(self, conversation_id: str, text: str, enclosures: tuple[Enclosure, ...]) -> None:
        """The feed does not tell drafts: the one who types knows."""
        entry = self.conversations.get(conversation_id)
        if entry is not None:
            self.conversations[conversation_id] = _drafted(entry, text, enclosures)

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if self._expected is not None and _conversation_of(change) == self._expected:
                self._early.append(change)
            self._apply_one(change)
        if self._is_list_another:
            self._is_list_another = False
            self.listed.emit()
        if self._has_siblings:
            self._has_siblings = False
            self.beside_changed.emit()

    def _apply_one(self, change: Change) -> None:
        _APPLY[type(change).__name__](self, change)

    def _with_draft(self, entry: Conversation) -> Conversation:
        """The draft that was typed here is newer than one on its way from the disk."""
        known = self.conversations.get(entry.id)
        return entry if known is None else _drafted(entry, known.draft, known.enclosures)

    def _conversation(self, change: ConversationChanged) -> None:
        entry, before = self._with_draft(change.conversation), self.conversations.get(change.conversation.id)
        self.conversations[entry.id] = entry
        self._is_list_another = True
        if entry.id != self.open_id:
            return
        if entry.deleted_at is not None:
            self.show(None)
            return
        if before is None or not _is_only_elsewhere(entry, before):
            self.head_changed.emit()
        self._follow_head(entry)

    def _purged(self, change: ConversationPurged) -> None:
        self.conversations.pop(change.conversation_id, None)
        self._is_list_another = True

    def _turn(self, change: TurnChanged) -> None:
        if change.turn.conversation_id != self.open_id:
            return
        new = change.turn.id not in self.tree
        self.tree.put(change.turn)
        self._broken = None
        if not new:
            self._tell(change.turn)
        elif self.head is not None and not self._follow_head(self.head):
            self._has_siblings = True

    def _turns_deleted(self, change: TurnsDeleted) -> None:
        gone = set(change.turn_ids)
        if change.conversation_id == self.open_id:
            self._plant(turn for turn in self.tree.turns() if turn.id not in gone)

    def _turns_restored(self, change: TurnsRestored) -> None:
        if change.conversation_id == self.open_id:
            self._plant(change.turns)

    def _plant(self, turns: Iterable[Turn]) -> None:
        """Another tree in the place of the one that is there; the branch on screen is the head's."""
        self._tree, self._broken = make_tree(turns), None
        if self.head is not None:
            self._leaf = self.head.current_turn_id
        self.path_changed.emit()

    def _follow_head(self, head: Conversation) -> bool:
        """Shows the branch the head names, as soon as its last turn is known: until then the old one stays."""
        leaf = head.current_turn_id
        if leaf == self._leaf or (leaf is not None and leaf not in self.tree):
            return False
        self._leaf = leaf
        self.path_changed.emit()
        return True

    def _chain_marked(self, change: ChainMarked) -> None:
        if change.conversation_id == self.open_id and change.marks != self.marks:
            self.marks, self._broken = change.marks, None
            self.chain_changed.emit()

    def _grew(self, change: TextGrew) -> None:
        from chatapp.desktop.growth import grown

        turn = self.tree.get(change.turn_id)
        if change.conversation_id == self.open_id and turn is not None:
            self.tree.put_answer(turn.id, grown(turn.answer, change))
            self.grew.emit(change)

    def _item(self, change: ItemChanged) -> None:
        from chatapp.desktop.growth import changed

        turn = self.tree.get(change.turn_id)
        if change.conversation_id == self.open_id and turn is not None:
            self.tree.put_answer(turn.id, changed(turn.answer, change))
            self._tell(self.tree[turn.id])

    def _tell(self, turn: Turn) -> None:
        self.turn_changed.emit(turn)
        if turn.id in self._shown_ids():
            self.shown_changed.emit(turn)

    def _shown_ids(self) -> frozenset[str]:
        """The turns on screen; a leaf's path never changes."""
        leaf, ids = self._shown
        if leaf != self._leaf:
            ids = frozenset(turn.id for turn in self.path)
            self._shown = self._leaf, ids
        return ids

    def _waiting(self, change: TurnWaiting) -> None:
        if change.until is None:
            self.waits.pop(change.turn_id, None)
        else:
            self.waits[change.turn_id] = change
        self.waits_changed.emit(change.turn_id)

    def _keeping(self, change: KeepingChanged) -> None:
        self.keeping[change.server] = change.keeps
        self.servers_changed.emit()

    def _limits(self, change: LimitsChanged) -> None:
        self.limits[change.server] = change.limits
        self.limits_changed.emit(change.server)

    def _refusals(self, change: RefusalsChanged) -> None:
        self.refusals[change.server, change.model] = change.refusals
        self.refusals_changed.emit(change.server, change.model)

    def _defaults(self, change: DefaultsChanged) -> None:
        self.defaults[change.server] = change.defaults
        self.defaults_changed.emit(change.server)

    def _presets(self, change: PresetsChanged) -> None:
        self.presets = change.presets
        self.presets_changed.emit()

    def _server(self, change: ServerChanged) -> None:
        self.states[change.server] = change
        self.servers_changed.emit()

    def _probed(self, change: ServerProbed) -> None:
        self.probed.emit(change)

    def _stores(self, change: StoresChanged) -> None:
        self.stores[change.server] = change.stores
        for store in change.stores:
            if store.get("name"):
                self._store_names[change.server, str(store.get("id"))] = str(store["name"])
        self.stores_changed.emit(change.server)

    def _files(self, change: FilesChanged) -> None:
        self.files[change.server, change.store_id] = change.files
        self.files_changed.emit(change.server, change.store_id)

    def _paused(self, change: QueuePaused) -> None:
        self.queue_paused = change.paused
        self.queue_changed.emit()

    def _held(self, change: QueueHeld) -> None:
        self.queue_held[change.server] = change
        self.queue_changed.emit()

    def _copied(self, change: StoreCopied) -> None:
        self.copies[change.server, change.store_id] = change
        self.copied.emit(change.server, change.store_id)

    def _experiment(self, change: ExperimentChanged) -> None:
        if change.experiment.plan.conversation_id == self.open_id:
            self.experiments[change.experiment.id] = change
            self.experiments_changed.emit()

    def _experiment_removed(self, change: ExperimentRemoved) -> None:
        if self.experiments.pop(change.experiment_id, None) is not None:
            self.experiments_changed.emit()

    def _prices(self, change: PricesChanged) -> None:
        self.prices = change
        self.prices_changed.emit()

    def _expired(self, change: UndoExpired) -> None:
        self.undo_expired.emit(change.undo)

    def _notice(self, change: Notice) -> None:
        self.noticed.emit(change)


def _is_only_elsewhere(entry: Conversation, before: Conversation) -> bool:
    """Whether something was asked in it or another branch was chosen, and nothing else changed: the path tells that."""
    from dataclasses import replace

    moved = replace(entry, updated_at=before.updated_at, current_turn_id=before.current_turn_id)
    return moved == before


def _drafted(entry: Conversation, draft: str, enclosures: tuple[Enclosure, ...]) -> Conversation:
    from dataclasses import replace

    return replace(entry, draft=draft, enclosures=enclosures)


def _conversation_of(change: Change) -> str | None:
    """The conversation whose turns or sweeps a change is about, None for one that is about none."""
    turn: Turn | None = getattr(change, "turn", None)
    if turn is not None:
        return turn.conversation_id
    experiment: Experiment | None = getattr(change, "experiment", None)
    if experiment is not None:
        return experiment.plan.conversation_id
    about: str | None = getattr(change, "conversation_id", None)
    return about


def make_tree(turns: Iterable[Turn] = ()) -> Tree:
    """The values of a conversation are loaded when there is one: the first picture does without."""
    from chatapp.conversation.tree import Tree

    return Tree(turns)


_APPLY: dict[str, Callable[[Desk, Any], None]] = {
    "ConversationChanged": Desk._conversation,
    "ConversationPurged": Desk._purged,
    "TurnChanged": Desk._turn,
    "TurnsDeleted": Desk._turns_deleted,
    "TurnsRestored": Desk._turns_restored,
    "ChainMarked": Desk._chain_marked,
    "TextGrew": Desk._grew,
    "ItemChanged": Desk._item,
    "TurnWaiting": Desk._waiting,
    "DefaultsChanged": Desk._defaults,
    "PresetsChanged": Desk._presets,
    "ServerChanged": Desk._server,
    "KeepingChanged": Desk._keeping,
    "LimitsChanged": Desk._limits,
    "RefusalsChanged": Desk._refusals,
    "ServerProbed": Desk._probed,
    "StoresChanged": Desk._stores,
    "FilesChanged": Desk._files,
    "QueuePaused": Desk._paused,
    "QueueHeld": Desk._held,
    "StoreCopied": Desk._copied,
    "ExperimentChanged": Desk._experiment,
    "ExperimentRemoved": Desk._experiment_removed,
    "PricesChanged": Desk._prices,
    "Notice": Desk._notice,
    "UndoExpired": Desk._expired,
}
"""What to do with each change of the feed, by the name of its type."""
