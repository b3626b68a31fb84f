"""Lists, tables and code that are being written: cut as if they had come whole, and only at their end."""

import random

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chatapp.desktop.transcript.composing import TextSection
from chatapp.desktop.transcript.messages import Answer, TextItem
from chatapp.desktop.transcript.strips import CodeLines, Row, Strip
from chatapp.desktop.transcript.view import TranscriptView
from tests.desktop.transcript.conftest import Show
from tests.rendering.documents import cut

TEXTS = {
    "code": "Before\n\n```python\n" + "def f(x):\n    return 'a'  # why\n\n" * 60 + "```\n\nAfter\n",
    "open code": "```\n" + "line of text\n" * 200,
    "long line": "```json\n" + '{"a": 1}, ' * 700 + "\n{}\n" * 40 + "```\n",
    "indented": "    x = 1\n" * 100 + "\nAfter\n",
    "list": "Before\n\n" + "- an item\n  - inner\n- ```py\n  x = 1\n  ```\n" * 40 + "\nAfter\n",
    "loosened list": "- an item\n" * 30 + "\n" + "- another\n" * 30,
    "numbers": "7. an item\n" * 50 + "\n> quoted\n",
    "table": "| a | b |\n|---|--:|\n"
    + "| one | *two* |\n" * 150
    + "| a much longer cell | x |\n" * 20
    + "\nAfter\n",
    "columns": "|" + " a |" * 100 + "\n|" + "-|" * 100 + "\n" + "| one " * 100 + "|\n",
    "both": "| a |\n|---|\n| 1 |\n\n```c\nint x;\n```\n- a\n- b\n\n```c\nint y;\n```\n" * 8,
    "citations": "- an item\n" * 40 + "\n```py\n" + "x = 1\n" * 50 + "```\n",
}


def measure(text: str, bold: bool) -> int:
    return len(text) * (8 if bold else 7)


@pytest.mark.parametrize("name", TEXTS)
def test_grown_is_cut_like_whole(name: str) -> None:
    """After every piece, what stays and what follows it are the strips of the whole."""
    text, chance = TEXTS[name], random.Random(name)
    placed = ((100, 1), (420, 2)) if name == "citations" else ()
    section = TextSection(TextItem("", placed), 0, streaming=True)
    strips: list[Strip] = []
    pieces = cut(text, [chance.randint(1, 90) for _ in range(9)])
    for at, piece in enumerate((*pieces, "")):
        if at < len(pieces):
            section.stream.feed(piece)
        else:
            section.stream.finish()
        kept, fresh = section.cut(measure)
        strips[kept:] = fresh
        assert section.all(measure) == strips
    whole = TextSection(TextItem(text, placed), 0, streaming=False)
    assert strips == whole.all(measure)


def test_a_late_footnote_cuts_only_the_blocks_that_name_it_anew() -> None:
    text = "".join(f"Some words.\n\nsee[^{at}]\n\n```\nx\n```\n\n" for at in range(40))
    section = TextSection(TextItem(""), 0, streaming=True)
    section.stream.feed(text)
    before = section.all(measure)
    section.stream.feed("[^7]: A note.\n")
    section.stream.finish()
    after = section.all(measure)
    other = [at for at, strip in enumerate(before) if strip is not after[at]]
    assert other == [3 * 7 + 1]
    assert after == TextSection(TextItem(section.stream.source), 0, streaming=False).all(measure)


@pytest.mark.parametrize("name", ["code", "table", "list"])
def test_only_the_end_is_cut_again(name: str) -> None:
    section = TextSection(TextItem(""), 0, streaming=True)
    again = 0
    pieces = cut(TEXTS[name], [40])
    for piece in pieces:
        section.stream.feed(piece)
        again += len(section.cut(measure)[1])
    strips = len(section.all(measure))
    assert again < 4 * len(pieces) + 12 * strips


def laid_code(view: TranscriptView) -> list[CodeLines]:
    entry = view.column.entries[-1]
    strips = [strip for at in range(len(entry.strips or ())) if (strip := entry.if_laid(at))]
    return [laid.strip for laid in strips if isinstance(laid.strip, CodeLines)]


def test_long_code_is_coloured_after_it_is_shown(show: Show, qtbot: QtBot) -> None:
    view = show(Answer("a", "", (TextItem("```python\n" + "def f(x):\n    return 'a'\n" * 1000 + "```"),)))
    entry = view.column.entries[0]
    view.read(entry)
    view.to_end()
    last = len(entry.strips or ()) - 2
    laid = entry.if_laid(last)
    assert laid is not None
    strip = laid.strip
    assert isinstance(strip, CodeLines)
    qtbot.waitUntil(lambda: laid.coloured[1] == strip.offset + len(strip.text), timeout=20_000)
    block = laid.panes[0].document.firstBlock()
    colours = {span.format.foreground().color().name() for span in block.layout().formats()}
    assert view.look.code_colour("keyword").name() in colours


def test_long_lines_are_wrapped_and_scrolled(show: Show) -> None:
    line = "word = other_word + " * 40
    view = show(Answer("a", "", (TextItem(f"```python\n{line}\n```\n\n```\n{line}\n```"),)), width=400)
    entry = view.column.entries[0]
    stops = [stop for stop in view.stops(entry) if stop[2].kind == "wrap"]
    assert view.reach(entry, stops[0][1]) > 1000
    view.activate(*stops[0])
    assert entry.strip_height(stops[0][1]) > 3 * entry.strip_height(stops[1][1])
    assert view.reach(entry, stops[0][1]) == 0
    assert view.wide_block() == (entry, stops[1][1])
    view.activate(*next(stop for stop in view.stops(entry) if stop[2].kind == "copy_code"))
    view.activate(*next(stop for stop in view.stops(entry) if stop[2].kind == "wrap"))
    assert view.reach(entry, stops[0][1]) > 1000


def test_a_wide_table_is_scrolled_by_keys(show: Show) -> None:
    cells = "| column " * 40 + "|\n"
    view = show(Answer("a", "", (TextItem(cells + "|---" * 40 + "|\n" + cells * 3),)))
    entry = view.column.entries[0]
    rows = [at for at, strip in enumerate(entry.strips or ()) if isinstance(strip, Row)]
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.scrolled(entry, rows[-1]) == 60
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.scrolled(entry, rows[0]) == 0


def test_the_thumb_of_a_wide_block_is_dragged(show: Show) -> None:
    line = "word = other_word + " * 40
    view = show(Answer("a", "", (TextItem(f"```python\n{line}\n```"),)), width=400)
    entry = view.column.entries[0]
    code = next(at for at, strip in enumerate(entry.strips or ()) if isinstance(strip, CodeLines))
    rect, screen = view.strip_rect(entry, code), view.viewport()
    thumb = rect.bottomLeft() + QPoint(30, -5)
    QTest.mousePress(screen, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, thumb)
    QTest.mouseMove(screen, thumb + QPoint(40, 60))
    moved = view.scrolled(entry, code)
    QTest.mouseMove(screen, thumb + QPoint(2000, 0))
    QTest.mouseRelease(screen, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, thumb)
    assert 0 < moved < view.scrolled(entry, code) == view.reach(entry, code)
    assert view.selection.ends is None


def test_a_footnote_is_walked_to(show: Show) -> None:
    text = "A claim[^1].\n\n" + "Words.\n\n" * 60 + "[^1]: Its *source*.\n"
    view = show(Answer("a", "", (TextItem(text),)))
    entry = view.column.entries[0]
    view.verticalScrollBar().setValue(0)
    (stop,) = [stop for stop in view.stops(entry) if stop[2].kind == "note"]
    assert stop[2].label == "Footnote 1"
    view.activate(*stop)
    strips = entry.strips or []
    note = next(at for at, strip in enumerate(strips) if getattr(strip, "note", ""))
    assert view.viewport().rect().contains(view.strip_rect(entry, note))
    view.select_all()
    assert view.selected_text().startswith("A claim[1].")
