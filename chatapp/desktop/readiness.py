"""Has the reader of documents running while an answer on screen cites files, and reads what is pointed at."""

from PySide6.QtCore import QObject, QRect, QTimer

from chatapp.conversation.citations import cite, cites_files
from chatapp.conversation.tree import Turn
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.ahead import Ahead
from chatapp.desktop.transcript_pane import TranscriptPane

SETTLE_MS = 400
"""After a change on the desk: what is begun with it goes first."""
REST_MS = 40
"""A pointer stays that long on a marker before its original is read; a click takes longer."""
RECENT = 100
"""Turns, from the newest, that may cite what is opened next."""


class Readiness(QObject):
    """Lets the reader go with the last answer that cites files."""

    def __init__(self, pane: TranscriptPane, desk: Desk, errands: Errands, ahead: Ahead) -> None:
        super().__init__(pane)
        self._desk, self._errands, self._ahead = desk, errands, ahead
        self._is_kept = False
        self._pointed = ("", 0)
        self._settle = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._settle.timeout.connect(self._weigh)
        self._rest = QTimer(self, interval=REST_MS, singleShot=True)
        self._rest.timeout.connect(self._read)
        desk.opened.connect(self._settle.start)
        desk.path_changed.connect(self._settle.start)
        desk.turn_changed.connect(self._ended)
        pane.pointed.connect(self._point)

    def _ended(self, turn: Turn) -> None:
        if turn.answer.status.ended:
            self._settle.start()

    def _weigh(self) -> None:
        """The first citation of the newest answer is the likeliest to be opened."""
        turns = self._desk.path[-RECENT:]
        kept = any(cites_files(turn.answer) for turn in turns)
        if kept != self._is_kept:
            self._is_kept = kept
            self._errands.run(
                lambda app: app.sources.keep_ready(kept),
                otherwise=lambda failure: None,  # told when an original is opened
            )
        if kept and cites_files(turns[-1].answer):
            self._ahead.read(turns[-1].server, cite(turns[-1].answer)[:1])

    def _point(self, turn_id: str, number: int, _spot: QRect) -> None:
        """At a marker; at none where the number is 0."""
        self._pointed = turn_id, number
        if number:
            self._rest.start()
        else:
            self._rest.stop()

    def _read(self) -> None:
        turn_id, number = self._pointed
        turn = self._desk.tree.get(turn_id)
        if turn is not None:
            self._ahead.read(turn.server, [one for one in cite(turn.answer) if one.number == number][:1])
