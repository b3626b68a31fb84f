"""Fails a test that left a top-level widget or a running QTimer. Does nothing in a process that has not loaded Qt."""

import gc
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from PySide6.QtCore import QTimer

# Qt keeps one tool tip label for the whole program.
QTS_OWN = {"QTipLabel"}


@contextmanager
def started_timers() -> Iterator["weakref.WeakSet[QTimer]"]:
    """Every QTimer that Python starts while this is open. Qt itself has no list of them."""
    from PySide6.QtCore import QTimer

    seen: weakref.WeakSet[QTimer] = weakref.WeakSet()
    start: Any = QTimer.start

    def start_and_note(self: QTimer, *args: Any, **kwargs: Any) -> None:
        seen.add(self)
        start(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QTimer, "start", start_and_note)
        yield seen


def running(timers: "weakref.WeakSet[QTimer]") -> list[str]:
    """Those of `timers` that still exist and still tick."""
    from shiboken6 import isValid

    return [
        f"{timer!r} every {timer.interval()} ms" for timer in timers if isValid(timer) and timer.isActive()
    ]


def top_level_widgets() -> dict[int, str]:
    """Address and description of every top-level widget that is not about to be deleted."""
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication
    from shiboken6 import getCppPointer

    if not isinstance(QApplication.instance(), QApplication):
        return {}
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return {
        getCppPointer(widget)[0]: f"{type(widget).__name__} {widget.objectName()!r} {widget.windowTitle()!r}"
        for widget in QApplication.topLevelWidgets()
        if widget.metaObject().className() not in QTS_OWN
    }


def leaked_widgets(before: set[int]) -> list[str]:
    """Top-level widgets not there `before`; what only a reference cycle holds is collected first."""
    if top_level_widgets().keys() - before:
        gc.collect()
    return [text for address, text in top_level_widgets().items() if address not in before]


@pytest.fixture(autouse=True)
def no_leaked_qt(no_leaked_threads: None) -> Iterator[None]:
    """Fail the test if a timer it started ticks on or a window it made still exists."""
    if "PySide6.QtWidgets" not in sys.modules:
        yield
        return
    before = set(top_level_widgets())
    with started_timers() as timers:
        yield
    left = leaked_widgets(before) + running(timers)
    if left:
        pytest.fail("leaked Qt objects:\n  " + "\n  ".join(left), pytrace=False)
