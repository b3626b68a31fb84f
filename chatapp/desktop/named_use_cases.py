"""What notices name to be done: the use case that takes something back, or goes on from it, by its name."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatapp.services.application import Application

NAMED: dict[str, Callable[[Application, str], Coroutine[Any, Any, object]]] = {
    "conversations.give_back_parameters": lambda app, what: app.conversations.give_back_parameters(what),
    "presets.restore": lambda app, what: app.presets.restore(what),
    "chains.leave": lambda app, what: app.chains.leave(what),
    "chains.follow": lambda app, what: app.chains.follow(what),
    "chains.delete": lambda app, what: app.chains.delete(what),
    "chains.delete_deleted": lambda app, what: app.chains.delete_deleted(what),
    "replaying.go_on": lambda app, what: app.replaying.go_on(what),
}
"""Those that only need to be called."""
