"""Questions put to the engine as a user would: files in a library, a conversation, an answer, its first citation."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2

from chatapp.conversation.citations import Citation, cite
from chatapp.documents.model import Box
from chatapp.services.application import Application
from chatapp.services.sources import Location


@dataclass(frozen=True, slots=True)
class Finding:
    """What the first citation of an answer leads to; nothing where it cites nothing."""

    citation: Citation | None
    location: Location | None

    def is_at(self, truth: dict[str, Any]) -> bool:
        """Whether it is the file and the page that were expected."""
        if self.citation is None or self.citation.filename != truth["file"]:
            return False
        place = self.location.place if self.location else None
        return place is not None and place.page == truth.get("page")

    def covers(self, truth: dict[str, Any]) -> bool:
        """Whether the words lie in what is marked: in the boxes of a PDF, else in the lines of the text."""
        place = self.location.place if self.location else None
        original = self.location.original if self.location else None
        if place is None or original is None:
            return False
        if truth.get("line") not in (None, place.line):
            return False
        marked = in_boxes(original.path, place.page or 1, place.boxes) if place.boxes else place.quote
        return squeezed(truth["words"]) in squeezed(marked)


async def library(app: Application, paths: Sequence[Path]) -> str:
    """A vector store of the engine with these files, as many of them as can be read."""
    store_id: str = (await app.library.create_store("engine", "Questions"))["id"]
    await app.library.add_and_wait("engine", store_id, [(path, path.name) for path in paths])
    return store_id


async def asked(app: Application, store_id: str, question: str) -> Finding:
    head = await app.conversations.create("engine", {"vector_stores": [store_id]})
    turn = await app.turns.wait(await app.turns.send(head.id, question))
    citations = cite(turn.answer)
    if not citations:
        return Finding(None, None)
    return Finding(citations[0], await app.sources.locate("engine", citations[0]))


def in_boxes(path: Path, page_number: int, boxes: Sequence[Box]) -> str:
    """The text that pdfium finds inside the boxes, read independently of the program's own code."""
    with pypdfium2.PdfDocument(path) as pdf:
        page = pdf[page_number - 1]
        width, height = page.get_size()
        text = page.get_textpage()
        return " ".join(
            text.get_text_bounded(
                box.left * width, (1 - box.bottom) * height, box.right * width, (1 - box.top) * height
            )
            for box in boxes
        )


def squeezed(text: str) -> str:
    """Without blanks and hyphens, which lines bring in."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())
