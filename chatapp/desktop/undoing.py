"""What notices name to be done: the use case that takes something back, or goes on from it, by its name."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatapp.desktop.conversations.pane import ConversationPane
    from chatapp.desktop.conversations.switching import Switching
    from chatapp.desktop.loop import Errands
    from chatapp.services.application import Application

NAMED: dict[str, Callable[[Application, str], Coroutine[Any, Any, object]]] = {
    "conversations.give_back_parameters": lambda app, what: app.conversations.give_back_parameters(what),
    "defaults.restore": lambda app, what: app.defaults.restore(what),
    "presets.restore": lambda app, what: app.presets.restore(what),
    "chains.leave": lambda app, what: app.chains.leave(what),
    "chains.follow": lambda app, what: app.chains.follow(what),
    "chains.delete": lambda app, what: app.chains.delete(what),
    "chains.delete_deleted": lambda app, what: app.chains.delete_deleted(what),
    "replaying.go_on": lambda app, what: app.replaying.go_on(what),
}
"""Those that only need to be called."""


class Undoing:
    """Takes back what a notice told of, or does what it offers; what came back is seen."""

    def __init__(self, errands: Errands, pane: ConversationPane, switching: Switching) -> None:
        self._errands, self._pane, self._switching = errands, pane, switching

    def do(self, use_case: str) -> None:
        """`use_case` is its name, and after a colon what it is about."""
        run, switching = self._errands.run, self._switching
        name, _, what = use_case.partition(":")
        if name == "conversations.restore":
            self._pane.deleting.discard(what)
            run(lambda app: app.conversations.restore(what), then=lambda _none: switching.open(what))
        elif name == "branches.restore":
            run(lambda app: app.branches.restore(what), then=switching.see)
        elif name == "library.attributes":
            run(lambda app: app.attributes.take_back(use_case))
        elif name in NAMED:
            run(lambda app: NAMED[name](app, what))
        else:
            run(lambda app: app.removals.take_back(use_case))
