"""Asking, stopping, asking again and otherwise, in a real window over a real socket."""

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication

from chatapp.conversation.answer import Status
from chatapp.services.enclosures import enclosed
from tests.desktop.conftest import Room, sent
from tests.kit.events import error_stream, sse_bytes, text_stream
from tests.kit.gated_server import Gate, GatedServer, error_reply, json_reply, stream_reply

POST = ("POST", "/v1/responses")


async def test_a_question_is_sent_with_enter_and_its_answer_seen(
    room: Room, gated_server: GatedServer
) -> None:
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Seven", "ty", "-three."))))
    turn = await room.ask("How many?")
    assert turn.answer.status is Status.COMPLETED
    assert room.shown() == "Seventy-three."
    assert room.window.composer.text == ""
    assert sent(gated_server)["input"][0]["content"][0]["text"] == "How many?"


async def test_shift_enter_begins_a_line(room: Room, gated_server: GatedServer) -> None:
    room.write("one")
    room.press(Qt.Key.Key_Return, keys=Qt.KeyboardModifier.ShiftModifier)
    room.write("two")
    assert room.window.composer.text == "one\ntwo"
    assert not room.desk.path


async def test_enter_of_an_input_method_sends_nothing(room: Room, gated_server: GatedServer) -> None:
    editor = room.window.composer.editor
    editor.setFocus()
    QApplication.sendEvent(editor, QInputMethodEvent("にほ", []))
    room.press(Qt.Key.Key_Return)
    await asyncio.sleep(0.1)
    assert not room.desk.path
    committed = QInputMethodEvent("", [])
    committed.setCommitString("日本")
    QApplication.sendEvent(editor, committed)
    assert room.window.composer.text.strip() == "日本"
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("はい"))))
    room.press(Qt.Key.Key_Return)
    await room.ended(1)
    assert room.last.text.strip() == "日本"


async def test_stop_stands_in_the_place_of_send_and_keeps_what_came(
    room: Room, gated_server: GatedServer
) -> None:
    events, gate = text_stream("The first half", " and the second."), Gate()
    gated_server.script(*POST, stream_reply(sse_bytes(events[:5]), gate, sse_bytes(events[5:])))
    room.write("Tell")
    room.press(Qt.Key.Key_Return)
    await room.until(lambda: room.desk.path and room.last.answer.text == "The first half")
    composer = room.window.composer
    assert composer.stop.isVisible()
    assert not composer.send.isVisible()
    composer.stop.click()
    await room.ended(1)
    gate.open()
    assert room.last.answer.status is Status.STOPPED
    assert room.shown() == "The first half"
    assert composer.send.isVisible()


async def test_regenerate_makes_a_sibling_and_both_can_be_seen(room: Room, gated_server: GatedServer) -> None:
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("One.", response_id="resp_a"))))
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Two.", response_id="resp_b"))))
    first = await room.ask("Say")
    room.window.on_last("regenerate")
    await room.until(lambda: room.last.id != first.id and room.last.answer.status.ended)
    assert room.shown() == "Two."
    assert room.window.transcript.feed.shown_answer(room.last.id).message.siblings == (2, 2)
    room.window.step_branch(-1)
    await room.until(lambda: room.last.id == first.id)
    assert room.shown() == "One."


async def test_an_edited_question_is_a_branch_and_the_draft_returns(
    room: Room, gated_server: GatedServer
) -> None:
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("One."))))
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Two.", response_id="resp_2"))))
    first = await room.ask("Old words")
    room.write("a draft")
    room.window.on_last("edit")
    composer = room.window.composer
    assert composer.text == "Old words"
    composer.editor.setPlainText("New words")
    room.press(Qt.Key.Key_Return)
    await room.until(
        lambda: room.desk.path and room.last.text == "New words" and room.last.answer.status.ended
    )
    assert [turn.text for turn in room.desk.tree.siblings(first.id)] == ["Old words", "New words"]
    assert composer.text == "a draft"


async def test_the_next_question_can_follow_an_earlier_answer(room: Room, gated_server: GatedServer) -> None:
    for number in range(3):
        gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes.", response_id=f"resp_{number}"))))
    first = await room.ask("First")
    await room.ask("Second")
    room.window.turn_actions.do(first.id, "fork")
    room.write("Other")
    room.press(Qt.Key.Key_Return)
    await room.until(lambda: room.last.text == "Other" and room.last.answer.status.ended)
    assert [turn.text for turn in room.desk.path] == ["First", "Other"]
    assert room.window.bar.branches.isVisible()


async def test_a_refusal_is_a_card_with_its_remedy(room: Room, gated_server: GatedServer) -> None:
    gated_server.script(*POST, error_reply(401, "Incorrect API key provided", "invalid_api_key"))
    turn = await room.ask("Hello")
    notice = room.window.transcript.feed.shown_answer(turn.id).message.notice
    assert notice is not None
    assert notice.title == "No key for this server"
    assert ("set_key", "Set the key") in notice.actions
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Now."))))
    room.window.turn_actions.do(turn.id, "retry")
    await room.until(lambda: room.last.id != turn.id and room.last.answer.status is Status.COMPLETED)


async def test_an_error_in_the_stream_keeps_the_text_before_it(room: Room, gated_server: GatedServer) -> None:
    gated_server.script(*POST, stream_reply(sse_bytes(error_stream("So far"))))
    turn = await room.ask("Hello")
    assert turn.answer.status is Status.ERROR
    assert room.shown() == "So far"


async def test_a_question_that_cannot_be_committed_comes_back(room: Room, gated_server: GatedServer) -> None:
    composer = room.window.composer
    composer.attach([enclosed(room.session._options.profile)])
    room.write("About this folder")
    room.press(Qt.Key.Key_Return)
    await room.until(lambda: room.window.notices.isVisible(), "a notice")
    assert composer.text == "About this folder"
    assert composer.enclosures == (enclosed(room.session._options.profile),)
    assert not room.desk.path
    assert room.window.notices.text


async def test_nothing_of_20_000_deltas_is_lost_or_reordered(room: Room, gated_server: GatedServer) -> None:
    deltas = [f"{number} " if number % 50 else f"{number}\n\n" for number in range(20_000)]
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream(*deltas))))
    room.write("Count")
    room.press(Qt.Key.Key_Return)
    await room.ended(1)
    whole = "".join(deltas)
    assert room.last.answer.text == whole
    assert room.shown() == whole


async def test_a_wait_is_counted_down_and_can_be_cancelled(room: Room, gated_server: GatedServer) -> None:
    gated_server.script(*POST, error_reply(429, "Slow down.", "rate_limit_exceeded", retry_after="30"))
    room.write("How many?")
    room.press(Qt.Key.Key_Return)
    await room.until(lambda: room.desk.path and room.last.id in room.desk.waits)
    texts = set[str]()

    def counted() -> bool:
        notice = room.window.transcript.feed.shown_answer(room.last.id).message.notice
        assert notice is not None
        texts.add(notice.text)
        return len(texts) > 1

    await room.until(counted)
    assert sorted(texts)[-1] == "Slow down. Sending again in 30 s."
    view = room.window.transcript.view
    (cancel,) = [spot for spot in view.stops(view.column.entries[-1]) if spot[2].target == "stop"]
    view.activate(*cancel)
    await room.ended(1)
    assert room.last.answer.status is Status.STOPPED
    assert room.desk.waits == {}
    assert len([request for request in gated_server.requests if request.method == "POST"]) == 1
    message = room.window.transcript.feed.shown_answer(room.last.id).message
    assert message.notice is not None
    assert message.notice.title == "This answer was stopped"


async def test_resume_fetches_what_the_server_finished(
    room: Room, gated_server: GatedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatapp.services.following.KEPT_WAITS_S", ())
    events = text_stream("All ", "of it.", response_id="resp_a")
    gated_server.script(*POST, stream_reply(sse_bytes(events[:5]), framing="close"))
    unfinished = {**events[0]["response"], "status": "in_progress"}
    gated_server.always("GET", "/v1/responses/resp_a", json_reply(unfinished))
    turn = await room.ask("Tell me")
    assert turn.answer.status is Status.CUT
    gated_server.always("GET", "/v1/responses/resp_a", json_reply(events[-1]["response"]))
    room.window.on_last("resume")
    await room.until(lambda: room.last.answer.status is Status.COMPLETED)
    assert room.shown() == "All of it."
    assert len(room.desk.path) == 1


async def test_a_server_that_keeps_nothing_is_said_to(room: Room, gated_server: GatedServer) -> None:
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes."))))
    await room.ask("Well?")
    await room.until(lambda: room.window.status._chain.text() == "not kept on the server")
