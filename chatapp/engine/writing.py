"""The output items of an answer, written piece by piece, and the events that tell of each step.

One item is open at a time: a piece of another kind closes it and opens the next. A message holds text and refusals, a
reasoning item thoughts and summaries, a call its arguments. The order of events is that recorded from
api.openai.com. While an item is open its text stands here, bit by bit; closing puts it in its place.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from chatapp.engine.events import EventNumbers, ItemEvents
from chatapp.engine.generation.port import (
    CallPiece,
    CitationPiece,
    RefusalPiece,
    SummaryPiece,
    TextPiece,
    ThoughtPiece,
)
from chatapp.engine.ids import new_id
from chatapp.protocol.json_types import JsonObject

Written = TextPiece | CitationPiece | RefusalPiece | ThoughtPiece | SummaryPiece | CallPiece
"""The pieces that stand in an item."""


@dataclass(frozen=True, slots=True)
class PartKind:
    """A kind of part: its type, the field of its text, the list and the number it has in its item, its events."""

    type: str
    field: str
    within: str
    number: str
    added: str
    text: str
    done: str


_ADDED, _DONE = "response.content_part.added", "response.content_part.done"
_TEXT = PartKind("output_text", "text", "content", "content_index", _ADDED, "response.output_text", _DONE)
_REFUSAL = PartKind("refusal", "refusal", "content", "content_index", _ADDED, "response.refusal", _DONE)
_THOUGHT = PartKind(
    "reasoning_text", "text", "content", "content_index", _ADDED, "response.reasoning_text", _DONE
)
_SUMMARY = PartKind(
    "summary_text", "text", "summary", "summary_index",
    "response.reasoning_summary_part.added", "response.reasoning_summary_text", "response.reasoning_summary_part.done",
)  # fmt: skip
_MESSAGE, _REASONING, _CALL = "message", "reasoning", "function_call"
_SAYING = (_MESSAGE, _CALL)
_PLACES: dict[type, tuple[str, PartKind]] = {
    TextPiece: (_MESSAGE, _TEXT),
    CitationPiece: (_MESSAGE, _TEXT),
    RefusalPiece: (_MESSAGE, _REFUSAL),
    ThoughtPiece: (_REASONING, _THOUGHT),
    SummaryPiece: (_REASONING, _SUMMARY),
}
"""The item and the part that a piece stands in."""


class OutputWriter:
    """Appends items to `output`."""

    def __init__(self, numbers: EventNumbers, output: list[JsonObject]) -> None:
        self._numbers = numbers
        self._output = output
        self._open: _OpenParts | _OpenCall | None = None

    def write(self, piece: Written) -> Iterator[JsonObject]:
        """The events that tell of a piece; it is part of the answer once they are taken."""
        if self._open is None or not self._open.takes(piece):
            yield from self.close()
            self._open = self._begun(piece)
            yield self._open.added()
        yield from self._open.add(piece)

    def close(self, status: str = "completed") -> Iterator[JsonObject]:
        """The events that end the open item, if there is one."""
        if self._open is not None:
            opened, self._open = self._open, None
            yield from opened.close(status)

    def something(self, status: str) -> Iterator[JsonObject]:
        """A message without text where nothing else was said: an answer is never without any item that says so."""
        if not any(item["type"] in _SAYING for item in self._output) and (
            status == "completed" or not self._output
        ):
            yield from self.write(TextPiece(""))
            yield from self.close(status)

    @property
    def last_part(self) -> JsonObject | None:
        """The last part of the last message, once it is closed."""
        parts = [part for item in self._output if item["type"] == _MESSAGE for part in item["content"]]
        return parts[-1] if parts else None

    def abandon(self) -> None:
        """Leave the open item as it is, with the text it has and without a word."""
        if self._open is not None:
            self._open.settle("incomplete")
            self._open = None

    def item(self, item: JsonObject) -> ItemEvents:
        """A new item that is written elsewhere; to be called when none is open."""
        self._output.append(item)
        return ItemEvents(self._numbers, len(self._output) - 1, item)

    def _begun(self, piece: Written) -> "_OpenParts | _OpenCall":
        if isinstance(piece, CallPiece):
            return _OpenCall(self.item(_call(piece)), piece.call_id)
        kind, _ = _PLACES[type(piece)]
        return _OpenParts(self.item(_NEW[kind]()))


class _OpenParts:
    """A message or a reasoning item: parts, of which the last is open."""

    def __init__(self, events: ItemEvents) -> None:
        self._events = events
        self._part: _OpenPart | None = None
        self.added = events.added

    def takes(self, piece: Written) -> bool:
        return not isinstance(piece, CallPiece) and _PLACES[type(piece)][0] == self._events.item["type"]

    def add(self, piece: Written) -> Iterator[JsonObject]:
        assert not isinstance(piece, CallPiece)
        _, kind = _PLACES[type(piece)]
        summary = piece.part if isinstance(piece, SummaryPiece) else 0
        part = self._part
        if part is None or (part.kind, part.summary) != (kind, summary):
            yield from self._close_part()
            part = self._part = _OpenPart(self._events, kind, summary)
            yield part.added()
        if isinstance(piece, CitationPiece):
            yield part.annotated(piece)
        elif piece.text:
            yield part.grown(piece.text)

    def close(self, status: str) -> Iterator[JsonObject]:
        yield from self._close_part()
        self.settle(status)
        yield self._events.done()

    def settle(self, status: str) -> None:
        if self._part is not None:
            self._part.settle()
        self._events.item["status"] = status

    def _close_part(self) -> Iterator[JsonObject]:
        if self._part is not None:
            part, self._part = self._part, None
            yield from part.close()


class _OpenPart:
    """A part that grows at its end."""

    def __init__(self, events: ItemEvents, kind: PartKind, summary: int) -> None:
        self.kind = kind
        self.summary = summary
        self._events = events
        self._part = _new_part(kind)
        parts = events.item.setdefault(kind.within, [])
        self._place = {kind.number: len(parts)}
        self._extra: JsonObject = {"logprobs": []} if kind is _TEXT else {}
        self._bits: list[str] = []
        self._length = 0
        parts.append(self._part)

    def added(self) -> JsonObject:
        return self._events.about(self.kind.added, part=self._part, **self._place)

    def grown(self, text: str) -> JsonObject:
        self._bits.append(text)
        self._length += len(text)
        return self._events.about(f"{self.kind.text}.delta", delta=text, **self._place, **self._extra)

    def annotated(self, piece: CitationPiece) -> JsonObject:
        annotations: list[JsonObject] = self._part["annotations"]
        annotations.append({
            "type": "file_citation",
            "file_id": piece.file_id,
            "filename": piece.filename,
            "index": self._length,
        })  # fmt: skip
        return self._events.about(
            f"{self.kind.text}.annotation.added",
            annotation=annotations[-1],
            annotation_index=len(annotations) - 1,
            **self._place,
        )

    def close(self) -> Iterator[JsonObject]:
        self.settle()
        text = {self.kind.field: self._part[self.kind.field]}
        yield self._events.about(f"{self.kind.text}.done", **text, **self._place, **self._extra)
        yield self._events.about(self.kind.done, part=self._part, **self._place)

    def settle(self) -> None:
        self._part[self.kind.field] = "".join(self._bits)


class _OpenCall:
    """A function call whose arguments are being written."""

    def __init__(self, events: ItemEvents, call_id: str) -> None:
        self._events = events
        self._call_id = call_id
        self._bits: list[str] = []
        self.added = events.added

    def takes(self, piece: Written) -> bool:
        return isinstance(piece, CallPiece) and piece.call_id == self._call_id

    def add(self, piece: Written) -> Iterator[JsonObject]:
        assert isinstance(piece, CallPiece)
        if piece.arguments:
            self._bits.append(piece.arguments)
            yield self._events.about("response.function_call_arguments.delta", delta=piece.arguments)

    def close(self, status: str) -> Iterator[JsonObject]:
        self.settle(status)
        arguments = self._events.item["arguments"]
        yield self._events.about("response.function_call_arguments.done", arguments=arguments)
        yield self._events.done()

    def settle(self, status: str) -> None:
        self._events.item |= {"arguments": "".join(self._bits), "status": status}


def _new_part(kind: PartKind) -> JsonObject:
    if kind is _TEXT:
        return {"type": kind.type, "annotations": [], "logprobs": [], "text": ""}
    return {"type": kind.type, kind.field: ""}


def _message() -> JsonObject:
    return {
        "id": new_id("msg"), "type": _MESSAGE, "status": "in_progress", "content": [], "role": "assistant",
    }  # fmt: skip


def _reasoning() -> JsonObject:
    return {"id": new_id("rs"), "type": _REASONING, "status": "in_progress", "summary": []}


_NEW = {_MESSAGE: _message, _REASONING: _reasoning}


def _call(piece: CallPiece) -> JsonObject:
    return {
        "id": new_id("fc"),
        "type": _CALL,
        "status": "in_progress",
        "arguments": "",
        "call_id": piece.call_id,
        "name": piece.name,
    }
