"""What is seldom changed of a server, folded away: how the key is shown, proxy, certificates, time-outs, headers."""

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QFormLayout, QLineEdit, QWidget

from chatapp.desktop.servers.fields import fields
from chatapp.desktop.servers.headers import HeaderRows
from chatapp.desktop.theme import GAP_8
from chatapp.desktop.widgets import CalmChoice, Icons, button, column, holding, named, restyle, row
from chatapp.services.connection_rules import LONGEST_S
from chatapp.services.ports import Auth, Connection

AUTHS: dict[Auth, str] = {"bearer": "Authorization: Bearer", "api-key": "api-key (Azure)"}
PROXIES = (
    "The word direct for none, or http://, https:// or socks5:// with host and port. Without a password."
)
CERTIFICATES = "Trusted beside the certificates of this computer."


class Seconds(QLineEdit):
    """Seconds; empty for the usual ones, which stand there in its place."""

    def __init__(self, name: str, usual: str) -> None:
        super().__init__()
        named(self, name)
        self.setPlaceholderText(usual)

    def show_seconds(self, seconds: float) -> None:
        self.setText(f"{seconds:g}" if seconds else "")

    def seconds(self) -> float:
        """What was typed; less than nothing where that is no number."""
        try:
            return float(self.text().strip().replace(",", ".") or 0)
        except ValueError:
            return -1


class Advanced(QWidget):
    """`changed` tells every edit."""

    changed = Signal()

    def __init__(self, icons: Icons) -> None:
        super().__init__()
        self._icons = icons
        self.auth = CalmChoice("Key header")
        for value, words in AUTHS.items():
            self.auth.addItem(words, value)
        self.proxy = named(QLineEdit(), "Proxy")
        self.proxy.setPlaceholderText("as the environment says")
        self.proxy.setToolTip(PROXIES)
        self.ca_file = named(QLineEdit(), "Certificate file")
        self.ca_file.setPlaceholderText("none of its own")
        self.ca_file.setToolTip(CERTIFICATES)
        self.connect_s = Seconds("Connect within seconds", "5 s, the usual")
        self.silence_s = Seconds("Silent for at most seconds", "600 s, the usual")
        self.headers = HeaderRows(icons, self.silence_s)
        self._switch = button("Advanced", self._toggle, "link")
        self._fold = holding(self._form())
        self._fold.hide()
        self._listen()
        self.setLayout(column(row(self._switch, 1), self._fold, gap=GAP_8))
        self._show_state()

    def show_connection(self, connection: Connection) -> None:
        self.auth.setCurrentIndex(self.auth.findData(connection.auth))
        self.proxy.setText(connection.proxy)
        self.ca_file.setText(connection.ca_file)
        self.connect_s.show_seconds(connection.connect_s)
        self.silence_s.show_seconds(connection.silence_s)
        self.headers.show_headers(connection.headers)
        self.mark("")
        self._show_state()

    def added_to(self, connection: Connection) -> Connection:
        """The connection with what stands here."""
        auth: Auth = self.auth.currentData() or "bearer"
        return replace(
            connection,
            auth=auth,
            proxy=self.proxy.text().strip(),
            ca_file=self.ca_file.text().strip(),
            connect_s=self.connect_s.seconds(),
            silence_s=self.silence_s.seconds(),
            headers=self.headers.headers(),
        )

    def mark(self, kind: str) -> None:
        """Marks the field a failure of `connection_rules` is about, and shows it; no kind takes the marks away."""
        restyle(self.proxy, invalid=kind == "invalid_proxy")
        for field in (self.connect_s, self.silence_s):
            restyle(field, invalid=kind == "invalid_timeout" and not 0 <= field.seconds() <= LONGEST_S)
        self.headers.mark(kind == "invalid_header")
        about = {
            "invalid_proxy": self.proxy,
            "invalid_timeout": self.silence_s
            if 0 <= self.connect_s.seconds() <= LONGEST_S
            else self.connect_s,
            "invalid_header": self.headers.first,
        }
        if kind in about:
            self.unfold()
            about[kind].setFocus()

    def unfold(self) -> None:
        self._fold.show()
        self._show_state()

    def _form(self) -> QFormLayout:
        choose = button("Choose", self._choose, name="Choose certificate file")
        return fields(
            ("Key header", self.auth),
            ("Proxy", self.proxy),
            ("Certificate file", row(self.ca_file, choose)),
            ("Connect within", self.connect_s),
            ("Silent for at most", self.silence_s),
            ("Headers", self.headers),
        )

    def _listen(self) -> None:
        self.auth.currentIndexChanged.connect(lambda _place: self._edited())
        for field in (self.proxy, self.ca_file, self.connect_s, self.silence_s):
            field.textChanged.connect(lambda _text: self._edited())
        self.headers.changed.connect(self._edited)

    def _choose(self) -> None:
        dialog = QFileDialog(self, "Choose a certificate file")
        dialog.setNameFilters(["Certificates (*.pem *.crt *.cer)", "All files (*)"])
        dialog.fileSelected.connect(self.ca_file.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _toggle(self) -> None:
        self._fold.setVisible(self._fold.isHidden())
        self._show_state()

    def _edited(self) -> None:
        self._show_state()
        self.changed.emit()

    def _show_state(self) -> None:
        """While folded the button says what is set behind it."""
        folded = self._fold.isHidden()
        self._icons.put(self._switch, "chevron-right" if folded else "chevron-down", size=14)
        said = self._set() if folded else []
        self._switch.setText(f"Advanced: {', '.join(said)}" if said else "Advanced")
        self._switch.setAccessibleDescription("folded" if folded else "open")

    def _set(self) -> list[str]:
        count = len(self.headers.headers())
        marks = {
            "proxy": self.proxy.text().strip(),
            "certificate file": self.ca_file.text().strip(),
            "time-outs": self.connect_s.seconds() or self.silence_s.seconds(),
            f"{count} header{'s' if count > 1 else ''}": count,
        }
        return [words for words, is_set in marks.items() if is_set]
