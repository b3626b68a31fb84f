"""The door: no route answers without the token, to a foreign host, to a web page, or a body that nobody reads."""

import httpx
import pytest
from starlette.routing import Route, WebSocketRoute

from chatapp.engine.app import ROUTES
from tests.engine.process import RunningEngine

EVERY_ROUTE = [
    (method, route.path.replace("{", "").replace("}", ""))
    for route in ROUTES
    if isinstance(route, Route)
    for method in sorted(route.methods or ())
]
EVERY_SOCKET = [route.path for route in ROUTES if isinstance(route, WebSocketRoute)]
UPGRADE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
}
BAD = {
    "no token": ({"authorization": ""}, 401, "invalid_api_key"),
    "wrong token": ({"authorization": "Bearer wrong"}, 401, "invalid_api_key"),
    "wrong scheme": ({"authorization": "Basic {token}"}, 401, "invalid_api_key"),
    "part of the token": ({"authorization": "Bearer {token:.8}"}, 401, "invalid_api_key"),
    "foreign host": ({"host": "attacker.example"}, 403, "host_not_allowed"),
    "foreign host, our port": ({"host": "attacker.example:{port}"}, 403, "host_not_allowed"),
    "our host, no port": ({"host": "127.0.0.1"}, 403, "host_not_allowed"),
    "web page": ({"origin": "https://attacker.example"}, 403, "origin_not_allowed"),
    "local web page": ({"origin": "http://localhost:{port}"}, 403, "origin_not_allowed"),
    "sandboxed web page": ({"origin": "null"}, 403, "origin_not_allowed"),
    "body of a simple form": (
        {"content-type": "application/x-www-form-urlencoded"},
        415,
        "unsupported_media_type",
    ),
    "body of a page's script": ({"content-type": "text/plain; charset=utf-8"}, 415, "unsupported_media_type"),
    "compressed body": ({"content-encoding": "gzip"}, 415, "unsupported_media_type"),
}


@pytest.mark.parametrize(("method", "path"), [*EVERY_ROUTE, ("GET", "/nowhere"), ("OPTIONS", "/v1/files")])
def test_every_route_is_guarded(engine: RunningEngine, method: str, path: str) -> None:
    url = httpx.URL(engine.base_url)
    for name, (headers, status, code) in BAD.items():
        filled = {key: value.format(token=engine.token, port=url.port) for key, value in headers.items()}
        response = engine.client.request(method, url.copy_with(path=path), headers=filled)
        assert response.status_code == status, name
        if method != "HEAD":
            assert response.json()["error"]["code"] == code, name


@pytest.mark.parametrize("path", [*EVERY_SOCKET, "/nowhere"])
def test_every_socket_is_guarded(engine: RunningEngine, path: str) -> None:
    url = httpx.URL(engine.base_url).copy_with(path=path)
    for name, (headers, status, code) in BAD.items():
        filled = {key: value.format(token=engine.token, port=url.port) for key, value in headers.items()}
        response = engine.client.get(url, headers=UPGRADE | filled)
        assert (response.status_code, response.json()["error"]["code"]) == (status, code), name
        assert response.headers["x-request-id"].startswith("req_")


def test_there_are_routes_to_guard() -> None:
    assert len(EVERY_ROUTE) > 30
    assert len(EVERY_ROUTE) + len(EVERY_SOCKET) >= len(ROUTES)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost", "[::1]"])
def test_the_names_of_loopback_are_let_in(engine: RunningEngine, host: str) -> None:
    port = httpx.URL(engine.base_url).port
    response = engine.client.get("/models", headers={"host": f"{host}:{port}"})
    assert response.status_code == 200
    assert response.headers["x-request-id"].startswith("req_")
