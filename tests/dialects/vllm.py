"""vLLM without a store, from vllm/entrypoints/openai/responses of vllm-project/vllm and its issues 24184, 29175, 33089
and 35184: an answer is gone once it was given, a message of the model must be whole or bare text, and `content_index`
goes on counting from item to item."""

from typing import Any

from tests.dialects.speaking import MODEL, Dialect, JsonObject, Numbered, Said, items_of, text_part
from tests.kit.gated_server import Reply, Request, json_reply


class Vllm(Dialect):
    def refusal(self, body: JsonObject, headers: dict[str, str]) -> Reply | None:
        if body["model"] != MODEL:
            return _refused(404, f"The model `{body['model']}` does not exist.", "NotFoundError", "model")
        if body.get("previous_response_id"):
            message = f"Response with id '{body['previous_response_id']}' not found."
            return _refused(404, message, "invalid_request_error", "response_id")
        if body.get("background"):
            message = "This vLLM engine does not support `store=True`, and so not the background mode."
            return _refused(400, message, "invalid_request_error")
        for place, item in enumerate(items_of(body)):
            if not _is_known(item):
                return _refused(400, _validation(body["input"], place), "Bad Request")
        return None

    def other(self, request: Request) -> Reply:
        if request.path.startswith("/v1/responses/"):
            message = f"Response with id '{request.path.split('/')[3]}' not found."
            return _refused(404, message, "invalid_request_error", "response_id")
        return json_reply({"detail": "Not Found"}, 404)

    def events(self, said: Said, response_id: str, body: JsonObject) -> list[JsonObject]:
        emit, output = Numbered(), list[JsonObject]()
        head = {"id": response_id, "object": "response", "model": body["model"], "store": False}
        begun = {**head, "status": "in_progress", "output": [], "usage": None}
        emit("response.created", response=begun)
        emit("response.in_progress", response=begun)
        content_index = 0
        if said.reasoning:
            item = _think(emit, said.reasoning)
            output.append(item)
            content_index = 1
        index = len(output)
        if said.arguments:
            output.append(_call(emit, index, said.arguments, body))
        else:
            output.append(_say(emit, index, content_index, said))
        usage = {"input_tokens": 9, "output_tokens": len(said.pieces) or 5, "total_tokens": 14}
        emit("response.completed", response={**head, "status": "completed", "output": output, "usage": usage})
        return emit.events


def _refused(status: int, message: str, kind: str, param: str | None = None) -> Reply:
    return json_reply({"error": {"message": message, "type": kind, "param": param, "code": status}}, status)


def _is_known(item: JsonObject) -> bool:
    """One of the typed dictionaries of the openai package, as pydantic tells them."""
    content, kind = item.get("content") or [], item.get("type", "message")
    if kind == "message" and item.get("role") in ("user", "system", "developer", "assistant"):
        if isinstance(content, str) or all(part["type"].startswith("input_") for part in content):
            return True
        parts = all(part["type"] == "output_text" and "annotations" in part for part in content)
        return parts and {"id", "status", "role", "type"} <= item.keys()
    needed = {
        "function_call": {"call_id", "name", "arguments"},
        "function_call_output": {"call_id", "output"},
        "reasoning": {"id", "summary"},
    }
    return kind in needed and needed[kind] <= item.keys()


def _validation(given: Any, place: int) -> str:
    """A line for each form that an item might have had, each with the whole input."""
    union = "list[union[EasyInputMessageParam,Message,ResponseOutputMessageParam,ResponseFileSearchToolCallParam]]"
    lines: list[JsonObject] = [
        {"type": "string_type", "loc": ("body", "input", "str"), "msg": "Input should be a valid string"},
        *(
            {"type": "missing", "loc": ("body", "input", union, place, form, "id"), "msg": "Field required"}
            for form in ("EasyInputMessageParam", "Message", "ResponseOutputMessageParam") * 80
        ),
    ]  # fmt: skip
    printed = "\n".join(f"  { {**line, 'input': given} }" for line in lines)
    return f"{len(lines)} validation errors:\n{printed}"


def _think(emit: Numbered, text: str) -> JsonObject:
    """Its id begins like a message's, and its part has events of its own name."""
    place = {"item_id": "msg_r1", "output_index": 0, "content_index": 0}
    item = {"id": "msg_r1", "type": "reasoning", "summary": [], "status": "in_progress"}
    emit("response.output_item.added", output_index=0, item=item)
    emit("response.reasoning_part.added", **place, part={"type": "reasoning_text", "text": ""})
    for word in text.split(" "):
        emit("response.reasoning_text.delta", **place, delta=f"{word} ")
    whole = {"type": "reasoning_text", "text": f"{text} "}
    emit("response.reasoning_text.done", **place, text=whole["text"])
    emit("response.reasoning_part.done", **place, part=whole)
    done = {**item, "status": "completed", "content": [whole], "encrypted_content": None}
    emit("response.output_item.done", output_index=0, item=done)
    return done


def _call(emit: Numbered, index: int, arguments: str, body: JsonObject) -> JsonObject:
    item = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": body["tools"][0]["name"]}
    emit("response.output_item.added", output_index=index, item={**item, "arguments": ""})
    for start in range(0, len(arguments), 5):
        delta = arguments[start : start + 5]
        emit("response.function_call_arguments.delta", item_id="fc_1", output_index=index, delta=delta)
    emit("response.function_call_arguments.done", item_id="fc_1", output_index=index, arguments=arguments)
    done = {**item, "arguments": arguments, "status": "completed"}
    emit("response.output_item.done", output_index=index, item=done)
    return done


def _say(emit: Numbered, index: int, content_index: int, said: Said) -> JsonObject:
    """Earlier versions counted `content_index` up with every delta."""
    item: JsonObject = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress"}
    place = {"item_id": "msg_1", "output_index": index}
    emit("response.output_item.added", output_index=index, item={**item, "content": []})
    emit("response.content_part.added", **place, content_index=content_index, part=text_part(""))
    for number, piece in enumerate(said.pieces):
        emit("response.output_text.delta", **place, content_index=content_index + number, delta=piece)
    last = content_index + len(said.pieces) - 1
    emit("response.output_text.done", **place, content_index=last, text=said.text)
    emit("response.content_part.done", **place, content_index=last, part=text_part(said.text))
    done = {**item, "status": "completed", "content": [text_part(said.text, logprobs=None)]}
    emit("response.output_item.done", output_index=index, item=done)
    return done
