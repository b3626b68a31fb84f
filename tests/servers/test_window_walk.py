"""The window on real servers, by what a user presses.

On ogx a library is made and filled in its panel, asked about, its citation opened in the original, searched otherwise,
its attributes edited, and at last deleted; and a chain of answers is looked at and deleted there. On llama-server a
question is swept, from the message field to the plot.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from chatapp.assembly import open_profile
from chatapp.conversation.citations import cite
from chatapp.desktop.composer.outlook import OutlookLine
from chatapp.desktop.experiments.page import PLOTS
from chatapp.desktop.experiments.setup_dialog import SetupDialog
from chatapp.desktop.panels.attributes_dialog import AttributesDialog
from chatapp.desktop.panels.file_words import is_moving
from chatapp.desktop.panels.library import LibraryPanel
from chatapp.desktop.panels.search_test import SearchTest
from chatapp.desktop.panels.what_if import TITLE
from chatapp.desktop.transcript_model import key_of_answer
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.desktop import conftest as desktop
from tests.desktop.conftest import Room
from tests.desktop.test_library_panel import choose
from tests.desktop.test_what_if import set_number
from tests.documents.files import Sheet, line, pdf
from tests.kit import waiting
from tests.servers.conftest import SERVERS, RealServer
from tests.servers.fleet import Fleet, NotThere
from tests.servers.test_walks import ANSWER_S

OGX, LLAMA = (next(server for server in SERVERS if server.name == name) for name in ("ogx", "llama-server"))
FACT = "Marmalade Station opened in 1937."


@pytest.fixture
async def room(
    real: RealServer, fleet: Fleet, qapp: QApplication, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Room]:
    monkeypatch.setattr(waiting, "WAIT_S", ANSWER_S)
    try:
        address = fleet.base_url(real.program)
    except NotThere as problem:
        pytest.skip(str(problem))
    connection = Connection(real.name, real.name, address, "none", default_model=real.model)
    async with open_profile(profile, Feed()) as app:
        await app.preferences.put_connection(connection)
        await app.conversations.create(real.name, {"model": real.model})
    async with desktop.opened(profile) as room:
        yield room


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files, one of which is damaged."""
    files = tmp_path / "files"
    files.mkdir()
    pdf(files / "marmalade.pdf", [Sheet(line("A cover.", 50, 700)), Sheet(line(FACT, 50, 700))])
    (files / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    return files


async def filled(room: Room, folder: Path) -> LibraryPanel:
    """The panel with a library of its own, in which the files have come to their end."""
    room.window.show_panel("Library")
    panel = room.window.library
    await room.until(lambda: panel._empty.isVisible() or panel._store, "what there is")
    panel.add_files([folder])
    await room.until(
        lambda: len(panel._files()) == 2 and not any(map(is_moving, panel._files())), "both at an end"
    )
    return panel


@pytest.mark.qt_loop
@pytest.mark.parametrize("real", [OGX], ids=["ogx"])
async def test_a_library_from_its_first_file_to_its_end(room: Room, folder: Path) -> None:
    panel = await filled(room, folder)
    stages = {file.filename: file.stage for file in panel._files()}
    assert stages == {"marmalade.pdf": "completed", "broken.pdf": "failed"}
    assert all(file.reason for file in panel._files() if file.stage == "failed")
    assert panel.used.isChecked()

    turn = await room.ask("When did Marmalade Station open?")
    assert FACT in turn.answer.text
    room.window.cite(turn.id, cite(turn.answer)[0].number)
    original = room.window.citations.original
    await room.until(lambda: original.where.text().startswith("page 2"), "the page of the passage")
    assert original.name.text() == "marmalade.pdf"

    what_if = room.window.citations.what_if
    next(one for one in what_if.findChildren(QPushButton) if one.text() == TITLE).click()
    set_number(what_if.form, "score_threshold", "0.99")
    await room.until(lambda: "leave" in what_if.found.words.text(), "what leaves")
    what_if.again.click()
    await room.until(lambda: room.last.id != turn.id and room.last.answer.status.ended, "a branch")
    (tool,) = room.last.request["tools"]
    assert tool["ranking_options"]["score_threshold"] == 0.99

    room.window.show_panel("Library")
    choose(panel, "Search test…")
    search = room.window.findChild(SearchTest)
    assert search is not None
    QTest.keyClicks(search.query, "marmalade")
    QTest.keyClick(search.query, Qt.Key.Key_Return)
    await room.until(lambda: search.one.passages, "passages")
    assert {passage.filename for passage in search.one.passages} == {"marmalade.pdf"}
    search.close()

    choose(panel, "Attributes of its files…")
    table = panel.findChild(AttributesDialog)
    assert table is not None
    table.add.click()
    QApplication.clipboard().setText("kept")
    QTest.keySequence(table.grid, QKeySequence(QKeySequence.StandardKey.Paste))
    table.save.click()
    await room.until(lambda: any(file.attributes.get("attribute 1") == "kept" for file in panel._files()))

    first = panel._store
    panel._create("Another", [folder / "marmalade.pdf"])
    await room.until(
        lambda: panel._store != first and [one.stage for one in panel._files()] == ["completed"], "added"
    )
    (again,) = panel._files()
    assert again.note == "the server had it, not sent again"

    panel._open(first)
    panel._show_stores()
    choose(panel, "Delete")
    await room.until(lambda: panel._store not in ("", first), "the other one is shown")
    choose(panel, "Delete")
    await room.until(lambda: panel._empty.isVisible(), "it is not shown")
    backstage = room.session.backstage
    await backstage.run(lambda app: app.removals.aclose())
    assert await backstage.run(lambda app: app.library.stores(OGX.name)) == []


@pytest.mark.qt_loop
@pytest.mark.parametrize("real", [OGX], ids=["ogx"])
async def test_a_chain_is_looked_at_and_deleted_there(room: Room) -> None:
    ids = [(await room.ask(words)).id for words in ("My name is Ada. history", "And now? history")]
    view, notices = room.window.transcript.view, room.window.notices
    await room.until(lambda: room.window.status._chain.text() == "chain stored", "that ogx keeps its answers")
    room.window.on_last("check_there")
    await room.until(lambda: "ogx still has this answer." in notices.text)
    view.action.emit(key_of_answer(ids[1]), "delete_there")
    await room.until(lambda: "ogx holds 1 answer from here on." in notices.text)
    notices.said.act.click()
    await room.until(lambda: "1 answer was deleted on ogx." in notices.text)
    await room.until(
        lambda: room.window.status._chain.text() == "chain is gone", "what the next question meets"
    )
    turn = await room.ask("What is my name? history")
    assert "does not hold the whole conversation, so the last turn was sent along again" in (turn.note or "")
    assert turn.answer.text.startswith("I see 3 user messages; first was: My name is Ada.")


@pytest.mark.qt_loop
@pytest.mark.parametrize("real", [LLAMA], ids=["llama-server"])
async def test_which_temperature_is_steadiest_is_told_from_the_first_question_on(room: Room) -> None:
    await room.session.errands.ask(
        lambda app: app.conversations.set_parameter(str(room.desk.open_id), "max_output_tokens", 16)
    )
    room.write("Name three colours.")
    line = room.window.findChild(OutlookLine)
    assert line is not None
    await room.until(lambda: line.text() == "34 tokens", "the server's own count")
    room.window.sweeps.vary_here()
    await room.until(lambda: room.window.findChild(SetupDialog), "the dialog")
    dialog = room.window.findChild(SetupDialog)
    assert dialog is not None
    assert "no price for this model" in dialog.said.text()
    dialog.first.line.setText("0, 2")
    dialog.start.click()
    await room.until(lambda: room.window.sweeps.page, "its page")
    page = room.window.sweeps.page
    assert page is not None
    told = "Agreement is highest at temperature 0 (100 %), lowest at 2 (0 %)."
    await room.until(lambda: page.answer.text() == told, "the answer over the grid")
    page.show_view(PLOTS)
    agreement, *others = page.plots()
    means = [spread.mean for spread in agreement.curves[0].spreads if spread is not None]
    assert means == [100, 0]
    assert {plot.title: plot.note for plot in others}["Time"] == "4 at once"
