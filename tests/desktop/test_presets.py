"""Presets in the window: saved under a name, compared with now, applied and taken back, shared as files."""

import gc
import json
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton

from chatapp.desktop.presets.dialog import NONE, PresetsDialog
from chatapp.desktop.presets.files import PresetFiles
from chatapp.desktop.presets.naming import NameDialog
from tests.desktop.conftest import MODEL, SERVER, Room

LONG = "A preset with a name that is as long as it may be, which is eighty characters in"


async def put(room: Room, name: str, value: Any) -> None:
    conversation = room.desk.open_id
    assert conversation is not None
    await room.window._errands.ask(lambda app: app.conversations.set_parameter(conversation, name, value))
    await room.until(lambda: parameters(room).get(name) == value)


def parameters(room: Room) -> dict[str, Any]:
    assert room.desk.head is not None
    return room.desk.head.parameters


async def save(room: Room, name: str) -> None:
    """From the command palette, by keyboard."""
    room.window.palette_of_commands.open()
    QTest.keyClicks(room.window.palette_of_commands.field, "as a preset")
    QTest.keyClick(room.window.palette_of_commands.field, Qt.Key.Key_Return)
    (dialog,) = room.window.findChildren(NameDialog)
    assert not dialog.save.isEnabled()
    QTest.keyClicks(dialog.field, name)
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    await room.until(lambda: name in [preset.name for preset in room.desk.presets], "a saved preset")
    await room.until(lambda: not room.window.findChildren(NameDialog))


def opened(room: Room) -> PresetsDialog:
    room.window.presets.manage()
    dialog = room.window.findChild(PresetsDialog)
    assert isinstance(dialog, PresetsDialog)
    return dialog


def cells(dialog: PresetsDialog) -> list[list[str]]:
    table = dialog.table
    items = [[table.item(at, column) for column in range(3)] for at in range(table.rowCount())]
    return [[item.text() if item is not None else "" for item in line] for line in items]


async def test_a_preset_is_saved_compared_applied_and_taken_back(room: Room) -> None:
    await put(room, "temperature", 0.2)
    await put(room, "instructions", "Be brief.\nSay where.")
    await save(room, "Brief")
    dialog = opened(room)
    words = "Be brief. Say where."
    same = [["Model", MODEL, MODEL], ["Temperature", "0.2", "0.2"], ["Instructions", words, words]]
    assert (cells(dialog), dialog.apply.isEnabled()) == (same, False)
    await put(room, "temperature", 1.5)
    await put(room, "instructions", None)
    await put(room, "user", "me")
    assert cells(dialog) == [
        ["Temperature", "0.2", "1.5"],
        ["Instructions", "Be brief. Say where.", "not sent"],
        ["User", "not sent", "me"],
        ["Model", MODEL, MODEL],
    ]
    assert dialog._about.text() == "Applying it changes 3 parameters."
    QTest.keyClick(dialog.list, Qt.Key.Key_Return)
    await room.until(lambda: cells(dialog) == same)
    assert parameters(room) == {"model": MODEL, "temperature": 0.2, "instructions": "Be brief.\nSay where."}
    menu = room.window.presets.menu(room.window)
    assert [(entry.text(), entry.isChecked()) for entry in menu.actions()[3:]] == [("Brief", True)]
    await room.until(lambda: "The parameters are those of “Brief” now." in room.window.notices.text)
    room.window.notices.take_back()
    await room.until(lambda: parameters(room).get("user") == "me")
    dialog.close()


async def test_the_command_palette_applies_presets_by_name(room: Room) -> None:
    await put(room, "temperature", 0.2)
    await save(room, "Brief & strict")
    await put(room, "temperature", 1)
    palette = room.window.palette_of_commands
    palette.open()
    QTest.keyClicks(palette.field, "apply brief")
    assert [palette.list.item(at).text() for at in range(palette.list.count())] == [
        "Apply the preset “Brief & strict”"
    ]
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    await room.until(lambda: parameters(room)["temperature"] == 0.2)


async def test_renaming_overwriting_and_deleting_can_be_done_and_undone(room: Room) -> None:
    await put(room, "temperature", 0.2)
    await save(room, "One")
    await save(room, "Two")
    dialog = opened(room)
    await room.until(dialog.list.hasFocus)
    dialog.list.setCurrentRow(0)
    QTest.keyClick(dialog.list, Qt.Key.Key_F2)
    (naming,) = dialog.findChildren(NameDialog)
    naming.field.setText("two")
    assert naming.problem.text() == "There is a preset “two” already."
    assert not naming.save.isEnabled()
    naming.field.setText("Zero")
    naming.save.click()
    await room.until(lambda: [preset.name for preset in room.desk.presets] == ["Two", "Zero"])
    assert dialog.current is not None
    assert dialog.current.name == "Zero", "what was chosen stays chosen"
    await put(room, "temperature", 1)
    dialog.replace.click()
    await room.until(lambda: room.desk.presets[1].parameters["temperature"] == 1)
    await room.until(lambda: "The preset “Zero” now says what is set here." in room.window.notices.text)
    room.window.notices.take_back()
    await room.until(lambda: room.desk.presets[1].parameters["temperature"] == 0.2)
    opened(room)
    await room.until(dialog.list.hasFocus)
    QTest.keyClick(dialog.list, Qt.Key.Key_Delete)
    await room.until(lambda: [preset.name for preset in room.desk.presets] == ["Two"])
    await room.until(lambda: "The preset “Zero” was deleted." in room.window.notices.text)
    room.window.notices.take_back()
    await room.until(lambda: len(room.desk.presets) == 2)
    for _ in range(2):
        left = room.desk.presets[1:]
        dialog.list.setCurrentRow(0)
        dialog.delete.click()
        await room.until(partial(lambda left: room.desk.presets == left, left))
    assert dialog._about.text() == NONE
    dialog.close()


async def test_a_file_is_written_read_and_refused_by_its_field(room: Room, tmp_path: Path) -> None:
    await put(room, "temperature", 0.2)
    await save(room, "Brief")
    dialog = opened(room)
    files = PresetFiles(dialog, room.desk, room.window._errands, dialog.say)
    path = tmp_path / "brief.json"
    files.write(room.desk.presets[0], path)
    await room.until(path.exists)
    assert json.loads(path.read_text())["parameters"] == {"model": MODEL, "temperature": 0.2}
    files.read([str(path)])
    await room.until(lambda: [preset.name for preset in room.desk.presets] == ["Brief", "Brief (2)"])
    assert dialog.current is not None
    assert dialog.current.name == "Brief (2)", "the new one is chosen"
    path.write_text(path.read_text().replace("0.2", "9"))
    for content, reason in (
        (path.read_bytes(), "temperature must be between 0 and 2"),
        (b"\xff\xfe", "it is not text in UTF-8"),
    ):
        path.write_bytes(content)
        files.read([str(path)])
        await room.until(partial(lambda words: words in dialog.problem.text(), reason))
    files.read([str(tmp_path / "gone.json")])
    await room.until(lambda: "No such file" in dialog.problem.text())
    files.write(room.desk.presets[0], tmp_path / "no" / "folder.json")
    await room.until(lambda: "was not saved" in dialog.problem.text())
    dialog.close()


async def test_the_buttons_ask_for_the_file(room: Room, tmp_path: Path) -> None:
    await put(room, "temperature", 0.2)
    await save(room, "Brief")
    dialog = opened(room)
    gc.collect()
    path = tmp_path / "brief.json"
    for press, done in (
        (dialog.share, path.exists),
        (dialog.bring_in, lambda: len(room.desk.presets) == 2),
    ):
        press.click()
        (asked,) = dialog.findChildren(QFileDialog)
        if asked.acceptMode() is QFileDialog.AcceptMode.AcceptSave:
            asked.fileSelected.emit(str(path))
        else:
            asked.filesSelected.emit([str(path)])
        asked.reject()
        await room.until(done)
        await room.until(lambda: not dialog.findChildren(QFileDialog))
    dialog.close()


def fits(dialog: PresetsDialog, width: int) -> bool:
    """Whether the dialog is that wide, and every button is whole and inside."""
    shown = [one for one in dialog.findChildren(QPushButton) if one.isVisible()]
    edges = [one.mapTo(dialog, one.rect().topRight()).x() for one in shown]
    whole = all(one.width() >= one.minimumSizeHint().width() for one in shown)
    return dialog.width() == width and whole and max(edges) < width


async def test_everything_has_a_name_and_fits_where_it_is_narrow(room: Room) -> None:
    await put(room, "temperature", 0.2)
    await save(room, LONG)
    dialog = opened(room)
    for width in (760, 460):
        dialog.resize(width, 420)
        await room.until(partial(fits, dialog, width))
    assert all(one.accessibleName() and one.objectName() for one in dialog.findChildren(QPushButton))
    assert dialog._title.toolTip() == LONG
    dialog.close()
    room.window.show_panel("Parameters")
    assert room.window.parameters.presets.accessibleName() == "Presets"
    assert room.desk.head is not None
    assert room.desk.head.server == SERVER
