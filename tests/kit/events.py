"""Builders of event streams in OpenAI's order, numbered from 0, as dicts; `sse_bytes` puts them on the wire.

The order is that of the recordings: created, in_progress, items one after another, and one end.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

JsonObject = dict[str, Any]

USAGE: JsonObject = {
    "input_tokens": 11,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 18,
}


def sse_bytes(events: Iterable[JsonObject], names: bool = True, done: bool = False) -> bytes:
    """The events as a body. `names` adds the `event:` lines, `done` the `[DONE]` of Open Responses."""
    frames = [_frame(event, names) for event in events]
    return b"".join(frames) + (b"data: [DONE]\n\n" if done else b"")


def _frame(event: JsonObject, names: bool) -> bytes:
    data = f"data: {json.dumps(event, ensure_ascii=False)}\n\n"
    return (f"event: {event['type']}\n{data}" if names and "type" in event else data).encode()


def response_object(
    response_id: str = "resp_1", output: Sequence[JsonObject] = (), status: str = "completed", **fields: Any
) -> JsonObject:
    """A Response with the fields every server sends; `fields` adds or replaces some."""
    response: JsonObject = {
        "id": response_id,
        "object": "response",
        "created_at": 1_700_000_000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": "test-model",
        "output": list(output),
        "previous_response_id": None,
        "store": True,
        "usage": None if status in ("in_progress", "queued") else USAGE,
    }
    return {**response, **fields}


def message_item(
    text: str, annotations: Sequence[JsonObject] = (), item_id: str = "msg_1", status: str = "completed"
) -> JsonObject:
    """An assistant's message with one text part."""
    part = {"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": []}
    return {"id": item_id, "type": "message", "status": status, "role": "assistant", "content": [part]}


def file_citation(file_id: str, filename: str, index: int) -> JsonObject:
    """A citation at `index`, an offset in code points into the text."""
    return {"type": "file_citation", "file_id": file_id, "filename": filename, "index": index}


class StreamBuilder:
    """Collects events one by one and numbers them. The functions below cover the common streams."""

    def __init__(self, response_id: str = "resp_1", **fields: Any) -> None:
        self._id = response_id
        self._fields = fields
        self.output: list[JsonObject] = []
        self.events: list[JsonObject] = []

    def emit(self, kind: str, **fields: Any) -> "StreamBuilder":
        """Any event, numbered."""
        self.events.append({"type": kind, "sequence_number": len(self.events), **fields})
        return self

    def begin(self) -> "StreamBuilder":
        for kind in ("created", "in_progress"):
            self.emit(f"response.{kind}", response=self.response("in_progress"))
        return self

    def response(self, status: str, **fields: Any) -> JsonObject:
        """The response as it stands now."""
        output = [] if status == "in_progress" else self.output
        return response_object(self._id, output, status, **{**self._fields, **fields})

    def message(self, *deltas: str, annotations: Sequence[JsonObject] = ()) -> "StreamBuilder":
        """A text message in `deltas`; annotations are sent before the last delta, as OpenAI does."""
        index, text = len(self.output), "".join(deltas)
        item = message_item(text, annotations, f"msg_{index + 1}")
        place = {"item_id": item["id"], "output_index": index, "content_index": 0}
        self._added({**item, "status": "in_progress", "content": []})
        empty = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        self.emit("response.content_part.added", **place, part=empty)
        self._deltas(deltas, annotations, place)
        self.emit("response.output_text.done", **place, text=text, logprobs=[])
        self.emit("response.content_part.done", **place, part=item["content"][0])
        return self._done(item)

    def _deltas(
        self, deltas: Sequence[str], annotations: Sequence[JsonObject], place: Mapping[str, Any]
    ) -> None:
        for number, delta in enumerate(deltas):
            if number == len(deltas) - 1:
                for position, annotation in enumerate(annotations):
                    fields = {**place, "annotation_index": position, "annotation": annotation}
                    self.emit("response.output_text.annotation.added", **fields)
            self.emit("response.output_text.delta", **place, delta=delta, logprobs=[])

    def file_search(
        self, queries: Sequence[str], results: Sequence[JsonObject] | None = None
    ) -> "StreamBuilder":
        """A file_search_call; `results` as with `include`, None as without."""
        index = len(self.output)
        call: JsonObject = {"id": f"fs_{index + 1}", "type": "file_search_call", "status": "in_progress"}
        self._added({**call, "queries": [], "results": None})
        for stage in ("in_progress", "searching", "completed"):
            self.emit(f"response.file_search_call.{stage}", item_id=call["id"], output_index=index)
        found = None if results is None else list(results)
        return self._done({**call, "status": "completed", "queries": list(queries), "results": found})

    def reasoning(self, *summaries: str) -> "StreamBuilder":
        """A reasoning item; each summary part arrives word by word."""
        index = len(self.output)
        item: JsonObject = {"id": f"rs_{index + 1}", "type": "reasoning", "summary": []}
        self._added(item)
        parts = [{"type": "summary_text", "text": text} for text in summaries]
        for number, part in enumerate(parts):
            place = {"item_id": item["id"], "output_index": index, "summary_index": number}
            empty = {**part, "text": ""}
            self.emit("response.reasoning_summary_part.added", **place, part=empty)
            for word in part["text"].split(" "):
                self.emit("response.reasoning_summary_text.delta", **place, delta=f"{word} ")
            self.emit("response.reasoning_summary_text.done", **place, text=part["text"])
            self.emit("response.reasoning_summary_part.done", **place, part=part)
        return self._done({**item, "summary": parts})

    def function_call(self, name: str, arguments: str, pieces: int = 2) -> "StreamBuilder":
        """A function call whose arguments arrive in about `pieces` deltas."""
        index = len(self.output)
        item_id = f"fc_{index + 1}"
        call = {"id": item_id, "type": "function_call", "call_id": f"call_{index + 1}", "name": name}
        self._added({**call, "status": "in_progress", "arguments": ""})
        place = {"item_id": item_id, "output_index": index}
        step = max(1, len(arguments) // pieces)
        for start in range(0, len(arguments), step):
            delta = arguments[start : start + step]
            self.emit("response.function_call_arguments.delta", **place, delta=delta)
        self.emit("response.function_call_arguments.done", **place, arguments=arguments)
        return self._done({**call, "status": "completed", "arguments": arguments})

    def item(self, item: JsonObject, *pieces: tuple[str, Mapping[str, Any]]) -> "StreamBuilder":
        """Any item, which ends as `item`. `pieces` are the events in between: the type less "response." and fields."""
        index = len(self.output)
        item = {"id": f"item_{index + 1}", "status": "completed", **item}
        begun = {
            name: value
            for name, value in item.items()
            if name in ("id", "type", "name", "call_id", "server_label")
        }
        self._added({**begun, "status": "in_progress"})
        for kind, fields in pieces:
            self.emit(f"response.{kind}", item_id=item["id"], output_index=index, **fields)
        return self._done(item)

    def end(self, status: str = "completed", **fields: Any) -> list[JsonObject]:
        """The last event, and all of them. `status`: completed, incomplete, failed."""
        self.emit(f"response.{status}", response=self.response(status, **fields))
        return self.events

    def _added(self, item: JsonObject) -> None:
        self.emit("response.output_item.added", output_index=len(self.output), item=item)

    def _done(self, item: JsonObject) -> "StreamBuilder":
        self.emit("response.output_item.done", output_index=len(self.output), item=item)
        self.output.append(item)
        return self


def text_stream(
    *deltas: str, response_id: str = "resp_1", annotations: Sequence[JsonObject] = (), **fields: Any
) -> list[JsonObject]:
    """A completed answer of one text message; `fields` go into the response object."""
    builder = StreamBuilder(response_id, **fields)
    return builder.begin().message(*deltas, annotations=annotations).end()


def file_search_stream(
    *deltas: str,
    queries: Sequence[str] = ("question",),
    results: Sequence[JsonObject] | None = None,
    annotations: Sequence[JsonObject] = (),
    response_id: str = "resp_1",
    **fields: Any,
) -> list[JsonObject]:
    """A completed answer that searched files first."""
    builder = StreamBuilder(response_id, **fields).begin().file_search(queries, results)
    return builder.message(*deltas, annotations=annotations).end()


def reasoning_stream(summaries: Sequence[str], *deltas: str, response_id: str = "resp_1") -> list[JsonObject]:
    """A completed answer with reasoning summaries before its text."""
    return StreamBuilder(response_id).begin().reasoning(*summaries).message(*deltas).end()


def function_call_stream(name: str, arguments: str, response_id: str = "resp_1") -> list[JsonObject]:
    """A completed answer that asks for a function to be called."""
    return StreamBuilder(response_id).begin().function_call(name, arguments).end()


def incomplete_stream(*deltas: str, reason: str = "max_output_tokens") -> list[JsonObject]:
    """An answer that ends early."""
    builder = StreamBuilder().begin().message(*deltas)
    return builder.end("incomplete", incomplete_details={"reason": reason})


def failed_stream(*deltas: str, code: str = "server_error", message: str = "It broke.") -> list[JsonObject]:
    """An answer that ends in response.failed."""
    return StreamBuilder().begin().message(*deltas).end("failed", error={"code": code, "message": message})


def error_stream(
    *deltas: str, nested: bool = True, code: str = "rate_limit_exceeded", message: str = "Slow down."
) -> list[JsonObject]:
    """An answer broken off by an error event; nested as OpenAI sends it, flat as it is documented."""
    builder = StreamBuilder().begin().message(*deltas)
    error = {"code": code, "message": message, "param": None}
    if nested:
        return builder.emit("error", error={"type": "requests", **error}).events
    return builder.emit("error", **error).events
