"""Originals that are not on this computer: the server's own, or a file that the user chooses, checked by its text."""

from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from chatapp.conversation.citations import Citation
from chatapp.conversation.failures import Failure
from chatapp.documents.limits import MIB
from chatapp.protocol.json_types import index_of, shortened
from chatapp.services.fetching import kept, original_of
from chatapp.services.ports import NOT_THERE, Original, ServerFailure
from chatapp.services.sources import Location, Sources
from chatapp.services.uploads import Carriers
from chatapp.services.use_case import UseCaseFailure, failure_of, use_case

FETCHED_UNASKED = 20 * MIB
"""The largest original that is fetched when its citation is opened; a larger one is offered."""
REFUSED = (*NOT_THERE, 400, 403)
"""Statuses of a server that will not change its mind: OpenAI hands out no file that was uploaded for searching."""
LONGEST_NAME = 80
DIFFERS = "This file differs from the cited one: less than half of the passage was found together in it."


@dataclass(frozen=True, slots=True)
class Absent:
    """Why an original is not here. `is_offered`: the server has it, and it is large."""

    reason: str
    is_offered: bool = False


class MissingOriginals:
    """What a server did not hand out is not asked for again unless somebody wishes it."""

    def __init__(self, carriers: Carriers, sources: Sources) -> None:
        self._carriers = carriers
        self._sources = sources
        self._absent: dict[tuple[str, str], Absent] = {}

    @use_case
    async def fetch(self, server: str, citation: Citation, asked: bool = False) -> Original | Absent:
        """The cited file as the server has it, kept from now on; a large one only when `asked`."""
        key = (server, citation.file_id)
        if not asked and key in self._absent:
            return self._absent[key]
        try:
            return await self._fetched(server, citation, asked)
        except ServerFailure as problem:
            absent = Absent(f"{_name(citation)} is not on this computer, and not to be had. {_why(problem)}")
            if problem.status in REFUSED:
                self._absent[key] = absent
            return absent

    @use_case
    async def give(self, server: str, citation: Citation, path: Path) -> Location:
        """Keeps a file that the user has for the cited one, under its name. `reason` says that it differs, where the
        passage is not in it."""
        same_kind = PurePath(citation.filename).suffix.lower() == path.suffix.lower()
        try:
            original = await self._carriers.originals.keep(
                path, citation.filename if same_kind else path.name, lambda copied: None
            )
        except OSError as problem:
            raise UseCaseFailure(_unreadable(path, problem)) from problem
        location = await self._sources.locate_in(original, citation)
        passage = citation.passage.text if citation.passage is not None else citation.quote
        whole = await self._sources.locate_in(original, replace(citation, quote=passage))
        if whole.place is None:
            return replace(location, reason=DIFFERS)
        await self._link(server, citation, original)
        return location

    async def _fetched(self, server: str, citation: Citation, asked: bool) -> Original | Absent:
        known = await kept(self._carriers, server, citation.file_id)
        if known is not None:
            return known
        client = self._carriers.servers.vector_stores(await self._carriers.book.get(server))
        size = index_of((await client.file(citation.file_id)).get("bytes")) or 0
        if size > FETCHED_UNASKED and not asked:
            words = f"The original of {_name(citation)} is not on this computer. The server has it: "
            return Absent(f"{words}{size / MIB:,.0f} MB.", is_offered=True)
        return await original_of(self._carriers, server, citation.file_id)

    async def _link(self, server: str, citation: Citation, original: Original) -> None:
        """A file of the server's size that holds the passage is the server's."""
        client = self._carriers.servers.vector_stores(await self._carriers.book.get(server))
        try:
            held = await client.file(citation.file_id)
        except ServerFailure:
            return  # it is found by its name
        if index_of(held.get("bytes")) == original.bytes:
            await self._carriers.originals.link(server, citation.file_id, original.sha256, original.filename)


def _name(citation: Citation) -> str:
    return shortened(citation.filename, LONGEST_NAME) or citation.file_id or "this file"


def _why(problem: ServerFailure) -> str:
    return "The server does not have it any more." if problem.is_absence else f"{failure_of(problem).title}."


def _unreadable(path: Path, problem: OSError) -> Failure:
    words = problem.strerror or str(problem)
    return Failure("attachment", f"{path.name} cannot be read", f"{words}. Choose another file.")
