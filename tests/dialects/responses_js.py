"""Hugging Face's responses.js, from src/routes/responses.ts and src/schemas.ts: nothing is kept, `data:` lines only,
every item said to be the first, usage of zeros at first, and refusals as zod lists them."""

from tests.dialects.speaking import MODEL, Dialect, JsonObject, Numbered, Said, items_of, text_part
from tests.kit.gated_server import Reply, Request, json_reply

ZEROS = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
KNOWN = ("message", "function_call", "function_call_output", "mcp_list_tools", "mcp_call")


class ResponsesJs(Dialect):
    def __init__(self) -> None:
        super().__init__(names=False)

    def refusal(self, body: JsonObject, headers: dict[str, str]) -> Reply | None:
        if "authorization" not in headers:
            return json_reply({"success": False, "error": "Unauthorized"}, 401)
        effort = (body.get("reasoning") or {}).get("effort", "low")
        if effort not in ("low", "medium", "high"):
            return _refused(
                ["reasoning", "effort"], f"Invalid enum value. Expected 'low', received '{effort}'"
            )
        if "format" not in body.get("text", {"format": {}}):
            return _refused(["text", "format"], "Invalid input")
        for place, item in enumerate(items_of(body)):
            content = item.get("content")
            parts = content if isinstance(content, list) else []
            if item.get("type", "message") not in KNOWN or any(
                part["type"] == "input_file" for part in parts
            ):
                return _refused(["input", place], "Invalid input")
        return None

    def other(self, request: Request) -> Reply:
        page = f"<!DOCTYPE html>\n<title>Error</title>\n<pre>Cannot {request.method} {request.path}</pre>\n"
        return Reply(404, {"content-type": "text/html; charset=utf-8"}, [page.encode()])

    def models(self) -> Reply:
        return Reply(
            404, {"content-type": "text/html; charset=utf-8"}, [b"<!DOCTYPE html>\n<pre>Cannot GET</pre>\n"]
        )

    def events(self, said: Said, response_id: str, body: JsonObject) -> list[JsonObject]:
        emit, output = Numbered(), list[JsonObject]()
        head = {
            "id": response_id,
            "object": "response",
            "model": body["model"],
            "error": None,
            "instructions": None,
        }
        begun = {**head, "status": "in_progress", "output": [], "usage": ZEROS}
        emit("response.created", response=begun)
        emit("response.in_progress", response=begun)
        if body["model"] != MODEL:
            error = {
                "code": "server_error",
                "message": f"400 The requested model '{body['model']}' does not exist",
            }
            emit(
                "response.failed",
                response={**head, "status": "failed", "output": [], "error": error, "usage": ZEROS},
            )
            return emit.events
        if said.reasoning:
            output.append(_item(emit, 0, "rs_1", "reasoning", "reasoning_text", [said.reasoning]))
        if said.arguments:
            call = {
                "type": "function_call",
                "id": "fc_1",
                "call_id": "call_1",
                "name": body["tools"][0]["name"],
            }
            emit("response.output_item.added", output_index=len(output), item={**call, "arguments": ""})
            place = {"item_id": "fc_1", "output_index": len(output)}
            emit("response.function_call_arguments.delta", **place, delta=said.arguments)
            emit("response.function_call_arguments.done", **place, arguments=said.arguments)
            done = {**call, "arguments": said.arguments, "status": "completed"}
            emit("response.output_item.done", output_index=len(output), item=done)
            output.append(done)
        else:
            output.append(_item(emit, len(output), "msg_1", "message", "output_text", said.pieces))
        emit("response.completed", response={**head, "status": "completed", "output": output, "usage": ZEROS})
        return emit.events


def _refused(path: list[str | int], message: str) -> Reply:
    issues = [{"code": "invalid_union", "path": path, "message": message}]
    return json_reply({"success": False, "error": issues, "details": issues}, 400)


def _item(
    emit: Numbered, index: int, item_id: str, kind: str, part: str, pieces: list[str] | tuple[str, ...]
) -> JsonObject:
    """It is announced at output_index 0 wherever it stands."""
    whole = {**text_part("".join(pieces)), "type": part}
    item = {"id": item_id, "type": kind, "role": "assistant", "status": "in_progress", "content": []}
    place = {"item_id": item_id, "output_index": index, "content_index": 0}
    emit("response.output_item.added", output_index=0, item=item)
    emit("response.content_part.added", **place, part={**whole, "text": ""})
    for piece in pieces:
        emit(f"response.{part}.delta", **place, delta=piece)
    emit(f"response.{part}.done", **place, text=whole["text"])
    emit("response.content_part.done", **place, part=whole)
    done = {**item, "status": "completed", "content": [whole]}
    emit("response.output_item.done", output_index=index, item=done)
    return done
