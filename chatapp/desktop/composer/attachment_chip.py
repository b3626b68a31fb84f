"""One chip: a file, a picture or an address that goes along, how it goes, and the menu that changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QIcon, QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import QFrame, QMenu

from chatapp.conversation.inputs import Enclosure
from chatapp.desktop.composer.words import (
    DETAIL_WORDS,
    HOW_ICONS,
    HOW_WORDS,
    KIND_WORDS,
    MENU_WORDS,
    NOT_SHOWN,
    facts,
)
from chatapp.desktop.widgets import Icons, button, named, restyle, row

if TYPE_CHECKING:
    from chatapp.conversation.failures import Failure
    from chatapp.services.enclosures import Look

V = TypeVar("V", bound=str)
LONGEST_NAME = 26
SIDE = 20
"""Logical pixels of a thumbnail."""
REMOVING = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class AttachmentChip(QFrame):
    """`look` is None until the file was looked at; `problem` says why it cannot go."""

    chosen = Signal(object)  # the Enclosure, changed
    remove_asked = Signal()

    def __init__(self, enclosure: Enclosure, icons: Icons) -> None:
        super().__init__()
        self.setProperty("kind", "attachment")
        self._icons = icons
        self.enclosure = enclosure
        self.look: Look | None = None
        self.problem: Failure | None = None
        self.removed = False
        """Taken away by the user, not by another conversation."""
        self.main = button("", self.show_menu, "attachment", "Attachment")
        self.cross = icons.put(button("", self.remove_asked.emit, "cross", "Remove"), "close", size=12)
        self.setLayout(row(self.main, self.cross, gap=0))
        self._show()

    def found(self, look: Look) -> None:
        self.enclosure, self.look, self.problem = look.enclosure, look, None
        self._show()

    def failed(self, failure: Failure, look: Look | None = None) -> None:
        """`look` is what is known of it all the same, so that it can go another way."""
        self.look, self.problem = look, failure
        self._show()

    def picture(self, image: QImage | None) -> None:
        """A thumbnail; None where it cannot be decoded."""
        if image is None:
            self.main.setToolTip(f"{self.main.toolTip()}\n{NOT_SHOWN}")
        if image is None or self.problem is not None:
            return
        shown = QPixmap.fromImage(image)
        shown.setDevicePixelRatio(self.devicePixelRatioF())
        self._icons.leave(self.main)
        self.main.setIcon(QIcon(shown))
        self.main.setIconSize(QSize(SIDE, SIDE))

    def show_menu(self) -> None:
        """Opens under the chip; the keyboard is in it."""
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.main.mapToGlobal(QPoint(0, self.main.height() + 2)))

    def menu(self) -> QMenu:
        """What can be changed of it: the way it goes, how closely an image is looked at, whether it goes at all."""
        menu = named(QMenu(self), f"How {self.enclosure.filename} is sent")
        look, now = self.look, self.enclosure
        if look is not None and look.how == "url":
            self._choices(menu, KIND_WORDS, now.kind, lambda kind: replace(now, kind=kind))
        elif look is not None:
            ways = {way: MENU_WORDS[way] for way in look.ways}
            self._choices(menu, ways, look.how, lambda how: replace(now, how=how))
        if look is not None and look.kind == "image":
            details = menu.addMenu("Detail")
            self._choices(details, DETAIL_WORDS, now.detail, lambda detail: replace(now, detail=detail))
        if not menu.isEmpty():
            menu.addSeparator()
        menu.addAction("Remove\tDel", self.remove_asked.emit)
        return menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in REMOVING:
            self.remove_asked.emit()
        elif event.key() == Qt.Key.Key_Menu:
            self.show_menu()
        else:
            super().keyPressEvent(event)

    def _choices(self, menu: QMenu, words: Mapping[V, str], now: V, made: Callable[[V], Enclosure]) -> None:
        """One entry a value; the one that is picked makes another enclosure of this one."""
        group = QActionGroup(menu)
        for value, word in words.items():
            action = menu.addAction(word)
            action.setCheckable(True)
            action.setChecked(value == now)
            action.triggered.connect(lambda _checked, value=value: self.chosen.emit(made(value)))
            group.addAction(action)

    def _show(self) -> None:
        name = self.enclosure.filename
        word, drawing = self._state()
        self.main.setText(f"{cut(name)} · {word}".replace("&", "&&"))
        self._icons.put(self.main, drawing, "danger" if self.problem else "secondary", SIDE - 4)
        about = self.problem.text if self.problem else facts(self.look) if self.look else ""
        self.main.setToolTip("\n".join(line for line in (name, about) if line))
        named(self.main, f"Attachment {name}, {word}")
        self.main.setAccessibleDescription(about)
        named(self.cross, f"Remove {name}")
        self.cross.setToolTip(f"Remove {name}")
        restyle(self, problem=self.problem is not None)

    def _state(self) -> tuple[str, str]:
        if self.problem is not None:
            return "cannot be sent", "error"
        if self.look is None:
            return ("being kept" if self.pending else "…"), "file"
        drawing = (
            "image" if (self.look.kind, self.look.how) == ("image", "data") else HOW_ICONS[self.look.how]
        )
        return HOW_WORDS[self.look.how], drawing

    @property
    def pending(self) -> bool:
        """Whether it stands for a picture that is still being kept."""
        return not (self.enclosure.path or self.enclosure.sha256 or self.enclosure.url)


def cut(name: str) -> str:
    """A long name without its middle: its ending says what it is."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 11]}…{name[-10:]}"
