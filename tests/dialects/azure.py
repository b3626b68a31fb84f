"""Azure OpenAI, from litellm 35213 and the documentation of its content filters and errors: as OpenAI, but stricter
with what is sent again, with the key in a header of its own, and with deployments in place of models."""

from tests.dialects.speaking import MODEL, Dialect, JsonObject, Said, items_of
from tests.kit.events import StreamBuilder, response_object
from tests.kit.gated_server import Reply, Request, json_reply

KEY = "azure-key"


class Azure(Dialect):
    """Its model thinks, so that it takes no temperature. It filters "forbidden" questions and "slur" in answers."""

    def refusal(self, body: JsonObject, headers: dict[str, str]) -> Reply | None:
        if headers.get("api-key") != KEY or "authorization" in headers:
            message = "Access denied due to invalid subscription key or wrong API endpoint."
            return json_reply({"error": {"code": "401", "message": message}}, 401)
        if body["model"] != MODEL:
            message = "The API deployment for this resource does not exist."
            return json_reply({"error": {"code": "DeploymentNotFound", "message": message}}, 404)
        if "temperature" in body:
            message = "Unsupported parameter: 'temperature' is not supported with this model."
            return _refused(message, "temperature", "unsupported_parameter")
        parent = body.get("previous_response_id")
        if parent and parent not in self.kept:
            message = f"Previous response with id '{parent}' not found."
            return _refused(message, "previous_response_id", "previous_response_not_found")
        items = items_of(body)
        for item in items:
            content = item.get("content")
            for part in content if isinstance(content, list) else []:
                if part["type"] == "output_text" and "annotations" not in part:
                    return _refused("Invalid payload.", None, "invalid_payload")
        if "forbidden" in str(items[-1].get("content")):
            return _filtered()
        return None

    def history(self, body: JsonObject) -> list[JsonObject]:
        return [*self.kept.get(body.get("previous_response_id") or "", []), *items_of(body)]

    def other(self, request: Request) -> Reply:
        response_id = request.path.rpartition("/")[2]
        if request.method == "GET" and response_id in self.kept:
            return json_reply(response_object(response_id))
        if request.method == "DELETE" and response_id in self.kept:
            del self.kept[response_id]
            return json_reply({"id": response_id, "object": "response.deleted", "deleted": True})
        return json_reply({"error": {"code": "404", "message": "Resource not found"}}, 404)

    def events(self, said: Said, response_id: str, body: JsonObject) -> list[JsonObject]:
        fields = {
            "content_filters": [{"blocked": False}],
            "previous_response_id": body.get("previous_response_id"),
        }
        builder = StreamBuilder(response_id, **fields).begin()
        if said.reasoning:
            builder.reasoning(said.reasoning)
        if said.arguments:
            return builder.function_call(body["tools"][0]["name"], said.arguments).end()
        builder.message(*said.pieces)
        if "slur" in str(body["input"]):
            return builder.end("incomplete", incomplete_details={"reason": "content_filter"})
        return builder.end()


def _refused(message: str, param: str | None, code: str) -> Reply:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return json_reply({"error": error}, 400)


def _filtered() -> Reply:
    message = (
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please "
        "modify your prompt and retry."
    )
    result = {"hate": {"filtered": True, "severity": "high"}}
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": result}
    error = {
        "message": message,
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "innererror": inner,
    }
    return json_reply({"error": error}, 400)
