"""What a screen reader is told of the tree: an item a row, in its words, how deep it lies and whether it is folded.

Nodes are made when asked for and kept while their rows are seen, because Qt holds their ids: one is always taken out of
Qt's registry before it is dropped.
"""

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, QPoint, QRect, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleActionInterface,
    QAccessibleEvent,
    QAccessibleInterface,
    QWindow,
)
from shiboken6 import Shiboken

if TYPE_CHECKING:
    from chatapp.desktop.tree.view import TreeView

Role = QAccessible.Role
_NOTHING: Final = Shiboken.VoidPtr(0)
OrNone = Any
"""An interface or None: Qt takes both, its annotations know only the first."""


class _Press(QAccessibleActionInterface):
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

    def keyBindingsForAction(self, actionName: str) -> list[str]:  # noqa: N803
        return []

    def localizedActionName(self, name: str) -> str:
        return name

    def localizedActionDescription(self, name: str) -> str:
        return ""


class _Base(QAccessibleInterface):
    def __init__(self, view: "TreeView") -> None:
        super().__init__()
        self.view = view

    def isValid(self) -> bool:
        return Shiboken.isValid(self.view) and self.view.reader.alive

    def window(self) -> QWindow:
        return self.view.window().windowHandle()

    def setText(self, t: QAccessible.Text, text: str) -> None:
        """Nothing here can be renamed from outside."""


class _Root(_Base):
    def object(self) -> QObject:
        return self.view

    def parent(self) -> OrNone:
        above = self.view.parentWidget() if self.isValid() else None
        return QAccessible.queryAccessibleInterface(above) if above else None

    def childCount(self) -> int:
        return len(self.view.plan.shown)

    def child(self, index: int) -> OrNone:
        shown = self.view.plan.shown
        return self.view.reader.node(shown[index]) if 0 <= index < len(shown) else None

    def indexOfChild(self, arg__1: QAccessibleInterface) -> int:
        return self.view.plan.place_of.get(arg__1.row, -1) if isinstance(arg__1, _Row) else -1

    def focusChild(self) -> OrNone:
        return self.view.reader.focus_node() if self.view.hasFocus() else None

    def childAt(self, x: int, y: int) -> OrNone:
        row = self.view.row_at(self.view.viewport().mapFromGlobal(QPoint(x, y)))
        return self.view.reader.node(row) if row >= 0 else None

    def rect(self) -> QRect:
        viewport = self.view.viewport()
        return QRect(viewport.mapToGlobal(QPoint(0, 0)), viewport.size())

    def role(self) -> QAccessible.Role:
        return Role.Tree

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        state.focusable = 1
        state.focused = int(self.view.hasFocus() and not self.view.plan.shown)
        return state

    def text(self, t: QAccessible.Text) -> str:
        return self.view.accessibleName() if t == QAccessible.Text.Name else ""


class _Row(_Base):
    """Known by the first turn of its stretch: the row of that may be another, once there are more."""

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
            return _NOTHING
        self._press = self._press or _Press(self)
        return Shiboken.VoidPtr(Shiboken.getCppPointer(self._press)[0])

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


class Reader:
    """Holds the nodes, and tells of the focus and of rows that are others. Nothing is sent while nobody listens."""

    def __init__(self, view: "TreeView") -> None:
        self._view = view
        self.alive = True
        self._nodes: dict[str, _Row] = {}
        self._root: _Root | None = None
        _install()
        view.destroyed.connect(self._gone)

    @property
    def root(self) -> _Root:
        if self._root is None:
            self._root = _Root(self._view)
        return self._root

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
            _drop(node)
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleEvent(self.root, QAccessible.Event.ObjectReorder))
            self.focus_soon()

    def _gone(self) -> None:
        self.alive = False


def _drop(node: QAccessibleInterface) -> None:
    """Qt holds its id: out of its registry first."""
    QAccessible.deleteAccessibleInterface(QAccessible.uniqueId(node))


_installed: list[bool] = []


def _install() -> None:
    if not _installed:
        QAccessible.installFactory(_factory)
        _installed.append(True)


def _factory(name: str, held: QObject) -> QAccessibleInterface | None:
    reader = getattr(held, "reader", None)
    if name.endswith("TreeView") and isinstance(reader, Reader):
        return reader.root
    return None
