"""What the screen is told: few, typed, complete in themselves. Status is always derived from these values."""

from dataclasses import dataclass, field
from typing import Literal

from chatapp.conversation.answer import OutputItem
from chatapp.conversation.chain import Marks
from chatapp.conversation.defaults import Defaults
from chatapp.conversation.experiments import Experiment
from chatapp.conversation.failures import Failure
from chatapp.conversation.findings import Finding
from chatapp.conversation.presets import Preset
from chatapp.conversation.prices import PriceTable
from chatapp.conversation.refusals import Refusal
from chatapp.conversation.tree import Conversation, Turn
from chatapp.protocol.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class ConversationChanged:
    """Made, renamed, pinned, moved on, deleted (`deleted_at` set) or restored."""

    conversation: Conversation


@dataclass(frozen=True, slots=True)
class ConversationPurged:
    conversation_id: str


@dataclass(frozen=True, slots=True)
class TurnChanged:
    """A turn is new, or anything of it changed that is not growth of text: it carries the whole turn."""

    turn: Turn


@dataclass(frozen=True, slots=True)
class TurnsDeleted:
    """These turns are no part of their conversation any more, until they are restored."""

    conversation_id: str
    turn_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TurnsRestored:
    """Turns came back: `turns` are all that the conversation has now, in the order in which they were begun."""

    conversation_id: str
    turns: tuple[Turn, ...]


ARGUMENTS = -1
"""The `part` of a TextGrew whose text belongs to a call's arguments."""


@dataclass(frozen=True, slots=True)
class TextGrew:
    """`text` was appended to a part of an answer's item, or to its ARGUMENTS. Merged per frame by the feed."""

    conversation_id: str
    turn_id: str
    item: int
    part: int
    text: str


@dataclass(frozen=True, slots=True)
class ItemChanged:
    """An item appeared or changed otherwise than by growth: the whole item as it is now."""

    conversation_id: str
    turn_id: str
    item: int
    value: OutputItem


@dataclass(frozen=True, slots=True)
class TurnWaiting:
    """A turn's request is sent again at `until`, in seconds since the epoch; None: nothing is waited for any more.

    `reason` says in a sentence what the wait is about.
    """

    conversation_id: str
    turn_id: str
    until: float | None
    reason: str = ""


ServerState = Literal["unknown", "starting", "ready", "unreachable", "stopped"]


@dataclass(frozen=True, slots=True)
class ServerChanged:
    """What is known of a connection now: its state, a plain sentence about it, its models (ids)."""

    server: str
    state: ServerState
    text: str = ""
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeepingChanged:
    """Whether a server still has its answers after it gave them, so that a turn can follow one by its id."""

    server: str
    keeps: bool


@dataclass(frozen=True, slots=True)
class LimitsChanged:
    """What a server said of its rate limits with its newest answer: names and values of headers, in their order."""

    server: str
    limits: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RefusalsChanged:
    """All that a server's model is known to refuse."""

    server: str
    model: str
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class DefaultsChanged:
    """The user's own defaults on a server, all of them."""

    server: str
    defaults: Defaults


@dataclass(frozen=True, slots=True)
class PresetsChanged:
    """All presets, by name."""

    presets: tuple[Preset, ...]


@dataclass(frozen=True, slots=True)
class ServerProbed:
    """One probe of a test has ended. `test` is the name its caller gave it: one that was stopped may still tell."""

    test: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class StoresChanged:
    """The vector stores of a server, as the server describes them."""

    server: str
    stores: tuple[JsonObject, ...]


UploadStage = Literal["waiting", "hashing", "uploading", "indexing", "completed", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class LibraryFile:
    """A file of a vector store, or on its way there.

    `key` is stable from drop to completion, `progress` is 0–1 within the stage, `reason` is there when it failed.
    `final` says that it will be refused again, as it is; `note` what else is to be said of it; `usage` the
    bytes it takes up in the store.
    """

    server: str
    store_id: str
    key: str
    filename: str
    bytes: int | None
    stage: UploadStage
    progress: float = 0.0
    reason: str | None = None
    file_id: str | None = None
    sha256: str | None = None
    final: bool = False
    note: str = ""
    usage: int | None = None
    attributes: JsonObject = field(default_factory=dict)
    chunking: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FilesChanged:
    """All files of one store as known now."""

    server: str
    store_id: str
    files: tuple[LibraryFile, ...]


@dataclass(frozen=True, slots=True)
class QueuePaused:
    """Whether files that are to arrive in libraries wait until the user goes on."""

    paused: bool


@dataclass(frozen=True, slots=True)
class QueueHeld:
    """Whether files that are to arrive on a server wait for it: `reason` says why, "" that they do not. It is tried
    again at `until`, in seconds since the epoch; now, where that is None."""

    server: str
    reason: str = ""
    until: float | None = None


@dataclass(frozen=True, slots=True)
class NotCopied:
    filename: str
    reason: str


@dataclass(frozen=True, slots=True)
class StoreCopied:
    """How far a library of `server` is on its way to `target`: `copied` of its `total` files are there.

    `copying` says whether it goes on; where it does not and `reason` is there, it was stopped, and can go on later.
    `missing` are the files that could not be copied.
    """

    server: str
    store_id: str
    name: str
    target: str
    copying: bool
    copied: int = 0
    total: int = 0
    missing: tuple[NotCopied, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ExperimentChanged:
    """A sweep is new, a turn was named for a place, or it began or ended to run. `problem` is why it does not go on
    by itself; what came of its places the turns say."""

    experiment: Experiment
    running: bool
    problem: Failure | None = None


@dataclass(frozen=True, slots=True)
class ExperimentRemoved:
    """The sweep is forgotten; its turns stay in the tree."""

    conversation_id: str
    experiment_id: str


@dataclass(frozen=True, slots=True)
class PricesChanged:
    """The price table as it is now. `own` are the keys of rows that are the user's, `changed` says whether the table
    is another than the shipped one."""

    table: PriceTable
    own: frozenset[tuple[str, str]]
    changed: bool


@dataclass(frozen=True, slots=True)
class ChainMarked:
    """All that is known of single responses of a conversation, by their ids."""

    conversation_id: str
    marks: Marks


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be done about a notice: a verb, and the use case."""

    label: str
    use_case: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know that belongs to no turn. `undo` names a use case that takes it back, `offer` one
    that goes on from it."""

    text: str
    severity: Literal["info", "warning", "danger"] = "info"
    undo: str | None = None
    offer: Offer | None = None


@dataclass(frozen=True, slots=True)
class UndoExpired:
    """What a notice offered to take back was done for good."""

    undo: str


Change = (
    ConversationChanged
    | ConversationPurged
    | TurnChanged
    | TurnsDeleted
    | TurnsRestored
    | TextGrew
    | ItemChanged
    | TurnWaiting
    | ServerChanged
    | KeepingChanged
    | LimitsChanged
    | RefusalsChanged
    | DefaultsChanged
    | PresetsChanged
    | ServerProbed
    | StoresChanged
    | FilesChanged
    | QueuePaused
    | QueueHeld
    | StoreCopied
    | ExperimentChanged
    | ExperimentRemoved
    | PricesChanged
    | ChainMarked
    | Notice
    | UndoExpired
)
