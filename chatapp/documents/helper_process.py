"""Reading files in a process of its own, with limits on time and memory: what both programs call."""

from pathlib import Path
from typing import Self

from chatapp.documents.limited_process import IDLE_LIMIT, TIME_LIMIT, LimitedProcess, Program
from chatapp.documents.messages import to_document, to_image, to_page_text, to_place
from chatapp.documents.model import Document, PageImage, PageText, Place

READER = Program("chatapp.documents", "Reading")


class DocumentReader:
    """Reads, finds and draws in a helper process; a `LimitedProcess` in all other respects."""

    def __init__(self, time_limit: float = TIME_LIMIT, idle_limit: float = IDLE_LIMIT) -> None:
        """Both limits in seconds."""
        self._process = LimitedProcess(READER, time_limit, idle_limit)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    @property
    def process_id(self) -> int | None:
        """The helper's process id while one runs."""
        return self._process.process_id

    async def keep_ready(self, kept: bool) -> None:
        """Has the helper running, with what PDFs take, until it is called with False. Raises UnreadableDocument."""
        self._process.keep(kept)
        if kept:
            await self._process.ask(lambda header, body: None, {"do": "wake"})

    async def read(self, path: Path, filename: str | None = None) -> Document:
        """The document in a file. `filename` tells its suffix if `path` does not. Raises UnreadableDocument."""
        request = {"do": "read", "path": _absolute(path), "filename": filename}
        return await self._process.ask(to_document, request)

    async def locate(
        self, path: Path, quote: str, filename: str | None = None, page: int | None = None
    ) -> Place | None:
        """Where a quote stands in a file, the given page first; None if not one of its words is there.

        Raises UnreadableDocument.
        """
        request = {
            "do": "locate",
            "path": _absolute(path),
            "filename": filename,
            "quote": quote,
            "page": page,
        }
        return await self._process.ask(to_place, request)

    async def render(self, path: Path, page: int, width: int) -> PageImage:
        """A page of a PDF drawn `width` pixels wide. Raises UnreadableDocument."""
        request = {"do": "render", "path": _absolute(path), "page": page, "width": width}
        return await self._process.ask(to_image, request)

    async def page_text(self, path: Path, page: int) -> PageText:
        """The text of a page of a PDF with the box of each character. Raises UnreadableDocument."""
        request = {"do": "page_text", "path": _absolute(path), "page": page}
        return await self._process.ask(to_page_text, request)

    async def aclose(self) -> None:
        """Ends the helper and whatever it was doing; calls still waiting, and later ones, raise RuntimeError."""
        await self._process.aclose()


def _absolute(path: Path) -> str:
    return str(path.absolute())
