"""Documents that mean to hold the window up: the longest that each keeps it from anything else, whole and streamed.

Whole: shown at once, read to its end and scrolled to its middle. Streamed: in 200 frames, then complete. A figure is
the CPU time of the longest turn of the event loop, layout and painting included.
"""

import gc
import os
import time
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from chatapp.desktop.transcript.messages import Answer, TextItem
from chatapp.desktop.transcript.strips import Actions
from chatapp.desktop.transcript.view import TranscriptView
from tests.benchmarks.stream import paint
from tests.rendering.hostile import HOSTILE

FRAMES: Final = 200


class Watch:
    """The longest of the turns it was asked to time, in milliseconds."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = time.process_time()

    def __exit__(self, *_: object) -> None:
        self.longest = max(self.longest, (time.process_time() - self._began) * 1e3)


def shown(application: QApplication, streaming: bool) -> TranscriptView:
    """A view with one answer; what was there before is no longer searched for garbage."""
    view = TranscriptView()
    view.resize(860, 900)
    view.show()
    paint(application)
    gc.collect()
    gc.freeze()
    if streaming:
        view.set_messages([Answer("a", "", (TextItem(""),), streaming=True)])
        view.to_end()
    return view


def whole(application: QApplication, text: str) -> float:
    view, watch = shown(application, streaming=False), Watch()
    with watch:
        view.set_messages([Answer("a", "", (TextItem(text),))])
    with watch:
        paint(application)
    while view.column.entries[0].unread:
        with watch:
            paint(application)
    bar = view.verticalScrollBar()
    with watch:
        bar.setValue(bar.maximum() // 2)
        paint(application)
    _check(view, text)
    return watch.longest


def streamed(application: QApplication, text: str) -> float:
    view, watch = shown(application, streaming=True), Watch()
    step = max(len(text) // FRAMES, 64)
    for at in range(0, len(text), step):
        with watch:
            view.grow("a", 0, text[at : at + step])
            view.flush()
            paint(application)
    with watch:
        view.replace("a", Answer("a", "", (TextItem(text),)))
        paint(application)
    _check(view, text)
    return watch.longest


def _check(view: TranscriptView, text: str) -> None:
    if view.source("a", 0) != text:
        raise AssertionError("the view does not hold the text it was given")
    if all(isinstance(strip, Actions) for strip in view.column.entries[0].strips or []):
        raise AssertionError("nothing is shown of the text")
    view.deleteLater()


def run() -> dict[str, float]:
    application = QApplication.instance() or QApplication([])
    if not isinstance(application, QApplication):
        raise RuntimeError("another kind of application is running in this process")
    streamed(application, "```python\nx = 1\n```\n")  # fonts, lexers and icons are loaded once
    figures: dict[str, float] = {}
    for name, text in HOSTILE.items():
        key = name.replace(" ", "_")
        figures[f"{key}_whole_ms"] = whole(application, text)
        figures[f"{key}_streamed_ms"] = streamed(application, text)
    return figures | {"worst_stall_ms": max(figures.values())}
