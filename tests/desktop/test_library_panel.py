"""The Library panel: nothing is deleted before it is asked, and what the server refused can be taken out."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chatapp.conversation.changes import LibraryFile
from chatapp.desktop.panels.file_row import FileRow
from tests.desktop.conftest import Room


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
