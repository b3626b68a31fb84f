"""The Parameters panel, drawn from the table in `conversation/parameters`: the server on top, then a row each, in
groups that fold. What is seldom set is folded away until it is looked for."""

from itertools import groupby

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chatapp.conversation.defaults import NEVER_DEFAULT
from chatapp.conversation.failures import Failure
from chatapp.conversation.parameters import FOLDED, PARAMETERS, Parameter
from chatapp.conversation.tree import Conversation, Turn
from chatapp.desktop.controls.choosing import Choice
from chatapp.desktop.controls.stores import Stores
from chatapp.desktop.controls.tool_choice import ToolChoice
from chatapp.desktop.desk import Desk
from chatapp.desktop.in_force import InForce, in_force_now
from chatapp.desktop.loop import Errands
from chatapp.desktop.panels.defaults_menu import DefaultsMenu
from chatapp.desktop.panels.origin_line import origin_words
from chatapp.desktop.panels.parameter_group import ParameterGroup
from chatapp.desktop.panels.parameter_row import ParameterRow
from chatapp.desktop.panels.refused import refused_parameter
from chatapp.desktop.panels.refused_rows import RefusedRows
from chatapp.desktop.panels.server_row import ServerRow
from chatapp.desktop.panels.store_words import UNNAMED
from chatapp.desktop.search_field import SearchField
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import CalmChoice, Icons, button, column, label, named, row, scrolling
from chatapp.protocol.json_types import Json, JsonObject, objects_of

FIRST_TO_TRY = "temperature"
"""The parameter that servers refuse most."""
VARY = "Ask one question under several values, and compare the answers (Ctrl+Shift+E)"
NOT_FOUND = "No parameter is called that."
PRESETS = "Save what is set under a name, or apply what was saved"
SCROLL_BAR = 12
GROUPS_OPENED = "parameter_groups"
"""The preference that says which groups were opened or closed by hand."""
FILE_SEARCH: JsonObject = {"type": "file_search"}


class ParametersPanel(QWidget):
    library_asked = Signal()
    vary_asked = Signal()
    presets_asked = Signal()
    left = Signal()
    """Esc in an empty search."""

    def __init__(self, desk: Desk, errands: Errands, icons: Icons) -> None:
        super().__init__()
        named(self, "Parameters")
        self._desk, self._errands, self._icons = desk, errands, icons
        self._asked_servers: set[str] = set()
        self._silent_servers: set[str] = set()
        self._refusals = RefusedRows(desk, errands)
        self._defaults = DefaultsMenu(desk, errands)
        self._turned: dict[str, bool] = {}
        self._answered: Turn | None = None
        """The turn whose answer is compared with what is set."""
        self._knows_groups = False
        self._server = ServerRow()
        self._server.chosen.connect(self._choose_server)
        self._groups = {
            name: ParameterGroup(
                name, tuple(members), self._make, icons, self._server if name == "Model" else None
            )
            for name, members in groupby(
                (parameter for parameter in PARAMETERS if not parameter.once), key=lambda each: each.group
            )
        }
        self._unmade = [group for name, group in self._groups.items() if name not in FOLDED]
        self._making = QTimer(self, interval=0)
        self._making.timeout.connect(self._open_next)
        self._build()
        for group in self._groups.values():
            group.folded.connect(self._remember_group)
        for changed in (desk.opened, desk.head_changed):
            changed.connect(self._show)
            changed.connect(self._fetch)
        for changed in (desk.path_changed, desk.shown_changed):
            changed.connect(self._follow)
        desk.servers_changed.connect(self._show)
        desk.refusals_changed.connect(self._show)
        desk.defaults_changed.connect(self._show)
        desk.stores_changed.connect(self._show_stores)

    @property
    def server(self) -> CalmChoice:
        """The list of servers."""
        return self._server.box

    @property
    def groups(self) -> tuple[ParameterGroup, ...]:
        """From top to bottom."""
        return tuple(self._groups.values())

    @property
    def rows(self) -> dict[str, ParameterRow]:
        """The rows that were made, by parameter; those of a group that was never open are not."""
        return {name: made for group in self._groups.values() for name, made in group.rows.items()}

    def reveal(self, name: str = "") -> None:
        """Scrolls to a parameter and gives it the keyboard. Without a name it is the one that the server named when
        it refused the last question."""
        asked = name or self._refused()
        known = asked if asked and self._group_of(asked) else FIRST_TO_TRY
        shown = self.row(known)
        self._inside.activate()
        self._area.ensureWidgetVisible(shown, 0, GAP_16)
        shown.control.entrance().setFocus()

    def row(self, name: str) -> ParameterRow:
        """The row of a parameter, brought on screen."""
        group = self._group_of(name)
        assert group is not None
        self.search.clear()
        group.set_open(True)
        self._show()
        return group.rows[name]

    def _group_of(self, name: str) -> ParameterGroup | None:
        groups = self._groups.values()
        return next((one for one in groups if any(row.name == name for row in one.parameters)), None)

    def _refused(self) -> str | None:
        turn = self._desk.last_turn
        failure = turn.answer.failure if turn is not None else None
        return refused_parameter(failure) if failure is not None else None

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        if self._unmade:
            self._open_next()
            self._making.start()
        self._show()
        self._asked_servers -= self._silent_servers
        self._silent_servers.clear()
        self._fetch()
        if not self._knows_groups:
            self._knows_groups = True
            self._errands.run(lambda app: app.preferences.get(GROUPS_OPENED, {}), then=self._open_groups)

    def _open_groups(self, opened: dict[str, bool]) -> None:
        """As the user left them; one turned meanwhile stays."""
        self._turned = {**opened, **self._turned}
        for name, group in self._groups.items():
            if name in self._turned and group not in self._unmade:
                group.set_open(self._turned[name] is True)
        self._show()

    def _open_next(self) -> None:
        """One group a turn of the loop, from the top: the window answers meanwhile."""
        if self._unmade:
            group = self._unmade.pop(0)
            group.set_open(self._turned.get(group.name, True) is True)
        else:
            self._making.stop()
            self._show()

    def _remember_group(self, name: str, is_open: bool) -> None:
        self._turned[name] = is_open
        turned = dict(self._turned)
        self._errands.run(lambda app: app.preferences.set(GROUPS_OPENED, turned))
        self._show()

    def _search(self, text: str) -> None:
        words = text.casefold().split()
        found = frozenset([name for name, spoken in _SPOKEN.items() if all(word in spoken for word in words)])
        for group in self._groups.values():
            group.show_only(found if words else None)
        self._nothing.setVisible(bool(words) and not found)
        self._show()

    def _build(self) -> None:
        self.search = SearchField("Search parameters")
        self.search.left.connect(self.left)
        self.search.textChanged.connect(self._search)
        content = QWidget()
        inside = self._inside = QVBoxLayout(content)
        inside.setContentsMargins(GAP_16, GAP_4, GAP_16, GAP_16)
        inside.setSpacing(GAP_8)
        for group in self._groups.values():
            inside.addWidget(group)
        self._nothing = label(NOT_FOUND, "caption", wrap=True)
        self._nothing.hide()
        inside.addWidget(self._nothing)
        inside.addStretch(1)
        self._area = scrolling(content)
        self.presets = button("Presets", self.presets_asked.emit, name="Presets", tip=PRESETS)
        vary = button("Vary…", self.vary_asked.emit, name="Vary from here", tip=VARY)
        acts = row(self.presets, vary, gap=GAP_8)
        head = column(self.search, acts, gap=GAP_8)
        head.setContentsMargins(GAP_16, GAP_12, GAP_16 + SCROLL_BAR, GAP_8)
        whole = column(head, self._area, gap=0)
        self.setLayout(whole)

    def _make(self, parameter: Parameter) -> ParameterRow:
        made = ParameterRow(parameter, self._icons)
        made.edited.connect(self._edit)
        made.withheld.connect(self._withhold)
        made.tried.connect(self._refusals.try_again)
        made.origin.asked.connect(lambda place: self._open_defaults(made, place))
        if isinstance(made.control, Stores):
            made.control.library_asked.connect(self.library_asked)
        if self._desk.head is not None:
            self._fill(made, self._desk.head, in_force_now(self._desk, self._desk.head), self._desk.last_turn)
        return made

    def _follow(self, *_changed: object) -> None:
        """Turns that only stand beside the last one change nothing here."""
        if self._desk.last_turn is not self._answered:
            self._show()

    def _show(self, *_changed: object) -> None:
        head = self._desk.head
        self.setEnabled(head is not None)
        if head is None or not self.isVisible():
            return
        now, last = in_force_now(self._desk, head), self._desk.last_turn
        self._answered = last
        for parameter_row in self.rows.values():
            self._fill(parameter_row, head, now, last)
        for group in self._groups.values():
            group.count(now.settings)
        self._refusals.show(self.rows, head, now)
        self._show_servers()

    def _fill(self, parameter_row: ParameterRow, head: Conversation, now: InForce, last: Turn | None) -> None:
        control, name = parameter_row.control, parameter_row.parameter.name
        if isinstance(control, Stores):
            self._name_stores(control, head.server)
        if isinstance(control, ToolChoice):
            searches = (FILE_SEARCH,) if head.parameters.get("vector_stores") else ()
            tools = now.settings.get("tools")
            control.offer((*objects_of(tools.value if tools is not None else None), *searches))
        setting = now.settings.get(name)
        parameter_row.show_setting(setting, last)
        beneath = control.words_for(setting.beneath) if setting is not None else ""
        words = origin_words(setting, now.model, self._desk.server_name(head.server), beneath)
        parameter_row.show_origin(words, self._defaults.has_entries(name))

    def _show_servers(self) -> None:
        head = self._desk.head
        if head is None or not self.isVisible():
            return
        state = self._desk.states.get(head.server)
        self._server.show_servers(self._desk.connections, head.server, state)
        model = self.rows["model"].control
        assert isinstance(model, Choice)
        models = state.models if state is not None else ()
        if model.box.count() - 1 != len(models) or any(model.box.findText(name) < 0 for name in models):
            model.offer(models)

    def _show_stores(self, server: str) -> None:
        head = self._desk.head
        if head is not None and head.server == server:
            self._show()

    def _name_stores(self, control: Stores, server: str) -> None:
        told = self._desk.stores.get(server)
        if told is None:
            control.set_stores(None)
        else:
            control.set_stores({str(s["id"]): str(s.get("name") or UNNAMED) for s in told if s.get("id")})

    def _fetch(self) -> None:
        """Asks the open conversation's server once for its models and stores; one that did not answer again when the
        panel is shown the next time."""
        head = self._desk.head
        if head is None or not self.isVisible() or head.server in self._asked_servers:
            return
        server = head.server
        connection = self._desk.connection(server)
        if connection is None:
            return
        self._asked_servers.add(server)

        def forget(_failure: Failure) -> None:
            self._silent_servers.add(server)

        self._errands.run(lambda app: app.preferences.check(connection), otherwise=forget)
        self._errands.run(lambda app: app.library.stores(server), otherwise=forget)

    def _edit(self, name: str, value: Json) -> None:
        conversation_id = self._desk.open_id
        if conversation_id is not None:
            self._errands.run(lambda app: app.conversations.set_parameter(conversation_id, name, value))

    def _withhold(self, name: str) -> None:
        head = self._desk.head
        if head is None:
            return
        if name in NEVER_DEFAULT:
            self._edit(name, None)
        else:
            self._defaults.withhold(head, name)

    def _open_defaults(self, made: ParameterRow, place: QPoint) -> None:
        head, name = self._desk.head, made.parameter.name
        setting = in_force_now(self._desk, head).settings.get(name) if head is not None else None
        if head is not None and setting is not None:
            self._defaults.menu(made.origin, head, name, setting).popup(place)

    def _choose_server(self, server: str) -> None:
        conversation_id = self._desk.open_id
        if conversation_id is not None:
            self._errands.run(lambda app: app.conversations.set_server(conversation_id, server))


_SPOKEN = {
    row.name: f"{row.name} {row.label} {row.group}".casefold() for row in PARAMETERS if not row.once
} | {"serverRow": "server"}
"""What a search looks through."""
