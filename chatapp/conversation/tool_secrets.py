"""What stands in a tool in the place of a secret: an MCP server's `authorization`, and its headers that carry a key.

A secret is kept in the key store. Parameters, requests, history, exports and programs hold a reference to it.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from chatapp.protocol.json_types import Json, JsonObject, object_of, objects_of, text_of

SCHEME: Final = "chatapp-secret:"
AUTHORIZATION: Final = "authorization"
_SECRET_HEADER: Final = re.compile(
    r"authori[sz]ation|cookie|key|token|secret|password|credential", re.IGNORECASE
)


def has_secrets(parameters: JsonObject) -> bool:
    """Whether tools hold secrets as they were typed."""
    return any(not value.startswith(SCHEME) for value in _secrets(parameters))


def references_to_secrets(request: JsonObject) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in _secrets(request) if value.startswith(SCHEME)))


def with_secrets(request: JsonObject, put: Callable[[str, str], str]) -> JsonObject:
    """Parameters, or a request, with every secret or reference replaced by what `put` says for it and the label of its
    server. What was given stays as it is."""
    if not any(True for _ in _secrets(request)):
        return request
    return {**request, "tools": [_tool(tool, put) for tool in request["tools"]]}


def _tool(tool: Json, put: Callable[[str, str], str]) -> Json:
    if not isinstance(tool, dict) or tool.get("type") != "mcp":
        return tool
    label = text_of(tool.get("server_label"))
    new = dict(tool)
    if text_of(tool.get(AUTHORIZATION)):
        new[AUTHORIZATION] = put(tool[AUTHORIZATION], label)
    if isinstance(tool.get("headers"), dict):
        new["headers"] = {
            name: put(value, label) if _is_secret(name, value) else value
            for name, value in tool["headers"].items()
        }
    return new


def _secrets(request: JsonObject) -> Iterator[str]:
    for tool in objects_of(request.get("tools")):
        if tool.get("type") == "mcp":
            if text_of(tool.get(AUTHORIZATION)):
                yield tool[AUTHORIZATION]
            headers = object_of(tool.get("headers"))
            yield from (value for name, value in headers.items() if _is_secret(name, value))


def _is_secret(name: str, value: Json) -> bool:
    return bool(text_of(value)) and _SECRET_HEADER.search(name) is not None
