"""A conversation of 10,000 messages (15 MB): opening it, scrolling, resizing, finding, jumping to any message.

All figures are CPU of the UI thread for what the window does at once, painting included; `open_mb` is what the resident
set grew by. `find_ms` is a search while the bar is open, `find_first_ms` one that comes the moment the bar opens. The
baseline is QTextBrowser with the same messages as Markdown; because it lays out everything, it gets a tenth of them,
and its figures are for that tenth. Finding there is `QTextDocument.find` from the start to the end.
"""

import gc
import os
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QTextBrowser

from chatapp.desktop.transcript.finding import Wanted
from chatapp.desktop.transcript.found import Finder
from chatapp.desktop.transcript.messages import Answer, Message, Question, TextItem
from chatapp.desktop.transcript.view import TranscriptView
from tests.benchmarks.stream import document, paint, percentile

MESSAGES: Final = 10_000
CHARACTERS: Final = 2_880  # of an answer, so that all messages together have 15 MB
SHARE: Final = 10  # the baseline gets one part in so many
STEPS: Final = 300
JUMPS: Final = 60
WIDTHS: Final = (860, 900, 760, 1200, 640, 1000)
WORDS: Final = ("maintenance", "case 7777", "no such word anywhere", "scheduled maintenance, so")


def messages(count: int) -> list[Message]:
    made: list[Message] = []
    text = document(CHARACTERS)
    for at in range(count // 2):
        made.append(
            Question(f"q{at}", f"How many airplanes are there in case {at}, and what does each of them cost?")
        )
        body = f"Case {at}. {text[: CHARACTERS - 400 + at * 37 % 800]}"
        made.append(Answer(f"a{at}", "gpt-5.6 · 4.2 s", (TextItem(body),)))
    return made


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def spent_ms(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1e3


def opened(application: QApplication, shown: list[Message]) -> tuple[TranscriptView, float, float]:
    """(the view, CPU milliseconds, megabytes)"""
    view = TranscriptView()
    view.resize(860, 900)
    view.show()
    paint(application)
    gc.collect()
    before = resident_mb()

    def show() -> None:
        view.set_messages(shown)
        paint(application)

    spent = spent_ms(show)
    return view, spent, resident_mb() - before


def scrolled(application: QApplication, widget: TranscriptView | QTextBrowser) -> list[float]:
    bar = widget.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    paint(application)
    steps = []

    def step(by: int) -> None:
        bar.setValue(bar.value() - by)
        paint(application)

    for at in range(STEPS):
        steps.append(spent_ms(partial(step, 120 if at % 3 else 600)))
    return steps


def resized(application: QApplication, widget: TranscriptView | QTextBrowser) -> list[float]:
    def resize(width: int) -> None:
        widget.resize(width, 900)
        paint(application)

    return [spent_ms(partial(resize, width)) for width in WIDTHS]


def jumped(application: QApplication, view: TranscriptView) -> list[float]:
    chance = random.Random(7)
    keys = [chance.choice(view.column.entries).key for _ in range(JUMPS)]

    def jump(key: str) -> None:
        view.scroll_to(key)
        paint(application)

    return [spent_ms(partial(jump, key)) for key in keys]


def found(application: QApplication, view: TranscriptView) -> tuple[float, list[float]]:
    """(milliseconds of a search the moment the bar opens, of every later one)"""
    finder = Finder(view)
    finder.prepare()

    def find(words: str) -> None:
        finder.look_for(Wanted(words))
        view.viewport().update()
        view.viewport().repaint()

    first = spent_ms(partial(find, "airplane"))
    later = [spent_ms(partial(find, words)) for words in WORDS]
    finder.stop()
    return first, later


def baseline(application: QApplication, shown: list[Message]) -> dict[str, float]:
    browser = QTextBrowser()
    browser.resize(860, 900)
    browser.show()
    paint(application)
    texts = [message.text if isinstance(message, Question) else _text(message) for message in shown]
    before = resident_mb()

    def show() -> None:
        browser.setMarkdown("\n\n---\n\n".join(texts))
        browser.document().size()  # or it would lay out the rest while it is measured
        paint(application)

    spent = spent_ms(show)
    grown = resident_mb() - before
    scroll = percentile(scrolled(application, browser), 0.99)
    resize = max(resized(application, browser))

    def find() -> None:
        cursor = QTextCursor(browser.document())
        while not (cursor := browser.document().find("maintenance", cursor)).isNull():
            pass

    figures = {
        "baseline_open_cpu_ms_1k": spent,
        "baseline_open_mb_1k": grown,
        "baseline_scroll_p99_ms": scroll,
        "baseline_resize_ms": resize,
        "baseline_find_ms": spent_ms(find),
        "baseline_jump_ms": max(_jumps_of(application, browser)),
    }
    browser.deleteLater()
    return figures


def _text(answer: Answer) -> str:
    return "\n\n".join(item.text for item in answer.items if isinstance(item, TextItem))


def _jumps_of(application: QApplication, browser: QTextBrowser) -> list[float]:
    bar, chance = browser.verticalScrollBar(), random.Random(7)
    places = [chance.randrange(bar.maximum()) for _ in range(JUMPS)]

    def jump(place: int) -> None:
        bar.setValue(place)
        paint(application)

    return [spent_ms(partial(jump, place)) for place in places]


def run() -> dict[str, float]:
    application = QApplication.instance() or QApplication([])
    if not isinstance(application, QApplication):
        raise RuntimeError("another kind of application is running in this process")
    warm, _, _ = opened(application, messages(20))  # fonts, lexers and icons are loaded once
    jumped(application, warm)
    warm.deleteLater()
    gc.freeze()  # as the program does once it has started
    shown = messages(MESSAGES)
    view, spent, grown = opened(application, shown)
    first, later = found(application, view)
    figures = {
        "open_cpu_ms_10k": spent,
        "open_mb_10k": grown,
        "scroll_p99_ms": percentile(scrolled(application, view), 0.99),
        "resize_ms": max(resized(application, view)),
        "find_ms": max(later),
        "find_first_ms": first,
        "jump_ms": max(jumped(application, view)),
    }
    view.deleteLater()
    figures |= baseline(application, shown[: MESSAGES // SHARE])
    for name in ("open_cpu_ms", "open_mb"):
        figures[f"ratio_{name}"] = figures[f"{name}_10k"] / (figures[f"baseline_{name}_1k"] * SHARE)
    for name in ("scroll_p99_ms", "resize_ms", "find_ms", "jump_ms"):
        figures[f"ratio_{name}"] = figures[name] / figures[f"baseline_{name}"]
    return figures
