"""The form for one server: name, address, where its key comes from, and a check that says what came of it.

What is typed and not saved yet is kept by `server_drafts` next door.
"""

import re
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import uuid4

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QWidget

from chatapp.conversation.changes import ServerChanged
from chatapp.conversation.failures import Failure, describe
from chatapp.desktop.loop import Errands
from chatapp.desktop.server_drafts import NEW, ServerDrafts, Typed
from chatapp.desktop.theme import GAP_8, GAP_12
from chatapp.desktop.widgets import Icons, button, column, holding, label, named, restyle, row
from chatapp.services.ports import Connection, KeySource
from chatapp.services.trial import TRIAL

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
ABOUT_ENGINE = (
    "The built-in engine runs on this computer. It searches your libraries and answers with the closest passages, "
    "word for word. It needs no key and no network."
)
PLAIN: dict[str, str] = {
    describe(kind).title: advice
    for kind, advice in {
        "no_key": "Choose where its key comes from, and enter it.",
        "wrong_key": "Check the key.",
        "not_found": "Check the base URL: it ends with /v1 for most servers.",
        "unreachable": "Check that it runs, its base URL, and the network.",
        "timeout": "Nothing came for too long. Check that it runs, then check again.",
        "tls": "Its certificate was not accepted. Check the base URL.",
        "insecure": "A key is not sent over plain http to another computer. Use an https address.",
        "server_error": "The fault is on its side.",
        "malformed": "What answers there does not speak the Responses API. Check the base URL.",
        "rate_limit": "Wait a little, then check again.",
    }.items()
}
"""What a failed check means, by its title: no question is at stake here."""
OF_A_QUESTION = re.compile(r"\b(is|are) kept\b|\b[Rr]etry\b|had arrived")


class ConnectionForm(QWidget):
    saved = Signal(object)  # Connection
    removed = Signal()

    def __init__(self, errands: Errands, icons: Icons, drafts: ServerDrafts) -> None:
        super().__init__()
        self._errands, self._drafts = errands, drafts
        self.connection: Connection | None = None
        self._new_id = uuid4().hex[:12]
        self._filled = Typed()
        self._build(icons)
        self.show_connection(None)

    def show_connection(self, connection: Connection | None) -> None:
        """Fills the form; None is a server to add. What was typed here before and not saved comes back."""
        self.keep_typed()
        self.connection = connection
        is_engine = connection is not None and connection.id == ENGINE
        shown = connection or Connection("", "", "")
        self._engine.setVisible(is_engine)
        self._fields.setVisible(not is_engine)
        self._title.setText(shown.name or "New server")
        self._filled = Typed(
            shown.name,
            shown.base_url,
            shown.key_source,
            shown.key_name if shown.key_source == "environment" else "",
            shown.default_model,
        )
        draft = self._drafts.typed.get(self._draft_key)
        self._fill(draft or self._filled)
        self._save.setVisible(not is_engine)
        self._remove.setVisible(connection is not None and not is_engine)
        self._say("Not saved yet." if draft else "", "caption")

    def begin_new(self) -> None:
        """An empty form, or what was typed of a new server before, with the keyboard in its first field."""
        self.show_connection(None)
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def keep_typed(self) -> None:
        """Keeps what differs from what is saved until it is saved or cancelled."""
        if self.is_changed:
            self._drafts.typed[self._draft_key] = self._typed()

    def cancel(self) -> None:
        """Takes back what was typed."""
        self._drafts.typed.pop(self._draft_key, None)
        self._fill(self._filled)
        self._say("", "caption")

    @property
    def is_changed(self) -> bool:
        return self._typed() != self._filled

    @property
    def _draft_key(self) -> str:
        return self.connection.id if self.connection is not None else NEW

    def _typed(self) -> Typed:
        return Typed(
            self.name.text(), self.address.text(), self._source(), self.key.text(), self.model.text()
        )

    def _fill(self, typed: Typed) -> None:
        self.name.setText(typed.name)
        self.address.setText(typed.address)
        self.source.setCurrentIndex(self.source.findData(typed.source))
        self.key.setText(typed.key)
        self.model.setText(typed.model)
        restyle(self.address, invalid=False)
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
        self._cancel = button("Cancel", self.cancel, tip="Take back what was typed")
        self._remove = icons.put(button("Remove", self.remove, "quiet"), "delete")
        tools = row(self._remove, 1, self._check, self._cancel, self._save)
        for field in (self.name, self.address, self.key, self.model):
            field.textChanged.connect(lambda _text: self._show_cancel())
        layout = column(self._title, self._engine, self._fields, self._result, 1, tools, gap=GAP_12)
        self.setLayout(layout)

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
            return "OPENAI_API_KEY"
        if self.connection is None or self.connection.key_source != source:
            return "sk-…"
        return "unchanged" if source == "keyring" else "to be entered again after a restart"

    def _show_cancel(self) -> None:
        is_engine = self.connection is not None and self.connection.id == ENGINE
        self._cancel.setVisible(not is_engine and self.is_changed)

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
        source = self._source_in_force()
        if source == "environment" and not self.key.text().strip():
            self._say("Name the environment variable that holds the key.", "danger")
            self.key.setFocus()
            return None
        known = self.connection or Connection(self._new_id, "", "")
        return replace(
            known,
            name=self.name.text().strip() or parts.hostname,
            base_url=self.address.text().strip().rstrip("/"),
            key_source=source,
            key_name=self.key.text().strip() if source == "environment" else "",
            default_model=self.model.text().strip(),
        )

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
            then=lambda _none: self._have_saved(connection),
            otherwise=self._refused,
        )

    def check(self) -> None:
        """Asks the server for its models with what is typed. Nothing is saved."""
        is_engine = self.connection is not None and self.connection.id == ENGINE
        connection = self.connection if is_engine else self._entered()
        if connection is None:
            return
        secret = None if is_engine else self._secret()
        if self.is_changed and not is_engine and connection.key_source not in SECRET:
            connection = replace(
                connection, id=TRIAL
            )  # what is found is not told of the server as it is saved
        self._say("Asking the server…", "caption")
        self._errands.run(
            lambda app: app.preferences.check(connection, secret), then=self._checked, otherwise=self._refused
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
        self._drafts.typed.pop(self._draft_key, None)
        self._new_id = uuid4().hex[:12]
        self._filled = self._typed()
        self.show_connection(connection)
        self._say("Saved.", "success")
        self.saved.emit(connection)

    def _checked(self, change: ServerChanged) -> None:
        is_there = change.state == "ready"
        self._say(change.text if is_there else plainly(change.text), "success" if is_there else "danger")

    def _refused(self, failure: Failure) -> None:
        self._say(plainly(f"{failure.title}. {failure.text}"), "danger")

    def _say(self, text: str, kind: str) -> None:
        restyle(self._result, kind=kind)
        self._result.setText(text)


def plainly(text: str) -> str:
    """A failure's title and what to do about it, without what belongs to a question that was asked."""
    title, _, rest = text.partition(". ")
    if title in PLAIN:
        return f"{title}. {PLAIN[title]}"
    kept = [words for words in re.split(r"(?<=[.!?])\s+", rest) if not OF_A_QUESTION.search(words)]
    return " ".join([f"{title.rstrip('.')}.", *kept])
