"""The Parameters panel, drawn from the table in `conversation/parameters`: the server on top, then a row each."""

from itertools import groupby

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QStyle, QVBoxLayout, QWidget

from chatapp.conversation.failures import Failure
from chatapp.conversation.parameters import FOLDED, PARAMETERS
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.controls import Choice, Stores, has_control
from chatapp.desktop.panels.library import UNNAMED
from chatapp.desktop.panels.parameter_row import GAP, ParameterRow, head_width
from chatapp.desktop.panels.refused import refused_parameter
from chatapp.desktop.panels.refused_rows import RefusedRows
from chatapp.desktop.theme import GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import CalmChoice, FollowsTextSize, Icons, column, label, named, row, scrolling
from chatapp.protocol.json_types import Json

SHOWN = tuple(row for row in PARAMETERS if row.group not in FOLDED and has_control(row))
FIRST_TO_TRY = "temperature"
"""The parameter that servers refuse most."""


class ParametersPanel(QWidget):
    library_asked = Signal()

    def __init__(self, desk: Desk, errands: Errands, icons: Icons) -> None:
        super().__init__()
        named(self, "Parameters")
        self._desk, self._errands = desk, errands
        self._asked_models: set[str] = set()
        self._refusals = RefusedRows(desk, errands)
        self.rows = {parameter.name: ParameterRow(parameter, icons) for parameter in SHOWN}
        for parameter_row in self.rows.values():
            parameter_row.edited.connect(self._edit)
            parameter_row.tried.connect(self._refusals.try_again)
        self._build()
        for changed in (desk.opened, desk.head_changed, desk.path_changed, desk.turn_changed):
            changed.connect(self._show)
        desk.servers_changed.connect(self._show_servers)
        desk.refusals_changed.connect(self._show)
        desk.stores_changed.connect(self._show_stores)

    def reveal(self, name: str = "") -> None:
        """Scrolls to a parameter and gives it the keyboard. Without a name it is the one that the server named when
        it refused the last question."""
        asked = name or self._refused()
        known = asked if asked in self.rows else FIRST_TO_TRY
        fields = self.rows[known].control.fields()
        self._area.ensureWidgetVisible(self.rows[known], 0, GAP_16)
        if fields:
            fields[0 if known == "vector_stores" else -1].setFocus()

    def _refused(self) -> str | None:
        turn = self._desk.last_turn
        failure = turn.answer.failure if turn is not None else None
        return refused_parameter(failure) if failure is not None else None

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._show()
        self._fetch()

    def _build(self) -> None:
        content = QWidget()
        inside = QVBoxLayout(content)
        inside.setContentsMargins(GAP_16, GAP_12, GAP_16, GAP_16)
        inside.setSpacing(GAP_8)
        for group, members in groupby(SHOWN, key=lambda parameter: parameter.group):
            parameters = list(members)
            if [parameter.label for parameter in parameters] == [group]:
                inside.addSpacing(GAP_8)
            else:
                caption = label(group, "caption")
                caption.setContentsMargins(0, GAP_8, 0, 0)
                inside.addWidget(caption)
            if group == "Model":
                inside.addLayout(self._server_row())
            for parameter in parameters:
                inside.addWidget(self.rows[parameter.name])
        inside.addStretch(1)
        stores = self.rows["vector_stores"].control
        assert isinstance(stores, Stores)
        stores.library_asked.connect(self.library_asked)
        self._area = scrolling(content)
        self.setLayout(column(self._area))

    def _server_row(self) -> QVBoxLayout:
        self._server_words = label("Server")
        self.server = CalmChoice("Server")
        self.server.activated.connect(self._choose_server)
        self.server.currentTextChanged.connect(self.server.setToolTip)
        self._server_words.setBuddy(self.server)
        self._state = label(kind="caption", wrap=True)
        self._server_line = row(self._server_words, self.server, gap=GAP)
        FollowsTextSize(self._server_words, self._fit_server)
        return column(self._server_line, self._state, gap=2)

    def _fit_server(self) -> None:
        """Beside its label or under it, as the model below it is."""
        beside = head_width(self._server_words)
        room = self.width() - 2 * GAP_16 - self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        stacked = beside + GAP + self.rows["model"].control.least_width() > room
        direction = QBoxLayout.Direction.TopToBottom if stacked else QBoxLayout.Direction.LeftToRight
        self._server_line.setDirection(direction)
        self._server_line.setStretch(1, 0 if stacked else 1)
        self._server_words.setFixedWidth(max(0, room) if stacked else beside)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_server()

    def _show(self, *_changed: object) -> None:
        head = self._desk.head
        self.setEnabled(head is not None)
        if head is None or not self.isVisible():
            return
        self._name_stores(head.server)
        turn = self._desk.last_turn
        for name, parameter_row in self.rows.items():
            parameter_row.show_value(head.parameters.get(name), turn)
        self._refusals.show(self.rows, head)
        self._show_servers()

    def _show_servers(self) -> None:
        head = self._desk.head
        if head is None or not self.isVisible():
            return
        with QSignalBlocker(self.server):
            self.server.clear()
            for connection in self._desk.connections:
                self.server.addItem(connection.name, connection.id)
            self.server.setCurrentIndex(self.server.findData(head.server))
        state = self._desk.states.get(head.server)
        troubled = state is not None and state.state not in ("ready", "unknown")
        self._state.setText(state.text if troubled and state is not None else "")
        self._state.setVisible(troubled)
        model = self.rows["model"].control
        assert isinstance(model, Choice)
        models = state.models if state is not None else ()
        if model.box.count() - 1 != len(models) or any(model.box.findText(name) < 0 for name in models):
            model.offer(models)

    def _show_stores(self, server: str) -> None:
        head = self._desk.head
        if head is not None and head.server == server:
            self._show()

    def _name_stores(self, server: str) -> None:
        told = self._desk.stores.get(server)
        control = self.rows["vector_stores"].control
        assert isinstance(control, Stores)
        if told is None:
            control.set_stores(None)
        else:
            control.set_stores({str(s["id"]): str(s.get("name") or UNNAMED) for s in told if s.get("id")})

    def _fetch(self) -> None:
        """Asks the open conversation's server once for its models and stores."""
        head = self._desk.head
        if head is None or head.server in self._asked_models:
            return
        server = head.server
        connection = self._desk.connection(server)
        if connection is None:
            return
        self._asked_models.add(server)

        def forget(_failure: Failure) -> None:
            self._asked_models.discard(server)

        self._errands.run(lambda app: app.preferences.check(connection), otherwise=forget)
        self._errands.run(lambda app: app.library.stores(server), otherwise=forget)

    def _edit(self, name: str, value: Json) -> None:
        conversation_id = self._desk.open_id
        if conversation_id is not None:
            self._errands.run(lambda app: app.conversations.set_parameter(conversation_id, name, value))

    def _choose_server(self, index: int) -> None:
        conversation_id, server = self._desk.open_id, str(self.server.itemData(index))
        if conversation_id is not None:
            self._errands.run(
                lambda app: app.conversations.set_server(conversation_id, server),
                then=lambda _none: self._fetch(),
            )
