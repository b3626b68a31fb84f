"""An answer taken out of the window with its sources: by the message's menu, the panel's button and the palette."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu

from chatapp.conversation.changes import Notice
from chatapp.desktop.source_actions import COPIED, NO_SOURCES
from chatapp.desktop.transcript.menu import open_menu
from chatapp.desktop.transcript.messages import SOURCE_ACTIONS
from chatapp.services.enclosures import enclosed
from tests.desktop.conftest import Room
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, stream_reply

pytestmark = pytest.mark.qt_loop

FACT = "The lighthouse keeper of Sodankyla counts 417 herons every winter."


@pytest.fixture
async def cited_room(first_room: Room, tmp_path: Path) -> Room:
    """A window with an answer that cites the third line of a file."""
    (tmp_path / "harbour.md").write_text(f"# Harbour\n\n{FACT}\n")
    first_room.window.composer.attach([enclosed(tmp_path / "harbour.md")])
    await first_room.ask("How many herons does the lighthouse keeper of Sodankyla count?")
    return first_room


@pytest.fixture
def told(cited_room: Room) -> list[str]:
    """What the window says from now on."""
    heard: list[str] = []

    def hear(notice: Notice) -> None:
        heard.append(notice.text)

    cited_room.desk.noticed.connect(hear)
    return heard


def sources_menu(room: Room) -> QMenu:
    view = room.window.transcript.view
    view.flush()
    open_menu(view, QPoint(), (view.column.entries[-1], 0))
    menu = view.findChildren(QMenu, "sourcesMenu")[-1]
    assert isinstance(menu, QMenu)
    return menu


def said(told: list[str], words: str) -> bool:
    return told[-1:] == [words]


def labels(menu: QMenu) -> Iterator[tuple[str, QAction]]:
    return ((action.text(), action) for action in menu.actions())


async def test_an_answer_is_copied_with_footnotes(cited_room: Room, told: list[str]) -> None:
    room = cited_room
    menu = sources_menu(room)
    entries = dict(labels(menu))
    assert list(entries) == list(SOURCE_ACTIONS.values())
    entries["Copy with footnotes as Markdown"].trigger()
    await room.until(lambda: told == [COPIED], "the copy")
    clipboard = QGuiApplication.clipboard()
    assert clipboard.text().endswith(f"[^1]: harbour.md, line 3: “{FACT}”\n")
    assert not clipboard.mimeData().hasHtml()
    room.window.on_last("footnotes_html")
    await room.until(lambda: told == [COPIED, COPIED], "the second copy")
    assert "harbour.md, line 3" in clipboard.mimeData().html()


async def test_the_panel_saves_what_an_answer_cites(
    cited_room: Room, told: list[str], tmp_path: Path
) -> None:
    room = cited_room
    room.window.show_panel("Citations")
    await room.until(lambda: room.window.citations.findChild(QMenu, "citationMenu"), "the button")
    menu = room.window.citations.findChild(QMenu, "citationMenu")
    assert isinstance(menu, QMenu)
    for label, name in (("Save citations as CSL-JSON", "a.json"), ("Save with its pages as HTML", "a.html")):
        dict(labels(menu))[label].trigger()
        dialog = room.window.findChild(QFileDialog)
        assert isinstance(dialog, QFileDialog)
        dialog.fileSelected.emit(str(tmp_path / name))
        dialog.reject()
        await room.until(partial(said, told, f"Saved as {name}."), name)
        await room.until(lambda: room.window.findChild(QFileDialog) is None, "the end of the dialog")
    (item,) = json.loads((tmp_path / "a.json").read_text())
    assert (item["title"], item["note"], item["annote"]) == ("harbour.md", "line 3", FACT)
    assert f"<mark>{FACT}</mark>" in (tmp_path / "a.html").read_text()


async def test_a_place_that_cannot_be_written_is_told(cited_room: Room, tmp_path: Path) -> None:
    room = cited_room
    room.window.on_last("save_bibtex")
    dialog = room.window.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "nowhere" / "a.bib"))
    dialog.reject()
    await room.until(lambda: "The file was not saved" in room.window.notices.text, "the failure")


async def test_without_sources_there_is_nothing_to_save(room: Room, gated_server: GatedServer) -> None:
    gated_server.always("POST", "/v1/responses", stream_reply(sse_bytes(text_stream("Hello."))))
    await room.ask("Hello?")
    assert not sources_menu(room).menuAction().isEnabled()
    room.window.on_last("save_csl")
    await room.until(lambda: NO_SOURCES in room.window.notices.text, "the notice")
    assert room.window.findChild(QFileDialog) is None
