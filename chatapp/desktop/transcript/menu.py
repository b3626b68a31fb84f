"""The menu of a message: what can be done with what is selected, with the thing under the pointer, with the message."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu

from chatapp.desktop.transcript.entry import Entry
from chatapp.desktop.transcript.messages import (
    ANSWER_ACTIONS,
    DELETE,
    FAVOURITE,
    FURTHER_ACTIONS,
    MORE,
    QUESTION_ACTIONS,
    SERVER_ACTIONS,
    SOURCE_ACTIONS,
    VARY,
    Answer,
    Question,
    TextItem,
)
from chatapp.desktop.transcript.runs import Spot
from chatapp.desktop.transcript.selection import entry_text
from chatapp.desktop.transcript.strips import Picture, RemoteImage

if TYPE_CHECKING:
    from chatapp.desktop.transcript.view import TranscriptView


def open_menu(
    view: "TranscriptView", place: QPoint, found: tuple[Entry, int] | None, spot: Spot | None = None
) -> None:
    """Opens it at a place of the screen. `found` is the strip it is about, `spot` what in it can be activated."""
    menu = QMenu(view)
    menu.setObjectName("messageMenu")
    menu.aboutToHide.connect(menu.deleteLater)
    selected = view.selection.ends is not None
    menu.addAction("Copy", view.copy).setEnabled(selected)
    menu.addAction("Copy as Markdown", partial(view.copy, markdown=True)).setEnabled(selected)
    if spot is not None and spot.kind == "link":
        menu.addAction("Copy link address", partial(view.put_on_clipboard, spot.target))
    if found is not None:
        _about_strip(menu, view, *found)
    menu.addAction("Select all", view.select_all)
    if found is not None:
        menu.addSeparator()
        _about_message(menu, view, found[0])
    menu.popup(place)


def _about_strip(menu: QMenu, view: "TranscriptView", entry: Entry, at: int) -> None:
    strip = entry.strips[at] if entry.strips else None
    if isinstance(strip, RemoteImage):
        menu.addAction("Open image in browser", partial(view.link_activated.emit, strip.src, ""))
        menu.addAction("Copy image address", partial(view.put_on_clipboard, strip.src))
    if isinstance(strip, Picture) or (isinstance(strip, RemoteImage) and strip.picture):
        menu.addAction("Copy image", partial(view.take_picture, strip, "copy"))
        menu.addAction("Save image", partial(view.take_picture, strip, "save"))


def _about_message(menu: QMenu, view: "TranscriptView", entry: Entry) -> None:
    """What can be done while an answer is written is to copy what is there."""
    question = isinstance(entry.message, Question)
    actions = {**(QUESTION_ACTIONS if question else ANSWER_ACTIONS), **VARY}
    what = "question" if question else "answer"
    menu.addAction(f"Copy {what} as text", lambda: view.put_on_clipboard(entry_text(entry, view.column)))
    for name, label in actions.items():
        if name != MORE:
            words = f"Copy {what} as Markdown" if name == "copy" else label
            action = menu.addAction(words, partial(view.action.emit, entry.key, name))
            action.setEnabled(not entry.streaming or name in ("copy", "inspect"))
    if isinstance(entry.message, Answer):
        for name, label in FURTHER_ACTIONS.items():
            menu.addAction(label, partial(view.action.emit, entry.key, name)).setEnabled(not entry.streaming)
        sources = menu.addMenu("With its sources")
        sources.setObjectName("sourcesMenu")
        sources.menuAction().setEnabled(not entry.streaming and _cites(entry.message))
        for name, label in SOURCE_ACTIONS.items():
            sources.addAction(label, partial(view.action.emit, entry.key, name))
        server = menu.addMenu("On its server")
        server.setObjectName("serverMenu")
        server.menuAction().setEnabled(not entry.streaming)
        for name, label in SERVER_ACTIONS.items():
            server.addAction(label, partial(view.action.emit, entry.key, name))
        favourite = FAVOURITE[entry.message.favourite]
        menu.addAction(favourite, partial(view.action.emit, entry.key, "favourite"))
    menu.addSeparator()
    for name, label in DELETE.items():
        menu.addAction(label, partial(view.action.emit, entry.key, name))


def _cites(answer: Answer) -> bool:
    return any(isinstance(item, TextItem) and item.markers for item in answer.items)
