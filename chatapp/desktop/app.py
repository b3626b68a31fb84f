"""The program with a window: starts the two loops, opens the profile behind the first picture, ends both cleanly."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from chatapp.desktop.appearance import SYSTEM, Appearance
from chatapp.desktop.desk import Desk
from chatapp.desktop.display import NO_DISPLAY, has_display
from chatapp.desktop.icons import application_icon
from chatapp.desktop.libraries_left import LibrariesLeft
from chatapp.desktop.loop import Backstage, Errands, FeedReader, failure_of
from chatapp.desktop.theme import RIGHT_WIDTH
from chatapp.desktop.window import Window
from chatapp.options import Options

if TYPE_CHECKING:
    from chatapp.services.application import Application
    from chatapp.services.feed import Feed

MEMORY = "window.ini"
"""What must be known before the first paint: sizes and the look. Everything else is in the profile's database."""
SETTLE_S = 5.0
EDGE = 4
"""A right column of half the window less so many pixels was widened for an original; none is open at the start."""
NOT_OPENED = 2
"""The exit code when the profile could not be opened."""
NO_LONGER_SHOWN = 1
"""The exit code when the display went away under the window: Qt ends its loop then, and nothing more can be drawn."""
DISPLAY_GONE = "chatapp: The display went away, so the window was closed. Everything received is kept."


def main(options: Options, painted: Callable[[], object] | None = None) -> int:
    """Runs the window until it is closed; the exit code. `painted` is called after the first picture."""
    if options.debug:
        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    if not has_display():
        print(NO_DISPLAY, file=sys.stderr)
        return NOT_OPENED
    application = QApplication.instance() or QApplication(["chatapp"])
    assert isinstance(application, QApplication)
    application.setApplicationName("chatapp")
    application.setDesktopFileName("chatapp")
    application.setWindowIcon(application_icon())
    application.setQuitOnLastWindowClosed(False)
    loop = QEventLoop(application)
    with loop:
        session = Session(application, options)
        life = loop.create_task(run_window(session, painted))
        try:
            code: int = loop.run_until_complete(life)
        except RuntimeError:
            if life.done():
                raise
            session.backstage.leave()
            print(DISPLAY_GONE, file=sys.stderr, flush=True)
            return NO_LONGER_SHOWN
    return code


async def run_window(session: Session, painted: Callable[[], object] | None = None) -> int:
    """The window's life on the UI loop, from its first paint to the last task's end."""
    window = session.window
    shown, closed = asyncio.Event(), asyncio.Event()
    window.painted.connect(shown.set)
    window.closed.connect(closed.set)
    window.show()
    await shown.wait()
    from chatapp.desktop.interrupts import on_interrupt

    with on_interrupt(window.close):
        if painted is not None:
            painted()
        code = await session.open(gc.freeze)  # or full searches for garbage hold the window up for 60 ms
        await closed.wait()
        await session.close()
    return code


class Session:
    """The window and what works behind it, made together and ended together."""

    def __init__(self, application: QApplication, options: Options) -> None:
        self._options = options
        self.reader = FeedReader()
        self.backstage = Backstage(lambda: enter(options.profile, self.reader.open()))
        self.errands = Errands(self.backstage)
        self.desk = Desk()
        self.reader.arrived.connect(self.desk.apply)
        memory = QSettings(str(options.profile / MEMORY), QSettings.Format.IniFormat)
        choice = str(memory.value("look", SYSTEM))
        self.look = Appearance(application, choice, float(str(memory.value("text_size", 1.0))))
        self.look.announces = memory.value("announces", "true") in (True, "true")
        self.window = Window(self.desk, self.errands, self.look, memory)
        self.look.dress()
        self._libraries = LibrariesLeft(self.desk)
        if self.window.columns.right_width >= self.window.width() // 2 - EDGE:
            self._usual_width()

    async def open(self, filled: Callable[[], object] = lambda: None) -> int:
        """Opens the profile and fills the window; 0, or NOT_OPENED with the reason on screen and on stderr. `filled`
        is called once a conversation is on screen."""
        from chatapp.desktop.opening import Opening

        self.backstage.start()
        problem = await self.backstage.problem()
        if problem is not None:
            failure = failure_of(problem)
            print(f"chatapp: {failure.title}. {failure.text}", file=sys.stderr)
            self.window.show_problem(failure)
            return NOT_OPENED
        self.window.furnish()
        self.window.citations.usual_width_asked.connect(self._usual_width)
        opening = Opening(self.window, self.desk, self.errands, self._options.server)
        self.errands.own(opening.begin(), then=lambda _none: filled())
        return 0

    def _usual_width(self) -> None:
        """Half of the window is for an original alone."""
        self.window.columns.right_width = RIGHT_WIDTH
        self.window.columns.arrange()

    async def close(self) -> None:
        """Saves what is under way, ends the worker, and takes the window down."""
        await self.errands.settle(SETTLE_S)
        self.reader.stop()
        await self.backstage.close()
        self.window.deleteLater()


def enter(directory: Path, feed: Feed) -> AbstractAsyncContextManager[Application]:
    """Opens the profile. Runs on the worker thread, where the imports that the first paint does without are made."""
    import chatapp.rendering.stream  # noqa: F401
    from chatapp.assembly import open_profile

    return open_profile(directory, feed)
