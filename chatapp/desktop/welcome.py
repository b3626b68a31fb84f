"""What an empty conversation shows: in one sentence what this is, and the first step."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from chatapp.desktop.desk import Desk
from chatapp.desktop.icons import application_icon
from chatapp.desktop.theme import GAP_8, GAP_12
from chatapp.desktop.widgets import (
    FollowsTextSize,
    Icons,
    button,
    column,
    holding,
    label,
    named,
    row,
    scrolling,
)

FIRST_QUESTION = "How do I check where a citation comes from?"
SENTENCE = (
    "Ask about your own files and see every answer's source in the original. Everything works on this computer, "
    "without a key and without a network; add a server when you want a model to write the answers."
)
PREPARING = "The sample library is being prepared…"
READY = "The sample library “User guide” is attached."
PLAIN = "Attach files with +, drop them anywhere, or choose a library on the right."
FAILED = "The sample library could not be prepared. Attach a file of your own with +, or add a server."
WIDTH = 460
CHARACTERS = 70
"""On a line, where there is room for them."""
BUTTON_EDGES = 56
"""The edges of a button and its picture."""
ICON_SIZE = 56
TALL = 400
"""Pixels of height, below which the words come without the picture."""


class Welcome(QWidget):
    question_asked = Signal(str)
    settings_asked = Signal()
    attach_asked = Signal()

    def __init__(self, desk: Desk, icons: Icons) -> None:
        super().__init__()
        named(self, "Welcome")
        self._desk = desk
        self._state = PLAIN
        self._image = QLabel()
        self._image.setPixmap(application_icon().pixmap(ICON_SIZE))
        self._image.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = label("Ask your documents", "heading")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        sentence = label(SENTENCE, "secondary", wrap=True)
        sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._about = label(kind="caption", wrap=True)
        self._about.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.ask = button(FIRST_QUESTION, lambda: self.question_asked.emit(FIRST_QUESTION), "primary")
        icons.put(self.ask, "send", "on_accent")
        self.attach = icons.put(button("Attach a file", self.attach_asked.emit), "attach")
        settings = icons.put(
            button("Open settings to add a server", self.settings_asked.emit, "quiet"), "server"
        )
        inside = column(self._image, title, sentence, gap=GAP_12)
        inside.addSpacing(GAP_12)
        inside.addLayout(row(1, self.ask, self.attach, 1))
        inside.addWidget(self._about)
        inside.addLayout(row(1, settings, 1))
        self._body = QWidget()
        self._body.setLayout(inside)
        middle = row(1, self._body, 1)
        middle.setStretch(1, 1000)
        whole = column(1, middle, 2, gap=GAP_8, edge=GAP_12)
        self.setLayout(column(scrolling(holding(whole)), gap=0))
        FollowsTextSize(self, self._fit_width)
        desk.head_changed.connect(self._show)
        desk.opened.connect(self._show)
        desk.stores_changed.connect(self._show)
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._image.setVisible(self.height() >= TALL)
        self._fit_question()

    def _fit_width(self) -> None:
        """As many words on a line at every text size, and all of the question on its button."""
        self._body.setMaximumWidth(max(self.fontMetrics().averageCharWidth() * CHARACTERS, WIDTH))
        self._fit_question()

    def _fit_question(self) -> None:
        """A question for which there is no room ends in "…"."""
        room = min(self.width() - 2 * GAP_12, self._body.maximumWidth()) - BUTTON_EDGES
        metrics = self.ask.fontMetrics()
        self.ask.setText(metrics.elidedText(FIRST_QUESTION, Qt.TextElideMode.ElideRight, room))

    def prepare(self, state: str) -> None:
        """Says how far the sample library is: PREPARING, FAILED, or PLAIN when it is of no concern."""
        self._state = state
        self._show()

    def _show(self, *_changed: object) -> None:
        head = self._desk.head
        stores = head.parameters.get("vector_stores") or [] if head is not None else []
        names = [self._desk.store_name(head.server, store) for store in stores] if head is not None else []
        sample = "User guide" in names
        self.ask.setVisible(sample or self._state == PREPARING)
        self.ask.setEnabled(sample)
        self.attach.setVisible(self.ask.isHidden())
        self._about.setText(READY if sample else self._state)
