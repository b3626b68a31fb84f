"""The tree of 5,000 turns with 300 forks, in the real window on a real profile: drawn first, then any node opened.

`first_ms` is from the key that opens the tree to the end of its first painting, its module's imports included;
`open_ms` is the median from choosing a row to the transcript's painting with that turn in view, `open_p95_ms` and
`open_worst_ms` of the same, over rows all over the tree; `open_cpu_ms` is what all threads worked in it. `far_ms` are
those after which most of the transcript is another. `grow_ms` is what one more turn costs the picture, `paint_ms` a
full painting of it at the size with two lines. The baseline is a QGraphicsScene with an item a turn and a line to each:
its making and first painting, and one more.
"""

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QGraphicsScene, QGraphicsView
from qasync import QEventLoop

from chatapp.assembly import open_profile
from chatapp.conversation.tree import Tree, Turn
from chatapp.desktop.transcript.view import TranscriptView
from chatapp.desktop.tree.view import TreeView
from chatapp.services.feed import Feed
from chatapp.storage.database import Database
from tests.benchmarks.stream import percentile
from tests.desktop.conftest import Room, opened
from tests.kit.forests import HEAD, forest, put, turn

TURNS: Final = 5_000
FORKS: Final = 300
OPENED: Final = 60
LOOK_S: Final = 0.0005
REST_S: Final = 0.15  # nobody chooses the next row sooner
ROW, STEP = 24, 40  # of the baseline's items


class Seen(QObject):
    """Tells when a turn of the transcript has been painted."""

    def __init__(self, view: TranscriptView) -> None:
        super().__init__(view)
        self._view = view
        self._key = ""
        self.is_there = asyncio.Event()
        view.viewport().installEventFilter(self)

    def expect(self, turn_id: str) -> None:
        self._key = f"question-{turn_id}"
        self.is_there.clear()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, self._look)
        return False

    def _look(self) -> None:
        entry = self._view.column.get(self._key)
        if entry is not None and self._view.viewport().rect().intersects(self._view.entry_rect(entry)):
            self.is_there.set()


async def until(ready: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("it did not come to that")
        await asyncio.sleep(LOOK_S)


async def fill(profile: Path, turns: list[Turn]) -> None:
    async with open_profile(profile, Feed()) as app:
        await app.preferences.set("last_conversation", HEAD)
    database = Database(profile)
    await database.open()
    await database.run(partial(put, turns, turns[-1].id))
    await database.close()


async def shown(room: Room, seen: Seen, turn_id: str) -> tuple[float, float]:
    """Milliseconds until the branch of a row is painted with its turn in view, and those that the processor worked."""
    tree = room.window.tree.column
    assert tree is not None
    row = tree.view.plan.outline.row_of(turn_id)
    seen.expect(turn_id)
    began, worked = time.perf_counter(), time.process_time()
    tree.view.open(row)
    await seen.is_there.wait()
    return (time.perf_counter() - began) * 1e3, (time.process_time() - worked) * 1e3


async def in_the_window(profile: Path, turns: list[Turn]) -> dict[str, float]:
    async with opened(profile) as room:
        await until(lambda: len(room.desk.tree) == len(turns))
        await asyncio.sleep(0.5)
        began, worked_before = time.perf_counter(), time.thread_time()
        room.window.tree.enter()
        assert room.window.tree.column is not None
        tree = room.window.tree.column.view
        tree.viewport().repaint()
        first = (time.perf_counter() - began) * 1e3
        first_cpu = (time.thread_time() - worked_before) * 1e3
        seen = Seen(room.window.transcript.view)
        took: list[float] = []
        worked: list[float] = []
        far: list[float] = []
        chance = random.Random(11)
        ends = [row.last for row in tree.plan.rows if row.last != tree.plan.leaf]
        for turn_id in chance.sample(ends, OPENED):
            before = {each.id for each in room.desk.path}
            waited, cpu = await shown(room, seen, turn_id)
            took.append(waited)
            worked.append(cpu)
            after = {each.id for each in room.desk.path}
            if len(before & after) < len(after) / 2:
                far.append(took[-1])
            await asyncio.sleep(REST_S)
        return {
            "first_ms": first,
            "first_cpu_ms": first_cpu,
            "open_ms": statistics.median(took),
            "open_p95_ms": percentile(took, 0.95),
            "open_worst_ms": max(took),
            "open_cpu_ms": statistics.median(worked),
            "open_cpu_p95_ms": percentile(worked, 0.95),
            "far_ms": statistics.median(far) if far else 0.0,
            **grown(tree, turns),
        }


def spent(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3


def grown(tree: TreeView, turns: list[Turn]) -> dict[str, float]:
    more = Tree([*turns, turn("more", turns[-1].id, 9)])

    def grow() -> None:
        tree.plant(more, "more")
        QApplication.processEvents()

    tree.unfold_all()
    tree.set_size(2)
    took = spent(grow)
    return {"grow_ms": took, "paint_ms": spent(tree.viewport().repaint)}


def baseline(turns: list[Turn]) -> dict[str, float]:
    places: dict[str | None, tuple[int, int]] = {None: (0, 0)}
    scene = QGraphicsScene()
    view = QGraphicsView(scene)
    view.setRenderHint(QPainter.RenderHint.Antialiasing)
    view.resize(300, 700)
    widths: dict[int, int] = {}

    def add(each: Turn) -> None:
        x, y = places[each.parent_id]
        widths[y + STEP] = widths.get(y + STEP, -ROW) + ROW
        places[each.id] = (widths[y + STEP], y + STEP)
        scene.addLine(x, y, *places[each.id])
        scene.addEllipse(places[each.id][0] - 5, y + STEP - 5, 10, 10)
        scene.addSimpleText(each.text[:20]).setPos(places[each.id][0] + 8, y + STEP - 8)

    def make() -> None:
        for each in turns:
            add(each)
        view.show()
        view.viewport().repaint()

    def grow() -> None:
        add(turn("more", turns[-1].id, 9))
        QApplication.processEvents()

    figures = {"baseline_first_ms": spent(make), "baseline_grow_ms": spent(grow)}
    view.deleteLater()
    return figures


def run() -> dict[str, float]:
    application = QApplication.instance() or QApplication(["chatapp"])
    assert isinstance(application, QApplication)
    turns = forest(TURNS, FORKS)
    with tempfile.TemporaryDirectory() as home, QEventLoop(application) as loop:
        profile = Path(home) / "profile"
        loop.run_until_complete(fill(profile, turns))
        figures: dict[str, float] = loop.run_until_complete(in_the_window(profile, turns))
        figures |= baseline(turns)
    figures["ratio_first"] = figures["first_ms"] / figures["baseline_first_ms"]
    figures["ratio_grow"] = figures["grow_ms"] / figures["baseline_grow_ms"]
    return figures
