"""The search test with the real engine: passages, places, and two settings side by side."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider, QWidget

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
    room.window.dialogs.search_test()
    assert room.window.findChildren(SearchTest) == [dialog]
    assert dialog.isVisible()
    dialog.close()


async def test_every_setting_is_reached_and_changed_by_the_keyboard(first_room: Room) -> None:
    room = first_room
    room.window.dialogs.search_test()
    dialog = room.window.findChild(SearchTest)
    assert dialog is not None
    await room.until(lambda: dialog.stores.currentData(), "the library")
    QTest.keyClicks(dialog.query, "citation")
    reached: list[str] = []
    while (field := _next(dialog)) is not dialog.query:
        reached.append(field.accessibleName())
        if field.accessibleName() == "Settings, folded":
            QTest.keyClick(field, Qt.Key.Key_Space)
        elif isinstance(field, QSlider):
            QTest.keyClick(field, Qt.Key.Key_Left if field.value() else Qt.Key.Key_Right)
        elif field.accessibleName() == "Rewrite the query":
            QTest.keyClick(field, Qt.Key.Key_Space)
    assert reached[:4] == ["Search", "Library to search", "Compare two settings", "Settings, folded"]
    assert {"Max results", "Score threshold", "Ranker", "Weight of meaning", "Weight of words"} < set(reached)
    assert "Add a filter" in reached
    wanted = SearchSettings(19, 0.05, None, 0.95, 0.95, None, True)
    assert dialog.one.form.settings == wanted
    await room.until(lambda: dialog.one.settings.text() == words_for(wanted), "it is searched so")
    await room.until(lambda: dialog.one.passages or "Nothing" in dialog.one.found.words.text(), "and found")
    dialog.close()


def _next(dialog: SearchTest) -> QWidget:
    """Where Tab leads to."""
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
    field = dialog.focusWidget()
    assert field is not None
    return field


def test_settings_are_told_in_a_line() -> None:
    year = {"type": "eq", "key": "year", "value": 2024}
    full = SearchSettings(5, 0.3, "auto", 1, 0.5, year, True)
    assert words_for(full) == (
        "at most 5, threshold 0.30, ranker auto, meaning 1, words 0.5, year is 2024, query rewritten"
    )
    assert words_for(SearchSettings()) == "As the server searches by itself"
