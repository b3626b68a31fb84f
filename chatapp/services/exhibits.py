"""What stands behind an answer's sources, to be shown under it: page images with boxes, or the lines of a text.
`answer_export` asks for them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatapp.documents.model import Document, Place
from chatapp.exchange.answer_page import Excerpt, Exhibit, PagePicture, Unseen
from chatapp.services.ports import Original
from chatapp.services.sources import Location, Sources
from chatapp.services.use_case import UseCaseFailure

PICTURE_WIDTH = 1000
"""Pixels: sharp in a column of 46 rem, and a page of text takes some 100 kB."""
MOST_PICTURES = 24
MOST_BYTES = 12_000_000
"""Of all pictures of one file together; as text they take a third more."""
MOST_QUOTED = 20_000
"""Characters of a quote that are shown in a text."""
CONTEXT = 600
"""Characters shown on each side of them."""
LEFT_OUT = (
    f"The picture of this page is left out: a file holds {MOST_PICTURES} pictures at most, "
    f"and {MOST_BYTES // 1_000_000} MB of them."
)


@dataclass(slots=True)
class _Room:
    """What is left of what one file may hold."""

    pictures: int = MOST_PICTURES
    bytes: int = MOST_BYTES


@dataclass(frozen=True, slots=True)
class _Seen:
    """A quote that was found: the number of its source, the file and the place."""

    number: int
    original: Original
    place: Place

    @property
    def page(self) -> tuple[str, int] | None:
        """Which page of which PDF, None for a text."""
        place = self.place
        return (self.original.sha256, place.page) if place.page is not None and place.line is None else None


async def exhibits(sources: Sources, locations: Mapping[int, Location]) -> list[Exhibit]:
    """In the order of the numbers. A page with several passages comes once, where the first of them is due."""
    room, found = _Room(), list[Exhibit]()
    seen = {number: _seen(number, location) for number, location in locations.items()}
    drawn: set[tuple[str, int]] = set()
    for number, one in seen.items():
        if one is None:
            found.append(Unseen(number, locations[number].reason or ""))
        elif one.page is None:
            found.append(await _excerpt(sources, one))
        elif one.page not in drawn:
            drawn.add(one.page)
            together = [other for other in seen.values() if other is not None and other.page == one.page]
            found += await _picture(sources, together, one.page, room)
    return found


def _seen(number: int, location: Location) -> _Seen | None:
    if location.original is None or location.place is None:
        return None
    return _Seen(number, location.original, location.place)


async def _picture(
    sources: Sources, together: Sequence[_Seen], page: tuple[str, int], room: _Room
) -> list[Exhibit]:
    from chatapp.exchange.png import png

    if not room.pictures:
        return [Unseen(one.number, LEFT_OUT) for one in together]
    try:
        image = await sources.page_image(*page, PICTURE_WIDTH)
    except UseCaseFailure as problem:
        return [Unseen(one.number, problem.failure.text) for one in together]
    picture = await asyncio.to_thread(png, image)
    if len(picture) > room.bytes:
        return [Unseen(one.number, LEFT_OUT) for one in together]
    room.pictures -= 1
    room.bytes -= len(picture)
    boxes = tuple((one.number, one.place.boxes) for one in together)
    name = together[0].original.filename
    return [PagePicture(name, image.page, image.page_count, image.width, image.height, picture, boxes)]


async def _excerpt(sources: Sources, one: _Seen) -> Exhibit:
    try:
        document = await sources.text(one.original.sha256)
    except UseCaseFailure as problem:
        return Unseen(one.number, problem.failure.text)
    text, start = document.text, one.place.offset
    end = start + min(one.place.length, MOST_QUOTED)
    first, last = _around(document, one.place)
    before, after = text[max(first, start - CONTEXT) : start], text[end : min(last, end + CONTEXT)]
    lead = before if start - CONTEXT <= first else f"… {before.partition(' ')[2]}"
    tail = after if end + CONTEXT >= last else f"{after.rpartition(' ')[0]} …"
    return Excerpt(one.number, lead.lstrip("\n"), text[start:end], tail.rstrip())


def _around(document: Document, place: Place) -> tuple[int, int]:
    """What of a text is shown around a place: its slide, sheet or chapter, or all where there are none."""
    if place.page is None or not document.pages:
        return 0, len(document.text)
    page = document.page(place.page)
    return page.offset, page.offset + page.length
