"""One message in the column: its strips, what of them is laid out, and its height, guessed or known.

An entry starts as a guess from the length of its text. `realise` reads and cuts it, `laid` sets one strip's
type, `forget` drops all of it again but the heights; `column` next door keeps the entries in order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from chatapp.desktop.transcript.composing import (
    Hidden,
    IsOpen,
    TextSection,
    TextStrips,
    everything_open,
    parts,
)
from chatapp.desktop.transcript.folds import groups, stands_open
from chatapp.desktop.transcript.laid import Laid
from chatapp.desktop.transcript.layout import Typesetter
from chatapp.desktop.transcript.messages import (
    Answer,
    Later,
    Message,
    PictureItem,
    Question,
    StructuredItem,
    TextItem,
    VerdictItem,
)
from chatapp.desktop.transcript.strips import CodeLines, Prose, RemoteImage, Row, Strip
from chatapp.rendering.stream import BlockStream

TOP: Final = {Question: 20, Answer: 20}
BOTTOM: Final = {Question: 4, Answer: 8}
CARD: Final = 12  # above and below a question's text, within its card
LINES_OF_A_PICTURE: Final = 20
NO_BLOCK: Final = -1


_NOTHING_KNOWN: Final[tuple[int, list[int]]] = (0, [])


@dataclass(frozen=True, slots=True)
class Guess:
    """How tall messages are likely to be at a width: a line, the share of a line that a character takes, and what is
    around the text."""

    width: int
    line: int
    share: float
    around: Mapping[type[Message], int]

    @classmethod
    def at(cls, setter: Typesetter, width: int) -> "Guess":
        look = setter.look
        around: dict[type[Message], int] = {Answer: look.px(90), Question: look.px(48)}
        return cls(width, look.line, look.average / max(width, 1), around)


class Entry:
    """`tops` and `heights` are in pixels, counted from the entry's own top."""

    __slots__ = (
        "_floor",
        "_heights",
        "_known",
        "_laid",
        "_message",
        "_patient",
        "_sections",
        "_size",
        "_starts",
        "_tops",
        "_width",
        "height",
        "index",
        "open_folds",
        "scrolls",
        "strips",
        "wrapped",
    )  # fmt: skip

    def __init__(self, message: Message | Later, index: int) -> None:
        self._message = message
        self.index = index
        self.height = 0
        self.strips: list[Strip] | None = None
        self.scrolls: dict[int, int] = {}
        self.wrapped: frozenset[int] = frozenset()
        """The blocks of code whose long lines are wrapped."""
        self.open_folds: set[int] = set()
        """Those that are otherwise than at first."""
        self._laid: list[Laid | None] = []
        self._heights: list[int] = []
        self._tops: list[int] = []
        self._sections: dict[int, TextSection] = {}
        self._starts: dict[int, int] = {}
        self._size = _size(message)
        self._width = 0
        self._patient = False
        self._floor = 0
        """The height it had before it was read, kept until it is read to its end."""
        self._known = _NOTHING_KNOWN

    @property
    def key(self) -> str:
        return self._message.key

    @property
    def message(self) -> Message:
        return self.make()

    def make(self) -> Message:
        """The message, made now if it was left for later."""
        if isinstance(self._message, Later):
            self._message = self._message.make()
            self._size = _size(self._message)
        return self._message

    @property
    def kind(self) -> type[Message]:
        return self._message.kind if isinstance(self._message, Later) else type(self._message)

    def postpone(self, message: Later) -> bool:
        """Another value of a message that nobody looks at; False if someone does."""
        if self.strips is None:
            self._message, self._size = message, message.size
        return self.strips is None

    @property
    def is_unjudged(self) -> bool:
        """Whether it has still to be found out if the answer is what was asked for."""
        items = self.message.items if isinstance(self.message, Answer) else ()
        return any(isinstance(item, VerdictItem) and not item.words for item in items)

    @property
    def streaming(self) -> bool:
        return isinstance(self._message, Answer) and self._message.streaming

    def replace(self, message: Message, setter: Typesetter) -> None:
        """Show another value of the same message, keeping what is still true of it."""
        previous, self._message = self.message, message
        self._size = _size(message)
        if self.strips is None:
            return
        if isinstance(message, Answer) and isinstance(previous, Answer):
            self._follow(previous, message)
        self._compose(setter)

    def _follow(self, previous: Answer, message: Answer) -> None:
        kept: dict[int, TextSection] = {}
        for at, item in enumerate(message.items):
            section = self._sections.get(at)
            if isinstance(item, TextItem) and section and _continues(section.stream, item):
                if len(item.text) > len(section.stream.source):
                    section.stream.feed(item.text[len(section.stream.source) :])
                section.unread = ""
                for index, number in item.markers[len(section.stream.placed) :]:
                    section.stream.mark(index, number)
                if not message.streaming:
                    section.finish()
                kept[at] = section
        self._sections = kept
        self.open_folds -= _standing_open(previous) - _standing_open(message)

    def grow(self, at: int, text: str, setter: Typesetter) -> int:
        """More text for the item number `at`; the height from which on the entry has to be painted again."""
        if self.strips is None:
            self.realise(setter, self._width)
        self._sections[at].stream.feed(text)
        return self._cut_on(at, setter)

    def _cut_on(self, at: int, setter: Typesetter) -> int:
        """Show what has come to a text; the height from which on the entry has to be painted again."""
        section = self._sections[at]
        kept, fresh = section.cut(setter.look.measure)
        begin = self._starts[at]
        assert self.strips is not None
        end = self._end_of(at)
        first = self._exchange(begin + kept, end, fresh, setter)
        longer = begin + kept + len(fresh) - end
        self._starts = {item: start + longer if item > at else start for item, start in self._starts.items()}
        return self._tops[max(first - 1, 0)]

    def _end_of(self, at: int) -> int:
        assert self.strips is not None
        later = [start for item, start in self._starts.items() if item > at]
        return min(later, default=len(self.strips))

    def guess(self, by: Guess) -> None:
        """A height from the length of the text alone, unless a better one is known."""
        self._width = by.width
        if self.strips is not None or self._known[0] == by.width:
            return
        characters, lines = self._size
        self.height = by.line * (1 + int(characters * by.share) + lines) + by.around[self.kind]

    @property
    def unread(self) -> list[int]:
        """The numbers of the texts that are not read to their end yet."""
        return [at for at, section in self._sections.items() if section.unread]

    def read_on(self, setter: Typesetter, characters: int | None = None) -> int:
        """Read on in the first unread text, or without a number all of them; where to paint from, as `grow`."""
        unread = self.unread if characters is None else self.unread[:1]
        tops = []
        for at in unread:
            self._sections[at].read_on(characters)
            tops.append(self._cut_on(at, setter))
        return min(tops, default=self.height)

    def realise(self, setter: Typesetter, width: int, patient: bool = False) -> None:
        """Read and cut the message; nothing is laid out yet. `patient`: a long text only as far as `read_on` comes."""
        self._patient = patient
        if self.strips is None:
            self._floor = self.height
        if self.strips is None or width != self._width:
            self._width = width
            self._laid = []
            self.strips = [] if self.strips is None else self.strips
            self._compose(setter)

    def _compose(self, setter: Typesetter) -> None:
        fresh: list[Strip] = []
        self._starts = {}
        for item, strips in parts(self.message, self._text_strips(setter), setter.look.measure, self.is_open):
            self._starts[item] = len(fresh)
            fresh += [strip for strip, _ in strips]
        self._exchange(0, len(self.strips or ()), fresh, setter)

    def _text_strips(self, setter: Typesetter) -> TextStrips:
        def strips(item: TextItem, at: int) -> list[Strip]:
            if at not in self._sections:
                self._sections[at] = TextSection(item, at, self.streaming, self._patient)
            return self._sections[at].all(setter.look.measure)

        return strips

    @property
    def is_open(self) -> IsOpen:
        return lambda fold, at_first: (fold in self.open_folds) != at_first

    def unfolded(self, setter: Typesetter) -> list[Hidden]:
        """Its strips as if every fold were open. What had to be read for that is forgotten again."""
        self._patient = False
        self.read_on(setter)
        read = dict(self._sections)
        found = parts(self.message, self._text_strips(setter), setter.look.measure, everything_open)
        strips = [hidden for _, some in found for hidden in some]
        if self.strips is None:
            self._sections = read
        return strips

    def _exchange(self, begin: int, end: int, fresh: list[Strip], setter: Typesetter) -> int:
        """Put `fresh` in the place of the strips from `begin` to `end`; equal ones stay laid out.

        Returns the number of the first strip that changed.
        """
        assert self.strips is not None
        fresh = [self._dressed(strip, setter) for strip in fresh]
        old, known = self.strips[begin:end], len(self._laid[begin:end])
        same = 0
        while same < min(len(old), len(fresh), known) and old[same] == fresh[same]:
            same += 1
        back = 0
        while back < min(len(old), len(fresh), known) - same and old[-1 - back] == fresh[-1 - back]:
            back += 1
        self.strips[begin:end] = fresh
        low = begin + same
        if self._laid:
            self._renew(low, old[same : len(old) - back], fresh[same : len(fresh) - back], setter)
        else:
            self._laid = [None] * len(self.strips)
            self._heights = self._recall(setter)
        del self._tops[low:]
        self._measure_up(setter)
        return low

    def _renew(self, low: int, old: list[Strip], fresh: list[Strip], setter: Typesetter) -> None:
        """Strips from number `low` on are others. Of those that are still among them all that is known stays."""
        high = low + len(old)
        if len(old) == len(fresh) == 1:  # it is being written: at its last height, so that nothing jumps
            self._laid[low] = None
            return
        known = {id(strip): (self._laid[at], self._heights[at]) for at, strip in enumerate(old, low)}
        found = [known.get(id(strip)) or (None, setter.estimate(strip, self._width)) for strip in fresh]
        self._laid[low:high] = [laid for laid, _ in found]
        self._heights[low:high] = [height for _, height in found]

    def _recall(self, setter: Typesetter) -> list[int]:
        assert self.strips is not None
        width, heights = self._known
        if width == self._width and len(heights) == len(self.strips):
            return list(heights)
        return [setter.estimate(strip, self._width) for strip in self.strips]

    def _measure_up(self, setter: Typesetter) -> None:
        assert self.strips is not None
        look = setter.look
        card = look.px(CARD)
        y = look.px(TOP[self.kind]) + (card if _in_card(self.strips[:1]) else 0)
        if self._tops:
            last = len(self._tops) - 1
            y = self._tops[last] + self._heights[last]
        for at in range(len(self._tops), len(self.strips)):
            y += look.px(self.strips[at].gap) if self.strips[at].gap else 0
            self._tops.append(y)
            y += self._heights[at]
        self.height = y + (card if _in_card(self.strips[-1:]) else 0) + look.px(BOTTOM[self.kind])
        if self.unread:
            self.height = max(self.height, self._floor)

    def laid(self, at: int, setter: Typesetter) -> Laid:
        """A strip laid out; the entry's height is set right."""
        assert self.strips is not None
        found = self._laid[at]
        if found is None:
            found = self._laid[at] = setter.lay(self.strips[at], self._width)
            if found.height != self._heights[at]:
                self._heights[at] = found.height
                del self._tops[at + 1 :]
                self._measure_up(setter)
        return found

    def if_laid(self, at: int) -> Laid | None:
        return self._laid[at] if self.strips is not None and at < len(self._laid) else None

    def top(self, at: int) -> int:
        return self._tops[at]

    def strip_height(self, at: int) -> int:
        return self._heights[at]

    @property
    def tops(self) -> list[int]:
        return self._tops

    def _dressed(self, strip: Strip, setter: Typesetter) -> Strip:
        """As its reader wants it: code wrapped, pictures from elsewhere loaded."""
        if isinstance(strip, RemoteImage):
            return replace(strip, standing=setter.standings[strip.src])
        if isinstance(strip, CodeLines) and strip.wrapped != (strip.block in self.wrapped):
            return replace(strip, wrapped=not strip.wrapped)
        return strip

    def points_to(self, src: str) -> bool:
        """Whether a picture from elsewhere is among its strips, as far as they are made."""
        return any(isinstance(strip, RemoteImage) and strip.src == src for strip in self.strips or ())

    def dress(self, setter: Typesetter) -> None:
        """Pictures from elsewhere stand otherwise."""
        strips = list(self.strips or ())
        self._exchange(0, len(strips), strips, setter)

    def wrap(self, block: int, setter: Typesetter) -> None:
        """Wrap the long lines of a block of code, or let it be scrolled sideways again."""
        self.wrapped ^= {block}
        self.scrolls.pop(block, None)
        strips = self.strips or []
        changed = [
            replace(strip, wrapped=block in self.wrapped)
            if isinstance(strip, CodeLines) and strip.block == block
            else strip
            for strip in strips
        ]
        self._exchange(0, len(strips), changed, setter)

    def block_end(self, strip: int) -> int:
        """One past the last strip of the code or the table that a strip is part of."""
        strips = self.strips or []
        end = strip + 1
        while end < len(strips) and _block(strips[end]) == _block(strips[strip]) != NO_BLOCK:
            end += 1
        return end

    def toggle(self, fold: int, setter: Typesetter) -> None:
        self.open_folds ^= {fold}
        if self.strips is not None:
            self._compose(setter)

    def forget_pending(self) -> bool:
        """Forget the layout, not the height, of strips whose formulas were still being made. True if there were any."""
        pending = [at for at, laid in enumerate(self._laid) if laid is not None and laid.pending]
        for at in pending:
            self._laid[at] = None
        return bool(pending)

    def forget(self) -> None:
        """Drop everything but the heights."""
        if self.strips is None or self.streaming:
            return
        self._known = (self._width, self._heights)
        self.strips = None
        self._laid, self._heights, self._tops = [], [], []
        self._sections, self._starts = {}, {}

    def restyle(self) -> None:
        """The fonts or colours are others: no height is known any more."""
        self.forget()
        self._known = _NOTHING_KNOWN
        if self.strips is not None:
            self._laid = []
            self._width = 0

    def section_of(self, at: int) -> tuple[TextSection, int] | None:
        """The text section a strip belongs to and its number in it."""
        begins = [(start, item) for item, start in self._starts.items() if start <= at]
        start, item = max(begins, default=(0, -1))
        section = self._sections.get(item)
        return (section, at - start) if section else None

    def section(self, item: int) -> TextSection | None:
        return self._sections.get(item)


def _continues(stream: BlockStream, item: TextItem) -> bool:
    if stream.finished and len(item.text) != len(stream.source):
        return False
    placed = stream.placed
    return item.text.startswith(stream.source) and item.markers[: len(placed)] == placed


def _block(strip: Strip) -> int:
    return strip.block if isinstance(strip, CodeLines | Row) else NO_BLOCK


def _standing_open(message: Answer) -> set[int]:
    return {at for at, items in groups(message.items) if stands_open(items)}


def _in_card(strips: list[Strip]) -> bool:
    return any(isinstance(strip, Prose) and strip.in_card for strip in strips)


def _size(message: Message | Later) -> tuple[int, int]:
    """(characters, lines) a message's height is guessed from."""
    if isinstance(message, Later):
        return message.size
    if isinstance(message, Question):
        return len(message.text), message.text.count("\n")
    texts = [item.text for item in message.items if isinstance(item, TextItem)]
    trees = [item.text for item in message.items if isinstance(item, StructuredItem)]
    lines = sum(text.count("\n") for text in texts) + sum(min(text.count(","), 40) for text in trees)
    pictures = sum(isinstance(item, PictureItem) for item in message.items)
    return sum(map(len, texts)), lines + pictures * LINES_OF_A_PICTURE
