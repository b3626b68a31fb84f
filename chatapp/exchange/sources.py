"""What `markdown` and `html` share: the texts of an answer with markers set in, the numbered sources they point to,
and what else a reader should know of a turn."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from chatapp.conversation.answer import Answer, Status
from chatapp.conversation.citations import Citation, cite
from chatapp.conversation.tree import Turn

Marker = Callable[[tuple[int, ...]], str]
"""The text of a marker, from the numbers of the sources it points to."""

_SURROGATE = re.compile("[\ud800-\udfff]")
SHOWN_PARTS = ("output_text", "refusal")

_ENDS = {
    Status.QUEUED: "Not answered yet.",
    Status.IN_PROGRESS: "Still being answered.",
    Status.STOPPED: "Stopped by the reader.",
    Status.CUT: "The answer was cut off.",
}


@dataclass(frozen=True, slots=True)
class Source:
    """`place` is "page 5", "line 12" or empty; `url` is set for web sources."""

    number: int
    name: str
    place: str
    quote: str
    url: str | None


def sources(answer: Answer) -> tuple[Source, ...]:
    """Every source once, in the order of the numbers."""
    first = {citation.number: citation for citation in reversed(cite(answer))}
    return tuple(_source(first[number]) for number in sorted(first))


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


def _source(citation: Citation) -> Source:
    passage = citation.passage
    page, line = (passage.page, passage.line) if passage is not None else (None, None)
    place = f"page {page}" if page is not None else f"line {line}" if line is not None else ""
    name = citation.filename or citation.url or citation.file_id
    return Source(citation.number, one_line(name), place, one_line(citation.quote), citation.url)


def _marked(text: str, citations: list[Citation], marker: Marker) -> str:
    pieces, end = [], len(text)
    spots = {index: _numbers(group) for index, group in groupby(citations, key=lambda found: found.index)}
    for index in sorted(spots, reverse=True):
        pieces += [text[index:end], marker(spots[index])]
        end = index
    pieces.append(text[:end])
    return "".join(reversed(pieces))


def _numbers(citations: Iterator[Citation]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(citation.number for citation in citations))
