"""The picture of the tree: what its rows say, how it is walked, folded and fitted, what a screen reader is told."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatapp.conversation.answer import Status
from chatapp.conversation.chain import Health, Standing
from chatapp.conversation.tree import Tree, Turn
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.tree.column import TreeColumn
from chatapp.desktop.tree.painting import SIZES
from chatapp.desktop.tree.view import TreeView
from chatapp.desktop.widgets import Icons
from tests.kit.forests import chain, fan, forest, turn

Key = Qt.Key
Name = QAccessible.Text.Name
Shown = Callable[..., TreeView]
EVERY_KEY = (
    Key.Key_Up, Key.Key_Down, Key.Key_Left, Key.Key_Right, Key.Key_Home, Key.Key_End, Key.Key_PageUp, Key.Key_PageDown,
    Key.Key_Space, Key.Key_F, Key.Key_Delete, Key.Key_Plus, Key.Key_Minus, Key.Key_Escape, Key.Key_Return, Key.Key_Menu,
)  # fmt: skip


def small() -> list[Turn]:
    """a-b-c, where b was also answered by d, and c failed; d goes on with e."""
    return [
        turn("a", None, 0),
        turn("b", "a", 1),
        turn("c", "b", 2, "Why?", Status.FAILED, temperature=0.2),
        turn("d", "b", 3, "Why?", temperature=0.9),
        turn("e", "d", 4),
    ]


@pytest.fixture
def shown(qapp: QApplication, qtbot: QtBot) -> Shown:
    look = Appearance(qapp, "light", 1.0)

    def show(turns: list[Turn], leaf: str, width: int = 300, height: int = 500) -> TreeView:
        view = TreeView(look)
        qtbot.addWidget(view)
        view.resize(width, height)
        view.show()
        view.plant(Tree(turns), leaf, fresh=True)
        view.activateWindow()
        view.setFocus()
        qtbot.waitUntil(view.hasFocus)
        return view

    return show


def titles(view: TreeView) -> list[str]:
    return [view.plan.words(row).title for row in view.plan.shown]


def press(view: TreeView, *keys: Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    for key in keys:
        QTest.keyClick(view, key, modifier)


def test_rows_say_what_differs_how_long_they_are_and_how_they_ended(shown: Shown) -> None:
    view = shown(small(), "e")
    assert titles(view) == [small()[0].text, "temperature 0.2", "temperature 0.9"]
    lines = [view.plan.words(row).line for row in view.plan.shown]
    assert lines[0] == f"2 turns · {small()[1].text}"
    assert lines[1].startswith("Failed · The change affects 73 airplanes")
    assert lines[2] == f"2 turns · {small()[4].text}"
    assert [view.plan.words(row).sign for row in view.plan.shown] == ["done", "failed", "done"]
    assert view.plan.way == (0, 2)
    assert "temperature 0.2" in view.tip(1)
    assert "gpt-5.6" in view.tip(1)


def test_an_answer_that_its_server_lost_is_told_of(shown: Shown) -> None:
    view = shown(small(), "e")
    before = view.grab().toImage()
    lost = Standing(Health.EXPIRED, "OpenAI did not have it any more on 3 May.")
    view.standing_of = lambda turn: lost if turn.id == "c" else Standing(Health.STORED, "It has it.")
    view.plant(view.plan.tree, "e")
    assert [view.plan.words(row).lost for row in view.plan.shown] == [False, True, False]
    assert "Expired: OpenAI did not have it" in view.tip(1)
    assert "Stored: It has it." in view.tip(2)
    assert "Expired" in view.plan.spoken(1)
    assert "Stored" not in view.plan.spoken(2)
    assert view.grab().toImage() != before


def test_enter_opens_the_end_of_a_row_and_shift_enter_its_beginning(shown: Shown, qtbot: QtBot) -> None:
    view = shown(small(), "c")
    opened: list[str] = []
    view.opened.connect(opened.append)
    assert view.here == 1
    press(view, Key.Key_Down, Key.Key_Return)
    press(view, Key.Key_Enter, modifier=Qt.KeyboardModifier.ShiftModifier)
    press(view, Key.Key_Home, Key.Key_Return)
    assert opened == ["e", "d", "b"]


def test_arrows_walk_fold_and_unfold(shown: Shown) -> None:
    view = shown(small(), "e")
    control = Qt.KeyboardModifier.ControlModifier
    steps = (
        ((Key.Key_Left,), 0, 3),
        ((Key.Key_Left,), 0, 1),
        ((Key.Key_Down,), 0, 1),
        ((Key.Key_Right, Key.Key_Right), 1, 3),
        ((Key.Key_End,), 2, 3),
    )
    for keys, row, count in steps:
        press(view, *keys)
        assert (view.here, len(view.plan.shown)) == (row, count)
        if count == 1:
            assert "3 folded" in view.plan.words(0).line
    press(view, Key.Key_Up, modifier=control)
    assert view.here == 0


def test_f_and_delete_name_what_they_are_about(shown: Shown) -> None:
    view = shown(small(), "e")
    marked: list[str] = []
    gone: list[str] = []
    view.favourite_asked.connect(marked.append)
    view.deletion_asked.connect(gone.append)
    press(view, Key.Key_F, Key.Key_Delete)
    view.set_favourites(["d"])
    press(view, Key.Key_F)
    assert marked == ["e", "d"]
    assert gone == ["d"]


def test_a_click_opens_and_a_click_on_a_fork_folds(shown: Shown) -> None:
    view = shown(small(), "e")
    opened: list[str] = []
    view.opened.connect(opened.append)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.rect_of(1).center())
    assert opened == ["c"]
    mark = QPoint(16, view.rect_of(0).center().y())
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=mark)
    assert view.plan.is_folded(0)
    assert opened == ["c"]


def test_a_large_tree_folds_its_sides_and_opens_what_is_gone_to(shown: Shown) -> None:
    turns = forest(900, 120)
    view = shown(turns, turns[-1].id)
    assert len(view.plan.rows) > 200
    assert len(view.plan.shown) < len(view.plan.rows)
    hidden = next(row for row in range(len(view.plan.rows)) if row not in view.plan.place_of)
    view.follow(view.plan.rows[hidden].last)
    assert set(view.plan.way) <= set(view.plan.place_of)
    assert view.here == view.plan.way[-1]
    assert view.viewport().rect().contains(view.rect_of(view.here))


def test_fit_takes_the_largest_rows_there_is_room_for(shown: Shown) -> None:
    for turns, size in ((small(), 2), (fan(5, 3), 1), (fan(7, 5), 0)):
        view = shown(turns, turns[-1].id)
        view.fit()
        assert view.scale_step == size
        assert view.verticalScrollBar().maximum() == 0
    press(view, Key.Key_Plus, Key.Key_Plus, Key.Key_Plus)
    assert view.scale_step == len(SIZES) - 1
    press(view, Key.Key_Minus)
    assert view.scale_step == len(SIZES) - 2


def test_it_grows_and_keeps_its_place_and_its_folds(shown: Shown) -> None:
    turns = small()
    view = shown(turns, "e")
    press(view, Key.Key_Home, Key.Key_Space)
    view.plant(Tree([*turns, turn("f", "e", 5)]), "e")
    assert view.here == 0
    assert view.plan.shown == (0, 1, 2), "the branch on screen is never folded away"
    view.plan.fold(())
    view.go(2)
    grown = Tree([*turns, turn("f", "e", 5), turn("g", "e", 6)])
    view.plant(grown, "g")
    assert view.plan.rows[view.here].last == "f"
    assert view.plan.way == (0, 2, 4)


def test_growth_draws_again_from_the_first_row_that_changed(shown: Shown, qtbot: QtBot) -> None:
    turns = small()
    view = shown(turns, "c")
    drawn: list[QRect] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if isinstance(event, QPaintEvent):
                drawn.append(event.rect())
            return False

    watch = Watch(view)
    view.viewport().installEventFilter(watch)
    view.plant(Tree([*turns, turn("f", "e", 5)]), "c")
    qtbot.waitUntil(lambda: bool(drawn))
    assert [rect.top() for rect in drawn] == [view.rect_of(2).top()]
    drawn.clear()
    view.turn_changed("c")
    qtbot.waitUntil(lambda: bool(drawn))
    assert drawn == [view.rect_of(1)]
    drawn.clear()
    view.plant(Tree([*turns, turn("f", "e", 5), turn("g", "e", 6)]), "c")
    qtbot.waitUntil(lambda: bool(drawn))
    assert [rect.top() for rect in drawn] == [view.rect_of(2).top()]


@pytest.mark.parametrize(
    "turns", [chain(3), fan(15, 3), forest(300, 60), small(), [turn("a", None), turn("b", None)]]
)
def test_every_size_is_drawn_at_any_width(shown: Shown, turns: list[Turn]) -> None:
    view = shown(turns, turns[-1].id)
    for size in range(len(SIZES)):
        for width in (120, 260, 600):
            view.resize(width, 400)
            view.set_size(size)
            image = view.grab().toImage()
            assert len({image.pixel(x, y) for x in range(40) for y in range(60)}) > 3


def test_rows_may_go_from_under_the_pointer(qapp: QApplication, qtbot: QtBot) -> None:
    column = TreeColumn(Appearance(qapp, "light", 1.0), Icons(Appearance(qapp, "light", 1.0)))
    qtbot.addWidget(column)
    column.resize(300, 500)
    column.show()
    view, turns = column.view, forest(60, 12)
    view.set_size(0)
    view.plant(Tree(turns), turns[-1].id, fresh=True)
    QTest.mouseMove(view.viewport(), view.rect_of(len(view.plan.rows) - 1).center())
    for count in (8, 1, 0, 60):
        view.plant(Tree(turns[:count]), turns[count - 1].id if count else None)
        assert view.isVisible() == bool(count)
        for key in EVERY_KEY:
            press(view, key)
    assert column.told.isVisible() == (view.scale_step == 0)


def test_nothing_is_there_to_walk_in_an_empty_tree(shown: Shown) -> None:
    view = shown([], "")
    press(view, *EVERY_KEY)
    view.fit()
    assert view.plan.rows == ()
    assert view.row_at(QPoint(5, 5)) == -1


def test_what_a_screen_reader_is_told(shown: Shown) -> None:
    view = shown(small(), "e")
    view.set_favourites(["e"])
    root = QAccessible.queryAccessibleInterface(view)
    assert (root.role(), root.text(Name), root.childCount()) == (
        QAccessible.Role.Tree,
        "Conversation tree",
        3,
    )
    first, last = root.child(0), root.child(2)
    assert first.text(Name).endswith("2 branches")
    assert first.state().expanded
    assert last.text(Name).startswith("temperature 0.9. 2 turns")
    assert last.text(Name).endswith("End of a branch. On screen. Favourite")
    assert last.text(QAccessible.Text.Description) == "level 2, row 3 of 3"
    assert last.state().selected
    assert root.focusChild() is last
    opened: list[str] = []
    view.opened.connect(opened.append)
    root.child(1).actionInterface().doAction("Press")
    assert opened == ["c"]
    first.actionInterface().doAction("Toggle")
    assert root.childCount() == 1
    assert not last.isValid()


def test_rows_come_and_go_while_a_screen_reader_listens(shown: Shown) -> None:
    QAccessible.setActive(True)
    try:
        turns = forest(80, 20)
        view = shown(turns[:10], turns[9].id)
        for count in range(11, 80, 7):
            view.plant(Tree(turns[:count]), turns[count - 1].id)
            root = QAccessible.queryAccessibleInterface(view)
            assert [root.child(at).text(Name) for at in range(root.childCount())]
            view.toggle(0)
    finally:
        QAccessible.setActive(False)
