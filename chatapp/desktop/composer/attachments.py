"""The row of chips: what goes along with the question that is being written, looked at as it comes in.

It is there before the first picture, and empty; the chips and what they know are loaded with the first of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from chatapp.desktop.desk import Desk
from chatapp.desktop.loop import Errands
from chatapp.desktop.theme import GAP_4, GAP_8
from chatapp.desktop.widgets import Icons, named

if TYPE_CHECKING:
    from chatapp.conversation.failures import Failure
    from chatapp.conversation.inputs import Enclosure
    from chatapp.desktop.composer.attachment_chip import AttachmentChip
    from chatapp.services.application import Application
    from chatapp.services.enclosures import Look

MOST_ROWS = 4
"""Rows of chips that are shown at once."""


class AttachmentChips(QScrollArea):
    """`changed` is told when something comes, goes, or goes another way; `left` when the last one was removed by the
    keyboard, so that the caret has a place to go; `kept_for` when a picture is kept after its conversation was left."""

    changed = Signal()
    left = Signal()
    kept_for = Signal(str, object)  # conversation id, Enclosure

    def __init__(self, desk: Desk, errands: Errands, icons: Icons) -> None:
        super().__init__()
        named(self, "Attachments")
        self._desk, self._errands, self._icons = desk, errands, icons
        self._chips: list[AttachmentChip] = []
        self._server = ""
        self.awaited: list[str] = []
        """The conversation of each picture that is being kept."""
        self._inside = QWidget()
        self.setWidget(self._inside)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._inside.setAutoFillBackground(False)
        self.hide()
        desk.head_changed.connect(self._follow_server)
        desk.opened.connect(self._follow_server)

    @property
    def chips(self) -> tuple[AttachmentChip, ...]:
        return tuple(self._chips)

    @property
    def enclosures(self) -> tuple[Enclosure, ...]:
        return tuple(chip.enclosure for chip in self._chips if not chip.pending)

    @property
    def ready(self) -> bool:
        """Whether all of them can be sent as they are: no pasted picture is still being kept."""
        return not any(chip.pending for chip in self._chips)

    def show_only(self, enclosures: Sequence[Enclosure]) -> None:
        """These in place of all others; nothing was changed by the user."""
        for chip in self._chips:
            _drop(chip)
        self._chips = []
        for enclosure in dict.fromkeys(enclosures):
            self._look(self._append(enclosure))
        self._arrange()

    def add(self, enclosures: Sequence[Enclosure]) -> None:
        known = {_place(chip.enclosure) for chip in self._chips}
        for enclosure in enclosures:
            if _place(enclosure) not in known:
                self._look(self._append(enclosure), aloud=True)
        self._arrange()
        self._show_last()
        self.changed.emit()

    def keep(self, image: QImage, filename: str) -> None:
        """A picture that is in no file: it is one as soon as it is kept."""
        from chatapp.conversation.inputs import Enclosure
        from chatapp.desktop.thumbnails import png_of

        async def kept(app: Application) -> Enclosure:
            return await app.enclosures.keep_picture(await asyncio.to_thread(png_of, image), filename)

        chip, home = self._append(Enclosure(filename)), self._desk.open_id or ""
        self.awaited.append(home)
        self._arrange()
        self._show_last()
        self.changed.emit()
        self._errands.run(
            kept,
            lambda enclosure: self._kept(chip, home, enclosure),
            lambda failure: self._lost(chip, home, failure),
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _append(self, enclosure: Enclosure) -> AttachmentChip:
        from chatapp.desktop.composer.attachment_chip import AttachmentChip

        self.viewport().setAutoFillBackground(False)
        chip = AttachmentChip(enclosure, self._icons)
        chip.setParent(self._inside)
        chip.chosen.connect(lambda chosen: self._choose(chip, chosen))
        chip.remove_asked.connect(lambda: self._remove(chip))
        chip.show()
        self._chips.append(chip)
        return chip

    def _look(self, chip: AttachmentChip, aloud: bool = False) -> None:
        """What a file is and how it goes, found out behind; an answer that comes too late counts for nothing. `aloud`
        is for what the user has just done: what is wrong with it is told as well as shown."""
        head, enclosure = self._desk.head, chip.enclosure
        if head is None or chip.pending:
            return

        def current() -> bool:
            return chip in self._chips and chip.enclosure == enclosure

        def found(look: Look) -> None:
            if current():
                self._found(chip, look)

        def failed(failure: Failure) -> None:
            if current():
                self._failed(chip, failure, aloud)

        self._errands.run(lambda app: app.enclosures.suggest(head.server, enclosure), found, failed)

    def _found(self, chip: AttachmentChip, look: Look) -> None:
        from chatapp.desktop.composer.words import NO_SEARCH

        changed = chip.enclosure != look.enclosure
        chip.found(look)
        if look.how not in look.ways:
            chip.failed(NO_SEARCH, look)
        elif look.type is not None and look.type.picture is not None:
            self._draw(chip, look)
        self._arrange()
        if changed:
            self.changed.emit()

    def _failed(self, chip: AttachmentChip, failure: Failure, aloud: bool) -> None:
        chip.failed(failure)
        self._arrange()
        if aloud:
            self.ensureWidgetVisible(chip)
            self._errands.failed.emit(failure)

    def _draw(self, chip: AttachmentChip, look: Look) -> None:
        from chatapp.desktop.composer.attachment_chip import SIDE
        from chatapp.desktop.thumbnails import thumbnail

        path, kind = look.path, look.type
        if path is None or kind is None:
            return
        pixels = round(SIDE * self.devicePixelRatioF())
        size = QSize(pixels, pixels)

        async def drawn(app: Application) -> QImage | None:
            return await asyncio.to_thread(thumbnail, path, kind.media_type, size)

        self._errands.run(drawn, lambda image: chip.picture(image) if chip in self._chips else None)

    def _kept(self, chip: AttachmentChip, home: str, enclosure: Enclosure) -> None:
        self.awaited.remove(home)
        if chip in self._chips:
            chip.enclosure = enclosure
            self._look(chip)
            self.changed.emit()
        elif chip.removed:
            self._errands.run(lambda app: app.enclosures.let_go(enclosure))
        else:
            self.kept_for.emit(home, enclosure)

    def _lost(self, chip: AttachmentChip, home: str, failure: Failure) -> None:
        self.awaited.remove(home)
        self._take_out(chip)
        self._errands.failed.emit(failure)

    def _choose(self, chip: AttachmentChip, enclosure: Enclosure) -> None:
        """What was picked in the menu of a chip. A way is suggested for the next file of its kind, too."""
        how, kind = enclosure.how, chip.look.kind if chip.look is not None else None
        if how is not None and kind is not None and how != chip.enclosure.how:
            self._errands.run(lambda app: app.enclosures.remember(kind, how))
        chip.enclosure = enclosure
        self._look(chip, aloud=True)
        self.changed.emit()

    def _remove(self, chip: AttachmentChip) -> None:
        """The next chip has the keyboard then, or the message."""
        at, enclosure = self._chips.index(chip), chip.enclosure
        focused = self.window().focusWidget()
        had_focus = focused is not None and chip.isAncestorOf(focused)
        chip.removed = True
        self._take_out(chip)
        if had_focus and self._chips:
            self._chips[min(at, len(self._chips) - 1)].main.setFocus(Qt.FocusReason.TabFocusReason)
        elif had_focus:
            self.left.emit()
        if enclosure.sha256:
            self._errands.run(lambda app: app.enclosures.let_go(enclosure))

    def _show_last(self) -> None:
        if self._chips:
            self.ensureWidgetVisible(self._chips[-1])

    def _take_out(self, chip: AttachmentChip) -> None:
        if chip in self._chips:
            self._chips.remove(chip)
            _drop(chip)
            self._arrange()
            self.changed.emit()

    def _follow_server(self) -> None:
        """Another server may take files in other ways."""
        if self._desk.head is None:
            return
        is_other, self._server = self._desk.head.server != self._server, self._desk.head.server
        for chip in self._chips:
            if is_other or (chip.look is None and chip.problem is None):
                self._look(chip)

    def _arrange(self) -> None:
        """From one side to the other, row below row."""
        if not self._chips:
            self.hide()
            return
        from PySide6.QtWidgets import QStyle

        width = self.viewport().width()
        x = y = tall = 0
        for chip in self._chips:
            size = chip.sizeHint().boundedTo(QSize(max(width, 1), 1000))
            if x and x + size.width() > width:
                x, y = 0, y + tall + GAP_4
            tall = size.height()
            rect = QRect(x, y, size.width(), tall)
            room = QRect(0, 0, width, y + tall)
            chip.setGeometry(QStyle.visualRect(self.layoutDirection(), room, rect))
            x += size.width() + GAP_8
        self._inside.setMinimumHeight(y + tall)
        self.setFixedHeight(min(y + tall, MOST_ROWS * (tall + GAP_4)))
        self.show()


def _place(enclosure: Enclosure) -> tuple[str, str, str]:
    """What tells two of them apart, however they are sent."""
    return enclosure.path, enclosure.sha256, enclosure.url


def _drop(chip: AttachmentChip) -> None:
    chip.hide()
    chip.deleteLater()
