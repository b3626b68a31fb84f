"""Where secrets stand in a tool, and where what only looks like one does."""

import pytest

from chatapp.conversation.tool_secrets import SCHEME, has_secrets, secrets_in, with_secrets
from chatapp.protocol.json_types import JsonObject

MCP: JsonObject = {"type": "mcp", "server_label": "files"}
ROWS: list[tuple[JsonObject, tuple[str, ...]]] = [
    (MCP | {"authorization": "a"}, ("a",)),
    (
        MCP | {"headers": {"X-Auth": "a", "Cookie": "b", "X-Any": "Bearer c", "X-Title": "t"}},
        ("a", "b", "Bearer c"),
    ),
    (MCP | {"server_url": "https://me:p@ss@example.org/?token=t&page=2#key=3"}, ("me:p@ss", "t")),
    (MCP | {"server_url": "https://example.org/mail@me?page=2"}, ()),
    (MCP | {"authorization": ["a"], "headers": {"X-Key": 3}}, ()),
    ({"type": "namespace", "name": "n", "tools": [MCP | {"authorization": "a"}]}, ("a",)),
    (
        {
            "type": "shell",
            "environment": {
                "network_policy": {"domain_secrets": [{"domain": "d.org", "name": "N", "value": "v"}]}
            },
        },
        ("v",),
    ),
    ({"type": "function", "name": "f", "parameters": {"examples": [{"authorization": "a"}]}}, ()),
]


@pytest.mark.parametrize(("tool", "secrets"), ROWS)
def test_secrets_are_found_and_can_be_put_back(tool: JsonObject, secrets: tuple[str, ...]) -> None:
    request: JsonObject = {"tools": [tool]}
    assert secrets_in(request) == secrets
    hidden = with_secrets(request, lambda value, label: f"{SCHEME}{value.encode().hex()}")
    assert not has_secrets(hidden)
    shown = with_secrets(hidden, lambda value, label: bytes.fromhex(value.removeprefix(SCHEME)).decode())
    assert shown == request


@pytest.mark.parametrize("tools", [None, "x", [], ["x", None, {"type": "mcp"}, {"type": ["mcp"]}]])
def test_what_has_no_secret_is_given_back_itself(tools: object) -> None:
    request: JsonObject = {"tools": tools}
    assert with_secrets(request, lambda value, label: "") is request
