"""Text of every direction and script: which side it stands at, where it breaks, where its positions are."""

import pytest
from PySide6.QtCore import Qt

from chatapp.desktop.transcript.laid import Laid
from chatapp.desktop.transcript.messages import Answer, TextItem
from chatapp.desktop.transcript.runs import OBJECT
from chatapp.desktop.transcript.strips import CodeLines, Prose
from chatapp.desktop.transcript.view import TranscriptView
from tests.desktop.transcript.conftest import Show
from tests.desktop.transcript.samples import answer

HEBREW = "פריט ראשון with English"


def laid(view: TranscriptView, wanted: str) -> Laid:
    """The strip of the answer that has these words."""
    entry = view.column.entries[0]
    at = next(at for at, strip in enumerate(entry.strips or ()) if wanted in strip.text)
    return entry.laid(at, view.column.setter)


@pytest.mark.parametrize(
    ("text", "mirrored"),
    [
        ("- " + HEBREW, True),
        ("> " + HEBREW, True),
        ("- English עם", False),
        ("- [ ] " + HEBREW, True),
        (HEBREW, True),
    ],
)
def test_each_block_stands_at_the_side_it_is_read_from(show: Show, text: str, mirrored: bool) -> None:
    view = show(answer(1, f"{text}\n\nEnglish after it.\n"))
    found = laid(view, "English")
    pane = found.panes[0]
    assert found.mirrored is mirrored
    assert pane.x + pane.width <= found.width
    assert (pane.x == 0) is (mirrored or not found.strip.frame.indent)
    assert not laid(view, "after it").mirrored
    assert found.across(3, 2) == (found.width - 5 if mirrored else 3)
    view.grab()


def test_code_is_always_read_from_left_to_right(show: Show) -> None:
    view = show(answer(1, '```python\nשלום = "עולם"\n```\n'))
    found = laid(view, "שלום")
    assert isinstance(found.strip, CodeLines)
    assert found.panes[0].document.firstBlock().textDirection() == Qt.LayoutDirection.LeftToRight


def test_a_marker_follows_its_sentence_to_the_left(show: Show) -> None:
    text = "משפט ראשון. משפט שני."
    view = show(Answer("a1", "", (TextItem(text, ((11, 1),)),)))
    found = laid(view, OBJECT)
    spot = found.strip.spots[0]
    marker = found.spot_rects(spot)[0]
    before = found.panes[0].rects(0, 4)[0]
    after = found.panes[0].rects(spot.end + 1, spot.end + 5)[0]
    assert after.right() <= marker.left() + 1
    assert marker.right() <= before.left() + 1


def test_a_part_of_the_other_direction_stands_where_it_is_seen(show: Show) -> None:
    """At its end, in its middle and as all of it: as wide as in a line of its own direction."""
    text = "פריט עם English"
    view = show(answer(1, f"{text}\n\nEnglish\n"))
    entry = view.column.entries[0]
    strips = [strip.text for strip in entry.strips or ()]
    pane, plain = (
        entry.laid(strips.index(words), view.column.setter).panes[0] for words in (text, "English")
    )
    begin = text.index("English")
    (whole,), (wanted,) = pane.rects(begin, len(text)), plain.rects(0, 7)
    assert whole.width() == pytest.approx(wanted.width(), abs=1)
    (last,) = pane.rects(len(text) - 1, len(text))
    assert last.right() == pytest.approx(whole.right(), abs=1)
    (every,) = pane.rects(0, len(text))
    assert every.width() == pytest.approx(pane.document.idealWidth(), abs=2)


def test_a_column_of_a_table_keeps_its_side(show: Show) -> None:
    view = show(answer(1, "| שם | מחיר |\n|---|--:|\n| כבל | 10 |\n"))
    edges = []
    for words in ("מחיר", "10"):
        pane = laid(view, words).panes[1]
        (rect,) = pane.rects(pane.start, pane.end)
        edges.append(rect.right())
    assert edges[0] == pytest.approx(edges[1], abs=1)


@pytest.mark.parametrize(
    "text", ["長" * 300, "Donaudampfschifffahrt" * 30, "👩‍👩‍👧‍👦" * 120, "a\u0301\u0323" * 400]
)
def test_nothing_is_wider_than_the_column(show: Show, text: str) -> None:
    view = show(answer(1, text + "\n"), width=420)
    found = laid(view, text[:20])
    document = found.panes[0].document
    assert isinstance(found.strip, Prose)
    layout = document.firstBlock().layout()
    widths = [layout.lineAt(number).naturalTextWidth() for number in range(layout.lineCount())]
    assert len(widths) > 1
    assert max(widths) <= found.width + 1
