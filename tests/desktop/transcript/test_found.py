"""Finding in a transcript that is shown: the count, the way from place to place, what is folded, what still grows."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.transcript.find_bar import FindBar
from chatapp.desktop.transcript.messages import (
    Answer,
    CallItem,
    Detail,
    Question,
    ReasoningItem,
    StructuredItem,
    TextItem,
    ToolItem,
)
from chatapp.desktop.transcript.strips import CodeLines, Equation
from chatapp.desktop.transcript.view import TranscriptView
from chatapp.desktop.widgets import Icons
from tests.desktop.transcript.conftest import Show
from tests.desktop.transcript.samples import answer, conversation, question

Opened = Callable[[TranscriptView], FindBar]


@pytest.fixture
def opened(qtbot: QtBot, qapp: QApplication) -> Opened:
    def make(view: TranscriptView) -> FindBar:
        bar = FindBar(view, Icons(Appearance(qapp, "light", 1.0)))
        qtbot.addWidget(bar)
        bar.open()
        return bar

    return make


def find(qtbot: QtBot, bar: FindBar, words: str) -> str:
    """The count, once it is exact."""
    bar.field.setText(words)
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "about" not in bar.count.text())
    return bar.count.text()


def shown(bar: FindBar) -> str:
    """The words that are shown as the place, once the bar is closed."""
    bar.close_bar()
    return bar._view.selected_text()


def test_places_are_counted_over_messages_that_nobody_has_seen(
    show: Show, opened: Opened, qtbot: QtBot
) -> None:
    view = show(*conversation(200))
    view.scroll_to("q0")
    layouts, bar = view.layouts, opened(view)
    assert find(qtbot, bar, "answer 17") == "1 of 11"
    assert view.layouts - layouts < 100
    for count in ("2 of 11", "3 of 11"):
        QTest.keyClick(bar.field, Qt.Key.Key_Return)
        assert bar.count.text() == count
    entry = view.column.get("a171")
    assert entry is not None
    assert view.entry_rect(entry).intersects(view.viewport().rect())
    for _ in range(3):
        QTest.keyClick(bar.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert bar.count.text() == "11 of 11"
    assert shown(bar) == "Answer 17"
    assert view.selection.head is not None
    assert view.selection.head.entry.key == "a179"


def test_words_are_found_across_pieces_in_tables_and_in_code(
    show: Show, opened: Opened, qtbot: QtBot
) -> None:
    view = show(question(), answer())
    bar = opened(view)
    for words, count in (
        ("affects 73 air", "1 of 1"),
        ("registry. See the rule", "1 of 1"),
        ("$10,505", "1 of 1"),
        ("print(73", "1 of 1"),
        ("print", "1 of 1"),
        ("airplanes", "1 of 4"),
        ("**73", "Nothing found"),
        ("example.org", "Nothing found"),
    ):
        assert find(qtbot, bar, words) == count, words


def test_letters_count_as_they_are_when_asked(show: Show, opened: Opened, qtbot: QtBot) -> None:
    view = show(answer(text="Cafés, cafe, CAFE"))
    bar = opened(view)
    assert find(qtbot, bar, "cafe") == "1 of 3"
    bar.whole.click()
    assert find(qtbot, bar, "cafe").endswith("of 2")
    bar.case.click()
    assert find(qtbot, bar, "cafe") == "1 of 1"


def test_a_folded_item_opens_when_something_in_it_is_reached(
    show: Show, opened: Opened, qtbot: QtBot
) -> None:
    items = (
        ReasoningItem("One must think of the **heliport**.", 2.0),
        CallItem("lookup", '{"city": "Oslo"}'),
        TextItem("Nothing of that."),
        StructuredItem('{"a": {"b": {"c": {"d": ["deep down"]}}}, "e": 1}', "JSON"),
        ToolItem("Ran Python", (Detail("print('snake')", "code", "python"),)),
    )
    view = show(Question("q", "Well?"), Answer("a", "m", items))
    for words in ("heliport", "Oslo", "deep down", "snake"):
        bar = opened(view)
        assert find(qtbot, bar, words) == "1 of 1", words
        assert shown(bar) == words
    assert any(isinstance(strip, CodeLines) for strip in view.column.entries[1].strips or ())


def test_the_count_follows_an_answer_that_is_written(show: Show, opened: Opened, qtbot: QtBot) -> None:
    view = show(question(), Answer("a", "", (TextItem("tug"),), streaming=True))
    bar = opened(view)
    assert find(qtbot, bar, "tug") == "1 of 1"
    view.grow("a", 0, " and **t")
    view.grow("a", 0, "ug** and tug")
    qtbot.waitUntil(lambda: bar.count.text() == "1 of 3")
    view.replace("a", Answer("a", "", (TextItem("tug and **tug** and tug, tug"),)))
    qtbot.waitUntil(lambda: bar.count.text() == "1 of 4")
    view.append(question(2, "tug?"))
    qtbot.waitUntil(lambda: bar.count.text() == "1 of 5")
    view.set_messages([question(3, "Another")])
    qtbot.waitUntil(lambda: bar.count.text() == "Nothing found")


def test_places_are_painted_and_marked_beside_the_scroll_bar(
    show: Show, opened: Opened, qtbot: QtBot
) -> None:
    view = show(*conversation(30))
    plain = view.viewport().grab().toImage()
    bar = opened(view)
    find(qtbot, bar, "paragraph")
    qtbot.waitUntil(lambda: len(bar.marks.rows) > 30)
    assert view.viewport().grab().toImage() != plain
    bar.close_bar()
    assert not bar.marks.isVisible()


def test_a_selection_is_looked_for_and_escape_closes(show: Show, opened: Opened, qtbot: QtBot) -> None:
    view = show(answer(text="Some words here."))
    bar = opened(view)
    find(qtbot, bar, "words")
    bar.close_bar()
    bar.field.clear()
    bar.open()
    assert bar.field.text() == "words"
    with qtbot.waitSignal(bar.left):
        QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert bar.isHidden()
    assert view.selected_text() == "words"


def test_a_search_goes_on_from_where_it_is_while_more_is_typed(
    show: Show, opened: Opened, qtbot: QtBot
) -> None:
    view = show(Answer("a", "", (TextItem("air\n\nairplane\n\nairplane\n\nair"),)))
    bar = opened(view)
    assert find(qtbot, bar, "air") == "1 of 4"
    QTest.keyClick(bar.field, Qt.Key.Key_Down)
    assert find(qtbot, bar, "airp") == "1 of 2"
    QTest.keyClick(bar.field, Qt.Key.Key_Down)
    assert find(qtbot, bar, "air") == "3 of 4"
    QTest.keyClick(bar.field, Qt.Key.Key_Up)
    assert bar.count.text() == "2 of 4"


def test_a_place_far_right_in_wide_code_is_brought_into_view(
    show: Show, opened: Opened, qtbot: QtBot
) -> None:
    view = show(answer(text=f"```\n{'x = 1; ' * 60}target\n```\n"))
    bar = opened(view)
    assert find(qtbot, bar, "target") == "1 of 1"
    entry = view.column.entries[0]
    at = next(at for at, strip in enumerate(entry.strips or ()) if isinstance(strip, CodeLines))
    assert view.scrolled(entry, at) > 1000


def test_a_drawn_formula_is_found_and_shown_whole(show: Show, opened: Opened, qtbot: QtBot) -> None:
    view = show(answer(1, "With $\\alpha_1$ we get\n\n$$\n\\frac{\\alpha_1}{\\alpha_2}\n$$."))
    bar, entry = opened(view), view.column.entries[0]
    assert find(qtbot, bar, "\\alpha") == "1 of 2"
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    assert bar.count.text() == "2 of 2"
    assert bar.finder.line.startswith("$$\n\\frac")
    qtbot.waitUntil(lambda: not view.formulas.is_busy, timeout=20_000)
    at = next(at for at, strip in enumerate(entry.strips or []) if isinstance(strip, Equation))
    qtbot.waitUntil(lambda: (laid := entry.if_laid(at)) is not None and not laid.pending)
    assert view.found_in(entry, at) == (((0, 1),), (0, 1))
    laid = entry.laid(at, view.column.setter)
    (rect,) = laid.panes[0].rects(0, 1)
    assert rect.height() == laid.panes[0].height
    assert shown(bar) == "$$\n\\frac{\\alpha_1}{\\alpha_2}\n$$"
