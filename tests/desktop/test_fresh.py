"""New conversations and deleted ones: where the caret goes, what is kept, what can be brought back."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from chatapp.desktop.conversations.deleted import DeletedDialog
from chatapp.services.enclosures import enclosed
from tests.desktop.conftest import Room
from tests.desktop.test_conversations import POST, titles
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, stream_reply

CTRL = Qt.KeyboardModifier.ControlModifier


async def answered(room: Room, server: GatedServer, question: str) -> str:
    """Asks in the open conversation; its id."""
    server.script(*POST, stream_reply(sse_bytes(text_stream("Yes."))))
    await room.ask(question)
    assert room.desk.open_id is not None
    return room.desk.open_id


def focused(room: Room) -> QWidget:
    widget = room.window.focusWidget()
    assert widget is not None
    return widget


async def test_ctrl_n_in_the_search_takes_the_caret_along(room: Room, gated_server: GatedServer) -> None:
    first = await answered(room, gated_server, "Old talk")
    pane = room.window.conversations
    room.window.search()
    QTest.keyClicks(pane.search, "old")
    room.press(Qt.Key.Key_N, pane.search, CTRL)
    QTest.keyClicks(focused(room), "typed at once")
    await room.until(lambda: room.desk.open_id != first and room.desk.open_id in room.desk.conversations)
    assert room.window.composer.text == "typed at once"
    assert room.window.composer.editor.hasFocus()
    assert pane.search.text() == ""
    await room.until(lambda: titles(room) == ["New conversation", "Old talk"])
    assert room.desk.conversations[first].draft == ""


async def test_only_an_untouched_conversation_is_used_again(room: Room) -> None:
    first = room.desk.open_id
    room.window.switching.new()
    assert room.desk.open_id == first
    room.write("half a thought")
    room.window.switching.new()
    await room.until(lambda: room.desk.open_id != first, "a new one beside the draft")
    second = room.desk.open_id
    assert second is not None
    room.window.conversations._rename(second, "A name")
    await room.until(lambda: room.desk.head and room.desk.head.title == "A name")
    room.window.switching.new()
    await room.until(lambda: room.desk.open_id not in (first, second), "a new one beside the name")
    assert len(room.desk.in_order()) == 3


async def test_an_untouched_conversation_is_not_kept_when_left(room: Room, gated_server: GatedServer) -> None:
    first = await answered(room, gated_server, "Old talk")
    room.window.switching.new()
    await room.until(lambda: room.desk.open_id != first)
    room.window.switching.open(first)
    await room.until(lambda: room.desk.open_id == first and titles(room) == ["Old talk"])
    await room.until(lambda: room.session.errands.idle)
    assert [entry.id for entry in await room.session.errands.ask(lambda app: app.conversations.list())] == [
        first
    ]


async def test_files_waiting_in_an_empty_conversation_keep_it(room: Room, profile: object) -> None:
    from pathlib import Path

    first = room.desk.open_id
    assert first is not None
    room.window.composer.attach([enclosed(Path(__file__))])
    room.window.switching.new()
    await room.until(lambda: room.desk.open_id != first)
    assert not room.window.composer.enclosures
    room.window.switching.open(first)
    await room.until(lambda: room.desk.open_id == first)
    assert room.window.composer.enclosures == (enclosed(Path(__file__)),)


async def test_ctrl_z_undoes_the_newest_deletion_after_its_notice_went(
    room: Room, gated_server: GatedServer
) -> None:
    first = await answered(room, gated_server, "First talk")
    room.window.switching.new()
    await room.until(lambda: room.desk.open_id != first)
    second = await answered(room, gated_server, "Second talk")
    room.window.delete()
    await room.until(lambda: room.desk.open_id == first)
    room.window.delete()
    notices = room.window.notices
    await room.until(lambda: "First talk" in notices.text)
    notices.undoable.cross.click()
    assert not notices.isVisible()
    room.window.write()
    await room.until(lambda: room.desk.head is not None and room.desk.open_id not in (first, second))
    room.press(Qt.Key.Key_Z, None, CTRL)
    await room.until(lambda: room.desk.open_id == first)
    room.press(Qt.Key.Key_Z, None, CTRL)
    await room.until(lambda: room.desk.open_id == second)
    await room.until(lambda: set(titles(room)) == {"First talk", "Second talk"})


async def test_ctrl_z_is_the_window_s_where_nothing_was_written_yet(room: Room) -> None:
    room.window.write()
    room.press(Qt.Key.Key_Z, None, CTRL)
    assert "There is nothing to undo." in room.window.notices.text


async def test_ctrl_z_in_a_text_undoes_the_text(room: Room) -> None:
    room.write("words")
    room.press(Qt.Key.Key_Z, None, CTRL)
    assert room.window.composer.text == ""
    assert not room.window.notices.isVisible()


async def test_undo_stays_and_the_keyboard_reaches_it_first(room: Room, gated_server: GatedServer) -> None:
    await answered(room, gated_server, "Keep me")
    room.window.delete()
    notices = room.window.notices
    await room.until(lambda: "Keep me" in notices.text)
    assert not notices._timer.isActive()
    room.window.conversations.new.setFocus()
    room.press(Qt.Key.Key_Backtab, focused(room))
    room.press(Qt.Key.Key_Backtab, focused(room))
    assert focused(room) is notices.undoable.act
    room.press(Qt.Key.Key_Return, focused(room))
    await room.until(lambda: "Keep me" in titles(room))
    assert room.window.composer.editor.hasFocus()


async def test_recently_deleted_brings_a_conversation_back(room: Room, gated_server: GatedServer) -> None:
    first = await answered(room, gated_server, "Keep me")
    room.window.delete()
    await room.until(lambda: "Keep me" not in titles(room) and room.session.errands.idle)
    room.window.conversations.deleted.click()
    dialog = room.window.findChild(DeletedDialog)
    assert dialog is not None
    await room.until(lambda: dialog.list.count() == 1)
    assert "Keep me" in dialog.list.item(0).text()
    room.press(Qt.Key.Key_Return, dialog.list)
    await room.until(lambda: room.desk.open_id == first and "Keep me" in titles(room))
    assert dialog.list.count() == 0
    assert not room.window.notices.undoable.isVisible()
    dialog.close()
