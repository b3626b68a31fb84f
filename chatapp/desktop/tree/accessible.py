"""What a screen reader is told of the tree: an item a row, in its words, how deep it lies and whether it is folded.

Nodes are made when asked for and kept while their rows are seen, because Qt holds their ids: one is always taken out of
Qt's registry before it is dropped.
"""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QRect, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QAccessibleInterface,
)

from chatapp.desktop.accessible import NOTHING, OrNone, Press, ViewNode, ViewReader, ViewRoot, drop, pointer

if TYPE_CHECKING:
    from chatapp.desktop.tree.view import TreeView

Role = QAccessible.Role


class _Press(Press):
    """What can be done with a row: open it, fold or unfold it, go to it."""

    def __init__(self, node: "_Row") -> None:
        super().__init__()
        self._node = node

    def actionNames(self) -> list[str]:
        return [self.pressAction(), self.toggleAction(), self.setFocusAction()]

    def doAction(self, actionName: str) -> None:  # noqa: N803
        view, row = self._node.view, self._node.row
        view.go(row)
        if actionName == self.pressAction():
            view.open(row)
        elif actionName == self.toggleAction():
            view.toggle(row)


class _Root(ViewRoot):
    view: "TreeView"

    def childCount(self) -> int:
        return len(self.view.plan.shown)

    def child(self, index: int) -> OrNone:
        shown = self.view.plan.shown
        return self.view.reader.node(shown[index]) if 0 <= index < len(shown) else None

    def indexOfChild(self, arg__1: QAccessibleInterface) -> int:
        return self.view.plan.place_of.get(arg__1.row, -1) if isinstance(arg__1, _Row) else -1

    def childAt(self, x: int, y: int) -> OrNone:
        row = self.view.row_at(self.view.viewport().mapFromGlobal(QPoint(x, y)))
        return self.view.reader.node(row) if row >= 0 else None

    def role(self) -> QAccessible.Role:
        return Role.Tree

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        state.focusable = 1
        state.focused = int(self.view.hasFocus() and not self.view.plan.shown)
        return state


class _Row(ViewNode):
    """Known by the first turn of its stretch: the row of that may be another, once there are more."""

    view: "TreeView"

    def __init__(self, view: "TreeView", first: str) -> None:
        super().__init__(view)
        self.first = first
        self._press: _Press | None = None

    @property
    def row(self) -> int:
        """-1 where there is none any more."""
        plan = self.view.plan
        if not self.first:
            return 0 if plan.rows and not plan.rows[0].turns else -1
        row = plan.outline.row_of(self.first)
        return row if row >= 0 and plan.rows[row].turns[0] == self.first else -1

    def isValid(self) -> bool:
        return super().isValid() and self.view.reader.holds(self) and self.row in self.view.plan.place_of

    def object(self) -> OrNone:
        return None

    def interface_cast(self, arg__1: QAccessible.InterfaceType) -> Any:
        if arg__1 != QAccessible.InterfaceType.ActionInterface:
            return NOTHING
        self._press = self._press or _Press(self)
        return pointer(self._press)

    def parent(self) -> OrNone:
        return self.view.reader.root

    def childCount(self) -> int:
        return 0

    def child(self, index: int) -> OrNone:
        return None

    def childAt(self, x: int, y: int) -> OrNone:
        return None

    def indexOfChild(self, arg__1: QAccessibleInterface) -> int:
        return -1

    def rect(self) -> QRect:
        found = self.view.rect_of(self.row)
        return QRect(self.view.viewport().mapToGlobal(found.topLeft()), found.size())

    def role(self) -> QAccessible.Role:
        return Role.TreeItem

    def state(self) -> QAccessible.State:
        plan, state = self.view.plan, QAccessible.State()
        is_fork = bool(plan.rows[self.row].branches)
        state.focusable = 1
        state.selectable = 1
        state.selected = int(bool(plan.way) and self.row == plan.way[-1])
        state.focused = int(self.view.hasFocus() and self.view.here == self.row)
        state.expandable = int(is_fork)
        state.expanded = int(is_fork and not plan.is_folded(self.row))
        state.collapsed = int(plan.is_folded(self.row))
        state.busy = int(plan.words(self.row).sign == "running")
        return state

    def text(self, t: QAccessible.Text) -> str:
        plan = self.view.plan
        if t == QAccessible.Text.Name:
            return plan.spoken(self.row) + (". Favourite" if self.view.is_favourite(self.row) else "")
        if t == QAccessible.Text.Description:
            place = plan.place_of[self.row] + 1
            return f"level {len(plan.outline.way(self.row))}, row {place} of {len(plan.shown)}"
        return ""


class Reader(ViewReader[_Root]):
    """Holds the nodes, and tells of the focus and of rows that are others. Nothing is sent while nobody listens."""

    def __init__(self, view: "TreeView") -> None:
        super().__init__(view, lambda: _Root(view))
        self._view = view
        self._nodes: dict[str, _Row] = {}

    def node(self, row: int) -> _Row:
        turns = self._view.plan.rows[row].turns
        first = turns[0] if turns else ""
        if first not in self._nodes:
            self._nodes[first] = _Row(self._view, first)
        return self._nodes[first]

    def holds(self, node: _Row) -> bool:
        return self._nodes.get(node.first) is node

    def focus_node(self) -> QAccessibleInterface:
        view = self._view
        return self.node(view.here) if view.here in view.plan.place_of else self.root

    def focus(self) -> None:
        if QAccessible.isActive() and self._view.hasFocus():
            QAccessible.updateAccessibility(QAccessibleEvent(self.focus_node(), QAccessible.Event.Focus))

    def focus_soon(self) -> None:
        """After Qt's own event for the tree."""
        QTimer.singleShot(0, self._view, self.focus)

    def replaced(self) -> None:
        """Rows came, went, or are others: those that are seen no more are forgotten."""
        shown = self._view.plan.place_of
        for node in [node for node in self._nodes.values() if node.row not in shown]:
            del self._nodes[node.first]
            drop(node)
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleEvent(self.root, QAccessible.Event.ObjectReorder))
            self.focus_soon()
