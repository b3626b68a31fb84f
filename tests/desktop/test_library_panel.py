"""The Library panel: nothing is deleted before it is asked, and what the server refused can be taken out."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chatapp.conversation.changes import LibraryFile, NotCopied, StoreCopied
from chatapp.desktop.panels.copying import NO_SERVER
from chatapp.desktop.panels.file_row import FileRow
from chatapp.services.ports import Connection
from tests.desktop.conftest import Room
from tests.engine.process import engine_on


async def test_a_library_is_deleted_only_after_it_is_asked(first_room: Room) -> None:
    room = first_room
    room.window.show_panel("Library")
    panel = room.window.library
    await room.until(lambda: len(panel._rows) == 6, "the user guide")
    store = panel._store
    panel._delete_button.click()
    assert panel.deletion.isVisible()
    assert panel.deletion.question.text() == "Delete “User guide” and its 6 files from the index?"
    assert QApplication.focusWidget() is panel.deletion.keep
    QTest.keyClick(panel.deletion.keep, Qt.Key.Key_Escape)
    assert not panel.deletion.isVisible()
    assert room.desk.head is not None
    panel.used.setChecked(True)
    panel._use(True)
    await room.until(lambda: room.desk.head and room.desk.head.parameters.get("vector_stores") == [store])
    panel._delete_button.click()
    panel.deletion.confirm.click()
    await room.until(lambda: not any(s["id"] == store for s in room.desk.stores["engine"]), "deleted")
    await room.until(lambda: room.desk.head and "vector_stores" not in room.desk.head.parameters)


async def test_what_the_server_refused_is_removed_and_what_was_lost_is_retried(first_room: Room) -> None:
    icons = first_room.window._icons
    refused = LibraryFile(
        "engine", "vs_1", "k", "cat.png", 9, "failed", reason="A picture.", file_id="file_1"
    )
    lost = LibraryFile("engine", "vs_1", "l", "a.txt", 9, "failed", reason="The server cannot be reached.")
    for file, retry, remove in ((refused, False, True), (lost, True, False)):
        row = FileRow(file, lambda _verb, _file: None, icons)
        assert (not row._retry.isHidden(), not row._remove.isHidden()) == (retry, remove)
        row.deleteLater()


async def test_a_library_is_copied_to_the_server_that_is_chosen(first_room: Room, tmp_path: Path) -> None:
    room = first_room
    room.window.show_panel("Library")
    panel = room.window.library
    bar = panel.copying
    await room.until(lambda: len(panel._rows) == 6, "the user guide")
    panel._copy_button.click()
    assert bar.words.text() == NO_SERVER
    assert bar.go.isHidden()
    QTest.keyClick(bar.close_button, Qt.Key.Key_Escape)
    assert bar.isHidden()
    with engine_on(tmp_path / "second") as second:
        connection = Connection("second", "Second", second.base_url, "session")
        await room.session.backstage.run(lambda app: app.preferences.put_connection(connection, second.token))
        room.desk.set_connections([*room.desk.connections, connection])
        panel._copy_button.click()
        assert bar.words.text().startswith("Copy “User guide” and its 6 files to another server?")
        assert QApplication.focusWidget() is bar.servers
        bar.go.click()
        await room.until(lambda: bar.words.text() == "All of it was copied to Second: 6 files.", "copied")
        (store,) = second.call("GET", "/vector_stores")["data"]
        assert (store["name"], store["file_counts"]["completed"]) == ("User guide", 6)
        bar.close_button.click()
        assert bar.isHidden()
        assert QApplication.focusWidget() is panel._copy_button


async def test_what_was_not_copied_is_listed_and_tried_again(first_room: Room) -> None:
    room = first_room
    room.window.show_panel("Library")
    panel = room.window.library
    bar = panel.copying
    started: list[str] = []
    await room.until(lambda: len(panel._rows) == 6, "the user guide")
    missing = NotCopied("scan.pdf", "It is damaged.")
    copied = StoreCopied("engine", panel._store, "User guide", "far", True, 2, 6)
    room.desk.apply([copied])
    panel._copy_button.click()
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
