"""A picture that an answer points to, loaded in a real window from a real server."""

import socket
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

from chatapp.desktop.transcript.strips import RemoteImage
from tests.desktop.conftest import Room
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import Gate, GatedServer, Reply, stream_reply
from tests.kit.pictures import png

PATH = ("GET", "/a.png")


def image(room: Room) -> RemoteImage:
    strips = room.window.transcript.view.column.entries[-1].strips or []
    return next(strip for strip in strips if isinstance(strip, RemoteImage))


def visits(server: GatedServer) -> int:
    return sum(request.path == "/a.png" for request in server.requests)


def press(room: Room) -> None:
    """Tab to the picture's button and press it."""
    view = room.window.transcript.view
    entry = view.column.entries[-1]
    stop = next(stop for stop in view.stops(entry) if stop[2].kind == "image")
    view.focus_spot(*stop)
    QTest.keyClick(view, Qt.Key.Key_Return)


def answer_box(room: Room, button: QMessageBox.StandardButton) -> str:
    """What the box asks; it is answered."""
    box = room.window.findChildren(QMessageBox)[-1]
    asked = f"{box.text()}\n{box.informativeText()}"
    box.button(button).click()
    return asked


async def test_it_is_loaded_once_its_reader_agreed(room: Room, gated_server: GatedServer) -> None:
    address = f"http://127.0.0.1:{gated_server.port}/a.png"
    gated_server.script(
        "POST", "/v1/responses", stream_reply(sse_bytes(text_stream("See ", f"![A]({address})", " there.")))
    )
    await room.ask("Show me")
    press(room)
    asked = answer_box(room, QMessageBox.StandardButton.Cancel)
    assert asked.startswith("Load an image from 127.0.0.1?")
    assert "this computer" in asked
    assert "not encrypted" in asked
    assert (visits(gated_server), image(room).standing.stage) == (0, "waiting")

    gate = Gate()
    gated_server.script(
        *PATH,
        Reply(404, {}, [b"no"]),
        Reply(200, {"content-type": "image/png"}, [gate, png(30, 20)], "chunked"),
        Reply(200, {"content-type": "image/png"}, [png(30, 20)]),
    )
    press(room)
    answer_box(room, QMessageBox.StandardButton.Open)
    await room.until(lambda: image(room).standing.stage == "failed")
    assert image(room).told == "Not loaded. 127.0.0.1 answered 404 (not found)."

    press(room)
    answer_box(room, QMessageBox.StandardButton.Open)
    await gate.reached()
    assert image(room).standing.stage == "loading"
    press(room)
    assert image(room).standing.stage == "waiting"
    gate.open()

    press(room)
    answer_box(room, QMessageBox.StandardButton.Open)
    await room.until(lambda: image(room).standing.stage == "shown")
    assert visits(gated_server) == 3
    head = room.desk.head
    assert head is not None
    room.window.switching.new()
    await room.until(lambda: room.desk.head is not None and room.desk.head.id != head.id)
    room.window.switching.open(head.id)
    await room.until(lambda: room.desk.head is not None and room.desk.head.id == head.id and room.desk.path)
    view = room.window.transcript.view
    view.stops(view.column.entries[-1])
    assert image(room).standing.stage == "shown"
    assert visits(gated_server) == 3


async def test_a_name_that_leads_near_is_asked_about_once_that_is_known(
    room: Room, gated_server: GatedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = socket.getaddrinfo

    def lookup(host: str, *others: Any, **more: Any) -> Any:
        return usual("127.0.0.1" if host == "pictures.example" else host, *others, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    address = f"http://pictures.example:{gated_server.port}/a.png"
    gated_server.script("POST", "/v1/responses", stream_reply(sse_bytes(text_stream(f"![A]({address})"))))
    gated_server.script(*PATH, Reply(200, {"content-type": "image/png"}, [png(30, 20)]))
    await room.ask("Show me")
    press(room)
    assert "this computer" not in answer_box(room, QMessageBox.StandardButton.Open)
    await room.until(lambda: image(room).standing.stage == "failed")
    assert "pictures.example is this computer" in image(room).told
    assert visits(gated_server) == 0
    assert "this computer" in answer_box(room, QMessageBox.StandardButton.Open)
    await room.until(lambda: image(room).standing.stage == "shown")
