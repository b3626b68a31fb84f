"""Which addresses are opened at once, which after a question, and which not at all."""

from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from chatapp.desktop.links import SCHEMES, ask_for_image, doubts, open_file, open_link, readable_host

PLAIN = [
    ("https://example.org/a/b?c=d#e", "here"),
    ("https://example.org/", "example.org"),
    ("https://www.example.org/", "https://example.org"),
    ("http://example.org:8080/", ""),
    ("mailto:me@example.org", "me@example.org"),
]
DOUBTFUL = [
    ("https://evil.example/", "https://bank.example", "words"),
    ("https://evil.example/", "bank.example", "words"),
    ("https://xn--exmple-4nf.org/", "", "letters"),
    ("https://exаmple.org/", "", "letters"),
    ("https://bank.example@evil.example/", "", "before"),
    ("https://user:word@evil.example/", "", "before"),
    ("http://localhost/", "", "this computer"),
    ("http://127.0.0.1:8765/v1", "", "this computer"),
    ("http://192.168.0.1/reboot", "", "this computer"),
    ("http://[::1]/", "", "this computer"),
    ("http://printer/", "", "this computer"),
    ("http://router.local/", "", "this computer"),
    ("http://169.254.169.254/latest", "", "this computer"),
    ("http://2130706433/", "", "number"),
    ("https://8.8.8.8/", "", "number"),
    ("http://0x7f.1/", "", "number"),
    ("https://bank.example\\@evil.example/", "", "differently"),
    ("https://evil.example/?q=" + "x" * 300, "", "long"),
    ("https://evil.example/" + "x" * 300, "", "long"),
    ("https://evil.example/#" + "x" * 300, "", "long"),
    ("mailto:me@evil.example?body=" + "x" * 300, "", "long"),
]
REFUSED = [
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "smb://host/share",
    "vbscript:x",
    "ftp://example.org/",
    "//example.org/",
    "\\\\host\\share",
    "https:",
    "https:///path",
    "",
]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the desktop was asked to open."""
    found: list[str] = []

    class Catcher(QDesktopServices):
        @staticmethod
        def openUrl(url: QUrl | str) -> bool:
            found.append(QUrl(url).toString())
            return True

    monkeypatch.setattr("chatapp.desktop.links.QDesktopServices", Catcher)
    return found


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


@pytest.mark.parametrize("name", ["a.pdf", "b.DOCX", "notes.md"])
def test_documents_are_opened_by_their_own_program(name: str, opened: list[str], parent: QWidget) -> None:
    open_file(Path("/kept") / name, parent)
    assert opened == [QUrl.fromLocalFile(str(Path("/kept") / name)).toString()]


@pytest.mark.parametrize("name", ["a.sh", "b.html", "c.desktop", "d.py", "e.js", "f.docm", "none"])
def test_what_could_run_is_not_opened(name: str, opened: list[str], parent: QWidget) -> None:
    open_file(Path("/kept") / name, parent)
    assert opened == []
    box = parent.findChild(QMessageBox)
    assert box is not None
    assert name in box.informativeText()
    box.close()


@pytest.mark.parametrize(("address", "words"), PLAIN)
def test_a_plain_address_is_opened(parent: QWidget, opened: list[str], address: str, words: str) -> None:
    assert doubts(address, words) == []
    open_link(parent, address, words)
    assert opened == [address]


@pytest.mark.parametrize(("address", "words", "reason"), DOUBTFUL)
def test_a_doubtful_one_is_asked_about(
    parent: QWidget, opened: list[str], qtbot: QtBot, address: str, words: str, reason: str
) -> None:
    open_link(parent, address, words)
    (box,) = parent.findChildren(QMessageBox)
    assert reason in box.informativeText()
    assert address[:100] in box.informativeText()
    assert box.defaultButton() is box.button(QMessageBox.StandardButton.Cancel)
    assert opened == []
    box.button(QMessageBox.StandardButton.Open).click()
    assert len(opened) == 1


def test_cancel_opens_nothing(parent: QWidget, opened: list[str]) -> None:
    open_link(parent, "https://a@evil.example/")
    (box,) = parent.findChildren(QMessageBox)
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert opened == []


@pytest.mark.parametrize("address", REFUSED)
def test_others_are_never_opened(parent: QWidget, opened: list[str], address: str) -> None:
    open_link(parent, address, "words")
    (box,) = parent.findChildren(QMessageBox)
    assert box.button(QMessageBox.StandardButton.Open) is None
    assert opened == []
    box.close()


def test_a_host_is_told_in_its_own_letters() -> None:
    assert readable_host("xn--exmple-4nf.org") == "exаmple.org"
    assert readable_host("xn--\u00ff.org") == "xn--\u00ff.org"
    assert SCHEMES == ("https", "http", "mailto")


def test_an_image_is_asked_about_where_its_address_is_doubtful(parent: QWidget) -> None:
    loads: list[bool] = []
    ask_for_image(parent, "https://pictures.example/a.png", loads.append)
    assert (loads, parent.findChildren(QMessageBox)) == ([False], [])
    for address, reason in (
        ("http://pictures.example/a.png", "not encrypted"),
        ("https://192.168.1.1/a.png", "network around it"),
        ("https://pictures.example/a.png?" + "x" * 200, "carry away"),
    ):
        ask_for_image(parent, address, loads.append)
        box = parent.findChildren(QMessageBox)[-1]
        assert reason in box.informativeText()
        assert box.defaultButton() is box.button(QMessageBox.StandardButton.Cancel)
        box.button(QMessageBox.StandardButton.Open).click()
    assert loads == [False, False, True, False]
