"""The list: drafts, renaming, pinning, deleting with undo, searching."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from chatapp.conversation.changes import Notice
from chatapp.desktop.conversations.grouping import Entry, Hit
from chatapp.desktop.conversations.rows import ROW
from chatapp.desktop.reading_positions import MOST, ReadingPositions
from chatapp.desktop.transcript.manners import Anchor
from tests.desktop.conftest import Room, opened, prepared
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, json_reply, stream_reply

POST = ("POST", "/v1/responses")


def titles(room: Room) -> list[str]:
    """The conversations in the list, from the top."""
    model = room.window.conversations.list.model()
    rows = [model.index(place, 0).data(ROW) for place in range(model.rowCount())]
    return [row.conversation.title for row in rows if isinstance(row, Entry)]


async def test_a_draft_stays_with_its_conversation(room: Room, gated_server: GatedServer) -> None:
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes."))))
    await room.ask("First talk")
    first = room.desk.open_id
    assert first is not None
    room.write("half a thought")
    room.window.switching.new()
    await room.until(lambda: room.desk.open_id != first)
    assert room.window.composer.text == ""
    room.write("another")
    second = room.desk.open_id
    room.window.switching.open(first)
    await room.until(lambda: room.desk.open_id == first)
    assert room.window.composer.text == "half a thought"
    assert second is not None
    room.window.switching.open(second)
    await room.until(lambda: room.desk.open_id == second)
    assert room.window.composer.text == "another"


async def test_a_draft_survives_closing(qapp: QApplication, profile: Path, gated_server: GatedServer) -> None:
    gated_server.always("GET", "/v1/*", json_reply({"object": "list", "data": [], "has_more": False}))
    await prepared(profile, gated_server)
    async with opened(profile) as room:
        room.write("to be continued")
    async with opened(profile) as room:
        assert room.window.composer.text == "to be continued"


async def test_deleting_can_be_undone_without_a_dialog(room: Room, gated_server: GatedServer) -> None:
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes."))))
    await room.ask("Keep me")
    conversation = room.desk.head
    assert conversation is not None
    room.window.delete()
    await room.until(lambda: "Keep me" not in titles(room))
    await room.until(lambda: room.window.notices.isVisible())
    assert "Keep me" in room.window.notices.text
    room.window.notices.say(Notice("Something else that is only said."))
    assert "Keep me" in room.window.notices.text
    room.window.notices.undoable.act.click()
    await room.until(lambda: room.desk.open_id == conversation.id and "Keep me" in titles(room))
    await room.until(lambda: "only said" in room.window.notices.text)
    assert room.last.answer.text == "Yes."


async def test_f2_renames_in_the_row(room: Room) -> None:
    room.window.rename()
    editor = room.window.conversations.list.findChild(QLineEdit, "conversationTitle")
    assert editor is not None
    editor.setText("A better name")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    await room.until(lambda: room.desk.head and room.desk.head.title == "A better name")
    assert titles(room) == ["A better name"]


async def test_a_search_opens_the_exact_turn(room: Room, gated_server: GatedServer) -> None:
    for number, words in enumerate(("The stabilizer wiring.", "Something else.")):
        gated_server.script(*POST, stream_reply(sse_bytes(text_stream(words, response_id=f"resp_{number}"))))
    found = await room.ask("What is dear?")
    await room.ask("And then?")
    pane = room.window.conversations
    pane.search.setText("stabilizer")
    model = pane.list.model()
    await room.until(lambda: isinstance(model.index(1, 0).data(ROW), Hit), "a hit")
    hit = model.index(1, 0)
    assert "stabilizer" in hit.data(ROW).found.snippet
    assert hit.data(ROW).found.turn_id == found.id
    pane._choose(hit)
    await room.until(lambda: any(turn.id == found.id for turn in room.desk.path))


async def test_pinned_conversations_stand_first(room: Room) -> None:
    room.window.rename()
    room.window.pin()
    await room.until(lambda: room.desk.head and room.desk.head.pinned)
    model = room.window.conversations.list.model()
    assert model.index(0, 0).data(Qt.ItemDataRole.DisplayRole) == "Pinned"


async def test_one_comes_back_to_where_one_was_reading(
    qapp: QApplication, profile: Path, gated_server: GatedServer
) -> None:
    gated_server.always("GET", "/v1/*", json_reply({"object": "list", "data": [], "has_more": False}))
    await prepared(profile, gated_server)
    long = "\n\n".join(f"Paragraph {at} of an answer." for at in range(80))
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream(long))))
    async with opened(profile) as room:
        await room.ask("Tell me all of it")
        bar = room.window.transcript.view.verticalScrollBar()
        bar.setValue(700)
        first = room.desk.open_id
        assert first is not None
        room.window.switching.new()
        await room.until(lambda: room.desk.open_id != first)
        room.window.switching.open(first)
        await room.until(lambda: room.desk.open_id == first)
        assert bar.value() == 700
        bar.setValue(500)
    async with opened(profile) as room:
        await room.until(lambda: room.desk.path)
        bar = room.window.transcript.view.verticalScrollBar()
        assert bar.value() == 500
        bar.setValue(bar.maximum())
    async with opened(profile) as room:
        await room.until(lambda: room.desk.path)
        bar = room.window.transcript.view.verticalScrollBar()
        assert bar.value() == bar.maximum() > 700


def test_places_are_kept_for_the_conversations_last_read() -> None:
    positions = ReadingPositions({"a": ["answer-1", 3, -20], "damaged": ["x"], "b": None})
    assert positions.as_json() == {"a": ["answer-1", 3, -20]}
    for at in range(MOST):
        positions.keep(str(at), Anchor("q", at, 0))
    assert positions.of("a") is None
    positions.keep("5", None)
    assert positions.of("5") is None
    assert ReadingPositions(positions.as_json()).of("7") == Anchor("q", 7, 0)
