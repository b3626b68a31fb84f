"""A real window on a temporary profile, talking to the scripted server or to the real engine."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from chatapp.assembly import open_profile
from chatapp.conversation.tree import Turn
from chatapp.desktop.app import Session
from chatapp.desktop.desk import Desk
from chatapp.desktop.window import Window
from chatapp.options import Options
from chatapp.protocol.json_types import JsonObject
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.kit.fixtures import gated_server
from tests.kit.gated_server import GatedServer, error_reply, json_reply
from tests.kit.waiting import until

__all__ = ["gated_server"]

SERVER = "scripted"
MODEL = "test-model"


@dataclass
class Room:
    """An open window and what a test does in it."""

    session: Session

    @property
    def window(self) -> Window:
        return self.session.window

    @property
    def desk(self) -> Desk:
        return self.session.desk

    @property
    def last(self) -> Turn:
        turn = self.desk.last_turn
        assert turn is not None
        return turn

    async def until(self, ready: Callable[[], object], what: str = "") -> None:
        """Lets the window live until `ready` is true. Raises TimeoutError."""
        await until(ready, what)

    def write(self, text: str) -> None:
        """Types into the message field."""
        editor = self.window.composer.editor
        editor.setFocus()
        QTest.keyClicks(editor, text)

    def press(
        self, key: Qt.Key, widget: QWidget | None = None, keys: Qt.KeyboardModifier | None = None
    ) -> None:
        QTest.keyClick(widget or self.window.composer.editor, key, keys or Qt.KeyboardModifier.NoModifier)

    async def ended(self, count: int) -> None:
        """Waits until that many turns are on screen and the last answer has ended."""
        await self.until(
            lambda: len(self.desk.path) == count and self.last.answer.status.ended, f"{count} ended turns"
        )

    async def ask(self, text: str) -> Turn:
        """Types a question, presses Enter, and waits for the end of its answer."""
        count = len(self.desk.path)
        self.write(text)
        self.press(Qt.Key.Key_Return)
        await self.ended(count + 1)
        return self.last

    def shown(self) -> str:
        """The text of the last answer as the transcript holds it."""
        view = self.window.transcript.view
        view.flush()
        presented = self.window.transcript.feed.shown_answer(self.last.id)
        return "".join(
            view.source(presented.message.key, place) for place in sorted(presented.places.values())
        )


@asynccontextmanager
async def opened(profile: Path, server: str | None = None) -> AsyncIterator[Room]:
    """The window on a profile, from first paint to the last task's end."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    application.setQuitOnLastWindowClosed(False)
    # As at a program's start: a window is put together without a style sheet at every step, and then dressed.
    application.setStyleSheet("")
    session = Session(application, Options(profile, server=server))
    painted = asyncio.Event()
    session.window.painted.connect(painted.set)
    session.window.resize(1280, 820)
    session.window.show()
    await painted.wait()
    room = Room(session)
    assert await session.open() == 0
    await room.until(lambda: room.desk.head is not None, "an open conversation")
    try:
        yield room
    finally:
        session.window.close()
        await session.close()


def sent(server: GatedServer) -> JsonObject:
    """The body of the last question that reached the server."""
    posts = [
        request for request in server.requests if (request.method, request.path) == ("POST", "/v1/responses")
    ]
    body: JsonObject = posts[-1].json
    return body


async def prepared(profile: Path, server: GatedServer) -> str:
    """Sets up the scripted server in a profile, with one conversation that uses it; the conversation's id."""
    async with open_profile(profile, Feed()) as app:
        await app.preferences.put_connection(Connection(SERVER, "Scripted", server.base_url))
        conversation = await app.conversations.create(SERVER, {"model": MODEL})
    return conversation.id


@pytest.fixture
async def room(qapp: QApplication, profile: Path, gated_server: GatedServer) -> AsyncIterator[Room]:
    """A window with one empty conversation on the scripted server."""
    gated_server.always(
        "GET", "/v1/vector_stores*", json_reply({"object": "list", "data": [], "has_more": False})
    )
    gated_server.always("GET", "/v1/responses/*", error_reply(404, "It is not kept."))
    gated_server.always("GET", "/v1/models", json_reply({"object": "list", "data": [{"id": MODEL}]}))
    await prepared(profile, gated_server)
    async with opened(profile) as made:
        yield made


@pytest.fixture
async def first_room(qapp: QApplication, profile: Path) -> AsyncIterator[Room]:
    """The window at its first start, with the real engine and the sample library ready."""
    async with opened(profile) as made:
        await made.until(
            lambda: made.desk.head and made.desk.head.parameters.get("vector_stores"), "the sample"
        )
        yield made
