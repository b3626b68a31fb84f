"""Defaults in the window: each row says where its value comes from, and a menu makes and takes away defaults."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QMenu, QPushButton

from chatapp.desktop.composer.chips import Chip, described
from chatapp.desktop.panels.parameter_row import DOT, HOLLOW, ParameterRow
from tests.desktop.conftest import MODEL, SERVER, Room, sent
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, error_reply, stream_reply

POST = ("POST", "/v1/responses")
REFUSED = "Unsupported parameter: 'temperature' is not supported with this model."


def row_of(room: Room, name: str) -> ParameterRow:
    room.window.show_panel("Parameters")
    return room.window.parameters.row(name)


def chips(room: Room) -> list[Chip]:
    assert room.desk.head is not None
    return described(room.desk.head, room.desk)


def entries(row: ParameterRow) -> dict[str, QAction]:
    """What the menu of a row offers; it is closed again by whoever chooses."""
    row.origin.menu_button.click()
    menu = row.origin.findChildren(QMenu)[-1]
    return {action.text(): action for action in menu.actions()}


async def choose(room: Room, row: ParameterRow, words: str, then: str) -> None:
    found = entries(row)
    assert words in found, found
    found[words].trigger()
    for menu in row.origin.findChildren(QMenu):
        menu.close()
    await room.until(lambda: row.origin.words == then, f"{then}, not {row.origin.words}")


async def test_a_value_becomes_the_default_of_the_server_and_of_a_model(
    room: Room, gated_server: GatedServer
) -> None:
    row = row_of(room, "temperature")
    assert row.origin.isHidden()
    row.edited.emit("temperature", 0.3)
    await room.until(lambda: row.origin.words == "From this conversation")
    assert (row._dot.text(), row._dot.accessibleName()) == (DOT, "Temperature is set")
    await choose(room, row, "Make 0.3 the default for Scripted", "Default for Scripted")
    assert (row._dot.text(), row._dot.accessibleName()) == (HOLLOW, "Temperature is a default")
    assert not row._reset_button.isVisible()
    assert room.desk.head is not None
    assert "temperature" not in room.desk.head.parameters, "the default says it now"
    row.edited.emit("temperature", 0.9)
    await room.until(lambda: row.origin.words == "From this conversation (default: 0.3)")
    await choose(
        room, row, f"Make 0.9 the default for {MODEL} on Scripted", f"Default for {MODEL} on Scripted"
    )
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes."))))
    await room.ask("Well?")
    assert sent(gated_server)["temperature"] == 0.9
    await choose(room, row, f"Remove the default for {MODEL} on Scripted (0.9)", "Default for Scripted")
    assert row.control.findChildren(QLineEdit)[0].text() == "0.3"
    await choose(room, row, "Remove the default for Scripted (0.3)", "")
    assert row.control.findChildren(QLineEdit)[0].text() == ""
    await room.until(lambda: "The default for temperature was removed." in room.window.notices.text)
    room.window.notices.take_back()
    await room.until(lambda: row.origin.words == "Default for Scripted")


async def test_a_default_is_kept_out_of_one_conversation(room: Room, gated_server: GatedServer) -> None:
    await room.window._errands.ask(lambda app: app.defaults.put(SERVER, "", "reasoning.effort", "low"))
    row = row_of(room, "reasoning.effort")
    await room.until(lambda: row.origin.words == "Default for Scripted")
    row.control.edited.emit(None)
    await room.until(lambda: row.origin.words == "Not sent here (default: low)")
    assert row._reset_button.toolTip() == "Back to the default"
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes."))))
    await room.ask("Well?")
    assert "reasoning" not in sent(gated_server)
    row._reset_button.click()
    await room.until(lambda: row.origin.words == "Default for Scripted")


async def test_long_words_are_told_on_one_short_line(room: Room) -> None:
    row = row_of(room, "instructions")
    row.edited.emit("instructions", "Be brief.\n\tSay where it stands.\n" * 9)
    await room.until(lambda: row.origin.words == "From this conversation")
    found = entries(row)
    assert all(len(words) < 110 and len(words.split("\n")) == len(words.split("\t")) == 1 for words in found)
    assert next(iter(found)).startswith("Make Be brief. Say where it stands.")
    for menu in row.origin.findChildren(QMenu):
        menu.close()


async def test_the_model_of_a_conversation_becomes_that_of_its_server(room: Room) -> None:
    row = row_of(room, "model")
    await room.until(lambda: row.origin.words == "From this conversation")
    await choose(room, row, f"Make {MODEL} the default for Scripted", "Default for Scripted")
    connection = room.desk.connection(SERVER)
    assert connection is not None
    assert connection.default_model == MODEL
    assert not row_of(room, "vector_stores").origin.menu_button.isVisible()


async def test_what_is_refused_is_struck_from_the_chips(room: Room, gated_server: GatedServer) -> None:
    row_of(room, "temperature").edited.emit("temperature", 0.7)
    await room.until(lambda: chips(room) == [Chip("temperature", "t 0.7")])
    yes = stream_reply(sse_bytes(text_stream("Yes.")))
    gated_server.script(*POST, error_reply(400, REFUSED, x_should_retry="false"), yes)
    await room.ask("Well?")
    words = f"not sent: {MODEL} refuses it"
    await room.until(lambda: chips(room) == [Chip("temperature", "t 0.7", words)])
    shown = room.window.composer.parameters
    told = (f"Change t 0.7, {words}", f"t 0.7, {words}")
    await room.until(
        lambda: (
            [(chip.accessibleName(), chip.toolTip()) for chip in shown.findChildren(QPushButton)] == [told]
        )
    )
