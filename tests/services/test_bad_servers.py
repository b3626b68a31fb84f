"""What can go wrong at a server, as a table: each has plain words, an action that helps, and loses nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import keyring
import pytest
from keyring.backends import fail

from chatapp.conversation.answer import Status
from chatapp.conversation.failures import Remedy
from chatapp.services.application import UseCaseFailure
from tests.kit.events import StreamBuilder, error_stream, failed_stream, sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, HangUp, Reply, stream_reply
from tests.services.conftest import House, answer, refused

HALF = text_stream("Half of it, ", "and the rest.")[:6]
"""Everything up to the first delta, and the second one."""


@dataclass(frozen=True)
class Row:
    """A reply, and what the turn must say: status, kind, words in title or text, remedy, text that is kept."""

    reply: Callable[[], Reply]
    status: Status
    kind: str
    words: str
    remedy: Remedy
    kept: str = ""


def cut(*steps: bytes) -> Reply:
    return stream_reply(*steps, HangUp())


ROWS = {
    "wrong key": Row(
        lambda: refused(401, "Incorrect API key provided.", "invalid_api_key"),
        Status.ERROR, "wrong_key", "key", Remedy.SET_KEY,
    ),
    "no key": Row(
        lambda: refused(401, "You didn't provide an API key."),
        Status.ERROR, "no_key", "none is set", Remedy.SET_KEY,
    ),
    "unknown model": Row(
        lambda: refused(404, "The model `gpt-9` does not exist.", "model_not_found"),
        Status.ERROR, "unknown_model", "model", Remedy.CHOOSE_MODEL,
    ),
    "rate limit": Row(
        lambda: replace(
            refused(429, "Slow down.", "rate_limit_exceeded"),
            headers={"retry-after": "1", "x-should-retry": "false", "content-type": "application/json"},
        ),
        Status.ERROR, "rate_limit", "1 s", Remedy.RETRY,
    ),
    "no credit": Row(
        lambda: refused(429, "You exceeded your current quota.", "insufficient_quota"),
        Status.ERROR, "quota", "credit", Remedy.OPEN_SETTINGS,
    ),
    "server error": Row(
        lambda: refused(500, "The server had an error."),
        Status.ERROR, "server_error", "Retry", Remedy.RETRY,
    ),
    "bad parameter": Row(
        lambda: Reply(
            400, {}, [b'{"error": {"message": "Unsupported: temperature", "param": "temperature", "code": null}}']
        ),
        Status.ERROR, "bad_parameter", "parameter", Remedy.CHANGE_PARAMETERS,
    ),
    "cut in mid-answer": Row(
        lambda: cut(sse_bytes(HALF)), Status.CUT, "cut", "not complete", Remedy.CONTINUE, "Half of it, and the rest."
    ),
    "ended without an end": Row(
        lambda: stream_reply(sse_bytes(HALF)),
        Status.CUT, "cut", "not complete", Remedy.CONTINUE, "Half of it, and the rest.",
    ),
    "cut before anything came": Row(lambda: cut(), Status.ERROR, "unanswered", "broke off", Remedy.RETRY),
    "nested error event": Row(
        lambda: stream_reply(sse_bytes(error_stream("Half ", nested=True))),
        Status.ERROR, "rate_limit", "slow down", Remedy.RETRY, "Half ",
    ),
    "flat error event": Row(
        lambda: stream_reply(sse_bytes(error_stream("Half ", nested=False))),
        Status.ERROR, "rate_limit", "slow down", Remedy.RETRY, "Half ",
    ),
    "failed": Row(
        lambda: stream_reply(sse_bytes(failed_stream("Half "))),
        Status.FAILED, "server_error", "server failed", Remedy.RETRY, "Half ",
    ),
    "malformed data line": Row(
        lambda: stream_reply(sse_bytes(HALF) + b'event: response.output_text.delta\ndata: {"type": "resp\n\n'),
        Status.CUT, "malformed", "unreadable", Remedy.CONTINUE, "Half of it, and the rest.",
    ),
    "not the api at all": Row(
        lambda: Reply(404, {"content-type": "text/html"}, [b"<html>Not here</html>"]),
        Status.ERROR, "not_found", "address", Remedy.OPEN_SETTINGS,
    ),
    "a web page instead of a stream": Row(
        lambda: Reply(200, {"content-type": "text/html"}, [b"<html>Welcome to the hotel wifi</html>"]),
        Status.ERROR, "malformed", "unreadable", Remedy.RETRY,
    ),
}  # fmt: skip


async def check(house: House, row: Row) -> None:
    """The turn ends as the row says, is on the disk like that, and asking again works."""
    conversation = await house.conversation()
    turn = await house.ask(conversation, "How many?")
    failure = turn.answer.failure
    assert failure is not None
    assert (turn.answer.status, failure.kind) == (row.status, row.kind)
    assert row.words.casefold() in f"{failure.title} {failure.text}".casefold()
    assert row.remedy in failure.remedies
    assert (turn.text, turn.answer.text) == ("How many?", row.kept)
    assert await house.turns(conversation) == [turn]
    house.server.always("POST", "/v1/responses", answer("Now it works."))
    again = await house.app.turns.wait(await house.app.turns.retry(turn.id))
    assert again.answer.text == "Now it works."
    assert len(await house.turns(conversation)) == 2


@pytest.mark.parametrize("name", ROWS)
async def test_a_server_that_does_badly(house: House, name: str) -> None:
    row = ROWS[name]
    if name == "wrong key":
        connection = replace(house.connection, key_source="session")
        await house.app.preferences.put_connection(connection, "sk-wrong")
    house.server.script("POST", "/v1/responses", row.reply())
    await check(house, row)


async def test_a_server_that_is_not_there(house: House, dead_port: int) -> None:
    address = f"http://127.0.0.1:{dead_port}/v1"
    await house.app.preferences.put_connection(replace(house.connection, base_url=address))
    conversation = await house.conversation()
    turn = await house.ask(conversation, "How many?")
    failure = turn.answer.failure
    assert failure is not None
    assert (turn.answer.status, failure.kind) == (Status.ERROR, "unreachable")
    assert Remedy.OPEN_SETTINGS in failure.remedies
    assert await house.turns(conversation) == [turn]


async def test_a_certificate_nobody_vouches_for(house: House, tls_server: GatedServer) -> None:
    await house.app.preferences.put_connection(replace(house.connection, base_url=tls_server.base_url))
    conversation = await house.conversation()
    turn = await house.ask(conversation, "How many?")
    assert turn.answer.failure is not None
    assert turn.answer.failure.kind == "tls"
    assert tls_server.requests == [], "nothing was sent"


async def test_a_key_does_not_leave_in_the_clear(house: House) -> None:
    connection = replace(house.connection, base_url="http://example.com/v1", key_source="session")
    await house.app.preferences.put_connection(connection, "sk-secret")
    turn = await house.ask(await house.conversation(), "How many?")
    assert turn.answer.failure is not None
    assert turn.answer.failure.kind == "insecure"


@pytest.fixture
def no_key_store() -> Iterator[None]:
    """A system without a key store, whatever this one has."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    yield
    keyring.set_keyring(before)


@pytest.mark.usefixtures("no_key_store")
async def test_a_key_store_that_cannot_be_used(house: House) -> None:
    await house.app.preferences.put_connection(replace(house.connection, key_source="keyring"))
    turn = await house.ask(await house.conversation(), "How many?")
    assert turn.answer.failure is not None
    assert (turn.answer.status, turn.answer.failure.kind) == (Status.ERROR, "key_store")
    assert "environment variable" in turn.answer.failure.text
    assert Remedy.SET_KEY in turn.answer.failure.remedies
    assert house.server.requests == []
    checked = await house.app.preferences.check(replace(house.connection, key_source="keyring"))
    assert checked.state == "unreachable"


async def test_a_server_that_was_removed(house: House) -> None:
    conversation = await house.conversation()
    await house.app.preferences.remove_connection(house.connection.id)
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.turns.send(conversation.id, "How many?")
    assert problem.value.failure.kind == "unknown_server"
    assert Remedy.OPEN_SETTINGS in problem.value.failure.remedies


async def test_a_stream_without_text_that_is_cut_is_no_answer(house: House) -> None:
    house.server.script("POST", "/v1/responses", stream_reply(sse_bytes(StreamBuilder().begin().events)))
    turn = await house.ask(await house.conversation(), "How many?")
    assert (turn.answer.status, turn.answer.text) == (Status.CUT, "")
