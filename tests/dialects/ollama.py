"""Ollama, from openai/responses.go of ollama/ollama: no state, thinking sent as a summary, four kinds of items."""

from typing import Any

from tests.dialects.speaking import MODEL, Dialect, JsonObject, Numbered, Said, items_of
from tests.kit.gated_server import Reply, Request, json_reply

ITEMS = ("message", "function_call", "function_call_output", "reasoning")
CONTENT = ("input_text", "input_image", "output_text", "input_file")
EFFORTS = ("none", "low", "medium", "high", "max")


class Ollama(Dialect):
    def refusal(self, body: JsonObject, headers: dict[str, str]) -> Reply | None:
        if body["model"] != MODEL:
            return _refused(404, f"model '{body['model']}' not found", "not_found_error")
        for place, item in enumerate(items_of(body)):
            kind = item.get("type") or "message"
            if kind not in ITEMS:
                return _refused(400, f'input[{place}]: unknown input item type: "{kind}"')
            for at, part in enumerate(item["content"] if isinstance(item.get("content"), list) else []):
                if part["type"] not in CONTENT:
                    return _refused(
                        400, f"input[{place}]: content[{at}]: unknown content type: {part['type']}"
                    )
                if part["type"] == "input_file":
                    return _refused(400, "file inputs are not currently supported")
        effort = (body.get("reasoning") or {}).get("effort")
        if effort and effort not in EFFORTS:
            return _refused(
                400,
                f'invalid reasoning value: "{effort}" (must be "high", "medium", "low", "max", or "none")',
            )
        return None

    def other(self, request: Request) -> Reply:
        return Reply(404, {"content-type": "text/plain"}, [b"404 page not found"])

    def events(self, said: Said, response_id: str, body: JsonObject) -> list[JsonObject]:
        """A cap is kept without a word: what it cuts off is completed like any other."""
        emit, output = Numbered(), list[JsonObject]()
        for kind in ("response.created", "response.in_progress"):
            emit(kind, response=_response(response_id, "in_progress", [], None, body))
        if said.reasoning:
            output.append(_think(emit, said.reasoning))
        if said.arguments:
            output.append(_call(emit, len(output), said.arguments, body))
        else:
            output.append(_say(emit, len(output), said))
        usage = {"input_tokens": 9, "output_tokens": len(said.pieces) or 5, "total_tokens": 14}
        emit("response.completed", response=_response(response_id, "completed", output, usage, body))
        return emit.events


def _refused(status: int, message: str, kind: str = "invalid_request_error") -> Reply:
    return json_reply({"error": {"message": message, "type": kind, "param": None, "code": None}}, status)


def _think(emit: Numbered, text: str) -> JsonObject:
    item = {"id": "rs_1", "type": "reasoning", "summary": []}
    place = {"item_id": "rs_1", "output_index": 0, "summary_index": 0}
    emit("response.output_item.added", output_index=0, item=item)
    for word in text.split():
        emit("response.reasoning_summary_text.delta", **place, delta=f"{word} ")
    emit("response.reasoning_summary_text.done", **place, text=f"{text} ")
    done = {
        **item,
        "summary": [{"type": "summary_text", "text": f"{text} "}],
        "encrypted_content": f"{text} ",
    }
    emit("response.output_item.done", output_index=0, item=done)
    return done


def _call(emit: Numbered, index: int, arguments: str, body: JsonObject) -> JsonObject:
    item = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": body["tools"][0]["name"]}
    begun = {**item, "status": "in_progress", "arguments": ""}
    emit("response.output_item.added", output_index=index, item=begun)
    place = {"item_id": "fc_1", "output_index": index}
    emit("response.function_call_arguments.delta", **place, delta=arguments)
    emit("response.function_call_arguments.done", **place, arguments=arguments)
    done = {**item, "status": "completed", "arguments": arguments}
    emit("response.output_item.done", output_index=index, item=done)
    return done


def _say(emit: Numbered, index: int, said: Said) -> JsonObject:
    item: JsonObject = {"id": "msg_1", "type": "message", "status": "in_progress", "role": "assistant"}
    place = {"item_id": "msg_1", "output_index": index, "content_index": 0}
    emit("response.output_item.added", output_index=index, item={**item, "content": []})
    emit("response.content_part.added", **place, part=_part(""))
    for piece in said.pieces:
        emit("response.output_text.delta", **place, delta=piece, logprobs=[])
    emit("response.output_text.done", **place, text=said.text, logprobs=[])
    emit("response.content_part.done", **place, part=_part(said.text))
    done = {**item, "status": "completed", "content": [_part(said.text)]}
    emit("response.output_item.done", output_index=index, item=done)
    return done


def _part(text: str) -> JsonObject:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _response(
    response_id: str, status: str, output: list[JsonObject], usage: Any, body: JsonObject
) -> JsonObject:
    """`store` is false and `previous_response_id` null whatever was asked."""
    return {
        "id": response_id, "object": "response", "status": status, "model": body["model"], "output": output,
        "usage": usage, "store": False, "previous_response_id": None, "error": None, "incomplete_details": None,
        "max_output_tokens": body.get("max_output_tokens"), "tool_choice": "auto", "truncation": "disabled",
    }  # fmt: skip
