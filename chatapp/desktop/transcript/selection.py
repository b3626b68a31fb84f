"""What is selected: from one character of one strip to another, across messages, and what of it is copied."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from chatapp.desktop.transcript.column import KEPT, Column
from chatapp.desktop.transcript.entry import Entry
from chatapp.desktop.transcript.messages import Question, StructuredItem, TextItem
from chatapp.desktop.transcript.runs import units
from chatapp.desktop.transcript.strips import (
    GAP,
    Branch,
    Card,
    CodeLines,
    Equation,
    Prose,
    RemoteImage,
    Row,
    Selectable,
    Strip,
)
from chatapp.desktop.transcript.writing import Part, written

SELECTABLE: Final = (Prose, Equation, CodeLines, Row, Branch, RemoteImage, Card)


@dataclass(frozen=True, slots=True)
class Position:
    """A UTF-16 position in the text of a strip of an entry."""

    entry: Entry
    strip: int
    at: int

    @property
    def order(self) -> tuple[int, int, int]:
        return self.entry.index, self.strip, self.at


@dataclass(slots=True)
class Selection:
    """From `anchor`, where it began, to `head`, which moves."""

    anchor: Position | None = field(default=None)
    head: Position | None = field(default=None)

    @property
    def ends(self) -> tuple[Position, Position] | None:
        """First and last position; None if nothing is selected."""
        if self.anchor is None or self.head is None or self.anchor.order == self.head.order:
            return None
        low, high = sorted((self.anchor, self.head), key=lambda position: position.order)
        return low, high

    def begin(self, position: Position) -> None:
        self.anchor = self.head = position

    def clear(self) -> None:
        self.anchor = self.head = None

    def recut(self, entry: Entry, before: Sequence[Strip]) -> None:
        """An entry is cut into other strips than `before`: what is selected stays with the strips it was in."""
        self.anchor = _moved(self.anchor, entry, before)
        self.head = _moved(self.head, entry, before)

    def within(self, entry: Entry, strip: int, length: int) -> tuple[int, int] | None:
        """The selected range of a strip `length` units long."""
        ends = self.ends
        if ends is None:
            return None
        low, high = ends
        here = (entry.index, strip)
        if here < low.order[:2] or here > high.order[:2]:
            return None
        start = low.at if here == low.order[:2] else 0
        end = min(high.at, length) if here == high.order[:2] else length
        return (start, end) if start < end or not length else None


def _moved(position: Position | None, entry: Entry, before: Sequence[Strip]) -> Position | None:
    strips = entry.strips
    if position is None or position.entry is not entry or not strips or position.strip >= len(before):
        return position
    strip = before[position.strip]
    if position.strip < len(strips) and strips[position.strip] == strip:
        return position
    same = [at for at, other in enumerate(strips) if other == strip]
    nearest = min(same, key=lambda at: abs(at - position.strip), default=min(position.strip, len(strips) - 1))
    return Position(entry, nearest, position.at)


def select_all(column: Column) -> Selection:
    if not column.entries:
        return Selection()
    last = column.entries[-1]
    column.read(last)
    strips = last.strips or []
    end = max((at for at, strip in enumerate(strips) if isinstance(strip, SELECTABLE)), default=0)
    strip = strips[end] if strips else None
    length = units(strip.text) if isinstance(strip, SELECTABLE) else 0
    return Selection(Position(column.entries[0], 0, 0), Position(last, end, length))


def as_text(selection: Selection, column: Column) -> str:
    """The selected text: bullets and citation numbers written out, cells apart by tabs."""
    ends = selection.ends
    if ends is None:
        return ""
    return "\n\n".join(text for entry in _covered(ends, column) if (text := _entry_text(entry, ends, column)))


def entry_text(entry: Entry, column: Column) -> str:
    """All of a message as it is seen."""
    column.read(entry)
    whole = Selection(Position(entry, 0, 0), Position(entry, len(entry.strips or ()), 0))
    return as_text(whole, column)


def as_markdown(selection: Selection, column: Column) -> str:
    """The source of every block that is selected whole; of others what is selected, written as Markdown."""
    ends = selection.ends
    if ends is None:
        return ""
    return "\n\n".join(
        text for entry in _covered(ends, column) if (text := _entry_source(entry, ends, column))
    )


def _covered(ends: tuple[Position, Position], column: Column) -> list[Entry]:
    return column.entries[ends[0].entry.index : ends[1].entry.index + 1]


def _entry_text(entry: Entry, ends: tuple[Position, Position], column: Column) -> str:
    if _whole(entry, ends) and ends[1].entry.index - ends[0].entry.index > KEPT:
        return source_of(entry)  # too many to read them all at once
    taken: list[str] = []
    for at, strip in _touched(entry, ends, column):
        length = units(strip.text)
        found = Selection(*ends).within(entry, at, length)
        if found is None:
            continue
        if taken:
            taken.append(_between(strip))
        taken.append(strip.copied(*found))
    return "".join(taken)


def _between(strip: Strip) -> str:
    if strip.glued:
        return ""
    return "\n\n" if strip.gap >= GAP else "\n"


def _entry_source(entry: Entry, ends: tuple[Position, Position], column: Column) -> str:
    if _whole(entry, ends) and ends[1].entry.index - ends[0].entry.index > KEPT:
        return source_of(entry)  # too many to read them all at once
    taken = dict(_parts(entry, ends, column))
    if isinstance(entry.message, Question):
        whole = _is_covered(entry, range(len(entry.strips or ())), taken)
        return source_of(entry) if whole else _entry_text(entry, ends, column)
    found: list[str] = []
    loose: list[Part] = []
    for strips, source in _blocks(entry):
        if source is not None and _is_covered(entry, strips, taken):
            found += [written(loose)] if loose else []
            found.append(source)
            loose = []
        else:
            loose += [taken[at] for at in strips if at in taken]
    return "\n\n".join([*found, *([written(loose)] if loose else [])])


def _parts(entry: Entry, ends: tuple[Position, Position], column: Column) -> Iterator[tuple[int, Part]]:
    """What is selected of each strip, by its number."""
    header: Row | None = None
    touched = dict(_touched(entry, ends, column))
    for at, strip in enumerate(entry.strips or ()):
        if isinstance(strip, Row) and strip.header:
            header = strip
        found = Selection(*ends).within(entry, at, units(strip.text)) if at in touched else None
        if found is not None:
            yield at, Part(touched[at], *found, header if isinstance(strip, Row) else None)


def _blocks(entry: Entry) -> Iterator[tuple[list[int], str | None]]:
    """The strips of each top-level block of an entry with its source; None for what was not written as Markdown."""
    numbered = range(len(entry.strips or ()))
    for block, strips in groupby(numbered, lambda at: _origin(entry, at)):
        yield list(strips), block[0][block[1] : block[2]].strip("\n") if block is not None else None


def _origin(entry: Entry, at: int) -> tuple[str, int, int] | None:
    found = entry.section_of(at)
    return (found[0].stream.source, *found[0].origin(found[1])) if found is not None else None


def _is_covered(entry: Entry, strips: Iterable[int], taken: Mapping[int, Part]) -> bool:
    """Whether all that can be selected of some strips is."""
    able = [
        (at, strip)
        for at, strip in ((at, (entry.strips or [])[at]) for at in strips)
        if isinstance(strip, SELECTABLE)
    ]
    return bool(able) and all(
        at in taken and (taken[at].start, taken[at].end) == (0, units(strip.text)) for at, strip in able
    )


def _touched(
    entry: Entry, ends: tuple[Position, Position], column: Column
) -> Iterator[tuple[int, Selectable]]:
    column.read(entry)
    low, high = ends
    for at, strip in enumerate(entry.strips or ()):
        if low.order[:2] <= (entry.index, at) <= high.order[:2] and isinstance(strip, SELECTABLE):
            yield at, strip


def _whole(entry: Entry, ends: tuple[Position, Position]) -> bool:
    return ends[0].entry.index < entry.index < ends[1].entry.index


def source_of(entry: Entry) -> str:
    """The text of a message as it was written."""
    message = entry.message
    if isinstance(message, Question):
        return message.text or "\n".join(f"{result.name}: {result.output}" for result in message.results)
    return "\n\n".join(item.text for item in message.items if isinstance(item, TextItem | StructuredItem))
