"""The reasons for a passage: every server's results, in words."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from chatapp.conversation.citations import ranked
from chatapp.conversation.searching import Search, SearchSettings
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.panels.breaking import Breaking
from chatapp.desktop.panels.passage_card import NAMELESS, PassageCard
from chatapp.desktop.panels.why import Why, reasons
from tests.desktop.conftest import Room
from tests.kit.events import file_citation, sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, stream_reply

ENGINE = {
    "file_id": "f", "filename": "a.pdf", "score": 0.41, "text": "Words.", "page": 3, "offset": 1200, "length": 800,
    "attributes": {"year": 2024, "kind": "report"},
}  # fmt: skip
OGX = {
    "file_id": "d", "filename": "d", "score": 1.17, "text": "Words.",
    "attributes": {"file_id": "f", "filename": "a.md", "document_id": "d", "chunk_id": "572e", "src": "x"},
}  # fmt: skip
YEAR = {"type": "gte", "key": "year", "value": 2020}


@pytest.mark.parametrize(
    ("result", "search", "told"),
    [
        (
            ENGINE,
            Search(("one", "two"), ("vs_1",), SearchSettings(5, 0.3, "auto", 1, 0.5, YEAR), 1, 4),
            {
                "Query": "one\ntwo", "Filter": "year ≥ 2020", "Rank": "1 of 4 found, at most 5",
                "Score": "0.41, threshold 0.30", "Ranking": "auto; meaning 1, words 0.5", "Library": "VS_1",
                "Chunk": "characters 1,201 to 2,000 of the text", "Attributes": "year: 2024\nkind: report",
            },
        ),
        (
            OGX,
            Search((), ("vs_1", "vs_2"), SearchSettings(), 1, 1),
            {
                "Query": "The server does not say.", "Filter": "none", "Rank": "1 of 1 found",
                "Score": "1.17, no threshold", "Library": "one of VS_1, VS_2", "Chunk": "6 characters, 572e",
                "Attributes": "src: x",
            },
        ),
        (
            {"file_id": "f", "text": "Words."},
            None,
            {
                "Query": "The server does not say.", "Filter": "none", "Rank": "1",
                "Score": "The server does not say.", "Chunk": "6 characters", "Attributes": "none",
            },
        ),
    ],
)  # fmt: skip
def test_what_is_known_of_a_passage_is_told(
    result: dict[str, object], search: Search | None, told: dict[str, str]
) -> None:
    (passage,) = ranked([result])
    assert dict(reasons(search, passage, str.upper)) == told


async def test_a_card_says_why_and_what_no_search_returned(room: Room, gated_server: GatedServer) -> None:
    tool = {"type": "file_search", "vector_store_ids": ["vs_1"], "ranking_options": {"score_threshold": 0.3}}
    call = {
        "type": "file_search_call", "id": "fs", "status": "completed", "queries": ["What?"], "results": [ENGINE],
    }  # fmt: skip
    notes = [file_citation("f", "a.pdf", 5), file_citation("g", "b.pdf", 11)]
    events = text_stream("Words. Others.", annotations=notes, tools=[tool])
    final = events[-1]["response"]
    final["output"] = [call, *final["output"]]
    gated_server.script("POST", "/v1/responses", stream_reply(sse_bytes(events)))
    await room.ask("What?")
    room.window.show_panel("Citations")
    panel = room.window.citations
    await room.until(lambda: len(panel._cards) == 2, "two cards")
    one, two = panel._cards.values()
    why = one.findChild(Why)
    assert why is not None
    assert two.findChild(Why) is None
    assert any(words.text().startswith("Cited, not retrieved") for words in two.findChildren(QLabel))
    why.head.setFocus(Qt.FocusReason.TabFocusReason)
    assert why.head.accessibleName() == "Why this passage, folded"
    QTest.keyClick(why.head, Qt.Key.Key_Space)
    said = {words.accessibleName() for words in why.findChildren(QLabel)}
    assert {"Query: What?", "Score: 0.41, threshold 0.30", "Attributes: year: 2024\nkind: report"} <= said
    assert why.head.accessibleName() == "Why this passage, open"


def test_a_passage_of_a_file_without_a_name_says_so(qapp: QApplication) -> None:
    card = PassageCard(ranked([{"text": "Words."}])[0], None, Appearance(qapp))
    assert NAMELESS in card.accessibleName()
    card.deleteLater()


def test_a_word_longer_than_a_line_breaks_off_and_is_copied_whole(qapp: QApplication) -> None:
    path = "path: /" + "x" * 200
    line = Breaking(path)
    line.resize(120, 400)
    assert line.heightForWidth(120) > 8 * line.fontMetrics().height()
    line.setSelection(0, len(line.text()))
    QTest.keyClick(line, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == path
    line.deleteLater()
