"""The Parameters panel: it fits, the wheel scrolls it, clicks land, and it says what was in force where it differs."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QSlider, QWidget

from chatapp.conversation.failures import describe
from chatapp.conversation.parameters import FOLDED, PARAMETERS
from chatapp.conversation.schema_examples import STARTS
from chatapp.desktop.controls.number import Number
from chatapp.desktop.controls.schema_dialog import SchemaDialog
from chatapp.desktop.controls.stores import STORE_GONE, Stores
from chatapp.desktop.panels.parameters import ParametersPanel
from chatapp.desktop.panels.refused import refused_parameter
from chatapp.protocol.errors import ApiError
from tests.desktop.conftest import SERVER, Room, sent
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, json_reply, stream_reply

POST = ("POST", "/v1/responses")
LONG = "Reports of the harbour office " * 7


@pytest.fixture
async def panel(room: Room, gated_server: GatedServer) -> ParametersPanel:
    """The panel on a server with a library of a very long name."""
    stores = {"object": "list", "data": [{"id": "vs_long", "name": LONG[:200]}], "has_more": False}
    gated_server.always("GET", "/v1/vector_stores*", json_reply(stores))
    room.window.show_panel("Library")
    room.window.show_panel("Parameters")
    await room.until(lambda: room.desk.stores.get(SERVER), "the server's libraries")
    return room.window.parameters


def takes_wheel(widget: QWidget) -> bool:
    """Turns the wheel a notch over the middle of a widget; whether it keeps that from the panel."""
    at = QPointF(widget.rect().center())
    event = QWheelEvent(
        at,
        QPointF(widget.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


async def test_the_wheel_scrolls_the_panel_and_changes_nothing(room: Room, panel: ParametersPanel) -> None:
    room.window.resize(1280, 500)
    bar = panel._area.verticalScrollBar()
    await room.until(lambda: bar.maximum() > 0)
    edited: list[object] = []
    for row in panel.rows.values():
        row.edited.connect(lambda *change: edited.append(change))
    panel.server.addItem("Another", "another")
    boxes, sliders = panel.findChildren(QComboBox), panel.findChildren(QSlider)
    before = [box.currentText() for box in boxes], [slider.value() for slider in sliders]
    for control in (*boxes, *sliders):
        control.setFocus()
        assert not takes_wheel(control), control.accessibleName()
    assert ([box.currentText() for box in boxes], [slider.value() for slider in sliders]) == before
    assert takes_wheel(panel._area.viewport())
    assert bar.value() > 0
    assert edited == []


@pytest.fixture(params=[1.0, 1.6])
def at_scale(room: Room, request: pytest.FixtureRequest) -> Iterator[None]:
    """The window at a text size, and as it was again: its style sheet outlives it."""
    before = room.window._look.scale
    room.window.choose_look("system", request.param)
    yield
    room.window.choose_look("system", before)


@pytest.mark.usefixtures("at_scale")
async def test_nothing_is_out_of_sight_at_the_right(room: Room, panel: ParametersPanel) -> None:
    room.window.show_panel("Parameters")  # larger text made a drawer of it
    await room.until(panel.isVisible)
    await room.until(lambda: not panel._unmade)
    for group in panel._groups.values():
        group.set_open(True)
    panel.rows["tools"].control.show_value([{"type": "function", "name": LONG.replace(" ", "_")[:100]}])
    panel.rows["text.format"].control.show_value({"type": "json_schema", "name": "x" * 60, "strict": True})
    panel.rows["file_search.filters"].control.show_value({"type": "eq", "key": "k" * 60, "value": LONG})
    panel.rows["include"].control.show_value([LONG])
    await room.until(lambda: panel.rows["vector_stores"].control.findChildren(QWidget, "store-vs_long"))
    for width in (300, 340):
        panel.setFixedWidth(width)
        await room.until(partial(is_wide, panel, width))
        await asyncio.sleep(0.1)
        all_in_sight(panel)
    names = [box.toolTip() for box in panel.rows["vector_stores"].control.fields() if box.toolTip()]
    assert names == [LONG[:200]]


def is_wide(panel: ParametersPanel, width: int) -> bool:
    return panel.width() == width


def all_in_sight(panel: ParametersPanel) -> None:
    viewport = panel._area.viewport()
    content = panel._area.widget()
    assert content is not None
    assert content.width() == viewport.width()
    assert panel._area.horizontalScrollBar().maximum() == 0
    for child in content.findChildren(QWidget):
        if child.isVisible() and not child.isWindow():
            left = child.mapTo(content, QPoint(0, 0)).x()
            name = f"{type(child).__name__} {child.accessibleName()}"
            assert 0 <= left <= viewport.width() - child.width(), name
            if isinstance(child, QPushButton) and child.property("kind") == "segment":
                assert child.width() >= child.fontMetrics().horizontalAdvance(child.text()), name
    edges = {row.control.mapTo(content, QPoint(row.control.width(), 0)).x() for row in panel.rows.values()}
    assert len(edges) == 1, "controls end at one edge"


async def test_a_click_lands_though_the_focus_moves(room: Room, panel: ParametersPanel) -> None:
    effort = panel.rows["reasoning.effort"]
    temperature = panel.rows["temperature"].control
    assert isinstance(temperature, Number)
    effort.control.fields()[0].setFocus()
    await room.until(lambda: effort._note.isVisible(), "the help of what has the focus")
    window = room.window.windowHandle()
    before = temperature.field.mapTo(room.window, temperature.field.rect().center())
    QTest.mousePress(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, before)
    assert temperature.field.hasFocus()
    await asyncio.sleep(0.4)
    assert temperature.field.mapTo(room.window, temperature.field.rect().center()) == before
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, before)
    await room.until(lambda: not effort._note.isVisible() and panel.rows["temperature"]._note.isVisible())


async def test_a_library_that_is_gone_has_no_id_for_a_name_and_can_be_removed(
    room: Room, panel: ParametersPanel
) -> None:
    control = panel.rows["vector_stores"].control
    assert isinstance(control, Stores)
    control.edited.emit(["vs_lost", "vs_long"])
    await room.until(lambda: any(line.text() == STORE_GONE for line in control.findChildren(QLabel)))
    assert not any("vs_lost" in label.text() for label in panel.findChildren(QLabel))
    (remove,) = control._removes
    remove.click()
    await room.until(lambda: room.desk.head and room.desk.head.parameters.get("vector_stores") == ["vs_long"])
    assert control._removes == []


async def test_the_row_says_what_was_in_force_only_where_it_is_news(
    room: Room, gated_server: GatedServer, panel: ParametersPanel
) -> None:
    row = panel.rows["temperature"]
    row.edited.emit("temperature", 0.5)
    await room.until(lambda: room.desk.head and room.desk.head.parameters.get("temperature") == 0.5)
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes.", temperature=0.5, top_p=0.9))))
    await room.ask("Well?")
    await room.until(lambda: panel.rows["top_p"]._in_force == "last answer used 0.9")
    assert row._note.text() == ""
    assert not panel.rows["top_p"]._note.isVisible()
    row.edited.emit("temperature", None)
    await room.until(lambda: row._note.text() == "last answer used 0.5")


async def test_an_echo_without_tools_is_no_news_and_one_with_defaults_neither(
    room: Room, gated_server: GatedServer, panel: ParametersPanel
) -> None:
    await room.until(lambda: not panel._unmade)
    row, tool = panel.rows["tools"], {"type": "function", "name": "f", "parameters": {"type": "object"}}
    search = {"type": "file_search", "vector_store_ids": ["vs_long"]}
    panel.rows["vector_stores"].edited.emit("vector_stores", ["vs_long"])
    await room.until(lambda: room.desk.head and room.desk.head.parameters.get("vector_stores"))
    echoes = ([search], [search, {**tool, "strict": True, "description": None}], [search])
    gated_server.script(
        *POST, *(stream_reply(sse_bytes(text_stream("Yes.", tools=tools))) for tools in echoes)
    )
    await room.ask("Well?")
    assert row._words(focused=False) == ""
    row.edited.emit("tools", [tool])
    await room.until(lambda: room.desk.head and room.desk.head.parameters.get("tools"))
    await room.ask("Well?")
    assert row._words(focused=False) == ""
    await room.ask("Well?")
    assert row._words(focused=False) == "asked f · in force none"


async def test_change_parameters_leads_to_the_one_that_was_refused(
    room: Room, gated_server: GatedServer, panel: ParametersPanel
) -> None:
    refusal = {"message": "No such store.", "param": "tools[0].vector_store_ids", "code": "not_found"}
    gated_server.script(*POST, json_reply({"error": refusal}, 404))
    await room.ask("Well?")
    room.window.turn_actions.do(room.last.id, "change_parameters")
    focused = QApplication.focusWidget()
    assert focused is not None
    assert panel.rows["vector_stores"].isAncestorOf(focused)
    assert panel._area.horizontalScrollBar().value() == 0


@pytest.mark.parametrize(
    ("param", "message", "row"),
    [
        ("tools[0].vector_store_ids", "No such store (vs_1).", "vector_stores"),
        ("reasoning.effort", "Unknown effort.", "reasoning.effort"),
        ("metadata.colour", "Too long.", "metadata"),
        ("tools[0].filters.filters[1].value", "Wrong type.", "file_search.filters"),
        ("tools[1].parameters.type", "Invalid schema.", "tools"),
        ("text.format.schema", "Invalid schema.", "text.format"),
        ("prompt_cache_options.ttl", "Unknown.", "prompt_cache_options"),
        ("reasoning", "Not supported.", "reasoning.effort"),
        (None, "Role 'user' cannot follow 'user'.", None),
        (None, "Unknown parameter: 'user'.", "user"),
        (None, "Unsupported parameter: 'top_p' is not supported with this model.", "top_p"),
        (None, "Nothing is right.", None),
    ],
)
def test_the_row_that_a_failure_is_about(param: str | None, message: str, row: str | None) -> None:
    failure = describe("refused", ApiError(message, param=param), 400)
    assert refused_parameter(failure) == row
    assert refused_parameter(replace(failure, details="max_output_tokens")) == "max_output_tokens"


async def test_lists_are_announced_by_their_labels(panel: ParametersPanel) -> None:
    for box in panel.findChildren(QComboBox):
        spoken = QAccessible.queryAccessibleInterface(box)
        labels = [
            other.text(QAccessible.Text.Name)
            for other, relation in spoken.relations()
            if relation & QAccessible.RelationFlag.Label
        ]
        assert labels == [box.accessibleName()]


def on_screen(panel: ParametersPanel) -> set[str]:
    return {name for name, row in panel.rows.items() if row.isVisible()}


async def test_seldom_set_groups_are_folded_and_not_even_made(room: Room, panel: ParametersPanel) -> None:
    await room.until(lambda: not panel._unmade)
    made = {row.name for row in PARAMETERS if row.group not in FOLDED and not row.once}
    assert on_screen(panel) == set(panel.rows) == made


async def test_a_search_shows_the_rows_that_are_called_that(room: Room, panel: ParametersPanel) -> None:
    await room.until(lambda: not panel._unmade)
    before = on_screen(panel)
    QTest.keyClicks(panel.search, "reasoning summ")
    assert on_screen(panel) == {"reasoning.summary", "reasoning.generate_summary"}
    assert not panel.server.isVisible()
    panel.search.setText("prompt cache")
    assert on_screen(panel) == {"prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"}
    panel.search.setText("server")
    assert panel.server.isVisible()
    panel.search.setText("no such thing")
    assert on_screen(panel) == set()
    assert panel._nothing.isVisible()
    QTest.keyClick(panel.search, Qt.Key.Key_Escape)
    assert on_screen(panel) == before
    assert not panel._nothing.isVisible()


async def test_groups_stay_as_they_were_left(room: Room, panel: ParametersPanel, profile: Path) -> None:
    await room.until(lambda: not panel._unmade)
    for name in ("Sampling parameters", "Prompt cache parameters"):
        next(one for one in panel.findChildren(QPushButton) if one.accessibleName() == name).click()
    assert "temperature" not in on_screen(panel)
    assert "prompt_cache_key" in on_screen(panel)
    panel.rows["prompt_cache_key"].edited.emit("prompt_cache_key", "me")
    panel.rows["temperature"].edited.emit("temperature", 0.5)
    await room.until(
        lambda: "1 set" in [label.text() for label in panel._groups["Sampling"].findChildren(QLabel)]
    )
    await room.until(lambda: room.session.errands.idle)
    again = ParametersPanel(room.desk, room.session.errands, room.window._icons)
    again.resize(panel.size())
    again.show()
    await room.until(lambda: "prompt_cache_key" in on_screen(again) and "temperature" not in on_screen(again))
    await room.until(lambda: not again._unmade and room.session.errands.idle)
    assert "temperature" not in on_screen(again)
    again.close()
    again.deleteLater()


async def test_change_parameters_opens_the_group_of_the_one_that_was_refused(
    room: Room, gated_server: GatedServer, panel: ParametersPanel
) -> None:
    refusal = {"message": "Unknown.", "param": "prompt_cache_options.ttl", "code": "invalid_value"}
    gated_server.script(*POST, json_reply({"error": refusal}, 400))
    panel.search.setText("temperature")
    await room.ask("Well?")
    room.window.turn_actions.do(room.last.id, "change_parameters")
    focused = QApplication.focusWidget()
    assert focused is not None
    assert panel.rows["prompt_cache_options"].isAncestorOf(focused)


async def test_what_cannot_be_sent_is_told_and_the_text_stays(room: Room, panel: ParametersPanel) -> None:
    panel.row("background_options").edited.emit("background_options", {"completion_window": "2h"})
    await room.until(lambda: room.desk.head and room.desk.head.parameters.get("background_options"))
    room.write("Will it be cheap?")
    room.press(Qt.Key.Key_Return)
    await room.until(lambda: "of 2h or 8h needs background true" in room.window.notices.text)
    await room.until(lambda: room.window.composer.text == "Will it be cheap?")
    assert room.desk.path == ()
    room.window.notices.said.act.click()
    focused = QApplication.focusWidget()
    assert focused is not None
    assert panel.rows["background_options"].isAncestorOf(focused)


async def test_a_schema_is_set_in_the_window_and_sent(
    room: Room, gated_server: GatedServer, panel: ParametersPanel
) -> None:
    await room.until(lambda: not panel._unmade)
    row = panel.rows["text.format"]
    next(one for one in row.findChildren(QPushButton) if one.text() == "schema").click()
    (dialog,) = [one for one in room.window.findChildren(SchemaDialog) if one.isVisible()]
    dialog.name.setText("title")
    dialog.save.click()
    await room.until(lambda: room.desk.head and "text.format" in room.desk.head.parameters)
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream('{"title": "A", "year": null}'))))
    await room.ask("Well?")
    assert sent(gated_server)["text"] == {
        "format": {
            "type": "json_schema",
            "name": "title",
            "schema": STARTS["One object"],
            "strict": True,
        }
    }
