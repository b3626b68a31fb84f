"""What answers cost, in a real window: at the answer, in the status line and in the Inspector."""

from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication

from chatapp.conversation.costs import Cost
from chatapp.conversation.prices import Price
from tests.desktop.conftest import MODEL, SERVER, Room
from tests.kit.events import StreamBuilder, sse_bytes
from tests.kit.gated_server import GatedServer, stream_reply

POST = ("POST", "/v1/responses")
USAGE = {"input_tokens": 1000, "input_tokens_details": {"cached_tokens": 400}, "output_tokens": 100}
MINE = Price(MODEL, SERVER, input=1, cached=0.5, output=10, dated="2026-11-25", tiers={"flex": 0.5})


async def test_an_answer_says_what_it_cost(room: Room, gated_server: GatedServer) -> None:
    answer = StreamBuilder(model=MODEL).begin().message("Seventy-three.")
    gated_server.script(*POST, stream_reply(sse_bytes(answer.end(usage=USAGE, service_tier="flex"))))
    turn = await room.ask("How many?")
    feed, status = room.window.transcript.feed, room.window.status
    assert "$" not in feed.shown_answer(turn.id).message.header
    assert room.desk.cost_of(turn) is None
    await room.session.errands.ask(lambda app: app.prices.put(MINE))
    await room.until(lambda: room.desk.cost_of(turn) is not None)
    assert feed.shown_answer(turn.id).message.header.endswith(" · $0.00090")
    assert status._turn.text().endswith(" · $0.00090")
    assert "$0.00090, by prices of 25 November 2026" in feed.shown_answer(turn.id).message.details
    QApplication.sendEvent(status._total, QHelpEvent(QEvent.Type.ToolTip, QPoint(1, 1), QPoint(1, 1)))
    assert status._total.toolTip() == "These turns cost $0.00090, by prices of 25 November 2026."
    room.window.show_panel("Inspector")
    room.window.inspector.show_turn(turn.id)
    about = room.window.inspector._about.text()
    assert "1,000 tokens in (400 cached)" in about
    assert "cost $0.00090" in about


async def test_what_an_answer_cost_is_kept_when_prices_change(room: Room, gated_server: GatedServer) -> None:
    await room.session.errands.ask(lambda app: app.prices.put(MINE))
    answer = StreamBuilder(model=MODEL).begin().message("Seventy-three.")
    gated_server.script(*POST, stream_reply(sse_bytes(answer.end(usage=USAGE, service_tier="default"))))
    turn = await room.ask("How many?")
    assert turn.cost == Cost(0.0018, dated="2026-11-25")
    dearer = replace(MINE, input=100, output=100)
    await room.session.errands.ask(lambda app: app.prices.put(dearer))
    await room.until(lambda: room.desk.price_of(SERVER, MODEL) == dearer)
    assert room.desk.cost_of(room.last) == turn.cost
    assert await room.session.errands.ask(lambda app: app.turns.wait(turn.id)) == turn
