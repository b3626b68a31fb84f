"""What the formats share: the texts of an answer with markers set in, the numbered sources they point to, and what
else a reader should know of a turn."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.citations import Citation, cite, line_of
from chatapp.conversation.tree import Turn
from chatapp.documents.model import Place, page_name

Marker = Callable[[tuple[int, ...]], str]
"""The text of a marker, from the numbers of the sources it points to."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_FENCE = re.compile(r"[ \t>]*(?:`{3,}|~{3,})[ \t]*")
_ADDRESS = re.compile(r"\]\([^\s()]+\Z")
_LONGEST_ADDRESS = 2000
SHOWN_PARTS = ("output_text", "refusal")

_ENDS = {
    Status.QUEUED: "Not answered yet.",
    Status.IN_PROGRESS: "Still being answered.",
    Status.STOPPED: "Stopped by the reader.",
    Status.CUT: "The answer was cut off.",
}


Places = Mapping[int, Place]
"""Where the quotes were found in their originals, by the numbers of their sources."""

NOWHERE: Places = {}


@dataclass(frozen=True, slots=True)
class Source:
    """What a number stands for, each text on one line. `page` and `line` count from 1; `url` is set for web sources."""

    number: int
    name: str
    quote: str
    page: int | None = None
    line: int | None = None
    url: str | None = None

    @property
    def place(self) -> str:
        """ "page 5", "slide 2", "line 12", or empty where it is not known."""
        if self.page is not None:
            return f"{self._page_name} {self.page}"
        return f"line {self.line}" if self.line is not None else ""

    @property
    def is_on_page(self) -> bool:
        """Whether `page` is the number of a page, and not of a slide, a chapter or a sheet."""
        return self.page is not None and self._page_name == "page"

    @property
    def _page_name(self) -> str:
        return page_name(self.name)


def sources(answer: Answer, places: Places = NOWHERE) -> tuple[Source, ...]:
    """Every source once, in the order of the numbers. A place in the original goes before what the server said."""
    return tuple(_source(citation, places.get(citation.number)) for citation in numbered(answer))


def numbered(answer: Answer) -> tuple[Citation, ...]:
    """The first citation of each number, in the order of the numbers."""
    first = {citation.number: citation for citation in reversed(cite(answer))}
    return tuple(first[number] for number in sorted(first))


def marked_texts(answer: Answer, marker: Marker) -> Iterator[str]:
    """The texts meant for the reader, in order, each with its markers where the citations stand."""
    places = {
        key: list(group) for key, group in groupby(cite(answer), key=lambda found: (found.item, found.part))
    }
    for item_at, item in enumerate(answer.items):
        for part_at, part in enumerate(item.parts):
            if item.type == "message" and part.kind in SHOWN_PARTS and part.text:
                yield _marked(part.text, places.get((item_at, part_at), []), marker)


def remarks(turn: Turn) -> Iterator[str]:
    """Sentences about the turn: how it ended if not well, and what was done differently."""
    answer = turn.answer
    if answer.incomplete_reason is not None or answer.status is Status.INCOMPLETE:
        yield f"Incomplete: {answer.incomplete_reason or 'no reason given'}."
    elif answer.status in _ENDS:
        yield _ENDS[answer.status]
    if answer.failure is not None:
        yield f"{answer.failure.title}. {answer.failure.text}".strip()
    if turn.note:
        yield turn.note


def moment(seconds: float) -> str:
    """A time for people, in UTC; empty where the seconds are beyond any calendar."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return ""


def author(turn: Turn) -> str:
    return turn.answer.model or turn.server


def writable(text: str) -> str:
    """As UTF-8 can hold it: halves of surrogate pairs become U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def one_line(text: str) -> str:
    return " ".join(text.split())


def _source(citation: Citation, place: Place | None) -> Source:
    name = one_line(citation.filename or citation.url or citation.file_id)
    page, line = (place.page, place.line) if place is not None else _told(citation)
    return Source(citation.number, name, one_line(citation.quote), page, line, citation.url)


def _told(citation: Citation) -> tuple[int | None, int | None]:
    """The page and the line that the server says the quote is from."""
    passage = citation.passage
    if passage is None:
        return None, None
    line = None if passage.line is None else line_of(citation.quote, passage.text, passage.line)
    return passage.page, line


def _marked(text: str, citations: list[Citation], marker: Marker) -> str:
    pieces, end = [], len(text)
    together = groupby(citations, key=lambda found: _outside_link(text, found.index))
    spots = {index: _numbers(group) for index, group in together}
    for index in sorted(spots, reverse=True):
        mark = marker(spots[index])
        pieces += [text[index:end], f"\n\n{mark}\n" if _after_fence(text, index) else mark]
        end = index
    pieces.append(text[:end])
    return "".join(reversed(pieces))


def _outside_link(text: str, index: int) -> int:
    """A span that is annotated may be the address of a link: its marker stands behind the whole link."""
    inside = text.startswith(")", index) and _ADDRESS.search(text, max(0, index - _LONGEST_ADDRESS), index)
    return index + 1 if inside else index


def _after_fence(text: str, index: int) -> bool:
    """Whether the line that a marker ends is a fence, which it would be no more with the marker in it."""
    return bool(_FENCE.fullmatch(text[text.rfind("\n", 0, index) + 1 : index]))


def _numbers(citations: Iterator[Citation]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(citation.number for citation in citations))
