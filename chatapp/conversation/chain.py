"""Whether a turn can be followed on its server by its response's id, from what is kept of it here. Pure.

A server holds its answers as a chain: each names the one before it. What was deleted in the middle of one is missing
from all that follow, whether the server says so or goes on with what is left: OpenAI documents neither. Who knows of
a hole therefore does not link beyond it, and sends the turns along instead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from chatapp.conversation.answer import Status
from chatapp.conversation.tree import Turn
from chatapp.protocol.json_types import optional_text

DAY_S = 24 * 3600.0


class Health(StrEnum):
    STORED = "stored"
    EXPIRED = "expired"
    DELETED = "deleted"
    ELSEWHERE = "other server"
    NEVER = "never stored"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of a response since `at`, in seconds since the epoch: the server had it, did not have it any more,
    had it deleted from here; or it is left, so that questions below it are asked without it."""

    state: Literal["stored", "gone", "deleted", "left"]
    at: float


Marks = Mapping[str, Mark]
"""By the response's id."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """A server as it keeps answers: whether at all, None where that is not known, and for how many days at least."""

    name: str
    keeps: bool | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a turn on a server, and why, in a sentence."""

    health: Health
    words: str


@dataclass(frozen=True, slots=True)
class Cuts:
    """Ids of responses that no link may reach: `gone` from their server, or `left` with all before them."""

    gone: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()


WHOLE = Cuts()


def cuts_in(marks: Marks) -> Cuts:
    gone = (response for response, mark in marks.items() if mark.state in ("gone", "deleted"))
    left = (response for response, mark in marks.items() if mark.state == "left")
    return Cuts(frozenset(gone), frozenset(left))


def broken(turns: Iterable[Turn], cuts: Cuts) -> frozenset[str]:
    """Ids of the responses that are cut off, or follow one that is. Parents come before their children."""
    if cuts == WHOLE:
        return frozenset()
    found: set[str] = set(cuts.gone | cuts.left)
    for turn in turns:
        if turn.response_id and optional_text(turn.request.get("previous_response_id")) in found:
            found.add(turn.response_id)
    return frozenset(found)


def standing(
    turn: Turn,
    server: str,
    keepers: Mapping[str, Keeper],
    marks: Marks,
    spoiled: frozenset[str],
    now: float,
) -> Standing:
    """Of a turn, for who asks on with `server`. `spoiled` are the `broken` responses of its conversation, `now` is in
    seconds since the epoch."""
    keeper = keepers.get(turn.server, Keeper("a server that is not set up any more"))
    mark = marks.get(turn.response_id or "")
    if turn.response_id is None:
        return Standing(Health.NEVER, "No server has this turn: it never got an answer's id.")
    if mark is not None and mark.state in ("gone", "deleted"):
        return _missing(turn, keeper, mark)
    if turn.server != server:
        return Standing(
            Health.ELSEWHERE, f"It was answered by {keeper.name}; another server cannot follow it."
        )
    if _was_not_stored(turn):
        return Standing(Health.NEVER, f"{keeper.name} was asked not to store it.")
    if keeper.keeps is False:
        return Standing(Health.NEVER, f"{keeper.name} keeps no answers.")
    if turn.answer.status not in (Status.COMPLETED, Status.INCOMPLETE):
        return Standing(Health.UNKNOWN, "The answer did not come to its end; servers rarely keep such ones.")
    if turn.response_id in spoiled:
        return _cut_off(mark)
    return _kept(turn, keeper, mark, now)


def _missing(turn: Turn, keeper: Keeper, mark: Mark) -> Standing:
    if mark.state == "deleted":
        return Standing(Health.DELETED, f"It was deleted on {keeper.name} on {_day(mark.at)}.")
    words = f"{keeper.name} did not have it any more on {_day(mark.at)}."
    return Standing(Health.EXPIRED if _is_old(turn, keeper, mark.at) else Health.DELETED, words)


def _cut_off(mark: Mark | None) -> Standing:
    if mark is not None and mark.state == "left":
        return Standing(
            Health.STORED, f"It is stored, but left since {_day(mark.at)}: questions go without it."
        )
    return Standing(Health.DELETED, "An earlier answer that it follows is gone or left on the server.")


def _kept(turn: Turn, keeper: Keeper, mark: Mark | None, now: float) -> Standing:
    if mark is not None and not _is_old(turn, keeper, now, since=mark.at):
        return Standing(Health.STORED, f"{keeper.name} had it on {_day(mark.at)}.")
    if turn.request.get("conversation"):
        return Standing(Health.STORED, f"It is part of a conversation that {keeper.name} keeps.")
    if _is_old(turn, keeper, now):
        words = f"It is older than {keeper.days} days, for which {keeper.name} keeps answers at least."
        return Standing(Health.EXPIRED, words)
    if keeper.keeps is None:
        return Standing(Health.UNKNOWN, f"Nobody has asked {keeper.name} yet whether it keeps answers.")
    return Standing(Health.STORED, f"{keeper.name} keeps its answers.")


def _was_not_stored(turn: Turn) -> bool:
    """As it was asked for, or as the server says it did."""
    return turn.request.get("store") is False or (turn.answer.response or {}).get("store") is False


def _is_old(turn: Turn, keeper: Keeper, now: float, since: float | None = None) -> bool:
    """`since` is when the server still had it: it is kept from its creation on, so that a look counts for a day."""
    if keeper.days is None:
        return False
    asked = turn.created_at + keeper.days * DAY_S
    return now > (asked if since is None else max(asked, since + DAY_S))


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at):%d %B %Y}"
