"""The reducer: folds a stream's events into an answer, and says what changed on screen.

Servers disagree about keys. An item is known by its id, else by its output index, else it is the newest of its
family; ids are looked up within a family because ogx gives a message's id to reasoning that comes before it.
Whatever was streamed, a terminal event's own `output` is the truth.
"""

from dataclasses import replace
from typing import Literal

from chatapp.conversation.answer import Answer, OutputItem, Part, PartKind, Status
from chatapp.conversation.changes import ARGUMENTS, Change, ItemChanged, TextGrew
from chatapp.conversation.failures import describe, describe_incomplete
from chatapp.protocol.errors import parse_error
from chatapp.protocol.events import (
    AnnotationEvent,
    DeltaEvent,
    ErrorEvent,
    Event,
    ImageEvent,
    ItemEvent,
    PartEvent,
    ProgressEvent,
    ResponseEvent,
    TextEvent,
)
from chatapp.protocol.json_types import JsonObject, object_of, objects_of, optional_text, text_of

Family = Literal["message", "reasoning", "call"]

_FAMILY_OF_TYPE: dict[str, Family] = {"message": "message", "reasoning": "reasoning"}
_PART_FIELDS: dict[str, PartKind] = {
    "output_text": "output_text",
    "refusal": "refusal",
    "reasoning_text": "reasoning_text",
    "summary_text": "summary_text",
    "text": "output_text",
}
_FAMILY_OF_PART: dict[PartKind, Family] = {
    "output_text": "message",
    "refusal": "message",
    "reasoning_text": "reasoning",
    "summary_text": "reasoning",
}
_ARGUMENT_FIELDS = ("arguments", "input", "code")
_STATUS = {
    "queued": Status.QUEUED,
    "in_progress": Status.IN_PROGRESS,
    "completed": Status.COMPLETED,
    "incomplete": Status.INCOMPLETE,
    "failed": Status.FAILED,
    "cancelled": Status.STOPPED,
}


class _Part:
    """Text that grows. Chunks are joined only when somebody looks."""

    def __init__(self, index: int | None, kind: PartKind, text: str = "") -> None:
        self.index = index
        self.kind = kind
        self.chunks = [text] if text else []
        self.annotations: list[JsonObject] = []

    @property
    def text(self) -> str:
        if len(self.chunks) > 1:
            self.chunks = ["".join(self.chunks)]
        return self.chunks[0] if self.chunks else ""

    def snapshot(self) -> Part:
        return Part(self.kind, self.text, tuple(self.annotations))


class _Item:
    def __init__(self, family: Family, item_id: str | None, output_index: int | None) -> None:
        self.family = family
        self.id = item_id
        self.output_index = output_index
        self.type: str = "" if family == "call" else family
        self.implied = True
        self.done = False
        self.parts: list[_Part] = []
        self.arguments: list[str] = []
        self.stage = "in_progress"
        self.raw: JsonObject = {}

    def known(self, kind: PartKind, index: int | None) -> int | None:
        """The place of the part with this index (the newest of its kind where there is no index), if there is one."""
        for place in range(len(self.parts) - 1, -1, -1):
            part = self.parts[place]
            if part.kind == kind and (index is None or part.index == index):
                return place
        return None

    def part(self, kind: PartKind, index: int | None) -> int:
        """The same, made if missing."""
        place = self.known(kind, index)
        if place is None:
            self.parts.append(_Part(index, kind))
            return len(self.parts) - 1
        return place

    def growing(self, kind: PartKind, index: int | None) -> int:
        """Where a delta goes. Some servers count the index up with every delta, so one that was never announced
        belongs to the newest part of its kind."""
        place = self.known(kind, index)
        newest = self.known(kind, None) if place is None else place
        return self.part(kind, index) if newest is None else newest

    def snapshot(self) -> OutputItem:
        return OutputItem(
            type=self.type or "unknown",
            id=self.id,
            parts=tuple(part.snapshot() for part in self.parts),
            arguments="".join(self.arguments),
            stage=self.stage,
            raw=self.raw,
        )


class AnswerFold:
    """One running answer. Feed every event to `apply`, in order; never raises for what a server sends."""

    def __init__(self, conversation_id: str, turn_id: str) -> None:
        self._conversation_id = conversation_id
        self._turn_id = turn_id
        self._items: list[_Item] = []
        self._head = Answer()
        self._sequence: int | None = None

    @property
    def ended(self) -> bool:
        return self._head.status.ended

    @property
    def answer(self) -> Answer:
        """Everything folded so far, as a value."""
        head = replace(self._head, last_sequence=self._sequence)
        if head.response is not None and head.items:
            return head
        return replace(head, items=tuple(item.snapshot() for item in self._items))

    def apply(self, event: Event) -> tuple[Change, ...]:
        """Folds one event. The changes cover items and text; after a ResponseEvent or an ErrorEvent the whole
        turn has changed, which the caller announces. Events after the end change nothing."""
        if event.sequence is not None:
            self._sequence = event.sequence
        if self.ended and not self._explains_error(event):
            return ()
        match event:
            case DeltaEvent():
                return self._grow(event)
            case ResponseEvent():
                self._respond(event)
            case ErrorEvent():
                failure = describe("error", event.error)
                self._head = replace(self._head, status=Status.ERROR, failure=failure)
            case ItemEvent():
                return self._item(event)
            case PartEvent():
                return self._part(event)
            case TextEvent():
                return self._text(event)
            case AnnotationEvent():
                return self._annotate(event)
            case ProgressEvent():
                item = self._find("call", event.item_id, event.output_index)
                item.stage = event.stage
                item.type = item.type or event.type.split(".")[1]
                return self._changed(item)
            case ImageEvent():
                item = self._find("call", event.item_id, event.output_index)
                item.type = item.type or "image_generation_call"
                item.raw = {**item.raw, "result": event.image}
                return self._changed(item)
        return ()

    def _explains_error(self, event: Event) -> bool:
        """Open Responses sends the whole failed response after its error event."""
        return self._head.status is Status.ERROR and isinstance(event, ResponseEvent)

    def _find(self, family: Family, item_id: str | None, output_index: int | None) -> _Item:
        kin = [item for item in self._items if item.family == family]
        for item in reversed(kin):
            if item_id is not None and item.id == item_id:
                return item
        for item in reversed(kin):
            nameless = item_id is None or item.id is None or item.implied
            if nameless and output_index is not None and item.output_index == output_index:
                return item
        if item_id is None and output_index is None and kin and not kin[-1].done:
            return kin[-1]
        item = _Item(family, item_id, output_index)
        self._items.append(item)
        return item

    def _grow(self, event: DeltaEvent) -> tuple[Change, ...]:
        if not event.delta:
            return ()
        channel = event.channel
        if channel in _ARGUMENT_FIELDS:
            item = self._find("call", event.item_id, event.output_index)
            item.arguments.append(event.delta)
            return (self._grew(item, ARGUMENTS, event.delta),)
        kind = _PART_FIELDS.get(channel)
        if kind is None:
            return ()
        known = len(self._items)
        item = self._find(_FAMILY_OF_PART[kind], event.item_id, event.output_index)
        parts = len(item.parts)
        place = item.growing(kind, event.part_index)
        item.parts[place].chunks.append(event.delta)
        if len(self._items) > known or len(item.parts) > parts:
            return self._changed(item)
        return (self._grew(item, place, event.delta),)

    def _respond(self, event: ResponseEvent) -> None:
        response = event.response
        stage = event.type.rpartition(".")[2]
        status = _STATUS.get(stage, Status.IN_PROGRESS)
        if not status.ended:
            self._head = replace(
                self._head,
                status=Status.QUEUED if response.get("status") == "queued" else status,
                response_id=optional_text(response.get("id")) or self._head.response_id,
                model=optional_text(response.get("model")) or self._head.model,
            )
            return
        final = answer_from_response(response, status)
        self._head = replace(
            final,
            response_id=final.response_id or self._head.response_id,
            model=final.model or self._head.model,
            failure=self._head.failure or final.failure,
        )

    def _item(self, event: ItemEvent) -> tuple[Change, ...]:
        kind = text_of(event.item.get("type"))
        family = _FAMILY_OF_TYPE.get(kind, "call")
        item_id = optional_text(event.item.get("id")) or optional_text(event.item.get("call_id"))
        item = self._find(family, item_id, event.output_index)
        item.implied = False
        item.type = kind or item.type
        item.id = item_id or item.id
        item.output_index = event.output_index if event.output_index is not None else item.output_index
        item.done = item.done or event.done
        item.raw = event.item
        item.stage = "completed" if event.done else item.stage
        item.stage = text_of(event.item.get("status")) or item.stage
        arguments = next((event.item[name] for name in _ARGUMENT_FIELDS if event.item.get(name)), None)
        if isinstance(arguments, str):
            item.arguments = [arguments]
        parts = _parts_of(event.item)
        if any(part.text for part in parts):
            item.parts = [_part_from(place, part) for place, part in enumerate(parts)]
        return self._changed(item)

    def _part(self, event: PartEvent) -> tuple[Change, ...]:
        part = _read_part(event.part)
        if part is None:
            return ()
        item = self._find(_FAMILY_OF_PART[part.kind], event.item_id, event.output_index)
        place = item.part(part.kind, event.part_index)
        if part.text:
            item.parts[place].chunks = [part.text]
        if part.annotations:
            item.parts[place].annotations = list(part.annotations)
        return self._changed(item)

    def _text(self, event: TextEvent) -> tuple[Change, ...]:
        if event.channel in _ARGUMENT_FIELDS:
            item = self._find("call", event.item_id, event.output_index)
            item.arguments = [event.text]
            return self._changed(item)
        kind = _PART_FIELDS[event.channel]
        item = self._find(_FAMILY_OF_PART[kind], event.item_id, event.output_index)
        known = item.known(kind, event.part_index)
        if known is None and any(part.kind == kind and part.text.endswith(event.text) for part in item.parts):
            return ()
        place = item.part(kind, event.part_index)
        if item.parts[place].text == event.text:
            return ()
        item.parts[place].chunks = [event.text]
        return self._changed(item)

    def _annotate(self, event: AnnotationEvent) -> tuple[Change, ...]:
        if event.annotation is None:
            return ()
        item = self._find("message", event.item_id, event.output_index)
        item.parts[item.part("output_text", event.part_index)].annotations.append(event.annotation)
        return self._changed(item)

    def _grew(self, item: _Item, part: int, text: str) -> Change:
        return TextGrew(self._conversation_id, self._turn_id, self._items.index(item), part, text)

    def _changed(self, item: _Item) -> tuple[Change, ...]:
        place = self._items.index(item)
        return (ItemChanged(self._conversation_id, self._turn_id, place, item.snapshot()),)


def answer_from_response(response: JsonObject, status: Status | None = None) -> Answer:
    """An answer from a whole response object: one that was fetched, or the end of a stream.

    `status` is what the event that carried it said; without one the object's own status counts.
    """
    stated = _STATUS.get(text_of(response.get("status")), Status.COMPLETED)
    status = status or stated
    reason = optional_text(object_of(response.get("incomplete_details")).get("reason"))
    failure = None
    if status is Status.FAILED:
        failure = describe("failed", parse_error({"error": response.get("error")}))
    elif status is Status.INCOMPLETE:
        failure = describe_incomplete(reason)
    usage = response.get("usage")
    return Answer(
        status=status,
        response_id=optional_text(response.get("id")),
        model=optional_text(response.get("model")),
        items=tuple(_read_item(item) for item in objects_of(response.get("output"))),
        usage=usage if isinstance(usage, dict) else None,
        incomplete_reason=reason,
        failure=failure,
        response=response if status.ended else None,
    )


def _read_item(item: JsonObject) -> OutputItem:
    arguments = next((item[name] for name in _ARGUMENT_FIELDS if isinstance(item.get(name), str)), "")
    return OutputItem(
        type=text_of(item.get("type")) or "unknown",
        id=optional_text(item.get("id")),
        parts=_parts_of(item),
        arguments=arguments,
        stage=text_of(item.get("status")) or "completed",
        raw=item,
    )


def _parts_of(item: JsonObject) -> tuple[Part, ...]:
    if text_of(item.get("type")) not in _FAMILY_OF_TYPE:
        return ()
    content = item.get("content")
    if isinstance(content, str):
        return (Part("output_text", content),)
    parts = [_read_part(part) for part in objects_of(item.get("summary")) + objects_of(content)]
    return tuple(part for part in parts if part is not None)


def _read_part(part: JsonObject) -> Part | None:
    kind = _PART_FIELDS.get(text_of(part.get("type")))
    if kind is None:
        return None
    text = text_of(part.get("refusal")) if kind == "refusal" else text_of(part.get("text"))
    return Part(kind, text, tuple(objects_of(part.get("annotations"))))


def _part_from(index: int, value: Part) -> _Part:
    part = _Part(index, value.kind, value.text)
    part.annotations = list(value.annotations)
    return part
