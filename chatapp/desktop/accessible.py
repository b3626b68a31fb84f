"""What views that draw their own rows share towards a screen reader: nodes of a view, and the one who holds them.

Nodes are made when asked for, and Qt holds their ids: one is always taken out of Qt's registry before it is dropped.
Nothing is sent while nobody listens.
"""

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QAccessibleInterface, QWindow
from PySide6.QtWidgets import QAbstractScrollArea
from shiboken6 import Shiboken

OrNone = Any
"""An interface or None: Qt takes both, its annotations know only the first."""
NOTHING: Final = Shiboken.VoidPtr(0)


def pointer(held: Any) -> Any:
    return Shiboken.VoidPtr(Shiboken.getCppPointer(held)[0])


class Press(QAccessibleActionInterface):
    """What can be done with a node: actions that have no keys of their own and are called by their names."""

    def keyBindingsForAction(self, actionName: str) -> list[str]:  # noqa: N803
        return []

    def localizedActionName(self, name: str) -> str:
        return name

    def localizedActionDescription(self, name: str) -> str:
        return ""


class ViewNode(QAccessibleInterface):
    """Something in a view, which has its `Reader` at `reader`."""

    view: Any

    def __init__(self, view: QAbstractScrollArea) -> None:
        super().__init__()
        self.view = view

    def isValid(self) -> bool:
        return Shiboken.isValid(self.view) and bool(self.view.reader.alive)

    def window(self) -> QWindow:
        handle: QWindow = self.view.window().windowHandle()
        return handle

    def setText(self, t: QAccessible.Text, text: str) -> None:
        """Nothing here can be renamed from outside."""


class ViewRoot(ViewNode):
    """The view itself, with its rows as children."""

    def object(self) -> QObject:
        view: QObject = self.view
        return view

    def parent(self) -> OrNone:
        above = self.view.parentWidget() if self.isValid() else None
        return QAccessible.queryAccessibleInterface(above) if above else None

    def focusChild(self) -> OrNone:
        return self.view.reader.focus_node() if self.view.hasFocus() else None

    def rect(self) -> QRect:
        viewport = self.view.viewport()
        return QRect(viewport.mapToGlobal(QPoint(0, 0)), viewport.size())

    def text(self, t: QAccessible.Text) -> str:
        return str(self.view.accessibleName()) if t == QAccessible.Text.Name else ""


Root = TypeVar("Root", bound=ViewRoot)


class ViewReader(Generic[Root]):
    """Holds the nodes of a view, and lets Qt find them for as long as the view lives."""

    def __init__(self, view: QAbstractScrollArea, make_root: Callable[[], Root]) -> None:
        self.alive = True
        self._make_root = make_root
        self._root: Root | None = None
        _install()
        view.destroyed.connect(self._gone)

    @property
    def root(self) -> Root:
        if self._root is None:
            self._root = self._make_root()
        return self._root

    def _gone(self) -> None:
        self.alive = False


def drop(node: QAccessibleInterface) -> None:
    """Takes a node out of Qt's registry."""
    QAccessible.deleteAccessibleInterface(QAccessible.uniqueId(node))


_installed: list[bool] = []


def _install() -> None:
    if not _installed:
        QAccessible.installFactory(_factory)
        _installed.append(True)


def _factory(name: str, held: QObject) -> QAccessibleInterface | None:
    """Qt asks with the names of all classes of an object, the innermost first."""
    reader = getattr(held, "reader", None)
    if isinstance(reader, ViewReader) and name.endswith(type(held).__name__):
        root: QAccessibleInterface = reader.root
        return root
    return None
