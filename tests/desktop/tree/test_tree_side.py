"""The tree in the window: opened beside the conversation, followed by the transcript, remembered."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from chatapp.desktop.tree.view import TreeView
from tests.desktop.conftest import Room, opened, prepared
from tests.desktop.test_conversations import POST
from tests.desktop.test_fresh import CTRL, focused
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import Gate, GatedServer, stream_reply

ALT_SHIFT = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier


def tree_of(room: Room) -> TreeView:
    column = room.window.tree.column
    assert column is not None
    return column.view


async def branched(room: Room, server: GatedServer) -> list[str]:
    """Two questions, the second answered twice; the ids of the three turns."""
    for words in ("One.", "Two.", "Three."):
        server.script(*POST, stream_reply(sse_bytes(text_stream(words))))
    first = await room.ask("First question")
    second = await room.ask("Second question")
    room.window.on_last("regenerate")
    await room.until(lambda: room.last.id not in (first.id, second.id) and room.last.answer.status.ended)
    return [first.id, second.id, room.last.id]


async def test_a_key_opens_the_tree_and_enter_shows_a_branch(room: Room, gated_server: GatedServer) -> None:
    first, second, third = await branched(room, gated_server)
    room.press(Qt.Key.Key_T, None, CTRL)
    view = tree_of(room)
    assert focused(room) is view
    assert [row.turns for row in view.plan.rows] == [(first,), (second,), (third,)]
    assert view.plan.leaf == third
    QTest.keyClick(view, Qt.Key.Key_Up)
    QTest.keyClick(view, Qt.Key.Key_Return)
    await room.until(lambda: room.last.id == second)
    assert view.plan.leaf == second
    assert focused(room) is view
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert room.window.composer.editor.hasFocus()
    room.window.tree.enter()
    room.window.tree.enter()
    assert not view.isVisible()
    assert room.window.composer.editor.hasFocus()
    room.window.switching.new()
    await room.until(lambda: not room.desk.path)
    assert view.plan.rows == ()


async def test_it_grows_while_an_answer_comes(room: Room, gated_server: GatedServer) -> None:
    await branched(room, gated_server)
    room.window.tree.toggle()
    view, gate = tree_of(room), Gate()
    gated_server.script(*POST, stream_reply(gate, sse_bytes(text_stream("Late."))))
    room.window.write()
    room.write("A third question")
    room.press(Qt.Key.Key_Return)
    await room.until(lambda: view.plan.way and view.plan.words(view.plan.way[-1]).sign == "running")
    assert "Is being written" in view.plan.words(view.plan.way[-1]).line
    gate.open()
    await room.until(lambda: view.plan.words(view.plan.way[-1]).sign == "done")
    assert len(view.plan.rows) == 3
    assert view.plan.words(view.plan.way[-1]).line == "2 turns · A third question"


async def test_without_room_it_takes_the_place_of_the_conversation(
    room: Room, gated_server: GatedServer
) -> None:
    _, second, _ = await branched(room, gated_server)
    room.window.resize(500, 600)
    room.window.tree.enter()
    view = tree_of(room)
    assert view.isVisible()
    assert not room.window.composer.isVisible()
    view.go(view.plan.outline.row_of(second))
    QTest.keyClick(view, Qt.Key.Key_Return)
    await room.until(lambda: room.last.id == second)
    assert room.window.composer.isVisible()
    assert not view.isVisible()
    assert room.window.composer.editor.hasFocus()
    room.window.tree.enter()
    room.press(Qt.Key.Key_F, view, CTRL)
    assert room.window.transcript.find_bar.isVisible()
    room.window.tree.enter()
    room.window.resize(1200, 600)
    assert view.isVisible()
    assert room.window.composer.isVisible()


@pytest.mark.usefixtures("qapp")
async def test_it_is_remembered(gated_server: GatedServer, profile: Path) -> None:
    await prepared(profile, gated_server)
    async with opened(profile) as room:
        room.window.tree.enter()
        tree_of(room).set_size(1)
    async with opened(profile) as again:
        assert again.window.tree.is_open
        assert again.window.composer.editor.hasFocus()
        assert tree_of(again).scale_step == 1


async def test_keys_go_from_fork_to_fork_in_the_transcript(room: Room, gated_server: GatedServer) -> None:
    _, second, third = await branched(room, gated_server)
    for _ in range(3):
        gated_server.script(*POST, stream_reply(sse_bytes(text_stream("More. " * 400))))
        await room.ask("And more?")
    view = room.window.transcript.view
    view.flush()
    room.press(Qt.Key.Key_Up, None, ALT_SHIFT)
    assert view.column.entries[view.current].key == f"question-{third}"
    at = view.verticalScrollBar().value()
    room.press(Qt.Key.Key_Down, None, ALT_SHIFT)
    assert view.verticalScrollBar().value() == at
    assert second not in {turn.id for turn in room.desk.path}


async def test_a_branch_is_marked_deleted_and_brought_back(room: Room, gated_server: GatedServer) -> None:
    _, second, third = await branched(room, gated_server)
    room.window.tree.enter()
    view = tree_of(room)
    QTest.keyClick(view, Qt.Key.Key_F)
    await room.until(lambda: view.is_favourite(view.plan.outline.row_of(third)))
    QTest.keyClick(view, Qt.Key.Key_Delete)
    await room.until(lambda: len(view.plan.tree) == 2)
    assert room.last.id == second
    assert [len(row.turns) for row in view.plan.rows] == [2]
    assert focused(room) is view
    QTest.keyClick(view, Qt.Key.Key_Z, CTRL)
    await room.until(lambda: len(view.plan.tree) == 3)
    assert view.is_favourite(view.plan.outline.row_of(third))


async def test_an_empty_conversation_says_what_will_be_here(room: Room) -> None:
    room.window.tree.enter()
    column = room.window.tree.column
    assert column is not None
    assert not column.view.isVisible()
    assert focused(room) is column.cross
