"""What is selected with mouse or keys, across blocks and messages, and what of it is copied."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.desktop.transcript.messages import Answer, ReasoningItem, TextItem, UnknownItem
from chatapp.desktop.transcript.runs import GLUE, OBJECT, copied, runs, shown
from chatapp.desktop.transcript.selection import Position, Selection
from chatapp.desktop.transcript.view import TranscriptView
from chatapp.rendering.inline import Marker, Text
from tests.desktop.transcript.conftest import Show
from tests.desktop.transcript.samples import TEXT, answer, conversation, question

LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier

PLAIN = """The AD affects 73 airplanes of U.S. registry.[1] See the rule.

Action\tCost
Wiring\t$10,505
Sensor\t$3,400

• first
• second

print(73)

The end."""


def drag(view: TranscriptView, start: QPoint, end: QPoint) -> None:
    area = view.viewport()
    QTest.mousePress(area, LEFT, pos=start)
    QTest.mouseMove(area, (start + end) / 2)
    QTest.mouseMove(area, end)
    QTest.mouseRelease(area, LEFT, pos=end)


def strip_point(view: TranscriptView, message: int, strip: int, x: int) -> QPoint:
    rect = view.strip_rect(view.column.entries[message], strip)
    return QPoint(rect.x() + x, rect.center().y())


def test_all_is_copied_as_text(show: Show, qtbot: QtBot) -> None:
    view = show(question(), answer(), height=900)
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_A, CONTROL)
    QTest.keyClick(view, Qt.Key.Key_C, CONTROL)
    assert QApplication.clipboard().text() == f"How many airplanes are affected?\n\n{PLAIN}"


@pytest.mark.parametrize("way", ["copy", "markdown", "source", "stops"])
def test_what_is_read_for_a_copy_moves_nothing(show: Show, way: str) -> None:
    """Messages out of view are read for it, and are not as tall as was guessed."""
    code = answer(1, "```\n" + "x\n" * 80 + "```\n" + "- a\n" * 30)
    view = show(*(replace(code, key=f"a{at}") for at in range(12)), height=300)
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum() * 2 // 3)
    place = view.place()
    assert place is not None
    shown = view.column.get(place.key)
    assert shown is not None
    view.selection = Selection(
        Position(view.column.entries[0], 0, 0), Position(view.column.entries[-1], 0, 0)
    )
    where = view.strip_rect(shown, place.strip)
    height = view.column.height
    ways: dict[str, Callable[[], object]] = {
        "copy": view.copy,
        "markdown": partial(view.copy, markdown=True),
        "source": partial(view.source, "a1", 2),
        "stops": partial(view.stops, view.column.entries[1]),
    }
    ways[way]()
    assert view.column.height != height
    assert view.strip_rect(shown, place.strip) == where
    assert view.place() == place


def test_what_is_all_selected_is_shortened_by_keys(show: Show) -> None:
    """Also when the message at its end was forgotten meanwhile."""
    view = show(question(), answer())
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_A, CONTROL)
    whole = view.selected_text()
    last = view.column.entries[-1]
    for key, modifiers, left in (
        (Qt.Key.Key_Left, SHIFT, whole[:-1]),
        (Qt.Key.Key_Up, SHIFT | CONTROL, whole.removesuffix("\n\nThe end.")),
    ):
        last.forget()
        QTest.keyClick(view, key, modifiers)
        assert view.selected_text().strip() == left.strip()


def test_all_is_copied_as_markdown(show: Show) -> None:
    view = show(question(), answer(), height=900)
    view.select_all()
    assert view.selected_markdown() == f"How many airplanes are affected?\n\n{TEXT.strip()}"


def test_dragging_selects_across_messages(show: Show) -> None:
    view = show(question(), answer(), height=900)
    card = view.card_rect(view.column.entries[0])
    start = QPoint(card.left() + 18, card.center().y())
    drag(view, start, strip_point(view, 1, 2, 62))
    text = view.selected_text()
    assert text.startswith("How many airplanes are affected?\n\nThe ")
    assert len(text) < 50


def test_dragging_back_selects_the_same(show: Show) -> None:
    view = show(question(), answer(), height=900)
    here, there = strip_point(view, 1, 2, 40), strip_point(view, 1, 4, 60)
    drag(view, here, there)
    forward = view.selected_text()
    drag(view, there, here)
    assert view.selected_text() == forward != ""


def test_cells_of_a_table_are_selected_one_by_one(show: Show) -> None:
    view = show(question(), answer(), height=900)
    entry = view.column.entries[1]
    view.selection.anchor, view.selection.head = Position(entry, 4, 3), Position(entry, 4, 10)
    assert view.selected_text() == "ing\t$10"


def test_double_click_takes_the_word_and_a_third_the_paragraph(show: Show) -> None:
    view = show(answer(text="Some words here."), height=900)
    point = strip_point(view, 0, 2, 60)
    QTest.mouseClick(view.viewport(), LEFT, pos=point)
    QTest.mouseDClick(view.viewport(), LEFT, pos=point)
    assert view.selected_text() == "words"
    QTest.mousePress(view.viewport(), LEFT, pos=point)
    QTest.mouseRelease(view.viewport(), LEFT, pos=point)
    assert view.selected_text() == "Some words here."


def test_shift_and_arrows_select_over_the_edge_of_a_block(show: Show, qtbot: QtBot) -> None:
    view = show(answer(text="ab\n\ncd"), height=900)
    view.setFocus()
    entry = view.column.entries[0]
    view.selection.begin(Position(entry, 2, 1))
    for _ in range(3):
        QTest.keyClick(view, Qt.Key.Key_Right, SHIFT)
    assert view.selected_text() == "b\n\nc"
    QTest.keyClick(view, Qt.Key.Key_Left, SHIFT)
    QTest.keyClick(view, Qt.Key.Key_Left, SHIFT)
    assert view.selected_text() == "b"
    QTest.keyClick(view, Qt.Key.Key_Down, SHIFT)
    QTest.keyClick(view, Qt.Key.Key_End, SHIFT)
    assert view.selected_text() == "b\n\ncd"
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.selected_text() == ""


def test_a_selection_by_keys_alone_begins_at_the_current_message(show: Show, qtbot: QtBot) -> None:
    view = show(question(), answer(text="Words to take."), height=900)
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(view, Qt.Key.Key_Right, SHIFT | CONTROL)
    assert view.selected_text().strip() == "Words"


def test_a_selection_survives_streaming(show: Show) -> None:
    text = "First paragraph.\n\nSecond"
    view = show(Answer("a", "", (TextItem(text),), streaming=True), height=900)
    entry = view.column.entries[0]
    view.selection.anchor, view.selection.head = Position(entry, 0, 6), Position(entry, 1, 3)
    before = view.selected_text()
    for _ in range(50):
        view.grow("a", 0, " more words.\n\nAnd a paragraph")
        view.flush()
    assert view.selected_text() == before == "paragraph.\n\nSec"


def test_characters_beyond_the_bmp_are_counted_as_qt_does(show: Show) -> None:
    view = show(answer(text="🙂🙂 after"), height=900)
    entry = view.column.entries[0]
    view.selection.anchor, view.selection.head = Position(entry, 2, 2), Position(entry, 2, 8)
    assert view.selected_text() == "🙂 aft"


def test_far_messages_are_copied_from_their_source(show: Show) -> None:
    view = show(*conversation(200))
    layouts = view.layouts
    view.select_all()
    text = view.selected_text()
    assert all(f"Answer {turn}." in text for turn in range(200))
    assert view.layouts == layouts


def test_code_keeps_its_lines(show: Show) -> None:
    code = "\n".join(f"    line_{at} = {at}" for at in range(90))
    view = show(answer(text=f"Before\n\n```\n{code}\n```\n\nAfter"), height=900)
    view.select_all()
    assert f"Before\n\n{code}\n\nAfter" in view.selected_text()
    assert view.selected_markdown() == f"Before\n\n```\n{code}\n```\n\nAfter"


def test_a_marker_stays_with_the_word_before_it_and_nothing_of_that_is_copied() -> None:
    parts = runs([Text("of U.S. registry."), Marker(1), Marker(2), Text(" And "), Marker(3)])
    assert shown(parts) == f"of U.S. registry.{GLUE}{OBJECT}{OBJECT} And {OBJECT}"
    assert copied(parts, 0, len(shown(parts))) == "of U.S. registry.[1][2] And [3]"


def test_a_selection_stays_with_its_words_when_a_fold_above_opens_or_an_item_comes(show: Show) -> None:
    view = show(
        Answer("a", "m", (ReasoningItem("One\n\nTwo", 1.0), TextItem("Words here.\n\nMore.")), streaming=True)
    )
    entry = view.column.entries[0]
    view.selection.anchor, view.selection.head = Position(entry, 2, 0), Position(entry, 3, 2)
    before = view.selected_text()
    assert before == "Words here.\n\nMo"
    view.toggle_fold(entry, 0)
    assert view.selected_text() == before
    items = (ReasoningItem("One\n\nTwo", 1.0), TextItem("Words here.\n\nMore."), UnknownItem("x", "{}"))
    view.replace("a", Answer("a", "", items))
    assert view.selected_text() == before


def test_leaps_select_to_the_edges_of_blocks_and_of_the_conversation(show: Show) -> None:
    view = show(answer(1, "First block.\n\nSecond block."), answer(2, "Third block.\n\nLast block."))
    entry = view.column.entries[0]
    both = SHIFT | CONTROL
    view.selection.begin(Position(entry, 3, 6))
    for key, selected in (
        (Qt.Key.Key_Down, " block."),
        (Qt.Key.Key_Up, "Second"),
        (Qt.Key.Key_Up, "First block.\n\nSecond"),
        (Qt.Key.Key_Home, "First block.\n\nSecond"),
        (Qt.Key.Key_End, " block.\n\nThird block.\n\nLast block."),
    ):
        QTest.keyClick(view, key, both)
        assert view.selected_text() == selected
