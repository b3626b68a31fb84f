"""What may be opened next: found in its original, and its page drawn, before anybody asks."""

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

from chatapp.conversation.citations import Citation
from chatapp.desktop.loop import Errands
from chatapp.documents.model import Place
from chatapp.services.application import UseCaseFailure


class Ahead:
    """One after another, so that what is opened meanwhile waits for one thing at most. `width_for` says how wide, in
    device pixels, the page of a place will be shown; None where it is not to be drawn yet."""

    def __init__(self, errands: Errands, width_for: Callable[[Place], int | None]) -> None:
        self._errands = errands
        self._width_for = width_for
        self._wanted: deque[tuple[str, Citation]] = deque()
        self._is_reading = False

    def read(self, server: str, citations: Iterable[Citation]) -> None:
        """These and no others: what was wanted before and is not begun is let go."""
        self._wanted = deque(
            (server, citation) for citation in citations if not citation.url and not citation.made
        )
        if self._wanted and not self._is_reading:
            self._is_reading = True
            self._errands.own(self._read_all())

    async def _read_all(self) -> None:
        try:
            while self._wanted:
                with suppress(UseCaseFailure):  # told when it is opened
                    await self._read(*self._wanted.popleft())
        finally:
            self._is_reading = False

    async def _read(self, server: str, citation: Citation) -> None:
        location = await self._errands.ask(lambda app: app.sources.locate(server, citation))
        original, place = location.original, location.place
        if original is None or place is None or place.page is None or not place.boxes:
            return
        page, width = place.page, self._width_for(place)
        if width is not None:
            await self._errands.ask(lambda app: app.sources.page_image(original.sha256, page, width))
