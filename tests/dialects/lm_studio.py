"""LM Studio, from its documentation and lmstudio-bug-tracker 618, 1188, 1323 and 1576: it keeps responses and gives
none back, answers 200 at every address, and wants a format in `text`."""

from tests.dialects.speaking import MODEL, Dialect, JsonObject, Numbered, Said, items_of, text_part
from tests.kit.gated_server import Reply, Request, json_reply

USAGE = {"input_tokens": 9, "output_tokens": 5, "total_tokens": 14}


class LmStudio(Dialect):
    def refusal(self, body: JsonObject, headers: dict[str, str]) -> Reply | None:
        if "text" in body and "format" not in body["text"]:
            return _refused("Required", "text.format", "missing_required_parameter")
        if body["model"] != MODEL:
            return _refused(
                f'Invalid model identifier "{body["model"]}". Please specify a valid downloaded model',
                "model",
                "model_not_found",
            )
        parent = body.get("previous_response_id")
        if parent and parent not in self.kept:
            return self.stream([_lost(parent)]) if body.get("stream") else json_reply(_lost(parent), 400)
        return None

    def history(self, body: JsonObject) -> list[JsonObject]:
        return [*self.kept.get(body.get("previous_response_id") or "", []), *items_of(body)]

    def other(self, request: Request) -> Reply:
        return json_reply({"error": f"Unexpected endpoint or method. ({request.method} {request.path})"})

    def events(self, said: Said, response_id: str, body: JsonObject) -> list[JsonObject]:
        emit, output = Numbered(), list[JsonObject]()
        head = {"id": response_id, "object": "response", "model": body["model"], "output": output}
        head["previous_response_id"] = body.get("previous_response_id")
        emit("response.created", response={**head, "status": "in_progress", "output": []})
        if said.reasoning:
            output.append(_think(emit, said.reasoning))
        place = {"item_id": "msg_1", "output_index": len(output)}
        if said.arguments:
            call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "status": "completed"}
            call |= {"name": body["tools"][0]["name"], "arguments": said.arguments}
            emit("response.output_item.added", output_index=len(output), item={**call, "arguments": ""})
            emit("response.function_call_arguments.done", item_id="fc_1", arguments=said.arguments)
            emit("response.output_item.done", output_index=len(output), item=call)
            output.append(call)
        else:
            message: JsonObject = {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
            }
            message["content"] = [text_part(said.text)]
            emit("response.output_item.added", output_index=len(output), item={**message, "content": []})
            emit("response.content_part.added", **place, content_index=0, part=text_part(""))
            for piece in said.pieces:
                emit("response.output_text.delta", **place, content_index=0, delta=piece)
            emit("response.output_text.done", **place, content_index=0, text=said.text)
            emit("response.output_item.done", output_index=len(output), item=message)
            output.append(message)
        emit("response.completed", response={**head, "status": "completed", "usage": USAGE})
        return emit.events


def _refused(message: str, param: str, code: str) -> Reply:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return json_reply({"error": error}, 400)


def _lost(parent: str) -> JsonObject:
    """Told in the stream."""
    error = {"type": "invalid_request_error", "code": "previous_response_not_found"}
    error |= {"message": f"Previous response with id '{parent}' not found.", "param": "previous_response_id"}
    return {"type": "error", "sequence_number": 0, "error": error}


def _think(emit: Numbered, text: str) -> JsonObject:
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "status": "completed"}
    place = {"item_id": "rs_1", "output_index": 0, "content_index": 0}
    emit("response.output_item.added", output_index=0, item={**item, "status": "in_progress"})
    emit("response.reasoning_text.delta", **place, delta=text)
    emit("response.reasoning_text.done", **place, text=text)
    done = {**item, "content": [{"type": "reasoning_text", "text": text}], "encrypted_content": ""}
    emit("response.output_item.done", output_index=0, item=done)
    return done
