"""The one place that opens addresses and folders. Only web and mail addresses leave the program, never in disguise."""

from pathlib import Path
from urllib.parse import urlsplit

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

SCHEMES = ("https", "http", "mailto")


def open_link(parent: QWidget, address: str, text: str = "") -> None:
    """Opens an address in the desktop's own program; asks first when `text` names another host than the address."""
    if address.partition(":")[0].lower() not in SCHEMES:
        _say(parent, "This link is not opened", f"Only web and mail addresses are: {address[:200]}")
    elif disguised(address, text):
        _ask(parent, address, host(address) or address)
    else:
        QDesktopServices.openUrl(QUrl(address))


def show_in_folder(path: Path, parent: QWidget) -> None:
    """Opens the folder that holds a file in the desktop's own program; says where it is when that does not work."""
    folder = path.parent
    if not (folder.is_dir() and QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))):
        _say(parent, "The folder could not be opened", f"The file is {path}.")


def disguised(address: str, text: str) -> bool:
    """Whether the words of a link look like an address of another host than it leads to."""
    words = text.strip()
    if "." not in words or any(mark.isspace() for mark in words):
        return False
    shown, real = host(words if "//" in words else f"//{words}"), host(address)
    return bool(shown and real) and _bare(shown) != _bare(real)


def host(address: str) -> str:
    """The host that an address leads to, "" where it names none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _bare(host: str) -> str:
    return host.removeprefix("www.").rstrip(".")


def _say(parent: QWidget, title: str, text: str) -> None:
    box = _box(parent, QMessageBox.Icon.Information, title, text)
    box.open()


def _ask(parent: QWidget, address: str, host: str) -> None:
    box = _box(parent, QMessageBox.Icon.Warning, f"This link leads to {host}", address[:500])
    box.setStandardButtons(QMessageBox.StandardButton.Open | QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(QMessageBox.StandardButton.Cancel)
    box.finished.connect(
        lambda button: (
            QDesktopServices.openUrl(QUrl(address)) if button == QMessageBox.StandardButton.Open else None
        )
    )
    box.open()


def _box(parent: QWidget, kind: QMessageBox.Icon, title: str, text: str) -> QMessageBox:
    box = QMessageBox(kind, "chatapp", title, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(text)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box
