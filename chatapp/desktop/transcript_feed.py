"""Feeds the transcript's view from the desk: whole messages when something changed, only the growth when text grew."""

from chatapp.conversation.changes import TextGrew
from chatapp.conversation.tree import Turn
from chatapp.desktop.desk import Desk
from chatapp.desktop.transcript.view import TranscriptView
from chatapp.desktop.transcript_model import QUESTION, Presented, key_of_answer, present_answer, present_path


class TranscriptFeed:
    """Remembers which turns are shown, and where in their messages each text stands."""

    def __init__(self, desk: Desk, view: TranscriptView) -> None:
        self._desk, self._view = desk, view
        self._shown: list[str] = []
        self._places: dict[str, dict[tuple[int, int], int]] = {}

    def shown_answer(self, turn_id: str) -> Presented:
        """How a turn's answer stands in the transcript now."""
        return present_answer(self._desk.tree, self._desk.tree[turn_id])

    def show_path(self) -> None:
        """The turns on screen: a new last one is appended, anything else is shown anew."""
        path, tree = self._desk.path, self._desk.tree
        ids = [turn.id for turn in path]
        if self._shown and ids[:-1] == self._shown:
            for message in present_path(tree, path[-1:]):
                self._view.append(message)
        else:
            self._view.set_messages(present_path(tree, path))
        self._shown = ids
        self._places = {turn.id: present_answer(tree, turn).places for turn in path[-1:]}

    def show_turn(self, turn: Turn) -> None:
        if turn.id in self._shown:
            presented = present_answer(self._desk.tree, turn)
            self._places[turn.id] = presented.places
            self._view.replace(presented.message.key, presented.message)

    def grow(self, change: TextGrew) -> None:
        if change.turn_id not in self._shown:
            return
        place = self._places.get(change.turn_id, {}).get((change.item, change.part))
        if place is None:
            self.show_turn(self._desk.tree[change.turn_id])
        else:
            self._view.grow(key_of_answer(change.turn_id), place, change.text)

    def scroll_to(self, turn_id: str) -> None:
        if turn_id in self._shown:
            self._view.scroll_to(f"{QUESTION}{turn_id}")
