"""What a server may be set up with, and that no key is written down with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.services.connection_rules import check_connection, check_headers, check_proxy
from chatapp.services.ports import Connection
from chatapp.services.use_case import UseCaseFailure

SECRET = "sk-very-secret-0123456789"


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("HTTP-Referer", "https://chat.example"), ("X-Title", "Chat")),
        (("OpenAI-Organization", "org-1"), ("OpenAI-Project", "proj_1"), ("OpenAI-Beta", "x=v1")),
        (("User-Agent", "mine/1"), ("x-empty", ""), ("x-portkey-provider", "openai")),
    ],
)
def test_plain_headers_are_fine(headers: tuple[tuple[str, str], ...]) -> None:
    check_headers(headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "x"),
        ("api-key", "x"),
        ("X-Api-Key", "x"),
        ("x_api_key", "x"),
        ("X-Auth-Token", "x"),
        ("X-SessionToken-Value", "x"),
        ("Helicone-Auth", "x"),
        ("CF-Access-Client-Secret", "x"),
        ("Cookie", "x"),
        ("Proxy-Authorization", "x"),
        ("X-Plain", SECRET),
        ("X-Plain", f"Bearer {SECRET}"),
        ("Host", "other.example"),
        ("Content-Length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("accept-encoding", "gzip"),
        ("", "x"),
        ("X Title", "x"),
        ("X-Title:", "x"),
        ("X-Titel-ä", "x"),
        ("X-Title", "a\r\nX-Evil: 1"),
        ("X-Title", "a\x00"),
        ("X-Title", "ä"),
        ("X-Title", " padded"),
    ],
)
def test_a_header_that_cannot_be_set_is_refused(name: str, value: str) -> None:
    with pytest.raises(UseCaseFailure) as caught:
        check_headers(((name, value),))
    assert caught.value.failure.kind == "invalid_header"
    assert SECRET not in caught.value.failure.text


def test_a_header_is_set_once() -> None:
    with pytest.raises(UseCaseFailure, match="set up"):
        check_headers((("X-Title", "a"), ("x-title", "b")))


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_is_accepted_can_be_sent(name: str, value: str) -> None:
    try:
        check_headers(((name, value),))
    except UseCaseFailure:
        return
    line = f"{name}: {value}"
    assert line.isascii()
    assert line.isprintable()


@pytest.mark.parametrize(
    "proxy",
    [
        "",
        "direct",
        "http://proxy.lan:3128",
        "https://proxy.example/",
        "socks5://127.0.0.1:9050",
        "socks5h://a",
    ],
)
def test_proxies(proxy: str) -> None:
    check_proxy(proxy)


@pytest.mark.parametrize(
    "proxy",
    [
        "proxy.lan:3128",
        "Direct",
        "ftp://proxy.lan",
        "http://",
        "http://a:b",
        "http://[::1",
        "http://me:hunter2@proxy.lan:3128",
        "http://proxy.lan/path",
        "http://proxy.lan?x=1",
    ],
)
def test_what_is_no_proxy_is_refused(proxy: str) -> None:
    with pytest.raises(UseCaseFailure) as caught:
        check_proxy(proxy)
    assert caught.value.failure.kind == "invalid_proxy"
    assert "hunter2" not in caught.value.failure.text


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"base_url": "ftp://x"}, "invalid_address"),
        ({"headers": (("Host", "x"),)}, "invalid_header"),
        ({"proxy": "x"}, "invalid_proxy"),
        ({"connect_s": -1}, "invalid_timeout"),
        ({"silence_s": 4000}, "invalid_timeout"),
        ({"silence_s": float("nan")}, "invalid_timeout"),
    ],
)
def test_the_kind_tells_what_is_wrong(changes: dict[str, object], kind: str) -> None:
    fields = {"id": "one", "name": "One", "base_url": "https://one.example/v1", **changes}
    with pytest.raises(UseCaseFailure) as caught:
        check_connection(Connection(**fields))  # type: ignore[arg-type]
    assert caught.value.failure.kind == kind
