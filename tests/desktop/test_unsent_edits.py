"""An edited question that was not sent stays, over a look elsewhere and the end of the window, until it is given up."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tests.desktop.conftest import Room, opened, prepared
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, error_reply, json_reply, stream_reply


def answers(server: GatedServer, count: int) -> None:
    for number in range(count):
        reply = stream_reply(sse_bytes(text_stream("Yes.", response_id=f"resp_{number}")))
        server.script("POST", "/v1/responses", reply)


async def test_it_waits_while_one_looks_elsewhere(room: Room, gated_server: GatedServer) -> None:
    answers(gated_server, 1)
    turn = await room.ask("Old words")
    first, composer = room.desk.open_id, room.window.composer
    assert first is not None
    room.write("a draft")
    room.window.on_last("edit")
    composer.editor.setPlainText("Half new words")
    room.window.switching.new()
    await room.until(lambda: room.desk.open_id not in (first, None))
    assert (composer.text, composer.editing) == ("", None)
    room.window.switching.open(first)
    await room.until(lambda: composer.editing == turn.id)
    assert composer.text == "Half new words"
    assert composer.editing_bar.isVisible()
    room.window.escape()
    assert (composer.text, composer.editing) == ("a draft", None)
    room.window.on_last("edit")
    assert composer.text == "Old words", "it was given up"


async def test_another_question_may_be_edited_meanwhile(room: Room, gated_server: GatedServer) -> None:
    answers(gated_server, 3)
    first, second = await room.ask("One"), await room.ask("Two")
    actions, composer = room.window.turn_actions, room.window.composer
    actions.do(first.id, "edit")
    composer.editor.setPlainText("One, otherwise")
    actions.do(second.id, "edit")
    assert composer.text == "Two"
    composer.editor.setPlainText("Two, otherwise")
    actions.do(second.id, "fork")
    assert (composer.text, composer.editing) == ("", None)
    actions.do(first.id, "edit")
    assert composer.text == "One, otherwise"
    room.press(Qt.Key.Key_Return)
    await room.until(lambda: room.desk.path and room.last.text == "One, otherwise")
    await room.ended(1)
    actions.do(first.id, "edit")
    assert composer.text == "One", "what was sent is no draft any more"


async def test_it_survives_closing_and_becomes_words_where_its_question_is_gone(
    qapp: QApplication, profile: Path, gated_server: GatedServer
) -> None:
    gated_server.always("GET", "/v1/vector_stores*", json_reply({"object": "list", "data": []}))
    gated_server.always("GET", "/v1/responses/*", error_reply(404, "It is not kept."))
    gated_server.always("GET", "/v1/models", json_reply({"object": "list", "data": []}))
    answers(gated_server, 1)
    await prepared(profile, gated_server)
    async with opened(profile) as room:
        turn = await room.ask("Old words")
        room.window.on_last("edit")
        room.window.composer.editor.setPlainText("Half new words")
    async with opened(profile) as room:
        await room.until(lambda: room.window.composer.editing == turn.id)
        assert room.window.composer.text == "Half new words"
        await room.session.errands.ask(lambda app: app.branches.delete(turn.id))
    async with opened(profile) as room:
        await room.until(lambda: room.window.composer.text == "Half new words")
        assert room.window.composer.editing is None
