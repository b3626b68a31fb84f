"""The reducer: folds a stream's events into an answer, and says what changed on screen.

Servers disagree about keys. An item is known by its id, else by its output index, else it is the newest of its
family; ids are looked up within a family because ogx gives a message's id to reasoning that comes before it.
Whatever was streamed, a terminal event's own `output` is the truth, if it has words. `growing` next door holds what
is being written.
"""

import json
from dataclasses import replace

from chatapp.conversation.answer import Answer, Part, PartKind, Status, UnknownEvents
from chatapp.conversation.changes import ARGUMENTS, Change, ItemChanged, TextGrew
from chatapp.conversation.failures import describe, describe_incomplete
from chatapp.conversation.growing import GrowingItem, GrowingPart
from chatapp.conversation.items import (
    FAMILY_OF_PART,
    FAMILY_OF_TYPE,
    Family,
    part_of,
    read_items,
    read_logprobs,
    with_streamed,
)
from chatapp.conversation.results import Sources, annotation_of
from chatapp.protocol.errors import parse_error
from chatapp.protocol.events import (
    AnnotationEvent,
    Channel,
    DeltaEvent,
    ErrorEvent,
    Event,
    ImageEvent,
    ItemEvent,
    PartEvent,
    ProgressEvent,
    ResponseEvent,
    TextEvent,
    UnknownEvent,
)
from chatapp.protocol.json_types import JsonObject, name_of, object_of, objects_of, optional_text, text_of

PARTIAL_IMAGE = "partial_image_b64"
"""Where an image item's `raw` has the newest preview until the image itself is there."""
_KIND_OF_CHANNEL: dict[Channel, PartKind] = {
    "output_text": "output_text",
    "transcript": "output_text",
    "refusal": "refusal",
    "reasoning_text": "reasoning_text",
    "summary_text": "summary_text",
    "command": "command",
    "output": "output",
}
"""Which part a channel writes. Those of a call's arguments are not here, nor is audio, which nothing can show."""
_ARGUMENTS: frozenset[Channel] = frozenset(("arguments", "input", "code"))
_TYPE_OF_EVENT = {
    "function_call_arguments": "function_call",
    "mcp_call_arguments": "mcp_call",
    "custom_tool_call_input": "custom_tool_call",
    "code_interpreter_call_code": "code_interpreter_call",
    "shell_call_command": "shell_call",
    "shell_call_output_content": "shell_call_output",
}
"""The item that an event belongs to, by the middle of its type, where that is not the item's type itself."""
_STATUS = {
    "queued": Status.QUEUED,
    "in_progress": Status.IN_PROGRESS,
    "completed": Status.COMPLETED,
    "incomplete": Status.INCOMPLETE,
    "failed": Status.FAILED,
    "cancelled": Status.STOPPED,
}
_UNKNOWN_TYPES = 16
"""Unknown types of events that are told apart; a server may make up more."""
_UNKNOWN_CHARACTERS = 20_000

Place = tuple[Channel, str | None, int | None, int | None]


class AnswerFold:
    """One running answer. Feed every event to `apply`, in order; never raises for what a server sends."""

    def __init__(self, conversation_id: str, turn_id: str) -> None:
        self._conversation_id = conversation_id
        self._turn_id = turn_id
        self._items: list[GrowingItem] = []
        self._sources = Sources()
        self._head = Answer()
        self._sequence: int | None = None
        self._ended = False
        self._unknown: dict[str, UnknownEvents] = {}
        self._writing: tuple[Place, int, int, GrowingPart] | None = None

    @property
    def ended(self) -> bool:
        return self._ended

    @property
    def answer(self) -> Answer:
        """Everything folded so far, as a value."""
        unknown = tuple(self._unknown.values())
        head = replace(self._head, last_sequence=self._sequence, unknown=unknown)
        if head.response is not None and head.items:
            return head
        return replace(head, items=tuple(item.snapshot() for item in self._items))

    def apply(self, event: Event) -> tuple[Change, ...]:
        """Folds one event. The changes cover items and text; after a ResponseEvent or an ErrorEvent the whole
        turn has changed, which the caller announces. Events after the end change nothing."""
        if event.sequence is not None:
            self._sequence = event.sequence
        if self._ended and not self._explains_error(event):
            return ()
        if (
            isinstance(event, DeltaEvent)
            and self._writing is not None
            and self._writing[0] == _place_of(event)
        ):
            return self._grow(event)
        self._writing = None
        known = len(self._items)
        changes = self._fold(event)
        return self._changed(self._items[known]) if len(self._items) > known else changes

    def _fold(self, event: Event) -> tuple[Change, ...]:
        match event:
            case DeltaEvent():
                return self._begin(event)
            case ResponseEvent():
                self._respond(event)
            case ErrorEvent():
                failure = describe("error" if self._items else "failed", event.error)
                self._head = replace(self._head, status=Status.ERROR, failure=failure)
                self._ended = True
            case ItemEvent():
                return self._item(event)
            case PartEvent():
                return self._part(event)
            case TextEvent():
                return self._text(event)
            case AnnotationEvent():
                return self._annotate(event)
            case ProgressEvent():
                item = self._call(event, event.item_id, event.output_index)
                item.stage = event.stage
                return self._changed(item)
            case ImageEvent():
                item = self._call(event, event.item_id, event.output_index)
                item.raw = {**item.raw, PARTIAL_IMAGE: event.image}
                return self._changed(item)
            case UnknownEvent():
                self._count(event)
        return ()

    def _explains_error(self, event: Event) -> bool:
        """Open Responses sends the whole failed response after its error event. No other event mends an error."""
        return self._head.status is Status.ERROR and event.type == "response.failed"

    def _find(
        self, family: Family, item_id: str | None, output_index: int | None, announced: bool = False
    ) -> GrowingItem:
        """The item that an event is about, made if missing. One that is `announced` is new unless it was implied."""
        kin = [item for item in self._items if item.family == family]
        for item in reversed(kin):
            if item_id is not None and item.id == item_id:
                return item
        for item in reversed(kin):
            # One item's events may differ in its id; two items at one place must both have been announced.
            other = item_id is not None and item.id is not None and not item.implied
            here = output_index is not None and item.output_index == output_index
            if here and not (other and (announced or item.done)):
                return item
        if item_id is None and output_index is None and kin and not kin[-1].done:
            return kin[-1]
        item = GrowingItem(family, item_id, output_index, self._sources)
        self._items.append(item)
        return item

    def _call(self, event: Event, item_id: str | None, output_index: int | None) -> GrowingItem:
        """The call that an event is about, with the type that the event's own type implies."""
        item = self._find("call", item_id, output_index)
        if not item.type:
            middle = event.type.split(".")[1]
            item.type = _TYPE_OF_EVENT.get(middle, middle)
        return item

    def _grow(self, event: DeltaEvent) -> tuple[Change, ...]:
        """Growth where the last event grew."""
        assert self._writing is not None
        _, item, at, part = self._writing
        if logprobs := event.raw.get("logprobs"):
            part.logprobs += read_logprobs(logprobs)
        grown = part.grow(event.delta)
        if grown is None:
            return self._changed(self._items[item])
        return (TextGrew(self._conversation_id, self._turn_id, item, at, grown),) if grown else ()

    def _begin(self, event: DeltaEvent) -> tuple[Change, ...]:
        """Growth at another place: finds the part, or makes it."""
        if not event.delta:
            return ()
        if event.channel in _ARGUMENTS:
            call = self._call(event, event.item_id, event.output_index)
            call.arguments.feed(event.delta)
            at = self._items.index(call)
            return (TextGrew(self._conversation_id, self._turn_id, at, ARGUMENTS, event.delta),)
        kind = _KIND_OF_CHANNEL.get(event.channel)
        if kind is None:
            return ()
        item = self._holder(kind, event)
        parts = len(item.parts)
        at = item.growing(kind, event.part_index)
        self._writing = (_place_of(event), self._items.index(item), at, item.parts[at])
        changes = self._grow(event)
        return self._changed(item) if len(item.parts) > parts else changes

    def _holder(self, kind: PartKind, event: DeltaEvent | TextEvent) -> GrowingItem:
        family = FAMILY_OF_PART[kind]
        if family == "call":
            return self._call(event, event.item_id, event.output_index)
        return self._find(family, event.item_id, event.output_index)

    def _respond(self, event: ResponseEvent) -> None:
        response = event.response
        stage = event.type.rpartition(".")[2]
        status = _STATUS.get(stage, Status.IN_PROGRESS)
        if not status.ended:
            self._head = replace(
                self._head,
                status=Status.QUEUED if response.get("status") == "queued" else status,
                response_id=optional_text(response.get("id")) or self._head.response_id,
                model=name_of(response.get("model")) or self._head.model,
            )
            return
        final = answer_from_response(response, status)
        self._ended = True
        self._head = replace(
            final,
            items=with_streamed(final.items, [item.snapshot() for item in self._items]),
            response_id=final.response_id or self._head.response_id,
            model=final.model or self._head.model,
            failure=self._head.failure or final.failure,
        )

    def _item(self, event: ItemEvent) -> tuple[Change, ...]:
        if not event.item:
            return ()
        kind = text_of(event.item.get("type"))
        item_id = optional_text(event.item.get("id")) or optional_text(event.item.get("call_id"))
        family = FAMILY_OF_TYPE.get(kind, "call")
        item = self._find(family, item_id, event.output_index, announced=not event.done)
        item.id = item_id or item.id
        item.output_index = event.output_index if event.output_index is not None else item.output_index
        item.take(event.item, event.done)
        return self._changed(item)

    def _part(self, event: PartEvent) -> tuple[Change, ...]:
        part = part_of(event.part)
        if part is None:
            return ()
        item = self._find(FAMILY_OF_PART[part.kind], event.item_id, event.output_index)
        known = len(item.parts)
        changed = item.parts[item.part(part.kind, event.part_index)].take(part)
        return self._changed(item) if changed or len(item.parts) > known else ()

    def _text(self, event: TextEvent) -> tuple[Change, ...]:
        if event.channel in _ARGUMENTS:
            call = self._call(event, event.item_id, event.output_index)
            call.set_arguments(event.text)
            return self._changed(call)
        kind = _KIND_OF_CHANNEL[event.channel]
        item = self._holder(kind, event)
        whole = Part(kind, event.text, (), read_logprobs(event.raw.get("logprobs")))
        if item.known(kind, event.part_index) is None and item.repeats(whole):
            return ()
        known = len(item.parts)
        changed = item.parts[item.part(kind, event.part_index)].take(whole)
        return self._changed(item) if changed or len(item.parts) > known else ()

    def _annotate(self, event: AnnotationEvent) -> tuple[Change, ...]:
        if event.annotation is None:
            return ()
        item = self._find("message", event.item_id, event.output_index)
        known = len(item.parts)
        new = item.parts[item.part("output_text", event.part_index)].note(annotation_of(event.annotation))
        return self._changed(item) if new or len(item.parts) > known else ()

    def _count(self, event: UnknownEvent) -> None:
        known = self._unknown.get(event.type)
        if known is not None:
            self._unknown[event.type] = replace(known, count=known.count + 1)
        elif len(self._unknown) < _UNKNOWN_TYPES:
            small = len(json.dumps(event.raw)) <= _UNKNOWN_CHARACTERS
            self._unknown[event.type] = UnknownEvents(event.type, 1, event.raw if small else {})

    def _changed(self, item: GrowingItem) -> tuple[Change, ...]:
        place = self._items.index(item)
        return (ItemChanged(self._conversation_id, self._turn_id, place, item.snapshot()),)


def _place_of(event: DeltaEvent) -> Place:
    return event.channel, event.item_id, event.output_index, event.part_index


def answer_from_response(response: JsonObject, status: Status | None = None) -> Answer:
    """An answer from a whole response object: one that was fetched, or the end of a stream.

    `status` is what the event that carried it said; without one the object's own status counts, and it also counts
    where an object that failed, or is incomplete, comes in an event that says completed. Neither is believed where
    the object holds an error, or the reason why it is incomplete.
    """
    stated = _STATUS.get(text_of(response.get("status")), Status.COMPLETED)
    if status is None or (status is Status.COMPLETED and stated.ended):
        status = stated
    reason = optional_text(object_of(response.get("incomplete_details")).get("reason"))
    if status is Status.COMPLETED and (response.get("error") or reason):
        status = Status.FAILED if response.get("error") else Status.INCOMPLETE
    failure = None
    if status is Status.FAILED:
        failure = describe("failed", parse_error({"error": response.get("error")}))
    elif status is Status.INCOMPLETE:
        failure = describe_incomplete(reason)
    usage = response.get("usage")
    return Answer(
        status=status,
        response_id=optional_text(response.get("id")),
        model=name_of(response.get("model")) or None,
        items=read_items(objects_of(response.get("output"))),
        usage=usage if isinstance(usage, dict) else None,
        incomplete_reason=reason,
        failure=failure,
        response=response if status.ended else None,
    )
