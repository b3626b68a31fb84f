"""How it stands with turns on their servers, from what lies on the desk. `conversation/chain` knows the rules."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chatapp.conversation.chain import Keeper, Standing, standing
from chatapp.services.known_servers import kind_of

if TYPE_CHECKING:
    from chatapp.conversation.tree import Turn
    from chatapp.desktop.desk import Desk


def keepers(desk: Desk) -> dict[str, Keeper]:
    """Every server that is set up, by its id."""
    return {
        entry.id: Keeper(entry.name, desk.keeping.get(entry.id), kind_of(entry).quirks.kept_days)
        for entry in desk.connections
    }


def standing_of(desk: Desk, turn: Turn) -> Standing | None:
    """None while the answer is being written."""
    if not turn.answer.status.ended or turn.id not in desk.tree:
        return None
    server = desk.head.server if desk.head is not None else turn.server
    return standing(turn, server, keepers(desk), desk.marks, desk.broken, time.time())


def standing_words(found: Standing) -> str:
    """ "Stored: OpenAI keeps its answers." """
    return f"{found.health.value.capitalize()}: {found.words}"
