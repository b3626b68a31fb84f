"""Which conversation stands under which heading: pure. `now` and times are seconds since the epoch, days are local."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatapp.conversation.tree import Conversation, SearchHit


PINNED, TODAY, YESTERDAY, WEEK, OLDER = "Pinned", "Today", "Yesterday", "Previous 7 days", "Older"


@dataclass(frozen=True, slots=True)
class Heading:
    """A line above a group; it cannot be chosen."""

    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A conversation in the list. `badge` says where one stands among siblings ("2/3"), or is empty."""

    conversation: Conversation
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where a search found its words; see SearchHit."""

    found: SearchHit


Row = Heading | Entry | Hit


def group_of(conversation: Conversation, today: date) -> str:
    if conversation.pinned:
        return PINNED
    days = (today - datetime.fromtimestamp(conversation.updated_at).date()).days
    if days <= 0:
        return TODAY
    if days == 1:
        return YESTERDAY
    return WEEK if days <= 7 else OLDER


def grouped(conversations: Iterable[Conversation], badges: dict[str, str], now: float) -> list[Row]:
    """Entries under their headings; the order of `conversations` is kept, and decides that of the groups."""
    today = datetime.fromtimestamp(now).date()
    rows: list[Row] = []
    group = ""
    for conversation in conversations:
        own = group_of(conversation, today)
        if own != group:
            rows.append(Heading(own))
            group = own
        rows.append(Entry(conversation, badges.get(conversation.id, "")))
    return rows


def found(hits: Iterable[SearchHit]) -> list[Row]:
    """Search hits under one heading that counts them."""
    entries: list[Row] = [Hit(hit) for hit in hits]
    count = f"{len(entries)} found" if entries else "Nothing found"
    return [Heading(count), *entries]
