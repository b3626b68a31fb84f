"""A prompt as a request of /v1/chat/completions, for a server or a model file that speaks that older protocol."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

from chatapp.documents.hyphens import SOFT
from chatapp.documents.model import page_name
from chatapp.engine.generation.port import (
    Call,
    CallOutput,
    Image,
    JsonFormat,
    Message,
    Prompt,
    Search,
    Thought,
    Turn,
)
from chatapp.engine.retrieval.passages import Passage
from chatapp.protocol.json_types import JsonObject

SEARCH = "file_search"
"""The function by which a model asks for a search, where the client has none of that name."""
_SEARCH_TOOL: JsonObject = {
    "description": "Search the user's files. Gives the passages that fit best. Write each query as a short question.",
    "parameters": {
        "type": "object",
        "properties": {"queries": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
        "required": ["queries"],
        "additionalProperties": False,
    },
}
_USE = "Passages from the user's files that may answer the question:\n\n{passages}\n\nAnswer from them where they do."
_NOTHING = "A search of the user's files found nothing that fits.{unread}"
_UNREAD = " {count} of them cannot be searched yet."
_UNSEEN = "[An image, which you cannot see.]"
_SYSTEM = ("system", "developer")
_EFFORTS = {"minimal": "low", "xhigh": "high", "max": "high"}
"""Efforts that the older protocol does not know, as the nearest it does."""
_DETAILS = {"original": "high"}
"""So with the details in which an image is seen."""
_SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "seed")


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a server says of a model. None: it does not say. `sees` images, `calls` functions by its own template;
    `context` is in tokens. `obeys`: it takes notice of `tool_choice`. `repeats`: a seed makes it say the same again."""

    id: str
    owner: str = ""
    context: int | None = None
    sees: bool | None = None
    calls: bool | None = None
    obeys: bool = True
    repeats: bool = False


def chat_request(prompt: Prompt, model: ModelFacts) -> JsonObject:
    """The body of the request. A wish that was not uttered is not passed on."""
    wishes = prompt.wishes
    body: JsonObject = {
        "model": model.id,
        "messages": messages(prompt, sees=model.sees is not False),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    body |= {name: value for name in _SAMPLING if (value := getattr(wishes, name)) is not None}
    if wishes.max_tokens is not None:
        body["max_tokens"] = wishes.max_tokens
    if wishes.effort is not None:
        body["reasoning_effort"] = _EFFORTS.get(wishes.effort, wishes.effort)
    if wishes.format is not None:
        body["response_format"] = response_format(wishes.format)
    return body | _tools(prompt)


def search_name(prompt: Prompt) -> str:
    """What the search is called before the model: as no function of the client is, listed now or called before."""
    taken = {one.name for one in prompt.wishes.functions}
    taken |= {turn.name for turn in prompt.turns if isinstance(turn, Call)}
    names = chain((SEARCH,), (f"{SEARCH}_{number}" for number in count(2)))
    return next(name for name in names if name not in taken)


def response_format(wanted: JsonFormat) -> JsonObject:
    """The format of an answer in JSON."""
    if wanted.schema is None:
        return {"type": "json_object"}
    strict = wanted.strict and _is_closed(wanted.schema)
    named: JsonObject = {"name": wanted.name or "answer", "schema": wanted.schema, "strict": strict}
    described = {"description": wanted.description} if wanted.description else {}
    return {"type": "json_schema", "json_schema": named | described}


def messages(prompt: Prompt, *, sees: bool) -> list[JsonObject]:
    """What was said, with the passages before the last question. All system messages up to the first other turn are
    one, since many models know one only."""
    turns = list(prompt.turns)
    begin = next((at for at, turn in enumerate(turns) if not _is_system(turn)), len(turns))
    first = [prompt.instructions or "", *(turn.text for turn in turns[:begin] if isinstance(turn, Message))]
    system = "\n\n".join(text for text in first if text)
    last = max((at for at, turn in enumerate(turns) if _is_by_user(turn)), default=begin)
    search = search_name(prompt)
    said = _messages(turns[begin:last], search, thinks=False, sees=sees)
    asked = _messages(turns[last:], search, thinks=True, sees=sees)
    found = _found(prompt)
    if found and asked and asked[0]["role"] == "user":
        asked[0]["content"] = _put_before(found, asked[0]["content"])
    elif found:
        system = f"{system}\n\n{found}".strip()
    return [*([{"role": "system", "content": system}] if system else []), *said, *asked]


def _put_before(text: str, content: str | list[JsonObject]) -> str | list[JsonObject]:
    if isinstance(content, str):
        return f"{text}\n\n{content}"
    return [{"type": "text", "text": text}, *content]


def _found(prompt: Prompt) -> str:
    """What the search beforehand found, in words for the model; "" where nothing was searched beforehand."""
    if prompt.passages:
        return _USE.format(passages=_quoted(prompt.passages))
    if not prompt.searched or any(isinstance(turn, Search) for turn in prompt.turns):
        return ""
    return _NOTHING.format(unread=_UNREAD.format(count=prompt.unread) if prompt.unread else "")


def _quoted(passages: Iterable[Passage]) -> str:
    texts = ((one, one.chunk.text.replace(SOFT, "").strip()) for one in passages)
    return "\n\n".join(f"[{one.filename}{_place(one)}]\n{text}" for one, text in texts)


def _place(passage: Passage) -> str:
    if passage.chunk.page is not None:
        return f", {page_name(passage.filename)} {passage.chunk.page}"
    return "" if passage.chunk.line is None else f", line {passage.chunk.line}"


def _messages(turns: Sequence[Turn], search: str, *, thinks: bool, sees: bool) -> list[JsonObject]:
    """Turns as messages. Thoughts are given back within the answer that is being made, as models expect; what the
    assistant thought, said and called in one go is one message."""
    made: list[JsonObject] = []
    for number, turn in enumerate(turns):
        for message in _of_turn(turn, number, search, thinks, sees):
            if made and message["role"] == made[-1]["role"] == "assistant":
                _join(made[-1], message)
            else:
                made.append(message)
    for message in made:
        if message["role"] == "assistant":
            message.setdefault("content", "")
    return made


def _join(one: JsonObject, more: JsonObject) -> None:
    for name in ("content", "reasoning_content"):
        if name in more:
            one[name] = "\n\n".join(text for text in (one.get(name, ""), more[name]) if text)
    if "tool_calls" in more:
        one["tool_calls"] = [*one.get("tool_calls", []), *more["tool_calls"]]


def _of_turn(turn: Turn, number: int, search: str, thinks: bool, sees: bool) -> Iterator[JsonObject]:
    match turn:
        case Message(role="assistant"):
            yield {"role": "assistant", "content": turn.text}
        case Message():
            role = "system" if _is_system(turn) else turn.role
            yield {"role": role, "content": _content(turn.content, sees)}
        case Thought(text=text):
            if thinks and text:
                yield {"role": "assistant", "reasoning_content": text}
        case Call(call_id=call_id, name=name, arguments=arguments):
            yield _assistant_call(call_id, name, arguments)
        case CallOutput(call_id=call_id):
            yield {"role": "tool", "tool_call_id": call_id, "content": _content(turn.content, sees)}
        case Search(queries=queries, passages=passages):
            call_id = f"search_{number}"
            yield _assistant_call(call_id, search, json.dumps({"queries": queries}, ensure_ascii=False))
            content = _quoted(passages) or _NOTHING.format(unread="")
            yield {"role": "tool", "tool_call_id": call_id, "content": content}


def _assistant_call(call_id: str, name: str, arguments: str) -> JsonObject:
    function = {"name": name, "arguments": arguments}
    return {
        "role": "assistant",
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }


def _content(content: tuple[str | Image, ...], sees: bool) -> str | list[JsonObject]:
    """Text alone as a string, which every server takes."""
    if not sees or all(isinstance(part, str) for part in content):
        return "\n".join(part if isinstance(part, str) else _UNSEEN for part in content)
    return [
        {"type": "text", "text": part}
        if isinstance(part, str)
        else {
            "type": "image_url",
            "image_url": {"url": part.url, "detail": _DETAILS.get(part.detail, part.detail)},
        }
        for part in content
    ]


def _tools(prompt: Prompt) -> JsonObject:
    """The functions that may be called, the search among them, and whether one has to be."""
    functions: list[JsonObject] = [
        {
            "name": one.name,
            "description": one.description,
            "parameters": one.parameters or {"type": "object", "properties": {}},
        }
        | ({"strict": True} if one.strict and _is_closed(one.parameters) else {})
        for one in prompt.wishes.functions
    ]
    if prompt.may_search:
        functions.append({"name": search_name(prompt), **_SEARCH_TOOL})
    if not functions:
        return {}
    must = prompt.wishes.must_call or prompt.must_search
    return {
        "tools": [{"type": "function", "function": one} for one in functions],
        "tool_choice": "required" if must else "auto",
        "parallel_tool_calls": prompt.wishes.parallel_calls,
    }


def _is_closed(schema: Mapping[str, Any]) -> bool:
    """Whether servers take it as strict; "strict" is also the default of those who did not think of it."""
    return schema.get("additionalProperties") is False


def _is_system(turn: Turn) -> bool:
    return isinstance(turn, Message) and turn.role in _SYSTEM


def _is_by_user(turn: Turn) -> bool:
    return isinstance(turn, Message) and turn.role == "user"
