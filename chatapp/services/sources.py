"""From a citation to the place in the original: the page and its boxes, or the line. `documents` does the reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chatapp.conversation.citations import Citation, cite
from chatapp.conversation.failures import Failure
from chatapp.conversation.tree import Turn
from chatapp.documents.model import SURE, Document, PageImage, PageText, Place, UnreadableDocument
from chatapp.services.ports import Documents, Original, Originals
from chatapp.services.recent import Recent
from chatapp.services.use_case import UseCaseFailure, use_case

PICTURE_BYTES = 32 << 20
"""Of pages that were drawn last, and of their neighbours."""
PLACES = 512


@dataclass(frozen=True, slots=True)
class Location:
    """`place` is None where the quote was not found surely enough to be shown; `reason` then says why."""

    original: Original | None
    place: Place | None
    reason: str | None = None


class Sources:
    """Opens what an answer cites. Pages and places are remembered by the hash of their file, so they stay true."""

    def __init__(self, originals: Originals, documents: Documents) -> None:
        self._originals = originals
        self._documents = documents
        self._pictures = Recent[PageImage](PICTURE_BYTES, lambda page: len(page.rgb))
        self._places = Recent[Place | None](PLACES)

    async def passages(self, turn: Turn) -> tuple[Citation, ...]:
        """The numbered citations of a turn, in reading order."""
        return cite(turn.answer)

    @use_case
    async def keep_ready(self, kept: bool) -> None:
        """Whether originals are about to be opened, so that what reads them should run already."""
        await self._documents.keep_ready(kept)

    @use_case
    async def locate(self, server: str, citation: Citation) -> Location:
        """Where the cited words stand in the kept original."""
        candidates = await self._candidates(server, citation)
        if not candidates:
            return Location(None, None, _no_original(citation))
        location = Location(candidates[0], None, NOT_FOUND)
        for original in candidates:
            location = await self.locate_in(original, citation)
            if location.place is not None:
                return location
        return location

    @use_case
    async def original(self, sha256: str) -> Original:
        """A kept original by its hash."""
        return await self._original(sha256)

    @use_case
    async def copy_under_name(self, original: Original) -> Path:
        """A copy of a kept original for other programs, under the name it has there."""
        return await self._originals.copy_under_name(original)

    @use_case
    async def page_image(self, sha256: str, page: int, width: int) -> PageImage:
        """A page of a kept PDF, `width` pixels wide."""
        original = await self._original(sha256)
        return await self._pictures.get(
            (sha256, page, width), lambda: self._documents.render(original.path, page, width)
        )

    @use_case
    async def page_text(self, sha256: str, page: int) -> PageText:
        """The text of a page of a kept PDF with the box of each character."""
        original = await self._original(sha256)
        return await self._documents.page_text(original.path, page)

    @use_case
    async def text(self, sha256: str) -> Document:
        """The text of a kept original."""
        original = await self._original(sha256)
        return await self._documents.read(original.path, original.filename)

    @use_case
    async def text_of(self, path: Path) -> Document:
        """The text of a file of this computer that is not kept."""
        return await self._documents.read(path, path.name)

    async def _candidates(self, server: str, citation: Citation) -> Sequence[Original]:
        """By the server's file id, which is certain; else every original of that name."""
        known = await self._originals.by_file_id(server, citation.file_id) if citation.file_id else None
        if known is not None:
            return [known]
        return await self._originals.by_filename(citation.filename) if citation.filename else []

    async def locate_in(self, original: Original, citation: Citation) -> Location:
        """Where the cited words stand in one original. One that was damaged since it was kept counts as not here."""
        page = citation.passage.page if citation.passage else None
        try:
            place = await self._places.get(
                (original.sha256, original.filename, citation.quote, page),
                lambda: self._find(original, citation.quote, page),
            )
        except UnreadableDocument as problem:
            is_here = await self._originals.is_whole(original)
            return Location(original if is_here else None, None, problem.message)
        if place is None or place.found < SURE:
            return Location(original, None, NOT_FOUND)
        return Location(original, place)

    async def _find(self, original: Original, quote: str, page: int | None) -> Place | None:
        """Raises UnreadableDocument, also where the words are missing because the file is damaged."""
        place = await self._documents.locate(original.path, quote, original.filename, page)
        if (place is None or place.found < SURE) and not await self._originals.is_whole(original):
            raise UnreadableDocument("damaged", DAMAGED)
        return place

    async def _original(self, sha256: str) -> Original:
        original = await self._originals.by_hash(sha256)
        if original is None:
            raise UseCaseFailure(
                Failure(
                    "original_gone", "The original is not here", "It is not among this profile's kept files."
                )
            )
        return original


NOT_FOUND = (
    "The place is not certain: less than half of the quoted words were found together in the original. "
    "This is the passage as the server gave it."
)


DAMAGED = "The copy of the original on this computer is damaged. This is the passage as the server gave it."


def _no_original(citation: Citation) -> str:
    if citation.url:
        return "This citation leads to a web page, not to a file."
    name = citation.filename or citation.file_id or "this file"
    return f"The original of {name} is not on this computer: it was uploaded from elsewhere. Only the passage is known."
