"""Thousands of messages: only what is seen is read and laid out, and jumping or resizing keeps one's place."""

from chatapp.desktop.transcript.column import KEPT
from tests.desktop.transcript.conftest import Show
from tests.desktop.transcript.samples import conversation


def test_opening_reads_only_what_is_seen(show: Show) -> None:
    view = show(*conversation(1000))
    assert sum(entry.strips is not None for entry in view.column.entries) < 8
    assert view.layouts < 60


def test_few_messages_stay_laid_out(show: Show) -> None:
    view = show(*conversation(200))
    for turn in range(0, 200, 2):
        view.scroll_to(f"a{turn}")
    assert sum(entry.strips is not None for entry in view.column.entries) <= KEPT


def test_scrolling_to_a_message_puts_its_top_at_the_top(show: Show) -> None:
    view = show(*conversation(300))
    for key in ("a150", "q3", "a298", "q0"):
        view.scroll_to(key)
        entry = view.column.get(key)
        assert entry is not None
        assert view.entry_rect(entry).top() == 0


def test_heights_add_up(show: Show) -> None:
    view = show(*conversation(50))
    for turn in (10, 40, 20):
        view.scroll_to(f"a{turn}")
    tops = [view.column.top(at) for at in range(100)]
    heights = [entry.height for entry in view.column.entries]
    assert tops == [sum(heights[:at]) for at in range(100)]


def test_resizing_keeps_the_line_that_is_read(show: Show) -> None:
    view = show(*conversation(60), width=700)
    view.scroll_to("a30")
    view.verticalScrollBar().setValue(view.verticalScrollBar().value() + 200)
    anchor = view._find_anchor()
    assert anchor is not None
    for width in (400, 900, 700):
        view.resize(width, 640)
        now = view._find_anchor()
        assert now is not None
        assert (now.key, now.strip) == (anchor.key, anchor.strip)


def test_scrolling_up_line_by_line_never_jumps(show: Show) -> None:
    """Heights guessed wrong above the view are set right without moving what is seen."""
    view = show(*conversation(120))
    bar = view.verticalScrollBar()
    for _ in range(200):
        entry, strip = next(iter(view.visible(bar.value() + 300, bar.value() + 420)))
        before = view.strip_origin(entry, strip).y()
        bar.setValue(bar.value() - 40)
        assert view.strip_origin(entry, strip).y() == before + 40


def test_long_blocks_are_many_strips(show: Show) -> None:
    text = "```\n" + "x = 1\n" * 20_000 + "```\n"
    view = show(*conversation(1))
    from chatapp.desktop.transcript.messages import Answer, TextItem

    before = view.layouts
    view.append(Answer("long", "", (TextItem(text),)))
    view.scroll_to("long")
    assert len(view.column.entries[-1].strips or []) > 500
    assert view.layouts - before < 12
