"""Makes the pictures of the user guide anew: `python -m tests.guide_pictures [FOLDER]`, `resources/guide/pictures` by
default.

A real window on a profile of its own: a conversation with branches, and a scripted server whose answers differ more
the hotter they are asked.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.desktop.experiments.setup_dialog import SetupDialog
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from chatapp.storage.database import Database
from tests.desktop.conftest import Room, opened
from tests.kit.forests import HEAD, put, turn
from tests.kit.gated_server import GatedServer
from tests.kit.slogans import MODEL, QUESTION, Slogans
from tests.screenshots import made

FOLDER = Path(__file__).parents[1] / "resources" / "guide" / "pictures"
SIZE = (920, 760)
SETTLED_S = 0.6
LETTER = """Dear operators,

the wiring of the horizontal stabilizer is to be changed within two years. It takes up to 79 work-hours for each \
airplane and costs up to **$10,505**. The test of the sensor system adds 40 work-hours.

The harness is under warranty for five years; from serial number 31 on this covers all of its parts.
"""
ASKED = "What would the wiring change cost for the whole fleet?"
SUM = "Sum it up for the board."
NEWER = "For the newer airplanes too?"
STORY = (
    turn("first", None, 0, ASKED, said="About **$1.02 million** for 73 airplanes."),
    turn(
        "table", "first", 60, "Put that into a table.", said="Wiring $766,865, tests $248,200, manual $6,205."
    ),
    turn("cold", "table", 120, SUM, said="The change costs $1,021,270.", temperature=0.2),
    turn("warm", "table", 130, SUM, said="Three actions, one million dollars, two years.", temperature=0.9),
    turn("hot", "table", 140, SUM, status=Status.INCOMPLETE, said="Picture a hangar at", temperature=1.4),
    turn("hours", "warm", 200, "How many hours of work is that?", said="8,760 hours, 120 for each airplane."),
    turn("parts", "warm", 260, "Which parts are under warranty?", said="The harness, for five years."),
    turn("cut", "parts", 300, NEWER, status=Status.CUT, said="For those built after"),
    turn("again", "parts", 320, NEWER, said="Yes, from serial number 31 on.", model="gpt-5.6-mini"),
    turn("letter", "again", 380, "Write that as a letter to the operators.", said=LETTER),
)
"""A conversation with forks of several kinds."""


async def take(folder: Path) -> None:
    await take_tree(folder)
    await take_sweep(folder)


async def take_tree(folder: Path) -> None:
    """A conversation with a few branches, and their tree beside it."""
    with tempfile.TemporaryDirectory() as home:
        profile = Path(home) / "profile"
        async with open_profile(profile, Feed()) as app:
            await app.preferences.set("last_conversation", HEAD)
        database = Database(profile)
        await database.open()
        await database.run(partial(put, STORY, STORY[-1].id))
        await database.close()
        async with opened(profile) as room:
            window = room.window
            window.resize(*SIZE)
            window.choose_look("light")
            window.columns.toggle_right()
            window.columns.toggle_left()
            await room.until(lambda: len(room.desk.tree) == len(STORY))
            window.turn_actions.do("hours", "favourite")
            window.tree.enter()
            await asyncio.sleep(SETTLED_S)
            save(window, folder / "tree.png")


async def take_sweep(folder: Path) -> None:
    """A sweep from its set-up to the plot that answers the question."""
    with tempfile.TemporaryDirectory() as home, GatedServer() as server:
        Slogans(pause=0.05, seed=19).install(server)
        profile = Path(home) / "profile"
        async with open_profile(profile, Feed()) as app:
            await app.preferences.put_connection(Connection("example", "Example", server.base_url))
            made = await app.conversations.create("example", {"model": MODEL})
            await app.preferences.set("last_conversation", made.id)
        async with opened(profile) as room:
            room.window.resize(*SIZE)
            room.window.choose_look("light")
            room.window.columns.toggle_right()
            room.window.columns.toggle_left()
            await room.ask(QUESTION)
            await sweep(room, folder)


async def sweep(room: Room, folder: Path) -> None:
    sweeps = room.window.sweeps
    sweeps.vary_here()
    await room.until(lambda: room.window.findChild(SetupDialog))
    dialog = room.window.findChild(SetupDialog)
    assert isinstance(dialog, SetupDialog)
    await asyncio.sleep(SETTLED_S)
    save(dialog, folder / "sweep-setup.png")
    dialog.start.click()
    await room.until(lambda: sweeps.page is not None and sweeps.page.head.progress.text() == "15 of 15 done")
    page = sweeps.page
    assert page is not None
    page.choose(4)
    await asyncio.sleep(SETTLED_S)
    save(room.window, folder / "sweep-grid.png")
    page.show_view("Plots")
    await asyncio.sleep(SETTLED_S)
    save(room.window, folder / "sweep-plots.png")


def save(widget: QWidget, path: Path) -> None:
    """With its 256 most frequent colours, so that the file is small."""
    plain = Qt.ImageConversionFlag.AvoidDither | Qt.ImageConversionFlag.ThresholdDither
    whole = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    counts = Counter(memoryview(whole.constBits()).cast("I"))
    colours = [colour for colour, _ in counts.most_common(256)]
    image = whole.convertToFormat(QImage.Format.Format_Indexed8, colours, plain)
    image.save(str(path), quality=0)
    print(path.name, path.stat().st_size // 1024, "kB")


if __name__ == "__main__":
    sys.exit(made(take, Path(sys.argv[1]) if sys.argv[1:] else FOLDER))
