"""Feeds the transcript's view from the desk: whole messages when something changed, only the growth when text grew."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from chatapp.conversation.calls import pending_calls
from chatapp.conversation.changes import TextGrew
from chatapp.conversation.structured import Verdict
from chatapp.conversation.tree import Tree, Turn
from chatapp.desktop.desk import Desk
from chatapp.desktop.health import standing_of, standing_words
from chatapp.desktop.loop import Errands
from chatapp.desktop.reading_positions import ReadingPositions
from chatapp.desktop.transcript.manners import Anchor
from chatapp.desktop.transcript.messages import Answer, Later, Message, Question
from chatapp.desktop.transcript.view import TranscriptView
from chatapp.desktop.transcript_model import (
    QUESTION,
    Presented,
    is_picture,
    key_of_answer,
    present_answer,
    present_question,
    size_of_answer,
    turn_of,
    waiting,
)
from chatapp.services.ports import Original

AT_ONCE = 12
"""How many turns at the end are made when a conversation is opened."""
COUNT_MS = 1000
"""How often the seconds of a wait are counted on screen."""


class TranscriptFeed(QObject):
    """Remembers which turns are shown, and where in their messages each text stands."""

    judge_asked = Signal(object)
    """A turn in view of which it is to be found out whether its answer is what was asked for."""

    def __init__(self, desk: Desk, errands: Errands, view: TranscriptView) -> None:
        super().__init__(view)
        self._desk, self._errands, self._view = desk, errands, view
        self._originals: dict[str, Path] = {}
        """Where kept images are, by their hashes."""
        self._asked_for: set[str] = set()
        self._shown: list[str] = []
        self._open_id: str | None = None
        self._tree: Tree | None = None
        self._beside: list[int] = []
        """How many turns stand in the place of each that is shown, itself among them."""
        self._sought = ""
        """The turn that is brought into view as soon as it is shown."""
        self.positions = ReadingPositions()
        self._places: dict[str, dict[tuple[int, int], int]] = {}
        self._announced = ""
        self._verdicts: dict[str, Verdict] = {}
        self._judging: set[str] = set()
        self._favourites: frozenset[str] = frozenset()
        view.unjudged.connect(self._ask_for_verdict, Qt.ConnectionType.QueuedConnection)
        self._counting = QTimer(self, interval=COUNT_MS)
        self._counting.timeout.connect(self._count)

    def shown_answer(self, turn_id: str) -> Presented:
        """How a turn's answer stands in the transcript now."""
        presented = self._presented(self._desk.tree, self._desk.tree[turn_id])
        wait = self._desk.waits.get(turn_id)
        if wait is None or wait.until is None or not presented.message.streaming:
            return presented
        card = waiting(wait.reason, wait.until - time.time())
        return replace(presented, message=replace(presented.message, notice=card))

    def _presented(self, tree: Tree, turn: Turn) -> Presented:
        verdict, cost = self._verdicts.get(turn.id), self._desk.cost_of(turn)
        found = standing_of(self._desk, turn)
        on_server = standing_words(found) if found is not None else ""
        return present_answer(tree, turn, verdict, cost, turn.id in self._favourites, on_server)

    def show_chain(self) -> None:
        """What is known of the turns on their servers changed: all that is made is made anew."""
        if self._shown:
            self._view.set_messages(self._messages(self._desk.path))

    def show_head(self) -> None:
        """Answers on screen that became favourites, or are none any more, say so."""
        before, self._favourites = self._favourites, _favourites(self._desk)
        for turn_id in (before ^ self._favourites) & set(self._shown):
            self.show_turn(self._desk.tree[turn_id])

    def show_path(self) -> None:
        """The turns on screen: a new last one is appended, of other ones what is shown already stays. Another
        conversation is shown where it was left."""
        if self._open_id != self._desk.open_id:
            self.keep_position()
        path, tree = self._desk.path, self._desk.tree
        self._favourites = _favourites(self._desk)
        ids = [turn.id for turn in path]
        beside = [tree.breadth(turn_id) for turn_id in ids]
        place = self._place_to_go(ids)
        if self._shown and ids[:-1] == self._shown:
            self._close_calls(path[-2])
            for message in self._now(path[-1]):
                self._view.append(message)
            if place is not None:
                self._view.take_place(place)
        else:
            kept = self._kept(ids, beside)
            made = self._messages(path[kept:], AT_ONCE if place is None else 0)
            self._view.set_messages(made, 2 * kept, place)
        self._shown, self._tree, self._beside = ids, tree, beside
        self._places = {turn.id: present_answer(tree, turn).places for turn in path[-1:]}
        self._count_or_rest()

    def show_beside(self) -> None:
        """Turns came beside those on screen: only the answers that say so are made anew."""
        tree = self._desk.tree
        before, self._beside = self._beside, [tree.breadth(turn_id) for turn_id in self._shown]
        for turn_id, was, now in zip(self._shown, before, self._beside, strict=True):
            if was != now:
                self.show_turn(tree[turn_id])
        if self._shown:
            self._close_calls(tree[self._shown[-1]])

    def _kept(self, ids: Sequence[str], beside: Sequence[int]) -> int:
        """How many turns are shown already and say the same: what an answer says depends on the turns beside it."""
        if self._tree is not self._desk.tree:
            return 0
        now, before = zip(ids, beside, strict=True), zip(self._shown, self._beside, strict=True)
        pairs = enumerate(zip(now, before, strict=False))
        return next((at for at, (one, other) in pairs if one != other), min(len(ids), len(self._shown)))

    def _place_to_go(self, ids: Sequence[str]) -> Anchor | None:
        """Where the view is to stand: at the turn that is sought, or where the conversation was left."""
        is_other, self._open_id = self._open_id != self._desk.open_id, self._desk.open_id
        if self._sought in ids:
            sought, self._sought = self._sought, ""
            return Anchor(f"{QUESTION}{sought}", -1, 0)
        if list(ids) != self._shown:
            self._sought = ""
        return self.positions.of(self._open_id) if is_other and self._open_id is not None else None

    def keep_position(self) -> None:
        """Remembers where the reader is: before another conversation is shown, and at the end."""
        if self._open_id is None or not self._shown:
            return
        self.positions.keep(self._open_id, self._view.place())
        kept = self.positions.as_json()
        self._errands.run(lambda app: app.preferences.set("reading_positions", kept))

    def _close_calls(self, turn: Turn) -> None:
        """The calls of an answer fold once something follows it."""
        if pending_calls(turn.answer):
            self.show_turn(turn)

    def show_turn(self, turn: Turn) -> None:
        if turn.id in self._shown:
            presented = self.shown_answer(turn.id)
            self._places[turn.id] = presented.places
            self._view.replace(presented.message.key, presented.message)

    def show_wait(self, turn_id: str) -> None:
        """A turn begins to wait, or waits no more. While one on screen does, its seconds are counted."""
        if turn_id not in self._shown:
            return
        self.show_turn(self._desk.tree[turn_id])
        self._count_or_rest()
        wait = self._desk.waits.get(turn_id)
        if wait is not None and wait.reason != self._announced:
            self._view.reader.announce(f"Waiting for the server. {wait.reason} soon.")
        self._announced = wait.reason if wait is not None else ""

    def grow(self, change: TextGrew) -> None:
        if change.turn_id not in self._shown:
            return
        place = self._places.get(change.turn_id, {}).get((change.item, change.part))
        if place is None:
            self.show_turn(self._desk.tree[change.turn_id])
        else:
            self._view.grow(key_of_answer(change.turn_id), place, change.text)

    def show_costs(self) -> None:
        """The prices are others: of the answers at the end it is said anew what they cost."""
        for turn in self._desk.path[-AT_ONCE:]:
            self.show_turn(turn)

    def judged(self, turn_id: str, verdict: Verdict | None) -> None:
        """Whether an answer is what was asked for, as `judge_asked` wanted to know."""
        if verdict is not None:
            self._verdicts[turn_id] = verdict
        if turn_id in self._shown:
            self.show_turn(self._desk.tree[turn_id])

    def _ask_for_verdict(self, key: str) -> None:
        turn = self._desk.tree.get(turn_of(key))
        if turn is not None and turn.id not in self._judging:
            self._judging.add(turn.id)
            self.judge_asked.emit(turn)

    def seek(self, turn_id: str) -> bool:
        """Brings a turn into view, now or as soon as its branch is on screen; whether it is."""
        is_shown = turn_id in self._shown
        self._sought = "" if is_shown else turn_id
        if is_shown:
            self._view.scroll_to(f"{QUESTION}{turn_id}")
        return is_shown

    def _messages(self, path: Sequence[Turn], at_once: int = AT_ONCE) -> list[Message | Later]:
        """Two messages a turn, oldest first; of those that ended long ago all but the last few are made later."""
        found: list[Message | Later] = []
        later = len(path) - at_once
        for at, turn in enumerate(path):
            found += self._later(turn) if at < later and turn.answer.status.ended else self._now(turn)
        return found

    def _now(self, turn: Turn) -> tuple[Message, Message]:
        return self._question(self._desk.tree, turn), self.shown_answer(turn.id).message

    def _later(self, turn: Turn) -> tuple[Later, Later]:
        tree = self._desk.tree
        asked = (len(turn.text), turn.text.count("\n"))
        return (
            Later(f"{QUESTION}{turn.id}", Question, asked, lambda: self._question(tree, turn)),
            Later(
                key_of_answer(turn.id),
                Answer,
                size_of_answer(turn.answer),
                lambda: self._presented(tree, turn).message,
            ),
        )

    def _question(self, tree: Tree, turn: Turn) -> Message:
        """As far as its images are known; the others are looked for behind."""
        wanted = {file.sha256 for file in turn.attachments if is_picture(file)} - self._asked_for
        self._asked_for |= wanted
        for sha256 in wanted:
            self._find(sha256)
        return present_question(tree, turn, self._originals)

    def _find(self, sha256: str) -> None:
        def found(original: Original) -> None:
            self._originals[sha256] = original.path
            for turn in self._desk.path:
                if any(file.sha256 == sha256 for file in turn.attachments) and turn.id in self._shown:
                    self._view.replace(f"{QUESTION}{turn.id}", self._question(self._desk.tree, turn))

        # One that is gone stays a name among the others, and says so when it is opened.
        self._errands.run(lambda app: app.sources.original(sha256), found, lambda gone: None)

    def _waiting(self) -> set[str]:
        return self._desk.waits.keys() & set(self._shown)

    def _count_or_rest(self) -> None:
        if not self._waiting():
            self._counting.stop()
        elif not self._counting.isActive():
            self._counting.start()

    def _count(self) -> None:
        for turn_id in self._waiting():
            self.show_turn(self._desk.tree[turn_id])


def _favourites(desk: Desk) -> frozenset[str]:
    return frozenset(desk.head.favourites if desk.head is not None else ())
