"""Pictures in the transcript: shown at a sane size, decoded on a thread once they are seen, few kept, none trusted."""

import base64
import struct
import zlib
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from chatapp.desktop.transcript.messages import Answer, PictureItem
from chatapp.desktop.transcript.pictures import MOST_WANTED, Pictures, image_of, size_of
from chatapp.desktop.transcript.strips import Picture
from chatapp.desktop.transcript.taking import name_of, write
from chatapp.desktop.transcript.view import TranscriptView
from tests.desktop.transcript.conftest import Show
from tests.kit.everything import PIXEL

RED = QColor("#c02020")
BAD = {
    "no base64": "*** not at all ***",
    "no picture": base64.b64encode(b"<svg onload='x'/>" * 50).decode(),
    "a drawing that is a program": base64.b64encode(
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    ).decode(),
    "nothing": "",
}


def picture(width: int, height: int, form: str = "PNG", colour: QColor = RED) -> str:
    """Base64 of a picture of one colour."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(colour)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    assert image.save(buffer, form)  # type: ignore[call-overload]
    return base64.b64encode(bytes(data.data())).decode()


def bomb(width: int, height: int) -> str:
    """A PNG of few bytes that claims to be large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 4_000_000)), (b"IEND", b"")]
    chunks = (
        struct.pack(">I", len(part)) + name + part + struct.pack(">I", zlib.crc32(name + part))
        for name, part in parts
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()


def answer(*pictures: str, key: str = "a", alt: str = "A red square") -> Answer:
    return Answer(key, "m", tuple(PictureItem(data, alt) for data in pictures))


def place_of(view: TranscriptView, entry: int = 0) -> int:
    strips = view.column.entries[entry].strips or ()
    return next(at for at, strip in enumerate(strips) if isinstance(strip, Picture))


def size_in(view: TranscriptView) -> tuple[int, int]:
    laid = view.column.entries[0].laid(place_of(view), view.column.setter)
    return laid.picture.width(), laid.picture.height()


def is_red(view: TranscriptView, x: int, y: int) -> bool:
    """The colour of the first picture at a point of its own."""
    origin = view.strip_origin(view.column.entries[0], place_of(view))
    colour = view.viewport().grab().toImage().pixelColor(origin.x() + x, origin.y() + y)
    return colour.red() > 150 and colour.green() < 80


@pytest.mark.parametrize("form", ["PNG", "JPG", "WEBP", "BMP"])
def test_a_picture_is_painted_once_it_is_decoded(show: Show, qtbot: QtBot, form: str) -> None:
    view = show(answer(picture(200, 100, form)))
    qtbot.waitUntil(lambda: is_red(view, 100, 50))
    assert size_in(view) == (200, 100)


@pytest.mark.parametrize(
    ("size", "shown"),
    [((3000, 1000), (760, 253)), ((1000, 3000), (160, 480)), ((2, 3), (2, 3)), ((4000, 1), (760, 1))],
)
def test_a_picture_is_never_larger_than_is_pleasant_nor_than_it_is(
    show: Show, size: tuple[int, int], shown: tuple[int, int]
) -> None:
    assert size_in(show(answer(picture(*size)))) == shown


def test_in_a_narrow_window_it_is_as_wide_as_the_column(show: Show) -> None:
    view = show(answer(picture(1000, 500)), width=360)
    assert size_in(view) == (view.column.width, view.column.width // 2)


@pytest.mark.parametrize("case", [*BAD, "a bomb", "cut off"])
def test_what_cannot_be_shown_is_said_to_be_and_nothing_breaks(show: Show, qtbot: QtBot, case: str) -> None:
    data = {**BAD, "a bomb": bomb(60_000, 60_000), "cut off": picture(300, 200)[:120]}[case]
    view = show(answer(data))
    qtbot.waitUntil(lambda: view.pictures._thread is None and not view.pictures._wanted)
    view.viewport().grab()
    view.take_picture(Picture(PictureItem(data, "x")), "copy")
    (box,) = view.findChildren(QMessageBox)
    assert "cannot be shown" in box.informativeText() or case == "cut off"
    box.close()


def test_sizes_come_from_the_first_bytes_also_of_a_picture_that_is_cut_off() -> None:
    assert size_of(picture(1000, 700)[:100]) == QSize(1000, 700)
    assert size_of(bomb(60_000, 60_000)).isEmpty()
    assert image_of(bomb(60_000, 60_000)).isNull()
    assert all(size_of(data).isEmpty() for data in BAD.values())


def test_only_what_is_seen_is_decoded_and_little_is_kept(
    show: Show, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 2_000_000
    monkeypatch.setattr("chatapp.desktop.transcript.pictures.KEPT_BYTES", most)
    colours = [QColor(number, 0, 0) for number in range(100)]
    view = show(*(answer(picture(400, 300, colour=colour), key=colour.name()) for colour in colours))
    bar, pictures = view.verticalScrollBar(), view.pictures
    qtbot.waitUntil(lambda: bool(pictures._kept))
    assert len(pictures._kept) < 6
    for step in range(10):
        bar.setValue(bar.maximum() * step // 10)
        view.viewport().grab()
        assert len(pictures._wanted) <= MOST_WANTED
        qtbot.waitUntil(lambda: pictures._thread is None)
    assert sum(kept.width() * kept.height() * 4 for kept in pictures._kept.values()) <= most


def test_a_picture_is_decoded_once(qtbot: QtBot) -> None:
    pictures = Pictures(QGuiApplication.instance())  # type: ignore[arg-type]
    data = picture(64, 64)
    assert pictures.pixmap(data, QSize(32, 32), 2.0) is None
    with qtbot.waitSignal(pictures.changed):
        assert pictures.pixmap(data, QSize(32, 32), 2.0) is None
    found = pictures.pixmap(data, QSize(32, 32), 2.0)
    assert found is not None
    assert (found.width(), found.devicePixelRatio()) == (64, 2.0)
    assert pictures._thread is None
    pictures.deleteLater()


def test_it_is_reached_copied_and_saved_by_keyboard(show: Show, qtbot: QtBot) -> None:
    view = show(answer(picture(40, 30)))
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Tab)
    assert view.focused is not None
    assert view.focused[2].label == "Copy image"
    with qtbot.waitSignal(view.copy_requested):
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert QGuiApplication.clipboard().image().size() == QSize(40, 30)
    QTest.keyClick(view, Qt.Key.Key_Tab)
    QTest.keyClick(view, Qt.Key.Key_Return)
    (dialog,) = view.findChildren(QFileDialog)
    assert dialog.selectedFiles()[0].endswith("A red square.png")
    dialog.reject()


def test_a_saved_image_holds_the_servers_bytes_and_a_disk_that_refuses_is_told_of(
    show: Show, tmp_path: Path
) -> None:
    view = show(answer(PIXEL))
    data = base64.b64decode(PIXEL)
    write(view, tmp_path / "a.png", data)
    assert (tmp_path / "a.png").read_bytes() == data
    write(view, tmp_path / "none" / "a.png", data)
    (box,) = view.findChildren(QMessageBox)
    assert "still in the answer" in box.informativeText()
    box.close()


@pytest.mark.parametrize(
    ("words", "name"),
    [("A/../b: \0 ünï", "A b ünï"), ("", "image"), ("***", "image"), ("x" * 200, "x" * 60)],
)
def test_a_files_name_comes_from_what_is_shown(words: str, name: str) -> None:
    assert name_of(words) == name


def test_a_screen_reader_is_told_what_the_picture_shows(show: Show) -> None:
    view = show(answer(PIXEL, alt="A small harbour"))
    view.viewport().grab()
    entry = view.column.entries[0]
    node = view.reader.node(entry, (place_of(view),))
    assert node.role() == QAccessible.Role.Graphic
    assert node.text(QAccessible.Text.Name) == "A small harbour"
    assert view.reader.node(entry).text(QAccessible.Text.Name) == "Assistant said: Image: A small harbour"
