"""What the use cases need of the profile on disk: conversations, deletions, sweeps, settings, keys."""

from collections.abc import Sequence
from typing import Protocol

from chatapp.conversation.experiments import Experiment
from chatapp.conversation.failures import Failure
from chatapp.conversation.inputs import Enclosure
from chatapp.conversation.time_line import Moment, TimeLine
from chatapp.conversation.tree import Conversation, Deletion, SearchHit, Turn
from chatapp.protocol.json_types import JsonObject
from chatapp.services.ports.network import Connection


class StorageFailure(Exception):
    """The disk refused. `failure` is what to show."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.title)
        self.failure = failure


class ConversationStore(Protocol):
    """Conversations and turns on disk. A method returns once its transaction is on disk.

    Raises StorageFailure for a full disk, a profile that cannot be written, a damaged or newer database.
    """

    async def conversations(self, deleted: bool = False) -> list[Conversation]: ...
    async def conversation(self, conversation_id: str) -> Conversation | None: ...
    async def put_conversation(self, conversation: Conversation) -> None: ...
    async def set_draft(
        self, conversation_id: str, draft: str, enclosures: Sequence[Enclosure] = ()
    ) -> None: ...
    async def purge(self, conversation_id: str) -> None: ...
    async def turns(self, conversation_id: str) -> list[Turn]:
        """Those that were not deleted, in the order in which they were begun."""
        ...

    async def links(self, conversation_id: str) -> list[tuple[str, str | None]]:
        """The ids of those turns with those of their parents, in the same order; no turn is read for it."""
        ...

    async def path(self, conversation_id: str, turn_id: str) -> list[Turn]:
        """From the first turn to this one, both included; empty for a turn that is not there."""
        ...

    async def is_empty(self, conversation_id: str) -> bool:
        """Whether it never had a turn, or all are gone for good."""
        ...

    async def turn(self, turn_id: str) -> Turn | None:
        """None for one that was deleted, too."""
        ...

    async def knows_turn(self, turn_id: str) -> bool:
        """Whether a turn has this id, also one that was deleted."""
        ...

    async def begin_turn(
        self, conversation: Conversation, turn: Turn, place: tuple[str, int] | None = None
    ) -> None:
        """The conversation's head, a turn with an answer in progress, and of which sweep it answers which place, in one
        transaction."""
        ...

    async def add_whole(
        self, conversation: Conversation, turns: Sequence[Turn], lines: Sequence[TimeLine]
    ) -> None:
        """A conversation whose turns have all ended, with the time line of each: all of it, or nothing."""
        ...

    async def amend_turn(self, turn: Turn) -> None:
        """Writes a turn again that has begun and not ended: what is sent changed before it was sent."""
        ...

    async def journal(self, turn_id: str, events: Sequence[JsonObject], line: Sequence[Moment] = ()) -> None:
        """Appends raw events of a running turn, in order, and when they came."""
        ...

    async def journalled(self, turn_id: str) -> list[JsonObject]: ...
    async def finish_turn(self, turn: Turn, line: TimeLine = ()) -> None:
        """Stores the ended turn word for word with its time line, indexes its text, and drops its journal, in one
        transaction. Without a line, one that is there already stays."""
        ...

    async def time_line(self, turn_id: str) -> TimeLine:
        """When everything of an answer came, as far as it is on disk; empty where nothing says."""
        ...

    async def time_lines(self, conversation_id: str) -> dict[str, TimeLine]:
        """The same of all ended turns of a conversation that have one, by the turn's id."""
        ...

    async def unfinished(self) -> list[Turn]:
        """Turns whose answer never ended: a crash came between."""
        ...

    async def own_responses(self, conversation_id: str, server: str) -> list[str]:
        """Ids of a server's responses that answered turns of this conversation and of no other."""
        ...

    async def turn_by_response(self, response_id: str) -> Turn | None: ...
    async def search(self, words: str, limit: int = 50) -> list[SearchHit]: ...


class DeletionStore(Protocol):
    """Branches that were deleted and not purged, the last deleted first. Raises StorageFailure."""

    async def delete(self, head: Conversation, deletion: Deletion) -> tuple[str, ...]:
        """Marks a turn and all below it as deleted and writes the head, in one transaction; the ids of the turns."""
        ...

    async def restore(self, deletion_id: str) -> None:
        """Brings its turns back, and what was deleted above them."""
        ...

    async def deletion(self, deletion_id: str) -> Deletion | None: ...
    async def of(self, conversation_id: str) -> list[Deletion]: ...
    async def older_than(self, limit: float) -> list[Deletion]: ...
    async def turns(self, deletion_id: str) -> list[Turn]: ...
    async def own_responses(self, deletion_id: str, server: str) -> list[str]:
        """Ids of a server's responses that answered turns of this deletion and no others."""
        ...

    async def purge(self, deletion_id: str) -> None:
        """Removes its turns for good, with every trace."""
        ...


class ExperimentStore(Protocol):
    """Sweeps on disk, with the conversation they belong to. Raises StorageFailure."""

    async def add(self, experiment: Experiment) -> None: ...
    async def name_turn(self, experiment_id: str, place: int, turn_id: str) -> None:
        """Says which turn answers a place from now on. A sweep that is gone takes none."""
        ...

    async def get(self, experiment_id: str) -> Experiment | None: ...
    async def of(self, conversation_id: str) -> list[Experiment]:
        """Those of a conversation, the oldest first."""
        ...

    async def all(self) -> list[Experiment]: ...
    async def remove(self, experiment_id: str) -> None: ...


class Settings(Protocol):
    """Preferences by name: any JSON value."""

    async def get(self, name: str) -> object: ...
    async def set(self, name: str, value: object) -> None: ...
    async def forget(self, prefix: str) -> None:
        """Removes every preference whose name begins with `prefix`."""
        ...


class Secrets(Protocol):
    """API keys. Only the OS key store keeps any; session keys live in memory. Never raises for a missing key."""

    async def key(self, connection: Connection) -> str | None: ...
    async def set_key(self, connection: Connection, key: str) -> None:
        """Raises SecretsUnavailable with a plain reason when the key store cannot take it."""
        ...

    async def forget(self, connection: Connection) -> None:
        """Removes the key from where `key_source` says it is kept. Raises SecretsUnavailable."""
        ...


class SecretsUnavailable(Exception):
    """There is no key store, or it is locked; the message says which and what to do."""
