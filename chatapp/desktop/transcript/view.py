"""The transcript's widget: messages in, pictures and signals out.

What lies where and what is painted is `stage`'s; the pointer and the keys have files of their own next door, and
so has what a screen reader is told.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from chatapp.desktop.theme import FRAME_MS, LIGHT, Palette
from chatapp.desktop.transcript.accessible import Reader
from chatapp.desktop.transcript.entry import Entry
from chatapp.desktop.transcript.keys import Keys
from chatapp.desktop.transcript.manners import Anchor, Manners
from chatapp.desktop.transcript.messages import (
    MORE,
    Answer,
    Item,
    Later,
    Message,
    Question,
    StructuredItem,
    TextItem,
)
from chatapp.desktop.transcript.pointer import Pointer
from chatapp.desktop.transcript.remote import Standing
from chatapp.desktop.transcript.runs import Spot
from chatapp.desktop.transcript.selection import as_markdown, as_text, select_all
from chatapp.desktop.transcript.stage import Stage
from chatapp.desktop.transcript.strips import CodeLines, Picture, Prose, RemoteImage

SMALLEST: Final = 0.5
LARGEST: Final = 3.0  # times the text size of 100 %


class TranscriptView(Stage):
    """Feed it values; it tells what the reader did. Text that streams goes through `grow`, at most 30 times a
    second to the screen; `flush` shows what has come at once."""

    citation_activated = Signal(str, int)
    """A message's key and the number of the citation."""
    citation_pointed = Signal(str, int, QRect)
    """The same of the marker that is pointed at or walked to, 0 for none, and its place on the screen."""
    action = Signal(str, str)
    file_activated = Signal(str, int)
    """The key of a question, and the place of the file among those that went along."""
    """A message's key and the id of an action of `messages`, or of its notice."""
    link_activated = Signal(str, str)
    """An address, and the words it stands under. Nothing is opened here."""
    image_asked = Signal(str, str)
    """A picture the answer points to is to be loaded: its address there, and the one to load it from; "" to stop that.
    Nothing is loaded here."""
    text_size_stepped = Signal(int)
    """How many steps larger the text is wanted, negative for smaller."""
    copy_requested = Signal(str)
    """Text that went to the clipboard, for whoever says so."""

    def __init__(
        self, parent: QWidget | None = None, palette: Palette = LIGHT, text_size: float = 1.0
    ) -> None:
        super().__init__(parent, palette, text_size)
        self.setObjectName("transcript")
        self.setAccessibleName("Transcript")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self._pending: dict[tuple[str, int], list[str]] = {}
        self._clock = QTimer(self, interval=FRAME_MS, singleShot=True)
        self._clock.timeout.connect(self.flush)
        self._pointer = Pointer(self)
        self._keys = Keys(self)
        self.reader = Reader(self)
        self.verticalScrollBar().valueChanged.connect(self._pointer.moved_under)
        self._apply_look()

    # What it is fed

    def set_messages(
        self, messages: Sequence[Message | Later], kept: int = 0, place: Anchor | None = None
    ) -> None:
        """Show these, after the first `kept` of those that are shown, of which nothing changed. What is shown already
        under the same keys, from there on, keeps its place and folds. The view goes to `place`, if one is named."""
        self.flush()
        self._hold()
        common = kept + self._update_common(messages, kept)
        replaced = self._take_out(common)
        self.column.extend(messages[common - kept :])
        self._ahead.make_all()
        if not common:
            self._manners = Manners()
            self._below = False
        elif replaced and messages and _is_streaming(messages[-1]):
            self._manners.asked()
        self.current = min(self.current, len(self.column) - 1)
        if place is None or not self._go_to(place):
            self._settle_all()
        self.reader.replaced(replaced, self.column.entries[common:])
        self.altered.emit(None)

    def _update_common(self, messages: Sequence[Message | Later], start: int) -> int:
        """How many messages, from an entry on, are shown under the same keys; their values are made new."""
        common = 0
        for entry, message in zip(self.column.entries[start:], messages, strict=False):
            if entry.key != message.key:
                break
            common += 1
            if isinstance(message, Later):
                if entry.postpone(message):
                    continue
                message = message.make()
            if entry.message != message:
                self._recut(entry, partial(entry.replace, message, self.column.setter))
                self.column.changed(entry.index)
                self._forget_spots(entry)
        return common

    def append(self, message: Message) -> None:
        """One more message. After a question the view follows its answer."""
        self.flush()
        entry = self.column.append(message)
        if isinstance(message, Question):
            self._manners.asked()
        self._settle_all()
        self.reader.added(entry)
        self.altered.emit(None)

    def replace(self, key: str, message: Message) -> None:
        """Another value for the message `key`. Raises KeyError for one that is not shown."""
        self.flush()
        entry = self._entry(key)
        done = entry.streaming and not (isinstance(message, Answer) and message.streaming)
        at = entry.index
        self._hold()
        if message.key != key:
            self.column.rename(key, message.key)
        self._recut(entry, partial(entry.replace, message, self.column.setter))
        self.column.changed(at)
        self._forget_spots(entry)
        self._settle_all()
        if done:
            self.reader.done(entry)
        self.altered.emit(entry)

    def grow(self, key: str, item: int, text: str) -> None:
        """More text for a text item of a streaming answer.

        Raises KeyError for a message that is not shown, ValueError for an item that is not a text on its way.
        """
        message = self._entry(key).message
        texts = message.items if isinstance(message, Answer) and message.streaming else ()
        if not (0 <= item < len(texts) and isinstance(texts[item], TextItem)):
            raise ValueError(f"item {item} of {key} is not a text that is on its way")
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
            self.column.changed(entry.index)
            top = self.column.top(entry.index) + from_top
            dirty = top if dirty is None else min(dirty, top)
            self.reader.grew(entry, text)
            self.altered.emit(entry)
        self._settle_from(dirty or 0)

    def source(self, key: str, item: int) -> str:
        """The text of a text item as the view holds it."""
        entry = self._entry(key)
        self.read(entry)
        section = entry.section(item)
        return section.stream.source if section else ""

    def scroll_to(self, key: str) -> None:
        """Bring the top of a message to the top of the view, and stay there."""
        self.take_place(Anchor(self._entry(key).key, -1, 0))

    def mark_citation(self, key: str, number: int, seek: bool = False) -> None:
        """Ring the markers of one citation of a message, 0 for none; with `seek`, bring the first into view."""
        self.marked = (key, number) if number else None
        entry = self.column.get(key)
        if entry is not None and number and seek:
            self._seek_marker(entry, number)
        self.viewport().update()

    def _seek_marker(self, entry: Entry, number: int) -> None:
        wanted = ("marker", str(number))
        found = next((stop for stop in self.stops(entry) if (stop[2].kind, stop[2].target) == wanted), None)
        if found is not None:
            with self.steady():
                self.column.lay(entry, found[1])
            self.ensure_visible(self.spot_rect(*found))

    def _seek_note(self, entry: Entry, label: str) -> None:
        """Bring a footnote of a message into view."""
        strips = enumerate(entry.strips or ())
        found = next((at for at, strip in strips if isinstance(strip, Prose) and strip.note == label), None)
        if found is not None:
            with self.steady():
                self.column.lay(entry, found)
            self.ensure_visible(self.strip_rect(entry, found))

    def set_palette(self, palette: Palette) -> None:
        if palette == self._palette:
            return
        self._palette = palette
        self._apply_look()

    def set_text_size(self, factor: float) -> None:
        """1.0 is 100 %; kept between 50 and 300 %."""
        factor = min(max(factor, SMALLEST), LARGEST)
        if factor != self._factor:
            self._factor = factor
            self._apply_look()

    def _entry(self, key: str) -> Entry:
        entry = self.column.get(key)
        if entry is None:
            raise KeyError(key)
        return entry

    # What the reader takes along

    def selected_text(self) -> str:
        with self.steady():
            return as_text(self.selection, self.column)

    def selected_markdown(self) -> str:
        with self.steady():
            return as_markdown(self.selection, self.column)

    def copy(self, markdown: bool = False) -> None:
        """The selection to the clipboard."""
        text = self.selected_markdown() if markdown else self.selected_text()
        if text:
            self.put_on_clipboard(text)

    def put_on_clipboard(self, text: str) -> None:
        QApplication.clipboard().setText(text)
        self.copy_requested.emit(text)

    def take_picture(self, strip: Picture | RemoteImage, way: str) -> None:
        """Puts a picture on the clipboard ("copy"), or lets its reader choose a file for it ("save")."""
        from chatapp.desktop.transcript.taking import copy_picture, save_picture

        if strip.picture is None:
            return
        if way == "save":
            save_picture(self, strip.picture)
        elif copy_picture(self, strip.picture):
            self.copy_requested.emit(strip.picture.alt)

    def select_all(self) -> None:
        with self.steady():
            self.selection = select_all(self.column)
        self.viewport().update()

    def activate(self, entry: Entry, strip: int, spot: Spot) -> None:
        """Follow a link, open a citation, press a button."""
        match spot.kind:
            case "link":
                self.link_activated.emit(spot.target, spot.label)
            case "marker":
                self.citation_activated.emit(entry.key, int(spot.target))
            case "note":
                self._seek_note(entry, spot.target)
            case "action" if spot.target == MORE:
                self._pointer.menu_at(entry, strip, spot)
            case "action" | "about":
                self.action.emit(entry.key, spot.target)
            case "file":
                self.file_activated.emit(entry.key, int(spot.target))
            case "copy_code":
                found = entry.strips[strip] if entry.strips else None
                if isinstance(found, CodeLines):
                    self.put_on_clipboard(self._whole_code(entry, strip))
            case "wrap":
                self._hold()
                entry.wrap(int(spot.target), self.column.setter)
                self.column.changed(entry.index)
                self._forget_spots(entry)
                self._settle_all()
            case "picture":
                found = entry.strips[strip] if entry.strips else None
                if isinstance(found, Picture | RemoteImage):
                    self.take_picture(found, spot.target)
            case "image":
                found = entry.strips[strip] if entry.strips else None
                if isinstance(found, RemoteImage):
                    self.image_asked.emit(found.src, spot.target)
            case "copy_json":
                items = entry.message.items if isinstance(entry.message, Answer) else ()
                self.put_on_clipboard(_json_of(items[int(spot.target)]))
            case "fold":
                self.toggle_fold(entry, int(spot.target))

    def stand(self, src: str, standing: Standing) -> None:
        """A picture that answers point to stands otherwise: it is loaded, or it could not be."""
        self.standings.put(src, standing)
        self._hold()
        for entry in self.column.entries:
            if entry.points_to(src):
                self._recut(entry, partial(entry.dress, self.column.setter))
                self.column.changed(entry.index)
                self._refocus(entry)
        self._settle_all()
        self.reader.announce(
            {"shown": "Image loaded.", "failed": "Image not loaded."}.get(standing.stage, "")
        )

    def _refocus(self, entry: Entry) -> None:
        """The focus stays with the picture whose buttons are others now."""
        focused, strips = self.focused, entry.strips or []
        self._forget_spots(entry)
        if focused and focused[0] is entry and self.focused is None and strips[focused[1]].spots:
            self.focused = (entry, focused[1], strips[focused[1]].spots[0])

    def toggle_fold(self, entry: Entry, fold: int) -> None:
        self._hold()
        self._recut(entry, partial(entry.toggle, fold, self.column.setter))
        self.column.changed(entry.index)
        self._forget_spots(entry)
        self._settle_all()

    def _whole_code(self, entry: Entry, first: int) -> str:
        taken: list[str] = []
        for strip in (entry.strips or [])[first : entry.block_end(first)]:
            if isinstance(strip, CodeLines):
                taken.append(("" if strip.glued or not taken else "\n") + strip.text)
        return "".join(taken)

    def go(self, index: int) -> None:
        """Walk to a message."""
        if not len(self.column):
            return
        self.current = min(max(index, 0), len(self.column) - 1)
        self.focused = None
        self.walking = True
        entry = self.column.entries[self.current]
        self.read(entry)
        self.ensure_visible(self.entry_rect(entry))
        self.viewport().update()
        self.reader.focus()

    def go_turn(self, by: int, among: Collection[str] | None = None) -> None:
        """Bring the question before (-1) or after (1) the one at the top of the view to the top; after the last, go to
        the end. `among` are the keys of those that count; then it ends at the last of them."""
        column = self.column
        if not len(column):
            return
        asked = (entry for entry in column.entries if entry.kind is Question)
        questions = [entry.index for entry in asked if among is None or entry.key in among]
        shown = self.verticalScrollBar().value()
        here = column.at(shown)
        if self.walking and self.current >= 0 and self.entry_rect(column.entries[self.current]).top() >= 0:
            here = max(here, self.current)
        inside = shown - column.top(here) > self._look.line
        before = [at for at in questions if at < here or (at == here and inside)]
        after = [at for at in questions if at > here]
        if among is not None and not (after if by > 0 else before):
            return
        if by > 0 and not after:
            self.to_end()
            return
        target = column.entries[after[0] if by > 0 else before[-1] if before else 0]
        self.current, self.focused, self.walking = target.index, None, True
        self.scroll_to(target.key)
        self.reader.focus()

    def focus_spot(self, entry: Entry, strip: int, spot: Spot) -> None:
        self.current, self.focused, self.walking = entry.index, (entry, strip, spot), True
        with self.steady():
            self.column.lay(entry, strip)
        self.ensure_visible(self.spot_rect(entry, strip, spot))
        self.viewport().update()
        self._pointer.tell((entry, strip, spot))
        self.reader.focus()

    def _recut(self, entry: Entry, change: Callable[[], None]) -> None:
        """A change that may cut an entry into other strips; the selection stays where it is."""
        before = list(entry.strips or ())
        change()
        self.selection.recut(entry, before)

    def _take_out(self, count: int) -> int:
        """How many messages went."""
        gone = self.column.entries[count:]
        if gone:
            self.reader.removing(gone)
            self.column.truncate(count)
            self.selection.clear()
            self.focused = self.hovered = self.hovered_entry = None
        return len(gone)

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
        self.read(entry)
        return [(entry, at, spot) for at, strip in enumerate(entry.strips or ()) for spot in strip.spots]

    # Events

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
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            return self._pointer.told_of_formula(event) or self._pointer.told_of_doubt(event)
        return super().viewportEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._pointer.zoom(event)
        elif not self._pointer.sideways.wheel(event):
            super().wheelEvent(event)

    def open_menu(self) -> bool:
        """The menu of the message that is walked to; whether there is one."""
        return self._pointer.menu_of_current()

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
        self._pointer.tell(None)
        self.viewport().update()


def _json_of(item: Item) -> str:
    return item.text if isinstance(item, StructuredItem) else ""


def _is_streaming(message: Message | Later) -> bool:
    return isinstance(message, Answer) and message.streaming
