"""What a question will take, under the message field of a real window."""

import asyncio
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from chatapp.conversation.costs import Cost
from chatapp.conversation.forecast import Fit, Forecast
from chatapp.conversation.prices import Price
from chatapp.desktop.composer.outlook_popup import OutlookPopup
from chatapp.desktop.composer.outlook_words import Outlook, line_words, notes, warning
from chatapp.desktop.settings_dialog import SettingsDialog
from tests.desktop.conftest import MODEL, SERVER, Room
from tests.kit.events import StreamBuilder, sse_bytes
from tests.kit.gated_server import GatedServer, error_reply, json_reply, stream_reply

POST = ("POST", "/v1/responses")
COUNT = ("POST", "/v1/responses/input_tokens")
PRICE = Price(MODEL, SERVER, input=1, output=10, window=1000, dated="2026-11-25", source="Mine")
USAGE = {"input_tokens": 100, "output_tokens": 50}


def told(room: Room) -> str:
    return room.window.outlook.toolTip()


async def is_there(room: Room) -> None:
    """The server is known to answer: only then it is asked to count."""
    await room.session.errands.ask(lambda app: app.servers.check(room.desk.connections[1]))
    await room.until(lambda: SERVER in room.desk.states and room.desk.states[SERVER].state == "ready")


async def answered(room: Room, server: GatedServer) -> None:
    answer = StreamBuilder(model=MODEL).begin().message("Seventy-three.")
    server.script(*POST, stream_reply(sse_bytes(answer.end(usage=USAGE))))
    await room.ask("How many?")


async def test_what_is_typed_is_estimated_and_then_counted(room: Room, gated_server: GatedServer) -> None:
    gated_server.always(*COUNT, json_reply({"object": "response.input_tokens", "input_tokens": 171}))
    await is_there(room)
    await room.session.errands.ask(lambda app: app.prices.put(PRICE))
    await answered(room, gated_server)
    await room.until(lambda: told(room).startswith("About 150 tokens · about $0.00065"))
    room.write("Why so many?")
    await room.until(lambda: told(room) == "171 tokens · about $0.00067 · 17 % of the window", told(room))
    counted = [request.json for request in gated_server.requests if request.path == COUNT[1]]
    assert counted[-1]["input"][-1]["content"][0]["text"] == "Why so many?"
    assert counted[-1]["model"] == MODEL
    assert "stream" not in counted[-1]
    many = len(counted)
    room.write(" And")
    await room.until(lambda: told(room).startswith("About"))
    for _ in range(4):
        room.press(Qt.Key.Key_Backspace)
    await room.until(lambda: told(room).startswith("171 tokens"), "it is known from before")
    assert len([request for request in gated_server.requests if request.path == COUNT[1]]) <= many + 1


async def test_a_server_that_does_not_count_is_not_asked_again(room: Room, gated_server: GatedServer) -> None:
    gated_server.always(*COUNT, error_reply(404, "No such thing."))
    await is_there(room)
    for words in ("Why", " so", " many?"):
        room.write(words)
        await room.until(lambda: room.window.outlook.outlook is not None and told(room) != "")
        room.window.outlook._count()
        await room.until(lambda: room.session.errands.idle)
    assert len([request for request in gated_server.requests if request.path == COUNT[1]]) == 1
    assert told(room).startswith("About")
    assert await room.session.errands.ask(lambda app: app.counting.wanted(SERVER)) is None


async def test_the_numbers_are_reached_by_keyboard_and_lead_to_the_prices(
    room: Room, gated_server: GatedServer
) -> None:
    await answered(room, gated_server)
    room.write("Why so many?")
    line = room.window.outlook
    await room.until(lambda: line.outlook is not None and line.outlook.expected.question)
    line.setFocus()
    room.press(Qt.Key.Key_Return, line)
    popup = room.window.findChildren(OutlookPopup)[-1]
    assert popup.total.text().startswith("About ")
    assert "Turns before 150, Question" in popup.bar.accessibleDescription()
    assert "There is no price for test-model at Scripted." in popup.said.text()
    await room.until(popup.counts.isVisible)
    assert popup.counts.isChecked()
    room.press(Qt.Key.Key_Space, popup.counts)
    await room.until(lambda: room.session.errands.idle)
    assert await room.session.errands.ask(lambda app: app.counting.wanted(SERVER)) is False
    popup.findChildren(QPushButton)[-1].click()
    dialog = room.window.findChildren(SettingsDialog)[-1]
    assert dialog.prices.isVisible()
    dialog.reject()


async def test_a_long_conversation_costs_the_typing_nothing(room: Room, gated_server: GatedServer) -> None:
    """The turns above are looked at once, not at each reckoning."""
    await answered(room, gated_server)
    line = room.window.outlook
    line.reckon()
    kept = line._history
    room.write("Why?")
    line.reckon()
    assert line._history is kept
    assert line.outlook is not None
    assert line.outlook.expected.history == 150
    await asyncio.sleep(0)


EXPECTED = Forecast(history=900, question=100, likely=20, most=200)
FULL = Outlook(EXPECTED, "m", "Mine", PRICE, Fit(1000, 1.0, False), (Cost(0.001), Cost(0.003)))


@pytest.mark.parametrize(
    ("outlook", "words"),
    [
        (Outlook(Forecast(), "m", "Mine"), ""),
        (Outlook(EXPECTED, "m", "Mine"), "About 1,000 tokens"),
        (replace(FULL, expected=replace(EXPECTED, told=990, uncounted=2)),
         "Too long for m, which takes 1,000 · 990 tokens · and 2 files · $0.0010 to $0.0030"),
        (replace(FULL, fit=Fit(10**6, 0.001, True), costs=(Cost(0.001, standard=True), None)),
         "About 1,000 tokens · about $0.0010 at standard price"),
        (replace(FULL, expected=Forecast(question=5), fit=None, costs=(Cost(0.001), None)),
         "About 5 tokens · from $0.0010"),
        (replace(FULL, fit=None, costs=(Cost(0, free=True), None)), "About 1,000 tokens · no charge"),
    ],
)  # fmt: skip
def test_the_line(outlook: Outlook, words: str) -> None:
    assert line_words(outlook) == words


def test_what_is_said_of_the_numbers() -> None:
    said = " ".join(notes(FULL))
    assert "does not fit: with the longest answer that is likely, m takes 1,000 tokens in all" in warning(
        FULL
    )
    assert not warning(replace(FULL, fit=Fit(10**6, 0.001, True)))
    assert "From an answer as the recent ones, 20 tokens, to one of 200" in said
    assert "Prices of 25 November 2026: Mine." in said
    assert "no upper bound" in " ".join(notes(replace(FULL, expected=replace(EXPECTED, most=None))))
    free = replace(FULL, costs=(Cost(0, free=True), None))
    assert "No charge is made" in " ".join(notes(free))
