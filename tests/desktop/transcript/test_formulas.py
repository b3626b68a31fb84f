"""Formulas in the transcript: drawn by the helper program, copied and read aloud as TeX, source where unreadable."""

import os
import subprocess
import sys

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from chatapp.desktop.theme import DARK, LIGHT
from chatapp.desktop.transcript.formulas import Formulas
from chatapp.desktop.transcript.messages import Answer, TextItem
from chatapp.desktop.transcript.strips import Equation, Prose, Row, formulas_of
from chatapp.desktop.transcript.view import TranscriptView
from tests.desktop.transcript.conftest import Show

WAIT_MS = 20_000


def answer(text: str, **changes: object) -> Answer:
    return Answer("a", "model", (TextItem(text),), **changes)  # type: ignore[arg-type]


def drawn(qtbot: QtBot, view: TranscriptView) -> None:
    """Wait until no formula in view is on its way."""
    entry = view.column.entries[-1]

    def look() -> bool:
        laid = [entry.if_laid(at) for at in range(len(entry.strips or ()))]
        return all(one is not None and not one.pending for one in laid)

    qtbot.waitUntil(look, timeout=WAIT_MS)


def test_a_formula_is_drawn_in_the_line_and_copied_as_tex(show: Show, qtbot: QtBot) -> None:
    text = "So $x^2$ and:\n\n$$\n\\frac{a}{b}\n$$.\n\n| a |\n|---|\n| \\(y\\) |"
    view = show(answer(text))
    drawn(qtbot, view)
    strips = view.column.entries[0].strips or []
    assert [run.tex for strip in strips for _, _, run in formulas_of(strip)] == ["x^2", "\\frac{a}{b}", "y"]
    (equation,) = [strip for strip in strips if isinstance(strip, Equation)]
    assert equation.copied(0, 99) == "$$\n\\frac{a}{b}\n$$."
    view.select_all()
    assert view.selected_text() == "So $x^2$ and:\n\n$$\n\\frac{a}{b}\n$$.\n\na\n\\(y\\)"
    assert view.selected_markdown() == text


def test_a_formula_has_the_colour_of_the_text(show: Show, qtbot: QtBot) -> None:
    view = show(answer("$$\\blacksquare$$"))
    for palette in (LIGHT, DARK):
        view.set_palette(palette)
        drawn(qtbot, view)
        at = next(
            at for at, strip in enumerate(view.column.entries[0].strips or []) if isinstance(strip, Equation)
        )
        place = view.strip_rect(view.column.entries[0], at).center()
        image = view.viewport().grab().toImage()
        around = [QPoint(dx, dy) for dx in range(-4, 5) for dy in range(-4, 5)]
        found = {image.pixelColor(place + by).name() for by in around}
        assert QColor(palette.text).name() in found


def test_one_that_cannot_be_read_shows_its_source_and_says_why(show: Show, qtbot: QtBot) -> None:
    view = show(answer("$\\unknown{x}$ and $y$"))
    drawn(qtbot, view)
    entry = view.column.entries[0]
    at = next(at for at, strip in enumerate(entry.strips or []) if isinstance(strip, Prose) and strip.text)
    laid, origin = entry.laid(at, view.column.setter), view.strip_origin(entry, at)
    (bad, good) = [laid.panes[0].rects(start, end)[0] for start, end, _ in formulas_of(laid.strip)]
    assert bad.width() > 4 * good.width()
    pointer = view._pointer
    assert "\\unknown" in pointer.problem_at(bad.center().toPoint() + origin)
    assert pointer.problem_at(good.center().toPoint() + origin) == ""


def test_a_tall_one_makes_room_in_its_line(show: Show, qtbot: QtBot) -> None:
    view = show(answer("one\n\ntwo $\\int_0^\\infty x\\,dx$"))
    drawn(qtbot, view)
    entry = view.column.entries[0]
    words, tall = [
        at for at, strip in enumerate(entry.strips or []) if isinstance(strip, Prose) and strip.text
    ]
    assert entry.strip_height(tall) > 1.4 * entry.strip_height(words)


def test_a_wide_one_scrolls_sideways(show: Show, qtbot: QtBot) -> None:
    view = show(answer("$$" + "+".join(f"a_{{{n}}}" for n in range(40)) + "$$"))
    drawn(qtbot, view)
    entry = view.column.entries[0]
    at = next(at for at, strip in enumerate(entry.strips or []) if isinstance(strip, Equation))
    assert view.scroll_sideways(entry, at, 120)
    assert view.scrolled(entry, at) == 120


def test_the_end_keeps_its_place_while_formulas_above_it_come(show: Show, qtbot: QtBot) -> None:
    body = "".join(f"Words and $\\frac{{{n}}}{{2}}$.\n\n$$\\sum_{{i=1}}^{{{n}}} i$$\n\n" for n in range(12))
    view = show(answer(body + "The end."))
    view.to_end()
    drawn_last = view.column.entries[0]
    qtbot.waitUntil(lambda: not view.formulas.is_busy, timeout=WAIT_MS)
    qtbot.wait(80)
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()
    assert drawn_last.if_laid(len(drawn_last.strips or ()) - 1) is not None


def test_a_formula_that_takes_too_long_is_given_up_and_the_next_one_made(qtbot: QtBot) -> None:
    formulas = Formulas(TranscriptView())
    qtbot.addWidget(formulas.parent())
    formulas._patience.setInterval(0)
    with qtbot.waitSignal(formulas.changed, timeout=WAIT_MS):
        assert formulas.drawing("x", False) is None
    slow = formulas.drawing("x", False)
    assert slow is not None
    assert "too long" in slow.problem
    formulas._patience.setInterval(WAIT_MS)
    with qtbot.waitSignal(formulas.changed, timeout=WAIT_MS):
        formulas.drawing("y", False)
    made = formulas.drawing("y", False)
    assert made is not None
    assert made.box.width() > 0


def test_the_program_goes_with_the_window(qtbot: QtBot) -> None:
    view = TranscriptView()
    with qtbot.waitSignal(view.formulas.changed, timeout=WAIT_MS):
        view.formulas.drawing("x", False)
    (process,) = view.formulas._programs
    number = process.processId()
    view.deleteLater()
    qtbot.waitUntil(lambda: not isValid(view))
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_the_window_never_loads_the_typesetter() -> None:
    script = (
        "import sys, chatapp.desktop.transcript.view\nassert not {'ziamath', 'ziafont'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_words_beside_a_tall_one_keep_their_height(show: Show, qtbot: QtBot) -> None:
    """The ground of code, a link's ring and the caret are no taller than the words."""
    view = show(answer("[a](https://example.org/)\n\n[a](https://example.org/) $\\int_0^\\infty x\\,dx$"))
    drawn(qtbot, view)
    heights = [
        view.spot_rect(*stop).height()
        for stop in view.stops(view.column.entries[0])
        if stop[2].kind == "link"
    ]
    assert abs(heights[0] - heights[1]) <= 1


def test_a_column_is_about_as_wide_as_its_formulas_are_drawn(show: Show, qtbot: QtBot) -> None:
    long = "\\underbrace{\\mathrm{a}}_{\\mathrm{b}}"
    view = show(answer(f"| formula | words |\n|---|---|\n| ${long}$ | {'word ' * 60}|\n| x | y |"))
    drawn(qtbot, view)
    entry, setter = view.column.entries[0], view.column.setter
    rows = [at for at, strip in enumerate(entry.strips or ()) if isinstance(strip, Row)]
    (formula,) = entry.laid(rows[1], setter).panes[0].rects(0, 1)
    width = entry.laid(rows[1], setter).panes[0].width
    assert formula.width() <= width < view.look.measure(long, False) / 2
    assert width >= view.look.measure("formula", True)
