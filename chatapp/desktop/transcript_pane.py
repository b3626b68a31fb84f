"""The middle: the transcript of the open conversation, fed from the desk, or the welcome while it is empty.

The view is loaded after the first paint, because the Markdown grammar comes with it.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from chatapp.conversation.changes import TextGrew
from chatapp.conversation.tree import Turn
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.desk import Desk
from chatapp.desktop.transcript.messages import QUESTION_ACTIONS
from chatapp.desktop.transcript_model import (
    QUESTION,
    Presented,
    key_of_answer,
    present_answer,
    present_path,
    turn_of,
)
from chatapp.desktop.welcome import Welcome
from chatapp.desktop.widgets import Icons

if TYPE_CHECKING:
    from chatapp.desktop.transcript.view import TranscriptView


class TranscriptPane(QStackedWidget):
    """`acted` carries a turn's id and an action, `cited` a turn's id and a citation's number."""

    acted = Signal(str, str)
    question_copied = Signal(str)
    cited = Signal(str, int)
    link_activated = Signal(str, str)

    def __init__(self, desk: Desk, appearance: Appearance, icons: Icons) -> None:
        super().__init__()
        self.setProperty("kind", "surface")
        self._desk, self._look = desk, appearance
        self._shown: list[str] = []
        self._places: dict[str, dict[tuple[int, int], int]] = {}
        self.view: TranscriptView | None = None
        self.blank = QWidget()
        self.welcome = Welcome(desk, icons)
        self.addWidget(self.blank)
        self.addWidget(self.welcome)
        desk.path_changed.connect(self._show_path)
        desk.turn_changed.connect(self._show_turn)
        desk.grew.connect(self._grow)
        appearance.changed.connect(self._recolour)

    def load(self) -> None:
        """Makes the view and shows what is on the desk."""
        from chatapp.desktop.transcript.view import TranscriptView

        self.view = TranscriptView(palette=self._look.palette, text_size=self._look.scale)
        self.view.citation_activated.connect(lambda key, number: self.cited.emit(turn_of(key), number))
        self.view.action.connect(self._act)
        self.view.link_activated.connect(self.link_activated)
        self.addWidget(self.view)
        self._show_path()

    def shown_answer(self, turn_id: str) -> Presented:
        """How a turn's answer stands in the transcript now."""
        return present_answer(self._desk.tree, self._desk.tree[turn_id])

    def scroll_to(self, turn_id: str) -> None:
        if self.view is not None and turn_id in self._shown:
            self.view.scroll_to(f"{QUESTION}{turn_id}")

    def _act(self, key: str, action: str) -> None:
        if key.startswith(QUESTION) and action == "copy" and action in QUESTION_ACTIONS:
            self.question_copied.emit(turn_of(key))
        else:
            self.acted.emit(turn_of(key), action)

    def _show_path(self) -> None:
        path = self._desk.path
        if self.view is None:
            return
        ids = [turn.id for turn in path]
        if ids and self._shown and ids[:-1] == self._shown:
            for message in present_path(self._desk.tree, path[-1:]):
                self.view.append(message)
        else:
            self.view.set_messages(present_path(self._desk.tree, path))
        self._shown = ids
        self._places = {turn.id: present_answer(self._desk.tree, turn).places for turn in path[-1:]}
        self.setCurrentWidget(self.view if path else self.welcome if self._desk.head is not None else self.blank)

    def _show_turn(self, turn: Turn) -> None:
        if self.view is None or turn.id not in self._shown:
            return
        presented = present_answer(self._desk.tree, turn)
        self._places[turn.id] = presented.places
        self.view.replace(presented.message.key, presented.message)

    def _grow(self, change: TextGrew) -> None:
        if self.view is None or change.turn_id not in self._shown:
            return
        place = self._places.get(change.turn_id, {}).get((change.item, change.part))
        if place is None:
            self._show_turn(self._desk.tree[change.turn_id])
        else:
            self.view.grow(key_of_answer(change.turn_id), place, change.text)

    def _recolour(self) -> None:
        if self.view is not None:
            self.view.set_palette(self._look.palette)
            self.view.set_text_size(self._look.scale)
