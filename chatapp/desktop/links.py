"""The one place that opens addresses and folders, and asks where an address is doubtful. Only web and mail addresses
leave the program, never in disguise."""

import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

SCHEMES: Final = ("https", "http", "mailto")
DOCUMENTS: Final = frozenset(
    (".pdf", ".txt", ".md", ".markdown", ".csv", ".tsv", ".docx", ".pptx", ".xlsx", ".odt", ".epub")
)
"""Kinds of files that other programs read and do not run."""
LONGEST_TAIL: Final = 200
"""Characters after the host that are opened without a question; more may carry away what was read or written."""
SHOWN: Final = 500
NEAR: Final = "It leads to this computer or the network around it."
UNENCRYPTED: Final = "It is not encrypted: others on the way can see what is loaded, and change it."
_NUMBER: Final = frozenset("0123456789abcdefx.")


def open_link(parent: QWidget, address: str, text: str = "") -> None:
    """Opens an address in the desktop's own program; asks first where there is a doubt, see `doubts`."""
    scheme = address.partition(":")[0].lower()
    if scheme not in SCHEMES or (scheme != "mailto" and not host(address)):
        _say(parent, "This link is not opened", f"Only web and mail addresses are: {address[:200]}")
    elif reasons := doubts(address, text):
        title = f"This link leads to {_leads(address)}"
        _ask(parent, address, reasons, title, "Open", lambda: QDesktopServices.openUrl(QUrl(address)))
    else:
        QDesktopServices.openUrl(QUrl(address))


def ask_for_image(parent: QWidget, address: str, load: Callable[[bool], object]) -> None:
    """Calls `load` for a web address, at once or once its reader agreed to what is doubtful about it; with whether it
    leads to this computer or the network around it."""
    parts = urlsplit(address)
    reasons = doubts(address) + ([UNENCRYPTED] if parts.scheme == "http" else [])
    if reasons:
        _ask_to_load(parent, address, reasons, lambda: load(_is_near(parts)))
    else:
        load(False)


def ask_for_near_image(parent: QWidget, address: str, load: Callable[[], object]) -> None:
    """The same for an address whose host turned out to be near."""
    _ask_to_load(parent, address, [NEAR], load)


def _ask_to_load(parent: QWidget, address: str, reasons: list[str], load: Callable[[], object]) -> None:
    _ask(parent, address, reasons, f"Load an image from {_leads(address)}?", "Load", load)


def open_file(path: Path, parent: QWidget) -> None:
    """Opens a document in the desktop's own program; files of a kind that could run are only shown in their folder."""
    if path.suffix.lower() not in DOCUMENTS:
        _say(
            parent,
            "This kind of file is not opened from here",
            f"Other programs may run it. “Show in folder” leads to {path.name}.",
        )
    elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
        _say(parent, "No program opened the file", f"The file is {path}.")


def show_in_folder(path: Path, parent: QWidget) -> None:
    """Opens the folder that holds a file in the desktop's own program; says where it is when that does not work."""
    folder = path.parent
    if not (folder.is_dir() and QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))):
        _say(parent, "The folder could not be opened", f"The file is {path}.")


def doubts(address: str, text: str = "") -> list[str]:
    """Why an address is not opened without a question, in words for the reader."""
    found = ["Its words name another address than it leads to."] if disguised(address, text) else []
    try:
        parts = urlsplit(address)
    except ValueError:
        return [*found, "It is not a whole address."]
    return found + [words for words, is_so in _DOUBTS if is_so(parts)]


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


def readable_host(host: str) -> str:
    """A host in its own letters, where it is written in the letters of the wire."""
    try:
        return host.encode("ascii").decode("idna") if "xn--" in host else host
    except UnicodeError:
        return host


def _bare(host: str) -> str:
    return readable_host(host).removeprefix("www.").rstrip(".")


def _has_strange_letters(parts: SplitResult) -> bool:
    return not readable_host(parts.hostname or "").isascii() or "xn--" in (parts.hostname or "")


def _is_near(parts: SplitResult) -> bool:
    """This computer or the network around it."""
    name = parts.hostname or ""
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        labels = name.rstrip(".").rpartition(".")
        return bool(name) and (
            not labels[0] or labels[2] in ("local", "internal", "localhost", "lan", "home")
        )


def _is_number(parts: SplitResult) -> bool:
    name = parts.hostname or ""
    return bool(name) and name[0].isdigit() and set(name) <= _NUMBER


def _has_user(parts: SplitResult) -> bool:
    return parts.scheme != "mailto" and "@" in parts.netloc


def _carries(parts: SplitResult) -> bool:
    tail = (
        parts.query + parts.fragment
        if parts.scheme == "mailto"
        else parts.path + parts.query + parts.fragment
    )
    return len(tail) > LONGEST_TAIL


def _is_ambiguous(parts: SplitResult) -> bool:
    """What one program takes for the host, another may not."""
    address = parts.geturl()
    return "\\" in address or (parts.scheme != "mailto" and QUrl(address).host().lower() != _wired(parts))


def _wired(parts: SplitResult) -> str:
    return QUrl(f"//{parts.hostname}").host().lower() if parts.hostname else ""


_DOUBTS: Final[tuple[tuple[str, Callable[[SplitResult], bool]], ...]] = (
    ("Its host has letters that can be taken for others.", _has_strange_letters),
    ("A name stands before its host, which can be taken for the host.", _has_user),
    ("Its host is a number.", _is_number),
    (NEAR, _is_near),
    ("It is written in a way that programs read differently.", _is_ambiguous),
    ("It is long, and may carry away what you or the model wrote.", _carries),
)


def _say(parent: QWidget, title: str, text: str) -> None:
    box = _box(parent, QMessageBox.Icon.Information, title, text)
    box.open()


def _leads(address: str) -> str:
    name = host(address)
    read = readable_host(name)
    return f"{read} ({name})" if read != name else name or "a mailbox"


def _ask(
    parent: QWidget, address: str, reasons: list[str], title: str, verb: str, then: Callable[[], object]
) -> None:
    text = "\n".join([*reasons, "", address if len(address) <= SHOWN else f"{address[:SHOWN]}…"])
    box = _box(parent, QMessageBox.Icon.Warning, title, text)
    box.setStandardButtons(QMessageBox.StandardButton.Open | QMessageBox.StandardButton.Cancel)
    box.button(QMessageBox.StandardButton.Open).setText(verb)
    box.setDefaultButton(QMessageBox.StandardButton.Cancel)
    box.finished.connect(lambda button: then() if button == QMessageBox.StandardButton.Open else None)
    box.open()


def _box(parent: QWidget, kind: QMessageBox.Icon, title: str, text: str) -> QMessageBox:
    box = QMessageBox(kind, "chatapp", title, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(text)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box
