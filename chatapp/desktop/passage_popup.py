"""The passage behind a citation's marker, shown beside the marker while it is pointed at or has the keyboard."""

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtWidgets import QFrame

from chatapp.conversation.citations import Citation, cite
from chatapp.conversation.failures import Failure
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.passage_card import PassageCard, said_place
from chatapp.desktop.theme import GAP_8, GAP_12
from chatapp.desktop.transcript_pane import TranscriptPane
from chatapp.desktop.widgets import column, label, named
from chatapp.services.sources import Location

WAIT_MS = 250
"""A pointer that only passes over a marker shows nothing."""
WIDTH = 380
HINT = "Click or press Enter to open the original."


class PassagePopup(QFrame):
    """Lies over the window and takes no focus and no pointer."""

    def __init__(self, pane: TranscriptPane, desk: Desk, errands: Errands, look: Appearance) -> None:
        super().__init__(pane.window())
        named(self, "Cited passage")
        self.setProperty("kind", "popup")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._pane, self._desk, self._errands, self._look = pane, desk, errands, look
        self._layout = column(gap=0)
        self.setLayout(self._layout)
        self._card: PassageCard | None = None
        self._pointed: tuple[str, int, QRect] = ("", 0, QRect())
        self.hide()
        self._wait = QTimer(self, interval=WAIT_MS, singleShot=True)
        self._wait.timeout.connect(self._open)
        pane.pointed.connect(self._point)
        pane.cited.connect(self._close)
        pane.view.verticalScrollBar().valueChanged.connect(self._close)

    def dismiss(self) -> bool:
        """Whether there was one to take away."""
        was_shown = self.isVisible()
        self._close()
        return was_shown

    def _point(self, turn_id: str, number: int, spot: QRect) -> None:
        """At a marker, given with its place on the screen; at none where the number is 0."""
        self._close()
        self._pointed = turn_id, number, spot
        if number:
            self._wait.start()

    def _close(self, *_: object) -> None:
        self._wait.stop()
        self.hide()

    def _open(self) -> None:
        turn_id, number, spot = self._pointed
        turn = self._desk.tree.get(turn_id)
        citations = cite(turn.answer) if turn is not None else ()
        citation = next((known for known in citations if known.number == number), None)
        if turn is None or citation is None or not self._pane.view.isVisible():
            return
        self._fill(citation)
        self._place(spot)
        self.show()
        self.raise_()
        if self._card is not None:
            self._pane.view.reader.announce(self._card.accessibleName())
        if not citation.url and not citation.made:
            self._locate(turn.server, citation)

    def _fill(self, citation: Citation) -> None:
        if self._card is not None:
            self._card.deleteLater()
            self._layout.removeWidget(self._card)
        else:
            hint = label(HINT, "caption")
            hint.setContentsMargins(GAP_12, 0, GAP_12, GAP_8)
            self._layout.addWidget(hint)
        self._card = PassageCard(citation.passage, citation, self._look)
        self._card.setProperty("kind", "")
        self._card.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._layout.insertWidget(0, self._card)

    def _place(self, spot: QRect) -> None:
        """Under the marker, or over it where the window ends."""
        room = self.window().rect()
        spot = QRect(self.window().mapFromGlobal(spot.topLeft()), spot.size())
        width = min(WIDTH, room.width())
        self.ensurePolished()
        self.setFixedSize(width, self._layout.totalHeightForWidth(width))
        is_below = spot.bottom() + GAP_8 + self.height() <= room.bottom()
        top = spot.bottom() + GAP_8 if is_below else max(0, spot.top() - GAP_8 - self.height())
        self.move(min(max(spot.left() - GAP_12, 0), room.width() - width), top)

    def _locate(self, server: str, citation: Citation) -> None:
        card = self._card

        def located(location: Location) -> None:
            if card is not None and card is self._card and location.original and location.place:
                card.set_place(said_place(location.place, location.original.filename))

        def refused(_failure: Failure) -> None:
            """Told when the original is opened; the passage is here all the same."""

        self._errands.run(lambda app: app.sources.locate(server, citation), located, refused)
