"""The form for one server: its kind, name, address, where its key comes from, and what a check or a test says.

What is typed and not saved yet is kept by `drafts` next door; `advanced` holds what is seldom changed, `testing` what
a test found out.
"""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import uuid4

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget
from shiboken6 import Shiboken

from chatapp.conversation.changes import ServerChanged
from chatapp.conversation.failures import Failure
from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.servers.advanced import Advanced
from chatapp.desktop.servers.drafts import NEW, ServerDrafts, Typed
from chatapp.desktop.servers.engine_part import EnginePart
from chatapp.desktop.servers.fields import field_label, fields
from chatapp.desktop.servers.kinds import refilled
from chatapp.desktop.servers.testing import ServerTest
from chatapp.desktop.servers.words import of_failure, plainly
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12
from chatapp.desktop.widgets import (
    CalmChoice,
    Icons,
    button,
    column,
    holding,
    label,
    named,
    restyle,
    row,
    scrolling,
    while_there,
)
from chatapp.services.connection_rules import check_connection
from chatapp.services.known_servers import (
    KNOWN_SERVERS,
    OTHER,
    PLACEHOLDER,
    KnownServer,
    detected,
    kind_of,
    known_server,
)
from chatapp.services.ports import Connection, KeySource
from chatapp.services.trial import TRIAL
from chatapp.services.use_case import UseCaseFailure

ENGINE = "engine"
SECRET: tuple[KeySource, ...] = ("keyring", "session")
SOURCES: dict[KeySource, str] = {
    "none": "No key",
    "keyring": "Key store of this computer",
    "environment": "Environment variable",
    "session": "This session only",
}
EXPLAINED: dict[KeySource, str] = {
    "none": "Requests carry no key.",
    "keyring": "The key is kept by the key store of the system and written nowhere else.",
    "environment": "The key is read from the variable whenever it is needed.",
    "session": "The key is forgotten when chatapp closes.",
}


class ConnectionForm(QWidget):
    removed = Signal()

    def __init__(self, desk: Desk, errands: Errands, icons: Icons) -> None:
        super().__init__()
        self._desk, self._errands, self._drafts = desk, errands, ServerDrafts.of(desk)
        self.connection: Connection | None = None
        self._new_id = uuid4().hex[:12]
        self.advanced = Advanced(icons)
        self.test = ServerTest(desk, errands, icons)
        self._build(icons)
        self._filled = self._typed()
        self.show_connection(None)

    def show_connection(self, connection: Connection | None) -> None:
        """Fills the form; None is a server to add. What was typed here before and not saved comes back."""
        self.keep_typed()
        self.connection = connection
        self.engine.setVisible(self._is_engine)
        self._fields.setVisible(not self._is_engine)
        if self._is_engine:
            self.engine.read()
        self._title.setText((connection.name if connection else "") or "New server")
        self._fill(self._typed_of(connection))
        # As the form itself puts it: what nobody typed is no change.
        self._filled = self._typed()
        draft = self._drafts.typed.get(self._draft_key)
        if draft:
            self._fill(draft)
        self._save.setVisible(not self._is_engine)
        self._remove.setVisible(connection is not None and not self._is_engine)
        self._show_cancel()
        self._say("Not saved yet." if draft else "", "caption")
        self.test.show_remembered(connection)

    def begin_new(self) -> None:
        """An empty form, or what was typed of a new server before, with the keyboard in its first field."""
        self.show_connection(None)
        self.kind.setFocus(Qt.FocusReason.OtherFocusReason)

    def keep_typed(self) -> None:
        """Keeps what differs from what is saved until it is saved or cancelled."""
        if self.is_changed:
            self._drafts.typed[self._draft_key] = self._typed()

    def leave(self) -> None:
        """The settings are closed."""
        self.keep_typed()
        self.test.stop()

    def cancel(self) -> None:
        """Takes back what was typed."""
        self._drafts.typed.pop(self._draft_key, None)
        self._fill(self._filled)
        self._say("", "caption")

    @property
    def is_changed(self) -> bool:
        return self._typed() != self._filled

    @property
    def _is_engine(self) -> bool:
        return self.connection is not None and self.connection.id == ENGINE

    @property
    def _draft_key(self) -> str:
        return self.connection.id if self.connection is not None else NEW

    def _typed_of(self, connection: Connection | None) -> Typed:
        shown = connection or Connection(self._new_id, "", "")
        return Typed(shown, shown.key_name if shown.key_source == "environment" else "")

    def _typed(self) -> Typed:
        source = self._source()
        plain = replace(
            self.connection or Connection(self._new_id, "", ""),
            name=self.name.text().strip(),
            base_url=self.address.text().strip().rstrip("/"),
            key_source=source,
            key_name=self.key.text().strip() if source == "environment" else "",
            default_model=self.model.text().strip(),
            preset=self._kind().id,
        )
        return Typed(self.advanced.added_to(plain), self.key.text())

    def _fill(self, typed: Typed) -> None:
        shown = typed.connection
        self.kind.setCurrentIndex(self.kind.findData(kind_of(shown).id))
        self.name.setText(shown.name)
        self.address.setText(shown.base_url)
        self.address.setCursorPosition(0)
        self.source.setCurrentIndex(self.source.findData(shown.key_source))
        self.key.setText(typed.key)
        self.model.setText(shown.default_model)
        self.advanced.show_connection(shown)
        self._mark("")
        self._show_kind()
        self._show_source()

    def _build(self, icons: Icons) -> None:
        self._title = label(kind="title")
        self.engine = EnginePart(self._errands)
        self._fields = holding(column(self._form(), self.advanced, gap=GAP_8))
        self._result = label(kind="caption", wrap=True)
        self._check = button("Check", self.check, tip="Ask this server for its models, which costs nothing")
        self._try = button("Test", self._test_or_stop, tip="Try ten things, which costs a few tokens")
        self._save = button("Save", self.save, "primary")
        self._cancel = button("Cancel", self.cancel, tip="Take back what was typed")
        self._remove = icons.put(button("Remove", self.remove, "quiet"), "delete")
        self.test.running.connect(self._show_test)
        body = holding(column(self.engine, self._fields, self.test, 1, gap=GAP_12))
        self._area = scrolling(body)
        said = column(self.test.summary, self._result, gap=GAP_4)
        tools = row(self._remove, 1, self._try, self._check, self._cancel, self._save)
        self.setLayout(column(self._title, self._area, said, tools, gap=GAP_12))
        for field in (self.name, self.address, self.key, self.model):
            field.textChanged.connect(lambda _text: self._show_cancel())
        self.advanced.changed.connect(self._show_cancel)

    def _form(self) -> QFormLayout:
        self.kind = CalmChoice("Kind of server")
        for entry in (*KNOWN_SERVERS, OTHER):
            self.kind.addItem(entry.name, entry.id)
        self.kind.activated.connect(lambda _place: self._fill(refilled(self._typed(), self._kind())))
        self.name = named(QLineEdit(), "Server name")
        self.address = named(QLineEdit(), "Base URL")
        self.address.setPlaceholderText("https://api.openai.com/v1")
        self.address.editingFinished.connect(self._recognise)
        self.source = CalmChoice("Key source")
        for value, words in SOURCES.items():
            self.source.addItem(words, value)
        self.source.currentIndexChanged.connect(lambda _place: self._show_source())
        self.key = named(QLineEdit(), "API key")
        self.model = named(QLineEdit(), "Default model")
        self.model.setPlaceholderText("the server's first")
        self._key_label = field_label("API key")
        self._about = label(kind="caption", wrap=True)
        self._explained = label(kind="caption", wrap=True)
        return fields(
            ("Kind", self.kind),
            ("", self._about),
            ("Name", self.name),
            ("Base URL", self.address),
            ("Key", self.source),
            (self._key_label, self.key),
            ("", self._explained),
            ("Default model", self.model),
        )

    def _kind(self) -> KnownServer:
        return known_server(self.kind.currentData() or "")

    def _recognise(self) -> None:
        """An address that is known tells the kind, where none was chosen."""
        found = detected(self.address.text().strip())
        if self._kind() is OTHER and found is not OTHER:
            self._fill(refilled(self._typed(), found))

    def _show_kind(self) -> None:
        self._about.setText(self._kind().about)
        self.key.setPlaceholderText(self._hint(self._source()))

    def _show_source(self) -> None:
        source = self._source()
        self._explained.setText(EXPLAINED[source])
        self.key.setVisible(source != "none")
        self._key_label.setVisible(source != "none")
        secret = source in SECRET
        self.key.setEchoMode(QLineEdit.EchoMode.Password if secret else QLineEdit.EchoMode.Normal)
        self._key_label.setText("API key" if secret else "Variable")
        self.key.setPlaceholderText(self._hint(source))
        self._show_cancel()

    def _hint(self, source: KeySource) -> str:
        """The empty field's words: "unchanged" only where a key is stored."""
        if source not in SECRET:
            return self._kind().key_variable or "OPENAI_API_KEY"
        if self.connection is None or self.connection.key_source != source:
            return "sk-…"
        return "unchanged" if source == "keyring" else "to be entered again after a restart"

    def _show_cancel(self) -> None:
        self._cancel.setVisible(not self._is_engine and self.is_changed)

    def _source(self) -> KeySource:
        value: KeySource = self.source.currentData() or "none"
        return value

    def _entered(self) -> Connection | None:
        """The connection as it stands in the form; None, and said so, when it cannot be one."""
        typed = self._typed().connection
        kind, text = self._wrong_with(typed)
        self._mark(kind)
        if text:
            self._say(text, "danger")
            return None
        name = typed.name or urlsplit(typed.base_url).hostname or ""
        return replace(typed, name=name, key_source=self._source_in_force())

    def _wrong_with(self, typed: Connection) -> tuple[str, str]:
        """What is wrong with what was typed, as a kind of `connection_rules` and in words; nothing if it is fine."""
        try:
            check_connection(typed)
        except UseCaseFailure as problem:
            return problem.failure.kind, problem.failure.text
        if PLACEHOLDER in typed.base_url:
            return "invalid_address", self._kind().about
        if typed.key_source == "environment" and not typed.key_name:
            return "invalid_key", "Name the environment variable that holds the key."
        return "", ""

    def _mark(self, kind: str) -> None:
        """Marks the field that a failure is about and goes there; no kind takes the marks away."""
        for field, own in ((self.address, "invalid_address"), (self.key, "invalid_key")):
            restyle(field, invalid=kind == own)
            if kind == own:
                field.setFocus()
        self.advanced.mark(kind)

    def _source_in_force(self) -> KeySource:
        """A place for a key that holds none is no place: a server without a key never asks the key store."""
        source = self._source()
        held = self.connection is not None and self.connection.key_source == source
        return "none" if source in SECRET and not held and self._secret() is None else source

    def _secret(self) -> str | None:
        typed = self.key.text().strip()
        return typed if typed and self._source() in SECRET else None

    def save(self) -> None:
        connection = self._entered()
        if connection is None:
            return
        secret = self._secret()
        self._errands.run(
            lambda app: app.preferences.put_connection(connection, secret),
            then=lambda _none: self._have_changed(lambda: self._have_saved(connection)),
            otherwise=while_there(self, self._refused),
        )

    def check(self) -> None:
        """Asks the server for its models with what is typed. Nothing is saved."""
        connection = self._to_try()
        if connection is None:
            return
        secret = self._secret_to_try()
        self._say("Asking the server…", "caption")
        self._errands.run(
            lambda app: app.preferences.check(connection, secret),
            then=while_there(self, self._checked),
            otherwise=while_there(self, self._refused),
        )

    def _test_or_stop(self) -> None:
        if self.test.is_running:
            self.test.stop()
            return
        connection = self._to_try()
        if connection is not None:
            self._say("", "caption")
            self.test.begin(connection, self._secret_to_try())

    def _show_test(self, runs: bool) -> None:
        self._try.setText("Stop" if runs else "Test")
        self._try.setAccessibleName("Stop test" if runs else "Test")
        self._check.setEnabled(not runs)
        if runs:
            QTimer.singleShot(0, self.test, lambda: self._area.ensureWidgetVisible(self.test))

    def _to_try(self) -> Connection | None:
        """What a check or a test is made with. What is found is not told of the server as it is saved, if it differs;
        only a key in the key store is there under the server's own id."""
        connection = self.connection if self._is_engine else self._entered()
        if connection is None or self._is_engine or not self.is_changed or connection.key_source in SECRET:
            return connection
        return replace(connection, id=TRIAL)

    def _secret_to_try(self) -> str | None:
        return None if self._is_engine else self._secret()

    def remove(self) -> None:
        connection = self.connection
        if connection is not None:
            self._errands.run(
                lambda app: app.preferences.remove_connection(connection.id),
                then=lambda _none: self._have_changed(self.removed.emit),
                otherwise=while_there(self, self._refused),
            )

    def _have_changed(self, show: Callable[[], None]) -> None:
        """The servers are others now, for the whole window; the form shows it if it is still there."""
        if Shiboken.isValid(self):
            show()
        self._errands.run(lambda app: app.preferences.connections(), then=self._desk.set_connections)

    def _have_saved(self, connection: Connection) -> None:
        self._drafts.typed.pop(self._draft_key, None)
        self._new_id = uuid4().hex[:12]
        self._filled = self._typed()
        self.test.saved(connection)
        self.show_connection(connection)
        self._say("Saved.", "success")

    def _checked(self, change: ServerChanged) -> None:
        is_there = change.state == "ready"
        self._say(change.text if is_there else plainly(change.text), "success" if is_there else "danger")

    def _refused(self, failure: Failure) -> None:
        self._say(of_failure(failure), "danger")

    def _say(self, text: str, kind: str) -> None:
        restyle(self._result, kind=kind)
        self._result.setText(text)
        self._result.setVisible(bool(text))
