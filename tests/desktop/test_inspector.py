"""The Inspector in a real window: four pages, a search over them, programs, and a variant that asks the same anew."""

import asyncio
import json

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from chatapp.desktop.panels.json_tree import AT_ONCE, JsonTree
from tests.desktop.conftest import Room, sent
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, stream_reply

POST = ("POST", "/v1/responses")


async def asked_twice(room: Room, server: GatedServer) -> None:
    for number, words in enumerate(("How many?", "And now?")):
        server.script(*POST, stream_reply(sse_bytes(text_stream("Yes.", response_id=f"resp_{number}"))))
        await room.ask(words)
    room.window.show_panel("Inspector")


def lines(tree: JsonTree) -> list[tuple[str, str]]:
    items = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    return [(item.text(0), item.text(1)) for item in items if item is not None]


async def test_what_changed_since_the_question_before_is_listed(
    room: Room, gated_server: GatedServer
) -> None:
    await asked_twice(room, gated_server)
    inspector = room.window.inspector
    inspector.show_page("Changes")
    await room.until(lambda: lines(inspector._differences))
    told = dict(lines(inspector._differences))
    assert told["input[2]"].startswith("added: ")
    assert not any(place.startswith("input[0]") for place in told)
    assert "difference" in inspector._compared.text()
    inspector.show_turn(room.desk.path[0].id)
    assert "first request" in inspector._compared.text()


async def test_the_time_line_is_drawn_and_listed(room: Room, gated_server: GatedServer) -> None:
    await asked_twice(room, gated_server)
    times = room.window.inspector._times
    room.window.inspector.show_page("Time line")
    await room.until(lambda: lines(times.events))
    assert [words.partition(" ·")[0] for _, words in lines(times.events)][:2] == [
        "(sent)",
        "response.created",
    ]
    assert "First token" in times._picture.accessibleDescription()
    assert not times._picture.grab().isNull()


async def test_the_newest_question_is_shown_and_what_was_chosen_stays_until_there_is_one(
    room: Room, gated_server: GatedServer
) -> None:
    inspector = room.window.inspector
    await asked_twice(room, gated_server)
    first, second = room.desk.path
    assert inspector._turn == second
    inspector.show_turn(first.id)
    room.window.show_panel("Parameters")
    room.window.show_panel("Inspector")
    assert inspector._turn == first
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes.", response_id="resp_3"))))
    third = await room.ask("Really?")
    assert inspector._turn == third


async def test_words_are_found_in_folded_places(room: Room, gated_server: GatedServer) -> None:
    await asked_twice(room, gated_server)
    search, tree = room.window.inspector._search, room.window.inspector._trees["Request"]
    search.field.setText("and now")
    assert search.count.text() == "1"
    QTest.keyClick(search.field, Qt.Key.Key_Return)
    assert search.count.text() == "1 of 1"
    chosen = tree.currentItem()
    assert chosen is not None
    assert chosen.text(1) == "And now?"


async def test_the_request_is_copied_as_a_program_without_a_key(
    room: Room, gated_server: GatedServer
) -> None:
    await asked_twice(room, gated_server)
    QGuiApplication.clipboard().clear()
    room.window.inspector._copy_program("Python with the OpenAI SDK")
    await room.until(lambda: "responses.create" in QGuiApplication.clipboard().text())
    assert "And now?" in QGuiApplication.clipboard().text()


async def test_a_variant_asks_the_same_under_the_same_parameters_beside_it(
    room: Room, gated_server: GatedServer
) -> None:
    head = room.desk.head
    assert head is not None
    set_parameter = room.session.errands.ask
    await set_parameter(lambda app: app.conversations.set_parameter(head.id, "temperature", 0.2))
    await asked_twice(room, gated_server)
    second = room.last
    await set_parameter(lambda app: app.conversations.set_parameter(head.id, "temperature", 0.9))
    await room.until(lambda: room.desk.head and room.desk.head.parameters.get("temperature") == 0.9)
    room.window.inspector.variant_asked.emit(second.id)
    await room.until(lambda: room.desk.head and room.desk.head.parameters.get("temperature") == 0.2)
    assert room.window.composer.text == "And now?"
    room.window.undoing.do(f"conversations.give_back_parameters:{head.id}")
    await room.until(lambda: room.desk.head and room.desk.head.parameters.get("temperature") == 0.9)
    room.window.turn_actions.open_as_variant(second.id)
    await room.until(lambda: room.desk.head and room.desk.head.parameters.get("temperature") == 0.2)
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Again.", response_id="resp_9"))))
    room.window.turn_actions.send()
    await room.until(lambda: room.last.id != second.id and room.last.answer.status.ended)
    assert room.last.parent_id == second.parent_id
    assert sent(gated_server)["temperature"] == 0.2


async def test_values_are_shown_and_copied_as_they_came(room: Room) -> None:
    tree = JsonTree("Odd")
    value = {"z": 1, "a": {"y": 10**30, "b": [{"q": 1.0, "c": None}]}}
    tree.show_json({"value": value})
    (place,) = tree.places_of(str(10**30))
    tree.go_to(place)
    chosen, top = tree.currentItem(), tree.topLevelItem(0)
    assert chosen is not None
    assert chosen.text(0) == "y"
    assert tree.indexFromItem(chosen).row() == 0
    assert top is not None
    tree.setCurrentItem(top)
    tree.copy_chosen()
    assert QGuiApplication.clipboard().text() == json.dumps(value, indent=2)


async def test_a_huge_value_is_made_a_little_at_a_time(room: Room) -> None:
    tree = JsonTree("Huge")
    tree.show_json({"list": [{"n": number} for number in range(3 * AT_ONCE)], "text": "x" * 2_000_000})
    top = tree.topLevelItem(0)
    assert top is not None
    top.setExpanded(True)
    assert top.childCount() == AT_ONCE + 1
    (place,) = tree.places_of(str(3 * AT_ONCE - 1))
    tree.go_to(place)
    chosen = tree.currentItem()
    assert chosen is not None
    assert chosen.text(1) == str(3 * AT_ONCE - 1)
    await asyncio.sleep(0)
