"""The quiet line under the message field: what the question will take before it is sent. It opens the numbers.

Reckoned after a pause in the typing, from what is at hand; where a server counts, its count takes the estimate's place.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QStylePainter

from chatapp.conversation.defaults import NO_DEFAULTS, composed
from chatapp.conversation.failures import Failure
from chatapp.conversation.forecast import Forecast, costs_of, fit_of, forecast, history_tokens, tier_of
from chatapp.conversation.request_builder import user_message
from chatapp.conversation.sending import Asked
from chatapp.desktop.appearance import Appearance
from chatapp.desktop.composer.outlook_words import Outlook, line_words
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.widgets import named, restyle

if TYPE_CHECKING:
    from chatapp.conversation.tree import Conversation, Turn
    from chatapp.desktop.composer.composer import Composer
    from chatapp.protocol.json_types import JsonObject

PAUSE_MS = 250
COUNT_MS = 600
"""How long nothing must change before a server is asked to count."""
MOST_CHARACTERS = 100_000
"""Of a question that is sent only to be counted."""
REMEMBERED = 50
"""Counts that are known again when a question is as it was."""
LEAST_WIDTH = 80
NAME = "What this will take"


class OutlookLine(QPushButton):
    """`outlook` is what it says, None where there is nothing to say; it ends in "…" where room is short.
    `prices_asked` wishes for the price table."""

    prices_asked = Signal()
    told = Signal()
    """What it says is another."""

    def __init__(self, composer: Composer, desk: Desk, errands: Errands, look: Appearance) -> None:
        super().__init__()
        named(self, NAME)
        self.setProperty("kind", "outlook")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._composer, self._desk, self._errands, self._look = composer, desk, errands, look
        self.outlook: Outlook | None = None
        self._counts: OrderedDict[Any, int] = OrderedDict()
        self._counting: asyncio.Task[Any] | None = None
        self._history: tuple[Turn | None, int] = (None, 0)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self.reckon)
        self._count_soon = QTimer(self, singleShot=True, interval=COUNT_MS)
        self._count_soon.timeout.connect(self._count)
        self.clicked.connect(self._open)
        self._join()
        self._pause.start()

    def reckon(self) -> None:
        """Says anew what the question will take, from what is at hand."""
        self._pause.stop()
        head = self._desk.head
        self.outlook = self._outlook(head) if head is not None else None
        self._show()
        self._count_soon.start()

    def ask_again(self) -> None:
        """Whether the server counts has been decided anew."""
        self._counts.clear()
        self.reckon()

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST_WIDTH, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room = self.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, self).width()
        option.text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_PushButton, option)

    def _join(self) -> None:
        composer, desk = self._composer, self._desk
        for changed in (
            composer.editor.textChanged,
            composer.chips.changed,
            composer.aimed,
            desk.opened,
            desk.head_changed,
            desk.path_changed,
            desk.prices_changed,
            desk.servers_changed,
            desk.defaults_changed,
        ):
            changed.connect(self._soon)
        desk.turn_changed.connect(self._follow)

    def _soon(self, *_changed: object) -> None:
        self._count_soon.stop()
        self._pause.start()

    def _follow(self, turn: Turn) -> None:
        """What is still being written says nothing yet."""
        if turn.answer.status.ended:
            self._soon()

    def _outlook(self, head: Conversation) -> Outlook:
        model = self._model(head)
        parameters = self._parameters(head, model)
        last, above = self._composer.parent_turn, lambda turn: self._desk.tree.get(turn.parent_id)
        expected = forecast(
            parameters, self._composer.text, self._composer.enclosures, last, above, self._history_of(last)
        )
        told = self._counts.get(self._key(head, parameters, last))
        if told is not None:
            expected = replace(expected, told=told)
        price = self._desk.price_of(head.server, model)
        costs = costs_of(price, expected, tier_of(parameters))
        return Outlook(
            expected, model, self._desk.server_name(head.server), price, fit_of(price, expected), costs
        )

    def _history_of(self, last: Turn | None) -> int:
        """Found once for each turn, as it stands."""
        if self._history[0] is not last:
            self._history = last, history_tokens(last, lambda turn: self._desk.tree.get(turn.parent_id))
        return self._history[1]

    def _model(self, head: Conversation) -> str:
        """The one that will be asked: the conversation's, the server's usual one, or the one that answered before."""
        connection, last = self._desk.connection(head.server), self._desk.last_turn
        usual = connection.default_model if connection is not None else ""
        before = last.request.get("model") if last is not None and last.server == head.server else ""
        return str(head.parameters.get("model") or usual or before or "")

    def _parameters(self, head: Conversation, model: str) -> JsonObject:
        return composed(head.parameters, self._desk.defaults.get(head.server, NO_DEFAULTS), model)

    def _key(self, head: Conversation, parameters: JsonObject, last: Turn | None) -> Any:
        """What a count is of; texts may be long, and are not kept for it."""
        words = hash(self._composer.text.strip())
        return head.server, repr(parameters), words, last.id if last is not None else None

    def _show(self) -> None:
        words = line_words(self.outlook) if self.outlook is not None else ""
        self.setText(words.replace("&", "&&"))
        self.setToolTip(words)
        self.setAccessibleDescription(words)
        restyle(self, full=self.outlook is not None and self.outlook.is_full)
        self.setVisible(bool(words))
        self.told.emit()

    def _count(self) -> None:
        """Asks the server, where it is there, for the words as they are now. The estimate stays until it answers, and
        where it does not."""
        head, outlook = self._desk.head, self.outlook
        if self._counting is not None:
            self._counting.cancel()
            self._counting = None
        if head is None or outlook is None or not self._can_be_counted(head, outlook.expected):
            return
        parameters, last = self._parameters(head, outlook.model), self._composer.parent_turn
        key = self._key(head, parameters, last)
        path = self._desk.tree.path(last.id) if last is not None else ()
        asked = Asked(path, (user_message(self._composer.text.strip()),), parameters, head.server)
        self._counting = self._errands.run(
            lambda app: app.counting.count(head.id, asked),
            lambda told: self._take(key, told),
            _stays_an_estimate,
        )

    def _can_be_counted(self, head: Conversation, expected: Forecast) -> bool:
        state = self._desk.states.get(head.server)
        is_there = state is not None and state.state == "ready"
        words = self._composer.text
        has_words = bool(words.strip()) and len(words) <= MOST_CHARACTERS and self._desk.running is None
        return is_there and has_words and expected.told is None and not self._composer.enclosures

    def _take(self, key: Any, told: int | None) -> None:
        self._counting = None
        if told is None:
            return
        self._counts[key] = told
        while len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)
        head = self._desk.head
        if head is not None:
            self.outlook = self._outlook(head)
            self._show()

    def _open(self) -> None:
        from chatapp.desktop.composer.outlook_popup import OutlookPopup

        OutlookPopup(self, self._desk, self._errands, self._look).open()


def _stays_an_estimate(_failure: Failure) -> None:
    """What keeps a server from counting is told when the question is sent."""
