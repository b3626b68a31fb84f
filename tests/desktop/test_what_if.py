"""What an answer's search would have found otherwise, with the real engine; and a server that cannot search."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from chatapp.conversation.citations import ranked
from chatapp.conversation.searching import SearchSettings, compared
from chatapp.desktop.controls.number import Number
from chatapp.desktop.panels.compared_list import fate_of, summary
from chatapp.desktop.panels.search_form import SearchForm
from chatapp.desktop.panels.what_if import TITLE, WhatIf
from tests.desktop.conftest import Room
from tests.desktop.test_doubts import PASSAGE, searched
from tests.kit.gated_server import GatedServer, error_reply, json_reply, stream_reply


def set_number(form: SearchForm, name: str, text: str) -> None:
    control = form.controls[name]
    assert isinstance(control, Number)
    control.field.setFocus()
    control.field.clear()
    QTest.keyClicks(control.field, text)
    QTest.keyClick(control.field, Qt.Key.Key_Return)


def opened_panel(room: Room) -> WhatIf:
    room.window.show_panel("Citations")
    panel = room.window.citations.what_if
    head = next(one for one in panel.findChildren(QPushButton) if one.text() == TITLE)
    head.click()
    assert head.accessibleName() == f"{TITLE}, open"
    return panel


async def test_other_settings_show_what_leaves_and_a_branch_asks_with_them(first_room: Room) -> None:
    room = first_room
    await room.until(lambda: room.window.transcript.welcome.ask.isEnabled())
    room.window.transcript.welcome.ask.click()
    await room.ended(1)
    panel = opened_panel(room)
    await room.until(lambda: len(panel.found.told) > 1, "the recorded passages")
    count = len(panel.found.told)
    assert not panel.again.isEnabled()
    set_number(panel.form, "max_num_results", "1")
    await room.until(lambda: "leave" in panel.found.words.text(), "what leaves")
    assert panel.found.words.mapTo(panel, QPoint()).y() < panel.form.mapTo(panel, QPoint()).y()
    assert [one.fate for one in panel.found.told] == ["kept", *["left"] * (count - 1)]
    first = room.last.id
    assert panel.again.isEnabled()
    panel.again.click()
    await room.until(lambda: room.last.id != first and room.last.answer.status.ended, "a branch")
    assert [turn.id for turn in room.desk.tree.siblings(first)] == [first, room.last.id]
    (tool,) = room.last.request["tools"]
    assert tool["max_num_results"] == 1
    assert room.desk.head is not None
    assert "max_num_results" not in room.desk.head.parameters
    await room.until(lambda: len(panel.found.told) == 1, "the branch's own passages")
    panel.form.controls["filters"].edited.emit({"type": "eq", "key": "year", "value": 1})
    await room.until(lambda: "Nothing is found" in panel.found.words.text(), "nothing")
    panel.again.click()
    await room.until(
        lambda: len(room.desk.tree.siblings(first)) == 3 and room.last.answer.status.ended, "a third"
    )
    await room.until(lambda: panel.isVisible() and not panel.found.told, "nothing, and what would find more")
    panel.form.controls["filters"].edited.emit(None)
    await room.until(lambda: "1 enters" in panel.found.words.text(), "what enters")


async def test_a_server_that_cannot_search_says_so(room: Room, gated_server: GatedServer) -> None:
    tool = {"type": "file_search", "vector_store_ids": ["vs_1"]}
    gated_server.script("POST", "/v1/responses", stream_reply(searched("The mill has 12 wheels.", (tool,))))
    await room.ask("Well?")
    panel = opened_panel(room)
    await room.until(panel.isVisible, "the part")
    assert [one.passage.text for one in panel.found.told] == [PASSAGE]
    gated_server.script("POST", "/v1/vector_stores/vs_1/search", error_reply(404, "No such path."))
    set_number(panel.form, "score_threshold", "0.4")
    await room.until(lambda: "not on the server any more" in panel.found.words.text(), "the reason")
    listed = json_reply({"object": "list", "data": [{"id": "vs_1", "name": "Mills"}], "has_more": False})
    gated_server.always("GET", "/v1/vector_stores*", listed)
    gated_server.script("POST", "/v1/vector_stores/vs_1/search", error_reply(405, "Not allowed."))
    set_number(panel.form, "score_threshold", "0.5")
    await room.until(lambda: "cannot search a library by itself" in panel.found.words.text(), "the reason")
    found = {"file_id": "g", "filename": "g.txt", "score": 0.9, "content": [{"type": "text", "text": "New."}]}
    half = replace(json_reply({"data": [found]}), cut_wire=100)
    gated_server.always("POST", "/v1/vector_stores/vs_1/search", half)
    set_number(panel.form, "embedding_weight", "0.75")
    await room.until(lambda: "did not come to its end" in panel.found.words.text(), "a cut")
    gated_server.script("POST", "/v1/vector_stores/vs_1/search", json_reply({"data": [found]}))
    panel.once_more.click()
    await room.until(lambda: panel.found.words.text() == "1 passage is found: 1 enters, 1 leaves.", "both")
    assert panel.once_more.isHidden()
    gated_server.script("POST", "/v1/vector_stores/vs_1/search", json_reply({"data": [found]}))
    set_number(panel.form, "text_weight", "0.25")
    ranking = {
        "score_threshold": 0.5, "hybrid_search": {"embedding_weight": 0.75, "text_weight": 0.25},
    }  # fmt: skip
    wanted = {"query": "q", "ranking_options": ranking}
    await room.until(lambda: gated_server.requests[-1].json == wanted, "both weights")
    panel.reset.click()
    assert panel.form.settings == SearchSettings()
    asked = len(gated_server.requests)
    set_number(panel.form, "max_num_results", "4")
    panel.show_turn(None)
    panel.form.changed.emit()
    assert (panel.isVisible(), len(gated_server.requests)) == (False, asked)


@pytest.mark.parametrize(
    ("before", "after", "words", "fates"),
    [
        ("ab", "ba", "2 passages are found: 2 move.", ["↑ Moves from 2 to 1", "↓ Moves from 1 to 2"]),
        ("a", "ab", "2 passages are found: 1 enters.", ["= Stays at 1", "+ Enters at 2"]),
        ("ab", "", "Nothing is found with these settings: 2 leave.", ["− Leaves, was 1", "− Leaves, was 2"]),
        ("a", "a", "1 passage is found. Nothing changes.", ["= Stays at 1"]),
    ],
)
def test_fates_are_told_in_words(before: str, after: str, words: str, fates: list[str]) -> None:
    told = compared(*(ranked([{"file_id": "f", "text": one} for one in texts]) for texts in (before, after)))
    assert summary(told) == words
    assert [fate_of(one) for one in told] == fates


async def test_one_weight_brings_the_other_and_what_is_wrong_is_told(room: Room) -> None:
    form = SearchForm(with_rewriting=True)
    form.show()
    set_number(form, "embedding_weight", "0.5")
    assert (form.settings.embedding_weight, form.settings.text_weight) == (0.5, 1.0)
    set_number(form, "embedding_weight", "")
    assert form.settings == SearchSettings()
    set_number(form, "score_threshold", "7")
    threshold, most = form.problems["score_threshold"], form.problems["max_num_results"]
    assert (form.settings, threshold.isHidden()) == (SearchSettings(), False)
    set_number(form, "max_num_results", "99")
    assert (threshold.isHidden(), most.text()) == (False, "Max results must be between 1 and 50.")
    set_number(form, "max_num_results", "")
    assert (threshold.isHidden(), most.isHidden()) == (False, True), "the first one still is"
    set_number(form, "score_threshold", "0.7")
    form.rewriting.click()
    assert (form.settings, threshold.isHidden()) == (
        SearchSettings(score_threshold=0.7, rewrite_query=True),
        True,
    )
    form.deleteLater()
