"""What the user should know, in a bar over the composer: it can be taken back or closed, and never stops the work."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QWidget

from chatapp.conversation.changes import Notice
from chatapp.conversation.failures import Failure, Remedy
from chatapp.desktop.panels.breaking import breaking
from chatapp.desktop.theme import GAP_8, GAP_12
from chatapp.desktop.transcript_model import REMEDIES
from chatapp.desktop.widgets import Icons, button, column, label, restyle, row

STAYS_MS = 8_000
MOST_UNDONE = 20
"""How many deletions Ctrl+Z remembers while the window lives."""


LONGER = re.compile(r"\S{40,}")
"""A hash or a path that may be longer than a line."""


class NoticeCard(QFrame):
    """One notice with what can be done about it, and a cross that puts it away."""

    put_away = Signal()

    def __init__(self, acted: Callable[[], object], icons: Icons) -> None:
        super().__init__()
        self.setProperty("kind", "notice")
        self.words = label(wrap=True)
        self.act = button("", acted, "link", "Undo")
        self.cross = icons.put(button("", self.put_away.emit, "icon", "Close notice"), "close", size=16)
        line = row(self.words, self.act, self.cross, gap=GAP_8)
        line.setContentsMargins(GAP_12, GAP_8, GAP_8, GAP_8)
        line.setStretch(0, 1)
        self.setLayout(line)
        self.hide()

    @property
    def has_focus(self) -> bool:
        return self.act.hasFocus() or self.cross.hasFocus()

    def tell(self, text: str, severity: str, action: str, details: str = "") -> None:
        self.words.setText(LONGER.sub(lambda found: breaking(found[0]), text))
        self.words.setAccessibleName(text)
        self.words.setToolTip(details)
        self.act.setText(action)
        self.act.setAccessibleName(action)
        self.act.setVisible(bool(action))
        restyle(self, severity=severity)
        self.updateGeometry()  # the layouts around know at once that the words may have more lines
        self.show()
        announce(self, text, at_once=severity == "danger")


class NoticeBar(QFrame):
    """Two notices at most: below what can be taken back, which stays until it is done with, above the newest word.

    `undo` gets the name of the use case that takes it back, or that a notice offers, `remedy` a remedy with its
    failure, `left` is called when the keyboard was in a notice that went. `appeared` asks for a place over the column.
    """

    appeared = Signal()

    def __init__(
        self,
        undo: Callable[[str], object],
        remedy: Callable[[Remedy, Failure], object],
        icons: Icons,
        left: Callable[[], object],
    ) -> None:
        super().__init__()
        self._undo, self._remedy, self._left = undo, remedy, left
        self._done: deque[str] = deque(maxlen=MOST_UNDONE)
        self._cure: Callable[[], object] | None = None
        self._offered = ""
        """The use case that the newest word offers."""
        self.said = NoticeCard(self._heal, icons)
        self.undoable = NoticeCard(self.take_back, icons)
        for card in (self.said, self.undoable):
            card.put_away.connect(lambda card=card: self._put_away(card))
        self.setLayout(column(self.said, self.undoable, gap=GAP_8))
        self._timer = QTimer(self, singleShot=True, interval=STAYS_MS)
        self._timer.timeout.connect(self._fade)
        self.hide()

    @property
    def text(self) -> str:
        """What is on screen now."""
        cards = (self.said, self.undoable)
        return "\n".join(card.words.accessibleName() for card in cards if not card.isHidden())

    def say(self, notice: Notice) -> None:
        if notice.undo:
            if notice.undo in self._done:
                self._done.remove(notice.undo)
            self._done.append(notice.undo)
            self.undoable.tell(f"{notice.text} Ctrl+Z brings it back.", notice.severity, "Undo")
            self._appear()
            return
        offer = notice.offer
        self._offered = offer.use_case if offer is not None else ""
        self._cure = (lambda: self._undo(offer.use_case)) if offer is not None else None
        self._say(notice.text, notice.severity, offer.label if offer is not None else "")

    def fail(self, failure: Failure) -> None:
        """A use case that did not happen. Its first remedy that works from here is offered."""
        cures = [remedy for remedy in failure.remedies if remedy in ANYWHERE]
        self._cure = (lambda: self._remedy(cures[0], failure)) if cures else None
        self._offered = ""
        words = REMEDIES[cures[0]] if cures else ""
        self._say(f"{failure.title}. {failure.text}", "danger", words, failure.details)

    def take_back(self) -> None:
        """Undoes the newest thing that can be, also one whose notice was put away."""
        if not self._done:
            self.say(Notice("There is nothing to undo."))
            return
        self._put_away(self.undoable)
        undone = self._done.pop()
        self._undo(undone)
        if self._offered and self._offered.partition(":")[2] == undone.partition(":")[2]:
            self._put_away(self.said)  # what it offered to go on from is taken back

    def forget(self, use_case: str) -> None:
        """It was taken back elsewhere."""
        if use_case in self._done:
            newest = self._done[-1] == use_case
            self._done.remove(use_case)
            if newest:
                self._put_away(self.undoable)

    def _say(self, text: str, severity: str, action: str, details: str = "") -> None:
        self.said.tell(text, severity, action, details)
        self._appear()
        self._timer.stop()
        if severity == "info" and not action:
            self._timer.start()

    def _appear(self) -> None:
        self.show()
        self.appeared.emit()

    def _heal(self) -> None:
        cure = self._cure
        self._put_away(self.said)
        if cure is not None:
            cure()

    def _put_away(self, card: NoticeCard) -> None:
        had_focus = card.has_focus
        card.hide()
        if self.said.isHidden() and self.undoable.isHidden():
            self.hide()
        else:
            self.appeared.emit()
        if had_focus:
            self._left()

    def _fade(self) -> None:
        """Someone who is about to press it keeps it."""
        if self.said.has_focus or self.said.underMouse():
            self._timer.start()
        else:
            self._put_away(self.said)


ANYWHERE = (
    Remedy.OPEN_SETTINGS,
    Remedy.SET_KEY,
    Remedy.CHANGE_PARAMETERS,
    Remedy.CHOOSE_MODEL,
    Remedy.RESTART_ENGINE,
)
"""Remedies that need no turn."""


def announce(widget: QWidget, text: str, at_once: bool = False) -> None:
    """Says a sentence through a screen reader, when one listens; `at_once` interrupts what is being read."""
    if QAccessible.isActive():
        event = QAccessibleAnnouncementEvent(widget, text)
        politeness = QAccessible.AnnouncementPoliteness
        event.setPoliteness(politeness.Assertive if at_once else politeness.Polite)
        QAccessible.updateAccessibility(event)
