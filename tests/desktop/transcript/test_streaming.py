"""Text on its way: all of it arrives, only its end is laid out and painted again, and nothing else moves."""

import random

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.desktop.transcript.manners import Following
from chatapp.desktop.transcript.messages import Answer, Question, TextItem
from chatapp.desktop.transcript.strips import Actions
from chatapp.desktop.transcript.view import TranscriptView
from tests.benchmarks.stream import document
from tests.desktop.transcript.conftest import Show
from tests.desktop.transcript.samples import conversation

DELTAS = 20_000


def streaming(key: str = "a", text: str = "") -> Answer:
    return Answer(key, "model", (TextItem(text),), streaming=True)


def feed(view: TranscriptView, key: str, text: str, size: int = 64) -> None:
    for at in range(0, len(text), size):
        view.grow(key, 0, text[at : at + size])
        view.flush()


def test_twenty_thousand_deltas_arrive_in_order(show: Show) -> None:
    """And the work they make is bounded by their number of frames, not by what was there before."""
    view = show(Question("q", "x"), streaming())
    view.to_end()
    text = document(DELTAS * 4)
    rng = random.Random(7)
    at, frames = 0, 0
    before = view.layouts
    for _ in range(DELTAS):
        size = rng.randint(1, 7)
        view.grow("a", 0, text[at : at + size])
        at += size
        if rng.random() < 1 / 16:
            view.flush()
            frames += 1
    view.grow("a", 0, text[at:])
    view.flush()
    assert view.source("a", 0) == text
    strips = len(view.column.entries[-1].strips or [])
    assert isinstance((view.column.entries[-1].strips or [])[-1], Actions)
    assert view.layouts - before < 3 * frames + 2 * strips
    view.replace("a", Answer("a", "model", (TextItem(text),)))
    assert view.source("a", 0) == text
    shown = "".join(strip.text for strip in view.column.entries[-1].strips or [])
    assert "The agency estimates that 73 airplanes of U.S. registry" in shown


def test_deltas_without_a_flush_show_within_a_frame(show: Show, qtbot: QtBot) -> None:
    view = show(streaming())
    view.grow("a", 0, "Hello")
    assert view.source("a", 0) == ""
    qtbot.waitUntil(lambda: view.source("a", 0) == "Hello", timeout=1000)


def test_only_the_end_is_painted_again(show: Show, qtbot: QtBot) -> None:
    view = show(
        Question("q", "x"), streaming(text="\n\n".join(["A paragraph."] * 8) + "\n\nThe last"), height=600
    )
    qtbot.wait(50)
    view.painted_pixels = 0
    view.grow("a", 0, " words")
    view.flush()
    qtbot.waitUntil(lambda: view.painted_pixels > 0, timeout=1000)
    assert view.painted_pixels < 0.6 * view.viewport().width() * view.viewport().height()


def test_what_is_read_stays_where_it_is(show: Show, qtbot: QtBot) -> None:
    """A reader in the middle of an answer sees the same lines at the same place while it grows."""
    view = show(*conversation(6), Question("q", "x"), streaming())
    feed(view, "a", document(6000))
    view.verticalScrollBar().setValue(view.verticalScrollBar().value() - 900)
    qtbot.wait(20)
    picture = view.viewport().grab().toImage()
    assert view._manners.following is Following.NOTHING
    feed(view, "a", document(9000))
    qtbot.wait(20)
    pill = view._pill.geometry()
    after = view.viewport().grab().toImage()
    for y in range(0, pill.top() - 4, 3):
        assert [picture.pixel(x, y) for x in range(60, 800, 11)] == [
            after.pixel(x, y) for x in range(60, 800, 11)
        ], y


def test_the_question_is_kept_at_the_top(show: Show) -> None:
    view = show(*conversation(3))
    view.append(Question("q", "And now?"))
    view.append(streaming())
    bottom = view.verticalScrollBar().maximum()
    assert view.verticalScrollBar().value() == bottom
    feed(view, "a", document(12_000))
    question = view.column.entries[-2]
    assert view.entry_rect(question).top() == 0
    assert view._pill.isVisible()


def test_at_the_end_by_own_doing_the_end_is_followed(show: Show, qtbot: QtBot) -> None:
    view = show(*conversation(3))
    view.append(Question("q", "And now?"))
    view.append(streaming())
    feed(view, "a", document(12_000))
    QTest.mouseClick(view._pill, Qt.MouseButton.LeftButton)
    assert not view._pill.isVisible()
    feed(view, "a", document(3000))
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()
    view.verticalScrollBar().setValue(view.verticalScrollBar().value() - 300)
    held = view.verticalScrollBar().value()
    feed(view, "a", document(3000))
    assert view.verticalScrollBar().value() == held
    assert view._pill.isVisible()


def test_nothing_moves_at_completion(show: Show, qtbot: QtBot) -> None:
    text = document(5000) + "\n\nThe end."
    for follow_end in (True, False):
        view = show(*conversation(2))
        view.append(Question("q", "x"))
        view.append(streaming())
        feed(view, "a", text)
        if follow_end:
            view.to_end()
        value, tops = view.verticalScrollBar().value(), list(view.column.entries[-1].tops)
        view.replace("a", Answer("a", "model", (TextItem(text),)))
        assert view.verticalScrollBar().value() == value
        assert view.column.entries[-1].tops == tops


def test_markers_that_come_late_reach_closed_blocks(show: Show) -> None:
    text = "First paragraph.\n\nSecond paragraph.\n\nThird"
    view = show(streaming(text=text))
    marked = Answer("a", "model", (TextItem(text, ((16, 1),)),), streaming=True)
    view.replace("a", marked)
    kinds = [(found[2].kind, found[1]) for found in view.stops(view.column.entries[0])]
    assert kinds == [("marker", 1)]
    view.grow("a", 0, " one.")
    view.flush()
    assert view.source("a", 0) == text + " one."


def test_a_streaming_answer_without_text_yet_can_be_filled(show: Show) -> None:
    view = show(Question("q", "x"), Answer("a", "model", (), streaming=True))
    view.replace("a", streaming(text="He"))
    view.grow("a", 0, "llo")
    view.flush()
    assert view.source("a", 0) == "Hello"


def test_another_text_size_while_streaming(show: Show) -> None:
    view = show(Question("q", "x"), streaming())
    feed(view, "a", document(2000))
    view.set_text_size(2.0)
    view.resize(500, 600)
    feed(view, "a", document(500))
    assert view.source("a", 0) == document(2000) + document(500)
    entry = view.column.entries[-1]
    heights = [entry.laid(at, view.column.setter).height for at in range(len(entry.strips or []))]
    assert heights == [entry.strip_height(at) for at in range(len(heights))]


def test_the_screen_holds_what_a_full_paint_would(show: Show, qtbot: QtBot) -> None:
    """Moved pixels and partial paints leave nothing behind."""
    view = show(*conversation(3), Question("q", "x"), streaming())
    text = document(4000)

    def difference() -> int:
        qtbot.wait(10)
        partial = view.screen().grabWindow(view.winId()).toImage()
        view.viewport().update()
        qtbot.wait(10)
        full = view.screen().grabWindow(view.winId()).toImage()
        assert full.width() == view.width()
        points = ((x, y) for y in range(0, view.height(), 3) for x in range(0, view.width(), 5))
        return sum(partial.pixel(x, y) != full.pixel(x, y) for x, y in points)

    view.to_end()
    for at in range(0, len(text), 50):
        view.grow("a", 0, text[at : at + 50])
        view.flush()
        QApplication.processEvents()
        if at % 1000 == 0:
            assert difference() == 0
    for by in (-137, -400, 60, 33):
        view.verticalScrollBar().setValue(view.verticalScrollBar().value() + by)
        QApplication.processEvents()
        assert difference() == 0
