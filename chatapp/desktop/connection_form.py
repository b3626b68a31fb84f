"""The form for one server: name, address, where its key comes from, and a check that says what came of it."""

from dataclasses import replace
from urllib.parse import urlsplit
from uuid import uuid4

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QWidget

from chatapp.conversation.changes import ServerChanged
from chatapp.conversation.failures import Failure
from chatapp.desktop.loop import Errands
from chatapp.desktop.theme import GAP_8, GAP_12
from chatapp.desktop.widgets import Icons, button, column, holding, label, named, restyle, row
from chatapp.services.ports import Connection, KeySource

ENGINE = "engine"
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
ABOUT_ENGINE = (
    "The built-in engine runs on this computer. It searches your libraries and answers with the closest passages, "
    "word for word. It needs no key and no network."
)


class ConnectionForm(QWidget):
    saved = Signal(object)  # Connection
    removed = Signal()

    def __init__(self, errands: Errands, icons: Icons) -> None:
        super().__init__()
        self._errands = errands
        self.connection: Connection | None = None
        self._build(icons)
        self.show_connection(None)

    def show_connection(self, connection: Connection | None) -> None:
        """Fills the form; None is a server to add."""
        self.connection = connection
        is_engine = connection is not None and connection.id == ENGINE
        shown = connection or Connection("", "", "", "keyring")
        self._engine.setVisible(is_engine)
        self._fields.setVisible(not is_engine)
        self._title.setText(shown.name or "New server")
        self.name.setText(shown.name)
        self.address.setText(shown.base_url)
        self.source.setCurrentIndex(self.source.findData(shown.key_source))
        self.key.setText(shown.key_name if shown.key_source == "environment" else "")
        self.model.setText(shown.default_model)
        self._save.setVisible(not is_engine)
        self._remove.setVisible(connection is not None and not is_engine)
        self._say("", "caption")
        self._show_source()

    def _build(self, icons: Icons) -> None:
        self._title = label(kind="title")
        self._engine = label(ABOUT_ENGINE, "secondary", wrap=True)
        self.name = named(QLineEdit(), "Server name")
        self.address = named(QLineEdit(), "Base URL")
        self.address.setPlaceholderText("https://api.openai.com/v1")
        self.source = named(QComboBox(), "Key source")
        for value, words in SOURCES.items():
            self.source.addItem(words, value)
        self.source.currentIndexChanged.connect(lambda _place: self._show_source())
        self.key = named(QLineEdit(), "API key")
        self.model = named(QLineEdit(), "Default model")
        self.model.setPlaceholderText("the server's first")
        self._key_label = label("API key")
        self._explained = label(kind="caption", wrap=True)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(GAP_8)
        form.addRow(label("Name"), self.name)
        form.addRow(label("Base URL"), self.address)
        form.addRow(label("Key"), self.source)
        form.addRow(self._key_label, self.key)
        form.addRow(label(), self._explained)
        form.addRow(label("Default model"), self.model)
        self._fields = holding(form)
        self._result = label(kind="caption", wrap=True)
        self._check = button("Check", self.check, tip="Ask this server for its models")
        self._save = button("Save", self.save, "primary")
        self._remove = icons.put(button("Remove", self.remove, "quiet"), "delete")
        tools = row(self._remove, 1, self._check, self._save)
        layout = column(self._title, self._engine, self._fields, self._result, 1, tools, gap=GAP_12)
        self.setLayout(layout)

    def _show_source(self) -> None:
        source = self._source()
        self._explained.setText(EXPLAINED[source])
        self.key.setVisible(source != "none")
        self._key_label.setVisible(source != "none")
        secret = source in ("keyring", "session")
        self.key.setEchoMode(QLineEdit.EchoMode.Password if secret else QLineEdit.EchoMode.Normal)
        self._key_label.setText("API key" if secret else "Variable")
        kept = self.connection is not None and self.connection.key_source == source
        self.key.setPlaceholderText("" if not secret else "unchanged" if kept else "sk-…")
        if not secret and not self.key.text():
            self.key.setPlaceholderText("OPENAI_API_KEY")

    def _source(self) -> KeySource:
        value: KeySource = self.source.currentData() or "none"
        return value

    def _entered(self) -> Connection | None:
        """The connection as it stands in the form; None, and said so, when it cannot be one."""
        parts = urlsplit(self.address.text().strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            self._say(
                "The base URL begins with https:// or http:// and ends with /v1 for most servers.", "danger"
            )
            restyle(self.address, invalid=True)
            self.address.setFocus()
            return None
        restyle(self.address, invalid=False)
        source = self._source()
        known = self.connection or Connection(uuid4().hex[:12], "", "")
        return replace(
            known,
            name=self.name.text().strip() or parts.hostname,
            base_url=self.address.text().strip().rstrip("/"),
            key_source=source,
            key_name=self.key.text().strip() if source == "environment" else "",
            default_model=self.model.text().strip(),
        )

    def _secret(self) -> str | None:
        typed = self.key.text().strip()
        return typed if typed and self._source() in ("keyring", "session") else None

    def save(self) -> None:
        connection = self._entered()
        if connection is None:
            return
        secret = self._secret()
        self._errands.run(
            lambda app: app.preferences.put_connection(connection, secret),
            then=lambda _none: self._have_saved(connection),
            otherwise=self._refused,
        )

    def check(self) -> None:
        """Saves what is new, so that the key is where it will be, then asks the server for its models."""
        is_engine = self.connection is not None and self.connection.id == ENGINE
        connection = self.connection if is_engine else self._entered()
        if connection is None:
            return
        secret = self._secret()
        self._say("Asking the server…", "caption")

        def ask(_none: object) -> None:
            if not is_engine:
                self._have_saved(connection)
            self._errands.run(
                lambda app: app.preferences.check(connection), then=self._checked, otherwise=self._refused
            )

        if is_engine:
            ask(None)
        else:
            self._errands.run(
                lambda app: app.preferences.put_connection(connection, secret),
                then=ask,
                otherwise=self._refused,
            )

    def remove(self) -> None:
        connection = self.connection
        if connection is not None:
            self._errands.run(
                lambda app: app.preferences.remove_connection(connection.id),
                then=lambda _none: self.removed.emit(),
                otherwise=self._refused,
            )

    def _have_saved(self, connection: Connection) -> None:
        self.show_connection(connection)
        self._say("Saved.", "success")
        self.saved.emit(connection)

    def _checked(self, change: ServerChanged) -> None:
        self._say(change.text, "success" if change.state == "ready" else "danger")

    def _refused(self, failure: Failure) -> None:
        self._say(f"{failure.title}. {failure.text}", "danger")

    def _say(self, text: str, kind: str) -> None:
        restyle(self._result, kind=kind)
        self._result.setText(text)
