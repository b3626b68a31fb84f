"""Answers that mean harm: nothing is fetched, nothing is lost, and the work stays with what is in view."""

import socket

import pytest
from pytestqt.qtbot import QtBot

from chatapp.desktop.transcript.messages import Answer, TextItem
from tests.desktop.transcript.conftest import Show

HOSTILE = {
    "brackets": "[" * 8000,
    "quotes": "> " * 3000 + "deep",
    "line": "x" * 1_000_000,
    "words": "word " * 200_000,
    "columns": "| " * 200 + "|\n" + "|-" * 200 + "|\n" + ("| x " * 200 + "|\n") * 10,
    "rows": "| a | b |\n|---|---|\n" + "| one | two |\n" * 1500,
    "code": "```python\n" + "x = 1\n" * 20_000,
    "fence": "```\n" + "line\n" * 10_000,
    "items": "- item\n" * 1500,
    "code line": "```\n" + "x" * 500_000 + "\n```\n",
}


def letters(text: str) -> int:
    return sum(character.isalnum() for character in text)


@pytest.mark.parametrize("name", list(HOSTILE))
def test_only_what_is_in_view_is_laid_out(show: Show, name: str) -> None:
    text = HOSTILE[name]
    view = show(Answer("a", "", (TextItem(text),)))
    view.read(view.column.entries[0])
    assert view.layouts < 60
    strips = view.column.entries[0].strips or []
    shown = sum(letters(strip.text) for strip in strips)
    written = letters(text.removeprefix("```python"))
    assert shown == written
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)
    assert view.layouts < 120


@pytest.mark.parametrize("name", ["rows", "items"])
def test_a_long_text_is_read_in_slices(show: Show, qtbot: QtBot, name: str) -> None:
    """It keeps the height that was guessed until it is read to its end, and who asks for all of it gets it at once."""
    view = show(Answer("a", "", (TextItem(HOSTILE[name]),)), Answer("b", "", (TextItem(HOSTILE[name]),)))
    first, second = view.column.entries
    assert first.unread
    assert view.column.top(1) > 3000
    qtbot.waitUntil(lambda: not first.unread)
    assert len(first.strips or ()) > 1500
    qtbot.waitUntil(lambda: second.strips is not None and not second.unread)
    view.set_messages([Answer("c", "", (TextItem(HOSTILE[name]),))])
    assert view.source("c", 0) == HOSTILE[name]


@pytest.mark.parametrize("name", ["quotes", "fence", "items"])
def test_streamed_the_work_stays_small(show: Show, name: str) -> None:
    text = HOSTILE[name][:40_000]
    view = show(Answer("a", "", (TextItem(""),), streaming=True))
    frames = 0
    for at in range(0, len(text), 400):
        view.grow("a", 0, text[at : at + 400])
        view.flush()
        frames += 1
    assert view.layouts < 60 * frames
    assert view.source("a", 0) == text


def test_no_connection_is_made(show: Show, qtbot: QtBot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/canary"
        text = (
            f"![x]({address}.png)\n\n<img src='{address}.png'>\n\n<style>@import '{address}.css'</style>\n\n"
            f"[a]({address}) and {address} and ![][b]\n\n[b]: {address}\n"
        )
        view = show(Answer("a", "", (TextItem(text),)))
        view.grab()
        view.select_all()
        view.copy()
        qtbot.wait(100)
        with pytest.raises(BlockingIOError):
            server.accept()
