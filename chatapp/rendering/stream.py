"""The blocks of an answer while it is being written.

Text only ever grows at its end, so a top-level block is final as soon as complete lines show that another one
has begun. Only what is still open is read again: of a list its last item, of a table its last row, of a fence
nothing but the new lines. Late link definitions are the exception: `finish` reads the blocks that may use them
once more. Whatever the pieces it was fed in, the result equals `grammar.parse` of the whole text.
"""

import re
from dataclasses import dataclass
from typing import Final

from chatapp.rendering import markers
from chatapp.rendering.blocks import Block, Code, List, Paragraph, Table, code, count_markers, with_markers
from chatapp.rendering.definitions import Definitions
from chatapp.rendering.grammar import Group, Source, groups, read
from chatapp.rendering.inline import Text

EAGER: Final = 4_000  # characters of open text that are read at every look
PATIENCE: Final = 8  # a longer open text is read again once it has grown by one part in so many

_FENCE = re.compile(r"(?:[ \t]*\n)*(`{3,}(?=[^`\n]*\n)|~{3,})([^\n]*)\n")
_PAIRS = r"[^*`]*(?:\*\*[^*`]+\*\*[^*`]*)*"
_OPENED: Final = {
    "`": re.compile(r"^(?:[^`\n]*`[^`\n]*`)*[^`\n]*`[^`\n]+$", re.MULTILINE),
    "**": re.compile(rf"^{_PAIRS}(?:^|(?<=[\s(>]))\*\*(?=[^\s*])[^*`]*(?<=[^\s*])$", re.MULTILINE),
}
_UNDECIDED = re.compile(r"\s*(?:>\s*)*(?:[-+*=_#>|`~:][-+*=_#>|`~: \t]*|\d{1,9}[.)][ \t]*)$")


@dataclass(frozen=True, slots=True)
class Segment:
    """A finished top-level block, the half-open range of source it came from, the definitions then known.

    Before `body` there are only definitions.
    """

    start: int
    body: int
    end: int
    block: Block
    known: int


@dataclass(frozen=True, slots=True)
class _Begun:
    """The decided part of an open list or table; the text from the tail on continues it."""

    block: List | Table
    start: int
    prefix: str
    loose: bool
    known: int

    def joined(self, more: Block) -> List | Table | None:
        """With what was read after it; None if that does not continue this block."""
        match self.block, more:
            case List(start, _, items), List(_, tight, more_items):
                every = items + more_items
                prose = any(isinstance(block, Paragraph) for item in every for block in item.blocks)
                return List(start, not prose or (tight and not self.loose), every)
            case Table(alignments, header, rows), Table(_, _, more_rows):
                return Table(alignments, header, rows + more_rows)
            case _:
                return None


@dataclass(slots=True)
class _OpenFence:
    info: str
    content: int
    closing: re.Pattern[str]
    scanned: int


class BlockStream:
    """Feed it text and markers; look at `closed`, which only grows, and at `open()`, the blocks after it.

    `revision` counts changes to blocks already closed; `characters_read` what the parser was given.
    """

    def __init__(self, text: str = "", placed: tuple[tuple[int, int], ...] = ()) -> None:
        self.closed: list[Segment] = []
        self.finished = False
        self.revision = 0
        self.characters_read = 0
        self._source = ""
        self._placed = list(placed)
        self._definitions = Definitions()
        self._start = 0
        self._tail = 0
        self._weighed = 0
        self._begun: _Begun | None = None
        self._fence: _OpenFence | None = None
        self._late: list[int] = []
        self._complete = False
        self._look: tuple[int, tuple[Block, ...]] | None = None
        if text:
            self.feed(text)

    @property
    def source(self) -> str:
        return self._source

    @property
    def placed(self) -> tuple[tuple[int, int], ...]:
        return tuple(self._placed)

    @property
    def blocks(self) -> tuple[Block, ...]:
        return (*(segment.block for segment in self.closed), *self.open())

    @property
    def open_start(self) -> int:
        """Where the source of the open blocks begins."""
        return self._start

    @property
    def decided(self) -> int:
        """How many items or rows of the first open block are final: the same objects at every look."""
        match self._begun.block if self._begun else None:
            case List(_, _, parts) | Table(_, _, parts):
                return len(parts)
            case _:
                return 0

    def feed(self, text: str) -> None:
        """More of the answer, in any pieces."""
        if self.finished:
            raise ValueError("the stream is finished")
        self._source += markers.neutral(text)
        if "\n" in text:
            self._decide(self._source.rfind("\n") + 1)

    def mark(self, index: int, number: int) -> None:
        """A citation marker at a code-point index of the source fed so far or to come."""
        self._placed.append((index, number))
        self._look = None
        if index >= self.open_start and not self.finished:
            self._reopen(index)
            return
        for at in range(len(self.closed) - 1, -1, -1):
            if self.closed[at].start <= index:
                self.closed[at] = self._again(self.closed[at])
                self.revision += 1
                return

    def open(self) -> tuple[Block, ...]:
        """The blocks that more text may still change, read as far as they go."""
        end = self._shown_end()
        if self.finished or end <= self.open_start:
            return ()
        if self._fence:
            return (self._open_code(self._fence, end),)
        if self._look and self._look[0] != end and self._may_wait(self._look[0], end):
            return (*self._look[1], Paragraph((Text(self._source[self._look[0] : end]),)))
        if not self._look or self._look[0] != end:
            self._look = (end, self._read_open(end))
        return self._look[1]

    def finish(self, most: int | None = None) -> bool:
        """No more text will come: close what is open, and let late definitions reach earlier blocks.

        Of those at most so many at a time; False while some are left for the next call.
        """
        if not self.finished:
            self._complete = True
            self._decide(len(self._source), last=True)
            self.finished = True
            self._late = [at for at, segment in enumerate(self.closed) if self._may_change(segment)]
        for at in self._late[:most]:
            before, self.closed[at] = self.closed[at], self._again(self.closed[at])
            self.revision += self.closed[at].block != before.block
        self._late = [] if most is None else self._late[most:]
        return not self._late

    def _may_change(self, segment: Segment) -> bool:
        """Whether it may use a definition that was not known when it was read, or has a marker beyond its end."""
        if segment is self.closed[-1] and any(index >= segment.end for index, _ in self._placed):
            return True
        late = segment.known < len(self._definitions)
        return late and "]" in self._source[segment.start : segment.end]

    def _decide(self, end: int, last: bool = False) -> None:
        if last or not self._may_wait(self._weighed, end):
            self._weighed = end
            while self._tail < end and self._step(end, last):
                pass

    def _may_wait(self, seen: int, end: int) -> bool:
        """Whether an open text this long was read recently enough."""
        known = seen - self._tail
        return known > EAGER and end - seen < known // PATIENCE and not self._fence

    def _step(self, end: int, last: bool) -> bool:
        """Close what the source up to `end` shows to be complete. True if something may have come to light."""
        if self._fence or self._at_fence():
            return self._step_fence(end, last)
        source = self._region(end)
        definitions = Definitions(self._definitions)
        found = groups(source, definitions)
        closing = found if last else found[:-1]
        if closing or last:
            self._definitions.learn(definitions, None if last else found[-1].first)
            self._close_groups(source, found, len(closing), end)
            return bool(closing)
        if len(found) == 1:
            self._begin(source, found[0], definitions)
        elif not self._begun:
            self._pass_by(source, definitions)
        return False

    def _pass_by(self, source: Source, definitions: Definitions) -> None:
        """Definitions with no block yet: each is decided once the next has begun. They go with the next block."""
        if len(definitions) > 1:
            line = definitions.lines[-1]
            self._definitions.learn(definitions, line)
            self._tail = self._weighed = self._tail + source.offset(line)

    def _region(self, end: int) -> Source:
        prefix = self._begun.prefix if self._begun else ""
        self.characters_read += end - self._tail
        return Source(self._source[self._tail : end], prefix)

    def _close_groups(self, source: Source, found: list[Group], count: int, end: int) -> None:
        base = self._tail
        for at in range(count):
            stop = base + source.offset(found[at + 1].first) if at + 1 < len(found) else end
            self._close(stop, found[at], source)

    def _close(self, stop: int, group: Group | None = None, source: Source | None = None) -> None:
        """The block up to `stop` is final; `group` of `source` is what the parser made of it."""
        begun, known = self._begun, len(self._definitions)
        start = self.open_start
        body = begun.start if begun else self._body(start, self._tail)
        if group and source and not begun and not self._inside(body, stop):
            block: Block | None = read(group, source, Definitions(self._definitions))
        else:
            read_now = self._read(self._tail if begun else body, stop, begun.prefix if begun else "")
            block = begun.joined(read_now[0]) if begun else read_now[0]
        if block is None:
            block = self._read(body, stop)[0]
        elif begun:
            known = begun.known
        self.closed.append(Segment(start, body, stop, block, known))
        self._start = self._tail = self._weighed = stop
        self._begun = self._fence = self._look = None

    def _body(self, start: int, body: int) -> int:
        """Where to read from: past the definitions, unless citations stand in them."""
        return start if any(start <= index < body for index, _ in self._placed) else body

    def _begin(self, source: Source, group: Group, definitions: Definitions) -> None:
        """Set aside the finished items of an open list, the finished rows of an open table."""
        line = group.last_part
        if line is None or group.too_deep:
            return
        stop = self._tail + source.offset(line)
        begun = self._begun
        self._definitions.learn(definitions, line)
        part = self._read(self._tail, stop, begun.prefix if begun else "")
        block = (begun.joined(part[0]) if begun else part[0]) if len(part) == 1 else None
        if not isinstance(block, List | Table):
            return
        loose = isinstance(block, List) and (not block.tight or source.blank(line - 1))
        prefix = source.lines(group.first, group.first + 2) if isinstance(block, Table) else ""
        self._begun = _Begun(
            block,
            begun.start if begun else self._body(self._start, self._tail),
            begun.prefix if begun else prefix,
            loose or bool(begun and begun.loose),
            begun.known if begun else len(self._definitions),
        )
        self._tail, self._look = stop, None

    def _reopen(self, index: int) -> None:
        """Read what is open from its start again, where a marker reaches what was set aside of it."""
        if index < self._tail and not self._fence:
            self._tail, self._begun = self._start, None

    def _at_fence(self) -> bool:
        if self._begun or "\r" in self._source:
            return False
        found = _FENCE.match(self._source, self._tail)
        if found:
            mark = found.group(1)
            closing = re.compile(rf"^ {{0,3}}{mark[0]}{{{len(mark)},}}[ \t]*$", re.MULTILINE)
            self._fence = _OpenFence(found.group(2), found.end(), closing, found.end())
        return bool(found)

    def _step_fence(self, end: int, last: bool) -> bool:
        fence = self._fence
        assert fence is not None
        found = fence.closing.search(self._source, min(fence.scanned, end), end)
        stop = min(found.end() + 1, end) if found else end
        if not last and (found is None or self._has_homeless(stop)):
            fence.scanned = found.start() if found else end
            return False
        self._close(stop)
        return True

    def _has_homeless(self, stop: int) -> bool:
        """Whether a citation stands where the source ends for now: what follows decides whose it is."""
        return not self._source[stop:].strip() and any(index >= stop for index, _ in self._placed)

    def _open_code(self, fence: _OpenFence, end: int) -> Code:
        inside = [number for index, number in self._placed if self._tail <= index < end]
        text = self._source[fence.content : max(end, fence.content)].replace("\0", "\ufffd")
        return Code(code(fence.info, "").language, text.removesuffix("\n"), tuple(inside))

    def _shown_end(self) -> int:
        """The end of the source, less a last line that does not yet tell what it is going to be."""
        begin = self._source.rfind("\n") + 1
        undecided = _UNDECIDED.match(self._source, begin) if len(self._source) - begin < EAGER else None
        return begin if undecided else len(self._source)

    def _read_open(self, end: int) -> tuple[Block, ...]:
        begun = self._begun
        found = self._read(self._tail, end, begun.prefix if begun else "", self._awaited(end), True)
        if not begun:
            return found
        first = begun.joined(found[0]) if found else None
        return (first, *found[1:]) if first else self._read(begun.start, end, open_end=True)

    def _again(self, segment: Segment) -> Segment:
        body = self._body(segment.start, segment.body)
        block = self._read(body, segment.end)[0]
        block = segment.block if block == segment.block else block
        return Segment(segment.start, body, segment.end, block, len(self._definitions))

    def _awaited(self, end: int) -> str:
        """What closes the emphasis or the code of a line that is being written, so that no mark shows bare."""
        begin = max(self._source.rfind("\n", 0, end) + 1, self._tail)
        if begin >= end or end - begin > EAGER:
            return ""
        return next((mark for mark in ("`", "**") if _OPENED[mark].search(self._source, begin, end)), "")

    def _read(
        self, start: int, end: int, prefix: str = "", awaited: str = "", open_end: bool = False
    ) -> tuple[Block, ...]:
        """The blocks of a range of the source, markers in their places."""
        self.characters_read += end - start
        definitions = Definitions(self._definitions)
        source = Source(self._source[start:end] + awaited, prefix)
        found = groups(source, definitions)
        inside = self._inside(start, end, open_end)
        if not inside:
            return tuple(read(group, source, definitions) for group in found)
        marked = Source(markers.place(source.text, inside), prefix)
        refound = groups(marked, Definitions(self._definitions))
        if [group.skeleton for group in refound] == [group.skeleton for group in found]:
            blocks = tuple(read(group, marked, definitions) for group in refound)
            if sum(map(count_markers, blocks)) == len(inside):
                return blocks
        blocks = tuple(read(group, source, definitions) for group in found)
        numbers = tuple(number for _, number in sorted(inside))
        return (*blocks[:-1], with_markers(blocks[-1], numbers)) if blocks else ()

    def _inside(self, start: int, end: int, open_end: bool = False) -> list[tuple[int, int]]:
        """The markers of a range; one beyond the last character belongs to the last block."""
        if not self._placed:
            return []
        last = (self._complete or open_end) and not self._source[end:].strip()
        return [
            (min(index, end) - start, number)
            for index, number in self._placed
            if start <= index and (index < end or last)
        ]
