"""The Citations panel: the original on top, a card for each citation, and what was retrieved but not cited."""

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from chatapp.conversation.citations import Citation, Passage, cite, passages
from chatapp.conversation.searching import search_of
from chatapp.conversation.tree import Turn
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.desk import Desk
from chatapp.desktop.doubts import Doubts
from chatapp.desktop.links import open_link
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.ahead import Ahead
from chatapp.desktop.panels.citation_menu import citation_menu
from chatapp.desktop.panels.empty import EmptyState
from chatapp.desktop.panels.folded import Folded
from chatapp.desktop.panels.original import OriginalView
from chatapp.desktop.panels.original_words import Offer
from chatapp.desktop.panels.passage_card import PassageCard, said_place
from chatapp.desktop.panels.seeking import Seeking, Wish
from chatapp.desktop.panels.support_line import SupportLine
from chatapp.desktop.panels.what_if import WhatIf
from chatapp.desktop.panels.why import Why, reasons
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12, GAP_16
from chatapp.desktop.transcript_pane import TranscriptPane
from chatapp.desktop.widgets import Icons, button, clear, column, holding, label, named, row, scrolling
from chatapp.services.sources import Location

ORIGINAL_HEIGHT = 320
SHOWN = 50
"""Cards in the list at a time: a widget for each of a thousand citations would take seconds."""
LEAST_TRANSCRIPT = 370
"""Pixels: there is that much beside half of a window of the usual size."""
FOLLOW_MS = 200
"""Between two looks at an answer that is still written: a hundred citations may come in one breath."""
EDGE = 4
"""Pixels that borders take of a half of the window."""
NO_TURN = (
    "Ask a question about your files. The passages an answer rests on appear here, each in its original."
)
WEB = "This source is a page on the web."
MADE = "This file was made for the answer and lies on the server. There is no original to quote from."
NOT_RETRIEVED = "Cited, not retrieved: no search of this answer returned a passage of this file."
NOT_SAID = "The server did not say which passages its search returned."
CHOOSE = "Choose a citation to see it in its original."
FOUND_NOTHING = "The search of this answer returned no passage."
NO_CITATION = "This answer cites no file. Choose a library for this conversation, and ask again."


class CitationsPanel(QWidget):
    """Shows the turn on screen that was last looked at; the last turn unless another one was asked for."""

    library_asked = Signal()
    enlarge_asked = Signal()
    usual_width_asked = Signal()
    acted = Signal(str, str)
    """A turn's id and an action."""
    asked_again = Signal(str, object)
    """A turn's id and the parameters with which it is asked again, as a branch."""
    current_changed = Signal(str, int, bool)
    """The turn and the number of the citation in front, 0 for none; and whether the reader asked for it."""

    def __init__(
        self, desk: Desk, errands: Errands, appearance: Appearance, icons: Icons, doubts: Doubts
    ) -> None:
        super().__init__()
        named(self, "Citations")
        self._desk, self._errands, self._look, self._icons = desk, errands, appearance, icons
        self._turn: Turn | None = None
        self._citations: tuple[Citation, ...] = ()
        self._firsts: dict[int, Citation] = {}
        """The first citation of each number."""
        self._cards: dict[int, PassageCard] = {}
        self._current: int | None = None
        self._sought: Citation | None = None
        self._asked_for = False
        self._stays = False
        """What is in front was asked for before the panel was on screen, and is not exchanged when it gets there."""
        self._widened = False
        self.support = SupportLine(doubts, icons)
        self.what_if = WhatIf(errands, appearance, icons)
        self.what_if.asked.connect(self.asked_again)
        self.what_if.chosen.connect(lambda passage: self._locate(as_citation(passage), None))
        self._build()
        desk.opened.connect(lambda: self._show_turn(None))
        desk.path_changed.connect(self._follow)
        self._soon = QTimer(self, interval=FOLLOW_MS, singleShot=True)
        self._soon.timeout.connect(self._follow)
        desk.shown_changed.connect(self._follow_soon)

    def show_citation(self, turn_id: str, number: int) -> None:
        """Opens one citation of a turn in its original."""
        turn = self._desk.tree.get(turn_id)
        if turn is None:
            return
        self._stays = not self.isVisible()
        if turn is not self._turn:
            self._show_turn(turn)
        self._choose(number, asked_for=True)

    def step(self, by: int, from_shown: bool = False) -> None:
        """To the next or the previous citation, round the end; first to the first one, or the last, unless it is to be
        the one after that whose original is shown already.

        Where the turn in front cites nothing, to those of the newest one that does.
        """
        if not self._firsts:
            citing = (turn for turn in reversed(self._desk.path) if cite(turn.answer))
            self._show_turn(next(citing, self._turn))
        numbers = list(self._firsts)
        if numbers:
            begun = (from_shown or self._asked_for) and self._current in numbers
            at = numbers.index(self._current) if begun and self._current else -1 if by > 0 else 0
            self._choose(numbers[(at + by) % len(numbers)], asked_for=True)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        if not self._stays:
            self._follow()
        self._stays = False

    def _build(self) -> None:
        self.original = OriginalView(self._errands, self._look, self._icons)
        self._seeking = Seeking(self, self._errands, self.original)
        self.ahead = Ahead(self._errands, self.original.width_for)
        self.original.enlarge_asked.connect(self._enlarge)
        self.original.closed.connect(self._give_back)
        self.original.stepped.connect(partial(self.step, from_shown=True))
        self._list = QVBoxLayout()
        self._list.setSpacing(GAP_12)
        below = column(self.support, self.what_if, self._list, gap=GAP_12)
        below.setContentsMargins(GAP_16, GAP_8, GAP_16, GAP_16)
        self._area = scrolling(holding(below))
        self._split = QSplitter(Qt.Orientation.Vertical)
        frame = holding(column(self.original, edge=0))
        frame.setContentsMargins(GAP_16, GAP_12, GAP_16, 0)
        self._split.addWidget(frame)
        self._split.addWidget(self._area)
        self._split.setChildrenCollapsible(False)
        self._split.setStretchFactor(0, 1)
        self._split.setStretchFactor(1, 1)
        self._split.setSizes([ORIGINAL_HEIGHT, 2 * ORIGINAL_HEIGHT])
        self._empty = EmptyState("quote", self._look, "Open the library", self.library_asked.emit)
        self.setLayout(column(self._split, self._empty))

    def _enlarge(self) -> None:
        """The original gets most of the height while it has half of the window, and gives it back.

        Where half of the window would leave the transcript too little, the width stays as it is.
        """
        height = self._split.height()
        is_large = self._is_wide or self._split.sizes()[0] > height // 2
        if self._is_wide:
            self._narrow()
        elif not is_large and self._transcript_left() >= LEAST_TRANSCRIPT:
            self._widened = True
            self.window().installEventFilter(self)
            self.enlarge_asked.emit()
        original = ORIGINAL_HEIGHT if is_large else height * 2 // 3
        self._split.setSizes([original, height - original])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A window that becomes too narrow for a wide original takes the width back."""
        if event.type() == QEvent.Type.Resize and self._transcript < LEAST_TRANSCRIPT:
            self._give_back()
        return False

    @property
    def _is_wide(self) -> bool:
        """Whether the panel, or the one in front of it, was widened or has half of the window."""
        room = self.parentWidget()
        half = self.window().width() // 2 - EDGE
        return self._widened or (room is not None and room.isVisible() and room.width() >= half)

    @property
    def _transcript(self) -> int:
        transcript = self.window().findChild(TranscriptPane)
        return transcript.width() if isinstance(transcript, TranscriptPane) else 0

    def _transcript_left(self) -> int:
        """How wide the transcript would be beside a panel that has half of the window."""
        return self._transcript + self.width() - self.window().width() // 2

    def _narrow(self) -> None:
        self._widened = False
        self.usual_width_asked.emit()

    def _give_back(self) -> None:
        """Without an original to read, the panel is as wide as the others."""
        if self._is_wide:
            self._enlarge()

    def _follow_soon(self, *_changed: object) -> None:
        turn = self._desk.last_turn
        if turn is None or turn.answer.status.ended:
            self._follow()
        elif not self._soon.isActive():
            self._soon.start()

    def _follow(self, *_changed: object) -> None:
        """Stays with the newest turn on screen, and opens its first citation once the answer has ended."""
        self._soon.stop()
        if not self.isVisible():
            return
        turn = self._desk.last_turn
        if (
            turn is not None
            and self._turn is not None
            and turn.id == self._turn.id
            and turn is not self._turn
        ):
            again = cite(turn.answer) != self._citations or passages(turn.answer) != passages(
                self._turn.answer
            )
            if not again and turn.answer.status == self._turn.answer.status:
                self._turn = turn
                return
        elif turn is self._turn and turn is not None:
            return
        self._show_turn(turn)
        if turn is not None and turn.answer.status.ended and self._citations:
            self._choose(self._citations[0].number)

    def _show_turn(self, turn: Turn | None) -> None:
        self._turn = turn
        self._current, self._asked_for = None, False
        self._sought = None
        self._citations = cite(turn.answer) if turn is not None else ()
        self._firsts = {}
        for citation in self._citations:
            self._firsts.setdefault(citation.number, citation)
        found = passages(turn.answer) if turn is not None else ()
        self.what_if.show_turn(turn)
        something = bool(self._citations or found) or not self.what_if.isHidden()
        self._split.setVisible(something)
        self._empty.setVisible(not something)
        self._empty.say(NO_TURN if turn is None else NO_CITATION)
        self.original.say(CHOOSE if self._citations or found else FOUND_NOTHING)
        self.support.show_turn(turn)
        self._fill(found)
        self._tell()

    def _fill(self, found: tuple[Passage, ...], first: int = 1) -> None:
        """The cards from a number on, as many as are shown at a time."""
        clear(self._list)
        self._cards = {}
        if self._citations:
            self._list.addWidget(
                holding(row(self._pager(found, first), 1, citation_menu(self._icons, self._act)))
            )
        self.original.offer_steps(len(self._firsts) > 1)
        for number in range(first, min(first + SHOWN, len(self._firsts) + 1)):
            self._cards[number] = self._card(self._firsts[number])
            self._cards[number].set_current(number == self._current)
            self._list.addWidget(self._cards[number])
        cited = {citation.passage.rank for citation in self._citations if citation.passage is not None}
        rest = [passage for passage in found if passage.rank not in cited]
        if rest:
            self._list.addWidget(self._others(rest))
        self._list.addStretch(1)

    def _pager(self, found: tuple[Passage, ...], first: int) -> QWidget:
        """Which citations are listed, and the way to the others; nothing where all are."""
        count, last = len(self._firsts), min(first + SHOWN - 1, len(self._firsts))
        pager = row(gap=GAP_4)
        for name, drawing, to in (
            ("Earlier citations", "chevron-left", first - SHOWN),
            ("Later citations", "chevron-right", first + SHOWN),
        ):
            turn = partial(self._fill, found, to)
            step = self._icons.put(button("", turn, "icon", name, name), drawing)
            step.setEnabled(1 <= to <= count)
            pager.addWidget(step)
        pager.addWidget(label(f"{first:,}–{last:,} of {count:,}", "caption"))
        held = holding(pager)
        held.setVisible(count > SHOWN)
        return held

    def _act(self, action: str) -> None:
        if self._turn is not None:
            self.acted.emit(self._turn.id, action)

    def _card(self, citation: Citation) -> PassageCard:
        card = self._explained(citation.passage, citation)
        card.chosen.connect(lambda: self._choose(citation.number, asked_for=True))
        return card

    def _explained(self, passage: Passage | None, citation: Citation | None) -> PassageCard:
        """A card that can say why its passage is there, or that the search did not return it."""
        turn = self._turn
        if turn is None or passage is None:
            card = PassageCard(passage, citation, self._look)
            if citation is not None and not citation.url and not citation.made:
                told = turn is not None and passages(turn.answer)
                card.add(label(NOT_RETRIEVED if told else NOT_SAID, "caption", wrap=True))
            return card
        search = search_of(turn, passage.rank)
        card = PassageCard(
            passage, citation, self._look, search.settings.score_threshold if search is not None else None
        )
        name = partial(self._desk.store_name, turn.server)
        card.add(Why(lambda: reasons(search, passage, name), self._icons))
        return card

    def _others(self, rest: list[Passage]) -> QWidget:
        """What was retrieved but not cited, folded."""
        inside = column(gap=GAP_12)
        for passage in rest[:SHOWN]:
            card = self._explained(passage, None)
            card.chosen.connect(lambda passage=passage: self._locate(as_citation(passage), None))
            inside.addWidget(card)
        if len(rest) > SHOWN:
            inside.addWidget(label(f"{len(rest) - SHOWN:,} more are not listed.", "caption"))
        return Folded(f"Retrieved, not cited ({len(rest)})", holding(inside), self._icons)

    def _choose(self, number: int, asked_for: bool = False) -> None:
        citation = self._firsts.get(number)
        if citation is None or self._turn is None:
            return
        if number not in self._cards:
            self._fill(passages(self._turn.answer), (number - 1) // SHOWN * SHOWN + 1)
        self._current, self._asked_for = number, asked_for
        for own, card in self._cards.items():
            card.set_current(own == number)
        self._area.ensureWidgetVisible(self._cards[number])
        self._locate(citation, number)
        self._tell()

    def _tell(self) -> None:
        turn = self._turn.id if self._turn is not None else ""
        self.current_changed.emit(turn, self._current or 0, self._asked_for)

    def _locate(self, citation: Citation, number: int | None) -> None:
        turn = self._turn
        if turn is None:
            return
        self._current, self._sought = number, citation
        if citation.url:
            address = citation.url
            self.original.say(
                WEB, offers=[Offer("Open the web page", lambda: open_link(self, address), address)]
            )
            return
        if citation.made:
            self.original.say(MADE)
            return

        def found(location: Location) -> None:
            self._show_location(location, number)

        self._seeking.seek(Wish(turn.server, citation, lambda: self._sought is citation, found))

    def _show_location(self, location: Location, number: int | None) -> None:
        original, place = location.original, location.place
        if original is None or place is None:
            return
        self.original.show_place(original, place, note=location.reason or "")
        if number is not None:
            if number in self._cards:
                self._cards[number].set_place(said_place(place, original.filename))
            self._read_on(number)

    def _read_on(self, number: int) -> None:
        """The next citation and the one before are likely to be opened now."""
        if self._turn is None:
            return
        beside = self._firsts.get(number + 1), self._firsts.get(number - 1)
        self.ahead.read(self._turn.server, filter(None, beside))


def as_citation(passage: Passage) -> Citation:
    """A passage to look for in its original, though nothing cites it."""
    return Citation(0, 0, 0, 0, passage.file_id, passage.filename, passage.text, passage)
