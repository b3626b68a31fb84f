"""What a server holds of the conversation, in the window: said in three places, acted on by menus."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from chatapp.desktop.transcript_model import key_of_answer
from tests.desktop.conftest import Room, sent
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, error_reply, json_reply, stream_reply


async def talk(room: Room, server: GatedServer, *questions: str) -> list[str]:
    """Questions one after another, answered by resp_0, resp_1, … of a server that keeps them."""
    server.always("GET", "/v1/responses/*", json_reply({"id": "x", "status": "completed"}))
    server.remembers = True
    ids = []
    for number, words in enumerate(questions):
        stream = text_stream("Yes.", response_id=f"resp_{number}")
        server.script("POST", "/v1/responses", stream_reply(sse_bytes(stream)))
        ids.append((await room.ask(words)).id)
        await room.until(lambda: room.session.errands.idle)
    await room.until(lambda: room.desk.keeping.get("scripted"), "that the server keeps its answers")
    return ids


def details(room: Room, turn_id: str) -> str:
    room.window.transcript.view.flush()
    return room.window.transcript.feed.shown_answer(turn_id).message.details


async def test_a_look_at_the_server_changes_what_is_said(room: Room, gated_server: GatedServer) -> None:
    (turn_id,) = await talk(room, gated_server, "One?")
    assert details(room, turn_id).endswith("Stored: Scripted keeps its answers.")
    assert room.window.status._chain.text() == "chain stored"
    gated_server.always("GET", "/v1/responses/*", error_reply(404, "Not found."))
    room.window.on_last("check_there")
    await room.until(lambda: "does not have this answer any more" in room.window.notices.text)
    await room.until(lambda: room.window.status._chain.text() == "chain is gone")
    assert "Deleted: Scripted did not have it any more on" in details(room, turn_id)
    room.window.show_panel("Inspector")
    room.window.inspector.show_turn(turn_id)
    assert "Deleted: Scripted did not have it" in room.window.inspector._about.text()


async def test_deleting_there_is_offered_and_done_by_the_keyboard(
    room: Room, gated_server: GatedServer
) -> None:
    ids = await talk(room, gated_server, "One?", "Two?")
    gated_server.always("DELETE", "/v1/responses/*", json_reply({"deleted": True}))
    view, notices = room.window.transcript.view, room.window.notices
    view.action.emit(key_of_answer(ids[1]), "delete_there")
    await room.until(lambda: "cannot be brought back; it stays here" in notices.text)
    assert notices.said.act.text() == "Delete there"
    notices.said.act.setFocus()
    room.press(Qt.Key.Key_Return, notices.said.act)
    await room.until(lambda: "1 answer was deleted on Scripted." in notices.text)
    await room.until(lambda: "Deleted: It was deleted on Scripted" in details(room, ids[1]))
    assert len(room.desk.path) == 2


async def test_undo_takes_the_offer_to_delete_there_along(room: Room, gated_server: GatedServer) -> None:
    await talk(room, gated_server, "One?", "Two?")
    notices = room.window.notices
    room.window.on_last("delete")
    await room.until(lambda: "Scripted still holds its answer." in notices.text)
    notices.take_back()
    await room.until(lambda: len(room.desk.path) == 2)
    assert notices.isHidden()


async def test_asking_on_without_the_chain_says_so_and_is_taken_back(
    room: Room, gated_server: GatedServer
) -> None:
    (turn_id,) = await talk(room, gated_server, "One?")
    room.window.on_last("leave_chain")
    await room.until(lambda: "asked on without the server's chain" in room.window.notices.text)
    await room.until(lambda: "but left since" in details(room, turn_id))
    room.window.notices.take_back()
    await room.until(lambda: details(room, turn_id).endswith("Scripted keeps its answers."))
    room.window.on_last("leave_chain")
    await room.until(lambda: "but left since" in details(room, turn_id))
    gated_server.script("POST", "/v1/responses", stream_reply(sse_bytes(text_stream("Yes."))))
    on = await room.ask("Two?")
    assert "previous_response_id" not in sent(gated_server)
    assert "was left, as you asked" in (on.note or "")


async def test_an_edit_says_what_the_server_still_holds(room: Room, gated_server: GatedServer) -> None:
    await talk(room, gated_server, "One?")
    gated_server.script("POST", "/v1/responses", stream_reply(sse_bytes(text_stream("Yes."))))
    room.window.on_last("edit")
    room.window.composer.editor.setPlainText("Another?")
    room.press(Qt.Key.Key_Return)
    await room.until(
        lambda: "Scripted still holds the earlier question and 1 answer." in room.window.notices.text
    )
    await room.ended(1)
    assert room.window.notices.said.act.text() == "Delete there"


async def test_the_menu_of_an_answer_has_it(room: Room, gated_server: GatedServer) -> None:
    await talk(room, gated_server, "One?")
    view = room.window.transcript.view
    view.setFocus()
    room.press(Qt.Key.Key_End, view)
    view.open_menu()
    menu = view.findChildren(QMenu, "messageMenu")[-1]
    inner = menu.findChild(QMenu, "serverMenu")
    assert inner is not None
    assert [action.text() for action in inner.actions()] == [
        "Check on the server",
        "Ask on without the server's chain",
        "Delete there…",
    ]
    menu.close()
