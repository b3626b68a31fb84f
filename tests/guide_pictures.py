"""Makes the pictures of the user guide anew: `python -m tests.guide_pictures [FOLDER]`, `resources/guide/pictures` by
default.

A real window on a profile of its own, and a scripted server whose answers differ more the hotter they are asked.
"""

import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from chatapp.assembly import open_profile
from chatapp.desktop.experiments.setup_dialog import SetupDialog
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.desktop.conftest import Room, opened
from tests.kit.gated_server import GatedServer
from tests.kit.slogans import MODEL, QUESTION, Slogans
from tests.screenshots import made

FOLDER = Path(__file__).parents[1] / "resources" / "guide" / "pictures"
SIZE = (920, 760)
SETTLED_S = 0.6


async def take(folder: Path) -> None:
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
