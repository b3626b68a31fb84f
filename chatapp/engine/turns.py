"""What a generator reads of the items of a conversation: who said, thought, called and got what.

Items of tools that are not here (a web search somewhere else, say) tell it nothing and are passed over.
"""

import json
from collections.abc import Callable, Iterable, Mapping

from chatapp.engine.generation.port import Call, CallOutput, Image, Message, Thought, Turn
from chatapp.engine.sealing import unsealed
from chatapp.protocol.json_types import JsonObject

EARLIER = "What was said earlier in this conversation, in short:\n\n{summary}"
Pictures = Mapping[str, str]
"""The `data:` URLs of images that messages name by the id of a file."""


def turns_of(items: Iterable[JsonObject], pictures: Pictures) -> list[Turn]:
    """The turns that the items stand for, in order."""
    return [_TURNS[item["type"]](item, pictures) for item in items if item["type"] in _TURNS]


def _message(item: JsonObject, pictures: Pictures) -> Turn:
    return Message(item["role"], _content(item["content"], pictures))


def _thought(item: JsonObject, pictures: Pictures) -> Turn:
    parts = item.get("content") or item.get("summary") or []
    if parts or not item.get("encrypted_content"):
        return Thought("\n\n".join(part["text"] for part in parts))
    return Thought(unsealed(item["encrypted_content"]) or "")


def _summary(item: JsonObject, pictures: Pictures) -> Turn:
    return Message("developer", (EARLIER.format(summary=unsealed(item["encrypted_content"]) or ""),))


def _call(item: JsonObject, pictures: Pictures) -> Turn:
    return Call(item["call_id"], item["name"], item["arguments"])


def _custom_call(item: JsonObject, pictures: Pictures) -> Turn:
    return Call(item["call_id"], item["name"], json.dumps({"input": item["input"]}, ensure_ascii=False))


def _output(item: JsonObject, pictures: Pictures) -> Turn:
    return CallOutput(item["call_id"], _content(item["output"], pictures))


_TURNS: dict[str, Callable[[JsonObject, Pictures], Turn]] = {
    "message": _message,
    "reasoning": _thought,
    "compaction": _summary,
    "function_call": _call,
    "function_call_output": _output,
    "custom_tool_call": _custom_call,
    "custom_tool_call_output": _output,
}


def _content(content: str | list[JsonObject], pictures: Pictures) -> tuple[str | Image, ...]:
    if isinstance(content, str):
        return (content,)
    parts = (_part(part, pictures) for part in content)
    return tuple(part for part in parts if part is not None)


def _part(part: JsonObject, pictures: Pictures) -> str | Image | None:
    if part["type"] == "input_image":
        url = part.get("image_url") or pictures.get(part.get("file_id") or "")
        return Image(url, part.get("detail") or "auto") if url else None
    text: str | None = part.get("refusal") if part["type"] == "refusal" else part.get("text")
    return text
