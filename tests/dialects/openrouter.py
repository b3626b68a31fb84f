"""OpenRouter, from its documentation of the Responses API: no state at all, comments while it waits, reasoning under
the names of Open Responses, a message of the model with its id and status or as bare text, and [DONE]."""

import json

from tests.dialects.speaking import MODEL, Dialect, JsonObject, Numbered, Said, items_of, text_part
from tests.kit.gated_server import Reply, Request, json_reply


class OpenRouter(Dialect):
    def __init__(self) -> None:
        super().__init__(done=True)

    def refusal(self, body: JsonObject, headers: dict[str, str]) -> Reply | None:
        if body["model"] != MODEL:
            return _refused(f"{body['model']} is not a valid model ID", None)
        if body.get("store") or body.get("previous_response_id"):
            field = "store" if body.get("store") else "previous_response_id"
            return _refused(
                "Invalid Responses API request", [_issue([field], "Invalid input: expected false")]
            )
        for place, item in enumerate(items_of(body)):
            if not _is_known(item):
                return _refused("Invalid Responses API request", [_issue(["input", place], "Invalid input")])
        return None

    def other(self, request: Request) -> Reply:
        return json_reply({"error": {"message": "Not Found", "code": 404}}, 404)

    def stream(self, events: list[JsonObject]) -> Reply:
        reply = super().stream(events)
        return Reply(200, reply.headers, [b": OPENROUTER PROCESSING\n\n" * 3, *reply.steps], reply.framing)

    def events(self, said: Said, response_id: str, body: JsonObject) -> list[JsonObject]:
        emit, output = Numbered(), list[JsonObject]()
        head = {"id": response_id, "object": "response", "model": body["model"], "store": False}
        emit("response.created", response={**head, "status": "in_progress", "output": []})
        emit("response.in_progress", response={**head, "status": "in_progress", "output": []})
        if said.reasoning:
            item = {"type": "reasoning", "id": "rs_1", "summary": []}
            place = {"item_id": "rs_1", "output_index": 0, "content_index": 0}
            emit("response.output_item.added", output_index=0, item=item)
            for word in said.reasoning.split(" "):
                emit("response.reasoning.delta", **place, delta=f"{word} ")
            emit("response.reasoning.done", **place, text=f"{said.reasoning} ")
            done = {**item, "content": [{"type": "reasoning_text", "text": f"{said.reasoning} "}]}
            emit("response.output_item.done", output_index=0, item=done)
            output.append(done)
        index = len(output)
        if said.arguments:
            call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "status": "completed"}
            call |= {"name": body["tools"][0]["name"], "arguments": said.arguments}
            emit("response.output_item.added", output_index=index, item={**call, "arguments": ""})
            emit(
                "response.function_call_arguments.delta",
                item_id="fc_1",
                output_index=index,
                delta=said.arguments,
            )
            emit("response.output_item.done", output_index=index, item=call)
            output.append(call)
        else:
            message: JsonObject = {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
            }
            place = {"item_id": "msg_1", "output_index": index, "content_index": 0}
            emit("response.output_item.added", output_index=index, item={**message, "content": []})
            emit("response.content_part.added", **place, part=text_part(""))
            for piece in said.pieces:
                emit("response.output_text.delta", **place, delta=piece)
            emit("response.output_text.done", **place, text=said.text)
            message["content"] = [text_part(said.text)]
            emit("response.output_item.done", output_index=index, item=message)
            output.append(message)
        usage = {"input_tokens": 9, "output_tokens": 5, "total_tokens": 14, "cost": 0.0001}
        emit("response.completed", response={**head, "status": "completed", "output": output, "usage": usage})
        return emit.events


def _refused(message: str, issues: list[JsonObject] | None) -> Reply:
    metadata = None if issues is None else {"raw": json.dumps(issues)}
    error = {"code": "invalid_prompt", "message": message}
    return json_reply({"error": error, "metadata": metadata, "error_type": "invalid_request"}, 400)


def _issue(path: list[str | int], message: str) -> JsonObject:
    return {"code": "invalid_union", "path": path, "message": message, "errors": [[]]}


def _is_known(item: JsonObject) -> bool:
    if item.get("type", "message") != "message":
        return item["type"] in ("function_call", "function_call_output", "reasoning")
    if isinstance(item["content"], str) or item["role"] != "assistant":
        return True
    return {"id", "status"} <= item.keys()
