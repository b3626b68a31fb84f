"""A message composed of its parts: the strips of each, and the folds that hide them.

`cutting` makes strips of blocks and items; here is the order in which a message shows them. Each strip comes with the
numbers of the folds that must be open for it to be seen, so that what is folded can be found too.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from chatapp.desktop.transcript.branches import branches
from chatapp.desktop.transcript.cutting import (
    Cutter,
    Measure,
    detail_strips,
    fold_text,
    groups,
    question_strips,
    refusal_strip,
    results_strips,
    results_text,
    stands_open,
    verdict_strip,
)
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
from chatapp.rendering.stream import BlockStream

NOTICE_FOLD: Final = -1
RESULTS_FOLD: Final = 0
HEADER: Final = -1
"""The part that stands above an answer's items; what is under them is the part after the last."""
BLOCKS_OF_AN_ITEM: Final = 1_000_000

Folds = tuple[int, ...]
Hidden = tuple[Strip, Folds]
"""A strip, and the folds around it."""
IsOpen = Callable[[int, bool], bool]
"""Whether a fold is open, given its number and whether it is at first."""
TextStrips = Callable[[TextItem, int], Iterable[Strip]]
"""The strips of the text item with a number."""


def everything_open(fold: int, at_first: bool) -> bool:
    return True


class TextSection:
    """The strips of one text item, cut as its blocks come."""

    def __init__(self, item: TextItem, at: int, streaming: bool) -> None:
        self.stream = BlockStream(item.text, item.markers)
        self._at = at
        self._measure: Measure | None = None
        self._begin()
        if not streaming:
            self.stream.finish()

    def _begin(self) -> None:
        self._closed: list[Strip] = []
        self._origins: list[int] = []
        self._seen = 0
        self._revision = self.stream.revision
        self._blocks = self._at * BLOCKS_OF_AN_ITEM

    def cut(self, measure: Measure) -> tuple[int, list[Strip]]:
        """(how many strips are as they were, all strips from there on)."""
        if self._revision != self.stream.revision or measure != self._measure:
            self._begin()
            self._measure = measure
        kept = len(self._closed)
        cutter = Cutter(measure, True, self._blocks, self._closed)
        for at in range(self._seen, len(self.stream.closed)):
            cutter.block(self.stream.closed[at].block, Frame(), GAP)
            self._origins += [at] * (len(self._closed) - len(self._origins))
        self._seen, self._blocks = len(self.stream.closed), cutter.blocks
        tail = Cutter(measure, False, self._blocks)
        for block in self.stream.open():
            tail.block(block, Frame(), GAP)
        return kept, self._closed[kept:] + tail.strips

    def all(self, measure: Measure) -> list[Strip]:
        kept, fresh = self.cut(measure)
        return self._closed[:kept] + fresh

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
        yield HEADER, [(Caption(message.header), ())]
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
