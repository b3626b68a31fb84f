"""An address on the web that goes along with a question: the server fetches what is there by itself."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QButtonGroup, QDialog, QLineEdit, QRadioButton, QWidget

from chatapp.conversation.inputs import Kind
from chatapp.desktop.composer.given import is_address
from chatapp.desktop.theme import GAP_8, GAP_12, GAP_16
from chatapp.desktop.widgets import button, column, label, named, restyle, row
from chatapp.services.enclosures import linked

ABOUT = "The server fetches it by itself, so the address must be one that it can reach. Nothing is read here."
WRONG = "An address begins with https:// or http:// and has no spaces."
WIDTH = 440


class LinkDialog(QDialog):
    """`chosen` tells the enclosure. An address on the clipboard is there already."""

    chosen = Signal(object)  # Enclosure

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Attach a link")
        self.setMinimumWidth(WIDTH)
        self.address = named(QLineEdit(), "Address")
        self.address.setPlaceholderText("https://")
        self.image, self.document = QRadioButton("An image"), QRadioButton("A document")
        self._kinds = QButtonGroup(self)
        for choice in (self.image, self.document):
            named(choice, choice.text())
            self._kinds.addButton(choice)
        self._touched = False
        self._kinds.buttonClicked.connect(self._touch)
        self._said = label(ABOUT, "caption", wrap=True)
        self.attach = button("Attach", self._attach, "primary")
        self.attach.setDefault(True)
        feet = row(1, button("Cancel", self.reject), self.attach, gap=GAP_8)
        self.setLayout(
            column(
                label("Address"), self.address, row(self.image, self.document, 1), self._said, feet,
                gap=GAP_12, edge=GAP_16,
            )
        )  # fmt: skip
        self.address.textChanged.connect(self._follow)
        copied = QGuiApplication.clipboard().text().strip()
        self.address.setText(copied if is_address(copied) else "")
        self.address.selectAll()
        self._follow()

    def _touch(self) -> None:
        self._touched = True

    def _follow(self) -> None:
        """What the ending of the address says, until the user says otherwise."""
        text = self.address.text().strip()
        is_wrong = bool(text) and not is_address(text) and not "https://".startswith(text)
        restyle(self.address, invalid=is_wrong)
        restyle(self._said, kind="danger" if is_wrong else "caption")
        self._said.setText(WRONG if is_wrong else ABOUT)
        self.attach.setEnabled(is_address(text))
        if not self._touched:
            is_image = is_address(text) and linked(text).kind == "image"
            (self.image if is_image else self.document).setChecked(True)

    def _attach(self) -> None:
        kind: Kind = "image" if self.image.isChecked() else "document"
        self.chosen.emit(linked(self.address.text().strip(), kind))
        self.accept()
