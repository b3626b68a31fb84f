"""Turns deleted in the window and brought back: by the notice, by the list of what was deleted, after a restart."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu

from chatapp.desktop.conversations.deleted import DeletedDialog
from chatapp.desktop.transcript_model import key_of_answer
from tests.desktop.conftest import Room, opened, prepared
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, error_reply, json_reply, stream_reply


def answers(server: GatedServer, count: int) -> None:
    for number in range(count):
        reply = stream_reply(sse_bytes(text_stream(f"Answer {number}.", response_id=f"resp_{number}")))
        server.script("POST", "/v1/responses", reply)


def shown(room: Room) -> list[str]:
    room.window.transcript.view.flush()
    return [turn.text for turn in room.desk.path]


async def test_a_turn_goes_by_its_menu_and_comes_back_by_the_notice(
    room: Room, gated_server: GatedServer
) -> None:
    answers(gated_server, 3)
    turns = [await room.ask(words) for words in ("One?", "Two?", "Three?")]
    view = room.window.transcript.view
    view.action.emit(key_of_answer(turns[1].id), "delete")
    await room.until(lambda: shown(room) == ["One?"])
    assert "2 turns were deleted." in room.window.notices.text
    room.window.notices.take_back()
    await room.until(lambda: shown(room) == ["One?", "Two?", "Three?"])
    assert room.window.notices.undoable.isHidden()


async def test_the_menu_offers_it_and_says_what_is_a_favourite(room: Room, gated_server: GatedServer) -> None:
    answers(gated_server, 1)
    turn = await room.ask("One?")
    view = room.window.transcript.view
    room.window.on_last("favourite")
    await room.until(lambda: room.desk.head and room.desk.head.favourites == (turn.id,))
    view.flush()
    assert room.window.transcript.feed.shown_answer(turn.id).message.header.endswith(" · favourite")
    view.setFocus()
    room.press(Qt.Key.Key_End, view)
    view.open_menu()
    menu = view.findChildren(QMenu, "messageMenu")[-1]
    labels = [action.text() for action in menu.actions()]
    assert labels[-2:] == ["", "Delete from here on"]
    assert "Not a favourite any more" in labels
    menu.close()


async def test_after_a_restart_what_was_deleted_is_found_in_a_list(
    qapp: QApplication, profile: Path, gated_server: GatedServer
) -> None:
    gated_server.always("GET", "/v1/vector_stores*", json_reply({"object": "list", "data": []}))
    gated_server.always("GET", "/v1/responses/*", error_reply(404, "It is not kept."))
    gated_server.always("GET", "/v1/models", json_reply({"object": "list", "data": []}))
    answers(gated_server, 2)
    await prepared(profile, gated_server)
    async with opened(profile) as room:
        for words in ("One?", "Two?"):
            await room.ask(words)
        room.window.on_last("delete")
        await room.until(lambda: shown(room) == ["One?"])
    async with opened(profile) as room:
        assert shown(room) == ["One?"]
        room.window.dialogs.deleted_turns()
        dialog = room.window.findChild(DeletedDialog)
        assert dialog is not None
        await room.until(lambda: dialog.list.count() == 1)
        assert dialog.list.item(0).text().startswith("Two?  ·  deleted ")
        room.press(Qt.Key.Key_Return, dialog.list)
        await room.until(lambda: shown(room) == ["One?", "Two?"])
        dialog.close()
