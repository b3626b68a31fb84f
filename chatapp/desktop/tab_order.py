"""The way of the Tab key through the window: from left to right by what one does, settings last.

Parts of the window come and go while it lives, so the way is laid anew at each press.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from chatapp.desktop.window import Window


def lay(window: Window) -> None:
    """Orders all that Tab reaches; inside one stop the order it has already stays."""
    ranks = {stop: rank for rank, stop in enumerate(stops(window))}
    reached = [widget for widget in chain(window) if tabbed(widget)]
    ordered = sorted(reached, key=lambda widget: rank_of(widget, ranks))
    if ordered == reached:
        return
    for before, after in pairwise(ordered):
        QWidget.setTabOrder(before, after)


def stops(window: Window) -> tuple[QWidget, ...]:
    """The parts of the window, in their order."""
    pane, bar, composer = window.conversations, window.bar, window.composer
    return (
        window.notices.undoable,
        window.notices.said,
        pane.new,
        pane.search,
        pane.list,
        pane.deleted,
        bar.left,
        bar.sweeps,
        bar.branches,
        bar.tree,
        bar.commands,
        bar.right,
        *([window.tree.column] if window.tree.column is not None else []),
        window.transcript,
        *([window.sweeps.page] if window.sweeps.page is not None else []),
        window.calls,
        composer.editing_bar,
        composer.editor,
        composer.chips,
        composer.attach_button,
        composer.link_button,
        composer.parameters,
        composer.send,
        composer.stop,
        window.outlook,
        *window.columns.crosses,
        window.tabs,
        *_panels(window),
        pane.settings,
    )


def _panels(window: Window) -> Iterator[QWidget]:
    """Each panel; of the parameters each group too, since their rows are made in whatever order they are seen."""
    for panel in window.tabs.panels.values():
        yield panel
        if panel is window.parameters:
            yield from window.parameters.groups


def first_in(part: QWidget) -> QWidget | None:
    """Where Tab would enter a part of the window, or None."""
    for widget in chain(part.window()):
        if part.isAncestorOf(widget) and tabbed(widget) and widget.isVisible() and widget.isEnabled():
            return widget
    return None


def chain(window: QWidget) -> Iterator[QWidget]:
    """All widgets of a window as Tab would visit them."""
    widget = window.nextInFocusChain()
    while widget is not None and widget is not window:
        yield widget
        widget = widget.nextInFocusChain()


def tabbed(widget: QWidget) -> bool:
    tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    return bool(tab) and widget.focusProxy() is None


def rank_of(widget: QWidget, ranks: dict[QWidget, int]) -> int:
    """The rank of the nearest part around a widget; what belongs to none comes last."""
    part: QWidget | None = widget
    while part is not None and part not in ranks:
        part = part.parentWidget()
    return len(ranks) if part is None else ranks[part]
