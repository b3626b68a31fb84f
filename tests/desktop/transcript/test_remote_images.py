"""Pictures that answers point to: a card with their address, loaded by nobody but their reader, shown in its place."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from chatapp.desktop.transcript.cutting import Cutter
from chatapp.desktop.transcript.messages import Answer, TextItem
from chatapp.desktop.transcript.remote import KEPT_LETTERS, NOT_LOADED, Standing, Standings
from chatapp.desktop.transcript.strips import Equation, Frame, Prose, RemoteImage, Strip
from chatapp.desktop.transcript.view import TranscriptView
from chatapp.rendering.stream import BlockStream
from tests.desktop.transcript.conftest import Show
from tests.desktop.transcript.test_pictures import RED, picture

SRC = "https://pictures.example/a.png"
IMAGE = f"![A harbour]({SRC})"


def answer(text: str, **changes: object) -> Answer:
    return Answer("a", "model", (TextItem(text),), **changes)  # type: ignore[arg-type]


def cut(text: str) -> list[Strip]:
    stream, cutter = BlockStream(text), Cutter(lambda words, bold: 8 * len(words))
    stream.finish()
    for segment in stream.closed:
        cutter.block(segment.block, Frame(), 12)
    return cutter.strips


def found(view: TranscriptView) -> tuple[int, RemoteImage]:
    strips = view.column.entries[0].strips or []
    return next((at, strip) for at, strip in enumerate(strips) if isinstance(strip, RemoteImage))


def asked(view: TranscriptView) -> list[tuple[str, str]]:
    wishes: list[tuple[str, str]] = []
    view.image_asked.connect(lambda src, address: wishes.append((src, address)))
    return wishes


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (IMAGE, [RemoteImage]),
        (f"Look: {IMAGE} and on", [Prose, RemoteImage, Prose]),
        (f"{IMAGE} {IMAGE}", [RemoteImage, RemoteImage]),
        (f"**{IMAGE}**", [RemoteImage]),
        (f"[{IMAGE}](https://elsewhere.example/)", [RemoteImage, Prose]),
        (f"[{IMAGE}]({SRC})", [RemoteImage]),
        (f"- {IMAGE}\n- b", [Prose, RemoteImage, Prose]),
        (f"> {IMAGE}", [RemoteImage]),
        (f"$$x$$ {IMAGE}", [Equation, RemoteImage]),
        ("![a](mailto:a@b.example)", [Prose]),
        ("![a](data:image/png;base64,AAAA)", [Prose]),
        ("![a](file:///etc/passwd)", [Prose]),
        (f"`{IMAGE}`", [Prose]),
    ],
)
def test_prose_is_cut_at_pictures_of_the_web(text: str, kinds: list[type]) -> None:
    assert [type(strip) for strip in cut(text)] == kinds


def test_the_card_says_what_a_click_does_and_nothing_is_asked_before(show: Show, qtbot: QtBot) -> None:
    view = show()
    wishes = asked(view)
    view.append(answer("", streaming=True))
    for letter in f"See {IMAGE} there.\n\nMore.":
        view.grow("a", 0, letter)
        view.flush()
        view.grab()
    view.replace("a", answer(f"See {IMAGE} there.\n\nMore."))
    at, strip = found(view)
    entry = view.column.entries[0]
    assert strip.text == f"A harbour\n{SRC}"
    assert [spot.label for spot in strip.spots] == ["Load image from pictures.example"]
    assert wishes == []
    QTest.mouseClick(
        view.viewport(),
        Qt.MouseButton.LeftButton,
        pos=view.spot_rect(entry, at, strip.spots[0]).center(),
    )
    view.focus_spot(entry, at, strip.spots[0])
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert wishes == [(SRC, SRC), (SRC, SRC)]


@pytest.mark.parametrize(
    ("standing", "told", "label", "leads_to"),
    [
        (Standing("loading"), "Loading from pictures.example…", "Stop loading", ""),
        (Standing("failed", "It is gone."), "Not loaded. It is gone.", "Try again", SRC),
        (
            Standing("elsewhere", leads_to="https://other.example/b"),
            "Not loaded. pictures.example sends on to https://other.example/b",
            "Load image from other.example",
            "https://other.example/b",
        ),
    ],
)
def test_the_card_tells_how_it_stands_and_keeps_the_focus(
    show: Show, standing: Standing, told: str, label: str, leads_to: str
) -> None:
    view = show(answer(IMAGE))
    wishes, entry = asked(view), view.column.entries[0]
    at, strip = found(view)
    view.focus_spot(entry, at, strip.spots[0])
    view.stand(SRC, standing)
    at, strip = found(view)
    assert (strip.told, [spot.label for spot in strip.spots]) == (told, [label])
    text = view.reader.node(entry, (at,)).textInterface()
    assert text is not None
    assert told in text.text(0, text.characterCount())
    assert entry.laid(at, view.column.setter).length == len(strip.text)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert wishes == [(SRC, leads_to)]
    view.select_all()
    assert view.selected_text() == f"A harbour\n{SRC}"


def test_a_loaded_picture_stands_in_the_place_of_its_card(show: Show, qtbot: QtBot) -> None:
    view = show(answer(f"- one\n\n  {IMAGE}\n\nAfter."))
    entry = view.column.entries[0]
    view.stand(SRC, Standing("shown", data=picture(120, 80)))
    at, strip = found(view)
    laid = entry.laid(at, view.column.setter)
    assert (laid.picture.width(), laid.picture.height()) == (120, 80)
    origin = view.strip_origin(entry, at)
    left = view.look.px(24) * strip.frame.indent

    def colour() -> QColor:
        return view.viewport().grab().toImage().pixelColor(origin.x() + left + 60, origin.y() + 40)

    qtbot.waitUntil(lambda: colour() == RED)
    node = view.reader.node(entry, (at,))
    assert (node.role(), node.text(QAccessible.Text.Name)) == (QAccessible.Role.Graphic, "A harbour")
    view.activate(entry, at, strip.spots[0])
    assert QGuiApplication.clipboard().image().size() == QImage(120, 80, QImage.Format.Format_RGB32).size()
    view.select_all()
    assert view.selected_markdown() == f"- one\n\n  {IMAGE}\n\nAfter."


def test_it_stays_loaded_while_the_conversation_is_away_and_nothing_else_does(show: Show) -> None:
    view = show(answer(IMAGE))
    wishes = asked(view)
    view.stand(SRC, Standing("shown", data=picture(20, 20)))
    view.set_messages([Answer("b", "model", (TextItem("![b](https://other.example/b.png)"),))])
    assert found(view)[1].standing == NOT_LOADED
    view.set_messages([answer(f"Again {IMAGE}")])
    assert found(view)[1].standing.stage == "shown"
    assert wishes == []


def test_the_menu_offers_its_address_and_the_browser(show: Show) -> None:
    view = show(answer(IMAGE))
    followed: list[str] = []
    view.link_activated.connect(lambda address, words: followed.append(address))
    at, strip = found(view)
    view.focus_spot(view.column.entries[0], at, strip.spots[0])
    QTest.keyClick(view, Qt.Key.Key_Menu)
    (menu,) = view.findChildren(QMenu, "messageMenu")
    named = {action.text(): action for action in menu.actions()}
    named["Open image in browser"].trigger()
    named["Copy image address"].trigger()
    assert followed == [SRC]
    assert QGuiApplication.clipboard().text() == SRC
    assert "Save image" not in named


def test_the_oldest_pictures_are_let_go() -> None:
    standings = Standings()
    for number in range(4):
        standings.put(str(number), Standing("shown", data="x" * (KEPT_LETTERS // 3)))
    standings.put("failed", Standing("failed"))
    assert [standings[str(number)].stage for number in range(4)] == ["waiting", "shown", "shown", "shown"]
    assert standings["failed"].stage == "failed"
