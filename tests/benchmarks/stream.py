"""A streamed answer on the screen: what a frame costs, whatever the length of what was written before.

Text comes in deltas of 4 characters, 16 of them a frame, as from a model that writes 480 a second to a window that
paints 30 times a second. All figures are CPU time of the window's thread: it is what a busy machine cannot change.
`flush_…` is that from the frame's deltas to a view that is laid out; `total_cpu` adds the painting. The baseline
renders the whole answer again each frame with QTextBrowser.setMarkdown; because that is quadratic, it is measured in
every 80th frame and multiplied. `worst_stall_ms_4_streams` is the longest frame of four views whose answers
come at once, 500 deltas a second each.
"""

import gc
import os
import time
from itertools import cycle
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication, QTextBrowser

from chatapp.desktop.transcript.messages import Answer, Question, TextItem
from chatapp.desktop.transcript.view import TranscriptView

DELTA: Final = 4
DELTAS_A_FRAME: Final = 16
SHORT: Final = 8_000
MIDDLE: Final = 32_000
LONG: Final = 128_000
EVERY: Final = 80
STREAMS: Final = 4
DELTAS_OF_FOUR: Final = 17  # of each stream a frame

PARTS: Final = (
    "## What was found\n\n",
    "The agency estimates that **73 airplanes** of U.S. registry are affected, and that the wiring change takes "
    "up to `79` work-hours; see [the notice](https://example.org/notice) for how the figure was reached. ",
    "Most operators will do it during scheduled maintenance, so that the cost of taking an airplane out of "
    "service is *not* part of the sum.\n\n",
    "- first, the stabilizer wiring is separated\n- then the software is installed\n"
    "  - on both computers\n- and the manual is revised\n\n",
    "| Action | Per airplane | Operators |\n|---|--:|--:|\n| Wiring | $10,505 | $766,865 |\n"
    "| Sensor test | $3,400 | $248,200 |\n\n",
    "```python\ndef total(airplanes: int, each: float) -> float:\n    # labour and parts\n"
    "    return airplanes * each\n\nprint(total(73, 13_990))\n```\n\n",
    "> The agency has received no definitive data on which to base the cost estimates.\n\n",
    "A last paragraph, long enough to wrap over several lines of the reading column, with nothing in it but words "
    "that follow each other as they do in most of what a model writes when it explains something.\n\n",
)


def document(length: int) -> str:
    """Markdown of at least `length` characters."""
    parts, total = [], 0
    for part in cycle(PARTS):
        parts.append(part)
        total += len(part)
        if total >= length:
            return "".join(parts)[:length]
    raise AssertionError


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def frames(text: str) -> list[list[str]]:
    deltas = [text[at : at + DELTA] for at in range(0, len(text), DELTA)]
    return [deltas[at : at + DELTAS_A_FRAME] for at in range(0, len(deltas), DELTAS_A_FRAME)]


def paint(application: QApplication) -> None:
    application.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)


def streamed(application: QApplication, length: int) -> tuple[list[float], list[float], float]:
    """(milliseconds of every flush, of every frame with its painting, CPU seconds in all)."""
    view = TranscriptView()
    view.resize(860, 900)
    view.show()
    view.set_messages(
        [Question("q", "Tell me all of it."), Answer("a", "model", (TextItem(""),), streaming=True)]
    )
    view.to_end()
    paint(application)
    text = document(length)
    flushes, whole = [], []
    began = time.process_time()
    for deltas in frames(text):
        start = time.thread_time()
        for delta in deltas:
            view.grow("a", 0, delta)
        view.flush()
        laid = time.thread_time()
        paint(application)
        flushes.append((laid - start) * 1e3)
        whole.append((time.thread_time() - start) * 1e3)
    start = time.thread_time()
    view.replace("a", Answer("a", "model", (TextItem(text),)))
    paint(application)
    whole.append((time.thread_time() - start) * 1e3)
    spent = time.process_time() - began
    if view.source("a", 0) != text:
        raise AssertionError("the view does not hold the text it was fed")
    view.deleteLater()
    paint(application)
    return flushes, whole, spent


def four_at_once(application: QApplication) -> float:
    """The longest frame, in milliseconds, of four views whose answers come at 500 deltas a second each."""
    views = [TranscriptView() for _ in range(STREAMS)]
    for view in views:
        view.resize(430, 900)
        view.show()
        view.set_messages([Question("q", "x"), Answer("a", "model", (TextItem(""),), streaming=True)])
        view.to_end()
    paint(application)
    texts = [document(SHORT * 2 + at * 100)[at * 100 :] for at in range(STREAMS)]
    longest = 0.0
    for begin in range(0, SHORT * 2, DELTA * DELTAS_OF_FOUR):
        start = time.thread_time()
        for view, text in zip(views, texts, strict=True):
            for at in range(begin, begin + DELTA * DELTAS_OF_FOUR, DELTA):
                view.grow("a", 0, text[at : at + DELTA])
            view.flush()
        paint(application)
        longest = max(longest, (time.thread_time() - start) * 1e3)
    for view in views:
        view.deleteLater()
    paint(application)
    return longest


def rendered_whole(application: QApplication, length: int) -> float:
    """CPU seconds of rendering everything anew each frame, measured in every 80th."""
    browser = QTextBrowser()
    browser.resize(860, 900)
    browser.show()
    paint(application)
    text, spent = document(length), 0.0
    for frame in range(1, len(frames(text)) + 1, EVERY):
        began = time.process_time()
        browser.setMarkdown(text[: frame * DELTA * DELTAS_A_FRAME])
        browser.verticalScrollBar().setValue(browser.verticalScrollBar().maximum())
        paint(application)
        spent += (time.process_time() - began) * EVERY
    browser.deleteLater()
    paint(application)
    return spent


def run() -> dict[str, float]:
    application = QApplication.instance() or QApplication([])
    if not isinstance(application, QApplication):
        raise RuntimeError("another kind of application is running in this process")
    streamed(application, SHORT)  # fonts, lexers and icons are loaded once
    short, _, _ = streamed(application, SHORT)
    middle, _, _ = streamed(application, MIDDLE)
    long, stalls, spent = streamed(application, LONG)
    gc.collect()
    gc.freeze()  # as the program does with what was there at its first picture
    together = four_at_once(application)
    baseline = rendered_whole(application, LONG)
    p99_short, p99_long = percentile(short, 0.99), percentile(long, 0.99)
    return {
        "flush_p50_ms_128k": percentile(long, 0.5),
        "flush_p99_ms_8k": p99_short,
        "flush_p99_ms_32k": percentile(middle, 0.99),
        "flush_p99_ms_128k": p99_long,
        "ratio_flush": p99_long / p99_short,
        "total_cpu_s_128k": spent,
        "baseline_total_cpu_s_128k": baseline,
        "ratio_total_cpu": spent / baseline,
        "worst_stall_ms": max(stalls),
        "worst_stall_ms_4_streams": together,
        "completion_ms": stalls[-1],
    }
