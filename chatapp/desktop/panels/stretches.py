"""A text cut into what is shown at a time: the slides, sheets or chapters it has, else parts of a length that is quick
to lay out. Pure."""

from bisect import bisect_right
from dataclasses import dataclass

from chatapp.documents.file_types import EPUB, PPTX, XLSX
from chatapp.documents.model import PAGE_NAMES, Document, Place

PART = 200_000
"""Characters of a text without pages that are shown at a time."""
UNITS = {EPUB: PAGE_NAMES["epub"], PPTX: PAGE_NAMES["pptx"], XLSX: PAGE_NAMES["xlsx"]}
PART_OF_TEXT = "part"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span of a document's text; `line` is that of its first character, from 1."""

    start: int
    end: int
    line: int


def unit_of(document: Document) -> str:
    """What a stretch is called."""
    return UNITS.get(document.media_type, "page") if document.pages else PART_OF_TEXT


def stretches(document: Document) -> tuple[Stretch, ...]:
    """All of them, in order: at least one."""
    if document.pages:
        spans = [(page.offset, page.offset + page.length) for page in document.pages]
    else:
        cuts = _cuts(document.text)
        spans = list(zip(cuts, [*cuts[1:], len(document.text)], strict=True))
    return tuple(Stretch(start, end, document.line_at(start)) for start, end in spans)


def stretch_at(found: tuple[Stretch, ...], offset: int) -> int:
    """The number, from 1, of the stretch that holds an offset."""
    return max(1, bisect_right([stretch.start for stretch in found], offset))


def where_in(document: Document, place: Place | None) -> str:
    """ "lines 4–6 of 80", "slide 3 of 10", or how long the text is."""
    if document.pages:
        number = document.page_at(place.offset) if place is not None else None
        count = len(document.pages)
        return f"{unit_of(document)} {number} of {count}" if number else counted(count, unit_of(document))
    lines = document.text.count("\n") + (not document.text.endswith("\n"))
    if place is None:
        return counted(lines, "line")
    first = document.line_at(place.offset)
    last = document.line_at(place.offset + max(0, place.length - 1))
    return f"line {first} of {lines}" if first == last else f"lines {first}–{last} of {lines}"


def counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _cuts(text: str) -> list[int]:
    """Where the parts begin: after the last line's end within PART, or in the middle of a line that is longer."""
    cuts = [0]
    while cuts[-1] + PART < len(text):
        end = text.rfind("\n", cuts[-1], cuts[-1] + PART) + 1
        cuts.append(end if end > cuts[-1] else cuts[-1] + PART)
    return cuts
