"""Joins the picture of the tree to the desk and the window: what it shows, and what is done in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QSettings, Qt
from PySide6.QtWidgets import QMenu, QWidget

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.desk import Desk
from chatapp.desktop.widgets import Icons

if TYPE_CHECKING:
    from chatapp.conversation.branch_words import Names
    from chatapp.conversation.changes import TextGrew
    from chatapp.conversation.tree import Tree, Turn
    from chatapp.desktop.tree.beside import Beside
    from chatapp.desktop.tree.column import TreeColumn
    from chatapp.desktop.window import Window

SHOWN_OF_AN_ANSWER = 320
"""Characters of an answer after which its row says no more."""


class TreeSide(QObject):
    """Nothing of the picture is made before it is opened."""

    def __init__(self, window: Window, desk: Desk, look: Appearance, icons: Icons, memory: QSettings) -> None:
        super().__init__(window)
        self._window, self._desk, self._look, self._icons, self._memory = window, desk, look, icons, memory
        self.column: TreeColumn | None = None
        self._beside: Beside | None = None
        self._tree: Tree | None = None
        self._count = 0
        if memory.value("tree_open", "false") in (True, "true"):
            self._open()

    @property
    def is_open(self) -> bool:
        return self._beside is not None and self._beside.is_open

    @property
    def covers(self) -> bool:
        """Whether it stands in the place of the conversation."""
        return self._beside is not None and self._beside.covers

    def enter(self) -> None:
        """Opens the tree and puts the keyboard into it; closes it where the keyboard is in it already."""
        if self.column is not None and self.is_open and self.column.isAncestorOf(self._focused):
            self.close()
            return
        self._window.sweeps.leave()
        self._open()
        assert self.column is not None
        inside = self.column.view if self.column.view.plan.rows else self.column.cross
        inside.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def toggle(self) -> None:
        if self.is_open:
            self.close()
        else:
            self.enter()

    def close(self) -> None:
        if self._beside is not None and self._beside.is_open:
            self._beside.show_tree(False)
            self._window.write()

    def give_way(self) -> None:
        """Where it stands in the place of the conversation, that is shown again."""
        if self._beside is not None and self._beside.covers:
            self._beside.show_tree(False)

    def remember(self) -> None:
        self._memory.setValue("tree_open", self.is_open)
        if self._beside is not None and self.column is not None:
            self._memory.setValue("tree_width", self._beside.tree_width)
            self._memory.setValue("tree_size", self.column.view.scale_step)

    @property
    def _focused(self) -> QWidget:
        return self._window.focusWidget() or self._window

    def _open(self) -> None:
        if self._beside is None:
            self._make()
        assert self._beside is not None
        self._beside.show_tree(True)
        self._follow(fresh=self._tree is None)

    def _make(self) -> None:
        from chatapp.desktop.health import standing_of
        from chatapp.desktop.tree.beside import USUAL
        from chatapp.desktop.tree.column import TreeColumn
        from chatapp.desktop.tree.painting import SIZES

        focused = self._window.focusWidget()
        self.column = column = TreeColumn(self._look, self._icons)
        self._beside = self._window.middle.put_beside(column)
        self._beside.tree_width = int(str(self._memory.value("tree_width", USUAL)))
        view, desk = column.view, self._desk
        view.set_size(int(str(self._memory.value("tree_size", len(SIZES) - 1))))
        view.standing_of = lambda turn: standing_of(desk, turn)
        view.opened.connect(self._show)
        view.favourite_asked.connect(lambda turn_id: self._window.turn_actions.do(turn_id, "favourite"))
        view.deletion_asked.connect(lambda turn_id: self._window.turn_actions.do(turn_id, "delete"))
        view.left.connect(self._window.write)
        view.menu_asked.connect(self._open_menu)
        column.close_asked.connect(self.close)
        desk.opened.connect(lambda: self._follow(fresh=True))
        desk.path_changed.connect(self._follow)
        desk.beside_changed.connect(self._follow)
        desk.head_changed.connect(self._mark)
        desk.chain_changed.connect(view.servers_changed)
        desk.turn_changed.connect(self._turn_changed)
        desk.grew.connect(self._grew)
        if focused is not None:
            focused.setFocus(Qt.FocusReason.OtherFocusReason)

    def _follow(self, fresh: bool = False) -> None:
        """The turns or the branch on screen are others; nothing is drawn while nobody sees it."""
        if self.column is None:
            return
        if not self.is_open:
            self._forget()
            return
        tree, view = self._desk.tree, self.column.view
        fresh = fresh or self._tree is None
        if fresh or tree is not self._tree or len(tree) != self._count:
            self._tree, self._count = tree, len(tree)
            view.plant(tree, self._leaf, self._names(), fresh)
        else:
            view.follow(self._leaf)
        self._mark()

    def _forget(self) -> None:
        """A tree that nobody sees is not kept."""
        if self._tree is not None and self.column is not None:
            from chatapp.desktop.desk import make_tree

            self._tree = None
            self.column.view.plant(make_tree(), None, fresh=True)

    def _mark(self) -> None:
        head = self._desk.head
        if self.column is not None:
            self.column.view.set_favourites(head.favourites if head is not None else ())

    @property
    def _leaf(self) -> str | None:
        last = self._desk.last_turn
        return last.id if last is not None else None

    def _names(self) -> Names:
        from chatapp.conversation.branch_words import Names

        desk = self._desk
        return Names({known.id: known.name for known in desk.connections}, desk.all_store_names())

    def _turn_changed(self, turn: Turn) -> None:
        if self.column is not None and self._tree is not None:
            self.column.view.turn_changed(turn.id)

    def _grew(self, change: TextGrew) -> None:
        turn = self._desk.tree.get(change.turn_id)
        if turn is not None and len(turn.answer.text) < SHOWN_OF_AN_ANSWER:
            self._turn_changed(turn)

    def _show(self, turn_id: str) -> None:
        """The branch through a turn, with the turn in view."""
        covered = self.covers
        self.give_way()
        self._window.switching.show_turn(turn_id)
        if covered:
            self._window.write()

    def _open_menu(self, spot: QPoint) -> None:
        from chatapp.desktop.transcript.messages import FAVOURITE

        assert self.column is not None
        view = self.column.view
        row, menu = view.here, QMenu(view)
        menu.aboutToHide.connect(menu.deleteLater)
        stretch = view.plan.rows[row]
        if stretch.turns:
            menu.addAction("Open\tEnter", lambda: view.open(row))
        if len(stretch.turns) > 1:
            menu.addAction("Open at its first turn\tShift+Enter", lambda: view.open(row, at_its_start=True))
        if stretch.branches:
            words = "Unfold" if view.plan.is_folded(row) else "Fold"
            menu.addAction(f"{words}\tSpace", lambda: view.toggle(row))
        if stretch.turns:
            menu.addSeparator()
            menu.addAction(f"{FAVOURITE[view.is_favourite(row)]}\tF", view.toggle_favourite)
            count = len(stretch.turns) + stretch.below
            delete = "Delete this turn" if count == 1 else f"Delete these {count:,} turns"
            menu.addAction(f"{delete}\tDel", view.ask_deletion)
        menu.popup(spot)
