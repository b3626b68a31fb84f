"""The conversation as a tree of turns: each turn is a question and its answer, linked to the one before it.

Regenerate, and edit and resend, add a sibling: a turn with the same parent. Nothing is overwritten.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from chatapp.conversation.answer import Answer
from chatapp.conversation.costs import Cost
from chatapp.conversation.inputs import DETAILS, Detail, Enclosure, How, Kind, parts_along
from chatapp.protocol.json_types import JsonObject


@dataclass(frozen=True, slots=True)
class Attachment:
    """What went along with a question: a file with its size in bytes and the hash under which the original is kept,
    or an address, which has neither. `media_type` is "" for what went to a search."""

    filename: str
    bytes: int
    sha256: str
    file_id: str | None = None
    how: How = "search"
    media_type: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One row of history.

    `parent_id` is a turn's id, None for a first turn. `server` is the connection's id. `input` holds the user's
    own new items, `request` the exact body that was sent (it may replay more than `input`). Times are seconds
    since the epoch; `first_token_at` and `finished_at` are None until they happen.
    """

    id: str
    conversation_id: str
    parent_id: str | None
    created_at: float
    server: str
    text: str
    input: tuple[JsonObject, ...]
    request: JsonObject
    answer: Answer = field(default_factory=Answer)
    attachments: tuple[Attachment, ...] = ()
    first_token_at: float | None = None
    finished_at: float | None = None
    note: str | None = None
    """What was done differently for this turn and the reader should know: rebuilt by replay, parameter dropped."""
    cost: Cost | None = None
    """What the answer cost by the prices of the day it ended, where that was known."""

    @property
    def response_id(self) -> str | None:
        return self.answer.response_id


@dataclass(frozen=True, slots=True)
class Conversation:
    """The head of a conversation. `parameters` maps parameter names (see `parameters`) to what the user set;
    what is absent is not sent. `current_turn_id` is the leaf on screen. `draft` and `enclosures` are what is to be sent
    next. `favourites` are ids of turns: the path to each is one the user wants to find again. Deleted ones keep
    `deleted_at` until purged."""

    id: str
    title: str
    created_at: float
    updated_at: float
    automatic_title: bool = True
    pinned: bool = False
    server: str = "engine"
    parameters: JsonObject = field(default_factory=dict)
    current_turn_id: str | None = None
    draft: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    deleted_at: float | None = None
    favourites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deletion:
    """A turn that was deleted with all turns below it; they come back together until they are purged.

    `title` is the turn's question, `turns` how many they are. `current_turn_id` is the leaf that was on screen, where
    it was one of them.
    """

    id: str
    conversation_id: str
    turn_id: str
    deleted_at: float
    current_turn_id: str | None = None
    title: str = ""
    turns: int = 0


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A place where a search found its words. `turn_id` is None when the title matched. `snippet` marks hits
    with U+0002 before and U+0003 after each."""

    conversation_id: str
    turn_id: str | None
    title: str
    snippet: str


def enclosures_of(turn: Turn) -> tuple[Enclosure, ...]:
    """What went along with a question, to go along with another one in the same way."""
    parts = iter(parts_along(turn.input))
    return tuple(_again(file, {} if file.how == "search" else next(parts, {})) for file in turn.attachments)


def _again(file: Attachment, part: JsonObject) -> Enclosure:
    detail: Detail = next((known for known in DETAILS if known == part.get("detail")), "auto")
    kind: Kind = "image" if part.get("type") == "input_image" else "document"
    return Enclosure(file.filename, sha256=file.sha256, url=file.url, how=file.how, detail=detail, kind=kind)


def leaf_below(links: Iterable[tuple[str, str | None]], turn_id: str) -> str | None:
    """The end of the newest branch through a turn, by the links of all turns in the order in which they were made; None
    for a turn that is not there."""
    known = dict(links)
    newest = {parent: turn for turn, parent in known.items()}
    leaf: str | None = turn_id if turn_id in known else None
    while leaf in newest and leaf is not None:
        leaf = newest[leaf]
    return leaf


class Tree:
    """All turns of one conversation, indexed. Children keep the order in which they were made."""

    def __init__(self, turns: Iterable[Turn] = ()) -> None:
        self._turns: dict[str, Turn] = {}
        self._children: dict[str | None, list[str]] = {}
        for turn in turns:
            self.put(turn)

    def __len__(self) -> int:
        return len(self._turns)

    def __contains__(self, turn_id: str) -> bool:
        return turn_id in self._turns

    def __getitem__(self, turn_id: str) -> Turn:
        return self._turns[turn_id]

    def get(self, turn_id: str | None) -> Turn | None:
        return self._turns.get(turn_id) if turn_id is not None else None

    @property
    def ends(self) -> int:
        """How many branches there are."""
        return len(self._turns) - sum(parent in self._turns for parent in self._children)

    def turns(self) -> tuple[Turn, ...]:
        """All of them, in the order in which they were made."""
        return tuple(self._turns.values())

    def put(self, turn: Turn) -> None:
        """Adds a turn, or replaces the one with its id (whose parent never changes)."""
        if turn.id not in self._turns:
            self._children.setdefault(turn.parent_id, []).append(turn.id)
        self._turns[turn.id] = turn

    def put_answer(self, turn_id: str, answer: Answer) -> None:
        self._turns[turn_id] = replace(self._turns[turn_id], answer=answer)

    def children(self, turn_id: str | None) -> tuple[Turn, ...]:
        return tuple(self._turns[child] for child in self._children.get(turn_id, ()))

    def siblings(self, turn_id: str) -> tuple[Turn, ...]:
        """The turn and all that share its parent, in the order they were made."""
        return self.children(self._turns[turn_id].parent_id)

    def breadth(self, turn_id: str) -> int:
        """How many siblings there are, the turn among them."""
        return len(self._children[self._turns[turn_id].parent_id])

    def path(self, turn_id: str | None) -> tuple[Turn, ...]:
        """From the first turn to `turn_id`, both included; empty for None or an unknown id."""
        turns: list[Turn] = []
        turn = self.get(turn_id)
        while turn is not None:
            turns.append(turn)
            turn = self.get(turn.parent_id)
        turns.reverse()
        return tuple(turns)

    def leaf_below(self, turn_id: str) -> str:
        """The end of the newest branch through `turn_id`: always the youngest child."""
        while children := self._children.get(turn_id):
            turn_id = children[-1]
        return turn_id

    def below(self, turn_id: str) -> tuple[Turn, ...]:
        """The turn and all that follow from it, parents before their children."""
        ids = [turn_id]
        for each in ids:
            ids += self._children.get(each, ())
        return tuple(self._turns[each] for each in ids)

    def leaf_beside(self, turn_id: str) -> str | None:
        """The leaf to show once a turn is gone with all below it: of the sibling before it, else of the one after it,
        else its parent."""
        siblings = [turn.id for turn in self.siblings(turn_id)]
        at = siblings.index(turn_id)
        near = siblings[at - 1 : at] or siblings[at + 1 : at + 2]
        return self.leaf_below(near[0]) if near else self._turns[turn_id].parent_id
