"""Stream events: every documented type lands in one of a few shapes; an unknown one is kept whole.

Servers leave out fields (llama-server sends no indices, ogx no `event:` line), so every field but the type
may be missing, and a value of the wrong type counts as missing. Source of the table: the official SDK's
`ResponseStreamEvent` union plus the names that ogx, vLLM and Open Responses use instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from chatapp.protocol.errors import ApiError, parse_error
from chatapp.protocol.json_types import JsonObject, index_of, object_of, objects_of, optional_text, text_of

Channel = Literal[
    "output_text",
    "refusal",
    "reasoning_text",
    "summary_text",
    "arguments",
    "input",
    "code",
    "command",
    "output",
    "audio",
    "transcript",
]
"""Where streamed text belongs: a content part, a reasoning summary, a field of a call, what a shell runs or prints."""


@dataclass(frozen=True, slots=True)
class Event:
    """`sequence` is the server's number, None where it sends none; `raw` the payload as it came.

    An Event of no other class is of a known type that carries nothing to fold.
    """

    type: str
    sequence: int | None
    raw: JsonObject


@dataclass(frozen=True, slots=True)
class ResponseEvent(Event):
    """A stage of the response's life; `response` is the server's whole object at that moment."""

    response: JsonObject


@dataclass(frozen=True, slots=True)
class ItemEvent(Event):
    """An output item appeared or is done."""

    output_index: int | None
    item: JsonObject
    done: bool


@dataclass(frozen=True, slots=True)
class PartEvent(Event):
    """A content part or a summary part appeared or is done."""

    item_id: str | None
    output_index: int | None
    part_index: int | None
    part: JsonObject
    done: bool


@dataclass(frozen=True, slots=True)
class DeltaEvent(Event):
    """Text to append."""

    channel: Channel
    item_id: str | None
    output_index: int | None
    part_index: int | None
    delta: str


@dataclass(frozen=True, slots=True)
class TextEvent(Event):
    """The whole text of a channel, sent when it is done."""

    channel: Channel
    item_id: str | None
    output_index: int | None
    part_index: int | None
    text: str


@dataclass(frozen=True, slots=True)
class AnnotationEvent(Event):
    """An annotation of a text part; `annotation` is None where the server sends null."""

    item_id: str | None
    output_index: int | None
    part_index: int | None
    annotation_index: int | None
    annotation: JsonObject | None


@dataclass(frozen=True, slots=True)
class ProgressEvent(Event):
    """A call moved on; `stage` is the last word of the type: searching, interpreting, completed…"""

    item_id: str | None
    output_index: int | None
    stage: str


@dataclass(frozen=True, slots=True)
class ImageEvent(Event):
    """A preview of an image being made, base64."""

    item_id: str | None
    output_index: int | None
    image: str


@dataclass(frozen=True, slots=True)
class ErrorEvent(Event):
    """The stream failed; flat and nested forms read alike."""

    error: ApiError


@dataclass(frozen=True, slots=True)
class UnknownEvent(Event):
    """A type this version does not know."""


def parse_event(raw: JsonObject, name: str = "") -> Event:
    """One event from its JSON; `name` is the SSE `event:` line, used only where the payload has no type.

    Never raises: what cannot be read is an UnknownEvent.
    """
    kind = optional_text(raw.get("type")) or name
    sequence = index_of(raw.get("sequence_number"))
    build = _BUILDERS.get(kind)
    if build is None and (raw.get("object") == "error" or (not kind and "error" in raw)):
        kind, build = kind or "error", _error
    return build(kind, sequence, raw) if build else UnknownEvent(kind, sequence, raw)


def printed(output: JsonObject) -> str:
    """What a command wrote, as the shell tool reports it."""
    return text_of(output.get("stdout")) + text_of(output.get("stderr"))


Builder = Callable[[str, int | None, JsonObject], Event]


def _place(raw: JsonObject) -> tuple[str | None, int | None]:
    return optional_text(raw.get("item_id")), index_of(raw.get("output_index"))


def _part_index(raw: JsonObject) -> int | None:
    index = index_of(raw.get("content_index"))
    if index is None:
        index = index_of(raw.get("summary_index"))
    return index_of(raw.get("command_index")) if index is None else index


def _response(kind: str, sequence: int | None, raw: JsonObject) -> Event:
    return ResponseEvent(kind, sequence, raw, object_of(raw.get("response")))


def _item(done: bool) -> Builder:
    def build(kind: str, sequence: int | None, raw: JsonObject) -> Event:
        return ItemEvent(
            kind, sequence, raw, index_of(raw.get("output_index")), object_of(raw.get("item")), done
        )

    return build


def _part(done: bool) -> Builder:
    def build(kind: str, sequence: int | None, raw: JsonObject) -> Event:
        return PartEvent(
            kind, sequence, raw, *_place(raw), _part_index(raw), object_of(raw.get("part")), done
        )

    return build


def _delta(channel: Channel) -> Builder:
    def build(kind: str, sequence: int | None, raw: JsonObject) -> Event:
        item_id, output_index = _place(raw)
        delta = raw.get("delta")
        text = delta if isinstance(delta, str) else ""
        return DeltaEvent(kind, sequence, raw, channel, item_id, output_index, _part_index(raw), text)

    return build


def _text(channel: Channel, field: str) -> Builder:
    def build(kind: str, sequence: int | None, raw: JsonObject) -> Event:
        if not isinstance(raw.get(field), str):
            return UnknownEvent(kind, sequence, raw)
        return TextEvent(kind, sequence, raw, channel, *_place(raw), _part_index(raw), raw[field])

    return build


def _printed(kind: str, sequence: int | None, raw: JsonObject) -> Event:
    """Some more of what a command wrote, on either of its channels."""
    text = printed(object_of(raw.get("delta")))
    return DeltaEvent(kind, sequence, raw, "output", *_place(raw), _part_index(raw), text)


def _all_printed(kind: str, sequence: int | None, raw: JsonObject) -> Event:
    """All that a command wrote, in the pieces in which it came."""
    text = "".join(map(printed, objects_of(raw.get("output"))))
    return TextEvent(kind, sequence, raw, "output", *_place(raw), _part_index(raw), text)


def _annotation(kind: str, sequence: int | None, raw: JsonObject) -> Event:
    annotation = raw.get("annotation")
    return AnnotationEvent(
        kind,
        sequence,
        raw,
        *_place(raw),
        _part_index(raw),
        index_of(raw.get("annotation_index")),
        annotation if isinstance(annotation, dict) else None,
    )


def _progress(kind: str, sequence: int | None, raw: JsonObject) -> Event:
    return ProgressEvent(kind, sequence, raw, *_place(raw), kind.rpartition(".")[2])


def _image(kind: str, sequence: int | None, raw: JsonObject) -> Event:
    return ImageEvent(kind, sequence, raw, *_place(raw), text_of(raw.get("partial_image_b64")))


def _error(kind: str, sequence: int | None, raw: JsonObject) -> Event:
    return ErrorEvent(kind, sequence, raw, parse_error(raw))


RESPONSE_STAGES = ("created", "queued", "in_progress", "completed", "failed", "incomplete", "cancelled")
_PROGRESS = {
    "file_search_call": ("in_progress", "searching", "completed", "failed"),
    "web_search_call": ("in_progress", "searching", "completed", "failed"),
    "code_interpreter_call": ("in_progress", "interpreting", "completed", "failed"),
    "image_generation_call": ("in_progress", "generating", "completed", "failed"),
    "mcp_call": ("in_progress", "completed", "failed"),
    "mcp_list_tools": ("in_progress", "completed", "failed"),
    "compaction": ("compacting", "completed"),
}
_DELTAS: dict[str, Channel] = {
    "output_text.delta": "output_text",
    "refusal.delta": "refusal",
    "reasoning_text.delta": "reasoning_text",
    "reasoning.delta": "reasoning_text",
    "reasoning_summary_text.delta": "summary_text",
    "function_call_arguments.delta": "arguments",
    "mcp_call_arguments.delta": "arguments",
    "mcp_call.arguments.delta": "arguments",
    "custom_tool_call_input.delta": "input",
    "code_interpreter_call_code.delta": "code",
    "shell_call_command.delta": "command",
    "audio.delta": "audio",
    "audio.transcript.delta": "transcript",
}
_TEXTS: dict[str, tuple[Channel, str]] = {
    "output_text.done": ("output_text", "text"),
    "refusal.done": ("refusal", "refusal"),
    "reasoning_text.done": ("reasoning_text", "text"),
    "reasoning.done": ("reasoning_text", "text"),
    "reasoning_summary_text.done": ("summary_text", "text"),
    "function_call_arguments.done": ("arguments", "arguments"),
    "mcp_call_arguments.done": ("arguments", "arguments"),
    "mcp_call.arguments.done": ("arguments", "arguments"),
    "custom_tool_call_input.done": ("input", "input"),
    "code_interpreter_call_code.done": ("code", "code"),
    "shell_call_command.added": ("command", "command"),
    "shell_call_command.done": ("command", "command"),
}
NOTHING_TO_FOLD = ("response.audio.done", "response.audio.transcript.done", "keepalive", "ping")
"""They say that something is over, or that the line is open."""
_BUILDERS: dict[str, Builder] = {
    **dict.fromkeys(NOTHING_TO_FOLD, Event),
    "error": _error,
    "response.error": _error,
    **{f"response.{stage}": _response for stage in RESPONSE_STAGES},
    **{f"response.{call}.{stage}": _progress for call, stages in _PROGRESS.items() for stage in stages},
    **{f"response.{name}": _delta(channel) for name, channel in _DELTAS.items()},
    **{f"response.{name}": _text(channel, field) for name, (channel, field) in _TEXTS.items()},
    "response.output_item.added": _item(False),
    "response.output_item.done": _item(True),
    "response.content_part.added": _part(False),
    "response.content_part.done": _part(True),
    "response.reasoning_part.added": _part(False),
    "response.reasoning_part.done": _part(True),
    "response.reasoning_summary_part.added": _part(False),
    "response.reasoning_summary_part.done": _part(True),
    "response.shell_call_output_content.delta": _printed,
    "response.shell_call_output_content.done": _all_printed,
    "response.output_text.annotation.added": _annotation,
    "response.image_generation_call.partial_image": _image,
}
KNOWN_TYPES = frozenset(_BUILDERS)
