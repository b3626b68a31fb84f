"""The keyboard in the tree: walking its rows, folding, opening, and what else is done with the row one is on."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from chatapp.desktop.tree.view import TreeView

Key = Qt.Key
_ENTER: Final = (Key.Key_Return, Key.Key_Enter)
_LEAPS: Final = {Key.Key_Up: -1, Key.Key_Down: 1}


class Keys:
    def __init__(self, view: "TreeView") -> None:
        self._view = view
        self._plain: dict[int, Callable[[], object]] = {
            Key.Key_Up: lambda: self._step(-1),
            Key.Key_Down: lambda: self._step(1),
            Key.Key_Left: self._outward,
            Key.Key_Right: self._inward,
            Key.Key_Home: lambda: self._go_place(0),
            Key.Key_End: lambda: self._go_place(len(view.plan.shown) - 1),
            Key.Key_PageUp: lambda: self._step(-view.page),
            Key.Key_PageDown: lambda: self._step(view.page),
            Key.Key_Space: lambda: view.toggle(view.here),
            Key.Key_F: view.toggle_favourite,
            Key.Key_Delete: view.ask_deletion,
            Key.Key_Plus: lambda: view.zoom(1),
            Key.Key_Equal: lambda: view.zoom(1),
            Key.Key_Minus: lambda: view.zoom(-1),
            Key.Key_Escape: view.left.emit,
        }

    def claims(self, event: QKeyEvent) -> bool:
        """Whether a key is the tree's before it is a shortcut of the window."""
        return event.modifiers() == Qt.KeyboardModifier.NoModifier and event.key() in self._plain

    def pressed(self, event: QKeyEvent) -> bool:
        """Whether the key was for the tree."""
        view, key = self._view, event.key()
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shift = modifiers == Qt.KeyboardModifier.ShiftModifier
        if key in _ENTER:
            view.open(view.here, at_its_start=shift)
        elif modifiers == Qt.KeyboardModifier.ControlModifier and key in _LEAPS:
            self._go_fork(_LEAPS[Key(key)])
        elif key == Key.Key_Menu or (key == Key.Key_F10 and shift):
            view.open_menu()
        elif key in self._plain and (shift or not modifiers):
            self._plain[key]()
        else:
            return False
        return True

    def _go_place(self, place: int) -> None:
        shown = self._view.plan.shown
        if shown:
            self._view.go(shown[min(max(place, 0), len(shown) - 1)])

    @property
    def _place(self) -> int:
        return self._view.plan.place_of.get(self._view.here, 0)

    def _step(self, by: int) -> None:
        self._go_place(self._place + by)

    def _outward(self) -> None:
        """Folds an open fork; from anything else to the fork it hangs from."""
        view, plan = self._view, self._view.plan
        if not plan.rows:
            return
        stretch = plan.rows[view.here]
        if stretch.branches and not plan.is_folded(view.here):
            view.toggle(view.here)
        elif stretch.fork >= 0:
            view.go(stretch.fork)

    def _inward(self) -> None:
        """Unfolds a folded fork; from an open one to its first branch."""
        view, plan = self._view, self._view.plan
        if not plan.rows:
            return
        if plan.is_folded(view.here):
            view.toggle(view.here)
        elif plan.rows[view.here].branches:
            view.go(view.here + 1)

    def _go_fork(self, by: int) -> None:
        """To the next fork above or below."""
        plan, place = self._view.plan, self._place + by
        while 0 <= place < len(plan.shown):
            if plan.rows[plan.shown[place]].branches:
                self._go_place(place)
                return
            place += by
