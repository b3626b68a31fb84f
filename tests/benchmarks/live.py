"""20,000 deltas from a server's socket to the real window: how long the UI thread was away, and whether all arrived.

The server is a process of its own. A timer on the UI thread ticks every 5 ms; the longest time between two ticks is
the longest time for which the window did not react. The baseline is the same window while nothing happens.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from chatapp.assembly import open_profile
from chatapp.conversation.tree import Turn
from chatapp.desktop.app import Session
from chatapp.options import Options
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.faults.word_server import word

DELTAS = 20_000
PAUSE_S = 0.0002
"""Between two deltas, so that the answer takes some seconds, as many frames as in real use."""
TICK_MS = 5
IDLE_S = 3.0
LIMIT_S = 120.0
ROOT = Path(__file__).parents[2]


class Ticks:
    """The moments at which the UI thread was free."""

    def __init__(self) -> None:
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._last = time.perf_counter()
        self.gaps_ms: list[float] = []

    def start(self) -> None:
        self.gaps_ms = []
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> float:
        """The longest gap in milliseconds."""
        self._tick()
        self._timer.stop()
        return max(self.gaps_ms)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps_ms.append((now - self._last) * 1000)
        self._last = now


@contextmanager
def served() -> Iterator[str]:
    """The base URL of a word server in another process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.word_server", str(DELTAS), str(PAUSE_S)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


async def prepare(profile: Path, base_url: str) -> None:
    async with open_profile(profile, Feed()) as application:
        await application.preferences.put_connection(
            Connection("words", "Words", base_url, default_model="words")
        )
        made = await application.conversations.create("words")
        await application.preferences.set("last_conversation", made.id)


async def measure(application: QApplication, profile: Path) -> dict[str, float]:
    session = Session(application, Options(profile))
    session.window.show()
    await session.open()
    editor = session.window.composer.editor
    await asyncio.sleep(IDLE_S)
    assert editor.hasFocus(), "the window is not ready"
    ticks = Ticks()
    ticks.start()
    await asyncio.sleep(IDLE_S)
    idle = ticks.stop()
    QTest.keyClicks(editor, "Count")
    ticks.start()
    began, cpu = time.perf_counter(), time.thread_time()
    QTest.keyClick(editor, Qt.Key.Key_Return)
    turn = await ended(session)
    await asyncio.sleep(0.5)
    busy, seconds, cpu = ticks.stop(), time.perf_counter() - began, time.thread_time() - cpu
    session.window.close()
    await session.close()
    wrong = sum(one != two for one, two in zip(turn.answer.text.split(), whole().split(), strict=True))
    return {
        "worst_stall_ms": busy,
        "baseline_worst_stall_ms": idle,
        "stalls_over_100_ms": float(sum(gap > 100 for gap in ticks.gaps_ms)),
        "stream_s": seconds,
        "ui_cpu_s": cpu,
        "deltas": float(DELTAS),
        "wrong_words": float(wrong),
    }


async def ended(session: Session) -> Turn:
    end = time.monotonic() + LIMIT_S
    while True:
        turn = session.desk.last_turn
        if turn is not None and turn.answer.status.ended:
            return turn
        if time.monotonic() > end:
            raise TimeoutError(f"the answer did not end within {LIMIT_S:.0f} s")
        await asyncio.sleep(0.05)


def whole() -> str:
    return "".join(word(number) for number in range(DELTAS))


def run() -> dict[str, float]:
    application = QApplication.instance() or QApplication(["live"])
    assert isinstance(application, QApplication)
    application.setQuitOnLastWindowClosed(False)
    with tempfile.TemporaryDirectory() as folder, served() as base_url, QEventLoop(application) as loop:
        profile = Path(folder) / "profile"
        asyncio.run(prepare(profile, base_url))
        figures: dict[str, float] = loop.run_until_complete(measure(application, profile))
    return figures
