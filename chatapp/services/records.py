"""What is made of an answer's record for those who look at it: programs, and what is another than before. Both can be
large, so they are made beside everything else."""

import asyncio
from collections.abc import Sequence

from chatapp.conversation.comparison import Piece, compare
from chatapp.conversation.json_difference import Difference, differences
from chatapp.conversation.tree import Turn
from chatapp.services.address_book import AddressBook
from chatapp.services.destinations import destination, hint
from chatapp.services.enclosures import Enclosures
from chatapp.services.use_case import use_case


class Records:
    def __init__(self, book: AddressBook, enclosures: Enclosures) -> None:
        self._book = book
        self._enclosures = enclosures

    @use_case
    async def program(self, turn: Turn, kind: str) -> str:
        """A turn's request as a program that sends it; `kind` is a name of `exchange.programs.PROGRAMS`. No key is in
        it. Raises UseCaseFailure for a file that would have to be uploaded first."""
        from chatapp.exchange.programs import PROGRAMS

        connection = await self._book.get(turn.server)
        request = await self._enclosures.printed(connection.id, turn.request)
        written = await asyncio.to_thread(PROGRAMS[kind], destination(connection), request)
        return hint(connection) + written

    async def words(self, first: str, second: str) -> tuple[Piece, ...]:
        """Two texts word by word."""
        return await asyncio.to_thread(compare, first, second)

    async def differences(self, before: Turn, after: Turn) -> Sequence[Difference]:
        """Between two requests."""
        return await asyncio.to_thread(differences, before.request, after.request)
