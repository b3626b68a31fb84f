"""An answer as values: what the screen shows and the database keeps, whatever the server and however it ended."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from chatapp.conversation.failures import Failure
from chatapp.protocol.json_types import JsonObject


class Status(StrEnum):
    """IN_PROGRESS until one of the ends. CUT: the stream stopped with no terminal event. STOPPED: by the user."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    ERROR = "error"
    CUT = "cut"
    STOPPED = "stopped"

    @property
    def ended(self) -> bool:
        return self not in (Status.QUEUED, Status.IN_PROGRESS)


PartKind = Literal["output_text", "refusal", "reasoning_text", "summary_text", "command", "output"]
"""The last two are what a shell is told and what it prints."""


@dataclass(frozen=True, slots=True)
class Logprob:
    """A token of the text with its natural logarithm of probability, and the tokens that might have stood there."""

    token: str
    logprob: float
    top: tuple["Logprob", ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Text of one kind, without leaked citation markers, and the annotations that stand in it: as the server wrote
    them, but with offsets into this text. The text as it came is in the item's `raw`."""

    kind: PartKind
    text: str
    annotations: tuple[JsonObject, ...] = ()
    logprobs: tuple[Logprob, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputItem:
    """One output item. `type` is the wire's; `parts` its texts in order; `raw` the newest whole object.

    `arguments` is the streamed input of a call (function arguments, tool input, code). `stage` is the last word
    the server said of a call's progress, or its status.
    """

    type: str
    id: str | None = None
    parts: tuple[Part, ...] = ()
    arguments: str = ""
    stage: str = "in_progress"
    raw: JsonObject = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if part.kind == "output_text")


@dataclass(frozen=True, slots=True)
class UnknownEvents:
    """Events of a type this version does not know: how many came, and the first of them (`{}` if it was large)."""

    type: str
    count: int
    first: JsonObject


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything known of one response. `response` is the final object word for word, None until it is there."""

    status: Status = Status.IN_PROGRESS
    response_id: str | None = None
    model: str | None = None
    items: tuple[OutputItem, ...] = ()
    usage: JsonObject | None = None
    incomplete_reason: str | None = None
    failure: Failure | None = None
    response: JsonObject | None = None
    last_sequence: int | None = None
    unknown: tuple[UnknownEvents, ...] = ()

    @property
    def text(self) -> str:
        """What the model wrote to the reader: the output_text of all message items, in order."""
        return "".join(item.text for item in self.items if item.type == "message")

    @property
    def refusal(self) -> str:
        parts = [part for item in self.items for part in item.parts]
        return "".join(part.text for part in parts if part.kind == "refusal")
