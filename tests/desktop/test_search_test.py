"""The search test with the real engine: passages, places, and two settings side by side."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from chatapp.conversation.searching import SearchSettings
from chatapp.desktop.panels.passage_card import PassageCard
from chatapp.desktop.panels.search_test import SearchTest, words_for
from tests.desktop.conftest import Room
from tests.desktop.test_what_if import set_number


async def test_a_query_finds_passages_that_open_and_two_settings_are_compared(first_room: Room) -> None:
    room = first_room
    room.window.show_panel("Library")
    panel = room.window.library
    await room.until(lambda: panel._store, "the library")
    next(action for action in panel.menu.actions() if action.text() == "Search test…").trigger()
    dialog = room.window.findChild(SearchTest)
    assert dialog is not None
    assert (dialog.isVisible(), dialog.stores.currentText()) == (True, "User guide")
    QTest.keyClicks(dialog.query, "How do I check where a citation comes from?")
    QTest.keyClick(dialog.query, Qt.Key.Key_Return)
    await room.until(lambda: len(dialog.one.passages) > 2, "passages")
    count = len(dialog.one.passages)
    assert dialog.one.found.words.text() == f"{count} passages are found."
    card = dialog.one.found.findChildren(PassageCard)[0]
    assert card.accessibleName().startswith("Rank 1, score 1.00. Passage, citations.md")
    QTest.keyClick(card, Qt.Key.Key_Return)
    await room.until(lambda: dialog.original.where.text().startswith("line"), "the place")
    assert not dialog.original.tools.enlarge.isVisible()
    assert not dialog.other.isVisible()
    dialog.comparing.click()
    await room.until(lambda: "Nothing changes" in dialog.other.found.words.text(), "the same twice")
    set_number(dialog.other.form, "max_num_results", "2")
    await room.until(lambda: "leave" in dialog.other.found.words.text(), "what leaves")
    assert [one.fate for one in dialog.other.found.told] == ["kept", "kept", *["left"] * (count - 2)]
    assert dialog.other.settings.text() == "at most 2"
    assert len(dialog.one.passages) == count
    dialog.resize(500, 700)
    await room.until(lambda: dialog._parts.orientation() is Qt.Orientation.Vertical, "one under the other")
    dialog.close()
    room.window.test_search()
    assert room.window.findChildren(SearchTest) == [dialog]
    assert dialog.isVisible()
    dialog.close()


def test_settings_are_told_in_a_line() -> None:
    year = {"type": "eq", "key": "year", "value": 2024}
    full = SearchSettings(5, 0.3, "auto", 1, 0.5, year, True)
    assert words_for(full) == (
        "at most 5, threshold 0.30, ranker auto, meaning 1, words 0.5, year is 2024, query rewritten"
    )
    assert words_for(SearchSettings()) == "As the server searches by itself"
