"""Sentences whose wording is not found: marked in the transcript, counted and listed in the Citations panel."""

import sys
from typing import Any

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QFrame, QPushButton

from chatapp.desktop.doubts import letters, places
from chatapp.desktop.transcript.runs import Run, Style
from chatapp.desktop.transcript.strips import Prose
from tests.desktop.conftest import Room
from tests.kit.events import sse_bytes, text_stream
from tests.kit.gated_server import GatedServer, stream_reply
from tests.kit.models import BESIDE, folders_of

PASSAGE = "The mill has 12 wheels. It was built by Anna Berg in 1874 of oak from the valley."
ANSWER = """The **mill** by Anna Berg has 12 wheels. It has 99 wheels of oak and was built in 1874.

- It was built by Anna Berg, and her sister painted every door of it in green.
- What else?
- 44 wheels of oak from the valley

```
It has 77 wheels of oak from the valley.
```

| Wheels of the mill by Anna Berg |
|---|
| It has 55 wheels of oak from the valley. |
"""


def searched(text: str, tools: tuple[dict[str, Any], ...] = ()) -> bytes:
    """A stream whose answer follows a search that found PASSAGE."""
    result: dict[str, Any] = {"file_id": "f", "filename": "mill.txt", "score": 0.7, "text": PASSAGE}
    events = text_stream(text, tools=list(tools))
    call = {
        "type": "file_search_call",
        "id": "fs",
        "status": "completed",
        "queries": ["q"],
        "results": [result],
    }
    events[-1]["response"]["output"] = [call, *events[-1]["response"]["output"]]
    return sse_bytes(events)


def marked(room: Room) -> list[tuple[str, str]]:
    """The sentences that are marked on screen, with what is thought of them."""
    view = room.window.transcript.view
    entry = view.column.entries[-1]
    return [
        (getattr(strip, "text", "")[start:end], verdict)
        for at, strip in enumerate(entry.strips or ())
        for start, end, verdict in view.doubted_in(entry, at)
    ]


async def test_sentences_are_marked_counted_listed_and_explained(
    room: Room, gated_server: GatedServer
) -> None:
    gated_server.script("POST", "/v1/responses", stream_reply(searched(ANSWER)))
    await room.ask("What of the mill?")
    await room.until(lambda: marked(room), "marks")
    painted = "It was built by Anna Berg, and her sister painted every door of it in green."
    assert marked(room) == [
        ("It has 99 wheels of oak and was built in 1874.", "unsupported"),
        (painted, "weak"),
    ]
    room.window.show_panel("Citations")
    line = room.window.citations.support
    await room.until(line.isVisible, "the line")
    assert line.words.text() == "1 of 3 sentences supported in wording"
    fold = next(one for one in line.findChildren(QPushButton) if one.text() == "Sentences to check (2)")
    fold.click()
    told = [card.accessibleName() for card in line.findChildren(QFrame) if card.property("kind") == "card"]
    assert [words.partition(" (")[0] for words in told] == ["Not found", "Partly found"]
    fold.setFocus()
    room.window.doubts.measured.emit(room.last.id)
    again = QApplication.focusWidget()
    assert again is not fold
    assert again is not None
    assert again.accessibleName() == "Sentences to check (2), open"
    view = room.window.transcript.view
    entry = view.column.entries[-1]
    strip = next(at for at in range(len(entry.strips or ())) if view.doubted_in(entry, at))
    laid = entry.if_laid(strip)
    assert laid is not None
    ((start, end, _),) = view.doubted_in(entry, strip)
    centre = laid.panes[0].rects(start, end)[0].center().toPoint()
    assert "is not found" in view._pointer.doubt_at(view.strip_origin(entry, strip) + centre)
    assert view._pointer.doubt_at(view.strip_origin(entry, strip) + QPoint(3, centre.y())) == ""
    line.marks.click()
    assert marked(room) == []
    assert room.window._memory.value("marks_support") in (False, "false")
    room.window.doubts.switch(True)
    assert line.marks.isChecked()


async def test_an_answer_in_another_language_says_why_nothing_is_compared(
    room: Room, gated_server: GatedServer
) -> None:
    text = "Die Mühle hat zwölf Räder, und sie ist nicht aus Stein."
    gated_server.script("POST", "/v1/responses", stream_reply(searched(text)))
    await room.ask("And in German?")
    room.window.show_panel("Citations")
    line = room.window.citations.support
    await room.until(line.isVisible, "the line")
    assert "another language" in line.words.text()
    assert not line.marks.isVisible()
    assert marked(room) == []


def test_a_sentence_is_known_again_without_its_markup() -> None:
    runs = (Run("😀 So. It has "), Run("99", Style.BOLD), Run(" wheels.\u2060\ufffc Then.", Style(0)))
    strip = Prose(runs)
    found = places(strip, {letters("It has **99** [wheels](https://a.example/b)."): "weak"})
    assert found == ((7, 26, "weak"),)


@pytest.mark.skipif(not folders_of("onnxruntime"), reason="the extra `semantic` is not installed")
async def test_the_line_says_that_meaning_was_compared(
    room: Room, gated_server: GatedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(BESIDE))
    monkeypatch.setattr(sys, "path", [*sys.path, str(BESIDE)])
    said = "Grain was turned into flour there by the villagers. The mill is equipped with a dozen big wheels."
    gated_server.script("POST", "/v1/responses", stream_reply(searched(said)))
    await room.ask("What of the mill?")
    room.window.show_panel("Citations")
    line = room.window.citations.support
    await room.until(lambda: "wording or meaning" in line.words.text(), "the other measure")
    assert "on this computer" in line.words.toolTip()
    told = [card.accessibleName() for card in line.findChildren(QFrame) if card.property("kind") == "card"]
    assert all("nearness in meaning 0." in words and "mill.txt" in words for words in told)
