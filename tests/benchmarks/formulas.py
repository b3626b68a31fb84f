"""Two hundred formulas, opened, scrolled and streamed: the longest turns of the window's loop while they come.

Each figure is the longest turn in milliseconds: of the CPU of the window's own thread, and by the clock, which only a
quiet machine makes comparable. No formula is like another, so that none is there before it was set.
"""

import os
import time
from dataclasses import dataclass, field
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from chatapp.desktop.transcript.messages import Answer, TextItem
from chatapp.desktop.transcript.view import TranscriptView
from tests.benchmarks.stream import paint

FORMULAS: Final = 210
LETTERS_A_FRAME: Final = 60
PATIENCE_S: Final = 120.0
SHAPES: Final = (
    "x_{{{0}}}^2 + y_{{{0}}}",
    "\\frac{{a_{{{0}}} + {0}}}{{b^{{{0}}}}}",
    "\\sum_{{i=0}}^{{{0}}} \\sqrt{{x_i + {0}}}",
    "\\begin{{pmatrix}} {0} & b \\\\ c & {0}d \\end{{pmatrix}}",
    "\\int_0^{{{0}}} e^{{-t^2/{0}}} \\, dt",
    "\\left( \\frac{{\\alpha_{{{0}}}}}{{\\beta}} \\right)^{{{0}}}",
    "\\lim_{{n \\to {0}}} \\hat{{f}}(n) \\leq \\overline{{z_{{{0}}}}}",
)


@dataclass
class Watch:
    """The turns it was asked to time."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def __enter__(self) -> None:
        self._began = time.thread_time(), time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.cpu.append((time.thread_time() - self._began[0]) * 1e3)
        self.wall.append((time.perf_counter() - self._began[1]) * 1e3)

    def figures(self, name: str) -> dict[str, float]:
        return {f"{name}_cpu_ms": max(self.cpu), f"{name}_wall_ms": max(self.wall)}


def document(first: int, count: int = FORMULAS) -> str:
    """In paragraphs, on lines of their own, and in tables: a third each. `first` numbers them."""
    made = [SHAPES[at % len(SHAPES)].format(first + at) for at in range(count)]
    inline, display, cells = made[0::3], made[1::3], made[2::3]
    blocks = []
    for at in range(len(cells)):
        blocks.append(f"Paragraph {at} says that ${inline[at]}$ holds, with some more words around it.")
        blocks.append(f"$$\n{display[at]}\n$$")
        if at % 7 == 6:
            rows = "\n".join(f"| {row} | ${cell}$ |" for row, cell in enumerate(cells[at - 6 : at + 1]))
            blocks.append(f"| row | formula |\n|---|---|\n{rows}")
    return "\n\n".join(blocks)


def shown(*messages: Answer) -> TranscriptView:
    view = TranscriptView()
    view.resize(860, 900)
    view.set_messages(messages)
    view.show()
    return view


def until_drawn(application: QApplication, view: TranscriptView, watch: Watch) -> None:
    """Let the window live until no formula in view is on its way."""
    end = time.monotonic() + PATIENCE_S
    while view.formulas.is_busy:
        if time.monotonic() > end:
            raise AssertionError("the formulas did not come")
        with watch:
            application.processEvents()
        time.sleep(0.001)
    with watch:
        paint(application)


def opened_and_scrolled(application: QApplication, first: int) -> dict[str, float]:
    opening, scrolling = Watch(), Watch()
    view = shown()
    paint(application)
    with opening:
        view.set_messages([Answer("a", "", (TextItem(document(first)),))])
    with opening:
        paint(application)
    until_drawn(application, view, opening)
    bar = view.verticalScrollBar()
    bar.setValue(0)
    while bar.value() < bar.maximum():
        with scrolling:
            bar.setValue(bar.value() + 120)
            application.processEvents()
    until_drawn(application, view, scrolling)
    view.close()
    view.deleteLater()
    return opening.figures("opened") | scrolling.figures("scrolled")


def streamed(application: QApplication, first: int, text: str = "") -> dict[str, float]:
    watch, text = Watch(), text or document(first)
    view = shown(Answer("a", "", (TextItem(""),), streaming=True))
    view.to_end()
    paint(application)
    for at in range(0, len(text), LETTERS_A_FRAME):
        with watch:
            view.grow("a", 0, text[at : at + LETTERS_A_FRAME])
            view.flush()
        with watch:
            paint(application)
    with watch:
        view.replace("a", Answer("a", "", (TextItem(text),)))
        paint(application)
    until_drawn(application, view, watch)
    view.close()
    view.deleteLater()
    return watch.figures("streamed")


def run() -> dict[str, float]:
    application = QApplication.instance() or QApplication([])
    if not isinstance(application, QApplication):
        raise RuntimeError("another kind of application is running in this process")
    streamed(application, 0, "A first $x$, and code:\n\n```python\nx = 1\n```\n")
    return opened_and_scrolled(application, 1_000) | streamed(application, 2_000)
