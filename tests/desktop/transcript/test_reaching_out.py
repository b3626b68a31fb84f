"""Whatever an answer holds, showing it opens no file of its choice, makes no connection and follows no address.

`python -m tests.faults hostile` does the same under strace, which sees what Qt opens as well.
"""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chatapp.desktop.transcript.messages import Answer, TextItem
from chatapp.desktop.transcript.view import TranscriptView
from chatapp.rendering.sanitize import safe_href
from tests.desktop.transcript.conftest import Show
from tests.faults.hostile_documents import documents

WATCHED = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request", "webbrowser.open")
_seen: list[str] | None = None


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _seen is not None and (event in WATCHED or event == "open"):
        _seen.append(f"{event} {arguments!r}")


sys.addaudithook(_watch)  # for good: a hook cannot be taken back, so it looks only when asked to


@contextmanager
def watching() -> Iterator[list[str]]:
    """What the interpreter opens and connects to meanwhile."""
    global _seen
    found: list[str] = []
    _seen = found
    try:
        yield found
    finally:
        _seen = None


@pytest.fixture
def canary() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def show_all(view: TranscriptView, qtbot: QtBot) -> None:
    """Scroll from the first message to the last, page by page, the pointer over it, and let its formulas come."""
    bar = view.verticalScrollBar()
    bar.setValue(0)
    while bar.value() < bar.maximum():
        bar.setValue(bar.value() + view.viewport().height() - 40)
        QTest.mouseMove(view.viewport(), QPoint(view.width() // 3, 80 + bar.value() % 40))
        view.grab()
    qtbot.waitUntil(lambda: not view.formulas.is_busy, timeout=20_000)


def test_hostile_documents_reach_nothing(
    show: Show, qtbot: QtBot, canary: socket.socket, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"not for answers")
    os.utime(secret, (1_000_000_000, 1_100_000_000))
    texts = dict(documents(f"127.0.0.1:{canary.getsockname()[1]}", str(secret)))
    assert len(texts) > 200
    view = show()
    followed: list[str] = []
    view.link_activated.connect(lambda address, words: followed.append(address))
    with watching() as seen:
        view.set_messages([Answer(name, "", (TextItem(text),)) for name, text in texts.items()])
        show_all(view, qtbot)
        view.select_all()
        view.copy()
    assert [event for event in seen if not event.startswith("open") or str(secret) in event] == []
    with pytest.raises(BlockingIOError):
        canary.accept()
    assert secret.stat().st_atime == 1_000_000_000
    assert followed == []


def test_every_link_in_them_may_be_asked_about(show: Show, tmp_path: Path) -> None:
    """What can be activated leads to the web or to a mailbox, and only when it is pressed."""
    texts = dict(documents("127.0.0.1:9", str(tmp_path / "secret.png")))
    view = show(*(Answer(name, "", (TextItem(text),)) for name, text in texts.items()))
    stops = [stop for entry in view.column.entries for stop in view.stops(entry)]
    links, images = ([stop for stop in stops if stop[2].kind == kind] for kind in ("link", "image"))
    assert len(links) > 50
    assert len(images) > 10
    assert all(safe_href(spot.target) for _, _, spot in [*links, *images])
    followed: list[str] = []
    view.link_activated.connect(lambda address, words: followed.append(address))
    entry, strip, spot = links[0]
    view.focus_spot(entry, strip, spot)
    assert followed == []
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert followed == [spot.target]
