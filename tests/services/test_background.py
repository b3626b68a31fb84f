"""Answers written in the background: taken up after a cut, a kill and a restart, asked for, cancelled."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.conversation.changes import TurnChanged, TurnWaiting
from chatapp.conversation.failures import Remedy
from chatapp.conversation.repairs import NOT_STREAMED
from chatapp.conversation.tree import Turn
from chatapp.services.application import UseCaseFailure
from chatapp.services.feed import Feed
from tests.kit.events import StreamBuilder, response_object, sse_bytes
from tests.kit.gated_server import (
    Gate,
    GatedServer,
    Reply,
    Request,
    Reset,
    Stall,
    error_reply,
    json_reply,
    stream_reply,
)
from tests.services.conftest import House, refused

CREATE = ("POST", "/v1/responses")
GET = ("GET", "/v1/responses/resp_bg")
CANCEL = ("POST", "/v1/responses/resp_bg/cancel")
WORDS = ("One ", "two ", "three ", "four.")
TEXT = "".join(WORDS)


def whole_stream(status: str = "completed") -> list[dict[str, Any]]:
    """As OpenAI streams it: created and queued with the status queued, then the answer."""
    builder = StreamBuilder("resp_bg", background=True)
    for kind in ("created", "queued"):
        builder.emit(f"response.{kind}", response=builder.response("queued"))
    builder.emit("response.in_progress", response=builder.response("in_progress"))
    return builder.message(*WORDS).end(status)


EVENTS = whole_stream()
FIRST_DELTA = next(place for place, event in enumerate(EVENTS) if event.get("delta") == WORDS[0])


def part(events: list[dict[str, Any]], *then: object) -> Reply:
    return stream_reply(sse_bytes(events), *then, framing="close")  # type: ignore[arg-type]


def object_reply(status: str, **fields: Any) -> Reply:
    return json_reply(response_object("resp_bg", (), status, background=True, **fields))


WHOLE = json_reply(EVENTS[-1]["response"])


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatapp.services.following.FIRST_WAIT_S", 0.01)
    monkeypatch.setattr("chatapp.services.following.LONGEST_WAIT_S", 0.05)
    monkeypatch.setattr("chatapp.services.following.KEPT_WAITS_S", (0.01, 0.01, 0.01))


async def ask(house: House) -> Turn:
    return await house.ask(await house.conversation(background=True), "Count.")


def gets(house: House | GatedServer) -> list[Request]:
    server = house.server if isinstance(house, House) else house
    return [request for request in server.requests if request.method == "GET"]


def resumed_after(house: House) -> list[list[str]]:
    return [request.query["starting_after"] for request in gets(house) if "starting_after" in request.query]


@pytest.mark.parametrize("at", range(1, len(EVENTS)))
async def test_a_cut_at_any_event_is_taken_up_where_it_was(house: House, at: int) -> None:
    house.server.script(*CREATE, part(EVENTS[:at]))
    house.server.script(*GET, part(EVENTS[at:]))
    turn = await ask(house)
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, TEXT)
    assert resumed_after(house) == [[str(at - 1)]]
    assert house.shown() == TEXT
    (kept,) = (await house.app.conversations.open(turn.conversation_id))[1]
    assert kept == turn


async def test_it_is_taken_up_as_often_as_it_is_cut_and_nothing_comes_twice(house: House) -> None:
    house.server.script(*CREATE, part(EVENTS[:FIRST_DELTA]))
    again = [part(EVENTS[at - 2 : at + 1], Reset()) for at in range(FIRST_DELTA, len(EVENTS) - 1)]
    house.server.script(*GET, *again, part(EVENTS[FIRST_DELTA:]))
    turn = await ask(house)
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, TEXT)
    assert house.shown() == TEXT


@pytest.mark.parametrize("status", [404, 400, 405])
async def test_where_streams_are_not_taken_up_it_is_asked_for(house: House, status: int) -> None:
    house.server.script(*CREATE, part(EVENTS[:3]))
    house.server.script(
        *GET, refused(status, "No."), object_reply("queued"), object_reply("in_progress"), WHOLE
    )
    turn = await ask(house)
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, TEXT)
    listening, *asking = (request.query for request in gets(house))
    assert listening == {"stream": ["true"], "starting_after": ["2"]}
    assert asking == [{}] * 4, "three times for the answer, and once after it to see whether it is kept"
    waits = [change for change in house.listen() if isinstance(change, TurnWaiting)]
    reasons = [wait.reason for wait in waits if wait.until is not None]
    assert reasons == ["Queued on the server. Asking again", "Running on the server. Asking again"]
    assert waits[-1].until is None
    shown = [change.turn.answer.status for change in house.told if isinstance(change, TurnChanged)]
    assert Status.QUEUED in shown


async def test_a_create_that_only_says_queued_is_asked_for(house: House) -> None:
    house.server.script(*CREATE, object_reply("queued"))
    house.server.script(*GET, object_reply("in_progress"), WHOLE)
    turn = await ask(house)
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, TEXT)


async def test_it_may_be_asked_for_without_a_stream(house: House) -> None:
    house.server.script(*CREATE, object_reply("queued"))
    house.server.script(*GET, object_reply("queued"), WHOLE)
    conversation = await house.conversation(background=True, stream=False)
    turn = await house.ask(conversation, "Count.")
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, TEXT)
    assert house.server.requests[0].json["stream"] is False


async def test_a_server_that_does_not_stream_it_is_asked_without(house: House) -> None:
    together = refused(400, "OGX does not yet support 'stream' and 'background' together.")
    house.server.script(*CREATE, together, object_reply("queued"))
    house.server.script(*GET, object_reply("queued"), WHOLE)
    turn = await ask(house)
    assert (turn.answer.status, turn.answer.text, turn.note) == (Status.COMPLETED, TEXT, NOT_STREAMED)


async def test_what_is_missing_between_is_fetched_as_a_whole(house: House) -> None:
    house.server.script(*CREATE, part(EVENTS[:FIRST_DELTA]))
    house.server.script(*GET, part(EVENTS[FIRST_DELTA + 1 :], Stall()), WHOLE)
    turn = await ask(house)
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, TEXT)


async def test_streams_that_bring_nothing_are_given_up_for_asking(house: House) -> None:
    house.server.script(*CREATE, part(EVENTS[:1]))
    house.server.script(*GET, *(part([]) for _ in range(3)), WHOLE)
    turn = await ask(house)
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, TEXT)


async def test_a_server_that_is_away_for_a_while_is_waited_for(house: House) -> None:
    house.server.script(*CREATE, part(EVENTS[:FIRST_DELTA]))
    busy = refused(503, "Starting.")
    house.server.script(*GET, busy, busy, part(EVENTS[FIRST_DELTA:]))
    turn = await ask(house)
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, TEXT)


async def test_a_server_that_stays_away_is_given_up_and_may_be_asked_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatapp.services.following.PATIENCE_S", 0.05)
    house.server.script(*CREATE, part(EVENTS[: FIRST_DELTA + 1]))
    house.server.always(*GET, refused(503, "Away."))
    turn = await ask(house)
    assert (turn.answer.status, turn.answer.text) == (Status.CUT, WORDS[0])
    assert turn.answer.failure is not None
    assert turn.answer.failure.remedies[0] is Remedy.RESUME
    house.server.always(*GET, WHOLE)
    await house.app.turns.resume(turn.id)
    whole = await house.app.turns.wait(turn.id)
    assert (whole.answer.status, whole.answer.text) == (Status.COMPLETED, TEXT)
    assert len([request for request in house.server.requests if request.method == "POST"]) == 1


async def resumed(house: House, monkeypatch: pytest.MonkeyPatch, *then: object) -> Turn:
    """A turn that broke off before its first word and is taken up later: two words came by then."""
    monkeypatch.setattr("chatapp.services.following.PATIENCE_S", 0.05)
    house.server.script(*CREATE, part(EVENTS[:3]))
    house.server.always(*GET, refused(503, "Away."))
    turn = await ask(house)
    assert (turn.answer.status, turn.answer.text) == (Status.CUT, "")
    house.forget()
    house.server.script(*GET, part(EVENTS[: FIRST_DELTA + 2], *then))
    await house.app.turns.resume(turn.id)
    await house.until(lambda: house.shown() == "One two ")
    return turn


async def test_what_came_before_it_broke_off_again_stays(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = await house.app.turns.wait((await resumed(house, monkeypatch)).id)
    (kept,) = (await house.app.conversations.open(turn.conversation_id))[1]
    for answer in (turn.answer, kept.answer):
        assert (answer.status, answer.text) == (Status.CUT, "One two ")
        assert answer.failure is not None
        assert answer.failure.remedies[0] is Remedy.RESUME


async def test_what_came_before_it_was_stopped_again_stays(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = await resumed(house, monkeypatch, Stall())
    house.server.always(*CANCEL, refused(500, "No."))
    await house.app.turns.stop(turn.id)
    (kept,) = (await house.app.conversations.open(turn.conversation_id))[1]
    assert (kept.answer.status, kept.answer.text) == (Status.CUT, "One two ")


async def test_what_the_server_has_no_more_is_cut_and_not_offered_again(house: House) -> None:
    house.server.script(*CREATE, part(EVENTS[: FIRST_DELTA + 1]))
    turn = await ask(house)
    assert (turn.answer.status, turn.answer.text) == (Status.CUT, WORDS[0])
    assert turn.answer.failure is not None
    assert turn.answer.failure.kind == "lost"
    assert Remedy.RESUME not in turn.answer.failure.remedies


async def test_the_other_ends_are_ends_too(house: House) -> None:
    house.server.script(*CREATE, part(EVENTS[:3]))
    failed = object_reply("failed", error={"code": "server_error", "message": "It broke."})
    house.server.script(*GET, refused(404, "No."), failed)
    turn = await ask(house)
    assert turn.answer.status is Status.FAILED
    assert turn.answer.failure is not None
    assert "It broke." in turn.answer.failure.details


async def stopped(house: House, *created: object) -> Turn:
    conversation = await house.conversation(background=True)
    house.server.script(*CREATE, stream_reply(*created, Stall()))  # type: ignore[arg-type]
    turn_id = await house.app.turns.send(conversation.id, "Count.")
    await house.until(lambda: any(turn.response_id for turn in told(house)))
    await house.app.turns.stop(turn_id)
    return await house.app.turns.wait(turn_id)


def told(house: House) -> Iterator[Turn]:
    return (change.turn for change in house.listen() if isinstance(change, TurnChanged))


async def test_stop_cancels_on_the_server_and_keeps_what_had_come(house: House) -> None:
    house.server.script(*CANCEL, object_reply("cancelled"))
    turn = await stopped(house, sse_bytes(EVENTS[: FIRST_DELTA + 1]))
    assert turn.answer.status is Status.STOPPED
    assert turn.answer.response is not None
    assert turn.answer.response["status"] == "cancelled"
    assert turn.answer.text in ("", WORDS[0])
    assert house.server.requests[-1].path == "/v1/responses/resp_bg/cancel"


async def test_an_answer_that_was_faster_than_stop_is_whole(house: House) -> None:
    house.server.script(*CANCEL, refused(400, "Cannot cancel a completed response."))
    house.server.script(*GET, WHOLE)
    turn = await stopped(house, sse_bytes(EVENTS[:3]))
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, TEXT)


async def test_a_server_that_cannot_be_told_to_stop_is_named(house: House) -> None:
    house.server.script(*CANCEL, refused(404, "No such path."))
    turn = await stopped(house, sse_bytes(EVENTS[:3]))
    assert turn.answer.status is Status.STOPPED
    assert turn.note is not None
    assert "may go on" in turn.note


async def test_stop_ends_the_asking_too(house: House) -> None:
    house.server.script(*CREATE, object_reply("queued"))
    house.server.always(*GET, object_reply("queued"))
    house.server.script(*CANCEL, object_reply("cancelled"))
    conversation = await house.conversation(background=True)
    turn_id = await house.app.turns.send(conversation.id, "Count.")
    await house.until(lambda: any(isinstance(change, TurnWaiting) for change in house.listen()))
    await house.app.turns.stop(turn_id)
    turn = await house.app.turns.wait(turn_id)
    assert turn.answer.status is Status.STOPPED
    waits = [change for change in house.listen() if isinstance(change, TurnWaiting)]
    assert waits[-1].until is None


async def test_a_program_that_ends_leaves_it_and_the_next_one_takes_it_up(
    profile: Path, gated_server: GatedServer
) -> None:
    from chatapp.services.ports import Connection

    gate = Gate()
    gated_server.script(*CREATE, stream_reply(sse_bytes(EVENTS[: FIRST_DELTA + 2]), gate, Stall()))
    async with open_profile(profile, Feed()) as app:
        connection = Connection("gated", "Gated", gated_server.base_url, default_model="m")
        await app.preferences.put_connection(connection)
        conversation = await app.conversations.create("gated", {"background": True})
        turn_id = await app.turns.send(conversation.id, "Count.")
        await gate.reached()
        await _until_shown(app.feed, turn_id)
    assert [request.path for request in gated_server.requests] == ["/v1/responses"], "it was not cancelled"

    going_on = Gate()
    gated_server.script(*GET, stream_reply(going_on, sse_bytes(EVENTS[FIRST_DELTA + 2 :])))
    async with open_profile(profile, Feed()) as app:
        await app.turns.recover()
        await going_on.reached()
        (running,) = (await app.conversations.open(conversation.id))[1]
        assert (running.answer.status.ended, running.answer.text) == (False, WORDS[0] + WORDS[1])
        with pytest.raises(UseCaseFailure):
            await app.turns.send(conversation.id, "And?")
        going_on.open()
        turn = await app.turns.wait(turn_id)
        await app.turns.settled()
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, TEXT)
    assert gets(gated_server)[0].query["starting_after"] == [str(FIRST_DELTA + 1)]


async def _until_shown(feed: Feed, turn_id: str) -> None:
    """Until the second delta was folded."""
    seen = ""
    async with asyncio.timeout(10):
        while WORDS[1] not in seen:
            await asyncio.sleep(0.01)
            seen += "".join(getattr(change, "text", "") for change in feed.drain())


async def test_a_plain_answer_that_its_server_still_writes_is_fetched_when_it_is_done(house: House) -> None:
    plain = [
        json.loads(json.dumps(event).replace('"background": true', '"background": false')) for event in EVENTS
    ]
    house.server.script(*CREATE, part(plain[: FIRST_DELTA + 1]))
    house.server.script(*GET, object_reply("in_progress"), object_reply("in_progress"), WHOLE)
    turn = await house.ask(await house.conversation(), "Count.")
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, TEXT)


async def test_one_that_it_never_finishes_is_cut_and_may_be_resumed_later(house: House) -> None:
    house.server.script(*CREATE, part(EVENTS[: FIRST_DELTA + 1]))
    house.server.always(*GET, object_reply("in_progress"))
    turn = await house.ask(await house.conversation(), "Count.")
    assert (turn.answer.status, turn.answer.text) == (Status.CUT, WORDS[0])
    assert turn.answer.failure is not None
    assert turn.answer.failure.remedies == (Remedy.CONTINUE, Remedy.RETRY, Remedy.RESUME)
    await house.app.turns.resume(turn.id)
    still = await house.app.turns.wait(turn.id)
    assert (still.answer.status, still.answer.text) == (Status.CUT, WORDS[0])
    house.server.always(*GET, WHOLE)
    await house.app.turns.resume(turn.id)
    whole = await house.app.turns.wait(turn.id)
    assert (whole.answer.status, whole.answer.text) == (Status.COMPLETED, TEXT)
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.turns.resume(turn.id)
    assert problem.value.failure.kind == "nothing_to_resume"


@pytest.mark.parametrize(
    "kept", [{"id": "resp_bg"}, {"id": "resp_bg", "status": "running", "output": []}, {}]
)
async def test_what_does_not_say_that_it_ended_is_not_taken_for_the_end(
    house: House, kept: dict[str, Any]
) -> None:
    house.server.script(*CREATE, part(EVENTS[: FIRST_DELTA + 1]))
    house.server.always(*GET, json_reply(kept))
    turn = await house.ask(await house.conversation(), "Count.")
    assert (turn.answer.status, turn.answer.text) == (Status.CUT, WORDS[0])


async def test_a_queue_is_followed_though_nobody_asked_for_the_background(house: House) -> None:
    house.server.script(*CREATE, object_reply("queued"))
    house.server.script(*GET, object_reply("queued"), object_reply("in_progress"), WHOLE)
    turn = await house.ask(await house.conversation(), "Count.")
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, TEXT)


async def test_trouble_while_it_is_asked_for_is_told_on_the_turn_only(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatapp.connections.retries.FIRST_WAIT_S", 0.01)
    house.server.script(*CREATE, part(EVENTS[:3]))
    away = error_reply(503, "Away.")
    house.server.script(*GET, refused(404, "No streams."), away, away, away, away, WHOLE)
    turn = await ask(house)
    assert turn.answer.status is Status.COMPLETED
    assert house.notices() == []
