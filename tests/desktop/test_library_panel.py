"""The Library panel: what is deleted can be brought back, each file offers what helps, many files stay quick."""

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeySequence, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from chatapp.assembly import guide_files
from chatapp.conversation.attributes import Pair
from chatapp.conversation.changes import LibraryFile, NotCopied, QueueHeld, StoreCopied, UploadStage
from chatapp.conversation.chunking import static
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.composer.chips import Chip, described
from chatapp.desktop.panels.attributes_dialog import AttributesDialog
from chatapp.desktop.panels.chunking_dialog import ChunkingDialog
from chatapp.desktop.panels.copying import NO_SERVER
from chatapp.desktop.panels.file_list import VERBS
from chatapp.desktop.panels.file_shelf import FileShelf
from chatapp.desktop.panels.file_words import spoken, stage_words
from chatapp.desktop.panels.library import NO_LIBRARIES, LibraryPanel
from chatapp.desktop.panels.pieces_dialog import PiecesDialog
from chatapp.desktop.panels.queue_bar import QueueBar
from chatapp.desktop.panels.store_dialog import StoreDialog
from chatapp.services.ports import Connection
from tests.desktop.conftest import SERVER, Room
from tests.engine.process import engine_on
from tests.kit.gated_server import GatedServer, error_reply

NONE = Qt.KeyboardModifier.NoModifier
GUIDE = len(guide_files())


def rows(panel: LibraryPanel) -> list[str]:
    return [file.filename for file in panel.files.files.rows]


def choose(panel: LibraryPanel, words: str) -> None:
    """A row of the library's menu."""
    next(action for action in panel.menu.actions() if action.text() == words).trigger()


async def shown(first_room: Room) -> LibraryPanel:
    """The panel with the files of the user guide."""
    first_room.window.show_panel("Library")
    panel = first_room.window.library
    await first_room.until(lambda: len(rows(panel)) == GUIDE, "the user guide")
    return panel


async def test_a_deleted_library_is_brought_back_by_the_notice(first_room: Room) -> None:
    room, panel = first_room, await shown(first_room)
    store = panel._store
    choose(panel, "Delete")
    await room.until(lambda: not room.desk.stores["engine"], "it is not shown any more")
    await room.until(lambda: "User guide" in room.window.notices.text, "the notice")
    assert room.desk.head is not None
    assert Chip("vector_stores", "User guide (deleted)") in described(room.desk.head, room.desk)
    room.window.notices.take_back()
    await room.until(lambda: [s["id"] for s in room.desk.stores["engine"]] == [store], "it is there again")
    await room.until(lambda: len(rows(panel)) == GUIDE)


async def test_a_library_is_made_and_renamed_by_the_keyboard(first_room: Room) -> None:
    room, panel = first_room, await shown(first_room)
    panel.shelf.words.setText("citations")
    QTest.mouseClick(panel.new, Qt.MouseButton.LeftButton)
    QTest.keyClicks(panel.name, "Pumps")
    QTest.keyClick(panel.name, Qt.Key.Key_Return)
    await room.until(lambda: panel.stores.currentText() == "Pumps", "it is made and chosen")
    assert panel.stores.isVisible(), "no button was pressed along"
    assert panel.stores.hasFocus()
    assert panel.shelf.words.text() == "", "what was sought elsewhere is not sought here"
    choose(panel, "Rename…")
    QTest.keyClicks(panel.name, "Valves")
    QTest.keyClick(panel.name, Qt.Key.Key_Escape)
    assert panel.stores.hasFocus()
    choose(panel, "Rename…")
    QTest.keyClicks(panel.name, "Gauges")
    QTest.keyClick(panel.name, Qt.Key.Key_Return)
    await room.until(lambda: panel.stores.currentText() == "Gauges", "it is called otherwise")


async def test_files_that_are_dropped_where_no_library_is_get_one(first_room: Room) -> None:
    room, panel = first_room, await shown(first_room)
    choose(panel, "Delete")
    await room.until(lambda: not room.desk.stores["engine"], "there is none")
    for path in guide_files()[:2]:
        panel.add_files([path])
    names = sorted(path.name for path in guide_files()[:2])
    await room.until(lambda: sorted(rows(panel)) == names, "both files are in a library")
    assert panel.stores.count() == 1
    await room.until(panel.used.isChecked, "it is used here")
    assert room.desk.head is not None
    assert panel._store in room.desk.head.parameters["vector_stores"]


async def test_a_file_is_taken_out_by_the_keyboard_and_brought_back(first_room: Room) -> None:
    room, panel = first_room, await shown(first_room)
    panel.files.setFocus()
    QTest.keyClick(panel.files, Qt.Key.Key_Home)
    first = rows(panel)[0]
    QTest.keyClick(panel.files, Qt.Key.Key_Delete)
    await room.until(lambda: first not in rows(panel), "it is not shown")
    await room.until(lambda: "taken out" in room.window.notices.text, "the notice")
    room.window.notices.take_back()
    await room.until(lambda: len(rows(panel)) == GUIDE)


def file(key: str, stage: UploadStage, **more: Any) -> LibraryFile:
    return LibraryFile("engine", "vs_1", key, f"{key}.txt", 9, stage, **more)


def test_each_file_offers_what_helps() -> None:
    """What the server refused is removed; what was lost on the way is tried again."""
    refused = file("a", "failed", reason="A picture.", file_id="file_1", final=True)
    lost = file("b", "failed", reason="The server cannot be reached.")
    for one, verbs in (
        (refused, {"remove"}),
        (lost, {"retry", "forget"}),
        (replace(refused, final=False), {"retry", "remove"}),
        (file("c", "indexing", file_id="file_2"), {"cancel"}),
        (file("d", "completed", file_id="file_3"), {"attributes", "pieces", "remove"}),
    ):
        assert {verb for verb, (_, suits) in VERBS.items() if suits(one)} == verbs, one
    assert spoken(lost) == "b.txt, failed: The server cannot be reached."
    assert stage_words(file("e", "completed", note="already there")) == "9 bytes, already there"


def test_the_queue_is_counted_from_its_first_file_to_its_last(qapp: QApplication) -> None:
    bar = QueueBar()
    there = file("old", "completed", file_id="file_1")
    bar.follow([there, file("a", "waiting"), file("b", "waiting")], paused=False)
    assert bar.words.text() == "Adding files: 0 of 2 are there."
    bar.follow([there, file("a", "completed"), file("b", "uploading", progress=0.5)], paused=True)
    assert bar.words.text() == "Paused: 1 of 2 are there."
    assert bar.pause.text() == "Resume"
    held = QueueHeld("engine", "The server cannot be reached", 0.0)
    bar.follow([there, file("a", "completed"), file("b", "waiting")], paused=False, held=held)
    assert bar.words.text().startswith("The server cannot be reached. It is tried again at ")
    assert (bar.try_now.isHidden(), bar.property("severity")) == (False, "warning")
    bar.follow([there, file("a", "completed"), file("b", "failed", reason="No.")], paused=False)
    assert bar.try_now.isHidden()
    assert bar.words.text() == "1 file could not be added."
    assert (bar.pause.isHidden(), bar.retry.isHidden()) == (True, False)
    bar.follow([there, file("a", "completed")], paused=False)
    assert bar.isHidden()
    bar.deleteLater()


def test_a_thousand_files_are_narrowed_and_stay_chosen(qapp: QApplication) -> None:
    shelf = FileShelf(Appearance(qapp))
    files = [file(f"{number:04}", "waiting") for number in range(1000)]
    shelf.show_files(files)
    shelf.list.setCurrentIndex(shelf.list.files.index(500))
    files[500] = replace(files[500], stage="failed", reason="It is damaged.")
    shelf.show_files(files)
    assert [one.key for one in shelf.list.chosen()] == ["0500"]
    assert shelf.reason.text() == "It is damaged."
    shelf.kind.setCurrentText("Failed")
    shelf._narrow()
    assert [one.key for one in shelf.list.files.rows] == ["0500"]
    assert [one.key for one in shelf.list.chosen()] == ["0500"]
    shelf.kind.setCurrentIndex(0)
    shelf.words.setText("099")
    assert len(shelf.list.files.rows) == 11
    shelf.deleteLater()


def test_a_double_click_and_a_drag_act_on_one_file_at_most(qapp: QApplication) -> None:
    shelf = FileShelf(Appearance(qapp))
    shelf.resize(340, 300)
    files = [file(name, "completed", file_id=name) for name in "abc"]
    told: list[tuple[str, list[str]]] = []

    def act(verb: str, acted: list[LibraryFile]) -> None:
        told.append((verb, [one.key for one in acted]))
        shelf.show_files([one for one in files if one not in acted])

    shelf.list.acted.connect(act)
    shelf.show_files(files)
    shelf.grab()
    view, left = shelf.list.viewport(), Qt.MouseButton.LeftButton
    one, other = (
        shelf.list._painter.hit(shelf.list.visualRect(shelf.list.files.index(at))).center() for at in (0, 1)
    )
    QTest.mousePress(view, left, pos=one)
    QTest.mouseRelease(view, left, pos=other)
    assert told == []
    QTest.mouseClick(view, left, pos=one)
    assert told == [("remove", ["a"])]
    twice = QMouseEvent(QEvent.Type.MouseButtonDblClick, one, view.mapToGlobal(one), left, left, NONE)
    QApplication.sendEvent(view, twice)
    QTest.mouseRelease(view, left, pos=one)
    assert told == [("remove", ["a"])]
    shelf.deleteLater()


async def test_settings_attributes_and_cutting_reach_the_server(first_room: Room, tmp_path: Path) -> None:
    room, panel = first_room, await shown(first_room)
    choose(panel, "Settings…")
    settings = dialog(room, StoreDialog)
    settings.expires.setChecked(True)
    settings.days.setValue(7)
    settings.rows.show_pairs([Pair("owner", "Text", "me")])
    settings.save.click()
    await room.until(lambda: panel._chosen().get("metadata") == {"owner": "me"})
    assert "Expires on " in panel._about.text()
    assert "7 days after its last use" in panel._about.text()
    panel._act("attributes", panel.files.files.rows[:2])
    attributes = dialog(room, AttributesDialog)
    grid = attributes.grid
    assert grid.attributes.rowCount() == 2
    attributes.add.click()
    QTest.keyClicks(attributes.name, "year")
    attributes.kind.setCurrentText("Number")
    attributes.kind.activated.emit(1)
    QApplication.clipboard().setText("2026\n20x")
    grid.setFocus()
    QTest.keySequence(grid, QKeySequence(QKeySequence.StandardKey.Paste))
    second = panel.files.files.rows[1].filename
    assert attributes.problem.text() == f"“{second}”, year: this is not a number."
    assert not attributes.save.isEnabled()
    QTest.keySequence(grid, QKeySequence(QKeySequence.StandardKey.Undo))
    assert attributes.problem.text() == ""
    attributes.redo.click()
    attributes.where.click()
    QTest.keyClick(grid, Qt.Key.Key_Delete)
    attributes.save.click()
    await room.until(lambda: [f.attributes for f in panel._files()[:3]] == [{"year": 2026}, {}, {}])
    await room.until(lambda: "Attributes of 1 file were changed" in room.window.notices.text)
    room.window.notices.take_back()
    await room.until(lambda: not any(f.attributes for f in panel._files()), "as they were")
    choose(panel, "How files are cut…")
    await room.until(lambda: any(isinstance(top, ChunkingDialog) for top in QApplication.topLevelWidgets()))
    cutting = dialog(room, ChunkingDialog)
    await room.until(lambda: "estimate" in cutting._told.text())
    cutting.static.click()
    cutting.most.setValue(200)
    cutting.overlap.setValue(150)
    assert cutting.problem.text() == "The overlap may be at most half of a passage: 100 tokens."
    cutting.overlap.setValue(0)
    assert cutting.preview.toPlainText().startswith("— Passage 1, about ")
    broken, good = tmp_path / "broken.pdf", tmp_path / "good.txt"
    broken.write_bytes(b"%PDF-1.4 nothing of it is true")
    good.write_text("A file that is in no library.")
    cutting.preview_file(str(broken))
    await room.until(lambda: "damaged" in cutting._told.text(), "why it cannot be read")
    cutting.preview_file(str(good))
    await room.until(lambda: "in no library" in cutting.preview.toPlainText())
    cutting.save.click()
    store, errands = panel._store, room.session.errands
    await room.until(lambda: errands.idle)
    assert await errands.ask(lambda app: app.library.chunking("engine", store)) == static(200, 0)
    panel._act("pieces", panel.files.files.rows[:1])
    pieces = dialog(room, PiecesDialog)
    await room.until(lambda: pieces.text.toPlainText().startswith("— 1 —"))
    pieces.accept()


D = TypeVar("D", bound=QWidget)


def dialog(room: Room, kind: type[D]) -> D:
    return next(top for top in room.window.library.findChildren(kind) if top.isVisible())


async def test_a_library_is_copied_to_the_server_that_is_chosen(first_room: Room, tmp_path: Path) -> None:
    room, panel = first_room, await shown(first_room)
    bar = panel.copying
    choose(panel, "Copy to another server…")
    assert bar.words.text() == NO_SERVER
    assert bar.go.isHidden()
    QTest.keyClick(bar.close_button, Qt.Key.Key_Escape)
    assert bar.isHidden()
    with engine_on(tmp_path / "second") as second:
        connection = Connection("second", "Second", second.base_url, "session")
        await room.session.backstage.run(lambda app: app.preferences.put_connection(connection, second.token))
        room.desk.set_connections([*room.desk.connections, connection])
        choose(panel, "Copy to another server…")
        assert bar.words.text().startswith(f"Copy “User guide” and its {GUIDE} files to another server?")
        assert QApplication.focusWidget() is bar.servers
        bar.go.click()
        await room.until(
            lambda: bar.words.text() == f"All of it was copied to Second: {GUIDE} files.", "copied"
        )
        (store,) = second.call("GET", "/vector_stores")["data"]
        assert (store["name"], store["file_counts"]["completed"]) == ("User guide", GUIDE)
        bar.close_button.click()
        assert bar.isHidden()
        assert QApplication.focusWidget() is panel.more


async def test_what_was_not_copied_is_listed_and_tried_again(first_room: Room) -> None:
    room, panel = first_room, await shown(first_room)
    bar = panel.copying
    started: list[str] = []
    missing = NotCopied("scan.pdf", "It is damaged.")
    copied = StoreCopied("engine", panel._store, "User guide", "far", True, 2, 6)
    room.desk.apply([copied])
    choose(panel, "Copy to another server…")
    assert bar.words.text() == "Copying to far: 2 of 6 files", "no question in the middle of a copy"
    assert QApplication.focusWidget() is bar.halt
    room.desk.apply([replace(copied, copying=False, reason="You stopped it.")])
    assert bar.words.text() == "The copy on far is not complete: 2 of 6 files are there. You stopped it."
    assert bar.go.text() == "Continue"
    room.desk.apply([replace(copied, copying=False, copied=5, missing=(missing,))])
    assert bar.missing.text() == "scan.pdf: It is damaged."
    bar.started.disconnect()
    bar.started.connect(started.append)
    bar.go.click()
    assert started == ["far"]


async def test_libraries_of_another_server_are_shown_and_not_used_here(
    first_room: Room, tmp_path: Path
) -> None:
    room, panel = first_room, await shown(first_room)
    assert not panel.servers.isVisible()
    with engine_on(tmp_path / "second") as second:
        store = second.call("POST", "/vector_stores", json={"name": "Far away"})["id"]
        connection = Connection("second", "Second", second.base_url, "session")
        await room.session.backstage.run(lambda app: app.preferences.put_connection(connection, second.token))
        room.desk.set_connections([*room.desk.connections, connection])
        assert panel.servers.isVisible()
        panel._switch("second")
        await room.until(lambda: panel._store == store, "the other server's library")
        assert panel.stores.currentText() == "Far away"
        assert panel.used.isHidden()
        panel._switch("engine")
        await room.until(lambda: len(rows(panel)) == GUIDE)
        assert panel.used.isVisible()


async def test_a_server_without_libraries_is_called_so(room: Room, gated_server: GatedServer) -> None:
    gated_server.always("GET", "/v1/vector_stores", error_reply(404, "Not Found"))
    room.window.show_panel("Library")
    panel = room.window.library
    panel._switch(SERVER)
    await room.until(lambda: panel._empty.action.isHidden(), "there is nothing to make here")
    assert panel._empty.words.text() == NO_LIBRARIES
