"""The chunks of a streamed chat completion, as pieces of an answer.

Servers differ: reasoning comes as `reasoning_content`, as `reasoning`, or between <think> and </think> at the
beginning of the text; calls come whole or in bits, with numbers and ids or without.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from chatapp.engine.generation.port import (
    CallPiece,
    CutPiece,
    GenerationFailed,
    Piece,
    RefusalPiece,
    SearchPiece,
    TextPiece,
    ThoughtPiece,
    UsagePiece,
)
from chatapp.engine.ids import new_id
from chatapp.protocol.json_types import Json, JsonObject, object_of, objects_of, text_of

_CUTS: dict[str, Literal["max_output_tokens", "content_filter"]] = {
    "length": "max_output_tokens",
    "content_filter": "content_filter",
}
_OPEN, _CLOSE = "<think>", "</think>"
UNFINISHED = "The model's server ended its answer before it was complete. Ask again."


@dataclass(slots=True)
class _Call:
    """A call that is being written. `told`: so many code points of the arguments were given out."""

    index: Json
    id: str
    given_id: str
    name: str = ""
    arguments: str = ""
    told: int = 0


@dataclass(slots=True)
class ChatAnswer:
    """`pieces` takes chunk after chunk; `rest` is what is left at the end.

    One call is given out as it is written; what is written of others meanwhile waits for the end. A call of
    the function `search` (None: there is none) is a SearchPiece, which is left out where the client has to answer other
    calls first.
    """

    search: str | None
    _calls: list[_Call] = field(default_factory=list)
    _thinking: "_Thinking" = field(default_factory=lambda: _Thinking())
    _finish: str | None = None
    _usage: UsagePiece | None = None

    def pieces(self, chunk: JsonObject) -> Iterator[Piece]:
        """What a chunk adds. Raises GenerationFailed where it says that the server failed."""
        if chunk.get("error"):
            raise GenerationFailed(error_message(chunk) or UNFINISHED)
        self._usage = _usage(chunk) or self._usage
        for choice in objects_of(chunk.get("choices"))[:1]:
            delta = object_of(choice.get("delta"))
            thought = text_of(delta.get("reasoning_content")) or text_of(delta.get("reasoning"))
            if thought:
                yield ThoughtPiece(thought)
            yield from self._thinking.pieces(text_of(delta.get("content")))
            if refusal := text_of(delta.get("refusal")):
                yield RefusalPiece(refusal)
            for bit in objects_of(delta.get("tool_calls")):
                yield from self._called(bit)
            self._finish = text_of(choice.get("finish_reason")) or self._finish

    def rest(self) -> Iterator[Piece]:
        """The end of the answer. Raises GenerationFailed where the stream ended without one."""
        yield from self._thinking.rest()
        if self._finish is None:
            raise GenerationFailed(UNFINISHED)
        for call in self._own_calls():
            yield from _told(call, whole=self._finish not in _CUTS)
        if self._finish in _CUTS:
            yield CutPiece(_CUTS[self._finish])
        elif self.search and not self._own_calls():
            queries = [query for call in self._calls for query in _queries(call.arguments)]
            if queries:
                yield SearchPiece(tuple(queries))
        if self._usage:
            yield self._usage

    def _called(self, bit: JsonObject) -> Iterator[Piece]:
        function = object_of(bit.get("function"))
        call = self._call(bit, text_of(function.get("name")))
        arguments = function.get("arguments")
        call.arguments += json.dumps(arguments) if isinstance(arguments, dict) else text_of(arguments)
        if self._own_calls()[:1] == [call]:
            yield from _told(call)

    def _call(self, bit: JsonObject, name: str) -> _Call:
        """The call that a bit belongs to: that of its number, unless it brings another id."""
        index, given_id = bit.get("index"), text_of(bit.get("id"))
        for call in reversed(self._calls):
            if call.index == index and given_id in ("", call.given_id):
                call.name = call.name or name
                return call
        taken = {call.id for call in self._calls}
        identity = given_id if given_id and given_id not in taken else new_id("call")
        self._calls.append(_Call(index, identity, given_id, name))
        return self._calls[-1]

    def _own_calls(self) -> list[_Call]:
        """The calls of the client's functions."""
        return [call for call in self._calls if call.name != self.search]


class _Thinking:
    """Tells the thoughts in front of a text from the text."""

    def __init__(self) -> None:
        self._held = ""
        self._state: Literal["start", "thought", "text"] = "start"

    def pieces(self, text: str) -> Iterator[Piece]:
        self._held += text
        if self._state == "start":
            bare = self._held.lstrip()
            if bare.startswith(_OPEN):
                self._state, self._held = "thought", bare.removeprefix(_OPEN).lstrip("\n")
            elif not _OPEN.startswith(bare):
                self._state = "text"
        if self._state == "thought":
            yield from self._thought()
        if self._state == "text" and self._held:
            yield TextPiece(self._held)
            self._held = ""

    def _thought(self) -> Iterator[Piece]:
        thought, end, after = self._held.partition(_CLOSE)
        if end:
            self._state, self._held = "text", after.lstrip("\n")
        else:
            kept = next(
                (size for size in range(len(_CLOSE) - 1, 0, -1) if thought.endswith(_CLOSE[:size])), 0
            )
            thought, self._held = thought[: len(thought) - kept], thought[len(thought) - kept :]
        if thought:
            yield ThoughtPiece(thought)

    def rest(self) -> Iterator[Piece]:
        """What was held because it might have gone on as a mark."""
        held, self._held = self._held, ""
        if held.strip():
            yield ThoughtPiece(held) if self._state == "thought" else TextPiece(held)


def error_message(body: JsonObject) -> str:
    """What a server says went wrong, or ""."""
    error = body.get("error")
    return text_of(error) or text_of(object_of(error).get("message")) or text_of(body.get("message"))


def _told(call: _Call, *, whole: bool = False) -> Iterator[Piece]:
    """What is new of a call: a call without arguments has an empty object at its end."""
    if whole and not call.arguments.strip():
        call.arguments = "{}"
    if call.name and (call.told < len(call.arguments) or (not call.told and not whole)):
        yield CallPiece(call.id, call.name, call.arguments[call.told :])
        call.told = len(call.arguments)


def _queries(arguments: str) -> list[str]:
    """The queries of a search; arguments that are no such object are a query themselves."""
    try:
        given = json.loads(arguments or "{}")
    except ValueError:
        return [arguments]
    queries = object_of(given).get("queries", object_of(given).get("query"))
    found = queries if isinstance(queries, list) else [queries]
    return [query for query in found if isinstance(query, str) and query.strip()]


def _usage(chunk: JsonObject) -> UsagePiece | None:
    usage = object_of(chunk.get("usage"))
    if not usage:
        return None
    return UsagePiece(
        _count(usage, "prompt_tokens"),
        _count(usage, "completion_tokens"),
        _count(object_of(usage.get("completion_tokens_details")), "reasoning_tokens"),
        _count(object_of(usage.get("prompt_tokens_details")), "cached_tokens"),
    )


def _count(usage: JsonObject, name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) and value > 0 else 0
