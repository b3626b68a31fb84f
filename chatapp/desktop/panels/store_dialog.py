"""The settings of a library: its name, when it expires, and its metadata."""

from datetime import datetime, timedelta

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from chatapp.conversation.attributes import Pair, fault_of, pairs_of, values_of
from chatapp.desktop.edit_dialog import EditDialog
from chatapp.desktop.panels.pair_rows import PairRows
from chatapp.desktop.theme import GAP_8
from chatapp.desktop.widgets import NumberField, column, label, named, row
from chatapp.protocol.json_types import Json, JsonObject, index_of, object_of

SIZE = (520, 460)
MOST_DAYS = 365
USUAL_DAYS = 30


class StoreDialog(EditDialog):
    """`saved` carries the fields that change: name, expires_after, metadata."""

    def __init__(self, parent: QWidget, store: JsonObject) -> None:
        super().__init__(parent, "Library settings", SIZE)
        self._store = store
        days = index_of(object_of(store.get("expires_after")).get("days"))
        self.name = named(QLineEdit(str(store.get("name") or "")), "Name of the library")
        self.expires = named(QCheckBox("Expires when it is not used"), "Expires when it is not used")
        self.expires.setChecked(days is not None)
        self.days = NumberField("Days after the last use")
        self.days.setRange(1, MOST_DAYS)
        self.days.setValue(days or USUAL_DAYS)
        self.days.setSuffix(" days")
        self._when = label(kind="caption", wrap=True)
        self.rows = PairRows(pairs_of(object_of(store.get("metadata"))))
        self.name.textChanged.connect(self.follow)
        self.expires.toggled.connect(self.follow)
        self.days.valueChanged.connect(self.follow)
        self.rows.changed.connect(self.follow)
        content = column(
            label("Name", "caption"), self.name, row(self.expires, self.days, 1), self._when,
            label("Metadata: notes of your own, kept by the server", "caption"), self.rows,
            gap=GAP_8,
        )  # fmt: skip
        content.setStretch(5, 1)
        self.lay(content)

    def follow(self) -> None:
        self.days.setEnabled(self.expires.isChecked())
        self._when.setText(self._expiry())
        super().follow()

    def value(self) -> JsonObject:
        now = {
            "name": self.name.text().strip(),
            "expires_after": (
                {"anchor": "last_active_at", "days": self.days.value()} if self.expires.isChecked() else None
            ),
            "metadata": values_of(self.rows.pairs()),
        }
        before = {
            "name": self._store.get("name") or "",
            "expires_after": self._store.get("expires_after") or None,
            "metadata": object_of(self._store.get("metadata")),
        }
        return {field: value for field, value in now.items() if value != before[field]}

    def fault(self) -> str:
        return fault_of(self.rows.pairs()) if self.name.text().strip() else "The library needs a name."

    def state(self) -> Json:
        pairs = [[pair.name, pair.kind, pair.text] for pair in self.rows.pairs()]
        return [self.name.text(), self.expires.isChecked(), self.days.value(), pairs]

    def show_state(self, state: Json) -> None:
        name, expires, days, pairs = state
        self.name.setText(name)
        self.expires.setChecked(expires)
        self.days.setValue(days)
        self.rows.show_pairs([Pair(*entry) for entry in pairs])

    def _expiry(self) -> str:
        if not self.expires.isChecked():
            return "It stays until you delete it."
        used = index_of(self._store.get("last_active_at"))
        since = datetime.fromtimestamp(used) if used is not None else datetime.now()
        day = since + timedelta(days=self.days.value())
        return f"If it is not used before, the server lets it expire on {day:%Y-%m-%d}."
