"""Setting up a server in a real window: its kind, what is seldom changed, and a test of it."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from chatapp.conversation.findings import PROBES
from chatapp.desktop.servers.drafts import Typed
from chatapp.desktop.servers.form import ConnectionForm
from chatapp.desktop.servers.kinds import refilled
from chatapp.desktop.settings_dialog import SettingsDialog
from chatapp.services.known_servers import OTHER, known_server
from chatapp.services.ports import Connection
from tests.desktop.conftest import SERVER, Room
from tests.desktop.test_settings import saved, settings
from tests.kit.gated_server import Gate, GatedServer, Reply
from tests.services.test_probing import Manner

EMPTY = Typed(Connection("new", "", ""))


def choose(form: ConnectionForm, kind: str) -> None:
    """As a user does: the list is opened and a row taken."""
    place = form.kind.findData(kind)
    form.kind.setCurrentIndex(place)
    form.kind.activated.emit(place)


def outcomes(form: ConnectionForm) -> dict[str, str]:
    rows = form.test._findings._rows
    return {probe: rows[probe]._word.text() for probe in PROBES}


def summary(form: ConnectionForm) -> str:
    return form.test.accessibleDescription()


def test_a_kind_fills_what_is_empty_and_follows_the_next() -> None:
    openai = refilled(EMPTY, known_server("openai"))
    assert openai.connection.base_url == "https://api.openai.com/v1"
    assert (openai.connection.name, openai.connection.key_source) == ("OpenAI", "keyring")
    azure = refilled(openai, known_server("azure")).connection
    assert (azure.name, azure.auth) == ("Azure OpenAI", "api-key")
    ollama = refilled(openai, known_server("ollama")).connection
    assert (ollama.name, ollama.key_source) == ("Ollama", "none")
    other = refilled(openai, OTHER).connection
    assert (other.name, other.base_url, other.preset) == ("", "", "")


def test_a_kind_leaves_what_was_typed() -> None:
    typed = replace(
        EMPTY.connection, name="Mine", base_url="https://mine.example/v1", key_source="environment"
    )
    found = refilled(Typed(typed, "MY_KEY"), known_server("openrouter"))
    assert (found.connection.name, found.connection.base_url) == ("Mine", "https://mine.example/v1")
    assert (found.key, found.connection.key_name) == ("MY_KEY", "MY_KEY")
    variable = refilled(Typed(replace(typed, name=""), "OPENAI_API_KEY"), known_server("openrouter"))
    assert variable.key == "OPENROUTER_API_KEY"


async def test_a_kind_is_chosen_and_its_placeholder_has_to_go(room: Room) -> None:
    dialog = await settings(room)
    dialog.add_server()
    form = dialog.form
    choose(form, "azure")
    assert form.address.text() == "https://RESOURCE.openai.azure.com/openai/v1"
    form.save()
    assert "in place of RESOURCE" in form._result.text()
    form.address.setText("https://team.openai.azure.com/openai/v1")
    form.source.setCurrentIndex(form.source.findData("environment"))
    form.key.setText("AZURE_OPENAI_API_KEY")
    form.save()
    await room.until(lambda: len(room.desk.connections) == 3)
    made = room.desk.connections[-1]
    assert (made.preset, made.auth, made.key_name) == ("azure", "api-key", "AZURE_OPENAI_API_KEY")
    assert dialog.list.currentItem().text() == "Azure OpenAI"
    dialog.reject()


async def test_a_known_address_tells_its_kind(room: Room) -> None:
    dialog = await settings(room)
    dialog.add_server()
    form = dialog.form
    form.address.setFocus()
    QTest.keyClicks(form.address, "https://openrouter.ai/api/v1")
    QTest.keyClick(form.address, Qt.Key.Key_Return)
    assert (form.kind.currentText(), form.name.text()) == ("OpenRouter", "OpenRouter")
    form.cancel()
    assert (form.kind.currentText(), form.address.text()) == ("Other", "")
    assert not form.is_changed
    dialog.reject()


async def test_what_is_seldom_changed_is_saved_and_shown_again(room: Room, tmp_path: Path) -> None:
    dialog = await settings(room)
    dialog.list.setCurrentRow(1)
    form, advanced = dialog.form, dialog.form.advanced
    switch = dialog.findChild(QPushButton, "advanced")
    assert switch is not None
    assert not advanced.proxy.isVisible()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    advanced.proxy.setText("direct")
    advanced.ca_file.setText(str(tmp_path / "own.pem"))
    advanced.connect_s.setText("2,5")
    advanced.silence_s.setText("30")
    add = dialog.findChild(QPushButton, "addAHeader")
    assert add is not None
    for name, value in (("X-Title", "Chat"), ("X-Gone", "1"), ("", "")):
        add.click()
        advanced.headers.rows[-1].name.setText(name)
        advanced.headers.rows[-1].value.setText(value)
    remove = dialog.findChild(QPushButton, "removeHeader2")
    assert remove is not None
    remove.click()
    form.save()
    await room.until(lambda: form._result.text() == "Saved.")
    kept = (await saved(room))[1]
    assert (kept.proxy, kept.connect_s, kept.silence_s) == ("direct", 2.5, 30)
    assert (kept.ca_file, kept.headers) == (str(tmp_path / "own.pem"), (("X-Title", "Chat"),))
    assert not form.is_changed
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert switch.text() == "Advanced: proxy, certificate file, time-outs, 1 header"
    dialog.reject()


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("proxy", "proxy:3128", "A proxy is the word direct"),
        ("connect_s", "soon", "A time-out is between 0 and 3600 seconds"),
        ("silence_s", "4000", "A time-out is between 0 and 3600 seconds"),
    ],
)
async def test_what_cannot_be_used_is_marked_and_shown(room: Room, field: str, text: str, words: str) -> None:
    dialog = await settings(room)
    dialog.list.setCurrentRow(1)
    line = getattr(dialog.form.advanced, field)
    line.setText(text)
    dialog.form.save()
    assert dialog.form._result.text().startswith(words)
    assert line.isVisible()
    assert line.property("invalid") is True
    dialog.form.cancel()
    assert line.property("invalid") is False
    dialog.reject()


async def test_tab_goes_through_the_form_from_top_to_bottom(room: Room) -> None:
    dialog = await settings(room)
    dialog.list.setCurrentRow(1)
    form = dialog.form
    form.advanced.unfold()
    for _ in range(2):
        form.advanced.headers.begin()
    await room.until(form.advanced.headers.rows[-1].remove.isVisible)
    form.advanced.silence_s.setFocus()
    way = []
    for _ in range(8):
        focused = dialog.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, Qt.Key.Key_Tab)
        found = dialog.focusWidget()
        assert found is not None
        way.append(found.objectName())
    rows = [f"header{number}{part}" for number in (1, 2) for part in ("Name", "Value")]
    rows.insert(2, "removeHeader1")
    assert way == [*rows, "removeHeader2", "addAHeader", "remove"]
    dialog.reject()


async def test_a_header_that_holds_a_key_is_refused(room: Room) -> None:
    dialog = await settings(room)
    dialog.list.setCurrentRow(1)
    form = dialog.form
    form.advanced.headers.show_headers((("Authorization", "Bearer sk-secret"),))
    form.save()
    assert "looks like a key" in form._result.text()
    assert "sk-secret" not in form._result.text()
    assert form.advanced.headers.rows[0].name.property("invalid") is True
    dialog.reject()


async def test_a_test_says_first_what_it_costs_and_then_what_was_found(
    room: Room, gated_server: GatedServer
) -> None:
    manner = Manner(gated_server, remembers=False, has_stores=False)
    dialog = await settings(room)
    dialog.list.setCurrentRow(1)
    form = dialog.form
    assert "cost a few tokens" in summary(form)
    button = dialog.findChild(QPushButton, "test")
    assert button is not None
    button.click()
    assert button.text() == "Stop"
    await room.until(lambda: not form.test.is_running)
    assert summary(form).startswith("8 of 10 passed with chat-1")
    expected = dict.fromkeys(PROBES, "passed") | {"continues": "failed", "stores": "not offered"}
    assert outcomes(form) == expected
    assert "It has no vector stores." in [shown.text() for shown in form.test.findChildren(QLabel)]
    assert (manner.kept, button.text()) == ({}, "Test")
    dialog.reject()
    await room.until(lambda: room.session.errands.idle, "the report is kept")
    again = await settings(room)
    again.list.setCurrentRow(1)
    await room.until(lambda: summary(again.form).startswith("8 of 10"))
    assert outcomes(again.form) == expected
    again.list.setCurrentRow(0)
    assert "cost a few tokens" in summary(again.form)
    again.reject()


async def test_a_server_is_tested_before_it_is_saved(room: Room, gated_server: GatedServer) -> None:
    Manner(gated_server, key="sk-typed")
    dialog = await settings(room)
    dialog.add_server()
    form = dialog.form
    form.address.setText(gated_server.base_url)
    form.source.setCurrentIndex(form.source.findData("session"))
    form.key.setText("sk-typed")
    form._test_or_stop()
    await room.until(lambda: not form.test.is_running)
    assert outcomes(form) == dict.fromkeys(PROBES, "passed")
    assert len(await saved(room)) == 2
    form.save()
    await room.until(lambda: len(room.desk.connections) == 3)
    await room.until(lambda: summary(form).startswith("10 of 10"))
    report = await room.session.errands.ask(lambda app: app.probing.report(room.desk.connections[-1].id))
    assert report is not None
    assert report.keeps_responses is True
    dialog.reject()


async def test_a_test_is_stopped_by_its_button_and_by_leaving(room: Room, gated_server: GatedServer) -> None:
    Manner(gated_server)
    dialog = await settings(room)
    dialog.list.setCurrentRow(1)
    form = dialog.form
    for stop in (form._test_or_stop, dialog.reject):
        gate = Gate()
        gated_server.script("GET", "/v1/models", Reply(200, {}, [b"{", gate], "chunked"))
        form._test_or_stop()
        await gate.reached()
        assert outcomes(form)["reached"] == "asking…"
        stop()
        gate.open()
        assert not form.test.is_running
    assert await room.session.errands.ask(lambda app: app.probing.report(SERVER)) is None


async def test_in_a_narrow_window_the_servers_stand_above(room: Room) -> None:
    dialog = await settings(room)
    dialog.resize(480, 700)
    await room.until(lambda: dialog.list.width() > 400)
    assert dialog.form.y() > dialog.list.y() + dialog.list.height()
    dialog.resize(800, 700)
    await room.until(lambda: dialog.form.y() < dialog.list.height())
    _check_every_control_is_named(dialog)
    dialog.reject()


def _check_every_control_is_named(dialog: SettingsDialog) -> None:
    for kind in (QPushButton, type(dialog.form.name), type(dialog.form.kind)):
        for control in dialog.form.findChildren(kind):
            assert control.accessibleName(), control.text() if isinstance(control, QPushButton) else control
