"""Sentences of answers whose wording is not found in the passages: measured once an answer is looked at, and where in
the transcript they stand. The Citations panel and the transcript ask here."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QObject, Signal

from chatapp.conversation.answer import Answer
from chatapp.conversation.sentences import sentences
from chatapp.conversation.support import Support, Verdict
from chatapp.conversation.tree import Turn
from chatapp.conversation.wording import clean
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.transcript import messages
from chatapp.desktop.transcript.entry import Entry
from chatapp.desktop.transcript.runs import units
from chatapp.desktop.transcript.stage import NOTHING_DOUBTED, Doubted
from chatapp.desktop.transcript.strips import Prose, Strip
from chatapp.desktop.transcript_model import turn_of

REMEMBERED: Final = 1_000
"""Strips whose places are kept."""


class Doubts(QObject):
    """`measured` tells of a turn that its support is known now, `switched` that marks are wanted, or are not."""

    measured = Signal(str)
    switched = Signal(bool)

    def __init__(self, desk: Desk, errands: Errands, marks: bool) -> None:
        super().__init__()
        self._desk, self._errands = desk, errands
        self.marks = marks
        self._known: dict[str, tuple[Answer, Support | None]] = {}
        self._doubted: dict[str, dict[str, Verdict]] = {}
        self._places: dict[int, tuple[Strip, Doubted]] = {}
        self._asked: dict[str, Answer] = {}
        desk.opened.connect(self._forget)

    def switch(self, marks: bool) -> None:
        if marks != self.marks:
            self.marks = marks
            self.switched.emit(marks)

    def of(self, turn: Turn) -> Support | None:
        """What is known of a turn; where nothing is, it is measured, and `measured` tells when that is done."""
        known = self._known.get(turn.id)
        if known is not None and known[0] is turn.answer:
            return known[1]
        if turn.answer.status.ended and self._asked.get(turn.id) is not turn.answer:
            self._asked[turn.id] = turn.answer
            self._errands.run(
                lambda app: app.supporting.by_wording(turn), lambda support: self._compare(turn, support)
            )
        return None

    def doubted_in(self, entry: Entry, at: int) -> Doubted:
        """The sentences of a strip that are to be marked."""
        turn = self._desk.tree.get(turn_of(entry.key)) if self.marks and _is_written(entry) else None
        if turn is None or entry.strips is None:
            return NOTHING_DOUBTED
        if self.of(turn) is None or not (doubted := self._doubted[turn.id]):
            return NOTHING_DOUBTED
        strip = entry.strips[at]
        known = self._places.get(id(strip))
        if known is None or known[0] is not strip:
            if len(self._places) >= REMEMBERED:
                self._places.clear()
            known = self._places[id(strip)] = (strip, places(strip, doubted))
        return known[1]

    def _forget(self) -> None:
        """Another conversation is open."""
        for known in (self._known, self._doubted, self._places, self._asked):
            known.clear()

    def _compare(self, turn: Turn, support: Support | None) -> None:
        """What the wording says is shown at once; meaning, where it can be compared, comes after it."""
        self._learn(turn, support)
        if support is not None and support.claims:
            self._errands.run(
                lambda app: app.supporting.by_meaning(turn, support), lambda found: self._deepen(turn, found)
            )

    def _deepen(self, turn: Turn, support: Support) -> None:
        known = self._known.get(turn.id)
        if known is not None and known[0] is turn.answer and known[1] is not support:
            self._learn(turn, support)

    def _learn(self, turn: Turn, support: Support | None) -> None:
        self._known[turn.id] = (turn.answer, support)
        claims = support.claims if support is not None else ()
        self._doubted[turn.id] = {
            letters(claim.text): claim.judged.verdict
            for claim in claims
            if claim.judged.verdict != "supported"
        }
        self._places.clear()
        self.measured.emit(turn.id)


def places(strip: Strip, doubted: Mapping[str, Verdict]) -> Doubted:
    """Where sentences stand in a strip that are doubted, in UTF-16 units. They are known again by their letters, for
    the transcript shows them without their markup."""
    match strip:
        case Prose(level=0, tone="text"):
            spans = sentences(strip.text)
        case _:
            return NOTHING_DOUBTED
    text = strip.text
    found = ((start, end, doubted.get(letters(text[start:end]))) for start, end in spans)
    return tuple(
        (units(text[:start]), units(text[:end]), verdict)
        for start, end, verdict in found
        if verdict is not None
    )


def letters(text: str) -> str:
    """What of a sentence stays the same, with its markup and without."""
    return "".join(filter(str.isalnum, clean(text))).casefold()


def _is_written(entry: Entry) -> bool:
    return isinstance(entry.message, messages.Answer) and not entry.message.streaming
