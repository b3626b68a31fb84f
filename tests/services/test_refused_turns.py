"""Turns that a server does not take as they are: mended once, said, remembered, and forgotten when asked to."""

import asyncio
import json
import time
from typing import Any

import pytest

from chatapp.conversation.answer import Status
from chatapp.conversation.changes import LimitsChanged, RefusalsChanged, TurnWaiting
from chatapp.conversation.failures import Remedy
from chatapp.conversation.repairs import NAMED_IN_VAIN, NOT_KEPT, REBUILT, UNHEARD
from chatapp.conversation.tree import Turn
from chatapp.services.ports import Connection
from chatapp.services.turn_run import FILLED
from tests.kit.events import StreamBuilder, failed_stream, reasoning_stream, sse_bytes, text_stream
from tests.kit.gated_server import Reply, Request, Stall, error_reply, json_reply, stream_reply
from tests.services.conftest import MODEL, House, answer, keeps, posted, refused, said

CREATE = ("POST", "/v1/responses")
NO_TEMPERATURE = "Unsupported parameter: 'temperature' is not supported with this model."


def event(**fields: Any) -> Reply:
    return stream_reply(sse_bytes([{"type": "error", "sequence_number": 0, **fields}]))


WORDINGS = {
    "a status": refused(400, NO_TEMPERATURE),
    "a nested event": event(
        error={"type": "invalid_request_error", "message": NO_TEMPERATURE, "param": "temperature"}
    ),
    "a flat event": event(code="400", message=NO_TEMPERATURE, param=None),
    "FastAPI": json_reply(
        {"detail": [{"loc": ["body", "temperature"], "msg": "Extra inputs are not permitted"}]}, 422
    ),
    "after it began": stream_reply(
        sse_bytes(
            StreamBuilder().begin().emit("error", code="400", message=NO_TEMPERATURE, param=None).events
        )
    ),
}


@pytest.mark.parametrize("wording", WORDINGS.values(), ids=WORDINGS.keys())
async def test_a_refused_parameter_is_left_out_said_and_remembered(house: House, wording: Reply) -> None:
    conversation = await house.conversation(temperature=0.2, top_p=0.5)
    house.server.script(*CREATE, wording, answer("Yes."), answer("Again."))
    turn = await house.ask(conversation)
    assert (turn.answer.status, turn.answer.text) == (Status.COMPLETED, "Yes.")
    assert turn.note == f"Temperature was not sent: {MODEL} refuses it."
    first, second = posted(house)
    assert first["temperature"] == 0.2
    assert second == turn.request == {name: value for name, value in first.items() if name != "temperature"}
    changes = [change for change in house.listen() if isinstance(change, RefusalsChanged)]
    assert (changes[-1].server, changes[-1].model) == ("gated", MODEL)
    assert [refusal.parameter for refusal in changes[-1].refusals] == ["temperature"]
    third = await house.ask(conversation, "Again?")
    assert len(posted(house)) == 3, "it is not tried again"
    assert "temperature" not in third.request
    assert third.note == turn.note
    (kept, _) = await house.turns(conversation)
    assert kept == turn


async def test_a_response_that_failed_at_once_for_it_counts_too(house: House) -> None:
    conversation = await house.conversation(temperature=0.2)
    builder = StreamBuilder().begin()
    failed = builder.end("failed", error={"code": "unsupported_parameter", "message": NO_TEMPERATURE})
    house.server.script(*CREATE, stream_reply(sse_bytes(failed)), answer("Yes."))
    turn = await house.ask(conversation)
    assert (turn.answer.text, len(posted(house))) == ("Yes.", 2)


async def test_once_something_was_said_nothing_is_sent_again(house: House) -> None:
    conversation = await house.conversation(temperature=0.2)
    begun = (
        StreamBuilder().begin().message("Half ").emit("error", code="400", message=NO_TEMPERATURE, param=None)
    )
    house.server.script(*CREATE, stream_reply(sse_bytes(begun.events)))
    turn = await house.ask(conversation)
    assert (turn.answer.status, turn.answer.text, len(posted(house))) == (Status.ERROR, "Half ", 1)
    assert turn.answer.failure is not None
    assert turn.answer.failure.remedies[-1] is Remedy.CONTINUE


async def test_another_model_and_a_forgotten_refusal_are_tried(house: House) -> None:
    conversation = await house.conversation(temperature=0.2)
    house.server.script(*CREATE, refused(400, NO_TEMPERATURE))
    house.server.always(*CREATE, answer("Yes."))
    await house.ask(conversation)
    await house.app.conversations.set_parameter(conversation.id, "model", "other")
    assert (await house.ask(conversation)).request["temperature"] == 0.2
    await house.app.conversations.set_parameter(conversation.id, "model", None)
    assert "temperature" not in (await house.ask(conversation)).request
    await house.app.learnt.forget("gated", MODEL, "temperature")
    assert (await house.ask(conversation)).request["temperature"] == 0.2
    changes = [change for change in house.listen() if isinstance(change, RefusalsChanged)]
    assert changes[-1].refusals == ()


async def test_a_server_that_is_set_up_anew_is_not_what_it_was(house: House) -> None:
    conversation = await house.conversation(temperature=0.2)
    house.server.script(*CREATE, refused(400, NO_TEMPERATURE))
    house.server.always(*CREATE, answer("Yes."))
    await house.ask(conversation)
    await house.app.preferences.put_connection(
        Connection("gated", "Gated", f"{house.server.base_url}/", default_model=MODEL)
    )
    assert (await house.ask(conversation)).request["temperature"] == 0.2


async def test_several_are_left_out_one_after_another_but_not_for_ever(house: House) -> None:
    conversation = await house.conversation(temperature=0.2, top_p=0.5, truncation="auto")
    refusals = [
        refused(400, f"Unknown parameter: '{name}'.") for name in ("temperature", "top_p", "truncation")
    ]
    house.server.script(*CREATE, *refusals, answer("Yes."))
    turn = await house.ask(conversation)
    assert turn.answer.text == "Yes."
    assert turn.note == (
        f"Temperature was not sent: {MODEL} refuses it. Top p was not sent: {MODEL} refuses it. "
        f"Truncation was not sent: {MODEL} refuses it."
    )


async def test_a_refusal_that_leaving_out_does_not_cure_is_shown_and_nothing_is_learnt(house: House) -> None:
    conversation = await house.conversation(temperature=0.2)
    house.server.always(*CREATE, refused(400, NO_TEMPERATURE))
    turn = await house.ask(conversation)
    assert turn.answer.status is Status.ERROR
    assert turn.answer.failure is not None
    assert turn.answer.failure.kind == "bad_request"
    assert len(posted(house)) == 2
    assert await house.app.learnt.refusals("gated", MODEL) == ()


async def test_what_was_only_added_here_goes_quietly(house: House) -> None:
    conversation = await house.conversation(vector_stores=["vs_1"])
    house.server.script(*CREATE, refused(400, "Unknown field: include"), answer("Yes."), answer("Again."))
    turn = await house.ask(conversation)
    assert turn.note == f"Include was not sent: {MODEL} refuses it."
    again = await house.ask(conversation)
    assert again.note is None
    assert "include" not in again.request
    assert again.request["tools"] == turn.request["tools"]


async def test_a_value_that_is_only_wrong_is_for_the_user_to_mend(house: House) -> None:
    conversation = await house.conversation(max_output_tokens=20)
    house.server.script(
        *CREATE,
        json_reply({"detail": [{"loc": ["body", "max_output_tokens"], "msg": "must be at least 30"}]}, 422),
    )
    turn = await house.ask(conversation)
    assert turn.answer.failure is not None
    assert turn.answer.failure.kind == "bad_parameter"
    assert len(posted(house)) == 1


async def test_a_presets_needs_are_met(house: House) -> None:
    await house.app.preferences.put_connection(
        Connection("gated", "Gated", house.server.base_url, default_model=MODEL, preset="openrouter")
    )
    keeps(house.server)
    house.server.script(*CREATE, answer("One."), answer("Two."))
    conversation = await house.conversation()
    await house.ask(conversation, "First?")
    second = await house.ask(conversation, "Second?")
    assert second.request["store"] is False
    assert "previous_response_id" not in second.request
    assert said(second) == ["First?", "One.", "Second?"]


def echo(parent: object, *deltas: str, begin: bool = True) -> Reply:
    """A stream whose response names `parent`, where it is not None also at its beginning."""
    events = text_stream(*deltas, response_id="resp_b", previous_response_id=parent)
    if not begin:
        for stage in events[:2]:
            del stage["response"]["previous_response_id"]
    return stream_reply(sse_bytes(events))


async def chained(house: House, *replies: Reply) -> Turn:
    """The second turn of a conversation with a server that gives its answers back."""
    keeps(house.server)
    house.server.script(*CREATE, answer("One.", response_id="resp_a"))
    conversation = await house.conversation()
    await house.ask(conversation, "First?")
    house.server.remembers = False
    house.server.script(*CREATE, *replies)
    return await house.ask(conversation, "Second?")


async def test_a_server_that_says_it_forgot_is_told_all_at_once(house: House) -> None:
    turn = await chained(house, echo(None, "What ", "first?"), echo(None, "Two."))
    assert (turn.answer.text, turn.note) == ("Two.", NOT_KEPT)
    assert house.shown() == "Two.", "what was said without the earlier turns was never shown"
    assert said(turn) == ["First?", "One.", "Second?"]
    house.server.script(*CREATE, echo(None, "Three."))
    third = await house.ask((await house.app.conversations.list())[0], "Third?")
    assert len(posted(house)) == 4, "it is known for it now"
    assert len(said(third)) == 5


async def test_one_that_says_so_only_at_the_end_keeps_its_answer_with_a_word(house: House) -> None:
    turn = await chained(house, echo(None, "Two.", begin=False))
    assert (turn.answer.text, turn.note) == ("Two.", UNHEARD)
    house.server.script(*CREATE, echo(None, "Three."))
    third = await house.ask((await house.app.conversations.list())[0], "Third?")
    assert len(said(third)) == 5


async def test_one_that_names_its_parent_at_the_end_only_is_believed(house: House) -> None:
    turn = await chained(house, echo("resp_a", "Two.", begin=False))
    assert (turn.answer.text, turn.note) == ("Two.", None)
    assert turn.request["previous_response_id"] == "resp_a"


async def test_a_proxy_may_call_the_parent_by_another_name(house: House) -> None:
    """LiteLLM gives out ids of its own, and echoes the one of the server behind it."""
    turn = await chained(house, echo("resp_behind", "Two."))
    assert (turn.answer.text, turn.note) == ("Two.", None)
    assert turn.request["previous_response_id"] == "resp_a"


async def test_a_parent_that_the_user_named_and_nobody_followed_is_said(house: House) -> None:
    conversation = await house.conversation(previous_response_id="resp_elsewhere")
    house.server.remembers = False
    house.server.script(*CREATE, echo(None, "One."), echo("resp_elsewhere", "Two."))
    assert (await house.ask(conversation)).note == NAMED_IN_VAIN
    assert (await house.ask(conversation)).note is None


async def test_an_answer_that_fills_its_cap_may_be_cut_off(house: House) -> None:
    """llama-server calls it completed all the same."""
    conversation = await house.conversation(max_output_tokens=16)
    for used, note in ((16, FILLED), (15, None)):
        reply = stream_reply(sse_bytes(text_stream("And so it", usage={"output_tokens": used})))
        house.server.script(*CREATE, reply)
        turn = await house.ask(conversation, "Tell me all.")
        assert (turn.answer.status, turn.note) == (Status.COMPLETED, note)


UNTOLD = {
    "LiteLLM over ogx": stream_reply(
        sse_bytes(failed_stream(code="server_error", message="Response API in-stream error")[-1:])
    ),
    "an event that says little": event(code=None, message="Something went wrong.", param=None),
    "a status": refused(500, "Internal error."),
}


@pytest.mark.parametrize("reply", UNTOLD.values(), ids=UNTOLD.keys())
@pytest.mark.parametrize("lost", [True, False])
async def test_where_a_failure_does_not_tell_the_parent_is_looked_for(
    house: House, reply: Reply, lost: bool
) -> None:
    """Only one that is gone is made good; else the failure is the server's own and is shown."""
    keeps(house.server)
    house.server.script(*CREATE, answer("One.", response_id="resp_a"), reply, answer("Two."))
    conversation = await house.conversation()
    await house.ask(conversation, "First?")
    if lost:
        house.server.always("GET", "/v1/responses/resp_a", refused(404, "Not found."))
    second = await house.ask(conversation, "Second?")
    if lost:
        assert (second.answer.text, second.note) == ("Two.", REBUILT)
        assert said(second) == ["First?", "One.", "Second?"]
    else:
        assert second.answer.status in (Status.FAILED, Status.ERROR)
        assert (second.note, len(posted(house))) == (None, 2)


async def test_a_server_that_takes_every_address_keeps_nothing_for_that(house: House) -> None:
    """LM Studio answers 200 to what it does not offer."""
    taken = json_reply({"error": "Unexpected endpoint or method. (GET /v1/responses/resp_1)"})
    house.server.always("GET", "/v1/responses/*", taken)
    house.server.always(*CREATE, answer("Yes."))
    conversation = await house.conversation()
    await house.ask(conversation, "First?")
    second = await house.ask(conversation, "Second?")
    assert "previous_response_id" not in second.request


async def test_a_parent_that_can_be_read_but_not_followed_is_followed_no_more(house: House) -> None:
    gone = error_reply(400, "Not found.", "previous_response_not_found", x_should_retry="false")
    turn = await chained(house, gone, echo(None, "Two."))
    assert turn.note == REBUILT
    house.server.script(*CREATE, echo(None, "Three."))
    third = await house.ask((await house.app.conversations.list())[0], "Third?")
    assert "previous_response_id" not in third.request


async def test_reasoning_is_given_back_as_the_server_wants_it(house: House) -> None:
    events = json.loads(json.dumps(reasoning_stream(["hm"], "One.")))
    for stage in events:
        for item in [stage.get("item", {}), *stage.get("response", {}).get("output", [])]:
            if item.get("type") == "reasoning":
                item["encrypted_content"] = "sealed"
    wrong = refused(
        400, "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false."
    )
    house.server.script(*CREATE, stream_reply(sse_bytes(events)), wrong, answer("Two."), answer("Three."))
    conversation = await house.conversation(store=False)
    await house.ask(conversation, "First?")
    await house.ask(conversation, "Second?")
    await house.ask(conversation, "Third?")
    sealed = [[item for item in body["input"] if item["type"] == "reasoning"] for body in posted(house)]
    bare = {"type": "reasoning", "summary": [], "encrypted_content": "sealed"}
    assert sealed == [[], [{"id": "rs_1", **bare}], [bare], [bare]], "once by its id, then as it was learnt"


async def test_a_wait_is_told_with_its_end_and_can_be_stopped(house: House) -> None:
    busy = error_reply(429, "Slow down.", "rate_limit_exceeded", retry_after_ms="40")
    house.server.script(*CREATE, busy, answer("Yes."))
    conversation = await house.conversation()
    began = time.time()
    turn = await house.ask(conversation)
    waits = [change for change in house.listen() if isinstance(change, TurnWaiting)]
    assert [wait.turn_id for wait in waits] == [turn.id, turn.id]
    assert waits[0].until is not None
    assert waits[0].until >= began
    assert (waits[0].reason, waits[1].until) == ("Slow down. Sending again", None)

    house.server.script(*CREATE, error_reply(429, "Slow down.", retry_after="60"))
    turn_id = await house.app.turns.send(conversation.id, "More?")
    await house.until(
        lambda: any(wait.turn_id == turn_id for wait in house.listen() if isinstance(wait, TurnWaiting))
    )
    await house.app.turns.stop(turn_id)
    stopped = await house.app.turns.wait(turn_id)
    assert (stopped.answer.status, stopped.text) == (Status.STOPPED, "More?")


async def test_a_servers_long_speech_does_not_stand_beside_a_countdown(house: House) -> None:
    speech = "Busy,\nand more so.\n" * 100
    house.server.script(
        *CREATE, error_reply(429, speech, "rate_limit_exceeded", retry_after="0"), answer("Yes.")
    )
    assert (await house.ask(await house.conversation())).answer.text == "Yes."
    (reason,) = {
        change.reason for change in house.listen() if isinstance(change, TurnWaiting) and change.reason
    }
    assert reason.startswith("Busy, and more so. ")
    assert reason.endswith("…. Sending again")
    assert len(reason) < 220


async def test_a_pause_that_was_asked_for_is_kept_by_who_asks_again(house: House) -> None:
    busy = error_reply(429, "Slow down.", "rate_limit_exceeded", retry_after_ms="400", x_should_retry="false")
    house.server.script(*CREATE, busy, answer("Yes."), answer("At once."))
    turn = await house.ask(await house.conversation())
    assert turn.answer.failure is not None
    assert turn.answer.failure.retry_after == 0.4
    asked_again = time.time()
    again = await house.app.turns.wait(await house.app.turns.retry(turn.id))
    assert again.answer.text == "Yes."
    assert again.first_token_at is not None
    assert again.first_token_at - (turn.finished_at or asked_again) > 0.35
    (wait, over) = [change for change in house.listen() if isinstance(change, TurnWaiting)]
    assert (wait.turn_id, wait.reason, over.until) == (
        again.id,
        "The server asked for a pause. Sending",
        None,
    )
    await house.ask(await house.conversation())
    assert len([change for change in house.listen() if isinstance(change, TurnWaiting)]) == 2, "it is over"


async def test_a_pause_that_nobody_waits_for_is_not_kept(house: House) -> None:
    busy = error_reply(429, "Slow down.", retry_after="7200")
    house.server.script(*CREATE, busy, answer("Yes."))
    turn = await house.ask(await house.conversation())
    again = await house.app.turns.wait(await house.app.turns.retry(turn.id))
    assert again.answer.text == "Yes."


async def test_a_pause_asked_for_in_a_stream_is_kept_too(house: House) -> None:
    headers = {"retry-after-ms": "400", "x-ratelimit-remaining-requests": "0"}
    error = {"type": "tokens", "code": "rate_limit_exceeded", "message": "Slow down.", "headers": headers}
    busy = stream_reply(sse_bytes([{"type": "error", "sequence_number": 0, "error": error}]))
    house.server.script(*CREATE, busy, answer("Yes."))
    turn = await house.ask(await house.conversation())
    assert turn.answer.failure is not None
    assert (turn.answer.failure.kind, turn.answer.failure.retry_after) == ("rate_limit", 0.4)
    again = await house.app.turns.wait(await house.app.turns.retry(turn.id))
    assert again.answer.text == "Yes."
    assert [change for change in house.listen() if isinstance(change, TurnWaiting)]


async def test_an_empty_account_is_not_waited_for(house: House) -> None:
    conversation = await house.conversation()
    empty = error_reply(429, "You exceeded your quota.", "insufficient_quota", retry_after="60")
    house.server.script(*CREATE, empty, answer("Yes."))
    turn = await house.ask(conversation)
    assert turn.answer.failure is not None
    assert (turn.answer.failure.kind, turn.answer.failure.retry_after) == ("quota", None)
    assert "pause" not in turn.answer.failure.text
    assert (await house.ask(conversation)).answer.text == "Yes."
    assert not [change for change in house.listen() if isinstance(change, TurnWaiting)]


async def test_limits_are_told(house: House) -> None:
    reply = stream_reply(sse_bytes(text_stream("Yes.")))
    headers = {**reply.headers, "x-ratelimit-remaining-requests": "58", "x-request-id": "req_1"}
    house.server.script(*CREATE, Reply(200, headers, reply.steps, reply.framing))
    await house.ask(await house.conversation())
    (told,) = [change for change in house.listen() if isinstance(change, LimitsChanged)]
    assert (told.server, dict(told.limits)) == (
        "gated", {"x-ratelimit-remaining-requests": "58", "x-request-id": "req_1"},
    )  # fmt: skip


async def test_a_failed_answer_is_no_parent(house: House) -> None:
    keeps(house.server)
    conversation = await house.conversation()
    failed = stream_reply(sse_bytes(failed_stream("Half ")))
    house.server.script(*CREATE, answer("One.", response_id="resp_a"), failed, answer("Three."))
    await house.ask(conversation, "First?")
    await house.ask(conversation, "Second?")
    third = await house.ask(conversation, "Third?")
    assert third.request["previous_response_id"] == "resp_a"
    assert said(third) == ["Second?", "Half ", "Third?"]


async def test_a_server_that_is_never_pleased_is_given_up(house: House) -> None:
    """It refuses whatever is left beside the question."""

    def refuse(request: Request) -> Reply:
        left = [name for name in request.json if name not in ("model", "input", "stream")]
        return refused(400, f"Unknown parameter: '{left[0]}'." if left else "Still no.")

    house.server.always(*CREATE, refuse)
    wishes = {"user": "u", "temperature": 0.2, "top_p": 0.5, "truncation": "auto", "metadata": {"a": "b"}}
    more = {
        "service_tier": "auto",
        "parallel_tool_calls": False,
        "prompt_cache_key": "k",
        "max_tool_calls": 2,
    }
    turn = await house.ask(await house.conversation(**wishes, **more))
    assert turn.answer.status is Status.ERROR
    assert len(posted(house)) == 7
    assert await house.app.learnt.refusals("gated", MODEL) == ()


async def test_a_stop_between_two_attempts_stops(house: House) -> None:
    house.server.script(*CREATE, refused(400, NO_TEMPERATURE), stream_reply(Stall()))
    conversation = await house.conversation(temperature=0.2)
    turn_id = await house.app.turns.send(conversation.id, "Well?")
    await asyncio.to_thread(house.server.wait_requests, 2)
    await house.app.turns.stop(turn_id)
    turn = await house.app.turns.wait(turn_id)
    assert (turn.answer.status, turn.text) == (Status.STOPPED, "Well?")
    assert "temperature" not in turn.request
