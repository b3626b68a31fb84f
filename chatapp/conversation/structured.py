"""Answers that were to be JSON: what format a turn asked for, what its answer holds, and whether that fits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chatapp.conversation.answer import Answer, Part, Status
from chatapp.conversation.json_text import JsonFault, read_json
from chatapp.protocol.json_types import Json, JsonObject, object_of
from chatapp.protocol.schemas import Uncheckable, costly_patterns, mismatch

STRUCTURED: Final = ("json_object", "json_schema")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of an answer, in a sentence. `fits` is None where nobody can tell."""

    fits: bool | None
    words: str


def asked_format(request: JsonObject) -> JsonObject | None:
    """The format a request asked for, where that is JSON."""
    wanted = object_of(object_of(request.get("text")).get("format"))
    return wanted if wanted.get("type") in STRUCTURED else None


def answered_text(answer: Answer) -> str | None:
    """The text that is the answer: of several the last, of what comes before it the model only tells."""
    parts: Sequence[Part] = [
        part for item in answer.items if item.type == "message" for part in item.parts if part.text
    ]
    return parts[-1].text if parts and parts[-1].kind == "output_text" else None


def answered_json(text: str) -> Json:
    """The object, list or other value that a text is. Raises JsonFault."""
    return read_json(text)


def verdict_on(request: JsonObject, answer: Answer) -> Verdict | None:
    """Whether a completed answer is what was asked for; None where nothing of the kind was, or it is not complete.

    Takes as long as the schema makes it: not for the thread of the window.
    """
    wanted, text = asked_format(request), answered_text(answer)
    if wanted is None or text is None or answer.status is not Status.COMPLETED:
        return None
    try:
        value = answered_json(text)
    except JsonFault as fault:
        return not_json(fault)
    if wanted.get("type") == "json_object":
        return None if isinstance(value, dict) else Verdict(False, "The answer is JSON, but no object.")
    return _against(object_of(wanted.get("schema")), value)


def not_json(fault: JsonFault) -> Verdict:
    return Verdict(False, f"The answer is not JSON: line {fault.line}: {fault.words}.")


def _against(schema: JsonObject, value: Json) -> Verdict:
    try:
        differs = mismatch(schema, value)
    except Uncheckable as problem:
        return Verdict(None, f"Not checked: the schema cannot be applied, {problem}.")
    if differs is None:
        left_out = costly_patterns(schema)
        apart = (
            f", apart from its pattern {left_out[0]}, which could take for ever to check" if left_out else ""
        )
        return Verdict(True, f"Matches the schema{apart}.")
    return Verdict(False, f"Does not match the schema: {differs}.")
