"""Earlier turns as input items, for a server that does not hold them.

Nothing is sent under an id that the server gave it, but reasoning: servers disagree whether that must have its id or
must not. Searches stay out: their substance is in the text, and most servers refuse them.
"""

from collections.abc import Sequence
from enum import StrEnum

from chatapp.conversation.answer import OutputItem
from chatapp.conversation.calls import answered_calls, answers_in
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import JsonObject, objects_of, text_of


class Replay(StrEnum):
    """How reasoning goes along: under its id, without it, or not at all; and last nothing but what was said."""

    WITH_IDS = "with_ids"
    WITHOUT_IDS = "without_ids"
    WITHOUT_REASONING = "without_reasoning"
    WORDS = "words"


_CALLS = {
    "function_call": ("type", "call_id", "name", "namespace", "arguments"),
    "function_call_output": ("type", "call_id", "output"),
    "custom_tool_call": ("type", "call_id", "name", "input"),
    "custom_tool_call_output": ("type", "call_id", "output"),
    "mcp_approval_request": ("type", "id", "server_label", "name", "arguments"),
}
"""The fields of a call that are sent again."""


def replayed(
    turns: Sequence[Turn], new_input: Sequence[JsonObject], server: str, replay: Replay = Replay.WITH_IDS
) -> list[JsonObject]:
    """The items of `turns`, then the new ones. Every call among them has its answer, every reasoning what it led to."""
    items: list[JsonObject] = []
    for turn in turns:
        items += _input(turn, replay)
        items += _output(turn, replay, sealed=turn.server == server)
    kept = answered_calls([*items, *new_input])
    return [
        item for place, item in enumerate(kept) if not _is_reasoning(item) or _leads_on(kept[place + 1 :])
    ]


def in_plain_words(items: Sequence[JsonObject]) -> list[JsonObject]:
    """The same with the model's messages as bare text. Some servers take a message with parts for one of their own
    and want its id and status (vLLM, OpenRouter), some know no `output_text` at all."""
    return [_plain(item) if item.get("role") == "assistant" else item for item in items]


def _plain(item: JsonObject) -> JsonObject:
    parts = objects_of(item.get("content"))
    words = "".join(text_of(part.get("text")) or text_of(part.get("refusal")) for part in parts)
    return {**item, "content": words} if parts else item


def _input(turn: Turn, replay: Replay) -> list[JsonObject]:
    results = answers_in(turn.input) if replay is Replay.WORDS else ()
    kept = (item for item in turn.input if item not in results)
    return [{name: value for name, value in item.items() if name not in ("id", "status")} for item in kept]


def _output(turn: Turn, replay: Replay, sealed: bool) -> list[JsonObject]:
    """`sealed`: the server gave this itself, and can open what it sealed."""
    given = replay if sealed or replay is Replay.WORDS else Replay.WITHOUT_REASONING
    items = (_item(item, given) for item in turn.answer.items)
    return [item for item in items if item is not None]


def _item(item: OutputItem, replay: Replay) -> JsonObject | None:
    if item.type == "message":
        return _message(item)
    if item.type == "reasoning":
        return _reasoning(item, replay)
    if item.type in _CALLS and item.stage == "completed" and replay is not Replay.WORDS:
        return {name: item.raw[name] for name in _CALLS[item.type] if name in item.raw}
    return None


def _message(item: OutputItem) -> JsonObject | None:
    """Strict servers want `annotations`, and the phase that they gave."""
    content = [_content(part.kind, part.text) for part in item.parts if part.text]
    phase = {"phase": item.raw["phase"]} if item.raw.get("phase") else {}
    return {"type": "message", "role": "assistant", "content": content, **phase} if content else None


def _content(kind: str, text: str) -> JsonObject:
    if kind == "refusal":
        return {"type": "refusal", "refusal": text}
    return {"type": "output_text", "text": text, "annotations": []}


def _reasoning(item: OutputItem, replay: Replay) -> JsonObject | None:
    """Only what the server gave in its sealed form can be given back: its words alone are not what was thought."""
    sealed = text_of(item.raw.get("encrypted_content"))
    if not sealed or replay not in (Replay.WITH_IDS, Replay.WITHOUT_IDS):
        return None
    named = {"id": item.id} if item.id and replay is Replay.WITH_IDS else {}
    return {"type": "reasoning", **named, "summary": [], "encrypted_content": sealed}


def _is_reasoning(item: JsonObject) -> bool:
    return item.get("type") == "reasoning"


def _leads_on(following: Sequence[JsonObject]) -> bool:
    """Whether reasoning is followed by what came of it, in the same answer."""
    after = next((item for item in following if not _is_reasoning(item)), {})
    return after.get("role") == "assistant" or (after.get("type") in _CALLS and "output" not in after)
