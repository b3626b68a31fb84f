"""The stage of the transcript: where the messages lie, what is laid out, what is scrolled to, what is painted.

`view` next door, which is a stage that listens, feeds it and hears its reader. Nothing here changes a message.
"""

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QWidget

from chatapp.desktop.theme import CARD_RADIUS, Palette
from chatapp.desktop.transcript.ahead import Ahead
from chatapp.desktop.transcript.colours import Colours
from chatapp.desktop.transcript.column import Column
from chatapp.desktop.transcript.entry import Entry
from chatapp.desktop.transcript.formulas import Formulas
from chatapp.desktop.transcript.furniture import Brush
from chatapp.desktop.transcript.ground import Ground
from chatapp.desktop.transcript.ink import Stroke
from chatapp.desktop.transcript.laid import Laid, Pane
from chatapp.desktop.transcript.layout import Typesetter
from chatapp.desktop.transcript.look import Look
from chatapp.desktop.transcript.manners import Anchor, Following, Manners
from chatapp.desktop.transcript.messages import Answer, Question
from chatapp.desktop.transcript.pictures import Pictures
from chatapp.desktop.transcript.pill import HIDDEN_PART, Pill
from chatapp.desktop.transcript.remote import Standings
from chatapp.desktop.transcript.runs import Spot
from chatapp.desktop.transcript.selection import SELECTABLE, Selection
from chatapp.desktop.transcript.strips import CodeLines

Found = tuple[tuple[tuple[int, int], ...], tuple[int, int] | None]
"""The ranges of a strip that were looked for, and of these the one that is shown."""
NOTHING_FOUND: Final[Found] = ((), None)
Doubted = tuple[tuple[int, int, str], ...]
"""The ranges of a strip that are sentences in doubt, each with what is thought of it."""
NOTHING_DOUBTED: Final[Doubted] = ()
READING: Final = 0.012  # seconds at a time for long texts in view
STEP: Final = 2_000  # characters between two looks at the clock
SETTLING: Final = 24  # passes; heights converge in two or three


class Stage(Ground):
    """Lays out and paints the part of the column that is in view, and keeps the reader's place."""

    unjudged = Signal(str)
    """The key of a message in view whose answer nobody has looked at: is it what was asked for?"""
    altered = Signal(object)
    """An entry whose message is another; None when messages came or went."""

    def __init__(self, parent: QWidget | None, palette: Palette, text_size: float) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.selection = Selection()
        self.focused: tuple[Entry, int, Spot] | None = None
        self.hovered: tuple[Entry, int, Spot] | None = None
        self.hovered_entry: Entry | None = None
        self.marked: tuple[str, int] | None = None
        self.current = -1
        self.walking = False
        self.painted_pixels = 0
        self.found_in: Callable[[Entry, int], Found] = lambda entry, strip: NOTHING_FOUND
        self.doubted_in: Callable[[Entry, int], Doubted] = lambda entry, strip: NOTHING_DOUBTED
        self._palette = palette
        self._factor = text_size
        self._manners = Manners()
        self._placing = False
        self._shown = 0
        self._below = False
        self._look = Look(palette, text_size, self.font())
        self.pictures = Pictures(self)
        self.standings = Standings()
        self.formulas = Formulas(self)
        self.formulas.changed.connect(self._formulas_came)
        self._colours = Colours(self)
        self._colours.read_on.connect(self._recolour)
        self._reading = QTimer(self, interval=0)
        self._reading.timeout.connect(self._read_on)
        self._brush = Brush(self._look, self.pictures)
        self.column = Column(self._setter())
        self.pictures.changed.connect(self.viewport().update)
        self._ahead = Ahead(self)
        self._pill = Pill(self)
        self._pill.clicked.connect(self.to_end)

    @property
    def layouts(self) -> int:
        """How many strips were laid out so far in this look."""
        return self.column.setter.laid

    def sizeHint(self) -> QSize:
        return QSize(760, 600)

    def _read_on(self) -> None:
        """Read on in the long texts that are in view."""
        unread = [entry for entry in self._in_view(self._shown) if entry.unread]
        self._hold()
        self._settle_from(min(self._read_slice(unread), self.column.height))
        if not any(entry.unread for entry in unread):
            self._reading.stop()

    def _read_slice(self, entries: Iterable[Entry]) -> int:
        """Read on for a slice of a frame; the height from which on the column has to be painted again."""
        until = time.perf_counter() + READING
        dirty = self.column.height
        for entry in entries:
            while entry.unread and time.perf_counter() < until:
                dirty = min(dirty, self.column.top(entry.index) + entry.read_on(self.column.setter, STEP))
                self.column.changed(entry.index)
        return dirty

    def _recolour(self) -> None:
        """More is known of the colours of code."""
        for entry, strip in self.visible(self._shown, self._shown + self.viewport().height()):
            laid = entry.if_laid(strip)
            if laid and isinstance(laid.strip, CodeLines) and self.column.setter.code.recolour(laid):
                self.viewport().update(self.strip_rect(entry, strip))

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Whatever is read or laid out meanwhile, what is in view stays where it is."""
        self._hold()
        before = self.column.height
        yield
        if self.column.height != before:
            self._settle_all()

    def read(self, entry: Entry) -> None:
        """Have a message's strips at hand for who asks from outside."""
        if entry.strips is None or entry.unread:
            with self.steady():
                self.column.read(entry)

    def ensure_visible(self, rect: QRect) -> None:
        """Scroll as little as it takes to show a rectangle of the viewport."""
        bar, tall, pad = self.verticalScrollBar(), self.viewport().height(), self._look.px(12)
        if rect.top() < 0 or rect.height() > tall:
            bar.setValue(self._shown + rect.top() - pad)
        elif rect.bottom() > tall:
            bar.setValue(self._shown + rect.bottom() - tall + pad)

    def reveal(self, entry: Entry, strip: int, rect: QRectF) -> None:
        """Bring a part of a strip, given relative to it, into the upper third of the view, unless it is well in view;
        a wide block is scrolled sideways for it. The view stays there."""
        self.column.read(entry)
        self.column.lay(entry, strip)
        laid, tall, room = entry.if_laid(strip), self.viewport().height(), 2 * self._look.line
        if laid is not None and (laid.panes and laid.content > laid.panes[0].width):
            self._bring_sideways(entry, strip, rect, laid.panes[0])
        top = self.strip_origin(entry, strip).y() + round(rect.y())
        if room <= top and top + rect.height() <= tall - room:
            self.viewport().update()
            return
        self.take_place(Anchor(entry.key, strip, round(rect.y()) - tall // 3))

    def place(self) -> Anchor | None:
        """Where the reader is; None at the end, which is followed."""
        return None if self._manners.following is Following.END else self._find_anchor()

    def take_place(self, place: Anchor) -> None:
        """Go there and stay, as far as its message is shown."""
        self._go_to(place)

    def _go_to(self, place: Anchor) -> bool:
        """False where its message is not shown."""
        entry = self.column.get(place.key)
        if entry is None:
            return False
        self.column.read(entry)
        self._manners.rest(place)
        self._settle_all()
        return True

    def _bring_sideways(self, entry: Entry, strip: int, rect: QRectF, pane: Pane) -> None:
        left = rect.x() - pane.x - self.scrolled(entry, strip)
        if left < 0 or left + rect.width() > pane.width:
            self.scroll_sideways(entry, strip, round(left - pane.width / 3))

    def _apply_look(self) -> None:
        """Palette, size or font are others."""
        self._look = Look(self._palette, self._factor, self.font())
        self._brush = Brush(self._look, self.pictures)
        self._hold()
        self.column.restyle(self._setter(), self.column_rect()[1])
        self._pill.wear(self._look)
        self._settle_all()

    def _setter(self) -> Typesetter:
        return Typesetter(self._look, self.pictures, self._colours, self.formulas, self.standings)

    def _formulas_came(self) -> None:
        """What was laid out around the source of a formula is laid out anew; the reader's place is held."""
        self._hold()
        if self.column.relay():
            self._settle_all()

    def _hold(self) -> None:
        """Before anything changes: know where the reader is."""
        if self._manners.following is Following.NOTHING:
            self._manners.anchor = self._find_anchor() or self._manners.anchor

    def _find_anchor(self) -> Anchor | None:
        """The first strip in view whose height is known; what is only guessed may move, it may not."""
        if not len(self.column):
            return None
        for entry, strip in self.visible(self._shown, self._shown + self.viewport().height()):
            if entry.if_laid(strip) is not None:
                return Anchor(
                    entry.key, strip, self._shown - self.column.top(entry.index) - entry.tops[strip]
                )
        entry = self.column.entries[self.column.at(self._shown)]
        above = self._shown - self.column.top(entry.index)
        if not entry.tops:
            return Anchor(entry.key, -1, above)
        strip = max(bisect_right(entry.tops, above) - 1, 0)
        return Anchor(entry.key, strip, above - entry.tops[strip])

    def _anchored(self) -> int:
        anchor = self._manners.anchor
        entry = self.column.get(anchor.key) if anchor else None
        if anchor is None or entry is None:
            return self._shown
        top = self.column.top(entry.index)
        if anchor.strip < 0 or not entry.tops:
            return top + min(anchor.above, entry.height)
        return top + entry.tops[min(anchor.strip, len(entry.tops) - 1)] + anchor.above

    def _turn_top(self) -> int:
        for entry in reversed(self.column.entries):
            if entry.kind is Question:
                return self.column.top(entry.index)
        return 0

    def _maximum(self) -> int:
        return max(0, self.column.height - self.viewport().height())

    def _place(self) -> int:
        maximum = self._maximum()
        value = self._manners.value(maximum, self._turn_top(), self._anchored())
        self._placing = True
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(2 * self._look.line)
        bar.setRange(0, maximum)
        bar.setValue(value)
        self._placing = False
        self._shown = value
        return value

    def _settle(self) -> bool:
        """Lay out what is visible until nothing moves any more. True if a height turned out different."""
        moved = False
        for _ in range(SETTLING):
            value = self._place()
            if not self._lay_visible(value):
                break
            moved = True
        self.column.trim()
        self._show_pill()
        self._ahead.look()
        return moved

    def _lay_visible(self, value: int) -> bool:
        bottom = value + self.viewport().height()
        changed = False
        for entry in self._in_view(value):
            before = entry.height
            self.column.read(entry, patient=True)
            if entry.unread:
                self._reading.start()
            changed = changed or entry.height != before
            if entry.is_unjudged:
                self.unjudged.emit(entry.key)
        for entry, strip in self.visible(value, bottom):
            if entry.if_laid(strip) is None:
                changed = self.column.lay(entry, strip) or changed
        return changed

    def read_beside(self, entry: Entry) -> None:
        """Read a message out of view, or a slice of it; what is in view stays where it is."""
        self._hold()
        self.column.read(entry, patient=True)
        self._read_slice((entry,))
        self._place()

    def _settle_all(self) -> None:
        self._settle()
        self.viewport().update()

    def _settle_from(self, dirty: int) -> None:
        """After growth at the height `dirty` of the column: move what is above it, paint what is below."""
        before = self._shown
        self._settle()
        viewport = self.viewport()
        moved = before - self._shown
        if moved and abs(moved) < viewport.height():
            viewport.scroll(0, moved, viewport.rect())
        elif moved:
            viewport.update()
            return
        top = max(dirty - self._shown, 0)
        viewport.update(0, top, viewport.width(), viewport.height() - top)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        if self._placing:
            return
        before, self._shown = self._shown, self.verticalScrollBar().value()
        self._manners.moved(self._shown, self._maximum(), self._find_anchor())
        if self._manners.following is Following.END:
            self._below = False
        moved = self._settle()
        by = before - self._shown
        viewport = self.viewport()
        if moved or abs(by) >= viewport.height():
            viewport.update()
        else:
            viewport.scroll(0, by, viewport.rect())

    def to_end(self) -> None:
        self._manners.following = Following.END
        self._below = False
        self._settle_all()

    def _show_pill(self) -> None:
        last = self.column.entries[-1] if len(self.column) else None
        hidden_part = self._maximum() - self._shown > self._look.px(HIDDEN_PART)
        if last is not None and last.streaming and hidden_part:
            self._below = True
        if not hidden_part:
            self._below = False
        if self._below:
            self._pill.show_in(self.viewport().geometry(), self._look.px(16))
        else:
            self._pill.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        clip = event.rect()
        self.painted_pixels += clip.width() * clip.height()
        painter.fillRect(clip, self._look.colour("surface"))
        left, _ = self.column_rect()
        seen: set[int] = set()
        reach = self._look.px(40)
        for entry, strip in self.visible(
            self._shown + clip.top() - reach, self._shown + clip.bottom() + reach
        ):
            if entry.index not in seen:
                seen.add(entry.index)
                self._paint_ground(painter, entry)
            laid = entry.if_laid(strip)
            if laid is None:
                continue
            y = self.column.top(entry.index) + entry.top(strip) - self._shown
            above = entry.strips[strip - 1] if strip and entry.strips else None
            self._brush.paint(painter, (left, y), laid, self._stroke(entry, strip, laid), above)
        painter.end()

    def _paint_ground(self, painter: QPainter, entry: Entry) -> None:
        if entry.kind is Question:
            card = self.card_rect(entry)
            if not card.isNull():
                self._brush.question_card(painter, card)
        if self.walking and self.hasFocus() and entry.index == self.current and self.focused is None:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._look.colour("accent"), 1.5))
            frame = self.entry_rect(entry).adjusted(-8, self._look.px(10), 8, -1)
            painter.drawRoundedRect(frame, CARD_RADIUS, CARD_RADIUS)
            painter.restore()

    def _stroke(self, entry: Entry, strip: int, laid: Laid) -> Stroke:
        hovered = self.hovered[2] if self.hovered and self.hovered[:2] == (entry, strip) else None
        focused = self.focused[2] if self.focused and self.focused[:2] == (entry, strip) else None
        found, shown = self.found_in(entry, strip)
        return Stroke(
            self.selection.within(entry, strip, laid.length),
            hovered,
            focused if self.hasFocus() else None,
            self.scrolled(entry, strip),
            self.reach(entry, strip) if getattr(laid.strip, "last", False) else 0,
            self._active(entry),
            entry.streaming and strip == self._caret_strip(entry),
            self.marked[1] if self.marked and self.marked[0] == entry.key else 0,
            found,
            shown,
            self.doubted_in(entry, strip),
        )

    def _active(self, entry: Entry) -> bool:
        last = entry.index == len(self.column) - 1 and entry.kind is Answer
        walked = self.walking and self.hasFocus() and entry.index == self.current
        return last or walked or entry is self.hovered_entry

    def _caret_strip(self, entry: Entry) -> int:
        strips = entry.strips or []
        at = len(strips) - 2
        return at if at >= 0 and isinstance(strips[at], SELECTABLE) else -1

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._hold()
        self.column.resize(self.column_rect()[1])
        self._settle_all()
