"""What stands in a tool in the place of a secret: the `authorization` of an MCP server, its headers that carry a key,
the keys and passwords in its address, and the secrets of domains that a container may reach.

A secret is kept in the key store. Parameters, requests, history, exports and programs hold a reference to it.
"""

import re
from collections.abc import Callable
from typing import Final

from chatapp.conversation.key_names import is_key_name, may_be_key_header
from chatapp.protocol.json_types import Json, JsonObject, text_of

SCHEME: Final = "chatapp-secret:"
AUTHORIZATION: Final = "authorization"
_WITHOUT: Final = frozenset({"function", "custom", "file_search"})
"""Kinds of tools that have no place for a secret."""
_IN_ADDRESS: Final = re.compile(
    r"(?<=//)(?P<user>[^/?#\s]+)(?=@)|(?<=[?&])(?P<name>[^=&#\s]+)=(?P<value>[^&#\s]+)"
)

Put = Callable[[str, str], str]
"""What is put in the place of a secret or a reference, by that and the label of its server."""


def has_secrets(parameters: JsonObject) -> bool:
    """Whether tools hold secrets as they were typed."""
    return bool(secrets_in(parameters))


def secrets_in(parameters: JsonObject) -> tuple[str, ...]:
    """The secrets that stand in the tools of parameters, or of a request, as they were typed."""
    return tuple(value for value in _found(parameters) if not value.startswith(SCHEME))


def references_to_secrets(request: JsonObject) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in _found(request) if value.startswith(SCHEME)))


def with_secrets(request: JsonObject, put: Put) -> JsonObject:
    """Parameters, or a request, with every secret or reference replaced by what `put` says for it and the label of its
    server. What was given stays as it is, and is given back where there is none."""
    tools = request.get("tools")
    if not isinstance(tools, list):
        return request
    new = [_tool(tool, put) for tool in tools]
    return request if new == tools else {**request, "tools": new}


def _found(request: JsonObject) -> list[str]:
    found: list[str] = []

    def note(value: str, _label: str) -> str:
        found.append(value)
        return value

    with_secrets(request, note)
    return found


def _tool(tool: Json, put: Put) -> Json:
    is_plain = not isinstance(tool, dict) or text_of(tool.get("type")) in _WITHOUT
    return tool if is_plain else _replaced(tool, "", "", put)


def _replaced(value: Json, place: str, label: str, put: Put) -> Json:
    """`value` stands under the name `place`, in a tool called `label`."""
    if isinstance(value, list):
        return [_replaced(entry, place, label, put) for entry in value]
    if isinstance(value, dict):
        own = text_of(value.get("server_label")) or label
        return {
            name: put(entry, own) if _is_secret(place, name, entry) else _replaced(entry, name, own, put)
            for name, entry in value.items()
        }
    if isinstance(value, str) and place.endswith("url"):
        return _IN_ADDRESS.sub(lambda found: _in_address(found, label, put), value)
    return value


def _is_secret(place: str, name: str, value: Json) -> bool:
    if not text_of(value):
        return False
    if place == "headers":
        return value.startswith(SCHEME) or may_be_key_header(name, value)
    return name == AUTHORIZATION or (place == "domain_secrets" and name == "value")


def _in_address(found: re.Match[str], label: str, put: Put) -> str:
    if found["user"]:
        return put(found["user"], label)
    return f"{found['name']}={put(found['value'], label)}" if is_key_name(found["name"]) else found[0]
