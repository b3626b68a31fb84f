"""What is found in a transcript: how often, which place is shown, the next and the previous one.

All messages are counted at once in their sources; a message is read to know its places exactly when one of them is
shown, and, as long as they are not too many, in idle moments. A message that is being written is counted as it grows.
"""

from bisect import bisect_left
from collections.abc import Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QPoint, QRectF, QTimer, Signal

from chatapp.desktop.transcript.entry import Entry
from chatapp.desktop.transcript.finding import Place, Wanted, loose, places, source_of
from chatapp.desktop.transcript.laid import Laid
from chatapp.desktop.transcript.messages import Message
from chatapp.desktop.transcript.selection import SELECTABLE, Position
from chatapp.desktop.transcript.stage import NOTHING_FOUND, Found
from chatapp.desktop.transcript.strips import Branch, Fold, Strip, read_aloud

if TYPE_CHECKING:
    from chatapp.desktop.transcript.view import TranscriptView

NOTHING: Final = Wanted("")
SLICE_S: Final = 0.006  # of the UI thread in an idle moment
MOST_READ: Final = 400  # messages that are read only to count in them
GROWN_MS: Final = 250  # between two counts of what is being written
REMEMBERED: Final = 2_000  # strips whose ranges are kept


class Finder(QObject):
    """`changed`: the count or the place that is shown is another."""

    changed = Signal()

    def __init__(self, view: "TranscriptView") -> None:
        super().__init__(view)
        self._view = view
        self.wanted = NOTHING
        self._sources: dict[str, tuple[Message, str]] = {}
        self._sources_are: tuple[bool, bool] = (False, False)
        self._counts: list[int] = []
        self._exact: dict[str, list[Place]] = {}
        self._at: tuple[Entry, int] | None = None
        self._mark: tuple[Entry, int, tuple[int, int]] | None = None
        self._ranges: dict[int, tuple[Strip, tuple[tuple[int, int], ...]]] = {}
        self._stale: set[Entry] | None = set()
        self._idle: Iterator[None] = iter(())
        self._resting = QTimer(self, interval=0)
        self._resting.timeout.connect(self._work)
        self._grown = QTimer(self, interval=GROWN_MS, singleShot=True)
        self._grown.timeout.connect(self._recount)

    # What is known

    @property
    def total(self) -> int:
        return sum(self._counts)

    @property
    def number(self) -> int:
        """Of the place that is shown, from 1; 0 when none is."""
        if self._at is None:
            return 0
        entry, ordinal = self._at
        return sum(self._counts[: entry.index]) + ordinal + 1

    @property
    def is_exact(self) -> bool:
        """Whether every message with a place in it was read."""
        return all(
            entry.key in self._exact
            for entry, count in zip(self._view.column.entries, self._counts, strict=False)
            if count
        )

    @property
    def line(self) -> str:
        """The text around the place that is shown."""
        if self._mark is None:
            return ""
        entry, strip, _ = self._mark
        return read_aloud(entry.strips[strip]) if entry.strips and strip < len(entry.strips) else ""

    def heights(self) -> Iterator[tuple[int, int, int]]:
        """(top, height, how many places) of every message with a place in it, in pixels of the column."""
        column = self._view.column
        for entry, count in zip(column.entries, self._counts, strict=False):
            if count:
                yield column.top(entry.index), entry.height, count

    # What is asked

    def prepare(self) -> None:
        """The reader is about to look for something: have the sources at hand."""
        self._view.found_in = self._found_in
        self._view.altered.connect(self._altered)
        self._begin(self._gathering())

    def look_for(self, wanted: Wanted) -> None:
        """Count, and show the first place from where the reader is."""
        if self._at is not None and self._view.column.get(self._at[0].key) is not self._at[0]:
            self._at = None
        self._grown.stop()
        entry, place = self._from_here()
        self.wanted = wanted
        self._exact.clear()
        self._recount_all()
        self._at = self._mark = None
        found = self._places(entry) if entry is not None and self._counts[entry.index] else []
        ahead = bisect_left([(one.strip, one.start) for one in found], place)
        if entry is not None and ahead < len(found):
            self._show(entry, ahead)
        else:
            self._go(entry.index + 1 if entry is not None else 0, 0, 1)
        self._begin(self._reading())

    def step(self, by: int) -> None:
        """To the next place (1) or the one before (-1), round the ends."""
        if self._grown.isActive():
            self._recount()
        if self._at is None:
            entry = self._from_here()[0]
            self._go(entry.index if entry is not None else 0, 0 if by > 0 else -1, by)
            return
        entry, ordinal = self._at
        ordinal += by
        if 0 <= ordinal < len(self._places(entry)):
            self._show(entry, ordinal)
        else:
            self._go(entry.index + by, 0 if by > 0 else -1, by)

    def stop(self) -> None:
        """Nothing is looked for any more; the place that was shown is selected."""
        self._view.altered.disconnect(self._altered)
        self._view.found_in = lambda entry, strip: NOTHING_FOUND
        self._resting.stop()
        self._grown.stop()
        self._select()
        self.wanted, self._at, self._mark = NOTHING, None, None
        self._sources, self._exact, self._ranges, self._counts = {}, {}, {}, []
        self._view.viewport().update()
        self.changed.emit()

    # Counting

    def _from_here(self) -> tuple[Entry | None, tuple[int, int]]:
        """The message a search begins in, and (strip, position) in it: the place shown, or the top of the view."""
        if self._at is not None:
            entry, ordinal = self._at
            place = self._places(entry)[ordinal]
            return entry, (place.strip, place.start)
        found = self._view.strip_at(QPoint(0, 0))
        if found is None:
            return None, (0, 0)
        seen = [at for at, is_seen in enumerate(self._seen(found[0])) if is_seen]
        return found[0], (seen[found[1]] if found[1] < len(seen) else 0, 0)

    def _seen(self, entry: Entry) -> list[bool]:
        """Of each of a message's strips, as if every fold were open, whether it is seen as the folds are now."""
        is_open = _open(entry)
        hidden = entry.unfolded(self._view.column.setter)
        return [all(fold in is_open for fold in folds) for _, folds in hidden]

    def _source(self, entry: Entry) -> str:
        known = self._sources.get(entry.key)
        if known is None or known[0] is not entry.message:
            known = (entry.message, loose(source_of(entry.message), *self._sources_are))
            self._sources[entry.key] = known
        return known[1]

    def _gathering(self) -> Iterator[None]:
        for entry in list(self._view.column.entries):
            self._source(entry)
            yield

    def _recount_all(self) -> None:
        wanted, kind = self.wanted, (self.wanted.case, self.wanted.has_markup)
        if kind != self._sources_are:
            self._sources, self._sources_are = {}, kind
        self._ranges.clear()
        self._stale = set()
        entries = self._view.column.entries
        self._counts = [self._count(entry) for entry in entries] if wanted else [0] * len(entries)

    def _count(self, entry: Entry) -> int:
        if entry.streaming:
            return len(self._places(entry))
        known = self._exact.get(entry.key)
        return len(known) if known is not None else self.wanted.count(self._source(entry))

    def _places(self, entry: Entry) -> list[Place]:
        """Exactly, in order."""
        found = self._exact.get(entry.key)
        if found is None:
            hidden = entry.unfolded(self._view.column.setter) if self.wanted else ()
            found = self._exact[entry.key] = places(self.wanted, hidden)
            if self._stale is not None and entry.index < len(self._counts):
                self._counts[entry.index] = len(found)
        return found

    def _reading(self) -> Iterator[None]:
        """Reads the messages that have a place in them, those ahead first."""
        entries = [
            entry
            for entry, count in zip(self._view.column.entries, self._counts, strict=False)
            if count and entry.key not in self._exact
        ]
        if len(entries) > MOST_READ:
            return
        for entry in entries:
            if self._view.column.get(entry.key) is entry:
                self._places(entry)
                yield

    def _begin(self, work: Iterator[None]) -> None:
        self._idle = work
        self._resting.start()
        self.changed.emit()

    def _work(self) -> None:
        end = perf_counter() + SLICE_S
        for _ in self._idle:
            if perf_counter() > end:
                return
        self._resting.stop()
        self.changed.emit()

    # What changes meanwhile

    def _altered(self, entry: Entry | None) -> None:
        if entry is None:
            self._stale = None
        elif self._stale is not None:
            self._stale.add(entry)
        if not self._grown.isActive():
            self._grown.start()

    def _recount(self) -> None:
        self._grown.stop()
        entries = self._view.column.entries
        if self._stale is None or len(entries) != len(self._counts):
            known = {entry.key for entry in entries}
            self._exact = {key: found for key, found in self._exact.items() if key in known}
            self._recount_all()
        else:
            for entry in self._stale:
                if self._view.column.get(entry.key) is entry:
                    self._exact.pop(entry.key, None)
                    self._counts[entry.index] = self._count(entry) if self.wanted else 0
            self._stale = set()
        self._keep_place()
        self._begin(self._reading())

    def _keep_place(self) -> None:
        if self._at is None:
            return
        entry, ordinal = self._at
        if self._view.column.get(entry.key) is entry and ordinal < len(self._places(entry)):
            self._place_mark(entry, self._places(entry)[ordinal])
        else:
            self._at = self._mark = None

    # Going to a place

    def _go(self, start: int, ordinal: int, by: int) -> None:
        """Show the first (0) or last (-1) place of the next message that has one, from number `start` on."""
        entries = self._view.column.entries
        for step in range(len(self._counts)):
            at = (start + by * step) % len(self._counts)
            if self._counts[at] and self._places(entries[at]):
                self._show(entries[at], ordinal % len(self._places(entries[at])))
                return
        self._at = self._mark = None
        self._view.viewport().update()
        self.changed.emit()

    def _show(self, entry: Entry, ordinal: int) -> None:
        view, place = self._view, self._places(entry)[ordinal]
        self._at = (entry, ordinal)
        view.read(entry)
        for fold in place.folds:
            if fold not in _open(entry):
                view.toggle_fold(entry, fold)
        self._place_mark(entry, place)
        assert self._mark is not None
        strip = self._mark[1]
        view.column.lay(entry, strip)
        view.reveal(entry, strip, _rect(entry.laid(strip, view.column.setter), place))
        view.viewport().update()
        self.changed.emit()

    def _place_mark(self, entry: Entry, place: Place) -> None:
        """Where the place stands among the strips that are seen."""
        self._mark = (entry, sum(self._seen(entry)[: place.strip]), (place.start, place.end))

    def _select(self) -> None:
        if self._mark is None:
            return
        entry, strip, (start, end) = self._mark
        strips = entry.strips or []
        if strip < len(strips) and isinstance(strips[strip], SELECTABLE):
            selection = self._view.selection
            selection.anchor, selection.head = Position(entry, strip, start), Position(entry, strip, end)

    def _found_in(self, entry: Entry, at: int) -> Found:
        if not self.wanted or entry.strips is None:
            return NOTHING_FOUND
        strip = entry.strips[at]
        known = self._ranges.get(id(strip))
        if known is None or known[0] is not strip:
            if len(self._ranges) >= REMEMBERED:
                self._ranges.clear()
            found = places(self.wanted, [(strip, ())])
            known = self._ranges[id(strip)] = (strip, tuple((place.start, place.end) for place in found))
        mark = self._mark
        shown = mark[2] if mark and mark[0] is entry and mark[1] == at else None
        return known[1], shown


def _open(entry: Entry) -> set[int]:
    """The folds that are open now."""
    strips = entry.strips or ()
    groups = {strip.item for strip in strips if isinstance(strip, Fold) and strip.open}
    return groups | {strip.fold for strip in strips if isinstance(strip, Branch) and strip.open}


def _rect(laid: Laid, place: Place) -> QRectF:
    """Where the place stands within its strip; all of a strip without text of its own."""
    rects = [rect for pane in laid.panes for rect in pane.rects(place.start, place.end)]
    return rects[0] if rects else QRectF(0, 0, laid.width, laid.height)
