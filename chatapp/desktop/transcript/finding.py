"""Finding words in messages: what is looked for, what counts as the same, where it stands. No toolkit.

Case and diacritics do not count unless they are asked for, a blank stands for any blanks, and what is not seen (the
place of a marker, a soft hyphen) is not in the way. A formula is searched in its TeX, and found as a whole.

A message is searched twice. Its source says at once about how often, for thousands of messages; its strips, once it is
read, say exactly where.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from chatapp.desktop.transcript.composing import Hidden
from chatapp.desktop.transcript.folds import fold_details, fold_text
from chatapp.desktop.transcript.messages import (
    Item,
    Message,
    PictureItem,
    Question,
    RefusalItem,
    StructuredItem,
    TextItem,
    VerdictItem,
)
from chatapp.desktop.transcript.runs import GLUE, OBJECT, cut, unit_positions, units
from chatapp.desktop.transcript.strips import (
    Branch,
    Card,
    CodeLines,
    Equation,
    Files,
    Fold,
    Prose,
    RemoteImage,
    Row,
    Strip,
    formulas_of,
)

SEARCHED: Final = (Prose, Equation, CodeLines, Row, Branch, RemoteImage, Card, Fold, Files)
MARKUP: Final = "*_`~\\"
"""Signs that stand in the source within words and are not seen."""
_LOWER: Final = bytes.maketrans(ascii_uppercase.encode(), ascii_lowercase.encode())
ADDRESS: Final = "]("
_UNSEEN: Final = {OBJECT, GLUE, "\u00ad", "\u200b"}
_COMBINING: Final = re.compile("[\u0300-\u036f]+")
_WORD: Final = r"[^\W_]"


@dataclass(frozen=True)
class Wanted:
    """What is looked for. With `case`, letters count as they are: case and diacritics too."""

    text: str
    case: bool = False
    whole: bool = False

    def __bool__(self) -> bool:
        return bool(self._words)

    @cached_property
    def _words(self) -> list[str]:
        return folded(self.text, self.case)[0].split()

    @property
    def has_markup(self) -> bool:
        return any(sign in self.text for sign in MARKUP)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """For text that went through `folded`."""
        found = r"\s+".join(map(re.escape, self._words))
        return re.compile(rf"(?<!{_WORD})(?:{found})(?!{_WORD})" if self.whole else found)

    @cached_property
    def needle(self) -> str | None:
        """One word as it stands in folded text, where no pattern is needed to count it."""
        return self._words[0] if len(self._words) == 1 and not self.whole else None

    def ranges(self, text: str) -> list[tuple[int, int]]:
        """Where it stands, in UTF-16 units."""
        seen, origins = folded(text, self.case)
        spans = [found.span() for found in self.pattern.finditer(seen)] if self else []
        if origins is not None:
            spans = [(origins[start], origins[end - 1] + 1) for start, end in spans]
        units = unit_positions(text) if spans else None
        return [(units[start], units[end]) for start, end in spans] if units else spans

    def count(self, source: str) -> int:
        """About how often, in a source that went through `loose`; rather once than never where an address may stand
        between the words."""
        if self.needle is not None:
            return source.count(self.needle)
        if not all(word in source for word in self._words):
            return 0
        return sum(1 for _ in self.pattern.finditer(source)) or int(ADDRESS in source)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: in which of a message's unfolded strips, from where to where, behind which folds."""

    strip: int
    start: int
    end: int
    folds: tuple[int, ...] = ()


def places(wanted: Wanted, strips: Iterable[Hidden]) -> list[Place]:
    """Everywhere in a message, given its strips as if every fold were open."""
    return [
        Place(at, start, end, folds)
        for at, (strip, folds) in enumerate(strips)
        if isinstance(strip, SEARCHED)
        for start, end in ranges_in(wanted, strip)
    ]


def ranges_in(wanted: Wanted, strip: Strip) -> Iterable[tuple[int, int]]:
    """Where it stands in a strip, in UTF-16 units; a formula that holds it several times is one place."""
    formulas = tuple(formulas_of(strip))
    if not formulas:
        return wanted.ranges(strip.text)
    pieces: list[str] = []
    spans: list[tuple[int, int]] = []
    at = written = 0
    for start, end, run in formulas:
        low = written + start - at
        spans.append((low, low + units(run.source)))
        pieces += [cut(strip.text, at, start), run.source]
        at, written = end, spans[-1][1]
    pieces.append(cut(strip.text, at, units(strip.text)))
    found = wanted.ranges("".join(pieces))
    return dict.fromkeys((_seen_at(start, spans), _seen_at(end - 1, spans) + 1) for start, end in found)


def _seen_at(at: int, spans: Sequence[tuple[int, int]]) -> int:
    """The position in a strip of what stands at `at` once its formulas, which reach over `spans`, are written out."""
    longer = 0
    for low, high in spans:
        if at < high:
            return min(at, low) - longer
        longer += high - low - 1
    return at - longer


def folded(text: str, case: bool) -> tuple[str, list[int] | None]:
    """(the text as it is compared, of which character of `text` each of its characters is made; None: of its own)."""
    if text.isascii():
        return (text if case else text.lower()), None
    pieces, origins = [], []
    for at, character in enumerate(text):
        piece = _compared(character, case)
        pieces.append(piece)
        origins += [at] * len(piece)
    return "".join(pieces), origins


@lru_cache(maxsize=4096)
def _compared(character: str, case: bool) -> str:
    if character in _UNSEEN:
        return ""
    return character if case else _plain(character)


def _plain(text: str) -> str:
    return _COMBINING.sub("", unicodedata.normalize("NFD", text)).casefold()


def loose(source: str, case: bool, with_markup: bool) -> str:
    """A source as it is counted in: without the signs of Markdown, unless they are looked for."""
    signs = "" if with_markup else MARKUP
    if (
        source.isascii()
    ):  # as bytes, at a quarter of the time: it is done for every message when the bar opens
        return source.encode().translate(None if case else _LOWER, signs.encode()).decode()
    source = source.translate(dict.fromkeys(map(ord, signs)))
    return source if case else _plain(source)


def source_of(message: Message) -> str:
    """All that is searched of a message, as it was written."""
    return "\n".join(_sources(message))


def _sources(message: Message) -> Iterator[str]:
    if isinstance(message, Question):
        yield message.text
        yield from (f"{result.name}\n{result.output}" for result in message.results)
        yield from (file.name for file in message.attachments)
        return
    for item in message.items:
        yield from _of_item(item)
    yield message.note
    if message.notice:
        yield f"{message.notice.title}\n{message.notice.text}"


def _of_item(item: Item) -> Iterator[str]:
    match item:
        case TextItem(text) | RefusalItem(text) | StructuredItem(text, _):
            yield text
        case VerdictItem(words):
            yield words
        case PictureItem():
            return
        case _:
            yield fold_text((item,), whole=True)
            yield from (detail.text for detail in fold_details((item,)))
