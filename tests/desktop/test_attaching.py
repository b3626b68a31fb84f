"""What goes along with a question in the window: pasted, dropped, chosen; its chips, their menus, and what is sent."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from chatapp.conversation.inputs import Enclosure
from chatapp.desktop.composer.attachment_chip import AttachmentChip, cut
from chatapp.desktop.composer.given import given, is_address
from chatapp.desktop.composer.link_dialog import LinkDialog
from chatapp.desktop.file_dialog import FileDialog
from chatapp.desktop.panels.inspector import about
from chatapp.desktop.thumbnails import thumbnail
from chatapp.desktop.transcript.messages import File, Question
from chatapp.protocol.json_types import JsonObject
from chatapp.services.enclosures import enclosed, linked
from tests.desktop.conftest import Room, opened, prepared, sent
from tests.desktop.test_conversations import POST
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, error_reply, stream_reply
from tests.kit.pictures import JPEG, gif, png, png_head


def picture(colour: str = "#3350C8") -> QImage:
    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    return image


def mime(
    text: str = "", urls: tuple[str, ...] = (), image: QImage | None = None, html: str = ""
) -> QMimeData:
    result = QMimeData()
    if text:
        result.setText(text)
    if html:
        result.setHtml(html)
    if urls:
        result.setUrls([QUrl(url) for url in urls])
    if image is not None:
        result.setImageData(image)
    return result


def drop(target: QWidget, data: QMimeData) -> bool:
    """Whether the widget takes what is dragged over it; it is dropped then."""
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(QPointF(5, 5).toPoint(), copy, data, Qt.MouseButton.LeftButton, none)
    QApplication.sendEvent(target, entering)
    if not entering.isAccepted():
        return False
    QApplication.sendEvent(target, QDropEvent(QPointF(5, 5), copy, data, Qt.MouseButton.LeftButton, none))
    return True


def chips(room: Room) -> tuple[AttachmentChip, ...]:
    return room.window.composer.chips.chips


async def looked_at(room: Room, count: int) -> tuple[AttachmentChip, ...]:
    await room.until(
        lambda: len(chips(room)) == count and all(chip.look or chip.problem for chip in chips(room)), "chips"
    )
    return chips(room)


def answers(server: GatedServer) -> None:
    server.always(*POST, stream_reply(sse_bytes(text_stream("A harbour."))))


def parts(server: GatedServer) -> list[JsonObject]:
    return list(sent(server)["input"][-1]["content"])


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(png(40, 30))
    return path


async def test_a_pasted_picture_is_sent(room: Room, gated_server: GatedServer) -> None:
    answers(gated_server)
    room.window.composer.editor.insertFromMimeData(mime(image=picture()))
    (chip,) = await looked_at(room, 1)
    assert chip.main.text().startswith("Pasted image ")
    assert chip.main.text().endswith("· sent whole")
    await room.ask("What is this?")
    address = parts(gated_server)[1]["image_url"]
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    assert QImage.fromData(data).size() == picture().size()
    assert not chips(room)
    assert room.last.attachments[0].filename.startswith("Pasted image ")
    assert "In place of a file of 0." in about(room.last, "Scripted")


async def test_nothing_is_sent_without_the_picture_that_is_still_being_kept(
    room: Room, gated_server: GatedServer
) -> None:
    answers(gated_server)
    room.write("What is this?")
    composer = room.window.composer
    composer.editor.insertFromMimeData(mime(image=picture()))
    assert not composer.send.isEnabled()
    room.press(Qt.Key.Key_Return)
    assert not room.desk.path
    await looked_at(room, 1)
    assert composer.send.isEnabled()
    room.press(Qt.Key.Key_Return)
    await room.ended(1)
    assert [part["type"] for part in parts(gated_server)] == ["input_text", "input_image"]


async def test_pictures_pasted_just_before_leaving_stay_with_their_conversation(room: Room) -> None:
    first = room.desk.open_id
    assert first is not None
    for colour in ("#3350C8", "#C83350"):
        room.window.composer.editor.insertFromMimeData(mime(image=picture(colour)))
    room.window.switching.new()
    await room.until(lambda: room.desk.open_id != first and room.session.errands.idle)
    assert not chips(room)
    room.window.switching.open(first)
    await room.until(lambda: room.desk.open_id == first)
    kept = {chip.enclosure.sha256 for chip in await looked_at(room, 2)}
    assert len(kept) == 2
    assert all(kept)


async def test_files_are_pasted_and_dropped_everywhere(room: Room, tmp_path: Path, photo: Path) -> None:
    (tmp_path / "b.txt").write_text("Words.")
    composer = room.window.composer
    composer.editor.insertFromMimeData(mime(urls=(photo.as_uri(),)))
    assert drop(composer, mime(urls=((tmp_path / "b.txt").as_uri(), photo.as_uri())))
    found = await looked_at(room, 2)
    assert [(chip.enclosure.filename, chip.look.how if chip.look else "") for chip in found] == [
        ("photo.png", "data"),
        ("b.txt", "search"),
    ]
    assert composer.text == ""


async def test_what_a_browser_drops(room: Room) -> None:
    composer = room.window.composer
    assert drop(composer, mime(urls=("https://example.org/cat.png",)))
    (chip,) = await looked_at(room, 1)
    assert (chip.enclosure.url, chip.enclosure.kind) == ("https://example.org/cat.png", "image")
    assert drop(
        composer,
        mime(urls=("https://example.org/dog.png",), image=picture(), text="https://example.org/dog.png"),
    )
    found = await looked_at(room, 2)
    assert found[1].enclosure.filename.startswith("Dropped image ")
    assert not drop(composer, mime(urls=("https://example.org/about",)))


@pytest.mark.parametrize(
    ("data", "dropped", "files", "is_picture"),
    [
        (mime(text="words"), False, 0, False),
        (mime(text="1\t2", image=picture()), False, 0, False),
        (mime(html='<img src="x">', image=picture()), False, 0, True),
        (mime(text="https://example.org/cat.png"), False, 0, False),
        (mime(text="https://example.org/cat.png", urls=("https://example.org/cat.png",)), False, 0, False),
        (mime(urls=("https://example.org/cat.png", "https://example.org/paper.pdf")), True, 2, False),
        (mime(urls=("file:///tmp/a.png", "file:///tmp/b")), False, 2, False),
        (mime(image=QImage()), False, 0, False),
    ],
)
def test_what_is_given(data: QMimeData, dropped: bool, files: int, is_picture: bool) -> None:
    found = given(data, dropped)
    assert (len(found.files), found.picture is not None) == (files, is_picture)


async def test_an_address_that_is_pasted_stays_words(room: Room) -> None:
    room.window.composer.editor.insertFromMimeData(mime(text="https://example.org/cat.png"))
    assert room.window.composer.text == "https://example.org/cat.png"
    assert not chips(room)


async def test_a_link_is_attached_by_its_address(room: Room, gated_server: GatedServer) -> None:
    answers(gated_server)
    QApplication.clipboard().setText("https://example.org/cat.png?size=2")
    room.window.composer.link_button.click()
    dialog = room.window.findChild(LinkDialog)
    assert dialog is not None
    assert dialog.address.text() == "https://example.org/cat.png?size=2"
    assert dialog.image.isChecked()
    dialog.address.setText("not an address")
    assert not dialog.attach.isEnabled()
    dialog.address.setText("https://example.org/picture")
    assert dialog.document.isChecked()
    dialog.image.click()
    dialog.attach.click()
    await looked_at(room, 1)
    await room.ask("What is this?")
    assert parts(gated_server)[1] == {
        "type": "input_image",
        "image_url": "https://example.org/picture",
        "detail": "auto",
    }


def choose(chip: AttachmentChip, *words: str) -> None:
    """Picks an entry of the chip's menu by its words, through submenus."""
    menu: QMenu = chip.menu()
    for word in words:
        action = next(entry for entry in menu.actions() if entry.text().startswith(word))
        found = action.menu()
        if isinstance(found, QMenu):
            menu = found
        else:
            action.trigger()


async def test_the_menu_changes_how_it_goes_and_is_remembered(
    room: Room, gated_server: GatedServer, tmp_path: Path, photo: Path
) -> None:
    answers(gated_server)
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("Words.")
    composer = room.window.composer
    composer.attach([enclosed(tmp_path / "a.txt"), enclosed(photo)])
    document, image = await looked_at(room, 2)
    choose(document, "Send it whole")
    choose(image, "Detail", "Low")
    await room.until(lambda: document.look is not None and document.look.how == "data")
    await room.until(lambda: room.session.errands.idle)
    assert document.main.text() == "a.txt · sent whole"
    composer.attach([enclosed(tmp_path / "b.txt")])
    other = (await looked_at(room, 3))[2]
    assert other.look is not None
    assert other.look.how == "data", "as it was chosen last"
    await room.ask("What?")
    assert [part["type"] for part in parts(gated_server)[1:]] == ["input_file", "input_image", "input_file"]
    assert parts(gated_server)[2]["detail"] == "low"


async def test_the_keyboard_removes_and_goes_on(room: Room, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("Words.")
    composer = room.window.composer
    composer.attach([enclosed(photo), enclosed(tmp_path / "b.txt")])
    first, second = await looked_at(room, 2)
    composer.editor.setFocus()
    QTest.keyClick(composer.editor, Qt.Key.Key_Tab)
    assert first.main.hasFocus()
    QTest.keyClick(first.main, Qt.Key.Key_Delete)
    assert second.main.hasFocus()
    QTest.keyClick(second.main, Qt.Key.Key_Backspace)
    assert composer.editor.hasFocus()
    assert not chips(room)
    assert room.desk.head is not None
    assert room.desk.head.enclosures == ()


@pytest.mark.qt_log_ignore("This plugin does not support")
async def test_the_menu_opens_by_the_keyboard(room: Room, photo: Path) -> None:
    room.window.composer.attach([enclosed(photo)])
    (chip,) = await looked_at(room, 1)
    chip.main.setFocus()
    QTest.keyClick(chip.main, Qt.Key.Key_Return)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert menu.accessibleName() == "How photo.png is sent"
    menu.close()


async def test_a_chip_says_what_it_is(room: Room, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "a&b.gif").write_bytes(gif(frames=3))
    room.window.composer.attach([enclosed(photo), enclosed(tmp_path / "a&b.gif")])
    first, moving = await looked_at(room, 2)
    assert first.main.accessibleName() == "Attachment photo.png, sent whole"
    assert "40 × 30 pixels" in first.main.toolTip()
    assert first.cross.accessibleName() == "Remove photo.png"
    assert moving.main.text() == "a&&b.gif · sent whole"
    assert "It moves" in moving.main.accessibleDescription()


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("a.heic", lambda path: path.write_bytes(b"\0\0\0\x18ftypheic"), "HEIC"),
        ("a.png", lambda path: path.write_bytes(png()[:-20]), "damaged"),
        ("folder", lambda path: path.mkdir(), "folder"),
        ("gone.png", lambda path: None, "no longer there"),
    ],
)
async def test_what_cannot_be_sent_is_said_at_once_and_again_at_sending(
    room: Room, tmp_path: Path, name: str, make: Callable[[Path], object], words: str
) -> None:
    make(tmp_path / name)
    composer = room.window.composer
    composer.attach([enclosed(tmp_path / name)])
    (chip,) = await looked_at(room, 1)
    assert chip.main.accessibleName() == f"Attachment {name}, cannot be sent"
    assert words in chip.main.toolTip()
    await room.until(lambda: words in room.window.notices.text)
    room.write("What is it?")
    room.press(Qt.Key.Key_Return)
    await room.until(lambda: "your text is kept" in room.window.notices.text)
    assert composer.text == "What is it?"
    assert [chip.enclosure.filename for chip in chips(room)] == [name]
    assert not room.desk.path


async def test_another_server_takes_files_in_other_ways(
    room: Room, gated_server: GatedServer, tmp_path: Path
) -> None:
    from chatapp.services.ports import Connection

    with GatedServer() as other:
        other.always("GET", "/v1/vector_stores", error_reply(404, "Not found"))
        await room.session.errands.ask(
            lambda app: app.preferences.put_connection(Connection("other", "Other", other.base_url))
        )
        (tmp_path / "a.txt").write_text("Words.")
        room.window.composer.attach([enclosed(tmp_path / "a.txt")])
        (chip,) = await looked_at(room, 1)
        assert chip.main.text() == "a.txt · searched"
        assert room.desk.open_id is not None
        home = room.desk.open_id
        await room.session.errands.ask(lambda app: app.conversations.set_server(home, "other"))
        await room.until(lambda: chip.main.text() == "a.txt · sent whole")


async def test_files_of_a_draft_survive_another_conversation_and_a_restart(
    qapp: QApplication, profile: Path, gated_server: GatedServer, photo: Path
) -> None:
    home = await prepared(profile, gated_server)
    async with opened(profile) as room:
        room.window.composer.attach([enclosed(photo), Enclosure("x", url="https://example.org/x")])
        room.window.composer.editor.insertFromMimeData(mime(image=picture()))
        await looked_at(room, 3)
        room.window.switching.new()
        await room.until(lambda: room.desk.open_id != home and not chips(room))
        room.window.switching.open(home)
        await room.until(lambda: room.desk.open_id == home)
        before = [chip.enclosure for chip in await looked_at(room, 3)]
    async with opened(profile) as room:
        assert [chip.enclosure for chip in await looked_at(room, 3)] == before


async def test_an_edited_question_takes_its_files_along(
    room: Room, gated_server: GatedServer, photo: Path, tmp_path: Path
) -> None:
    answers(gated_server)
    (tmp_path / "b.jpg").write_bytes(JPEG)
    composer = room.window.composer
    composer.attach([enclosed(photo)])
    await room.ask("What?")
    composer.attach([enclosed(tmp_path / "b.jpg")])
    await looked_at(room, 1)
    room.window.turn_actions.do(room.last.id, "edit")
    (chip,) = await looked_at(room, 1)
    assert (chip.enclosure.filename, chip.enclosure.how) == ("photo.png", "data")
    room.window.composer.stop_editing()
    assert [chip.enclosure.filename for chip in chips(room)] == ["b.jpg"], "the draft's own are there again"
    room.window.turn_actions.do(room.last.id, "edit")
    (chip,) = await looked_at(room, 1)
    chip.cross.click()
    composer.attach([enclosed(tmp_path / "b.jpg")])
    first = room.last
    room.press(Qt.Key.Key_Return)
    await room.until(lambda: room.last.id != first.id and room.last.answer.status.ended)
    assert [part["type"] for part in parts(gated_server)] == ["input_text", "input_image"]
    assert parts(gated_server)[1]["image_url"].startswith("data:image/jpeg;base64,")
    assert [file.filename for file in room.last.attachments] == ["b.jpg"]


async def test_a_question_may_be_a_picture_alone(room: Room, gated_server: GatedServer, photo: Path) -> None:
    answers(gated_server)
    room.window.composer.attach([enclosed(photo)])
    await looked_at(room, 1)
    room.press(Qt.Key.Key_Return)
    await room.ended(1)
    assert [part["type"] for part in parts(gated_server)] == ["input_image"]


async def test_many_files_wrap_and_scroll(room: Room, tmp_path: Path) -> None:
    paths = [tmp_path / f"notes number {at}.txt" for at in range(30)]
    for path in paths:
        path.write_text("Words.")
    composer = room.window.composer
    height = composer.height()
    composer.attach([enclosed(path) for path in paths])
    found = await looked_at(room, 30)
    await room.until(lambda: composer.height() > height)
    rows = {chip.y() for chip in found}
    assert len(rows) > 4
    assert all(chip.geometry().right() <= composer.chips.viewport().width() for chip in found)
    assert composer.height() < height + 200


def test_a_thumbnail_fills_its_square_and_a_damaged_picture_has_none(tmp_path: Path) -> None:
    from PySide6.QtCore import QSize

    (tmp_path / "a.png").write_bytes(png(400, 100))
    found = thumbnail(tmp_path / "a.png", "image/png", QSize(20, 20))
    assert found is not None
    assert found.size() == QSize(20, 20)
    (tmp_path / "b.png").write_bytes(png(400, 100)[:60])
    assert thumbnail(tmp_path / "b.png", "image/png", QSize(20, 20)) is None
    assert thumbnail(tmp_path / "gone.png", "image/png", QSize(20, 20)) is None
    (tmp_path / "huge.png").write_bytes(png_head(20_000, 20_000))
    assert thumbnail(tmp_path / "huge.png", "image/png", QSize(20, 20)) is None


def test_names_and_addresses() -> None:
    assert cut("short.png") == "short.png"
    assert cut("a very long name of a photo of the summer.png") == "a very long nam…summer.png"
    assert linked("https://example.org/a%20b/cat%20one.PNG?x=1") == Enclosure(
        "cat one.PNG", url="https://example.org/a%20b/cat%20one.PNG?x=1", kind="image"
    )
    assert linked("https://example.org/").filename == "example.org"
    assert [
        is_address(text) for text in ("https://a.b/c", "http://[", "ftp://a", "https://", "https://a b")
    ] == [
        True,
        False,
        False,
        False,
        False,
    ]


async def test_the_transcript_shows_what_went_along_and_opens_it(
    room: Room, gated_server: GatedServer, photo: Path, tmp_path: Path
) -> None:
    answers(gated_server)
    (tmp_path / "notes.txt").write_text("First line.\nSecond line.\n")
    room.window.composer.attach([enclosed(photo), enclosed(tmp_path / "notes.txt", "data")])
    await room.ask("What?")
    key = f"question-{room.last.id}"
    view = room.window.transcript.view

    def files() -> tuple[File, ...]:
        entry = view.column.get(key)
        assert entry is not None
        message = entry.message
        assert isinstance(message, Question)
        return message.attachments

    await room.until(lambda: files()[0].picture, "the kept image")
    assert [(file.name, file.about) for file in files()] == [
        ("photo.png", "sent whole"),
        ("notes.txt", "sent whole"),
    ]
    assert files()[1].picture is None
    view.file_activated.emit(key, 0)
    await room.until(lambda: room.window.findChild(FileDialog) is not None)
    dialog = room.window.findChild(FileDialog)
    assert dialog is not None
    await room.until(lambda: dialog.isVisible() and not dialog.picture.image.isNull())
    assert (dialog.windowTitle(), dialog.picture.image.width()) == ("photo.png", 40)
    dialog.accept()
    view.file_activated.emit(key, 1)
    await room.until(lambda: "Second line." in dialog.document.text.toPlainText())
    assert room.window.findChild(FileDialog) is dialog
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


async def test_a_file_in_the_transcript_is_reached_by_the_keyboard(
    room: Room, gated_server: GatedServer, photo: Path
) -> None:
    answers(gated_server)
    room.window.composer.attach([enclosed(photo)])
    await room.ask("What?")
    view = room.window.transcript.view
    entry = view.column.get(f"question-{room.last.id}")
    assert entry is not None
    assert [stop[2].label for stop in view.stops(entry) if stop[2].kind == "file"] == [
        "Open photo.png, sent whole"
    ]


async def test_an_original_that_is_gone_is_said_when_it_is_opened(
    room: Room, gated_server: GatedServer, photo: Path, profile: Path
) -> None:
    answers(gated_server)
    room.window.composer.attach([enclosed(photo)])
    await room.ask("What?")
    for kept in (profile / "originals").glob("*/*"):
        kept.unlink()
    room.window.transcript.view.file_activated.emit(f"question-{room.last.id}", 0)
    await room.until(lambda: "not here" in room.window.notices.text)
