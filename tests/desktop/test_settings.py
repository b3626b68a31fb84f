"""The settings in a real window: a server is checked as it is typed, and nothing typed is lost."""

import asyncio

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QPushButton

from chatapp.desktop.servers.words import plainly
from chatapp.desktop.settings_dialog import SettingsDialog
from chatapp.services.ports import Connection
from chatapp.services.preferences import LOOKS_NEARBY
from tests.desktop.conftest import SERVER, Room
from tests.kit.gated_server import GatedServer
from tests.kit.waiting import WAIT_S


async def settings(room: Room) -> SettingsDialog:
    room.window.dialogs.settings()
    dialog = room.window.findChildren(SettingsDialog)[-1]
    await room.until(dialog.isVisible)
    return dialog


async def saved(room: Room) -> list[Connection]:
    return await room.session.errands.ask(lambda app: app.preferences.connections())


def fill(dialog: SettingsDialog, name: str, address: str, source: str = "none", key: str = "") -> None:
    form = dialog.form
    QTest.keyClicks(form.name, name)
    QTest.keyClicks(form.address, address)
    form.source.setCurrentIndex(form.source.findData(source))
    QTest.keyClicks(form.key, key)


async def checked(room: Room, dialog: SettingsDialog) -> str:
    dialog.form.check()
    result = dialog.form._result
    await room.until(lambda: result.text() not in ("", "Asking the server…"))
    return result.text()


async def test_a_check_saves_nothing_and_needs_no_key_store(room: Room, gated_server: GatedServer) -> None:
    dialog = await settings(room)
    dialog.add_server()
    fill(dialog, "Local", gated_server.base_url, "keyring")
    assert await checked(room, dialog) == "Local answers and offers 1 model."
    assert [entry.id for entry in await saved(room)] == ["engine", SERVER]
    assert dialog.form.name.text() == "Local"
    assert "Authorization" not in gated_server.requests[-1].headers
    dialog.form.save()
    await room.until(lambda: len(room.desk.connections) == 3)
    assert room.desk.connections[-1].key_source == "none"
    dialog.reject()


async def test_a_typed_key_is_tried_and_not_kept(room: Room, gated_server: GatedServer) -> None:
    dialog = await settings(room)
    dialog.add_server()
    fill(dialog, "Keyed", gated_server.base_url, "keyring", "sk-typed")
    assert await checked(room, dialog) == "Keyed answers and offers 1 model."
    headers = {name.lower(): value for name, value in gated_server.requests[-1].headers.items()}
    assert headers["authorization"] == "Bearer sk-typed"
    assert [entry.id for entry in await saved(room)] == ["engine", SERVER]
    dialog.reject()


async def test_a_check_of_an_edited_server_says_nothing_of_the_saved_one(
    room: Room, gated_server: GatedServer
) -> None:
    await room.until(
        lambda: room.desk.states.get(SERVER), "the saved server's own state, asked for at the start"
    )
    dialog = await settings(room)
    dialog.list.setCurrentRow(1)
    dialog.form.address.setText("http://127.0.0.1:9/v1")
    before = room.desk.states.get(SERVER)
    assert "cannot be reached" in await checked(room, dialog)
    assert room.desk.states.get(SERVER) == before
    assert (await saved(room))[1].base_url == gated_server.base_url
    dialog.form.cancel()
    assert dialog.form.address.text() == gated_server.base_url
    assert await checked(room, dialog) == "Scripted answers and offers 1 model."
    dialog.reject()


async def test_a_check_of_a_server_that_is_not_there_says_so_plainly(room: Room, dead_port: int) -> None:
    dialog = await settings(room)
    dialog.add_server()
    fill(dialog, "Gone", f"http://127.0.0.1:{dead_port}/v1")
    words = await checked(room, dialog)
    assert words == "The server cannot be reached. Check that it runs, its base URL, and the network."
    assert len(await saved(room)) == 2
    dialog.reject()


async def test_typed_text_is_kept_until_it_is_saved_or_cancelled(room: Room) -> None:
    dialog = await settings(room)
    dialog.add_server()
    await room.until(dialog.form.kind.hasFocus)
    fill(dialog, "Half", "http://127.0.0.1:1/v1")
    dialog.list.setCurrentRow(0)
    assert not dialog.form.name.isVisible()
    dialog.add_server()
    assert dialog.form.name.text() == "Half"
    dialog.reject()
    again = await settings(room)
    assert (again.form.name.text(), again.form.address.text()) == ("Half", "http://127.0.0.1:1/v1")
    again.form.cancel()
    again.reject()
    assert (await settings(room)).form.connection == room.desk.connections[0]


async def test_unchanged_is_said_only_of_a_key_that_is_stored(room: Room) -> None:
    dialog = await settings(room)
    dialog.list.setCurrentRow(1)
    form = dialog.form
    form.source.setCurrentIndex(form.source.findData("keyring"))
    assert form.key.placeholderText() == "sk-…"
    form.show_connection(Connection("other", "Other", "http://127.0.0.1:1/v1", "keyring"))
    assert form.key.placeholderText() == "unchanged"
    form.cancel()
    dialog.reject()


async def test_a_variable_has_to_be_named(room: Room) -> None:
    dialog = await settings(room)
    dialog.add_server()
    fill(dialog, "Named", "http://127.0.0.1:1/v1", "environment")
    dialog.form.save()
    assert dialog.form._result.text() == "Name the environment variable that holds the key."
    assert len(await saved(room)) == 2
    dialog.reject()


async def test_sizes_are_walked_with_the_arrow_keys(room: Room) -> None:
    dialog = await settings(room)
    tab = dialog.findChild(QPushButton, "appearance")
    assert tab is not None
    tab.click()
    assert tab.width() >= tab.fontMetrics().horizontalAdvance("Appearance") + 16
    sizes = dialog._sizes.buttons()
    chosen = dialog._sizes.checkedButton()
    assert chosen is not None
    assert [size.focusPolicy() & Qt.FocusPolicy.TabFocus for size in sizes if size is not chosen] == [
        Qt.FocusPolicy.NoFocus
    ] * (len(sizes) - 1)
    place = sizes.index(chosen)
    chosen.setFocus()
    QTest.keyClick(chosen, Qt.Key.Key_Right)
    assert sizes[place + 1].isChecked()
    assert dialog.focusWidget() is sizes[place + 1]
    QTest.keyClick(sizes[place + 1], Qt.Key.Key_Left)
    assert chosen.isChecked()
    dialog.reject()


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("The server did not accept the key. Your question is kept. Retry.", "Check the key."),
        ("It said no. Your question is kept. Use another address.", "It said no. Use another address."),
    ],
)
def test_a_result_speaks_of_no_question(words: str, plain: str) -> None:
    assert plainly(words).endswith(plain)
    assert "question" not in plainly(words)


async def test_the_engine_can_be_told_not_to_look_for_model_servers(room: Room) -> None:
    dialog = await settings(room)
    switch = dialog.form.engine.switch
    assert switch.isVisible()
    await room.until(switch.isChecked)
    switch.click()
    async with asyncio.timeout(WAIT_S):
        while await room.session.errands.ask(lambda app: app.preferences.get(LOOKS_NEARBY, True)):
            pass
    dialog.reject()
    again = await settings(room)
    await room.until(again.form.engine.switch.isEnabled)
    assert not again.form.engine.switch.isChecked()
    again.list.setCurrentRow(1)
    assert not again.form.engine.isVisible()
    again.reject()


async def test_text_size_by_keys_and_wheel(room: Room) -> None:
    view, look = room.window.transcript.view, room.window._look
    control = Qt.KeyboardModifier.ControlModifier
    room.press(Qt.Key.Key_Plus, keys=control)
    room.press(Qt.Key.Key_Equal, keys=control)
    assert (look.scale, view.look.factor) == (1.35, 1.35)
    for _ in range(9):
        room.press(Qt.Key.Key_Minus, keys=control)
    assert (look.scale, view.look.factor, look.interface_scale) == (0.5, 0.5, 0.85)
    point = QPointF(40, 40)
    for delta in (60, 60, 1200):
        wheel = QWheelEvent(
            point, point, QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, control,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(view.viewport(), wheel)
    assert (look.scale, view.look.factor, look.interface_scale) == (3.0, 3.0, 1.6)
    assert float(str(room.window._memory.value("text_size"))) == 3.0
    room.press(Qt.Key.Key_0, keys=control)
    assert look.scale == 1.0


async def test_larger_text_makes_drawers_of_the_columns(room: Room) -> None:
    room.window.resize(960, 700)
    columns = room.window.columns
    await room.until(lambda: not columns.is_drawer(columns.right))
    room.window.choose_look("light", 3.0)
    assert columns.is_drawer(columns.right)
    assert columns.is_drawer(columns.left)
    assert columns.middle.width() == columns.width()
    await room.until(lambda: room.window.composer.width() > 760)
    room.window.choose_look("light", 1.0)
    assert not columns.is_drawer(columns.right)


async def test_announcements_can_be_turned_off(room: Room) -> None:
    dialog = await settings(room)
    read = dialog.findChild(QCheckBox, "readAnswersAsTheyArrive")
    assert read is not None
    assert read.isChecked()
    read.click()
    assert room.window.transcript.view.reader.announces is False
    assert room.window._memory.value("announces") in (False, "false")
    dialog.done(0)
