"""Parameters, library, citations, inspector and first start, in a real window with the real engine where it matters."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from chatapp.assembly import guide_files
from chatapp.conversation.citations import Passage, cite
from chatapp.desktop.app import MEMORY
from chatapp.desktop.controls.choosing import Segments
from chatapp.desktop.controls.number import Number
from chatapp.desktop.links import show_in_folder
from chatapp.desktop.panels.citations import LEAST_TRANSCRIPT, SHOWN, as_citation
from chatapp.desktop.theme import RIGHT_WIDTH
from chatapp.services.enclosures import enclosed
from chatapp.services.ports import Connection
from tests.desktop.conftest import Room, opened, prepared, sent
from tests.kit.events import file_citation, sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, stream_reply

POST = ("POST", "/v1/responses")


def enter(room: Room, name: str, text: str) -> None:
    """Types a number into the field of a parameter and presses Enter."""
    control = room.window.parameters.rows[name].control
    assert isinstance(control, Number)
    control.field.setFocus()
    control.field.clear()
    QTest.keyClicks(control.field, text)
    QTest.keyClick(control.field, Qt.Key.Key_Return)


async def test_what_is_set_is_sent_and_what_is_not_is_not(room: Room, gated_server: GatedServer) -> None:
    reply = text_stream("Yes.", temperature=0.3)
    gated_server.script(*POST, stream_reply(sse_bytes(reply)))
    room.window.show_panel("Parameters")
    enter(room, "temperature", "0.2")
    await room.until(lambda: room.desk.head and room.desk.head.parameters.get("temperature") == 0.2)
    effort = room.window.parameters.rows["reasoning.effort"].control
    assert isinstance(effort, Segments)
    effort.fields()[2].click()  # type: ignore[attr-defined]
    await room.until(lambda: room.desk.head and "reasoning.effort" in room.desk.head.parameters)
    await room.ask("Well?")
    body = sent(gated_server)
    assert body["temperature"] == 0.2
    assert body["reasoning"] == {"effort": "low"}
    assert not {"top_p", "max_output_tokens", "instructions", "tools", "metadata", "truncation"} & body.keys()
    await room.until(
        lambda: room.window.parameters.rows["temperature"]._note.text() == "asked 0.2 · in force 0.3"
    )


async def test_a_value_out_of_range_is_refused_in_its_place(room: Room) -> None:
    room.window.show_panel("Parameters")
    enter(room, "top_p", "7")
    row = room.window.parameters.rows["top_p"]
    assert "between 0 and 1" in row._note.text()
    assert "top_p" not in (room.desk.head.parameters if room.desk.head else {})
    enter(room, "top_p", "0.5")
    await room.until(lambda: room.desk.head and room.desk.head.parameters.get("top_p") == 0.5)
    assert "between" not in row._note.text()
    row._reset_button.click()
    await room.until(lambda: room.desk.head and "top_p" not in room.desk.head.parameters)


async def test_the_first_start_answers_its_own_question_with_a_citation(first_room: Room) -> None:
    room = first_room
    welcome = room.window.transcript.welcome
    await room.until(lambda: welcome.isVisible() and welcome.ask.isEnabled())
    welcome.ask.click()
    await room.ended(1)
    room.window.cite(room.last.id, 1)
    await room.until(lambda: room.window.citations.original.where.text().startswith("line"), "the original")
    assert "citation" in room.window.citations.original.text.toPlainText()


async def test_a_citation_shows_the_boxed_page(first_room: Room, shared: Path) -> None:
    room = first_room
    room.window.composer.attach([enclosed(shared / "corpus" / "federal-register-2020-17221.pdf")])
    await room.ask("How many airplanes of U.S. registry does the proposed AD affect?")
    view = room.window.transcript.view
    view.citation_activated.emit(room.window.transcript.feed.shown_answer(room.last.id).message.key, 1)
    original = room.window.citations.original
    await room.until(lambda: original.where.text() == "page 5 of 15", "page 5")
    boxes = original.pages.sheet.boxes
    assert boxes
    assert all(0 <= box.left < box.right <= 1 and 0 <= box.top < box.bottom <= 1 for box in boxes)
    page = original.pages.sheet.grab().toImage()
    inside = original.pages.sheet.place_of(boxes[-1]).center().toPoint()
    colours = {page.pixelColor(inside.x() + dx, inside.y()).name() for dx in range(-20, 20)}
    assert any(int(colour[5:], 16) < 160 < int(colour[1:3], 16) for colour in colours), "no yellow in the box"
    original.turn_page(1)
    await room.until(lambda: original.where.text() == "page 6 of 15")
    assert original.pages.sheet.boxes == ()


async def test_a_card_names_the_line_of_its_quote_before_it_is_opened(
    first_room: Room, tmp_path: Path
) -> None:
    room = first_room
    lines = [f"Line {at} speaks of the harbour and of its pilots." for at in range(1, 30)]
    lines[20] = "The lighthouse keeper of Sodankyla counts 417 herons every winter."
    note = tmp_path / "harbour.txt"
    note.write_text("\n".join(lines))
    room.window.composer.attach([enclosed(note)])
    await room.ask("How many herons does the lighthouse keeper of Sodankyla count?")
    citations = cite(room.last.answer)
    number = next(mark.number for mark in citations if mark.quote.startswith("The lighthouse keeper"))
    room.window.show_panel("Citations")
    panel = room.window.citations
    await room.until(lambda: number in panel._cards, "the card")
    assert panel._cards[number]._where.text() == "line 21"
    assert "harbour.txt line 21:" in panel._cards[number].accessibleName()
    panel.show_citation(room.last.id, number)
    await room.until(lambda: panel.original.where.text().startswith(("line 21", "lines 21")))
    assert panel._cards[number]._where.text() == "line 21"


def cited(*marks: tuple[str, int]) -> bytes:
    """A stream whose answer cites a file at places of its text."""
    notes = [file_citation(file_id, f"{file_id}.md", index) for file_id, index in marks]
    return sse_bytes(text_stream("One thing. Another thing.", annotations=notes))


def ringed(room: Room) -> tuple[str, int] | None:
    """The message and the number of the citation whose marker has a ring."""
    return room.window.transcript.view.marked


async def test_f8_begins_with_the_first_citation_and_finds_the_newest_answer_that_cites(
    room: Room, gated_server: GatedServer
) -> None:
    gated_server.script(*POST, stream_reply(cited(("a", 10), ("b", 25))))
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("No source.", response_id="resp_2"))))
    first = await room.ask("With sources?")
    panel = room.window.citations
    room.window.show_panel("Citations")
    await room.until(lambda: panel._current == 1)
    room.window.step_citation(1)
    assert panel._current == 1
    assert ringed(room) == (f"answer-{first.id}", 1)
    room.window.step_citation(1)
    assert ringed(room) == (f"answer-{first.id}", 2)
    room.window.step_citation(1)
    assert panel._current == 1
    await room.ask("Without?")
    assert panel._cards == {}
    assert ringed(room) is None
    room.window.step_citation(1)
    assert ringed(room) == (f"answer-{first.id}", 1)
    room.window.step_citation(-1)
    assert ringed(room) == (f"answer-{first.id}", 2)


async def test_the_arrows_over_an_original_go_on_from_it(room: Room, gated_server: GatedServer) -> None:
    gated_server.script(*POST, stream_reply(cited(("a", 10), ("b", 25))))
    first = await room.ask("With sources?")
    panel = room.window.citations
    room.window.show_panel("Citations")
    await room.until(lambda: panel._current == 1, "the first is opened by itself")
    panel.original.steps[1].click()
    assert ringed(room) == (f"answer-{first.id}", 2)


async def test_a_web_page_is_offered_and_a_file_that_was_made_is_said_to_be(
    room: Room, gated_server: GatedServer
) -> None:
    web = {
        "type": "url_citation",
        "url": "https://a.example/x",
        "title": "A page",
        "start_index": 9,
        "end_index": 20,
    }
    made = {
        "type": "container_file_citation",
        "file_id": "cf",
        "filename": "plot.png",
        "start_index": 0,
        "end_index": 0,
    }
    reply = text_stream("It rains. ([a](https:))", " And more.", annotations=[web, made])
    gated_server.script(*POST, stream_reply(sse_bytes(reply)))
    await room.ask("Well?")
    panel = room.window.citations
    room.window.show_panel("Citations")
    await room.until(lambda: panel._current == 1)
    one, two = panel._cards.values()
    assert one.accessibleName() == "Citation 1, A page a.example: It rains."
    assert two.accessibleName().startswith("Citation 2, plot.png made for this answer")
    (offer,) = panel.original.words.findChildren(QPushButton)
    await room.until(offer.isVisible)
    assert (offer.text(), offer.toolTip()) == ("Open the web page", "https://a.example/x")
    two.chosen.emit()
    assert not offer.isVisible()
    assert "made for the answer" in panel.original.words.message.text()
    late, wanted = (as_citation(Passage("", name, "Words.", 0.5, 1)) for name in ("late.txt", "wanted.txt"))
    panel._locate(late, None)
    waiting = panel._seeking._wish
    panel._locate(wanted, None)
    assert waiting is not None
    assert not waiting.is_current()
    await room.until(lambda: "wanted.txt is not" in panel.original.words.message.text(), "the newer one")


async def test_a_wide_original_gives_its_width_back(first_room: Room) -> None:
    room = first_room
    window = room.window
    window.resize(1440, 820)
    window.transcript.welcome.ask.click()
    await room.ended(1)
    window.cite(room.last.id, 1)
    panel = window.citations
    await room.until(lambda: panel.original.tools.enlarge.isVisible(), "the original")
    await room.until(lambda: window.width() == 1440 and panel.width() < 500)
    panel.original.tools.enlarge.click()
    assert panel.width() >= window.width() // 2 - 4
    assert window.transcript.width() >= LEAST_TRANSCRIPT
    panel.original.say("Nothing is shown.")
    await room.until(lambda: panel.width() < 500)
    window.cite(room.last.id, 1)
    await room.until(lambda: panel.original.tools.enlarge.isVisible())
    panel.original.tools.enlarge.click()
    assert panel.width() >= window.width() // 2 - 4
    window.resize(1100, 820)
    window.cite(room.last.id, 1)
    await room.until(lambda: panel.original.tools.enlarge.isVisible() and window.width() == 1100)
    assert window.transcript.width() >= LEAST_TRANSCRIPT
    before, low = window.transcript.width(), panel.original.height()
    panel.original.tools.enlarge.click()
    assert (window.transcript.width(), panel.original.height() > 1.3 * low) == (before, True)
    panel.original.tools.enlarge.click()
    assert panel.original.height() == low


async def test_a_window_begins_with_a_panel_of_the_usual_width(
    qapp: QApplication, profile: Path, gated_server: GatedServer
) -> None:
    await prepared(profile, gated_server)
    memory = QSettings(str(profile / MEMORY), QSettings.Format.IniFormat)
    memory.setValue("right_width", 720)
    memory.sync()
    async with opened(profile) as room:
        await room.until(lambda: room.window.tabs.isVisible())
        assert room.window.columns.right_width == RIGHT_WIDTH


async def test_a_folder_that_does_not_open_says_so(room: Room, tmp_path: Path) -> None:
    show_in_folder(tmp_path / "gone" / "a.pdf", room.window)
    box = room.window.findChild(QMessageBox)
    assert box is not None
    assert box.text() == "The folder could not be opened"
    assert "a.pdf" in box.informativeText()
    box.close()


async def test_libraries_that_stay_behind_are_told_of(first_room: Room) -> None:
    room = first_room
    other = Connection("other", "X", "http://127.0.0.1:9/v1")
    ask = room.session.errands.ask
    await ask(lambda app: app.preferences.put_connection(other))
    room.desk.set_connections(await ask(lambda app: app.preferences.connections()))
    head = room.desk.head
    assert head is not None
    told: list[str] = []
    room.desk.noticed.connect(lambda notice: told.append(notice.text))
    await ask(lambda app: app.conversations.set_server(head.id, "other"))
    await room.until(lambda: room.desk.head and room.desk.head.server == "other" and told)
    assert told == [
        "Libraries of Built-in engine are not on “X”; they are chosen again when you switch back."
    ]
    await ask(lambda app: app.conversations.set_server(head.id, "engine"))
    await room.until(lambda: room.desk.head and room.desk.head.server == "engine")
    assert len(told) == 1
    room.window.turn_actions.server_asked.emit()
    assert room.window.parameters.server.isVisible()


async def test_a_library_shows_its_files_and_why_one_failed(first_room: Room, tmp_path: Path) -> None:
    room = first_room
    room.window.show_panel("Library")
    await room.until(
        lambda: len(room.window.library.files.files.rows) == len(guide_files()), "the user guide"
    )
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4 nothing of it is true")
    room.window.library.add_files([broken])
    key = ("engine", room.window.library._store)
    await room.until(
        lambda: any(file.stage == "failed" for file in room.desk.files.get(key, ())), "a failed file"
    )
    failed = next(file for file in room.desk.files[key] if file.stage == "failed")
    assert failed.filename == "broken.pdf"
    assert failed.reason


@pytest.mark.parametrize("panel", ["Library", "Citations", "Inspector"])
async def test_an_empty_panel_offers_the_first_step(room: Room, panel: str) -> None:
    room.window.show_panel(panel)
    widget = room.window.tabs.panels[panel]
    assert widget.isVisible()
    empty = widget._empty  # type: ignore[attr-defined]
    await room.until(empty.isVisible)
    assert empty.words.text()


async def test_the_inspector_shows_request_and_response_word_for_word(
    room: Room, gated_server: GatedServer
) -> None:
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes.", response_id="resp_seen"))))
    await room.ask("Well?")
    room.window.show_panel("Inspector")
    await room.until(lambda: "resp_seen" in room.window.inspector._about.text())
    copy = room.window.inspector.findChild(QPushButton, "copyRequest")
    assert copy is not None
    copy.click()
    assert '"Well?"' in QGuiApplication.clipboard().text()


async def test_the_inspector_shows_events_nobody_knows_and_what_was_streamed_of_an_answer_that_broke_off(
    room: Room, gated_server: GatedServer
) -> None:
    events = text_stream("Half an", " answer.")[:-4]
    gated_server.script(*POST, stream_reply(sse_bytes([*events, {"type": "acme:tick", "n": 7}])))
    await room.ask("Well?")
    room.window.show_panel("Inspector")
    panel = room.window.inspector
    panel.show_page("Response")
    await room.until(lambda: panel._parts["Unknown events"].isVisible())
    panel._copy("Unknown events")
    assert json.loads(QGuiApplication.clipboard().text()) == [
        {"type": "acme:tick", "count": 1, "first": {"type": "acme:tick", "n": 7}}
    ]
    panel._copy("Response")
    (item,) = json.loads(QGuiApplication.clipboard().text())["output"]
    assert item["received"]["parts"][0]["text"] == "Half an answer."
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream("Yes.", response_id="resp_2"))))
    panel.show_turn((await room.ask("And?")).id)
    assert not panel._parts["Unknown events"].isVisible()


async def test_the_cards_of_an_answer_that_is_written_are_made_a_few_times_only(
    room: Room, gated_server: GatedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = room.window.citations
    room.window.show_panel("Citations")
    made: list[object] = []
    fill = panel._fill

    def counted(found: tuple[Passage, ...], first: int = 1) -> None:
        made.append(found)
        fill(found, first)

    monkeypatch.setattr(panel, "_fill", counted)
    text = " ".join(f"Claim {at} is said." for at in range(80))
    notes = [file_citation(f"f{at}", "a.txt", text.index(f"Claim {at} ") + 8) for at in range(80)]
    gated_server.script(*POST, stream_reply(sse_bytes(text_stream(text, annotations=notes))))
    await room.ask("Well?")
    await room.until(lambda: len(panel._firsts) == 80, "all citations")
    assert len(made) < 20
    assert list(panel._cards) == list(range(1, SHOWN + 1))
    panel.show_citation(room.last.id, 70)
    assert list(panel._cards) == list(range(SHOWN + 1, 81))
    steps = (known for known in panel.findChildren(QPushButton) if known.isEnabled())
    earlier = next(known for known in steps if known.accessibleName() == "Earlier citations")
    earlier.click()
    assert list(panel._cards) == list(range(1, SHOWN + 1))
