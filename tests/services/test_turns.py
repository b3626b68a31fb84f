"""Asking: committed before a byte is sent, journalled, told, linked, stopped, asked again and otherwise."""

import asyncio
import json
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatapp.conversation.answer import Status
from chatapp.conversation.changes import ConversationChanged, FilesChanged, TextGrew, TurnChanged
from chatapp.conversation.repairs import NOT_KEPT, REBUILT
from chatapp.services.application import Once, UseCaseFailure
from chatapp.services.enclosures import enclosed
from tests.kit.events import StreamBuilder, incomplete_stream, sse_bytes, text_stream
from tests.kit.gated_server import Gate, Pause, Reply, Request, Reset, Stall, stream_reply
from tests.services.conftest import MODEL, House, answer, keeps, posted, refused, said

JOURNAL_LIMIT_S = 0.25


def rows(profile: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{profile / 'chatapp.sqlite3'}?mode=ro", uri=True)) as database:
        return database.execute(statement).fetchall()


async def test_the_turn_is_on_disk_before_the_server_sees_the_request(house: House) -> None:
    seen: list[tuple[object, ...]] = []

    def look(request: Request) -> Reply:
        seen.extend(rows(house.profile, "SELECT text, status, request FROM turns"))
        return answer("Seventy-three.")

    house.server.script("POST", "/v1/responses", look)
    conversation = await house.conversation(temperature=0.2)
    turn = await house.ask(conversation, "How many airplanes?")
    ((text, status, request),) = seen
    assert (text, status) == ("How many airplanes?", "in_progress")
    assert json.loads(str(request)) == house.server.requests[0].json == turn.request
    assert turn.request["temperature"] == 0.2
    assert turn.request["model"] == MODEL


async def test_an_answer_is_told_as_it_grows_and_kept_word_for_word(house: House) -> None:
    deltas = [f"word{number} " for number in range(200)]
    house.server.script("POST", "/v1/responses", answer(*deltas))
    conversation = await house.conversation()
    turn = await house.ask(conversation)
    assert turn.answer.status is Status.COMPLETED
    assert turn.answer.text == "".join(deltas)
    assert turn.answer.response is not None
    assert turn.answer.response["output"][0]["content"][0]["text"] == "".join(deltas)
    assert turn.first_token_at is not None
    assert turn.finished_at is not None
    (kept,) = await house.turns(conversation)
    assert kept == turn
    told = [change for change in house.listen() if isinstance(change, TurnChanged)]
    assert told[0].turn.answer.status is Status.IN_PROGRESS
    assert told[-1].turn == turn
    assert any(isinstance(change, TextGrew) for change in house.told)


async def test_growth_told_to_the_screen_adds_up_to_the_servers_text(house: House) -> None:
    deltas = [f"{number}äß🙂 " for number in range(2000)]
    house.server.script("POST", "/v1/responses", answer(*deltas))
    conversation = await house.conversation()
    await house.ask(conversation)
    assert house.shown() == "".join(deltas)


async def test_the_first_question_names_the_conversation(house: House) -> None:
    house.server.always("POST", "/v1/responses", answer("Yes."))
    conversation = await house.conversation()
    await house.ask(conversation, "Is the harbour open in winter? I want to know.")
    await house.ask(conversation, "And in summer?")
    head, _ = await house.app.conversations.open(conversation.id)
    assert head.title == "Is the harbour open in winter?"
    assert head.current_turn_id is not None


async def test_events_are_journalled_while_they_stream(house: House) -> None:
    gate = Gate()
    events = text_stream("One ", "two ", "three.")
    first, rest = sse_bytes(events[:6]), sse_bytes(events[6:])
    house.server.script("POST", "/v1/responses", stream_reply(first, gate, rest))
    conversation = await house.conversation()
    turn_id = await house.app.turns.send(conversation.id, "Count.")
    await gate.reached()
    since = time.monotonic()
    while not (written := rows(house.profile, "SELECT events FROM journal")):
        assert time.monotonic() - since < 20 * JOURNAL_LIMIT_S
        await asyncio.sleep(0.01)
    assert time.monotonic() - since < 4 * JOURNAL_LIMIT_S, "the limit, and room for a busy machine"
    assert [event["type"] for event in json.loads(str(written[0][0]))] == [
        event["type"] for event in events[:6]
    ]
    gate.open()
    await house.app.turns.wait(turn_id)
    assert rows(house.profile, "SELECT * FROM journal") == []


async def test_obfuscation_is_not_journalled(house: House) -> None:
    gate = Gate()
    events = [{**event, "obfuscation": "x" * 50} for event in text_stream("One ", "two.")]
    house.server.script(
        "POST", "/v1/responses", stream_reply(sse_bytes(events[:5]), gate, sse_bytes(events[5:]))
    )
    conversation = await house.conversation()
    turn_id = await house.app.turns.send(conversation.id, "Count.")
    await gate.reached()
    await asyncio.sleep(2 * JOURNAL_LIMIT_S)
    ((written,),) = rows(house.profile, "SELECT events FROM journal")
    assert "One " in str(written)
    assert "obfuscation" not in str(written)
    gate.open()
    await house.app.turns.wait(turn_id)


async def test_stop_closes_the_stream_and_keeps_the_text(house: House) -> None:
    events = text_stream("Half of ", "the answer.")
    at = next(place for place, event in enumerate(events) if event.get("delta") == "the answer.")
    gate = Gate()
    gate.open()
    house.server.script("POST", "/v1/responses", stream_reply(sse_bytes(events[:at]), gate, Stall()))
    conversation = await house.conversation()
    turn_id = await house.app.turns.send(conversation.id, "Go on.")
    await gate.reached()
    await house.until(lambda: house.shown() == "Half of ")
    await house.app.turns.stop(turn_id)
    await asyncio.to_thread(house.server.wait_departure)
    (kept,) = await house.turns(conversation)
    assert kept.answer.status is Status.STOPPED
    assert kept.answer.text == "Half of "
    assert house.app.turns.running() == ()


async def test_a_turn_that_is_stopped_before_anything_came_is_kept_too(house: House) -> None:
    house.server.script("POST", "/v1/responses", stream_reply(Stall()))
    conversation = await house.conversation()
    turn_id = await house.app.turns.send(conversation.id, "Go on.")
    await house.app.turns.stop(turn_id)
    turn = await house.app.turns.wait(turn_id)
    assert (turn.answer.status, turn.text) == (Status.STOPPED, "Go on.")


async def test_a_server_that_keeps_answers_is_asked_by_id(house: House) -> None:
    keeps(house.server)
    house.server.script("POST", "/v1/responses", answer("One.", response_id="resp_a"), answer("Two."))
    conversation = await house.conversation()
    await house.ask(conversation, "First?")
    second = await house.ask(conversation, "Second?")
    assert second.request["previous_response_id"] == "resp_a"
    assert [item["content"][0]["text"] for item in second.request["input"]] == ["Second?"]


async def test_a_server_that_forgets_gets_the_whole_path(house: House) -> None:
    house.server.always("GET", "/v1/responses/*", refused(404, "not found"))
    house.server.script("POST", "/v1/responses", answer("One."), answer("Two."))
    conversation = await house.conversation()
    await house.ask(conversation, "First?")
    second = await house.ask(conversation, "Second?")
    assert "previous_response_id" not in second.request
    assert [item["content"][0]["text"] for item in second.request["input"]] == ["First?", "One.", "Second?"]
    gets = [request for request in house.server.requests if request.method == "GET"]
    assert len(gets) == 1, "what was learnt of a server is remembered"


async def test_after_a_stop_the_next_turn_follows_the_last_completed_answer(house: House) -> None:
    keeps(house.server)
    stalled = stream_reply(sse_bytes(text_stream("Half ", "of it.", response_id="resp_b")[:5]), Stall())
    house.server.script(
        "POST", "/v1/responses", answer("One.", response_id="resp_a"), stalled, answer("Three.")
    )
    conversation = await house.conversation()
    await house.ask(conversation, "First?")
    turn_id = await house.app.turns.send(conversation.id, "Second?")
    await house.until(lambda: house.shown() == "Half ")
    await house.app.turns.stop(turn_id)
    third = await house.ask(conversation, "Third?")
    assert third.parent_id == turn_id
    assert third.request["previous_response_id"] == "resp_a"
    assert [item["content"][0]["text"] for item in third.request["input"]] == ["Second?", "Half ", "Third?"]
    assert third.note is not None


async def test_a_second_question_waits_for_the_first_answer(house: House) -> None:
    gate = Gate()
    house.server.script("POST", "/v1/responses", stream_reply(gate, sse_bytes(text_stream("One."))))
    conversation = await house.conversation()
    turn_id = await house.app.turns.send(conversation.id, "First?")
    with pytest.raises(UseCaseFailure) as problem:
        await house.app.turns.send(conversation.id, "Second?")
    assert problem.value.failure.kind == "busy"
    gate.open()
    await house.app.turns.wait(turn_id)
    assert len(await house.turns(conversation)) == 1


async def test_regenerate_and_edit_make_siblings_and_lose_nothing(house: House) -> None:
    house.server.script("POST", "/v1/responses", answer("A."), answer("B."), answer("C."))
    conversation = await house.conversation()
    first = await house.ask(conversation, "How?")
    await house.app.conversations.set_parameter(conversation.id, "temperature", 0.5)
    again = await house.app.turns.wait(await house.app.turns.regenerate(first.id))
    other = await house.app.turns.wait(await house.app.turns.edit(first.id, "Why?"))
    turns = await house.turns(conversation)
    assert [(turn.text, turn.answer.text, turn.parent_id) for turn in turns] == [
        ("How?", "A.", None),
        ("How?", "B.", None),
        ("Why?", "C.", None),
    ]
    assert again.request["temperature"] == 0.5
    assert "temperature" not in first.request
    head, _ = await house.app.conversations.open(conversation.id)
    assert head.current_turn_id == other.id
    await house.app.conversations.select(conversation.id, first.id)
    head, _ = await house.app.conversations.open(conversation.id)
    assert head.current_turn_id == first.id


async def test_continue_asks_below_an_incomplete_answer(house: House) -> None:
    house.server.script(
        "POST", "/v1/responses", stream_reply(sse_bytes(incomplete_stream("Once upon "))), answer("a time.")
    )
    conversation = await house.conversation()
    first = await house.ask(conversation, "Tell me.")
    assert first.answer.status is Status.INCOMPLETE
    second = await house.app.turns.wait(await house.app.turns.continue_answer(first.id))
    assert (second.parent_id, second.answer.text) == (first.id, "a time.")


def _lost(kind: str) -> Reply:
    if kind == "code":
        return refused(400, "Previous response with id 'resp_a' not found.", "previous_response_not_found")
    if kind == "status":
        return refused(404, "Response 'resp_a' not found.")
    if kind == "words":
        return refused(400, "llama.cpp does not support 'previous_response_id'.")
    flat = {"type": "error", "code": "404", "message": "Response 'resp_a' not found.", "param": None}
    return stream_reply(sse_bytes([{**flat, "sequence_number": 1}]))


@pytest.mark.parametrize(
    ("kind", "note", "chains_again"),
    [
        ("code", REBUILT, True),
        ("status", REBUILT, True),
        ("event", REBUILT, True),
        ("words", NOT_KEPT, False),
    ],
)
async def test_a_lost_parent_is_made_good_once_whatever_the_server_calls_it(
    house: House, kind: str, note: str, chains_again: bool
) -> None:
    keeps(house.server)
    conversation = await house.conversation()
    house.server.script("POST", "/v1/responses", answer("One.", response_id="resp_a"))
    await house.ask(conversation, "First?")
    house.server.always("GET", "/v1/responses/resp_a", refused(404, "not found"))
    house.server.script("POST", "/v1/responses", _lost(kind), answer("Two.", response_id="resp_b"))
    second = await house.ask(conversation, "Second?")
    assert (second.answer.text, second.note) == ("Two.", note)
    assert "previous_response_id" not in second.request
    assert said(second) == ["First?", "One.", "Second?"]
    assert second.request == posted(house)[-1]
    house.server.script("POST", "/v1/responses", answer("Three."))
    third = await house.ask(conversation, "Third?")
    assert third.request.get("previous_response_id") == ("resp_b" if chains_again else None)


async def test_a_parent_that_stays_lost_is_tried_no_more_than_twice(house: House) -> None:
    keeps(house.server)
    conversation = await house.conversation()
    house.server.script("POST", "/v1/responses", answer("One."), _lost("code"), _lost("code"))
    await house.ask(conversation, "First?")
    second = await house.ask(conversation, "Second?")
    assert second.answer.failure is not None
    assert second.answer.failure.kind == "stale_parent"
    assert len([request for request in house.server.requests if request.method == "POST"]) == 3


async def test_a_cut_answer_is_fetched_where_the_server_went_on(house: House) -> None:
    keeps(house.server)
    whole = text_stream("The whole ", "answer.", response_id="resp_b")
    cut = stream_reply(sse_bytes(whole[:6]), framing="close")
    house.server.script("POST", "/v1/responses", answer("One."), cut)
    conversation = await house.conversation()
    await house.ask(conversation, "First?")
    body = json.dumps(whole[-1]["response"]).encode()
    house.server.always("GET", "/v1/responses/resp_b", Reply(200, {}, [body]))
    second = await house.ask(conversation, "Second?")
    assert (second.answer.status, second.answer.text) == (Status.COMPLETED, "The whole answer.")


async def test_without_a_model_the_servers_first_is_asked_for(house: House) -> None:
    models = {"object": "list", "data": [{"id": "small"}, {"id": "large"}]}
    house.server.always("GET", "/v1/models", Reply(200, {}, [json.dumps(models).encode()]))
    house.server.script("POST", "/v1/responses", answer("Yes."))
    await house.app.preferences.put_connection(replace(house.connection, default_model=""))
    conversation = await house.conversation()
    turn = await house.ask(conversation)
    (posted,) = [request.json for request in house.server.requests if request.method == "POST"]
    assert turn.request["model"] == posted["model"] == "small"


async def test_unknown_events_and_items_do_not_disturb(house: House) -> None:
    builder = StreamBuilder().begin()
    builder.emit("response.new_thing.delta", delta="?").message("Text.")
    house.server.script("POST", "/v1/responses", stream_reply(sse_bytes(builder.end())))
    conversation = await house.conversation()
    turn = await house.ask(conversation)
    assert turn.answer.text == "Text."


async def test_a_conversation_opened_in_mid_answer_shows_what_is_there(house: House) -> None:
    gate = Gate()
    events = text_stream("One ", "two.")
    house.server.script(
        "POST", "/v1/responses", stream_reply(sse_bytes(events[:5]), gate, sse_bytes(events[5:]))
    )
    conversation = await house.conversation()
    turn_id = await house.app.turns.send(conversation.id, "Count.")
    await gate.reached()
    await house.until(lambda: house.shown() == "One ")
    (turn,) = await house.turns(conversation)
    assert (turn.answer.status, turn.answer.text) == (Status.IN_PROGRESS, "One ")
    gate.open()
    await house.app.turns.wait(turn_id)


async def test_sending_clears_the_draft_and_deleting_stops_the_answer(house: House) -> None:
    house.server.script("POST", "/v1/responses", stream_reply(Stall()))
    conversation = await house.conversation()
    await house.app.conversations.set_draft(conversation.id, "Typed text")
    turn_id = await house.app.turns.send(conversation.id, " Typed text")
    head, _ = await house.app.conversations.open(conversation.id)
    assert head.draft == ""
    await house.app.conversations.delete(conversation.id)
    assert (await house.app.turns.wait(turn_id)).answer.status is Status.STOPPED
    assert await house.app.conversations.list() == []
    await house.app.conversations.restore(conversation.id)
    assert [entry.id for entry in await house.app.conversations.list()] == [conversation.id]
    assert any(isinstance(change, ConversationChanged) for change in house.listen())


async def test_a_draft_of_something_else_stays(house: House, tmp_path: Path) -> None:
    house.server.always("POST", "/v1/responses", answer("Yes."))
    conversation = await house.conversation()
    await house.app.conversations.set_draft(conversation.id, "Not sent yet")
    await house.ask(conversation, "Is it open?")
    with pytest.raises(UseCaseFailure):
        await house.app.turns.send(conversation.id, "And this?", [enclosed(tmp_path / "missing.txt")])
    assert (await house.app.conversations.open(conversation.id))[0].draft == "Not sent yet"


async def test_what_is_given_for_one_turn_changes_that_turn_alone(house: House) -> None:
    house.server.always("POST", "/v1/responses", answer("Yes."))
    conversation = await house.conversation(instructions="Be brief.", temperature=0.5)
    once = Once(parameters={"temperature": 1.5})
    turn = await house.app.turns.wait(await house.app.turns.send(conversation.id, "Well?", once=once))
    assert (turn.request["instructions"], turn.request["temperature"]) == ("Be brief.", 1.5)
    head, _ = await house.app.conversations.open(conversation.id)
    assert head.parameters == {"instructions": "Be brief.", "temperature": 0.5}
    assert (await house.ask(conversation)).request["temperature"] == 0.5


async def test_a_turn_may_go_to_another_server_than_its_conversations(house: House) -> None:
    house.server.always("POST", "/v1/responses", answer("Yes."))
    parameters = {"vector_stores": ["vs_of_the_engine"], "top_p": 0.5}
    conversation = await house.app.conversations.create("engine", parameters)
    turn_id = await house.app.turns.send(conversation.id, "Well?", once=Once(house.connection.id))
    turn = await house.app.turns.wait(turn_id)
    assert turn.server == house.connection.id
    assert ("tools" in turn.request, turn.request["top_p"]) == (False, 0.5)
    head, _ = await house.app.conversations.open(conversation.id)
    assert (head.server, head.parameters) == ("engine", parameters)


async def test_two_questions_at_the_same_moment_do_not_become_two_beginnings(house: House) -> None:
    house.server.always("POST", "/v1/responses", stream_reply(Stall()))
    conversation = await house.conversation()
    sent = await asyncio.gather(
        house.app.turns.send(conversation.id, "One?"),
        house.app.turns.send(conversation.id, "Two?"),
        return_exceptions=True,
    )
    (refused_one,) = [problem for problem in sent if isinstance(problem, UseCaseFailure)]
    assert refused_one.failure.kind == "busy"
    assert len(await house.turns(conversation)) == 1


async def test_nothing_is_asked_in_a_conversation_that_was_deleted_meanwhile(
    house: House, tmp_path: Path
) -> None:
    (tmp_path / "facts.txt").write_text("The lighthouse is 31 metres tall.")
    conversation = await house.app.conversations.create("engine")
    sending = asyncio.create_task(
        house.app.turns.send(conversation.id, "How tall?", [enclosed(tmp_path / "facts.txt")])
    )
    await house.until(lambda: any(isinstance(change, FilesChanged) for change in house.listen()))
    await house.app.conversations.delete(conversation.id)
    with pytest.raises(UseCaseFailure) as problem:
        await sending
    assert problem.value.failure.kind == "conversation_deleted"
    assert await house.turns(conversation) == []


async def test_a_turn_on_the_disk_has_an_owner_though_its_sender_was_cancelled(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.server.always("POST", "/v1/responses", stream_reply(Stall()))
    conversation = await house.conversation()
    writing = asyncio.Event()
    store = house.app.turns._around.store
    begin_turn = store.begin_turn

    async def told(*begun: Any) -> None:
        writing.set()
        await begin_turn(*begun)

    monkeypatch.setattr(store, "begin_turn", told)
    sending = asyncio.create_task(house.app.turns.send(conversation.id, "Well?"))
    await writing.wait()
    sending.cancel()
    await asyncio.wait({sending})
    assert sending.cancelled()
    await house.app.conversations.pin(conversation.id, True)  # what was on its way to the disk is there now
    assert [turn.id for turn in await house.turns(conversation)] == list(house.app.turns.running())
    assert len(house.app.turns.running()) == 1


async def test_a_connection_is_used_again_for_the_next_question(house: House) -> None:
    """The stream's last bytes come a moment after the event that ends the answer."""
    whole = sse_bytes(text_stream("Yes."))
    house.server.always("POST", "/v1/responses", lambda _: stream_reply(whole, Pause(0.01), b": bye\n\n"))
    conversation = await house.conversation()
    for _ in range(4):
        assert (await house.ask(conversation)).answer.status is Status.COMPLETED
    assert {request.connection for request in house.server.requests} == {1}


async def test_what_goes_wrong_after_the_end_of_an_answer_harms_nobody(house: House) -> None:
    house.server.script("POST", "/v1/responses", stream_reply(sse_bytes(text_stream("Yes.")), Reset()))
    turn = await house.ask(await house.conversation())
    assert (turn.answer.status, turn.answer.failure) == (Status.COMPLETED, None)


async def test_stop_in_the_moment_after_the_end_leaves_a_completed_answer(house: House) -> None:
    house.server.script("POST", "/v1/responses", stream_reply(sse_bytes(text_stream("Yes.")), Stall()))
    turn_id = await house.app.turns.send((await house.conversation()).id, "Well?")
    run = house.app.turns._running._runs[turn_id]
    while not run.turn.answer.status.ended:  # noqa: ASYNC110 - the moment itself, before anything is told
        await asyncio.sleep(0)
    await house.app.turns.stop(turn_id)
    turn = await house.app.turns.wait(turn_id)
    assert turn.answer.status is Status.COMPLETED
    assert turn.answer.response is not None


async def test_what_is_on_the_disk_is_what_was_sent(house: House) -> None:
    """A model chosen for want of one, and a request rebuilt for want of a parent, are written before they leave."""
    sent: list[tuple[object, object]] = []

    def look(request: Request) -> Reply:
        ((written,),) = rows(house.profile, "SELECT request FROM turns ORDER BY number DESC LIMIT 1")
        sent.append((json.loads(str(written)), request.json))
        if "previous_response_id" in request.json:
            return _lost("code")
        return answer("Yes.", response_id="resp_a")

    keeps(house.server)
    models = {"data": [{"id": "small"}]}
    house.server.always("GET", "/v1/models", Reply(200, {}, [json.dumps(models).encode()]))
    house.server.always("POST", "/v1/responses", look)
    await house.app.preferences.put_connection(replace(house.connection, default_model=""))
    conversation = await house.conversation()
    await house.ask(conversation, "First?")
    await house.ask(conversation, "Second?")
    assert len(sent) == 3
    assert all(written == posted for written, posted in sent)


@pytest.mark.parametrize(
    "models",
    [
        Reply(200, {"content-type": "text/html"}, [b"<html>Welcome</html>"]),
        Reply(200, {}, [b'{"data": []}']),
        refused(404, "no such page"),
    ],
    ids=["html", "none", "missing"],
)
async def test_a_server_that_cannot_list_its_models_is_asked_all_the_same(
    house: House, models: Reply
) -> None:
    house.server.always("GET", "/v1/models", models)
    house.server.always("POST", "/v1/responses", answer("Yes."))
    await house.app.preferences.put_connection(replace(house.connection, default_model=""))
    turn = await house.ask(await house.conversation())
    assert (turn.answer.status, "model" in turn.request) == (Status.COMPLETED, False)
    found = Reply(200, {}, [b'{"data": [{"id": "late"}]}'])
    house.server.always("GET", "/v1/models", found)
    assert await house.app.preferences.models(house.connection.id) == ["late"]


async def test_a_list_of_models_that_does_not_come_is_not_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatapp.services.attempts.MODELS_S", 0.2)
    house.server.always("GET", "/v1/models", Reply(200, {}, [Stall()], framing="chunked"))
    house.server.always("POST", "/v1/responses", answer("Yes."))
    await house.app.preferences.put_connection(replace(house.connection, default_model=""))
    assert (await house.ask(await house.conversation())).answer.status is Status.COMPLETED


@pytest.mark.allow_log("an answer lost its journal")
async def test_a_journal_that_ends_is_told_and_the_answer_is_saved_at_its_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(turn_id: str, events: object, line: object) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(house.app.turns._around.store, "journal", broken)
    gate = Gate()
    events = text_stream("One ", "two.")
    house.server.script(
        "POST", "/v1/responses", stream_reply(sse_bytes(events[:5]), gate, sse_bytes(events[5:]))
    )
    turn_id = await house.app.turns.send((await house.conversation()).id, "Count.")
    await house.until(lambda: any("a mistake" in notice for notice in house.notices()))
    gate.open()
    assert (await house.app.turns.wait(turn_id)).answer.text == "One two."
