"""Values to rows and back, losslessly. The shapes here are what profiles on disk hold.

A change to them comes with a migration, even one without statements, so that older programs refuse what they cannot
read; what older programs wrote stays readable.

Requests and responses are stored word for word. An item of an answer that repeats its part of the response is
stored as a reference to it, so that the text of a completed answer is on disk once.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Protocol

from chatapp.conversation.answer import Answer, Logprob, OutputItem, Part, PartKind, Status, UnknownEvents
from chatapp.conversation.costs import cost_json, read_cost
from chatapp.conversation.failures import Failure, Remedy
from chatapp.conversation.inputs import Enclosure
from chatapp.conversation.items import read_logprobs
from chatapp.conversation.tree import Attachment, Conversation, Turn
from chatapp.protocol.json_types import Json, JsonObject, objects_of, text_of


class Row(Protocol):
    """A row that knows its columns by name: `sqlite3.Row`, or a dict in tests."""

    def __getitem__(self, name: str, /) -> Any: ...


Column = str | bytes | int | float | None

_PARTS: tuple[tuple[str, tuple[PartKind, ...]], ...] = (
    ("summary", ("summary_text",)),
    ("content", ("output_text", "refusal", "reasoning_text")),
)
"""Where an item on the wire keeps its texts, in the order in which an OutputItem has them."""


def dump(value: object) -> str:
    """JSON with the characters themselves; escaped only where there are some that UTF-8 cannot hold."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if _encodable(text) else json.dumps(value, separators=(",", ":"))


def to_text(text: str | None) -> Column:
    """Text for a column; as bytes where it holds half of a surrogate pair, which UTF-8 cannot."""
    return text if text is None or _encodable(text) else text.encode("utf-8", "surrogatepass")


def from_text(value: Any) -> Any:
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def conversation_row(conversation: Conversation) -> dict[str, Column]:
    return {
        "id": to_text(conversation.id),
        "title": to_text(conversation.title),
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
        "automatic_title": conversation.automatic_title,
        "pinned": conversation.pinned,
        "server": to_text(conversation.server),
        "parameters": dump(conversation.parameters),
        "current_turn_id": to_text(conversation.current_turn_id),
        "draft": to_text(conversation.draft),
        "enclosures": dump_enclosures(conversation.enclosures),
        "deleted_at": conversation.deleted_at,
        "favourites": dump(conversation.favourites),
    }


def conversation_of(row: Row) -> Conversation:
    return Conversation(
        id=from_text(row["id"]),
        title=from_text(row["title"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        automatic_title=bool(row["automatic_title"]),
        pinned=bool(row["pinned"]),
        server=from_text(row["server"]),
        parameters=json.loads(row["parameters"]),
        current_turn_id=from_text(row["current_turn_id"]),
        draft=from_text(row["draft"]),
        enclosures=tuple(Enclosure(**value) for value in json.loads(row["enclosures"])),
        deleted_at=row["deleted_at"],
        favourites=tuple(json.loads(row["favourites"])),
    )


def dump_enclosures(enclosures: Iterable[Enclosure]) -> str:
    return dump([asdict(enclosure) for enclosure in enclosures])


def turn_row(turn: Turn) -> dict[str, Column]:
    answer = turn.answer
    return {
        "id": to_text(turn.id),
        "conversation_id": to_text(turn.conversation_id),
        "parent_id": to_text(turn.parent_id),
        "created_at": turn.created_at,
        "server": to_text(turn.server),
        "text": to_text(turn.text),
        "input": dump(turn.input),
        "request": dump(turn.request),
        "attachments": dump([asdict(attachment) for attachment in turn.attachments]),
        "note": to_text(turn.note),
        "first_token_at": turn.first_token_at,
        "finished_at": turn.finished_at,
        "cost": None if turn.cost is None else dump(cost_json(turn.cost)),
        "status": answer.status.value,
        "response_id": to_text(answer.response_id),
        "answer": dump(_answer_json(answer)),
        "response": None if answer.response is None else dump(answer.response),
    }


def turn_of(row: Row) -> Turn:
    return Turn(
        id=from_text(row["id"]),
        conversation_id=from_text(row["conversation_id"]),
        parent_id=from_text(row["parent_id"]),
        created_at=row["created_at"],
        server=from_text(row["server"]),
        text=from_text(row["text"]),
        input=tuple(json.loads(row["input"])),
        request=json.loads(row["request"]),
        answer=_answer_of(row),
        attachments=tuple(Attachment(**value) for value in json.loads(row["attachments"])),
        first_token_at=row["first_token_at"],
        finished_at=row["finished_at"],
        note=from_text(row["note"]),
        cost=None if row["cost"] is None else read_cost(json.loads(row["cost"])),
    )


def _answer_json(answer: Answer) -> JsonObject:
    """All of an answer but its status, response id and response, which have columns of their own."""
    output = _output_of(answer.response)
    return {
        "model": answer.model,
        "items": [
            _item_json(item, output[at] if at < len(output) else None) for at, item in enumerate(answer.items)
        ],
        "usage": answer.usage,
        "incomplete_reason": answer.incomplete_reason,
        "failure": None if answer.failure is None else _failure_json(answer.failure),
        "last_sequence": answer.last_sequence,
        "unknown": [[events.type, events.count, events.first] for events in answer.unknown],
    }


def _answer_of(row: Row) -> Answer:
    response = None if row["response"] is None else json.loads(row["response"])
    output = _output_of(response)
    value = json.loads(row["answer"])
    items = (
        _item_of(item, output[at] if at < len(output) else None) for at, item in enumerate(value["items"])
    )
    return Answer(
        status=Status(row["status"]),
        response_id=from_text(row["response_id"]),
        model=value["model"],
        items=tuple(items),
        usage=value["usage"],
        incomplete_reason=value["incomplete_reason"],
        failure=None if value["failure"] is None else _failure_of(value["failure"]),
        response=response,
        last_sequence=value["last_sequence"],
        unknown=tuple(UnknownEvents(*events) for events in value.get("unknown", ())),
    )


def _output_of(response: JsonObject | None) -> list[Json]:
    output = (response or {}).get("output")
    return output if isinstance(output, list) else []


def _item_json(item: OutputItem, twin: Json) -> JsonObject:
    """`twin` is what stands at the item's place in the response. No "raw" means: the twin; no "parts": raw's."""
    value: JsonObject = {"type": item.type, "id": item.id, "arguments": item.arguments, "stage": item.stage}
    if not (isinstance(twin, dict) and dump(twin) == dump(item.raw)):
        value["raw"] = item.raw
    if not _same_parts(_parts_in(item.raw), item.parts):
        value["parts"] = [_part_json(part) for part in item.parts]
    return value


def _item_of(value: JsonObject, twin: Json) -> OutputItem:
    value = {"raw": twin, **value}
    raw = value["raw"]
    parts = tuple(_part_of(part) for part in value["parts"]) if "parts" in value else _parts_in(raw)
    return OutputItem(
        type=value["type"],
        id=value["id"],
        parts=parts,
        arguments=value["arguments"],
        stage=value["stage"],
        raw=raw,
    )


def _parts_in(raw: JsonObject) -> tuple[Part, ...]:
    """The texts of an item as the wire has them. Any reading of odd objects would do, as long as it never changes."""
    return tuple(
        Part(
            entry["type"],
            text_of(entry.get(_text_field(entry))),
            tuple(objects_of(entry.get("annotations"))),
            read_logprobs(entry.get("logprobs")),
        )
        for name, kinds in _PARTS
        for entry in objects_of(raw.get(name))
        if entry.get("type") in kinds
    )


def _text_field(entry: JsonObject) -> str:
    return "refusal" if entry["type"] == "refusal" else "text"


def _same_parts(one: tuple[Part, ...], two: tuple[Part, ...]) -> bool:
    """Compared as JSON, because 1, 1.0 and True are equal in Python and must not replace each other."""
    return dump([_part_json(part) for part in one]) == dump([_part_json(part) for part in two])


def _part_json(part: Part) -> JsonObject:
    value = {"kind": part.kind, "text": part.text, "annotations": part.annotations}
    return value | {"logprobs": list(map(_logprob_json, part.logprobs))} if part.logprobs else value


def _part_of(value: JsonObject) -> Part:
    logprobs = tuple(map(_logprob_of, value.get("logprobs", ())))
    return Part(value["kind"], value["text"], tuple(value["annotations"]), logprobs)


def _logprob_json(entry: Logprob) -> list[Json]:
    return [entry.token, entry.logprob, *map(_logprob_json, entry.top)]


def _logprob_of(value: list[Json]) -> Logprob:
    token, probability, *top = value
    return Logprob(token, probability, tuple(map(_logprob_of, top)))


def _failure_json(failure: Failure) -> JsonObject:
    return {
        "kind": failure.kind,
        "title": failure.title,
        "text": failure.text,
        "details": failure.details,
        "remedies": list(failure.remedies),
        "retry_after": failure.retry_after,
    }


def _failure_of(value: JsonObject) -> Failure:
    return Failure(
        kind=value["kind"],
        title=value["title"],
        text=value["text"],
        details=value["details"],
        remedies=tuple(Remedy(remedy) for remedy in value["remedies"]),
        retry_after=value["retry_after"],
    )


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
