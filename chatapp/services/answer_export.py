"""An answer on its way out with what it rests on: footnotes, references for bibliographies, a page with its originals.
`exchange` knows the formats, `sources` finds the places."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from chatapp.conversation.tree import Turn
from chatapp.exchange.sources import Places, Source, numbered, sources
from chatapp.services.sources import Location, Sources
from chatapp.services.use_case import use_case

ReferenceKind = Literal["csl", "bibtex"]
REFERENCES: dict[str, ReferenceKind] = {"csl.json": "csl", "bib": "bibtex"}
"""The endings of their files."""


@dataclass(frozen=True, slots=True)
class Footnoted:
    """The same answer twice."""

    markdown: str
    html: str


class AnswerExport:
    """Looks the quotes up in the kept originals first, so that pages and lines are those of the files.

    The formats are loaded when they are needed: what HTML takes is slow to import.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    @use_case
    async def footnoted(self, turn: Turn) -> Footnoted:
        """The answer with its sources as footnotes."""
        from chatapp.exchange import footnotes, html

        found = await self._found(turn)
        return Footnoted(footnotes.render(turn.answer, found), html.fragment(turn.answer, found))

    @use_case
    async def references(self, turns: Sequence[Turn], kind: ReferenceKind) -> str:
        """What the answers cite, each quote of a file once, for a program that makes bibliographies."""
        from chatapp.exchange import bibtex, csl

        found = [replace(source, number=0) for turn in turns for source in await self._found(turn)]
        render = csl.render if kind == "csl" else bibtex.render
        return render(list(dict.fromkeys(found)))

    @use_case
    async def page(self, turn: Turn) -> str:
        """The answer as one HTML file of bounded size, with the pages and the lines that its passages stand on."""
        from chatapp.exchange import answer_page
        from chatapp.services.exhibits import exhibits

        locations = await self._locations(turn)
        found = sources(turn.answer, _places(locations))
        shown = await exhibits(self._sources, locations)
        return await asyncio.to_thread(answer_page.render, turn, found, shown)

    async def _found(self, turn: Turn) -> tuple[Source, ...]:
        return sources(turn.answer, _places(await self._locations(turn)))

    async def _locations(self, turn: Turn) -> dict[int, Location]:
        """Where each source stands, but not files that were made for the answer: nothing is quoted from them."""
        cited = [citation for citation in numbered(turn.answer) if not citation.made]
        return {citation.number: await self._sources.locate(turn.server, citation) for citation in cited}


def _places(locations: dict[int, Location]) -> Places:
    return {number: found.place for number, found in locations.items() if found.place is not None}
