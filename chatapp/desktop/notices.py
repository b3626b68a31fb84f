"""What the user should know, in a bar over the composer: it can be taken back or closed, and never stops the work."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QHideEvent
from PySide6.QtWidgets import QFrame, QWidget

from chatapp.conversation.changes import Notice
from chatapp.conversation.failures import Failure, Remedy
from chatapp.desktop.theme import GAP_8, GAP_12
from chatapp.desktop.transcript_model import REMEDIES
from chatapp.desktop.widgets import Icons, button, frame, label, row

STAYS_MS = 8_000


class NoticeBar(QFrame):
    """One notice at a time: the newest, but what can be taken back is not pushed aside by what is only said.

    `undo` gets the name of the use case that takes it back, `remedy` a remedy
    of a failure. `appeared` asks for a place over the column."""

    appeared = Signal()

    def __init__(
        self, undo: Callable[[str], object], remedy: Callable[[Remedy], object], icons: Icons
    ) -> None:
        super().__init__()
        self._undo, self._remedy = undo, remedy
        self._take_back = ""
        self._cure: Remedy | None = None
        self._text = label(wrap=True)
        self._act = button("Undo", self._acted, "link")
        self._close = icons.put(button("", self.hide, "icon", "Close notice"), "close", size=16)
        line = row(self._text, self._act, self._close, gap=GAP_8)
        line.setContentsMargins(GAP_12, GAP_8, GAP_8, GAP_8)
        line.setStretch(0, 1)
        inner = frame("notice", line)
        self._inner = inner
        outer = row(inner)
        self.setLayout(outer)
        self._waiting: deque[Notice] = deque()
        self._timer = QTimer(self, singleShot=True, interval=STAYS_MS)
        self._timer.timeout.connect(self._fade)
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text()

    def say(self, notice: Notice) -> None:
        if self._take_back and not self.isHidden() and not notice.undo and notice.severity == "info":
            self._waiting.append(notice)
            return
        self._take_back, self._cure = notice.undo or "", None
        self._show(notice.text, notice.severity, "Undo" if notice.undo else "")

    def fail(self, failure: Failure) -> None:
        """A use case that did not happen. Its first remedy that works from here is offered."""
        cures = [remedy for remedy in failure.remedies if remedy in ANYWHERE]
        self._take_back, self._cure = "", cures[0] if cures else None
        self._show(f"{failure.title}. {failure.text}", "danger", REMEDIES[cures[0]] if cures else "")
        self._text.setToolTip(failure.details)

    def _show(self, text: str, severity: str, action: str) -> None:
        self._text.setText(text)
        self._text.setToolTip("")
        self._act.setText(action)
        self._act.setAccessibleName(action)
        self._act.setVisible(bool(action))
        self._inner.setProperty("severity", severity)
        self._inner.style().unpolish(self._inner)
        self._inner.style().polish(self._inner)
        self.show()
        self.appeared.emit()
        self._timer.stop()
        if severity == "info":
            self._timer.start()
        announce(self, text)

    def _acted(self) -> None:
        self.hide()
        if self._take_back:
            self._undo(self._take_back)
        elif self._cure is not None:
            self._remedy(self._cure)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._waiting and self.isHidden():
            QTimer.singleShot(0, self, self._next)

    def _next(self) -> None:
        if self._waiting and self.isHidden():
            self._take_back = ""
            self.say(self._waiting.popleft())

    def _fade(self) -> None:
        """Someone who is about to press it keeps it."""
        if self._act.hasFocus() or self._close.hasFocus() or self.underMouse():
            self._timer.start()
        else:
            self.hide()


ANYWHERE = (
    Remedy.OPEN_SETTINGS,
    Remedy.SET_KEY,
    Remedy.CHANGE_PARAMETERS,
    Remedy.CHOOSE_MODEL,
    Remedy.RESTART_ENGINE,
)
"""Remedies that need no turn."""


def announce(widget: QWidget, text: str) -> None:
    """Says a sentence through a screen reader, when one listens."""
    if QAccessible.isActive():
        event = QAccessibleAnnouncementEvent(widget, text)
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
        QAccessible.updateAccessibility(event)
