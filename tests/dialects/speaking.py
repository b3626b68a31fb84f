"""What the servers of this folder have in common: a scripted model, and a scripted server around a way of speaking.

Each dialect is written from the server's own source or documentation, named in its file: what it takes, what it
refuses and in which words, and how its stream looks. The model says the same everywhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.kit.events import sse_bytes
from tests.kit.gated_server import GatedServer, Reply, Request, json_reply

JsonObject = dict[str, Any]
MODEL = "small"
CREATED = 1_790_000_000


@dataclass(frozen=True, slots=True)
class Said:
    """One answer of the model: what it thinks, says in pieces, or calls."""

    reasoning: str = ""
    pieces: tuple[str, ...] = ()
    arguments: str = ""
    """JSON of a call of the first tool that was offered; "" for no call."""

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def answer_to(items: Sequence[JsonObject], tools: Sequence[JsonObject], cap: int | None = None) -> Said:
    """By the last thing that was said: it counts the questions it knows, thinks when told to, calls a tool when asked
    for the weather, and knows a word of the first question. A piece counts as a token."""
    questions = [text_of(item) for item in items if item.get("role") == "user"]
    results = [item for item in items if item.get("type") == "function_call_output"]
    if results and items[-1] in results:
        return Said(pieces=("The tool said: ", *(str(item["output"]) for item in results), "."))
    last = questions[-1] if questions else ""
    if tools and "weather" in last:
        return Said(reasoning="I should look.", arguments='{"city": "Paris"}')
    if "Which word was it?" in last:
        return Said(pieces=("It was in: ", questions[0]))
    said = ("I see ", str(len(questions)), " questions, ", f"the first was: {questions[0]}", " 日本語🙂")
    thoughts = "First this. Then that." if "think" in last else ""
    return Said(thoughts, said[:cap])


def text_of(item: JsonObject) -> str:
    content = item.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def items_of(body: JsonObject) -> list[JsonObject]:
    given = body["input"]
    return [{"role": "user", "content": given}] if isinstance(given, str) else list(given)


class Numbered:
    """Events in order, numbered from 0."""

    def __init__(self) -> None:
        self.events: list[JsonObject] = []

    def __call__(self, kind: str, **fields: Any) -> None:
        self.events.append({"type": kind, "sequence_number": len(self.events), **fields})


@dataclass
class Dialect:
    """A server. `ids` gives the ids of its responses; what it keeps is in `kept`: the items that led to each answer."""

    kept: dict[str, list[JsonObject]] = field(default_factory=dict)
    number: int = 0
    names: bool = True
    """Whether its stream has `event:` lines."""
    done: bool = False
    """Whether its stream ends with [DONE]."""

    def refusal(self, body: JsonObject, headers: dict[str, str]) -> Reply | None:
        """What it says to a request that it does not take."""
        raise NotImplementedError

    def events(self, said: Said, response_id: str, body: JsonObject) -> list[JsonObject]:
        raise NotImplementedError

    def other(self, request: Request) -> Reply:
        """What it says at any other address."""
        raise NotImplementedError

    def models(self) -> Reply:
        return json_reply({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "them"}]})

    def history(self, body: JsonObject) -> list[JsonObject]:
        """The items that the model gets to see."""
        return items_of(body)

    def create(self, request: Request) -> Reply:
        body = request.json
        refusal = self.refusal(body, dict(request.headers))
        if refusal is not None:
            return refusal
        self.number += 1
        response_id = f"resp_{self.number}"
        items = self.history(body)
        said = answer_to(items, body.get("tools") or [], body.get("max_output_tokens"))
        self.kept[response_id] = [*items, {"role": "assistant", "content": said.text}]
        events = self.events(said, response_id, body)
        return self.stream(events) if body.get("stream") else json_reply(events[-1]["response"])

    def stream(self, events: list[JsonObject]) -> Reply:
        data = sse_bytes(events, names=self.names, done=self.done)
        return Reply(200, {"content-type": "text/event-stream"}, list(pieces(data)), "chunked")

    def serve(self, server: GatedServer, prefix: str = "/v1") -> None:
        server.remembers = False
        server.always("*", f"{prefix}/*", self.other)
        server.always("GET", f"{prefix}/models", self.models())
        server.always("POST", f"{prefix}/responses", self.create)


def pieces(data: bytes, size: int = 97) -> Iterator[bytes]:
    """Cut where nobody meant it to be cut: a prime number of bytes, inside characters and lines."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def text_part(text: str, **more: Any) -> JsonObject:
    return {"type": "output_text", "text": text, "annotations": [], **more}
