"""The transcript's widget: messages in, pictures and signals out.

It keeps the column of entries, the manners of scrolling and the selection together. The pointer and the keys
have files of their own next door, and so has what a screen reader is told.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QPushButton, QWidget

from chatapp.desktop.theme import CARD_RADIUS, FRAME_MS, GAP_24, LIGHT, Palette
from chatapp.desktop.transcript.accessible import Reader
from chatapp.desktop.transcript.column import Column
from chatapp.desktop.transcript.entry import CARD, Entry
from chatapp.desktop.transcript.keys import Keys
from chatapp.desktop.transcript.layout import Laid, Typesetter
from chatapp.desktop.transcript.look import Look
from chatapp.desktop.transcript.manners import Anchor, Following, Manners
from chatapp.desktop.transcript.messages import Answer, Message, Question
from chatapp.desktop.transcript.painting import Brush, Stroke
from chatapp.desktop.transcript.pointer import Pointer
from chatapp.desktop.transcript.runs import Spot
from chatapp.desktop.transcript.selection import SELECTABLE, Selection, as_markdown, as_text, select_all
from chatapp.desktop.transcript.strips import CodeLines, Prose, Row

NARROW_MARGIN: Final = 16
SETTLING: Final = 24  # passes; heights converge in two or three
SMALLEST, LARGEST = 0.5, 3.0


class TranscriptView(QAbstractScrollArea):
    """Feed it values; it tells what the reader did. Text that streams goes through `grow`, at most 30 times a
    second to the screen; `flush` shows what has come at once."""

    citation_activated = Signal(str, int)
    """A message's key and the number of the citation."""
    action = Signal(str, str)
    """A message's key and the id of an action of `messages`, or of its notice."""
    link_activated = Signal(str, str)
    """An address, and the words it stands under. Nothing is opened here."""
    copy_requested = Signal(str)
    """Text that went to the clipboard, for whoever says so."""

    def __init__(self, parent: QWidget | None = None, palette: Palette = LIGHT, text_size: float = 1.0) -> None:
        super().__init__(parent)
        self.setObjectName("transcript")
        self.setAccessibleName("Transcript")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.selection = Selection()
        self.focused: tuple[Entry, int, Spot] | None = None
        self.hovered: tuple[Entry, int, Spot] | None = None
        self.hovered_entry: Entry | None = None
        self.current = -1
        self.walking = False
        self.painted_pixels = 0
        self._palette = palette
        self._factor = text_size
        self._manners = Manners()
        self._placing = False
        self._shown = 0
        self._pending: dict[tuple[str, int], list[str]] = {}
        self._below = False
        self._look = Look(palette, text_size, self.font())
        self._brush = Brush(self._look)
        self.column = Column(Typesetter(self._look))
        self._clock = QTimer(self, interval=FRAME_MS, singleShot=True)
        self._clock.timeout.connect(self.flush)
        self._pill = self._make_pill()
        self._pointer = Pointer(self)
        self._keys = Keys(self)
        self.reader = Reader(self)
        self._apply_look()

    # What it is fed

    def set_messages(self, messages: Sequence[Message]) -> None:
        """Show these. What the shown ones have in common with them, from the first on, stays as it is."""
        self.flush()
        entries = self.column.entries
        common = 0
        while common < min(len(entries), len(messages)) and entries[common].message == messages[common]:
            common += 1
        self._take_out(common)
        for message in messages[common:]:
            self.column.append(message)
        if not common:
            self._manners = Manners()
            self._unfollow_pill()
        self.current = min(self.current, len(messages) - 1)
        self._settle_all()
        self.reader.reset()

    def append(self, message: Message) -> None:
        """One more message. After a question the view follows its answer."""
        self.flush()
        entry = self.column.append(message)
        if isinstance(message, Question):
            self._manners.asked()
        self._settle_all()
        self.reader.added(entry)

    def replace(self, key: str, message: Message) -> None:
        """Another value for the message `key`. Raises KeyError for one that is not shown."""
        self.flush()
        entry = self._entry(key)
        done = entry.streaming and not (isinstance(message, Answer) and message.streaming)
        at = entry.index
        self._hold()
        if message.key != key:
            self.column.rename(key, message.key)
        entry.replace(message, self.column.setter)
        self.column.changed(at)
        self._forget_spots(entry)
        self._settle_all()
        if done:
            self.reader.done(entry)

    def grow(self, key: str, item: int, text: str) -> None:
        """More text for a text item of a streaming answer. Raises KeyError for one that is not shown."""
        self._entry(key)
        self._pending.setdefault((key, item), []).append(text)
        if not self._clock.isActive():
            self._clock.start()

    def flush(self) -> None:
        """Show the text that has come."""
        self._clock.stop()
        if not self._pending:
            return
        pending, self._pending = self._pending, {}
        dirty: int | None = None
        self._hold()
        for (key, item), texts in pending.items():
            entry = self._entry(key)
            text = "".join(texts)
            from_top = entry.grow(item, text, self.column.setter)
            if from_top is None:
                raise ValueError(f"item {item} of {key} is not a text that is on its way")
            self.column.changed(entry.index)
            top = self.column.top(entry.index) + from_top
            dirty = top if dirty is None else min(dirty, top)
            self.reader.grew(entry, text)
        self._settle_from(dirty or 0)

    def source(self, key: str, item: int) -> str:
        """The text of a text item as the view holds it."""
        entry = self._entry(key)
        self.column.read(entry)
        section = entry.section(item)
        return section.stream.source if section else ""

    def scroll_to(self, key: str) -> None:
        """Bring the top of a message to the top of the view, and stay there."""
        entry = self._entry(key)
        self.column.read(entry)
        self._manners.rest(Anchor(key, -1, 0))
        self._settle_all()

    def set_palette(self, palette: Palette) -> None:
        self._palette = palette
        self._apply_look()

    def set_text_size(self, factor: float) -> None:
        """1.0 is 100 %; kept between 50 and 300 %."""
        self._factor = min(max(factor, SMALLEST), LARGEST)
        self._apply_look()

    @property
    def look(self) -> Look:
        return self._look

    @property
    def layouts(self) -> int:
        """How many strips were laid out so far in this look."""
        return self.column.setter.laid

    # What the reader takes along

    def selected_text(self) -> str:
        return as_text(self.selection, self.column)

    def selected_markdown(self) -> str:
        return as_markdown(self.selection, self.column)

    def copy(self, markdown: bool = False) -> None:
        """The selection to the clipboard."""
        text = self.selected_markdown() if markdown else self.selected_text()
        if text:
            self.put_on_clipboard(text)

    def put_on_clipboard(self, text: str) -> None:
        QApplication.clipboard().setText(text)
        self.copy_requested.emit(text)

    def select_all(self) -> None:
        self.selection = select_all(self.column)
        self.viewport().update()

    def activate(self, entry: Entry, strip: int, spot: Spot) -> None:
        """Follow a link, open a citation, press a button."""
        match spot.kind:
            case "link":
                self.link_activated.emit(spot.target, spot.label)
            case "marker":
                self.citation_activated.emit(entry.key, int(spot.target))
            case "action":
                self.action.emit(entry.key, spot.target)
            case "copy_code":
                found = entry.strips[strip] if entry.strips else None
                if isinstance(found, CodeLines):
                    self.put_on_clipboard(self._whole_code(entry, strip))
            case "fold":
                self._hold()
                entry.toggle(int(spot.target), self.column.setter)
                self.column.changed(entry.index)
                self._forget_spots(entry)
                self._settle_all()

    def _whole_code(self, entry: Entry, first: int) -> str:
        lines = entry.strips or []
        block = lines[first].block if isinstance(lines[first], CodeLines) else -1  # type: ignore[union-attr]
        taken = ""
        for strip in lines[first:]:
            if not isinstance(strip, CodeLines) or strip.block != block:
                break
            taken += ("" if strip.glued or not taken else "\n") + strip.text
        return taken

    # Geometry

    def sizeHint(self) -> QSize:
        return QSize(760, 600)

    def column_rect(self) -> tuple[int, int]:
        """(left edge, width) of the reading column in the viewport."""
        room = self.viewport().width()
        margin = GAP_24 if room >= 480 else NARROW_MARGIN
        width = max(min(self._look.column, room - 2 * margin), 120)
        return (room - width) // 2, width

    def entry_rect(self, entry: Entry) -> QRect:
        """Where a message lies in the viewport, by what is known without laying anything out."""
        left, width = self.column_rect()
        return QRect(left, self.column.top(entry.index) - self._shown, width, entry.height)

    def strip_origin(self, entry: Entry, strip: int) -> QPoint:
        rect = self.entry_rect(entry)
        return QPoint(rect.x(), rect.y() + entry.top(strip))

    def strip_rect(self, entry: Entry, strip: int) -> QRect:
        return QRect(self.strip_origin(entry, strip), QSize(self.column.width, entry.strip_height(strip)))

    def spot_rect(self, entry: Entry, strip: int, spot: Spot) -> QRect:
        """Where a spot stands in the viewport; about where, while its strip is not laid out."""
        laid = entry.if_laid(strip)
        rects = laid.spot_rects(spot) if laid else []
        origin = self.strip_origin(entry, strip)
        if not rects:
            return QRect(origin, QSize(self._look.px(40), self._look.line))
        shift = -self.scrolled(entry, strip) if spot.start >= 0 else 0
        return rects[0].translated(origin.x() + shift, origin.y()).toAlignedRect()

    def visible(self, top: int, bottom: int) -> Iterator[tuple[Entry, int]]:
        """The strips between two heights of the column."""
        if not len(self.column):
            return
        at = self.column.at(top)
        while at < len(self.column) and self.column.top(at) < bottom:
            entry = self.column.entries[at]
            base = self.column.top(at)
            first = max(bisect_right(entry.tops, top - base) - 1, 0)
            for strip in range(first, len(entry.tops)):
                if base + entry.tops[strip] >= bottom:
                    break
                yield entry, strip
            at += 1

    def strip_at(self, point: QPoint) -> tuple[Entry, int] | None:
        """The strip at a point of the viewport, or the nearest one above it."""
        if not len(self.column):
            return None
        y = point.y() + self._shown
        entry = self.column.entries[self.column.at(y)]
        if not entry.strips:
            return None
        strip = bisect_right(entry.tops, y - self.column.top(entry.index)) - 1
        return entry, max(strip, 0)

    def scrolled(self, entry: Entry, strip: int) -> int:
        """How far the block of a strip is scrolled sideways, in pixels."""
        found = entry.strips[strip] if entry.strips else None
        return entry.scrolls.get(found.block, 0) if isinstance(found, CodeLines | Row) else 0

    def scroll_sideways(self, entry: Entry, strip: int, by: int) -> bool:
        """Scroll a wide block; True if there was anything to scroll."""
        found = entry.strips[strip] if entry.strips else None
        laid = entry.if_laid(strip)
        if laid is None or not isinstance(found, CodeLines | Row):
            return False
        room = laid.panes[0].width if isinstance(found, CodeLines) else laid.width
        most = max(laid.content - room, 0)
        value = min(max(entry.scrolls.get(found.block, 0) + by, 0), most)
        entry.scrolls[found.block] = value
        self.viewport().update(self.entry_rect(entry))
        return most > 0

    def ensure_visible(self, rect: QRect) -> None:
        """Scroll as little as it takes to show a rectangle of the viewport."""
        bar, tall, pad = self.verticalScrollBar(), self.viewport().height(), self._look.px(12)
        if rect.top() < 0 or rect.height() > tall:
            bar.setValue(self._shown + rect.top() - pad)
        elif rect.bottom() > tall:
            bar.setValue(self._shown + rect.bottom() - tall + pad)

    def go(self, index: int) -> None:
        """Walk to a message."""
        if not len(self.column):
            return
        self.current = min(max(index, 0), len(self.column) - 1)
        self.focused = None
        self.walking = True
        entry = self.column.entries[self.current]
        self.column.read(entry)
        self.ensure_visible(self.entry_rect(entry))
        self.viewport().update()
        self.reader.focus()

    def focus_spot(self, entry: Entry, strip: int, spot: Spot) -> None:
        self.current, self.focused, self.walking = entry.index, (entry, strip, spot), True
        self.column.lay(entry, strip)
        self.ensure_visible(self.spot_rect(entry, strip, spot))
        self.viewport().update()
        self.reader.focus()

    # Layout and scrolling

    def _entry(self, key: str) -> Entry:
        entry = self.column.get(key)
        if entry is None:
            raise KeyError(key)
        return entry

    def _take_out(self, count: int) -> None:
        gone = self.column.truncate(count)
        if gone:
            self.selection.clear()
            self.focused = self.hovered = self.hovered_entry = None
            self.reader.removed(gone)

    def _forget_spots(self, entry: Entry) -> None:
        """The spots of an entry are others; a focused one is found again by what it leads to."""
        if self.hovered and self.hovered[0] is entry:
            self.hovered = None
        if self.focused and self.focused[0] is entry:
            wanted = (self.focused[2].kind, self.focused[2].target)
            stops = self.stops(entry)
            self.focused = next((stop for stop in stops if (stop[2].kind, stop[2].target) == wanted), None)

    def stops(self, entry: Entry) -> list[tuple[Entry, int, Spot]]:
        """All that Tab reaches within a message, in order."""
        self.column.read(entry)
        return [(entry, at, spot) for at, strip in enumerate(entry.strips or ()) for spot in strip.spots]

    def _apply_look(self) -> None:
        self._look = Look(self._palette, self._factor, self.font())
        self._brush = Brush(self._look)
        self._hold()
        self.column.restyle(Typesetter(self._look), self.column_rect()[1])
        self._style_pill()
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
                return Anchor(entry.key, strip, self._shown - self.column.top(entry.index) - entry.tops[strip])
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
            if isinstance(entry.message, Question):
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
        return moved

    def _lay_visible(self, value: int) -> bool:
        bottom = value + self.viewport().height()
        changed = False
        at = self.column.at(value) if len(self.column) else 0
        while at < len(self.column) and self.column.top(at) < bottom:
            entry = self.column.entries[at]
            before = entry.height
            self.column.read(entry)
            changed = changed or entry.height != before
            at += 1
        for entry, strip in self.visible(value, bottom):
            if entry.if_laid(strip) is None:
                changed = self.column.lay(entry, strip) or changed
        return changed

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
        self._pointer.moved_under()

    def to_end(self) -> None:
        self._manners.following = Following.END
        self._below = False
        self._settle_all()

    # The pill that says there is more below

    def _make_pill(self) -> QPushButton:
        pill = QPushButton("New text below", self)
        pill.setObjectName("newTextBelow")
        pill.setAccessibleName("New text below")
        pill.setCursor(Qt.CursorShape.PointingHandCursor)
        pill.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        pill.clicked.connect(self.to_end)
        pill.hide()
        return pill

    def _style_pill(self) -> None:
        p, look = self._palette, self._look
        self._pill.setFont(look.font(13, bold=True))
        self._pill.setStyleSheet(
            f"QPushButton {{ background: {p.accent}; color: {p.on_accent}; border: none; font-size: {look.px(13)}px;"
            f" border-radius: {look.px(15)}px; padding: 0 {look.px(16)}px; min-height: {look.px(30)}px; }}"
        )

    def _unfollow_pill(self) -> None:
        self._below = False

    def _show_pill(self) -> None:
        last = self.column.entries[-1] if len(self.column) else None
        hidden_part = self._maximum() - self._shown > self._look.px(48)
        if last is not None and last.streaming and hidden_part:
            self._below = True
        if not hidden_part:
            self._below = False
        if self._below:
            self._pill.adjustSize()
            area = self.viewport().geometry()
            size = self._pill.size()
            self._pill.move(area.center().x() - size.width() // 2, area.bottom() - size.height() - self._look.px(16))
            self._pill.raise_()
        self._pill.setVisible(self._below)

    # Events

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        clip = event.rect()
        self.painted_pixels += clip.width() * clip.height()
        painter.fillRect(clip, self._look.colour("surface"))
        left, _ = self.column_rect()
        seen: set[int] = set()
        reach = self._look.px(40)
        for entry, strip in self.visible(self._shown + clip.top() - reach, self._shown + clip.bottom() + reach):
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
        if isinstance(entry.message, Question):
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

    def card_rect(self, entry: Entry) -> QRect:
        """The card behind a question, in the viewport."""
        strips = [at for at, strip in enumerate(entry.strips or ()) if isinstance(strip, Prose)]
        found = [laid for at in strips if (laid := entry.if_laid(at))]
        if not found:
            return QRect()
        left, width = self.column_rect()
        wide = max(laid.content for laid in found)
        base = self.column.top(entry.index) - self._shown
        pad = self._look.px(CARD)
        top = base + entry.top(strips[0]) - pad
        bottom = base + entry.top(strips[-1]) + entry.strip_height(strips[-1]) + pad
        return QRect(left + width - wide, top, wide, bottom - top)

    def _stroke(self, entry: Entry, strip: int, laid: Laid) -> Stroke:
        hovered = self.hovered[2] if self.hovered and self.hovered[:2] == (entry, strip) else None
        focused = self.focused[2] if self.focused and self.focused[:2] == (entry, strip) else None
        return Stroke(
            self.selection.within(entry, strip, laid.length),
            hovered,
            focused if self.hasFocus() else None,
            self.scrolled(entry, strip),
            self._active(entry),
            entry.streaming and strip == self._caret_strip(entry),
        )

    def _active(self, entry: Entry) -> bool:
        last = entry.index == len(self.column) - 1 and isinstance(entry.message, Answer)
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

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "reader"):
            self._apply_look()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pointer.pressed(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer.moved(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pointer.released(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._pointer.double_clicked(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._pointer.left()
        return super().viewportEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self._pointer.wheel(event):
            super().wheelEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._pointer.menu(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._keys.pressed(event):
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        return self._keys.tab(forward) or super().focusNextPrevChild(forward)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._keys.focused(event.reason())
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()
