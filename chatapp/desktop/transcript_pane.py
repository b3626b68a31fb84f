"""The middle: the transcript of the open conversation, or the welcome while it is empty.

Both are loaded after the first paint, because the Markdown grammar comes with them; `transcript_feed` fills the view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.widgets import Icons, column, holding

if TYPE_CHECKING:
    from chatapp.desktop.doubts import Doubts
    from chatapp.desktop.image_loading import ImageLoading
    from chatapp.desktop.transcript.find_bar import FindBar
    from chatapp.desktop.transcript.view import TranscriptView
    from chatapp.desktop.transcript_feed import TranscriptFeed
    from chatapp.desktop.welcome import Welcome


LEAST_HEIGHT = 72
"""The welcome would like more; what waits below for an answer comes first."""


class TranscriptPane(QStackedWidget):
    """`acted` carries a turn's id and an action, `cited` a turn's id and a citation's number."""

    acted = Signal(str, str)
    question_copied = Signal(str)
    cited = Signal(str, int)
    pointed = Signal(str, int, QRect)
    """A turn's id, the number of the citation that is pointed at or has the keyboard, 0 for none, and the place of its
    marker on the screen."""
    link_activated = Signal(str, str)
    file_activated = Signal(str, int)
    """A turn's id, and the place of a file among those that went along."""

    find_bar: FindBar
    welcome: Welcome
    view: TranscriptView
    feed: TranscriptFeed
    images: ImageLoading

    def __init__(self, desk: Desk, appearance: Appearance) -> None:
        super().__init__()
        self.setProperty("kind", "surface")
        self.setMinimumHeight(LEAST_HEIGHT)
        self._desk, self._look = desk, appearance
        self._blank = QWidget()
        self.addWidget(self._blank)

    def load(self, icons: Icons, errands: Errands) -> None:
        """Makes the view and the welcome, and shows what is on the desk."""
        from chatapp.desktop.image_loading import ImageLoading
        from chatapp.desktop.transcript.find_bar import FindBar
        from chatapp.desktop.transcript.view import TranscriptView
        from chatapp.desktop.transcript_feed import TranscriptFeed
        from chatapp.desktop.welcome import Welcome

        desk = self._desk
        self.welcome = Welcome(desk, icons)
        self.view = TranscriptView(palette=self._look.palette, text_size=self._look.scale)
        self.follow_announcing()
        self.feed = TranscriptFeed(desk, errands, self.view)
        self.images = ImageLoading(errands, self.view)
        self.addWidget(self.welcome)
        self.find_bar = FindBar(self.view, icons)
        self.find_bar.left.connect(lambda: self.view.setFocus(Qt.FocusReason.OtherFocusReason))
        self._reading = holding(column(self.find_bar, self.view, gap=0))
        self.addWidget(self._reading)
        self.view.citation_activated.connect(self._cite)
        self.view.citation_pointed.connect(self._point)
        self.view.action.connect(self._act)
        self.view.link_activated.connect(self.link_activated)
        self.view.file_activated.connect(self._open_file)
        desk.path_changed.connect(self._show_path)
        desk.beside_changed.connect(self.feed.show_beside)
        desk.head_changed.connect(self.feed.show_head)
        desk.chain_changed.connect(self.feed.show_chain)
        desk.shown_changed.connect(self.feed.show_turn)
        desk.prices_changed.connect(self.feed.show_costs)
        desk.grew.connect(self.feed.grow)
        desk.waits_changed.connect(self.feed.show_wait)
        self._look.changed.connect(self._recolour)
        self._show_path()

    def mark_citation(self, turn_id: str, number: int, seek: bool) -> None:
        """Rings the marker of the citation that is shown in its original, 0 for none; brings it into view."""
        from chatapp.desktop.transcript_model import key_of_answer

        self.view.mark_citation(key_of_answer(turn_id), number, seek)

    def mark_doubts(self, doubts: Doubts) -> None:
        """Has sentences marked whose wording is not found in the passages."""
        self.view.doubted_in = doubts.doubted_in
        doubts.measured.connect(lambda _turn: self.view.viewport().update())
        doubts.switched.connect(lambda _marks: self.view.viewport().update())

    def open_find(self) -> None:
        """Opens the bar that finds words; in an empty conversation there is nothing to find."""
        if self._desk.path:
            self.find_bar.open()

    def find_next(self, by: int) -> None:
        if self._desk.path:
            self.find_bar.step(by)

    def go_turn(self, by: int) -> None:
        self.view.go_turn(by)

    def go_fork(self, by: int) -> None:
        """To the next turn above or below that has siblings."""
        from chatapp.desktop.transcript_model import QUESTION

        tree = self._desk.tree
        forked = {f"{QUESTION}{turn.id}" for turn in self._desk.path if len(tree.siblings(turn.id)) > 1}
        self.view.go_turn(by, forked)

    def _cite(self, key: str, number: int) -> None:
        from chatapp.desktop.transcript_model import turn_of

        self.cited.emit(turn_of(key), number)

    def _point(self, key: str, number: int, spot: QRect) -> None:
        from chatapp.desktop.transcript_model import turn_of

        self.pointed.emit(turn_of(key) if number else "", number, spot)

    def _open_file(self, key: str, at: int) -> None:
        from chatapp.desktop.transcript_model import turn_of

        self.file_activated.emit(turn_of(key), at)

    def _act(self, key: str, action: str) -> None:
        from chatapp.desktop.transcript_model import QUESTION, turn_of

        if key.startswith(QUESTION) and action == "copy":
            self.question_copied.emit(turn_of(key))
        else:
            self.acted.emit(turn_of(key), action)

    def _show_path(self) -> None:
        self.feed.show_path()
        self.setCurrentWidget(
            self._reading if self._desk.path else self.welcome if self._desk.head is not None else self._blank
        )

    def follow_announcing(self) -> None:
        self.view.reader.announces = self._look.announces

    def _recolour(self) -> None:
        self.view.set_palette(self._look.palette)
        self.view.set_text_size(self._look.scale)
