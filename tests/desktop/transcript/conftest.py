"""A transcript on the offscreen screen."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from chatapp.desktop.transcript.messages import Message
from chatapp.desktop.transcript.view import TranscriptView

Show = Callable[..., TranscriptView]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    """Shows messages in a view of a size, 860 × 640 unless told."""

    def make(*messages: Message, width: int = 860, height: int = 640) -> TranscriptView:
        view = TranscriptView()
        qtbot.addWidget(view)
        view.resize(width, height)
        view.show()
        view.set_messages(messages)
        view.activateWindow()
        qtbot.waitUntil(view.isActiveWindow)
        return view

    return make
