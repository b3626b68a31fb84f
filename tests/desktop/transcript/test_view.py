"""The transcript as its reader meets it: what is shown, clicked, walked to and pressed."""

from functools import partial

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolTip
from pytestqt.qtbot import QtBot

from chatapp.desktop import theme
from chatapp.desktop.transcript.entry import Entry
from chatapp.desktop.transcript.folds import fold_text
from chatapp.desktop.transcript.laid import Document
from chatapp.desktop.transcript.manners import Anchor
from chatapp.desktop.transcript.messages import (
    Answer,
    CallItem,
    File,
    Later,
    Question,
    ReasoningItem,
    RefusalItem,
    ResultItem,
    SearchItem,
    TextItem,
    UnknownItem,
)
from chatapp.desktop.transcript.runs import Spot
from chatapp.desktop.transcript.strips import CodeLines, Fold, Prose
from chatapp.desktop.transcript.view import TranscriptView
from tests.desktop.transcript.conftest import Show
from tests.desktop.transcript.samples import CUT, TEXT, answer, conversation, question

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier


def stop(view: TranscriptView, entry: Entry, kind: str, target: str) -> tuple[Entry, int, Spot]:
    return next(found for found in view.stops(entry) if (found[2].kind, found[2].target) == (kind, target))


def click(qtbot: QtBot, view: TranscriptView, kind: str, target: str, message: int = -1) -> None:
    where = view.spot_rect(*stop(view, view.column.entries[message], kind, target))
    QTest.mouseClick(view.viewport(), LEFT, pos=where.center())


def test_names(show: Show) -> None:
    view = show(question(), answer())
    assert (view.objectName(), view.accessibleName()) == ("transcript", "Transcript")


def test_a_marker_a_link_and_buttons_are_clicked(show: Show, qtbot: QtBot) -> None:
    view = show(question(), answer(siblings=(2, 3), notice=CUT), height=900)
    with qtbot.waitSignal(view.citation_activated) as citation:
        click(qtbot, view, "marker", "1")
    assert citation.args == ["a1", 1]
    with qtbot.waitSignal(view.link_activated) as link:
        click(qtbot, view, "link", "https://example.org/rule")
    assert link.args == ["https://example.org/rule", "the rule"]
    actions = (
        "copy",
        "regenerate",
        "edit",
        "fork",
        "inspect",
        "previous_sibling",
        "next_sibling",
        "continue",
        "retry",
    )
    for name in actions:
        with qtbot.waitSignal(view.action) as pressed:
            click(qtbot, view, "action", name)
        assert pressed.args == ["a1", name]
    for name in ("edit", "copy"):
        with qtbot.waitSignal(view.action) as pressed:
            click(qtbot, view, "action", name, message=0)
        assert pressed.args == ["q1", name]


def test_the_code_button_copies_the_code(show: Show, qtbot: QtBot) -> None:
    code = "\n".join(f"line {at}" for at in range(100))
    view = show(question(), answer(text=f"```python\n{code}\n```\n"))
    view.scroll_to("a1")
    click(qtbot, view, "copy_code", "2000001")
    assert QApplication.clipboard().text() == code


def test_a_fold_opens_and_closes(show: Show, qtbot: QtBot) -> None:
    view = show(question(), answer(), height=900)
    entry = view.column.entries[-1]
    before = len(entry.strips or [])
    assert (entry.strips or [])[1] == Fold(
        "Thought for 2 s  ·  Searched “airplanes” — 8 passages, 2 cited", 0, False
    )
    click(qtbot, view, "fold", "0")
    assert len(entry.strips or []) == before + 2
    click(qtbot, view, "fold", "0")
    assert len(entry.strips or []) == before


def test_a_folded_search_is_one_line_and_an_opened_one_is_whole(show: Show, qtbot: QtBot) -> None:
    queries = tuple(f"a rather long question about airplanes number {at}" for at in range(5))
    search = SearchItem(queries, 2, 1, ("a.pdf · p. 5 · score 0.90", "b.md · line 4 · score 0.50"))
    view = show(question(), Answer("a1", "m", (search, TextItem("It is so."))), width=520)
    entry = view.column.entries[-1]
    folded = (entry.strips or [])[1]
    assert isinstance(folded, Fold)
    assert "” · “" in folded.text
    assert folded.text.endswith("· 2 more — 2 passages, 1 cited")
    assert entry.strip_height(1) == view.column.setter.lay(Fold("short", 0, False), 400).height
    click(qtbot, view, "fold", "0")
    opened = (entry.strips or [])[1]
    assert isinstance(opened, Fold)
    assert all(query in opened.text for query in queries)
    details = [strip.text for strip in (entry.strips or [])[2:4] if isinstance(strip, Prose)]
    assert details == list(search.results)


def test_a_query_from_right_to_left_leaves_the_order_of_its_line() -> None:
    search = SearchItem(("ما معنى حبيبي؟", "habibi"), 9, 3)
    assert fold_text([search]) == "Searched \u2068“ما معنى حبيبي؟”\u2069 · “habibi” — 9 passages, 3 cited"


def test_quotes_are_blocks_of_their_own(show: Show) -> None:
    text = "> The first.\n\nfrom a.pdf\n\n> The second.\n\n> The third.\n\nfrom b.pdf\n"
    view = show(question(), Answer("a1", "m", (TextItem(text),)))
    entry = view.column.entries[-1]
    at = [place for place, strip in enumerate(entry.strips or []) if strip.frame.bars]
    words = [strip.text for strip in entry.strips or [] if isinstance(strip, Prose)]
    assert words == ["The first.", "from a.pdf", "The second.", "The third.", "from b.pdf"]
    second, third = at[1:]
    bottom = view.strip_origin(entry, second).y() + entry.strip_height(second)
    top = view.strip_origin(entry, third).y()
    assert top - bottom >= 8
    picture = view.viewport().grab().toImage()
    bar = view.strip_origin(entry, second).x() + 2
    assert picture.pixelColor(bar, bottom - 2) != picture.pixelColor(bar, (top + bottom) // 2)
    assert picture.pixelColor(bar, top + 2) == picture.pixelColor(bar, bottom - 2)


def test_the_citation_that_is_open_has_a_ring(show: Show) -> None:
    view = show(question(), answer(), height=900)
    plain = view.viewport().grab().toImage()
    view.mark_citation("a1", 1)
    ringed = view.viewport().grab().toImage()
    assert ringed != plain
    view.mark_citation("a1", 2)
    assert view.viewport().grab().toImage() == plain
    view.mark_citation("a1", 0)
    assert view.viewport().grab().toImage() == plain


def test_a_marker_out_of_sight_is_sought(show: Show) -> None:
    text = "A line of the answer.\n\n" * 80
    view = show(question(), Answer("a1", "m", (TextItem(text, ((len(text) - 2, 7),)),)), height=400)
    view.scroll_to("q1")
    assert view.verticalScrollBar().value() == 0
    view.mark_citation("a1", 7, seek=True)
    assert view.verticalScrollBar().value() > 400


def test_tab_walks_links_and_markers_and_enter_follows(show: Show, qtbot: QtBot) -> None:
    view = show(question(), answer(), height=900)
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    assert view.current == 1
    for _ in range(2):
        QTest.keyClick(view, Qt.Key.Key_Tab)
    assert view.focused is not None
    assert view.focused[2].kind == "marker"
    with qtbot.waitSignal(view.citation_activated) as citation:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert citation.args == ["a1", 1]
    QTest.keyClick(view, Qt.Key.Key_Tab)
    with qtbot.waitSignal(view.link_activated):
        QTest.keyClick(view, Qt.Key.Key_Return)
    for _ in range(2):
        QTest.keyClick(view, Qt.Key.Key_Backtab)
    assert view.focused is not None
    assert view.focused[2].target == "0"


def test_up_and_down_walk_messages(show: Show, qtbot: QtBot) -> None:
    view = show(*conversation(20))
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    assert view.current == 39
    for _ in range(5):
        QTest.keyClick(view, Qt.Key.Key_Up)
    assert view.current == 34
    assert view.entry_rect(view.column.entries[34]).intersects(view.viewport().rect())
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.current == 35


def test_ctrl_up_and_down_walk_questions(show: Show) -> None:
    view = show(*conversation(20))
    for _ in range(3):
        QTest.keyClick(view, Qt.Key.Key_Up, CONTROL)
    first = view.current
    assert view.column.entries[first].key.startswith("q")
    for step in (1, 2, 3):
        QTest.keyClick(view, Qt.Key.Key_Up, CONTROL)
        assert view.current == first - 2 * step
        assert view.entry_rect(view.column.entries[view.current]).top() == 0
    view.verticalScrollBar().setValue(view.verticalScrollBar().value() + 200)
    QTest.keyClick(view, Qt.Key.Key_Up, CONTROL)
    assert view.current == first - 6
    for _ in range(40):
        QTest.keyClick(view, Qt.Key.Key_Down, CONTROL)
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()
    for _ in range(40):
        QTest.keyClick(view, Qt.Key.Key_Up, CONTROL)
    assert view.current == 0


def test_the_line_over_an_answer_says_more_and_leads_to_the_inspector(show: Show, qtbot: QtBot) -> None:
    view = show(question(), answer(details="Asked at noon\nFinished <later>"))
    view.go(1)
    QTest.keyClick(view, Qt.Key.Key_Tab)
    assert view.focused is not None
    assert (view.focused[2].kind, view.focused[2].label) == ("about", "Asked at noon\nFinished <later>")
    qtbot.waitUntil(lambda: "Asked at noon<br>Finished &lt;later&gt;" in QToolTip.text())
    with qtbot.waitSignal(view.action) as pressed:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert pressed.args == ["a1", "inspect"]
    QToolTip.hideText()


def the_menu(view: TranscriptView) -> QMenu:
    menu: QMenu = view.findChildren(QMenu, "messageMenu")[-1]
    return menu


def test_the_menu_of_a_message_by_keys_and_from_its_row(show: Show, qtbot: QtBot) -> None:
    view = show(question(), answer(), height=900)
    view.go(0)
    QTest.keyClick(view, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    named = {action.text(): action for action in the_menu(view).actions() if action.text()}
    assert [*named] == [
        "Copy", "Copy as Markdown", "Select all", "Copy question as text", "Edit", "Copy question as Markdown",
        "Vary from here…", "Delete from here on",
    ]  # fmt: skip
    with qtbot.waitSignal(view.action) as pressed:
        named["Edit"].trigger()
    assert pressed.args == ["q1", "edit"]
    the_menu(view).close()
    view.go(1)
    QTest.keyClick(view, Qt.Key.Key_Menu)
    by_keys = [action.text() for action in the_menu(view).actions()]
    the_menu(view).close()
    click(qtbot, view, "action", "more")
    menu = the_menu(view)
    assert [action.text() for action in menu.actions()] == by_keys
    named = {action.text(): action for action in menu.actions()}
    assert {"Regenerate", "Fork here", "Inspect"} <= named.keys()
    named["Copy answer as text"].trigger()
    assert QApplication.clipboard().text().startswith("The AD affects 73 airplanes")
    menu.close()


def test_every_item_has_its_strips(show: Show) -> None:
    items = (TextItem("Hello"), RefusalItem("No."), UnknownItem("shell_call", '{"a": 1}'))
    view = show(Answer("a", "", items))
    strips = view.column.entries[0].strips or []
    assert [strip.text for strip in strips if isinstance(strip, Prose)] == ["Hello", "No."]
    assert [strip.text for strip in strips if isinstance(strip, Fold)] == ["Item of type shell_call"]


def test_actions_wait_for_the_end_and_their_place_is_kept(show: Show) -> None:
    view = show(question(), answer(streaming=True))
    entry = view.column.entries[-1]
    height = entry.height
    assert not [found for found in view.stops(entry) if found[2].kind == "action"]
    view.replace("a1", answer())
    assert [found for found in view.stops(entry) if found[2].kind == "action"]
    assert entry.height == height


def test_a_sibling_takes_the_place_of_an_answer(show: Show) -> None:
    view = show(question(), answer(1), question(2))
    kept = view.column.entries[0]
    view.set_messages([question(), answer(3, "Another answer")])
    assert [entry.key for entry in view.column.entries] == ["q1", "a3"]
    assert view.column.entries[0] is kept


def test_unknown_keys_are_errors(show: Show) -> None:
    view = show(question())
    with pytest.raises(KeyError):
        view.grow("a", 0, "x")
    with pytest.raises(KeyError):
        view.replace("a", answer())
    with pytest.raises(KeyError):
        view.scroll_to("a")


def test_only_text_on_its_way_can_grow(show: Show) -> None:
    view = show(question(), answer(), answer(2, streaming=True))
    for key, item in (("q1", 0), ("a1", 2), ("a2", 0), ("a2", 7)):
        with pytest.raises(ValueError, match="not a text"):
            view.grow(key, item, "x")


def test_another_branch_keeps_what_is_shown_and_stands_at_a_place(show: Show) -> None:
    path = conversation(12)
    view = show(*path)
    kept = view.column.entries[:10]
    later = [question(20, "Question 20"), answer(20, "Answer 20."), *conversation(12)[14:]]
    view.set_messages(later, kept=10, place=Anchor(later[0].key, -1, 0))
    assert view.column.entries[:10] == kept
    assert [entry.key for entry in view.column.entries[10:]] == [message.key for message in later]
    assert view.entry_rect(view.column.entries[10]).top() == 0
    view.set_messages([], kept=4, place=Anchor("nowhere", -1, 0))
    assert view.column.entries == kept[:4]


def test_the_same_keys_keep_their_place_and_folds(show: Show) -> None:
    view = show(question(), answer(streaming=True))
    entry = view.column.entries[1]
    view.activate(*stop(view, entry, "fold", "0"))
    view.set_messages([question(), answer(), question(2)])
    assert view.column.entries[1] is entry
    assert entry.open_folds == {0}
    assert not entry.streaming


def test_calls_that_wait_stand_open_and_fold_when_they_are_answered(show: Show) -> None:
    calls = (CallItem("look_up", '{"a": 1}', waiting=True), CallItem("get_time", "", waiting=True))
    view = show(question(), Answer("a", "m", calls))
    entry = view.column.entries[1]

    def texts() -> list[str]:
        return [strip.text for strip in entry.strips or [] if strip.text][1:]

    opened = ["Called look_up  ·  Called get_time", "look_up", '{"a": 1}', "get_time", "no arguments"]
    assert texts() == opened
    view.activate(*stop(view, entry, "fold", "0"))
    assert texts() == opened[:1]
    view.activate(*stop(view, entry, "fold", "0"))
    assert texts() == opened
    view.activate(*stop(view, entry, "fold", "0"))
    view.replace("a", Answer("a", "m", (CallItem("look_up", '{"a": 1}'), CallItem("get_time", ""))))
    assert texts() == opened[:1]


RESULTS = (ResultItem("get_weather", "4 °C, " + "rain " * 200), ResultItem("get_time", "", done=False))


def test_results_fold_and_stand_in_no_card(show: Show) -> None:
    view = show(answer(), Question("q", "", results=RESULTS), answer(2))
    entry = view.column.entries[1]
    assert view.card_rect(entry).isNull()
    assert [strip.text for strip in entry.strips or []] == ["Results of get_weather, get_time"]
    closed = entry.height
    view.activate(*stop(view, entry, "fold", "0"))
    assert entry.height > closed
    texts = [strip.text for strip in entry.strips or []]
    assert texts[1] == "get_weather"
    assert texts[-1] == "get_time was not run"
    assert view.card_rect(entry).isNull()


def test_a_question_with_results_keeps_its_card_below_them(show: Show) -> None:
    view = show(answer(), Question("q", "And now?", results=RESULTS[:1]), answer(2))
    entry = view.column.entries[1]
    fold = view.strip_rect(entry, 0)
    card = view.card_rect(entry)
    assert fold.bottom() < card.top()
    below = view.entry_rect(entry)
    assert card.bottom() <= below.bottom()
    view.activate(*stop(view, entry, "fold", "0"))
    assert view.card_rect(entry).height() == card.height()


@pytest.mark.parametrize("palette", list(theme.PALETTES.values()), ids=list(theme.PALETTES))
@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_every_palette_and_size_is_painted(show: Show, palette: theme.Palette, factor: float) -> None:
    view = show(question(), answer(notice=CUT, siblings=(1, 2)), Question("q2", "x", (File("report.pdf"),)))
    view.set_palette(palette)
    view.set_text_size(factor)
    image = view.grab().toImage()
    corner = image.pixelColor(2, 2).name().upper()
    assert corner == palette.surface
    colours = {image.pixelColor(x, y).name() for x in range(0, 860, 7) for y in range(0, 640, 5)}
    assert len(colours) > 3


def test_right_to_left_and_wide_characters_are_laid_out(show: Show) -> None:
    view = show(
        answer(text="مرحبا بالعالم\n\n日本語のテキスト 🙂 e\u0301\n\n" + "wordwithoutend" * 100), width=420
    )
    for at, strip in enumerate(view.column.entries[0].strips or []):
        laid = view.column.entries[0].laid(at, view.column.setter)
        assert laid.height >= view.look.px(9), strip
        assert all(pane.document.idealWidth() <= pane.width + 1 for pane in laid.panes)


def test_wide_code_scrolls_sideways_and_prose_does_not(show: Show) -> None:
    view = show(answer(text="words\n\n```\n" + "x" * 400 + "\n```\n"))
    entry = view.column.entries[0]
    code = next(at for at, strip in enumerate(entry.strips or []) if isinstance(strip, CodeLines))
    assert view.scroll_sideways(entry, code, 100)
    assert view.scrolled(entry, code) == 100
    assert not view.scroll_sideways(entry, code - 1, 100)
    assert view.scroll_sideways(entry, code, 10**6)
    assert 100 < view.scrolled(entry, code) < 400 * view.look.mono_advance


def test_documents_load_nothing(tmp_path: object, qapp: QApplication) -> None:
    document = Document()
    for kind in QTextDocument.ResourceType:
        assert document.loadResource(kind.value, QUrl("file:///etc/hostname")) is None
    assert (
        document.resource(QTextDocument.ResourceType.ImageResource.value, QUrl("file:///etc/hostname"))
        is None
    )


@pytest.mark.parametrize(
    "hostile",
    [
        "![x](file:///etc/hostname)",
        "<img src='file:///etc/hostname'><b>bold</b>",
        "<style>@import 'https://example.org/x.css'</style>",
        "[click](javascript:alert(1))",
        "[click](\\\\host\\share)",
    ],
)
def test_hostile_markup_is_shown_as_text(show: Show, hostile: str) -> None:
    view = show(answer(text=hostile))
    entry = view.column.entries[0]
    assert not [found for found in view.stops(entry) if found[2].kind == "link"]
    texts = [strip.text for strip in entry.strips or [] if isinstance(strip, Prose)]
    assert "".join(texts).replace("\\", "").endswith(hostile.replace("\\", ""))
    assert view.grab().width() == 860


@pytest.mark.qt_log_ignore("This plugin does not support raise")
def test_the_tool_tip_of_a_link_is_escaped(show: Show, qtbot: QtBot) -> None:
    view = show(answer(text="[x](https://example.org/?a=<b>&c)"), height=900)
    where = view.spot_rect(
        *next(found for found in view.stops(view.column.entries[0]) if found[2].kind == "link")
    )
    QTest.mouseMove(view.viewport(), where.center())
    view._pointer._hover(where.center())
    assert view.hovered is not None
    assert view.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor
    view._pointer.left()


def test_the_column_is_never_wider_than_it_reads_well(show: Show) -> None:
    view = show(question(), answer(), width=1600)
    left, width = view.column_rect()
    assert width == theme.READING_COLUMN
    assert abs(2 * left + width - view.viewport().width()) <= 1
    card = view.card_rect(view.column.entries[0])
    assert card.right() + 1 == left + width
    assert card.width() <= 0.8 * width + 1


def test_the_source_is_what_was_given(show: Show) -> None:
    view = show(answer())
    assert view.source("a1", 2) == TEXT
    assert view.source("a1", 0) == ""


def test_a_point_beside_the_text_is_no_spot(show: Show) -> None:
    view = show(question(), answer())
    assert view._pointer.spot(QPoint(1, 1)) is None


def test_a_link_says_where_it_leads_when_the_keyboard_reaches_it(show: Show, qtbot: QtBot) -> None:
    view = show(Answer("a", "", (TextItem("[words](https://example.org/there)"),)))
    (stop,) = [stop for stop in view.stops(view.column.entries[0]) if stop[2].kind == "link"]
    view.focus_spot(*stop)
    assert "https://example.org/there" in QToolTip.text()
    QToolTip.hideText()


def test_messages_left_for_later_are_made_when_they_are_seen_or_nothing_else_is_to_do(
    show: Show, qtbot: QtBot
) -> None:
    made: list[int] = []

    def make(number: int) -> Answer:
        made.append(number)
        return Answer(f"a{number}", "", (TextItem(f"Answer {number}."),))

    later = [Later(f"a{number}", Answer, (90, 0), partial(make, number)) for number in range(200)]
    view = show()
    view.set_messages([*later, Answer("last", "", (TextItem("The last."),))])
    seen = set(made)
    assert 0 < len(seen) < 20
    assert all(entry.height for entry in view.column.entries)
    view.scroll_to("a0")
    assert 0 in made
    qtbot.waitUntil(lambda: len(made) == 200)
    assert set(made) == set(range(200))
    view.set_messages([*later, Answer("last", "", (TextItem("Another last."),))])
    assert view.source("a150", 0) == "Answer 150."
    assert view.source("last", 0) == "Another last."


def test_a_message_in_view_is_made_anew_at_once(show: Show) -> None:
    view = show(Answer("a1", "", (TextItem("Before."),)))
    view.set_messages([Later("a1", Answer, (6, 0), lambda: Answer("a1", "", (TextItem("After."),)))])
    assert view.column.entries[0].laid(0, view.column.setter).strip.text == "After."


def test_thoughts_are_read_as_markdown(show: Show) -> None:
    thoughts = "**Weighing it**\n\nFirst `this`, then:\n- one\n- two\n\n```\na\n\nb\n```"
    view = show(Answer("a1", "", (ReasoningItem(thoughts, 2.0),)))
    entry = view.column.entries[0]
    view.toggle_fold(entry, 0)
    texts = [strip for strip in entry.strips or () if isinstance(strip, Prose | CodeLines)]
    assert [strip.text for strip in texts] == ["Weighing it", "First this, then:", "one", "two", "a\n\nb"]
    assert {strip.tone for strip in texts if isinstance(strip, Prose)} == {"secondary"}
    assert all(0 in strip.frame.bars for strip in texts)
