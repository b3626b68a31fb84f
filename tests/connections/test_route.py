"""The way to a server, over real sockets: own headers, proxies of three kinds, own certificates."""

import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.connections.route import DIRECT, Route
from chatapp.services.ports import ServerFailure
from tests.connections.conftest import KEY, Clients
from tests.kit.certificate import Authority, make_authority
from tests.kit.gated_server import GatedServer, Reply, json_reply
from tests.kit.proxy import Proxy

MODELS = ("GET", "/v1/models")
FINE = json_reply({"data": [{"id": "m"}]})
SLAMMED = Reply(200, {}, [b'{"data": []}'], after="slam")


@pytest.fixture
def proxy(gated_server: GatedServer) -> Iterator[Proxy]:
    with Proxy(gated_server.port) as running:
        yield running


async def failure_of(clients: Clients, base_url: str, route: Route, key: str | None = KEY) -> ServerFailure:
    with pytest.raises(ServerFailure) as caught:
        await clients.responses(base_url, route=route, key=key).models()
    return caught.value


async def test_azure_is_shown_its_key_in_its_own_header(gated_server: GatedServer, clients: Clients) -> None:
    gated_server.script(*MODELS, FINE)
    await clients.responses(gated_server.base_url, auth="api-key").models()
    headers = gated_server.requests[0].headers
    assert headers["api-key"] == KEY
    assert "authorization" not in headers


async def test_own_headers_go_along_and_what_is_needed_stays(
    gated_server: GatedServer, clients: Clients
) -> None:
    gated_server.script("POST", "/v1/responses", json_reply({}))
    own = (
        ("X-Title", "chat"),
        ("user-agent", "mine/1"),
        ("Accept-Encoding", "gzip"),
        ("content-type", "x/y"),
    )
    await clients.responses(gated_server.base_url, headers=own).create({"input": "Hi"})
    headers = gated_server.requests[0].headers
    assert (headers["x-title"], headers["user-agent"]) == ("chat", "mine/1")
    assert (headers["accept-encoding"], headers["content-type"]) == ("identity", "application/json")
    assert headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("scheme", "asked"),
    [
        ("http", "GET http://box.internal/v1/models"),
        ("socks5", "SOCKS box.internal:80"),
        ("socks5h", "SOCKS box.internal:80"),
    ],
)
async def test_a_servers_own_proxy_is_used(
    gated_server: GatedServer, clients: Clients, proxy: Proxy, scheme: str, asked: str
) -> None:
    if scheme != "http":
        pytest.importorskip("socksio")
    gated_server.script(*MODELS, FINE)
    client = clients.responses("http://box.internal/v1", route=Route(proxy.url(scheme)))
    assert await client.models() == [{"id": "m"}]
    assert proxy.asked == [asked]
    assert gated_server.requests[0].headers["host"] == "box.internal"


async def test_a_servers_own_proxy_is_used_for_this_computer_too(
    gated_server: GatedServer, clients: Clients, proxy: Proxy
) -> None:
    gated_server.script(*MODELS, FINE)
    await clients.responses(gated_server.base_url, route=Route(proxy.url())).models()
    assert proxy.asked == [f"GET {gated_server.base_url}/models"]


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_secure_connection_goes_through_the_proxy_unread(
    tls_server: GatedServer, authority: Authority, clients: Clients, scheme: str
) -> None:
    if scheme == "socks5":
        pytest.importorskip("socksio")
    tls_server.script(*MODELS, FINE)
    with Proxy(tls_server.port) as proxy:
        route = Route(proxy.url(scheme), str(authority.ca_file))
        assert await clients.responses(tls_server.base_url, route=route).models() == [{"id": "m"}]
    verb = "CONNECT" if scheme == "http" else "SOCKS"
    assert proxy.asked == [f"{verb} 127.0.0.1:{tls_server.port}"]


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_kept_connection_through_a_proxy_is_replaced_once(
    gated_server: GatedServer, clients: Clients, proxy: Proxy, scheme: str
) -> None:
    if scheme == "socks5":
        pytest.importorskip("socksio")
    gated_server.script(*MODELS, SLAMMED, FINE)
    client = clients.responses("http://box.internal/v1", route=Route(proxy.url(scheme)))
    assert await client.models() == []
    assert await client.models() == [{"id": "m"}]
    gated_server.always(*MODELS, Reply(cut_wire=0))
    with pytest.raises(ServerFailure) as caught:
        await client.models()
    assert caught.value.kind == "cut"


async def test_direct_means_direct_whatever_the_environment_names(
    gated_server: GatedServer, clients: Clients, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url())
    failure = await failure_of(clients, "http://box.internal/v1", Route(DIRECT))
    assert failure.kind == "unreachable"
    assert proxy.asked == []


async def test_a_proxy_that_refuses_is_told_as_such(tls_server: GatedServer, clients: Clients) -> None:
    with Proxy(tls_server.port, "407 Proxy Authentication Required") as proxy:
        failure = await failure_of(clients, tls_server.base_url, Route(proxy.url()))
    assert failure.kind == "proxy"
    way = f"127.0.0.1:{tls_server.port} through the proxy 127.0.0.1:{proxy.port}"
    assert str(failure) == f"No way to {way}: the proxy says 407 Proxy Authentication Required."


async def test_a_proxy_that_is_not_there_is_named(clients: Clients) -> None:
    failure = await failure_of(clients, "https://box.internal/v1", Route("http://127.0.0.1:1"))
    assert failure.kind == "unreachable"
    assert str(failure) == "box.internal through the proxy 127.0.0.1:1 cannot be reached: connection refused."


@pytest.mark.parametrize("proxy_url", ["gopher://127.0.0.1:1", "http://", "http://[::1", "nonsense"])
async def test_a_proxy_that_is_none_is_told_without_its_address(clients: Clients, proxy_url: str) -> None:
    failure = await failure_of(clients, "https://box.internal/v1", Route(proxy_url))
    assert failure.kind in ("proxy", "unreachable")
    assert KEY not in "".join(traceback.format_exception(failure))


async def test_a_key_in_the_clear_is_not_sent_through_a_distant_proxy(clients: Clients) -> None:
    route = Route("http://proxy.example.com:3128")
    failure = await failure_of(clients, "http://box.internal/v1", route)
    assert failure.kind == "insecure"
    assert "proxy.example.com:3128" in str(failure)


async def test_own_certificates_are_trusted(
    tls_server: GatedServer, authority: Authority, clients: Clients
) -> None:
    tls_server.script(*MODELS, FINE)
    route = Route(ca_file=str(authority.ca_file))
    assert await clients.responses(tls_server.base_url, route=route).models() == [{"id": "m"}]


async def test_another_authority_does_not_make_a_server_trusted(
    tls_server: GatedServer, clients: Clients, tmp_path: Path
) -> None:
    other = make_authority(tmp_path)
    failure = await failure_of(clients, tls_server.base_url, Route(ca_file=str(other.ca_file)))
    assert failure.kind == "tls"
    assert tls_server.requests == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "there is no such file"),
        ("", "it holds no certificates in PEM form"),
        ("héllo", "it holds no certificates in PEM form"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n", "it holds no certificates in PEM form"),
    ],
)
async def test_a_certificate_file_that_is_none_is_named(
    tls_server: GatedServer, clients: Clients, tmp_path: Path, text: str | None, reason: str
) -> None:
    path = tmp_path / "own.pem"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    failure = await failure_of(clients, tls_server.base_url, Route(ca_file=str(path)))
    assert failure.kind == "ca_file"
    assert str(failure) == f"The certificate file {path} cannot be used: {reason}."


async def test_a_folder_is_no_certificate_file(clients: Clients, tmp_path: Path) -> None:
    failure = await failure_of(clients, "https://box.internal/v1", Route(ca_file=str(tmp_path)))
    assert failure.kind == "ca_file"
