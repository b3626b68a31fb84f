"""What servers refuse, what is sent again, and what never leaves: over a real socket."""

import asyncio
import logging
import traceback
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from chatapp.connections.endpoint import Endpoint
from chatapp.connections.http import Call
from chatapp.connections.retries import RetryRule
from chatapp.services.ports import ServerFailure
from tests.connections.conftest import KEY, Clients
from tests.kit.certificate import Authority
from tests.kit.clock import FakeClock
from tests.kit.events import response_object, sse_bytes, text_stream
from tests.kit.gated_server import (
    GatedServer,
    HangUp,
    Pause,
    Reply,
    Reset,
    Stall,
    error_reply,
    json_reply,
    stream_reply,
)

MODELS = ("GET", "/v1/models")
FINE = json_reply({"object": "list", "data": [{"id": "m"}]})
NO_JITTER = RetryRule(jitter=lambda: 0.0)


async def refused(clients: Clients, base_url: str, **options: Any) -> ServerFailure:
    with pytest.raises(ServerFailure) as caught:
        await clients.responses(base_url, **options).models()
    return caught.value


@pytest.mark.parametrize(
    ("status", "code"), [(400, "bad"), (401, "invalid_api_key"), (403, None), (404, None), (422, None)]
)
async def test_a_refusal_carries_status_and_error_and_is_not_retried(
    gated_server: GatedServer, clients: Clients, status: int, code: str | None
) -> None:
    gated_server.script(*MODELS, error_reply(status, "No.", code, x_request_id="req_1"))
    failure = await refused(clients, gated_server.base_url)
    assert (failure.kind, failure.status, failure.error.code) == ("refused", status, code)
    assert str(failure) == failure.error.message == "No."
    assert dict(failure.error.headers) == {"x-request-id": "req_1"}
    assert len(gated_server.requests) == 1


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
async def test_passing_refusals_are_sent_again_twice(
    gated_server: GatedServer, clients: Clients, fake_clock: FakeClock, status: int
) -> None:
    gated_server.script(*MODELS, error_reply(status, "Busy."), error_reply(status, "Busy."), FINE)
    client = clients.responses(gated_server.base_url, retry=NO_JITTER)
    assert await client.models() == [{"id": "m"}]
    assert fake_clock.sleeps == [0.5, 1.0]
    gated_server.always(*MODELS, error_reply(status, "Busy."))
    failure = await refused(clients, gated_server.base_url, retry=NO_JITTER)
    assert failure.status == status
    assert len(gated_server.requests) == 6


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "2"}, 2.0),
        ({"retry_after_ms": "250", "retry_after": "9"}, 0.25),
        ({"retry_after": "120"}, 120.0),
        ({"retry_after": "soon"}, 0.5),
        ({"retry_after": "nan"}, 0.5),
        ({"retry_after": "-3"}, 0.5),
    ],
)
async def test_the_server_says_how_long_to_wait(
    gated_server: GatedServer,
    clients: Clients,
    fake_clock: FakeClock,
    headers: dict[str, str],
    wait: float,
) -> None:
    gated_server.script(*MODELS, error_reply(429, "Slow down.", **headers), FINE)
    await clients.responses(gated_server.base_url, retry=NO_JITTER).models()
    assert fake_clock.sleeps == [wait]


async def test_a_date_to_wait_for_is_understood(
    gated_server: GatedServer, clients: Clients, fake_clock: FakeClock
) -> None:
    then = format_datetime(datetime.fromtimestamp(datetime.now(UTC).timestamp() + 30, UTC), usegmt=True)
    gated_server.script(*MODELS, error_reply(503, "Later.", retry_after=then), FINE)
    await clients.responses(gated_server.base_url).models()
    assert 27 < fake_clock.sleeps[0] <= 30


@pytest.mark.parametrize(
    "date", ["Mon, 99999999999999999999 Jan 2026 00:00:00 GMT", "Wed, 21 Oct 9999 07:28:00 +9999", "soon"]
)
async def test_a_date_that_is_none_is_no_reason_to_fail(
    gated_server: GatedServer, clients: Clients, fake_clock: FakeClock, date: str
) -> None:
    gated_server.script(*MODELS, error_reply(503, "Later.", retry_after=date), FINE)
    await clients.responses(gated_server.base_url).models()
    assert 0 < fake_clock.sleeps[0] <= 0.5


async def test_a_wait_of_more_than_two_minutes_is_not_waited(
    gated_server: GatedServer, clients: Clients, fake_clock: FakeClock
) -> None:
    gated_server.script(*MODELS, error_reply(429, "Tomorrow.", retry_after="121"))
    failure = await refused(clients, gated_server.base_url)
    assert failure.retry_after == 121
    assert fake_clock.sleeps == []


@pytest.mark.parametrize("code", ["insufficient_quota", "credit_balance_exhausted"])
async def test_an_empty_account_is_not_waited_for(
    gated_server: GatedServer, clients: Clients, code: str
) -> None:
    reply = error_reply(429, "Pay.", code, retry_after="1", x_should_retry="true")
    gated_server.script(*MODELS, reply)
    failure = await refused(clients, gated_server.base_url)
    assert (failure.status, failure.error.code) == (429, code)
    assert len(gated_server.requests) == 1


@pytest.mark.parametrize(
    ("status", "said", "requests"), [(500, "false", 1), (400, "true", 3), (429, "maybe", 3)]
)
async def test_the_server_may_say_whether_to_retry(
    gated_server: GatedServer, clients: Clients, status: int, said: str, requests: int
) -> None:
    gated_server.always(*MODELS, error_reply(status, "No.", x_should_retry=said))
    await refused(clients, gated_server.base_url)
    assert len(gated_server.requests) == requests


async def test_a_stream_is_retried_while_it_has_not_begun(
    gated_server: GatedServer, clients: Clients, fake_clock: FakeClock
) -> None:
    events = text_stream("Hello")
    gated_server.script("POST", "/v1/responses", error_reply(503, "Busy."), stream_reply(sse_bytes(events)))
    client = clients.responses(gated_server.base_url)
    assert [event.raw async for event in client.stream({"input": "Hi"})] == events
    assert len(fake_clock.sleeps) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "Nested.", "code": 7}}', "Nested."),
        (b'{"detail": [{"msg": "one"}, {"msg": "two"}]}', "one; two"),
        (b'"only text"', "only text"),
        (b"plain words", "plain words"),
        (b"<html>502</html>", "The server answered 502 Bad Gateway."),
        (b"", "The server answered 502 Bad Gateway."),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"[" * 100_000, "[" * 500),
        (b"x" * (2 << 20), "The server answered 502 Bad Gateway."),
    ],
)
async def test_a_refusal_in_any_shape_has_a_message(
    gated_server: GatedServer, clients: Clients, body: bytes, message: str
) -> None:
    gated_server.script(*MODELS, Reply(502, {"x-should-retry": "false"}, [body]))
    assert str(await refused(clients, gated_server.base_url)) == message


async def test_a_refusal_whose_body_stalls_is_told_by_its_status(
    gated_server: GatedServer, clients: Clients
) -> None:
    gated_server.script(*MODELS, Reply(403, {}, [b"{", Stall()], "chunked"))
    failure = await refused(clients, gated_server.base_url, error_s=0.2)
    assert (failure.status, str(failure)) == (403, "The server answered 403 Forbidden.")


async def test_a_redirect_is_not_followed(gated_server: GatedServer, clients: Clients) -> None:
    headers = {"location": "https://user:pass@elsewhere.example/v1/models?token=secret"}
    gated_server.always(*MODELS, Reply(307, headers))
    failure = await refused(clients, gated_server.base_url)
    assert (failure.kind, failure.status) == ("refused", 307)
    assert "https://elsewhere.example/v1/models," in str(failure)
    assert "secret" not in str(failure)
    assert "pass" not in str(failure)
    assert len(gated_server.requests) == 1


async def test_nobody_listens(clients: Clients, dead_port: int) -> None:
    failure = await refused(clients, f"http://127.0.0.1:{dead_port}/v1")
    assert failure.kind == "unreachable"
    assert str(failure) == f"127.0.0.1:{dead_port} cannot be reached: connection refused."


@pytest.mark.parametrize(
    "base_url", ["https://no-such-host.invalid/v1", "ftp://x", "", "https://", "http://[::1", "http://a:b/"]
)
async def test_an_address_that_leads_nowhere(clients: Clients, base_url: str) -> None:
    assert (await refused(clients, base_url)).kind == "unreachable"


async def test_a_certificate_nobody_trusts_is_refused(tls_server: GatedServer, clients: Clients) -> None:
    failure = await refused(clients, tls_server.base_url)
    assert failure.kind == "tls"
    assert "certificate" in str(failure)
    assert tls_server.requests == []


async def test_the_systems_certificates_are_trusted(
    tls_server: GatedServer, authority: Authority, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    tls_server.script(*MODELS, FINE)
    assert await clients.responses(tls_server.base_url).models() == [{"id": "m"}]


@pytest.mark.parametrize(
    ("scheme", "greeting", "kind"),
    [
        ("http", b"220 mail.example ESMTP\r\n\r\n", "malformed"),
        ("http", b"HTTP/1.1 abc\r\n\r\n", "malformed"),
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "tls"),
    ],
)
async def test_a_peer_that_speaks_something_else(
    clients: Clients, scheme: str, greeting: bytes, kind: str
) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        failure = await refused(clients, f"{scheme}://127.0.0.1:{port}/v1")
    assert failure.kind == kind


@pytest.mark.parametrize("step", [HangUp(), Reset()])
async def test_a_connection_closed_before_any_byte_is_cut(
    gated_server: GatedServer, clients: Clients, step: Any
) -> None:
    gated_server.always(*MODELS, Reply(steps=[step], cut_wire=0))
    failure = await refused(clients, gated_server.base_url)
    assert failure.kind == "cut"
    assert len(gated_server.requests) == 1


async def test_a_kept_connection_closed_under_the_request_is_replaced(
    gated_server: GatedServer, clients: Clients
) -> None:
    slammed = Reply(steps=[b'{"data": []}'], after="slam")
    gated_server.script(*MODELS, slammed, FINE)
    client = clients.responses(gated_server.base_url)
    assert await client.models() == []
    assert await client.models() == [{"id": "m"}]
    assert [request.connection for request in gated_server.requests] == [1, 1, 2]


@pytest.mark.parametrize("body", [b"[]", b"3", b"{", b"\xff", b"[" * 100_000])
async def test_an_accepted_call_with_an_unreadable_body(
    gated_server: GatedServer, clients: Clients, body: bytes
) -> None:
    gated_server.script(*MODELS, Reply(200, {}, [body]))
    assert (await refused(clients, gated_server.base_url)).kind == "malformed"


async def test_half_a_surrogate_pair_in_a_body_becomes_a_replacement_character(
    gated_server: GatedServer, clients: Clients
) -> None:
    body = b'{"data": [{"id": "a\\ud83d", "\\uDE42": ["\\ud83d\\ude42"]}]}'
    gated_server.script(*MODELS, Reply(200, {"content-type": "application/json"}, [body]))
    models = await clients.responses(gated_server.base_url).models()
    assert models == [{"id": "a\ufffd", "\ufffd": ["🙂"]}]


async def test_a_json_body_has_a_limit(gated_server: GatedServer, clients: Clients) -> None:
    gated_server.script(*MODELS, Reply(200, {}, [b"[" + b"1," * 5000]))
    assert (await refused(clients, gated_server.base_url, json_bytes=5000)).kind == "oversized"


async def test_a_json_body_cannot_drip_for_ever(gated_server: GatedServer, clients: Clients) -> None:
    drops = [step for _ in range(50) for step in (b" ", Pause(0.05))]
    gated_server.script(*MODELS, Reply(200, {}, drops, "chunked"))
    assert (await refused(clients, gated_server.base_url, silence_s=0.3)).kind == "timeout"


async def test_proxies_are_not_asked_about_this_computer(
    gated_server: GatedServer, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    gated_server.script(*MODELS, FINE)
    assert await clients.responses(gated_server.base_url).models() == [{"id": "m"}]


async def test_proxies_of_the_environment_are_used(
    gated_server: GatedServer, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", gated_server.origin)
    gated_server.script("GET", "/v1/models", FINE)
    client = clients.responses("http://box.internal/v1")
    assert await client.models() == [{"id": "m"}]
    assert gated_server.requests[0].headers["host"] == "box.internal"


async def test_an_unusable_proxy_is_told_without_its_password(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://me:hunter2@proxy.example")
    failure = await refused(clients, "https://box.internal/v1")
    assert failure.kind == "proxy"
    assert "hunter2" not in "".join(traceback.format_exception(failure))


async def test_the_key_is_in_no_message_repr_or_log(
    gated_server: GatedServer, tls_server: GatedServer, clients: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    gated_server.always(*MODELS, error_reply(401, "Wrong key."))
    failures = [
        await refused(clients, gated_server.base_url),
        await refused(clients, tls_server.base_url),
        await refused(clients, "http://127.0.0.1:1/v1"),
        await refused(clients, "http://example.com/v1"),
        await refused(clients, gated_server.base_url, key=f"{KEY}\r\nX-Evil: 1"),
        await refused(clients, gated_server.base_url, key=f"{KEY}é"),
    ]
    http = clients.http(gated_server.base_url)
    with pytest.raises(ServerFailure):
        await http.json(Call("GET", "/models", query={"secret-query": "private"}))
    everything = "".join("".join(traceback.format_exception(failure)) for failure in failures)
    everything += "".join(map(repr, failures)) + repr(http) + repr(Endpoint(gated_server.base_url, KEY))
    everything += caplog.text
    assert KEY not in everything
    assert "secret-query" not in everything
    assert [failure.kind for failure in failures[3:]] == ["insecure", "refused", "refused"]
    assert {failure.error.code for failure in failures[4:]} == {"invalid_api_key"}


async def test_responses_by_id(gated_server: GatedServer, clients: Clients) -> None:
    client = clients.responses(gated_server.base_url)
    answer, odd = response_object(), "resp_/../files?x=1"
    gated_server.script("POST", "/v1/responses", json_reply(answer))
    assert await client.create({"input": "Hi", "stream": True}) == answer
    assert gated_server.requests[-1].json == {"input": "Hi", "stream": False}
    gated_server.script("GET", "/v1/responses/resp_1", json_reply(answer))
    assert await client.retrieve("resp_1") == answer
    gated_server.script("POST", "/v1/responses/resp_1/cancel", json_reply({"status": "cancelled"}))
    assert await client.cancel("resp_1") == {"status": "cancelled"}
    gated_server.script("DELETE", "/v1/responses/resp_1", json_reply({"deleted": True}), Reply(204))
    await client.delete("resp_1")
    await client.delete("resp_1")
    gated_server.script("GET", "/v1/responses/*", json_reply(answer))
    await client.retrieve(odd)
    assert gated_server.requests[-1].path == "/v1/responses/resp_%2F..%2Ffiles%3Fx%3D1"


async def test_input_items_come_in_pages_oldest_first(gated_server: GatedServer, clients: Clients) -> None:
    path = "/v1/responses/resp_1/input_items"
    pages = [
        {"data": [{"id": "a"}, {"id": "b"}], "has_more": True, "last_id": "b"},
        {"data": [{"id": "c"}], "has_more": False},
    ]
    gated_server.script("GET", path, *map(json_reply, pages))
    items = await clients.responses(gated_server.base_url).input_items("resp_1")
    assert [item["id"] for item in items] == ["a", "b", "c"]
    first, second = gated_server.requests
    assert first.query == {"limit": ["100"], "order": ["asc"]}
    assert second.query == {"limit": ["100"], "order": ["asc"], "after": ["b"]}


async def test_a_server_that_ignores_after_ends_the_list(gated_server: GatedServer, clients: Clients) -> None:
    page = {"data": [{"id": "a"}, {"no": "id"}], "has_more": True, "last_id": "a"}
    gated_server.always("GET", "/v1/responses/resp_1/input_items", json_reply(page))
    items = await clients.responses(gated_server.base_url).input_items("resp_1")
    assert items[0] == {"id": "a"}
    assert len(gated_server.requests) <= 3


@pytest.mark.parametrize("status", [401, 400])
async def test_a_key_that_the_server_repeats_is_not_told_on(
    gated_server: GatedServer, clients: Clients, status: int
) -> None:
    gated_server.always(*MODELS, error_reply(status, f"Incorrect API key provided: {KEY}."))
    failure = await refused(clients, gated_server.base_url)
    assert failure.error.message == "Incorrect API key provided: [key]."
    short = await refused(clients, gated_server.base_url, key="API")
    assert short.error.message.startswith("Incorrect API key")


async def test_a_key_that_is_repeated_in_a_stream_is_not_told_on(
    gated_server: GatedServer, clients: Clients
) -> None:
    body = sse_bytes([{"type": "error", "code": None, "message": f"Wrong: {KEY}."}])
    gated_server.always("POST", "/v1/responses", stream_reply(body[:40], body[40:]))
    events = [event async for event in clients.responses(gated_server.base_url).stream({})]
    assert [event.raw["message"] for event in events] == ["Wrong: [key]."]


async def test_a_key_that_is_repeated_in_headers_is_not_told_on(
    gated_server: GatedServer, clients: Clients
) -> None:
    gated_server.always(*MODELS, Reply(302, {"location": f"https://e.org/{KEY}", "x-request-id": KEY}))
    failure = await refused(clients, gated_server.base_url)
    assert "https://e.org/[key]," in failure.error.message
    assert failure.error.headers == (("x-request-id", "[key]"),)
