"""A message composed of its parts: the strips of each, and the folds that hide them.

`cutting` makes strips of blocks and items; here is the order in which a message shows them. Each strip comes with the
numbers of the folds that must be open for it to be seen, so that what is folded can be found too.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from chatapp.desktop.transcript.branches import branches
from chatapp.desktop.transcript.cutting import (
    Cutter,
    Measure,
    detail_strips,
    question_strips,
    refusal_strip,
    results_strips,
    verdict_strip,
)
from chatapp.desktop.transcript.folds import fold_text, groups, results_text, stands_open
from chatapp.desktop.transcript.growing import Growing, can_grow
from chatapp.desktop.transcript.messages import (
    Answer,
    Item,
    Message,
    PictureItem,
    Question,
    RefusalItem,
    StructuredItem,
    TextItem,
    VerdictItem,
)
from chatapp.desktop.transcript.runs import Run
from chatapp.desktop.transcript.strips import GAP, Actions, Caption, Card, Fold, Frame, Picture, Prose, Strip
from chatapp.rendering.blocks import Block
from chatapp.rendering.stream import BlockStream, Segment

NOTICE_FOLD: Final = -1
RESULTS_FOLD: Final = 0
HEADER: Final = -1
"""The part that stands above an answer's items; what is under them is the part after the last."""
BLOCKS_OF_AN_ITEM: Final = 1_000_000
LATE: Final = 60  # blocks that late definitions reach in one step
READ_AT_ONCE: Final = 8_000  # characters; a longer text in view is read in slices

Folds = tuple[int, ...]
Hidden = tuple[Strip, Folds]
"""A strip, and the folds around it."""
IsOpen = Callable[[int, bool], bool]
"""Whether a fold is open, given its number and whether it is at first."""
TextStrips = Callable[[TextItem, int], Iterable[Strip]]
"""The strips of the text item with a number."""


def everything_open(fold: int, at_first: bool) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class _Cut:
    """The strips of a block that is final, and how many code blocks and tables there are before and after it."""

    block: Block
    before: int
    strips: list[Strip]
    after: int


class TextSection:
    """The strips of one text item, cut as its blocks come."""

    def __init__(self, item: TextItem, at: int, streaming: bool, patient: bool = False) -> None:
        """`patient`: a long text is read only as far as `read_on` has come."""
        later = patient and not streaming and len(item.text) > READ_AT_ONCE
        self.unread = item.text if later else ""
        self.stream = BlockStream("" if later else item.text, item.markers)
        self._at = at
        self._measure: Measure | None = None
        self._cuts: list[_Cut] = []
        self._begin()
        if not streaming and not later:
            self.stream.finish()

    def read_on(self, characters: int | None = None) -> None:
        """Read about so many more of what is unread; without a number, all."""
        begin = len(self.stream.source)
        end = len(self.unread) if characters is None else begin + characters
        if not self.stream.finished:
            self.stream.feed(self.unread[begin:end])
        if end >= len(self.unread):
            self.finish(None if characters is None else LATE)

    def finish(self, most: int | None = LATE) -> None:
        """The text is complete; what many late definitions change is left to `read_on`."""
        self.unread = "" if self.stream.finish(most) else self.stream.source

    def _begin(self) -> None:
        self._closed: list[Strip] = []
        self._origins: list[int] = []
        self._seen = 0
        self._growing: Growing | None = None
        self._revision = self.stream.revision
        self._blocks = self._at * BLOCKS_OF_AN_ITEM

    def cut(self, measure: Measure) -> tuple[int, list[Strip]]:
        """(how many strips are as they were, all strips from there on)."""
        if measure != self._measure:
            self._cuts, self._measure = [], measure
            self._begin()
        elif self._revision != self.stream.revision:
            self._begin()
        stream, kept = self.stream, len(self._closed)
        finished = stream.closed[self._seen :]
        if self._growing and self._continues(self._growing, finished):
            kept += len(self._growing.strips)
        for segment in finished:
            self._close(segment, measure)
        tail = self._open(measure)
        staying = self._growing.strips if self._growing else []
        if kept < len(self._closed):
            return kept, self._closed[kept:] + staying + tail
        return kept, staying[kept - len(self._closed) :] + tail

    def _continues(self, growing: Growing, finished: list[Segment]) -> bool:
        """Whether what grew is the first block that was finished since, or without one what is open now."""
        if finished:
            return growing.continues(finished[0].start, finished[0].block)
        opened = self.stream.open()
        return bool(opened) and growing.continues(self.stream.open_start, opened[0])

    def _close(self, segment: Segment, measure: Measure) -> None:
        growing, self._growing = self._growing, None
        known = self._cuts[self._seen] if self._seen < len(self._cuts) else None
        if known is None or known.block is not segment.block or known.before != self._blocks:
            known = self._cut_block(segment, growing, measure)
            self._cuts[self._seen : self._seen + 1] = [known]
        self._closed += known.strips
        self._blocks = known.after
        self._origins += [self._seen] * len(known.strips)
        self._seen += 1

    def _cut_block(self, segment: Segment, growing: Growing | None, measure: Measure) -> _Cut:
        before = self._blocks
        if growing and growing.continues(segment.start, segment.block):
            rest, after = growing.cut(segment.block, 0)
            growing.finish()
            return _Cut(segment.block, before, growing.strips + rest, after)
        cutter = Cutter(measure, before)
        cutter.block(segment.block, Frame(), GAP)
        return _Cut(segment.block, before, cutter.strips, cutter.blocks)

    def _open(self, measure: Measure) -> list[Strip]:
        """The strips of what is open that may not stay."""
        blocks, stream = self.stream.open(), self.stream
        if not blocks or not can_grow(blocks[0]):
            self._growing = None
        elif not (self._growing and self._growing.continues(stream.open_start, blocks[0])):
            self._growing = Growing(stream.open_start, self._blocks, measure, blocks[0])
        tail = Cutter(measure, self._blocks)
        if self._growing:
            tail.strips, tail.blocks = self._growing.cut(blocks[0], stream.decided)
            blocks = blocks[1:]
        for block in blocks:
            tail.block(block, Frame(), GAP)
        return tail.strips

    def all(self, measure: Measure) -> list[Strip]:
        kept, fresh = self.cut(measure)
        staying = self._growing.strips if self._growing else []
        return (self._closed + staying)[:kept] + fresh

    def origin(self, strip: int) -> tuple[int, int]:
        """The range of the source a strip of this section was made from."""
        if strip < len(self._origins):
            segment = self.stream.closed[self._origins[strip]]
            return segment.start, segment.end
        return self.stream.open_start, len(self.stream.source)


def parts(
    message: Message, text_strips: TextStrips, measure: Measure, is_open: IsOpen
) -> Iterator[tuple[int, list[Hidden]]]:
    """(the number of its first item, its strips) for every part of a message, from top to bottom."""
    if isinstance(message, Question):
        yield 0, list(_question(message, measure, is_open))
        return
    if message.header:
        yield HEADER, [(Caption(message.header, message.details), ())]
    for at, items in groups(message.items):
        yield at, list(_part(at, items, text_strips, measure, is_open))
    yield len(message.items), [(strip, ()) for strip in _under(message, is_open)]


def _question(question: Question, measure: Measure, is_open: IsOpen) -> Iterator[Hidden]:
    """The results that come with it, folded, and its words."""
    if question.results:
        shown = is_open(RESULTS_FOLD, False)
        yield Fold(results_text(question.results), RESULTS_FOLD, shown), ()
        for strip in results_strips(question.results, measure) if shown else ():
            yield strip, (RESULTS_FOLD,)
    for strip in question_strips(question, measure):
        yield strip, ()


def _part(
    at: int, items: tuple[Item, ...], text_strips: TextStrips, measure: Measure, is_open: IsOpen
) -> Iterator[Hidden]:
    first = items[0]
    if isinstance(first, TextItem):
        yield from ((strip, ()) for strip in text_strips(first, at))
    elif isinstance(first, RefusalItem):
        yield refusal_strip(first), ()
    elif isinstance(first, PictureItem):
        yield Picture(first), ()
    elif isinstance(first, StructuredItem):
        yield from branches(first, at, is_open)
    elif isinstance(first, VerdictItem):
        yield verdict_strip(first), ()
    else:
        shown = is_open(at, stands_open(items))
        yield Fold(fold_text(items, whole=shown), at, shown), ()
        for strip in detail_strips(items, measure, at * BLOCKS_OF_AN_ITEM) if shown else ():
            yield strip, (at,)


def _under(message: Answer, is_open: IsOpen) -> Iterator[Strip]:
    if message.streaming and not message.items and not message.notice:
        yield Prose(())
    if message.note:
        yield Prose((Run(message.note),), tone="secondary")
    if message.notice:
        yield Card(message.notice, is_open(NOTICE_FOLD, False))
    yield Actions(message.siblings, message.footer, message.streaming)
