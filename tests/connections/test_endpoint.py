"""Addresses: which are near enough for a key in plain text, and how URLs are made."""

import pytest

from chatapp.connections.endpoint import Endpoint, auth_headers, check_address, is_loopback
from chatapp.services.ports import ServerFailure


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.9.9.9",
        "[::1]",
        "localhost",
        "a.localhost",
        "10.1.2.3",
        "172.16.0.9",
        "192.168.1.5",
        "[fd00::7]",
        "100.100.3.4",
        "nas",
        "printer.local",
        "box.lan",
        "BOX.Home.Arpa",
    ],
)
def test_a_key_may_go_in_plain_text_to_what_is_near(host: str) -> None:
    check_address(Endpoint(f"http://{host}:8080/v1", "key"))


@pytest.mark.parametrize(
    "host", ["example.com", "8.8.8.8", "172.32.0.1", "[2001:4860::1]", "100.128.0.1", "local.example.com"]
)
def test_a_key_does_not_go_in_plain_text_to_what_is_far(host: str) -> None:
    with pytest.raises(ServerFailure) as caught:
        check_address(Endpoint(f"http://{host}/v1", "key"))
    assert caught.value.kind == "insecure"
    check_address(Endpoint(f"https://{host}/v1", "key"))
    check_address(Endpoint(f"http://{host}/v1"))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_credentials_in_the_address_are_refused(scheme: str) -> None:
    endpoint = Endpoint(f"{scheme}://me:hunter2@127.0.0.1/v1")
    with pytest.raises(ServerFailure) as caught:
        check_address(endpoint)
    assert caught.value.kind == "insecure"
    assert "hunter2" not in str(caught.value) + endpoint.host


@pytest.mark.parametrize(
    "base", ["", "example.com/v1", "ftp://x/v1", "http://", "http://x:99999/v1", "http://[x/"]
)
def test_what_is_no_address_is_told(base: str) -> None:
    with pytest.raises(ServerFailure) as caught:
        check_address(Endpoint(base))
    assert caught.value.kind == "unreachable"


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://h/v1", "https://h/v1/models?limit=2"),
        ("https://h/v1/", "https://h/v1/models?limit=2"),
        ("https://h", "https://h/models?limit=2"),
        ("https://h/openai?api-version=1#x", "https://h/openai/models?api-version=1&limit=2"),
    ],
)
def test_urls_are_below_the_base(base: str, url: str) -> None:
    assert Endpoint(base).url("/models", {"limit": 2}) == url


def test_the_key_is_a_bearer_and_in_no_repr() -> None:
    endpoint = Endpoint("https://h/v1", " sk-1\n")
    assert auth_headers(endpoint) == {"Authorization": "Bearer sk-1"}
    assert auth_headers(Endpoint("https://h/v1", "  ")) == {}
    assert "sk-1" not in repr(endpoint)


def test_loopback_is_told_by_name_or_address() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "10.0.0.1", "example.com")] == [
        True,
        True,
        True,
        False,
        False,
    ]
