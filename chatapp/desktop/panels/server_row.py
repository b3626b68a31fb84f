"""The server of the conversation, on top of its parameters: a list, and in a line what ails the one chosen."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from chatapp.conversation.changes import ServerChanged
from chatapp.desktop.controls.choosing import LIST_EDGES
from chatapp.desktop.controls.control import NOT_SENT
from chatapp.desktop.panels.parameter_row import GAP, head_width
from chatapp.desktop.widgets import CalmChoice, FollowsTextSize, column, label, row
from chatapp.services.ports import Connection

WELL = ("ready", "unknown")


class ServerRow(QWidget):
    """`chosen` carries the id of another server."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("serverRow")
        self._words = label("Server")
        self.box = CalmChoice("Server")
        self.box.activated.connect(lambda place: self.chosen.emit(str(self.box.itemData(place))))
        self.box.currentTextChanged.connect(self.box.setToolTip)
        self._words.setBuddy(self.box)
        self._state = label(kind="caption", wrap=True)
        self._line = row(self._words, self.box, gap=GAP)
        self.setLayout(column(self._line, self._state, gap=2))
        FollowsTextSize(self._words, self._fit)

    def show_servers(
        self, connections: Sequence[Connection], server: str, state: ServerChanged | None
    ) -> None:
        with QSignalBlocker(self.box):
            self.box.clear()
            for connection in connections:
                self.box.addItem(connection.name, connection.id)
            self.box.setCurrentIndex(self.box.findData(server))
        trouble = state.text if state is not None and state.state not in WELL else ""
        self._state.setText(trouble)
        self._state.setVisible(bool(trouble))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Beside its label or under it, as the model below it is."""
        beside, room = head_width(self._words), self.width()
        least = self._words.fontMetrics().horizontalAdvance(NOT_SENT) + LIST_EDGES
        stacked = beside + GAP + least > room
        direction = QBoxLayout.Direction.TopToBottom if stacked else QBoxLayout.Direction.LeftToRight
        self._line.setDirection(direction)
        self._line.setStretch(1, 0 if stacked else 1)
        self._words.setFixedWidth(max(0, room) if stacked else beside)
