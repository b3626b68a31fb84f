"""Calls that wait: the strip over the composer, results written, pasted, printed by a command, sent and edited."""

import sys
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.qtbot import QtBot

from chatapp.conversation.calls import NOT_RUN
from chatapp.conversation.commands import Command
from chatapp.desktop.calls.approval_block import ApprovalBlock
from chatapp.desktop.calls.block import summary
from chatapp.desktop.calls.command_dialog import CommandDialog
from chatapp.desktop.calls.consent import ConsentDialog
from chatapp.desktop.calls.function_block import FunctionBlock
from chatapp.desktop.calls.result_field import ResultField
from chatapp.desktop.calls.strip import CallStrip
from chatapp.protocol.json_types import JsonObject
from chatapp.services.application import Application
from tests.desktop.conftest import Room, opened, prepared, sent
from tests.kit.events import StreamBuilder, sse_bytes, text_stream
from tests.kit.gated_server import Gate, GatedServer, Reply, error_reply, stream_reply

POST = ("POST", "/v1/responses")
CTRL = Qt.KeyboardModifier.ControlModifier
APPROVAL: JsonObject = {
    "type": "mcp_approval_request",
    "id": "mcpr_1",
    "server_label": "dice",
    "name": "roll",
    "arguments": '{"expression": "2d4"}',
}


def python(program: str, *arguments: str) -> Command:
    return Command((sys.executable, "-I", "-c", program, *arguments))


WEATHER = python("import sys; print(sys.argv[1], 'is cold')", "{{city}}")
SLOW = python("import time; time.sleep(60)")


def two_calls() -> Reply:
    builder = StreamBuilder("resp_calls").begin().function_call("get_weather", '{"city": "Oslo"}')
    return stream_reply(sse_bytes(builder.function_call("get_time", "{}").end()))


def one_approval() -> Reply:
    builder = StreamBuilder("resp_calls").begin()
    builder._added(APPROVAL)
    return stream_reply(sse_bytes(builder._done(APPROVAL).end()))


async def waiting(room: Room, server: GatedServer, reply: Reply | None = None) -> CallStrip:
    """The strip, once the answer to a question waits for its calls."""
    server.script(*POST, reply or two_calls())
    await room.ask("What is it like in Oslo?")
    await room.until(lambda: room.window.calls.isVisible(), "the strip")
    return room.window.calls


def field(strip: CallStrip, place: int) -> FunctionBlock:
    block = strip.blocks[place]
    assert isinstance(block, FunctionBlock)
    return block


def outputs(server: GatedServer) -> list[str]:
    items = sent(server)["input"]
    return [item["output"] for item in items if item["type"] == "function_call_output"]


async def commands(room: Room, **given: Command) -> None:
    """Allows local commands and sets these."""
    ask = room.session.errands.ask
    await ask(lambda app: app.commands.allow(True))
    for name, command in given.items():
        await ask(partial(set_command, name, command))
    room.window.calls.runs.refresh()
    await room.until(lambda: room.session.errands.idle)


async def set_command(name: str, command: Command, app: Application) -> None:
    await app.commands.put(name, command)


async def dialog(room: Room, kind: type[QDialog]) -> QDialog:
    def shown() -> list[QDialog]:
        return [found for found in room.window.findChildren(kind) if found.isVisible()]

    await room.until(shown, kind.__name__)
    return shown()[0]


async def test_two_results_are_written_and_sent_together(room: Room, gated_server: GatedServer) -> None:
    strip = await waiting(room, gated_server)
    assert strip.title.text() == "2 calls wait for their results"
    assert not strip.send.isEnabled()
    room.press(Qt.Key.Key_J, keys=CTRL)
    QTest.keyClicks(field(strip, 0).field, "4 °C")
    assert field(strip, 0).state.text() == "ready"
    assert not strip.send.isEnabled()
    field(strip, 1).field.setFocus()
    QApplication.clipboard().setText('{"time":\n"12:00"}')
    field(strip, 1).field.paste()
    assert strip.send.isEnabled()
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("4 °C at noon."))))
    QTest.keyClick(field(strip, 1).field, Qt.Key.Key_Return, CTRL)
    await room.ended(2)
    assert outputs(gated_server) == ["4 °C", '{"time":\n"12:00"}']
    assert room.shown() == "4 °C at noon."
    assert strip.isHidden()
    assert room.window.composer.editor.hasFocus()


async def test_results_are_edited_in_their_own_fields_and_sent_beside_the_old_ones(
    room: Room, gated_server: GatedServer
) -> None:
    strip = await waiting(room, gated_server)
    field(strip, 0).field.setPlainText("4 °C")
    field(strip, 1).skip.click()
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Cold."))))
    strip.send.click()
    await room.ended(2)
    first = room.last
    room.write("a draft")
    room.window.on_last("edit")
    assert strip.isVisible()
    assert strip.title.text() == "Edit the results"
    assert (field(strip, 0).field.toPlainText(), field(strip, 1).skip.isChecked()) == ("4 °C", True)
    room.window.escape()
    assert strip.isHidden()
    room.window.on_last("edit")
    field(strip, 0).field.setPlainText("24 °C")
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Warm.", response_id="resp_3"))))
    strip.send.click()
    await room.until(lambda: room.last.id != first.id and room.last.answer.status.ended)
    assert outputs(gated_server) == ["24 °C", NOT_RUN]
    assert [turn.parent_id for turn in room.desk.tree.siblings(first.id)] == [first.parent_id] * 2
    assert room.window.composer.text == "a draft"
    assert strip.isHidden()


async def test_a_skipped_call_is_answered_as_not_run(room: Room, gated_server: GatedServer) -> None:
    strip = await waiting(room, gated_server)
    QTest.keyClicks(field(strip, 0).field, "half")
    field(strip, 0).skip.click()
    field(strip, 1).skip.click()
    assert field(strip, 0).state.text() == "will be skipped"
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Then not."))))
    strip.send.click()
    await room.ended(2)
    assert outputs(gated_server) == [NOT_RUN, NOT_RUN]


async def test_the_model_calls_again_and_the_strip_comes_back(room: Room, gated_server: GatedServer) -> None:
    strip = await waiting(room, gated_server)
    for place in (0, 1):
        field(strip, place).skip.click()
    again = StreamBuilder("resp_2").begin().function_call("get_weather", '{"city": "Bergen"}').end()
    gated_server.script(*POST, stream_reply(sse_bytes(again)))
    strip.send.click()
    await room.ended(2)
    await room.until(lambda: strip.isVisible() and len(strip.blocks) == 1)
    assert strip.title.text() == "1 call waits for its result"
    assert not strip.send.isEnabled()


async def test_what_is_written_is_there_after_a_restart(
    qapp: QApplication, profile: Path, gated_server: GatedServer
) -> None:
    gated_server.always("GET", "/v1/*", error_reply(404, "It is not kept."))
    await prepared(profile, gated_server)
    async with opened(profile) as room:
        strip = await waiting(room, gated_server)
        QTest.keyClicks(field(strip, 0).field, "half a resu")
        field(strip, 1).skip.click()
    async with opened(profile) as again:
        strip = again.window.calls
        await again.until(lambda: strip.isVisible() and field(strip, 0).field.toPlainText() == "half a resu")
        assert field(strip, 1).skip.isChecked()


async def test_what_is_written_waits_while_another_conversation_is_open(
    room: Room, gated_server: GatedServer
) -> None:
    strip = await waiting(room, gated_server)
    first = room.desk.open_id
    assert first is not None
    QTest.keyClicks(field(strip, 0).field, "half")
    room.window.switching.new()
    await room.until(lambda: room.desk.open_id not in (None, first) and strip.isHidden())
    room.window.switching.open(first)
    await room.until(lambda: strip.isVisible() and field(strip, 0).field.toPlainText() == "half")


async def test_a_message_takes_the_results_along(room: Room, gated_server: GatedServer) -> None:
    strip = await waiting(room, gated_server)
    QTest.keyClicks(field(strip, 1).field, "12:00")
    assert "goes along" in strip.about.text()
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Noon."))))
    await room.ask("Forget the weather.")
    assert outputs(gated_server) == [NOT_RUN, "12:00"]
    assert sent(gated_server)["input"][-1]["content"][0]["text"] == "Forget the weather."
    assert strip.isHidden()


async def test_results_that_cannot_be_sent_stay(room: Room, gated_server: GatedServer) -> None:
    strip = await waiting(room, gated_server)
    for place in (0, 1):
        QTest.keyClicks(field(strip, place).field, "x")
    strip.answered.emit(room.last.id, [])
    await room.until(lambda: "do not fit" in room.window.notices.text)
    assert strip.isVisible()
    assert strip.send.isEnabled()
    assert field(strip, 0).field.toPlainText() == "x"


async def test_a_command_runs_only_after_yes_and_fills_the_result(
    room: Room, gated_server: GatedServer
) -> None:
    strip = await waiting(room, gated_server)
    assert field(strip, 0).command.isHidden()
    await commands(room, get_weather=WEATHER)
    assert field(strip, 0).command.text() == "Run command…"
    assert field(strip, 1).command.text() == "Set a command…"
    field(strip, 0).field.setPlainText("mine")
    field(strip, 0).command.click()
    field(strip, 0).command.click()
    asked = await dialog(room, ConsentDialog)
    await room.until(lambda: room.session.errands.idle)
    assert len(room.window.findChildren(ConsentDialog)) == 1
    assert isinstance(asked, ConsentDialog)
    assert asked.line.toPlainText().endswith("Oslo")
    QTest.keyClick(asked, Qt.Key.Key_Return)
    assert not asked.isVisible()
    assert field(strip, 0).field.toPlainText() == "mine"
    field(strip, 0).command.click()
    asked = await dialog(room, ConsentDialog)
    assert isinstance(asked, ConsentDialog)
    asked.run_button.click()
    await room.until(lambda: field(strip, 0).field.toPlainText() == "Oslo is cold", "the result")
    assert field(strip, 0).note.text().startswith("The command ended after")
    field(strip, 0).field.undo()
    assert field(strip, 0).field.toPlainText() == "mine"


async def test_a_failed_command_offers_its_words(room: Room, gated_server: GatedServer) -> None:
    strip = await waiting(room, gated_server)
    await commands(room, get_weather=python("import sys; sys.exit('no such city')"))
    await run(room, strip)
    await room.until(lambda: not field(strip, 0).runs)
    text = field(strip, 0).field.toPlainText()
    assert text == "The command failed with exit code 1.\nno such city"


async def run(room: Room, strip: CallStrip) -> None:
    """Agrees to the command of the first call."""
    field(strip, 0).command.click()
    asked = await dialog(room, ConsentDialog)
    assert isinstance(asked, ConsentDialog)
    asked.run_button.click()
    await room.until(lambda: field(strip, 0).runs, "a command at work")


async def test_stop_ends_a_command_and_leaves_the_field(room: Room, gated_server: GatedServer) -> None:
    strip = await waiting(room, gated_server)
    await commands(room, get_weather=SLOW)
    field(strip, 1).skip.click()
    field(strip, 0).field.setPlainText("mine")
    await run(room, strip)
    assert field(strip, 0).state.text().startswith("running")
    assert not strip.send.isEnabled()
    assert field(strip, 0).command.text() == "Stop"
    field(strip, 0).command.click()
    await room.until(lambda: not field(strip, 0).runs, "the end")
    assert field(strip, 0).field.toPlainText() == "mine"
    assert strip.send.isEnabled()


async def test_a_command_runs_on_while_another_conversation_is_open(
    room: Room, gated_server: GatedServer, tmp_path: Path
) -> None:
    strip = await waiting(room, gated_server)
    mark = tmp_path / "go"
    wait = "import os, sys, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)\nprint('here')"
    await commands(room, get_weather=python(wait, str(mark)))
    await run(room, strip)
    first = room.desk.open_id
    assert first is not None
    room.window.switching.new()
    await room.until(lambda: room.desk.open_id not in (None, first) and strip.isHidden())
    room.window.switching.open(first)
    await room.until(lambda: strip.isVisible() and field(strip, 0).runs, "it is still shown at work")
    room.window.switching.new()
    await room.until(lambda: room.desk.open_id not in (None, first) and strip.isHidden())
    mark.touch()
    await room.until(lambda: not strip.runs.at_work, "its end")
    room.window.switching.open(first)
    await room.until(lambda: strip.isVisible() and field(strip, 0).field.toPlainText() == "here")


async def test_closing_the_window_ends_a_command(room: Room, gated_server: GatedServer) -> None:
    strip = await waiting(room, gated_server)
    await commands(room, get_weather=SLOW)
    await run(room, strip)
    room.window.close()
    await room.until(lambda: not strip.runs.at_work, "its end")


async def test_a_command_is_set_from_the_strip_and_refused_with_its_reason(
    room: Room, gated_server: GatedServer
) -> None:
    strip = await waiting(room, gated_server)
    await commands(room)
    field(strip, 1).command.click()
    made = await dialog(room, CommandDialog)
    assert isinstance(made, CommandDialog)
    assert made.function.text() == "get_time"
    made.argv.setPlainText("{{program}}\nx")
    made.save.click()
    await room.until(made.problem.isVisible)
    assert "first line" in made.problem.text()
    made.argv.setPlainText("date\n--utc")
    made.save.click()
    await room.until(lambda: field(strip, 1).command.text() == "Run command…")
    kept = await room.session.errands.ask(lambda app: app.commands.all())
    assert kept["get_time"].argv == ("date", "--utc")


async def test_the_settings_switch_commands_on_and_list_them(room: Room, gated_server: GatedServer) -> None:
    strip = await waiting(room, gated_server)
    room.window.dialogs.settings()
    from chatapp.desktop.settings_dialog import SettingsDialog

    settings = await dialog(room, SettingsDialog)
    assert isinstance(settings, SettingsDialog)
    page = settings.functions
    await room.until(lambda: room.session.errands.idle)
    assert not page.switch.isChecked()
    page.switch.click()
    await room.until(lambda: field(strip, 0).command.isVisible())
    page.add.click()
    made = await dialog(room, CommandDialog)
    assert isinstance(made, CommandDialog)
    made.save.click()
    assert "Name the function" in made.problem.text()
    made.function.setText("get_weather")
    made.argv.setPlainText("date")
    made.save.click()
    await room.until(lambda: page.list.count() == 1)
    assert page.list.item(0).text() == "get_weather  ·  date"
    page.list.setCurrentRow(0)
    page.change.click()
    made = await dialog(room, CommandDialog)
    assert isinstance(made, CommandDialog)
    made.remove.click()
    await room.until(lambda: page.list.count() == 0)
    settings.accept()


@pytest.mark.parametrize("approve", [True, False])
async def test_an_approval_is_given_or_declined(room: Room, gated_server: GatedServer, approve: bool) -> None:
    strip = await waiting(room, gated_server, one_approval())
    (block,) = strip.blocks
    assert isinstance(block, ApprovalBlock)
    assert strip.title.text() == "1 tool call waits for your approval"
    assert not strip.send.isEnabled()
    (block.approve if approve else block.decline).click()
    if not approve:
        QTest.keyClicks(block.field, "No dice.")
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Well."))))
    strip.send.click()
    await room.ended(2)
    item = sent(gated_server)["input"][-1]
    assert (item["approval_request_id"], item["approve"]) == ("mcpr_1", approve)
    assert item.get("reason") == (None if approve else "No dice.")


async def test_tab_goes_through_the_calls_before_the_message(room: Room, gated_server: GatedServer) -> None:
    strip = await waiting(room, gated_server)
    room.window.transcript.view.setFocus()
    reached: list[QWidget | None] = []
    for _ in range(8):
        QTest.keyClick(room.window.focusWidget() or room.window, Qt.Key.Key_Tab)
        reached.append(room.window.focusWidget())
    expected = [
        *(widget for place in (0, 1) for widget in (field(strip, place).field, field(strip, place).skip)),
        room.window.composer.editor,
    ]
    assert [widget for widget in reached if widget in expected] == expected


async def test_no_strip_while_an_answer_comes_or_was_stopped(room: Room, gated_server: GatedServer) -> None:
    builder, gate = StreamBuilder("resp_calls").begin().function_call("get_weather", "{}"), Gate()
    events = builder.end()
    gated_server.script(*POST, stream_reply(sse_bytes(events[:-1]), gate, sse_bytes(events[-1:])))
    room.write("Weather?")
    room.press(Qt.Key.Key_Return)
    await room.until(lambda: room.desk.path and room.last.answer.items)
    assert room.window.calls.isHidden()
    room.window.composer.stop.click()
    await room.ended(1)
    gate.open()
    assert room.window.calls.isHidden()


def test_a_result_is_kept_to_the_last_character_until_it_is_changed(qtbot: QtBot) -> None:
    made = ResultField("Result", "")
    qtbot.addWidget(made)
    output = "a\u00a0b\u2028c\r\nd"
    made.write(output)
    assert made.text == output
    made.insertPlainText("!")
    assert made.text == "a b\nc\nd!"
    made.undo()
    assert made.text == output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("{}", "no arguments"),
        ('{"city": "Oslo", "days": 3, "far": true}', "city: Oslo, days: 3, far: true"),
        ("[1,\n2]", "[1, 2]"),
        ('{"city": "Os', '{"city": "Os'),
        ("SELECT 1\nFROM t", "SELECT 1 FROM t"),
        ('{"a": ' + "[" * 9000 + "]" * 9000 + "}", '{"a": ' + "[" * 394),
    ],
)
def test_arguments_in_a_line(arguments: str, words: str) -> None:
    assert summary(arguments) == words
