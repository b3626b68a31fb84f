"""Output items and their parts as values: the wire's objects, read leniently. `turn` folds a stream of them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from chatapp.conversation.answer import Logprob, OutputItem, Part, PartKind
from chatapp.conversation.leaks import CleanText, annotations
from chatapp.conversation.results import Sources, annotation_of
from chatapp.protocol.events import printed
from chatapp.protocol.json_types import Json, JsonObject, object_of, objects_of, optional_text, text_of

Family = Literal["message", "reasoning", "call"]

FAMILY_OF_TYPE: dict[str, Family] = {"message": "message", "reasoning": "reasoning"}
"""Every other type is a call, or what came of one."""
FAMILY_OF_PART: dict[PartKind, Family] = {
    "output_text": "message",
    "refusal": "message",
    "reasoning_text": "reasoning",
    "summary_text": "reasoning",
    "command": "call",
    "output": "call",
}
_ENDLESS = 1e300
"""JSON knows larger numbers than a float, and some servers write -Infinity."""
ARGUMENT_FIELDS = ("arguments", "input", "code")
_PARTS: dict[str, tuple[PartKind, str]] = {
    "output_text": ("output_text", "text"),
    "text": ("output_text", "text"),
    "output_audio": ("output_text", "transcript"),
    "refusal": ("refusal", "refusal"),
    "reasoning_text": ("reasoning_text", "text"),
    "summary_text": ("summary_text", "text"),
}
"""The kind of a part, and where its text stands, by the wire's type."""


def read_items(items: Sequence[JsonObject]) -> tuple[OutputItem, ...]:
    """The items of a whole response. What one of them found helps to read the text of another."""
    sources = Sources(items)
    found = [(item, parts_of(item)) for item in items]
    for _, parts in found:
        sources.name(*(note for part in parts for note in part.annotations))
    return tuple(_read_item(item, parts, sources) for item, parts in found)


def _read_item(item: JsonObject, parts: Sequence[Part], sources: Sources) -> OutputItem:
    return OutputItem(
        type=text_of(item.get("type")) or "unknown",
        id=optional_text(item.get("id")),
        parts=tuple(cleaned(part, sources) for part in parts),
        arguments=arguments_of(item) or "",
        stage=text_of(item.get("status")) or "completed",
        raw=item,
    )


def arguments_of(item: JsonObject) -> str | None:
    """The input of a call, None where there is none yet. Some servers write arguments as an object."""
    value = next((item[name] for name in ARGUMENT_FIELDS if item.get(name)), None)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return optional_text(value)


def parts_of(item: JsonObject) -> tuple[Part, ...]:
    """The texts of an item as they came: of a message, of reasoning, of a shell's commands, or of what they printed."""
    match item.get("type"):
        case "message" | "reasoning":
            content = item.get("content")
            if isinstance(content, str):
                return (Part("output_text", content),)
            entries = objects_of(item.get("summary")) + objects_of(content)
            return tuple(part for entry in entries if (part := part_of(entry)) is not None)
        case "shell_call":
            commands = _list(object_of(item.get("action")).get("commands"))
            return tuple(Part("command", text_of(command)) for command in commands)
        case "shell_call_output":
            return tuple(Part("output", printed(output)) for output in objects_of(item.get("output")))
    return ()


def part_of(entry: JsonObject) -> Part | None:
    """One content or summary part as it came; None for a type that has no text."""
    known = _PARTS.get(text_of(entry.get("type")))
    if known is None:
        return None
    kind, field = known
    notes = tuple(map(annotation_of, objects_of(entry.get("annotations"))))
    return Part(kind, text_of(entry.get(field)), notes, read_logprobs(entry.get("logprobs")))


def cleaned(part: Part, sources: Sources) -> Part:
    """The part without the citation markers that leaked into it."""
    if part.kind != "output_text":
        return part
    clean = CleanText(sources, part.text)
    if not clean.cuts:
        return part
    return replace(part, text=clean.text, annotations=annotations(part.annotations, clean.cuts, sources))


def with_streamed(items: Sequence[OutputItem], streamed: Sequence[OutputItem]) -> tuple[OutputItem, ...]:
    """Items of a whole response, with what only the stream had: annotations and probabilities of the same texts, and
    the words themselves, where there are none at all in the messages of the response."""
    parts = [part for item in streamed for part in item.parts]
    known = {(part.kind, part.text): part for part in parts if part.annotations or part.logprobs}
    whole = [
        replace(
            item, parts=tuple(_with(part, known.get((part.kind, part.text), part)) for part in item.parts)
        )
        for item in items
    ]
    spoken = [item for item in streamed if _says_something(item)]
    if not items or not spoken or any(map(_says_something, whole)):
        return tuple(whole)
    return (*(item for item in whole if item.type != "message"), *spoken)


def _says_something(item: OutputItem) -> bool:
    return item.type == "message" and any(part.text for part in item.parts)


def _with(part: Part, streamed: Part) -> Part:
    return replace(
        part,
        annotations=part.annotations or streamed.annotations,
        logprobs=part.logprobs or streamed.logprobs,
    )


def read_logprobs(value: Json) -> tuple[Logprob, ...]:
    """Tokens with their probabilities and alternatives; entries without a token or a number are left out."""
    return tuple(
        Logprob(entry["token"], float(entry["logprob"]), read_logprobs(entry.get("top_logprobs")))
        for entry in objects_of(value)
        if isinstance(entry.get("token"), str) and _is_number(entry.get("logprob"))
    )


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _ENDLESS


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
