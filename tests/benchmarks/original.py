"""A citation opened in a PDF of 300 pages, in the real window: from the click to the page with its box on the screen.

`cold_ms` is a click while the process that reads is not there: it was let go, and starts for this. `first_ms` is the
first click of all on a window that had a moment for itself after the answer. `click_ms` is the median of the later
ones, each on a page that was not seen before, `click_worst_ms` the worst of them, `again_ms` the worst where the page
was seen, `turn_ms` the worst turn to the next page once the viewer had made it ready, `hasty_turn_ms` the worst of
turns that follow each other at once. `grown_mb` is what the resident set of the window's process grew by in all of it,
over 40 pages. The baseline has no process, no cache and
no window: PDFium reads the whole file, the words are looked for in its text, and the page is drawn.
"""

import asyncio
import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pypdfium2
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from chatapp.assembly import open_profile
from chatapp.desktop.panels.original import REST_MS
from chatapp.documents.helper_process import DocumentReader
from chatapp.documents.pdf import render
from chatapp.documents.places import locate
from chatapp.services.application import Application
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.benchmarks.open import resident_mb
from tests.desktop.conftest import Room, opened
from tests.kit.events import JsonObject, StreamBuilder, file_citation, sse_bytes
from tests.kit.gated_server import GatedServer, error_reply, json_reply, stream_reply
from tests.kit.shared import shared_folder

SOURCE: Final = shared_folder() / "corpus" / "federal-register-2020-17221.pdf"
PAGES: Final = 300
SAID: Final = (1500, 1640)  # the characters of a page that are cited
STEP: Final = 16  # from one cited page to the next
LEAST_WORDS: Final = 12
TURNS: Final = 30
SETTLED_S: Final = 1.5  # nobody reads an answer sooner
LOOK_S: Final = 0.001
PATIENCE_S: Final = 20.0


def long_pdf(path: Path) -> Path:
    """The source again and again, until it has 300 pages."""
    source, made = pypdfium2.PdfDocument(SOURCE), pypdfium2.PdfDocument.new()
    while len(made) < PAGES:
        made.import_pages(source, pages=list(range(min(len(source), PAGES - len(made)))))
    made.save(path)
    return path


def quotes(path: Path) -> dict[int, str]:
    """What is cited of which page: of pages far apart, each another one of the source."""
    document, found = pypdfium2.PdfDocument(path), dict[int, str]()
    for number in range(21, PAGES, STEP):
        page = document[number - 1]
        words = page.get_textpage().get_text_range().replace("\r\n", "\n")[slice(*SAID)]
        if len(words.split()) >= LEAST_WORDS and words not in found.values():
            found[number] = words
    return found


def answer(path: Path, cited: dict[int, str]) -> bytes:
    text, ends = "", []
    for quote in cited.values():
        text += ("\n\n" if text else "") + " ".join(quote.split())
        ends.append(len(text))
    found: list[JsonObject] = [
        {"file_id": "f", "filename": path.name, "score": 0.9, "text": quote, "page": page, "attributes": {}}
        for page, quote in cited.items()
    ]
    notes = [file_citation("f", path.name, end) for end in ends]
    builder = StreamBuilder("resp_1").begin().file_search(["?"], found)
    return sse_bytes(builder.message(text, annotations=notes).end())


async def until(ready: Callable[[], object]) -> None:
    """Lets the window live, looking every millisecond. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE_S
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError
        await asyncio.sleep(LOOK_S)


async def opened_ms(room: Room, number: int, page: int) -> float:
    """From the click on a marker to the page with its box, painted."""
    original, view = room.window.citations.original, room.window.transcript.view
    key = view.column.entries[-1].key
    began = time.perf_counter()
    view.citation_activated.emit(key, number)
    await until(lambda: original.where.text().startswith(f"page {page} ") and original.pages.sheet.boxes)
    original.pages.sheet.repaint()
    return (time.perf_counter() - began) * 1e3


async def turned_ms(room: Room) -> float:
    original = room.window.citations.original
    page = int(original.where.text().split()[1]) + 1
    began = time.perf_counter()
    original.turn_page(1)
    await until(lambda: original.where.text().startswith(f"page {page} "))
    original.pages.sheet.repaint()
    return (time.perf_counter() - began) * 1e3


async def let_go(app: Application) -> None:
    reader = app.sources._documents
    assert isinstance(reader, DocumentReader)
    reader._process._retire()


async def cold_ms(room: Room, number: int, page: int) -> float:
    """A click on a citation that was not seen yet, without the process that reads."""
    await room.session.errands.ask(let_go)
    return await opened_ms(room, number, page)


async def walk(room: Room, cited: list[int]) -> dict[str, float]:
    *pages, _, unseen = cited  # what lies beside a citation that is open is read ahead
    gc.collect()
    before = resident_mb()
    await asyncio.sleep(SETTLED_S)
    begun = await opened_ms(room, 1, pages[0])
    first = [await opened_ms(room, number, page) for number, page in enumerate(pages[1:], 2)]
    again = []
    for number, page in list(enumerate(pages, 1))[-4:]:
        again.append(await opened_ms(room, number, page))
    await opened_ms(room, 1, pages[0])
    turns = []
    for _ in range(TURNS):
        await asyncio.sleep(REST_MS / 1e3 + LOOK_S)
        await until(lambda: room.session.errands.idle)
        turns.append(await turned_ms(room))
    hasty = [await turned_ms(room) for _ in range(TURNS)]
    gc.collect()
    return {
        "cold_ms": await cold_ms(room, len(cited), unseen),
        "first_ms": begun,
        "click_ms": statistics.median(first),
        "click_worst_ms": max(first),
        "again_ms": max(again),
        "turn_ms": max(turns),
        "hasty_turn_ms": max(hasty),
        "grown_mb": resident_mb() - before,
    }


async def measure(folder: Path) -> dict[str, float]:
    path = long_pdf(folder / "long.pdf")
    cited = quotes(path)
    with GatedServer() as server:
        none = {"object": "list", "data": [], "has_more": False}
        server.always("GET", "/v1/vector_stores*", json_reply(none))
        server.always("GET", "/v1/responses/*", error_reply(404, "It is not kept."))
        server.script("POST", "/v1/responses", stream_reply(answer(path, cited)))
        async with open_profile(folder / "profile", Feed()) as app:
            await app.preferences.put_connection(Connection("example", "Example", server.base_url))
            made = await app.conversations.create("example", {"model": "m"})
            await app.preferences.set("last_conversation", made.id)
            await app.sources._originals.keep(path, path.name, lambda copied: None)
        async with opened(folder / "profile") as room:
            await room.ask("What does it say?")
            return await walk(room, list(cited))


def baseline(path: Path) -> float:
    """The worst of three, in milliseconds."""
    taken = []
    for quote in list(quotes(path).values())[:3]:
        began = time.perf_counter()
        place = locate(path, quote)
        if place is None or place.page is None:
            raise RuntimeError("the words are not found")
        render(path, place.page, 800)
        taken.append((time.perf_counter() - began) * 1e3)
    return max(taken)


def run() -> dict[str, float]:
    application = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as folder, QEventLoop(application) as loop:
        asyncio.set_event_loop(loop)
        figures: dict[str, float] = loop.run_until_complete(measure(Path(folder)))
        figures["baseline_ms"] = baseline(Path(folder) / "long.pdf")
    figures["ratio"] = figures["click_ms"] / figures["baseline_ms"]
    return figures
