"""The viewer of originals: pages, texts, search, selection and keys, in a real window on the real engine."""

from dataclasses import replace
from pathlib import Path

import pytest
import shiboken6
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QFontInfo, QGuiApplication, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from chatapp.conversation.citations import Passage
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.panels.citations import as_citation
from chatapp.desktop.panels.original import OriginalView
from chatapp.desktop.panels.original_search import next_place, places_of
from chatapp.desktop.panels.original_tools import OriginalTools
from chatapp.desktop.panels.page_text import nearest, runs, word_at
from chatapp.desktop.panels.page_view import Fit, seen_together
from chatapp.desktop.panels.passage_card import PassageCard
from chatapp.desktop.panels.seeking import Wish
from chatapp.desktop.panels.stretches import PART, stretch_at, stretches, where_in
from chatapp.desktop.panels.text_view import units
from chatapp.desktop.transcript.view import TranscriptView
from chatapp.desktop.widgets import Icons
from chatapp.documents.helper_process import DocumentReader
from chatapp.documents.model import Box, Document, Page, PageText, Place
from chatapp.services.application import Application
from chatapp.services.ports import Original
from chatapp.services.sources import Location
from tests.desktop.conftest import Room
from tests.documents.files import Sheet, line, pdf, pptx
from tests.kit.events import StreamBuilder, file_citation, sse_bytes
from tests.kit.gated_server import GatedServer, Reply, error_reply, json_reply, stream_reply


def place(offset: int, length: int = 1, page: int | None = None) -> Place:
    return Place(page, None, offset, length, (), 1.0, "")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 2 * PART), max_size=4))
def test_the_parts_of_a_text_are_all_of_it_and_none_is_too_long(lengths: list[int]) -> None:
    text = "\n".join("x" * length for length in lengths)
    found = stretches(Document("text/plain", text))
    assert "".join(text[part.start : part.end] for part in found) == text
    assert all(part.end - part.start <= PART for part in found)
    assert [part.line for part in found] == [text.count("\n", 0, part.start) + 1 for part in found]
    for offset in range(0, len(text), 50_000):
        part = found[stretch_at(found, offset) - 1]
        assert part.start <= offset < part.end


def test_the_tools_outlive_what_pyside_forgets(qapp: QApplication) -> None:
    """Seen in a window after some minutes: the actions were there, but not for Python, and no page was shown."""
    tools, asked = OriginalTools(Icons(Appearance(qapp))), list[Fit]()
    tools.fit_asked.connect(asked.append)
    shiboken6.invalidate(tools)
    tools.show_pages(1, 3, "page", is_drawn=True)
    next(action for action in tools.more.findChildren(QAction) if "width" in action.text()).trigger()
    assert asked == [Fit.WIDTH]
    shiboken6.delete(tools)


def test_of_a_passage_as_much_is_shown_as_there_is_room_for() -> None:
    label, text = QRectF(100, 0, 40, 10), QRectF(180, 0, 120, 10)
    below, column = QRectF(100, 300, 200, 10), QRectF(900, 0, 200, 10)
    room = QSize(250, 200)
    assert seen_together([label, text], room) == QRectF(100, 0, 200, 10), "cells of a row"
    assert seen_together([label, text, below], room) == QRectF(100, 0, 200, 10), "its beginning"
    assert seen_together([text, column, label], room) == text, "not what is between two columns"


def test_where_a_place_is_said_in_the_words_of_its_file() -> None:
    lines = Document("text/plain", "a\nb\nc")
    slides = Document(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "one\ntwo",
        (Page(1, 0, 3), Page(2, 4, 3)),
    )
    assert where_in(lines, place(2)) == "line 2 of 3"
    assert where_in(lines, place(0, 3)) == "lines 1–2 of 3"
    assert where_in(lines, None) == "3 lines"
    assert where_in(Document("text/plain", "a\nb\nc\n"), place(2)) == "line 2 of 3"
    assert where_in(Document("text/plain", "\n"), None) == "1 line"
    assert where_in(slides, place(5)) == "slide 2 of 2"
    assert where_in(slides, None) == "2 slides"


def test_words_are_found_in_any_case_over_any_blanks() -> None:
    text = "The FAA\nestimates. the faa  estimates"
    assert [text[start:end] for start, end in places_of(" faa estimates", text)] == [
        "FAA\nestimates",
        "faa  estimates",
    ]
    assert places_of("   ", text) == places_of("(", text) == []


WORDS = PageText(
    1,
    "ab cd\nef",
    tuple(
        Box(0.1 * at, 0.1 * row, 0.1 * at + 0.09, 0.1 * row + 0.08) if at >= 0 else Box(0, 0, 0, 0)
        for row, at in ((1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (1, -1), (2, 1), (2, 2))
    ),
)


@pytest.mark.parametrize(
    ("here", "by", "is_at_one", "expected"),
    [
        (0, 0, False, 0),
        (5, 0, False, 1),
        (5, 1, False, 1),
        (5, 1, True, 2),
        (9, 1, True, 0),
        (5, -1, True, 0),
        (1, -1, True, 2),
        (99, 0, False, 0),
    ],
)
def test_a_search_goes_from_place_to_place_and_round(
    here: int, by: int, is_at_one: bool, expected: int
) -> None:
    assert next_place([(1, 2), (5, 6), (9, 10)], here, by, is_at_one) == expected
    assert next_place([], here, by, is_at_one) == 0


def test_the_characters_of_a_page_are_pointed_at() -> None:
    assert [nearest(WORDS, x, 0.14) for x in (0.0, 0.11, 0.18, 0.9)] == [0, 0, 1, 5]
    assert nearest(WORDS, 0.9, 0.9) == 8
    assert nearest(PageText(1, "", ()), 0.5, 0.5) is None
    assert [word_at(WORDS, at) for at in (0, 1, 2, 4, 8)] == [(0, 2), (0, 2), (0, 2), (3, 5), (6, 8)]
    assert [round(box.right, 2) for box in runs(WORDS.boxes)] == [0.59, 0.29]


async def shown(room: Room, path: Path) -> OriginalView:
    """The viewer of the Citations panel with a file, opened as a card opens it."""
    room.window.show_panel("Citations")
    panel = room.window.citations
    panel._split.show()
    ask = room.session.errands.ask
    original = await ask(lambda app: keep(app, path))
    panel.original.show_place(original, None)
    await room.until(lambda: panel.original.where.text(), "the original")
    return panel.original


async def keep(app: Application, path: Path) -> Original:
    return await app.sources._originals.keep(path, path.name, lambda copied: None)


@pytest.fixture
def three(tmp_path: Path) -> Path:
    texts = ["First page of words", "Second page", "Third page of words"]
    return pdf(tmp_path / "three.pdf", [Sheet(line(text, 50, 700)) for text in texts])


async def test_pages_are_turned_by_number_and_by_keys(room: Room, three: Path) -> None:
    view = await shown(room, three)
    await room.until(lambda: view.where.text() == "page 1 of 3")
    view.tools.field.setFocus()
    view.tools.field.selectAll()
    QTest.keyClicks(view.tools.field, "99")
    QTest.keyClick(view.tools.field, Qt.Key.Key_Return)
    await room.until(lambda: view.where.text() == "page 3 of 3", "a number beyond the end is the end")
    assert not view.tools.next.isEnabled()
    view.pages.setFocus()
    QTest.keyClick(view.pages, Qt.Key.Key_Home)
    await room.until(lambda: view.where.text() == "page 1 of 3")
    view.pages.fit(Fit.PAGE)
    QTest.keyClick(view.pages, Qt.Key.Key_PageDown)
    await room.until(lambda: view.where.text() == "page 2 of 3")


async def test_other_programs_get_a_copy_under_its_name(
    room: Room, three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Path] = []
    for name in ("open_file", "show_in_folder"):
        monkeypatch.setattr(
            f"chatapp.desktop.panels.original.{name}", lambda path, parent: given.append(path)
        )
    view = await shown(room, three)
    view.tools.viewer_asked.emit()
    view.tools.folder_asked.emit()
    await room.until(lambda: len(given) == 2, "both copies")
    assert {path.name for path in given} == {"three.pdf"}
    assert content_of(given[0]) == content_of(three)


async def test_a_page_is_zoomed_and_fitted(room: Room, three: Path) -> None:
    view = await shown(room, three)
    sheet, room_for_it = view.pages.sheet, view.pages.viewport()
    view.pages.setFocus()
    QTest.keyClick(view.pages, Qt.Key.Key_P)
    assert sheet.height() <= room_for_it.height() + 2
    QTest.keyClick(view.pages, Qt.Key.Key_W)
    assert abs(sheet.width() - room_for_it.width()) <= 2
    before = sheet.width()
    QTest.keyClick(view.pages, Qt.Key.Key_Plus)
    assert sheet.width() > before
    for _ in range(20):
        QTest.keyClick(view.pages, Qt.Key.Key_Minus)
    assert 0 < sheet.width() < before / 3
    await room.until(lambda: sheet._image.width() == sheet.width(), "a picture of that size")


async def test_the_text_of_a_page_is_selected_and_copied(room: Room, three: Path) -> None:
    view = await shown(room, three)
    sheet = view.pages.sheet
    await room.until(lambda: sheet.text is not None, "the characters")
    assert sheet.text is not None
    box = sheet.place_of(sheet.text.boxes[1])
    at = sheet.mapTo(view.pages.viewport(), box.center().toPoint())
    QTest.mouseDClick(view.pages.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert sheet.selected_text == "First"
    end = sheet.mapTo(view.pages.viewport(), sheet.place_of(sheet.text.boxes[9]).center().toPoint())
    QTest.mousePress(view.pages.viewport(), Qt.MouseButton.LeftButton, pos=at - QPoint(1, 0))
    QTest.mouseMove(view.pages.viewport(), end + QPoint(3, 0))
    QTest.mouseRelease(view.pages.viewport(), Qt.MouseButton.LeftButton, pos=end)
    view.pages.setFocus()
    QTest.keyClick(view.pages, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() in sheet.text.text
    assert len(QGuiApplication.clipboard().text()) > 3
    QTest.keyClick(view.pages, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert sheet.selected_text == "First page of words"


async def test_words_are_found_on_other_pages(room: Room, three: Path) -> None:
    view = await shown(room, three)
    view.pages.setFocus()
    QTest.keyClick(view.pages, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert view.search.isVisible()
    assert not room.window.transcript.find_bar.isVisible()
    QTest.keyClicks(view.search.field, "OF words")
    await room.until(lambda: view.search.said.text() == "1 of 2")
    await room.until(lambda: view.pages.sheet.found, "the mark")
    QTest.keyClick(view.search.field, Qt.Key.Key_Return)
    await room.until(lambda: view.where.text() == "page 3 of 3" and view.pages.sheet.found)
    assert view.search.said.text() == "2 of 2"
    QTest.keyClicks(view.search.field, " nowhere")
    await room.until(lambda: view.search.said.text() == "Not found")
    QTest.keyClick(view.search.field, Qt.Key.Key_Escape)
    assert not view.search.isVisible()
    assert view.pages.sheet.found == ()


async def test_slides_are_shown_one_at_a_time(room: Room, tmp_path: Path) -> None:
    view = await shown(room, pptx(tmp_path / "talk.pptx", ["Alpha", "73 airplanes 🛩 fly"]))
    assert view.where.text() == "slide 1 of 2"
    assert view.text.toPlainText().strip() == "Alpha"
    view.tools.next.click()
    assert view.where.text() == "slide 2 of 2"
    assert "73 airplanes" in view.text.toPlainText()
    assert view.tools.next.accessibleName() == "Next slide"
    view.search.asked.emit("FLY", 0)
    assert view.text.textCursor().selectedText() == "fly"


async def test_a_long_text_is_shown_in_parts_with_its_lines(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("".join(f"Line {at} says nothing of note.\n" for at in range(1, 20_000)), "utf-8")
    view = await shown(room, path)
    assert view.where.text().startswith("part 1 of")
    view.search.asked.emit("line 19000 says", 0)
    assert view.text.textCursor().selectedText() == "Line 19000 says"
    block = view.text.textCursor().blockNumber()
    assert view.text._first_line + block == 19_000


async def test_code_has_a_fixed_width_and_ends_with_its_last_line(room: Room, tmp_path: Path) -> None:
    code, prose = tmp_path / "a.py", tmp_path / "a.txt"
    for path in (code, prose):
        path.write_text(f"one = 1\ntwo = {path.suffix}\n")
    view = await shown(room, code)
    await room.until(lambda: view.where.text() == "2 lines")
    assert QFontInfo(view.text.font()).fixedPitch()
    assert view.text.blockCount() == 2
    await shown(room, prose)
    await room.until(lambda: view.name.text() == "a.txt" and not QFontInfo(view.text.font()).fixedPitch())


async def test_an_uncertain_place_shows_the_passage_and_offers_the_original(room: Room, three: Path) -> None:
    view = await shown(room, three)
    assert view._shown is not None
    original = view._shown.original
    citation = as_citation(Passage("", "three.pdf", "Words that\nstand nowhere.", 0.5, 1, page=2))
    room.window.citations._seeking.seek(Wish("scripted", citation, lambda: True, lambda location: None))
    await room.until(lambda: "not certain" in view.words.message.text())
    assert "not certain" in view.words.message.text()
    assert view.words.passage.text() == "“Words that stand nowhere.”"
    offer, choose = view.words.findChildren(QPushButton)
    assert choose.text() == "Choose the file…"
    QTest.keyClick(offer, Qt.Key.Key_Space)
    await room.until(lambda: view.where.text() == "page 2 of 3")
    assert view.pages.sheet.boxes == ()
    assert view._shown is not None
    assert view._shown.original == original
    assert view.note.isVisible()


async def test_an_original_that_is_elsewhere_is_fetched_from_its_server_or_asked_for(
    room: Room, gated_server: GatedServer, three: Path, tmp_path: Path
) -> None:
    view = await shown(room, pptx(tmp_path / "other.pptx", ["One"]))
    seeking = room.window.citations._seeking
    found: list[Location] = []
    gated_server.always("GET", "/v1/files/f1", json_reply({"id": "f1", "filename": "a.pdf", "bytes": 9}))
    gated_server.always("GET", "/v1/files/f1/content", Reply(200, {}, [content_of(three)]))
    citation = as_citation(Passage("f1", "a.pdf", "Third page of words", 0.5, 1))
    seeking.seek(Wish("scripted", citation, lambda: True, found.append))
    await room.until(lambda: found, "the fetched original")
    assert (found[0].place and found[0].place.page) == 3

    gated_server.always("GET", "/v1/files/f2", error_reply(404, "No such file."))
    wish = Wish("scripted", replace(citation, file_id="f2", filename="b.txt"), lambda: True, found.append)
    seeking.seek(wish)
    await room.until(lambda: "b.txt is not on this computer" in view.words.message.text())
    await room.until(lambda: len(view.words.findChildren(QPushButton)) == 2)
    mine = tmp_path / "mine.txt"
    mine.write_text("Nothing of that.")
    seeking.give(wish, mine)
    await room.until(lambda: "differs" in view.words.message.text())
    mine.write_text("It has a third page of words.")
    seeking.give(wish, mine)
    await room.until(lambda: len(found) == 2)
    assert (found[1].place and found[1].place.line, found[1].reason) == (1, None)
    seeking.seek(wish)
    await room.until(lambda: len(found) == 3, "asked for once")


async def test_what_an_answer_cites_is_read_before_it_is_opened(
    room: Room, gated_server: GatedServer, three: Path
) -> None:
    await room.session.errands.ask(lambda app: keep(app, three))
    sources = room.session.backstage.ready.result().sources
    reader = sources._documents
    assert isinstance(reader, DocumentReader)
    texts = ["Third page of words.", "Second page."]
    text = " ".join(texts)
    found = [
        {"file_id": "f", "filename": "three.pdf", "score": 0.8, "page": page, "attributes": {}, "text": words}
        for page, words in ((3, texts[0]), (2, texts[1]))
    ]
    notes = [
        file_citation("f", "three.pdf", len(texts[0]) - 1),
        file_citation("f", "three.pdf", len(text) - 1),
    ]
    builder = StreamBuilder("resp_1").begin().file_search(["?"], found)
    reply = stream_reply(sse_bytes(builder.message(text, annotations=notes).end()))
    gated_server.script("POST", "/v1/responses", reply)
    turn = await room.ask("Which pages?")
    await room.until(lambda: len(sources._places._values) == 1, "the first one is found")
    view = room.window.transcript.view
    stops = [stop for stop in view.stops(view.column.entries[-1]) if stop[2].kind == "marker"]
    point(view, view.spot_rect(*stops[1]).center())
    await room.until(lambda: len(sources._places._values) == 2, "the one that is pointed at is found")
    assert not sources._pictures._values
    room.window.transcript.cited.emit(turn.id, 2)
    await room.until(lambda: len(sources._pictures._values) >= 2, "the one before is drawn too")
    assert room.window.citations.original.where.text() == "page 2 of 3"
    assert reader._process._is_kept
    room.window.switching.new()
    await room.until(lambda: not reader._process._is_kept, "nothing is cited here")


async def test_a_marker_shows_its_passage_to_the_keyboard_and_to_the_pointer(
    room: Room, gated_server: GatedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "The proposal affects 73 airplanes."
    found = {"file_id": "f", "filename": "talk.pptx", "score": 0.8, "page": 3, "attributes": {}}
    builder = StreamBuilder("resp_1").begin().file_search(["?"], [{**found, "text": f"Costs. {text} More."}])
    notes = [file_citation("f", "talk.pptx", len(text) - 1)]
    gated_server.script(
        "POST", "/v1/responses", stream_reply(sse_bytes(builder.message(text, annotations=notes).end()))
    )
    await room.ask("How many?")
    view, popup = room.window.transcript.view, room.window.passage
    stop = next(stop for stop in view.stops(view.column.entries[-1]) if stop[2].kind == "marker")
    view.setFocus()
    view.focus_spot(*stop)
    assert not popup.isVisible()
    said: list[str] = []
    monkeypatch.setattr(view.reader, "announce", said.append)
    await room.until(popup.isVisible)
    (card,) = popup.findChildren(PassageCard)
    assert said == [card.accessibleName()]
    assert card.accessibleName() == f"Citation 1, talk.pptx slide 3: Costs. {text} More."
    assert room.window.rect().contains(popup.geometry())
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert not popup.isVisible()
    at = view.spot_rect(*stop).center()
    point(view, at)
    await room.until(popup.isVisible)
    point(view, QPoint(2, 2))
    assert not popup.isVisible()
    point(view, at)
    await room.until(popup.isVisible)
    view.activate(*stop)
    assert not popup.isVisible()
    message = room.window.citations.original.words.message
    await room.until(lambda: "not on this computer" in message.text(), "what became of the original")


def point(view: TranscriptView, at: QPoint) -> None:
    """Moves the pointer over the view, without the one of the system."""
    on_screen = view.viewport().mapToGlobal(at)
    none = Qt.MouseButton.NoButton
    keys = Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, at.toPointF(), on_screen.toPointF(), none, none, keys)
    QApplication.sendEvent(view.viewport(), event)


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def test_units_are_those_of_the_text_document() -> None:
    assert [units(text) for text in ("", "ab", "🛩", "\ud800")] == [0, 2, 2, 1]
