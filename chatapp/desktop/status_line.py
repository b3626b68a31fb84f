"""The line at the bottom: is the server there, which model, is the chain kept, what did this turn and all turns use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from chatapp.desktop.appearance import Appearance
from chatapp.desktop.desk import Desk
from chatapp.desktop.theme import GAP_8, GAP_16, GAP_24
from chatapp.desktop.widgets import OneLine, label, row

if TYPE_CHECKING:
    from chatapp.conversation.chain import Standing
    from chatapp.conversation.changes import ServerState
    from chatapp.conversation.tree import Turn

COLOURS: dict[ServerState, str] = {
    "ready": "success", "starting": "warning", "unreachable": "danger", "stopped": "danger", "unknown": "secondary",
}  # fmt: skip
WORDS: dict[ServerState, str] = {
    "ready": "", "starting": "starting", "unreachable": "not reached", "stopped": "stopped", "unknown": "",
}  # fmt: skip
HEIGHT = 28


class Dot(QWidget):
    """The state as a dot: filled when the server is there, a ring when it is not, so that colour is not all."""

    def __init__(self, appearance: Appearance) -> None:
        super().__init__()
        self._look = appearance
        self._state: ServerState = "unknown"
        self.setFixedSize(QSize(10, 10))
        appearance.changed.connect(self.update)

    def show_state(self, state: ServerState) -> None:
        self._state = state
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(getattr(self._look.palette, COLOURS[self._state]))
        painter.setPen(colour)
        painter.setBrush(colour if self._state == "ready" else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QRectF(1.5, 1.5, 7, 7))


class StatusLine(QFrame):
    def __init__(self, desk: Desk, appearance: Appearance) -> None:
        super().__init__()
        self.setProperty("kind", "status")
        self.setObjectName("statusLine")
        self._desk = desk
        self._dot = Dot(appearance)
        self._server = OneLine(kind="caption")
        self._server.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._chain, self._turn, self._total = (label(kind="caption") for _ in range(3))
        server = row(self._dot, self._server, gap=GAP_8)
        line = row(server, self._chain, self._turn, 1, self._total, gap=GAP_24)
        line.setContentsMargins(GAP_16, 0, GAP_16, 0)
        self.setLayout(line)
        self.setFixedHeight(HEIGHT)
        self._total.installEventFilter(self)
        for changed in (
            desk.opened,
            desk.head_changed,
            desk.path_changed,
            desk.shown_changed,
            desk.servers_changed,
            desk.limits_changed,
            desk.prices_changed,
            desk.chain_changed,
        ):
            changed.connect(self._show)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What all turns cost is added up when somebody asks: there may be thousands."""
        if event.type() == QEvent.Type.ToolTip:
            from chatapp.desktop.spending import spending_words

            self._total.setToolTip(spending_words(self._desk.path, self._desk.cost_of))
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.LayoutRequest
        ):  # the words need more room, or less, as with larger text
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        """What has no room is left out, the least telling first."""
        used = GAP_16 + self._dot.width() + GAP_8 + self._server.sizeHint().width() + GAP_16
        for part in (self._chain, self._turn, self._total):
            used += GAP_24 + part.sizeHint().width()
            part.setVisible(bool(part.text()) and used <= self.width())

    def _cost(self, turn: Turn | None) -> str:
        from chatapp.conversation.costs import cost_words

        cost = self._desk.cost_of(turn) if turn is not None else None
        return cost_words(cost) if cost is not None and not cost.free else ""

    def _show(self, *_changed: object) -> None:
        from chatapp.conversation.limits import words_for
        from chatapp.desktop.health import standing_of
        from chatapp.desktop.transcript_model import total_tokens

        head, turn = self._desk.head, self._desk.last_turn
        if head is None:
            return
        change = self._desk.states.get(head.server)
        state: ServerState = change.state if change is not None else "unknown"
        self._dot.show_state(state)
        self._dot.setAccessibleName(f"Server {state}")
        last = turn.answer.model if turn is not None and turn.server == head.server else None
        model = str(head.parameters.get("model") or last or "")
        words = server_words(self._desk.server_name(head.server), state, model)
        self._server.setText(words)
        limits = words_for(self._desk.limits.get(head.server, ()))
        told = change.text if change is not None else ""
        self._server.setToolTip("\n".join(filter(None, (words, told, *limits))))
        found = standing_of(self._desk, turn) if turn is not None and has_answer(turn) else None
        self._chain.setText(chain_words(found))
        self._chain.setToolTip(found.words if found is not None else "")
        tokens = total_tokens(turn.answer.usage) if turn is not None else 0
        self._turn.setText(
            " · ".join(filter(None, (f"this turn {tokens:,} tokens" if tokens else "", self._cost(turn))))
        )
        path = self._desk.path
        total, count = sum(total_tokens(entry.answer.usage) for entry in path), len(path)
        turns = f"{count} turn{'s' if count != 1 else ''}" if count else ""
        self._total.setText(f"{turns} · {total:,} tokens" if total else turns)
        self._fit()


def server_words(name: str, state: ServerState, model: str) -> str:
    """The server and its model; of one that is not there, that it is not: it has no model to answer with."""
    return " · ".join(word for word in (name, WORDS[state] or model) if word)


def has_answer(turn: Turn) -> bool:
    """Whether anything came of it that a server could keep."""
    return bool(turn.answer.items) or turn.answer.response is not None


def chain_words(found: Standing | None) -> str:
    """Whether the next turn can refer to this one by its response id; "" where nobody would ask."""
    return CHAIN_WORDS[found.health.value] if found is not None else ""


CHAIN_WORDS = {
    "stored": "chain stored",
    "expired": "chain may have expired",
    "deleted": "chain is gone",
    "other server": "chain on another server",
    "never stored": "not kept on the server",
    "unknown": "chain unknown",
}
"""By how it stands with the newest turn."""
