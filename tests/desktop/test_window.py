"""The window as a whole: names for assistive technology, the keyboard, narrow widths, looks, problems at the start."""

import asyncio
import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)

from chatapp.conversation.changes import Notice
from chatapp.desktop.actions import ACTIONS
from chatapp.desktop.app import NOT_OPENED, Session
from chatapp.desktop.composer.parameter_chip import ParameterChip
from chatapp.desktop.problem_page import ProblemPage
from chatapp.desktop.theme import DARK, HIGH_CONTRAST, LIGHT, Palette
from chatapp.desktop.transcript.look import CODE_COLOURS
from chatapp.options import Options
from chatapp.protocol.json_types import JsonObject
from tests.desktop.conftest import MODEL, SERVER, Room, opened, prepared
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, error_reply, json_reply, stream_reply

CONTROLS = (QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QLineEdit, QPlainTextEdit)
PROMISED = {
    "conversations": "Conversations",
    "searchConversations": "Search conversations",
    "newConversation": "New conversation",
    "transcript": "Transcript",
    "message": "Message",
    "send": "Send",
    "stop": "Stop",
    "model": "Model",
    "server": "Server",
    "reasoningEffort": "Reasoning effort",
    "verbosity": "Verbosity",
    "temperature": "Temperature",
    "topP": "Top p",
    "maxOutputTokens": "Max output tokens",
    "instructions": "Instructions",
    "vectorStores": "Vector stores",
    "parameters": "Parameters",
    "library": "Library",
    "citations": "Citations",
    "inspector": "Inspector",
    "commandPalette": "Command palette",
}


def controls(window: QWidget) -> Iterator[QWidget]:
    """Every control of ours; Qt's own parts (scroll bars, the views inside combo boxes) are not."""
    for widget in window.findChildren(QWidget):
        inner = isinstance(widget.parent(), QComboBox | QLineEdit) or isinstance(widget, QScrollBar)
        if isinstance(widget, CONTROLS) and not inner and not widget.objectName().startswith("qt_"):
            in_combo = any(isinstance(parent, QComboBox) for parent in ancestors(widget))
            if not in_combo:
                yield widget


def ancestors(widget: QWidget) -> Iterator[QWidget]:
    parent = widget.parentWidget()
    while parent is not None:
        yield parent
        parent = parent.parentWidget()


async def test_every_control_has_a_name(room: Room) -> None:
    nameless = [repr(widget) for widget in controls(room.window) if not widget.accessibleName().strip()]
    assert not nameless


async def test_the_promised_names_are_there(room: Room) -> None:
    for object_name, name in PROMISED.items():
        found = room.window.findChildren(QWidget, object_name)
        assert found, object_name
        assert name in {widget.accessibleName() for widget in found}, object_name


async def test_tab_reaches_the_controls_and_comes_round(room: Room) -> None:
    room.window.show_panel("Parameters")
    room.window.write()
    reached: list[str] = []
    for _ in range(120):
        focused = QApplication.focusWidget()
        assert focused is not None
        if reached and focused.objectName() == reached[0]:
            break
        reached.append(focused.objectName())
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    for name in ("message", "attach", "newConversation", "searchConversations", "conversations", "settings", "server",
                 "temperature", "instructions"):  # fmt: skip
        assert name in reached, (name, reached)


async def test_every_command_is_in_the_palette_and_runs(room: Room) -> None:
    palette = room.window.palette_of_commands
    palette.open()
    assert palette.list.count() == len(ACTIONS) - 1
    QTest.keyClicks(palette.field, "look dark")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert room.session.look.palette is DARK
    room.window.choose_look("light")
    assert room.session.look.palette is LIGHT


async def test_narrow_windows_turn_the_columns_into_drawers(room: Room) -> None:
    window, columns = room.window, room.window.columns
    window.resize(880, 640)
    await room.until(lambda: columns.is_drawer(window.tabs))
    assert not window.tabs.isVisible()
    assert not columns.is_drawer(window.conversations)
    window.show_panel("Citations")
    assert window.tabs.isVisible()
    room.window.escape()
    assert not window.tabs.isVisible()
    window.resize(620, 640)
    await room.until(lambda: columns.is_drawer(window.conversations))
    assert window.bar.left.isVisible()
    window.resize(1280, 800)
    await room.until(lambda: not columns.is_drawer(window.tabs) and window.conversations.isVisible())


@pytest.mark.parametrize("palette", [LIGHT, DARK, HIGH_CONTRAST], ids=lambda palette: palette.name)
def test_contrast(palette: Palette) -> None:
    grounds = (palette.window, palette.surface, palette.sunken, palette.question)
    assert min(contrast(palette.text, ground) for ground in grounds) >= 7
    for colour in (palette.secondary, palette.accent, palette.success, palette.warning, palette.danger):
        assert min(contrast(colour, ground) for ground in grounds[:3]) >= 4.5, colour
    assert contrast(palette.on_accent, palette.accent) >= 4.5
    assert contrast(palette.marker_text, palette.marker) >= 4.5
    assert contrast(palette.text, palette.selection) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_code_is_read_as_well(palette: Palette) -> None:
    for role, colour in CODE_COLOURS[palette.dark].items():
        assert contrast(colour, palette.sunken) >= 4.5, role


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two "#RRGGBB"."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def problem_of(profile: Path, qapp: QApplication) -> str:
    """Opens the window on a profile that cannot be opened; the title it shows."""
    qapp.setQuitOnLastWindowClosed(False)
    session = Session(qapp, Options(profile))
    session.window.show()
    try:
        assert await session.open() == NOT_OPENED
        page = session.window.centralWidget()
        assert isinstance(page, ProblemPage)
        return page.failure.title
    finally:
        session.window.close()
        await session.close()


async def test_a_profile_that_is_open_already(
    room: Room, qapp: QApplication, capsys: pytest.CaptureFixture[str]
) -> None:
    title = await problem_of(room.session._options.profile, qapp)
    assert "open" in title.lower()
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_profile_that_cannot_be_written(qapp: QApplication, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    profile.mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    assert await problem_of(profile, qapp)


async def test_a_profile_that_is_a_file(qapp: QApplication, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    await asyncio.to_thread(profile.write_text, "not a folder")
    assert await problem_of(profile, qapp)


def damage(profile: Path) -> None:
    """Overwrites the database with something else."""
    database = next(path for path in profile.iterdir() if path.suffix in (".db", ".sqlite", ".sqlite3"))
    database.write_bytes(b"this is no database" * 400)


async def test_a_damaged_database(qapp: QApplication, profile: Path) -> None:
    async with opened(profile) as room:
        await room.until(lambda: room.desk.head is not None)
    damage(profile)
    assert await problem_of(profile, qapp)


async def test_sizes_and_the_look_are_remembered(qapp: QApplication, profile: Path) -> None:
    async with opened(profile) as room:
        room.window.choose_look("dark")
        room.window.columns.toggle_right()
        room.window.show_panel("Library")
        room.window.columns.toggle_right()
    async with opened(profile) as room:
        assert room.session.look.palette is DARK
        assert room.window.tabs.current == "Library"
        assert not room.window.tabs.isVisible()
        room.window.choose_look("light")


async def test_a_server_without_libraries_is_no_failure_at_the_start(
    qapp: QApplication, profile: Path, gated_server: GatedServer
) -> None:
    gated_server.always("GET", "/v1/vector_stores*", error_reply(404, "There is no such thing."))
    gated_server.always("GET", "/v1/models", json_reply({"object": "list", "data": [{"id": MODEL}]}))
    await prepared(profile, gated_server)
    async with opened(profile) as room:
        await room.until(lambda: any("vector_stores" in each.path for each in gated_server.requests))
        await room.until(lambda: SERVER in room.desk.states)
        await room.until(lambda: room.desk.states[SERVER].models == (MODEL,), "the models of the last server")
        await room.until(lambda: room.session.errands.idle)
        assert not room.window.notices.isVisible()


async def test_a_notice_of_more_lines_has_room_for_them(room: Room) -> None:
    words = room.window.notices.said.words
    for text in ("One line.", "More words than there is room for on one line. " * 4, "5a" * 64):
        room.desk.noticed.emit(Notice(text))
        await room.until(partial(lambda wanted: room.window.notices.text == wanted, text))
        flags = Qt.TextFlag.TextWordWrap
        assert words.fontMetrics().boundingRect(words.rect(), flags, words.text()).width() <= words.width()
        assert words.height() >= words.heightForWidth(words.width())


async def test_closed_while_it_opens_nothing_goes_on(qapp: QApplication, profile: Path) -> None:
    qapp.setQuitOnLastWindowClosed(False)
    session = Session(qapp, Options(profile))
    session.window.show()
    assert await session.open() == 0
    session.window.close()
    await session.close()
    assert session.errands.idle


@pytest.mark.parametrize("size", [(1280, 820), (640, 560), (480, 420)])
async def test_what_is_set_can_be_read_beside_the_message_at_any_size(
    room: Room, size: tuple[int, int]
) -> None:
    window = room.window
    parameters: JsonObject = {
        "model": MODEL,
        "reasoning.effort": "high",
        "temperature": 0.7,
        "vector_stores": ["vs_" + "a" * 40],
    }
    made = await room.session.errands.ask(lambda app: app.conversations.create(SERVER, parameters))
    window.switching.open(made.id)
    window.resize(*size)
    chips = window.composer.parameters
    await room.until(lambda: len(chips.findChildren(ParameterChip)) == 3)
    await room.until(chips.isVisible)
    store, effort, temperature = sorted(chips.findChildren(ParameterChip), key=lambda chip: chip.x())
    for chip in (effort, temperature):
        assert chip.width() >= chip.sizeHint().width()
    assert temperature.geometry().right() < chips.width()
    assert store.geometry().right() < effort.x()


async def test_a_short_welcome_scrolls_and_leaves_its_picture_out(room: Room) -> None:
    welcome = room.window.transcript.welcome
    room.window.resize(480, 420)
    await room.until(lambda: not welcome._image.isVisible())
    for words in welcome.findChildren(QLabel):
        if words.isVisible():
            assert words.height() >= words.heightForWidth(words.width())
    room.window.resize(1280, 820)
    await room.until(welcome._image.isVisible)


async def test_the_status_line_leaves_out_what_has_no_room(room: Room, gated_server: GatedServer) -> None:
    gated_server.script("POST", "/v1/responses", stream_reply(sse_bytes(text_stream("Yes."))))
    await room.ask("Is there room?")
    status, window = room.window.status, room.window
    parts = (status._chain, status._turn, status._total)
    await room.until(lambda: all(part.isVisible() for part in parts))
    window.resize(480, 420)
    await room.until(lambda: not status._total.isVisible())
    shown = [part for part in (status._server, *parts) if part.isVisible()]
    await room.until(lambda: all(part.width() >= part.sizeHint().width() for part in shown), "nothing cut")
    window.resize(1280, 820)
    await room.until(status._total.isVisible)
