"""Makes the pictures of the documentation anew: `python -m tests.screenshots [FOLDER]`, `docs/pictures` by default.

A real window on a profile of its own and a scripted server that streams one conversation to it. The pictures look like
a desktop's where its fonts are: Inter, Cantarell or Noto Sans is taken where it is installed.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from typing import Any

from PySide6.QtGui import QFont, QFontDatabase, QImage
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from chatapp.assembly import open_profile
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.desktop.conftest import Room, opened
from tests.documents.files import Sheet, line, pdf
from tests.kit.events import JsonObject, StreamBuilder, file_citation, sse_bytes
from tests.kit.gated_server import GatedServer, Pause, Reply, error_reply, json_reply, stream_reply

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
SIZE = (1280, 860)
LOOKS = ("light", "dark", "high-contrast")
SCALES = {100: 1.0, 200: 2.0}
FAMILIES = ("Inter", "Cantarell", "Noto Sans")
POST = ("POST", "/v1/responses")
MODEL = "gpt-5.6"
FILE = "wiring-notes.pdf"
FILE_ID = "file-1"

QUESTION = "What would the wiring change cost for the whole fleet, and how is the total put together?"
ANSWER = """The change affects **73 airplanes** of U.S. registry. The stabilizer wiring change takes up to 79 \
work-hours and up to $10,505 per airplane; the sensor test and the revised manual add little.

| Action | Per airplane | Fleet |
|:--|--:|--:|
| Stabilizer wiring | $10,505 | $766,865 |
| Sensor system test | $3,400 | $248,200 |
| Manual revision | $85 | $6,205 |

With $n$ airplanes and a price $c_i$ for each action, the total is

$$T = n \\sum_{i=1}^{3} c_i = 73 \\times 13\\,990 = 1\\,021\\,270$$

To check it yourself:

```python
prices = {"wiring": 10_505, "test": 3_400, "manual": 85}
print(73 * sum(prices.values()))  # 1021270
```

What the estimate leaves out:

- time on the ground, which differs between operators
- parts under **warranty**
"""
CITED = ("U.S. registry.", "add little.")
"""The words that the two citations follow."""


PASSAGES = (
    "The agency estimates that this proposed directive affects 73 airplanes of U.S. registry.",
    "Stabilizer wiring change: up to 79 work-hours at $85 an hour, up to $10,505 per airplane.",
)
PAGE = (
    (20, "Wiring notes"),
    (11, "Costs of compliance"),
    (13, "The agency estimates that this proposed directive affects 73"),
    (13, "airplanes of U.S. registry. All of them have the original wiring of"),
    (13, "the horizontal stabilizer. Operators have two years for the change."),
    (13, ""),
    (13, "Stabilizer wiring change: up to 79 work-hours at $85 an hour,"),
    (13, "up to $10,505 per airplane. The test of the sensor system takes"),
    (13, "40 work-hours, the revised manual one."),
    (13, ""),
    (13, "Parts under warranty may lower what operators pay. Time on the"),
    (13, "ground is not part of this estimate."),
)
"""The cited page: size in points and words of each line."""


def result(number: int, text: str) -> JsonObject:
    """What a search found."""
    score = 0.95 - number / 10
    return {"file_id": FILE_ID, "filename": FILE, "score": score, "text": text, "attributes": {}}


def document(folder: Path) -> bytes:
    """The cited file, of one page."""
    content, height = b"", 370.0
    for size, words in PAGE:
        content += line(words, 36, height, size)
        height -= size * 1.6
    return pdf(folder / FILE, [Sheet(content, 450, 420)]).read_bytes()


def answer() -> list[JsonObject]:
    text = ANSWER.replace("\\\n", "")
    notes = [file_citation(FILE_ID, FILE, text.index(words) + len(words)) for words in CITED]
    builder = StreamBuilder("resp_1", model=MODEL).begin()
    builder.reasoning(
        "The directive names three actions. I add them up for each airplane, then for the fleet."
    )
    found = [result(number, words) for number, words in enumerate(PASSAGES, 1)]
    builder.file_search(["cost of the wiring change"], found)
    return builder.message(text, annotations=notes).end()


def script(server: GatedServer, file: bytes) -> None:
    """The answer, then a refusal of the second question; the cited file can be fetched."""
    kept = {"id": FILE_ID, "object": "file", "filename": FILE, "bytes": len(file), "purpose": "assistants"}
    server.always("GET", f"/v1/files/{FILE_ID}", json_reply(kept))
    server.always("GET", f"/v1/files/{FILE_ID}/content", Reply(steps=[file]))
    server.always("GET", "/v1/vector_stores*", json_reply({"object": "list", "data": [], "has_more": False}))
    server.always("GET", "/v1/responses/*", error_reply(404, "It is not kept."))
    server.always("GET", "/v1/models", json_reply({"object": "list", "data": [{"id": MODEL}]}))
    server.script(*POST, stream_reply(Pause(1.2), sse_bytes(answer())))
    server.always(*POST, error_reply(401, "Incorrect API key provided.", "invalid_api_key"))


@asynccontextmanager
async def conversation(profile: Path) -> AsyncIterator[tuple[Room, str]]:
    """The window with the conversation on screen, and the id of its first turn."""
    with GatedServer() as server:
        script(server, document(profile.parent))
        async with open_profile(profile, Feed()) as app:
            await app.preferences.put_connection(Connection("example", "Example", server.base_url))
            made = await app.conversations.create("example", {"model": MODEL})
            await app.preferences.set("last_conversation", made.id)
        async with opened(profile) as room:
            room.window.resize(*SIZE)
            first = await room.ask(QUESTION)
            await room.ask("And in euros?")
            yield room, first.id


async def take(folder: Path) -> None:
    """One picture for every look and text size: the transcript at its first turn, then at its end."""
    with tempfile.TemporaryDirectory() as home:
        profile = Path(home) / "profile"
        profile.mkdir(mode=0o700)
        async with conversation(profile) as (room, first):
            for look, (percent, scale) in product(LOOKS, SCALES.items()):
                room.window.choose_look(look, scale)
                await asyncio.sleep(1.0)
                for place, name in ((0, ""), (1 << 30, "-end")):
                    bar = room.window.transcript.view.verticalScrollBar()
                    bar.setValue(min(place, bar.maximum()))
                    if not place and scale == 1.0:  # larger text has no room for both
                        room.window.cite(first, 2)
                    await asyncio.sleep(1.5)
                    save(room, folder / f"transcript-{look}-{percent}{name}.png")


def save(room: Room, path: Path) -> None:
    room.window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888).save(str(path), quality=0)
    print(path.name, path.stat().st_size // 1024, "kB")


def font() -> QFont:
    """The interface font of a desktop, where there is one."""
    known = set(QFontDatabase.families())
    return QFont(next((family for family in FAMILIES if family in known), QApplication.font().family()))


def made(take: Callable[[Path], Coroutine[Any, Any, None]], folder: Path) -> int:
    """Has the pictures taken into a folder, on an offscreen desktop."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder.mkdir(parents=True, exist_ok=True)
    application = QApplication(["chatapp"])
    application.setFont(font())
    with QEventLoop(application) as loop:
        loop.run_until_complete(take(folder))
    return 0


if __name__ == "__main__":
    sys.exit(made(take, Path(sys.argv[1]) if sys.argv[1:] else FOLDER))
