"""One life of a window with a sweep, in a process of its own: `python -m tests.faults.sweep_life PROFILE [SERVER]`.

With a SERVER it asks a question there and sweeps it; without, it goes on with the sweep that is there. It says
"ready" once the sweep is at work, and at the sweep's end how long the window stood still at worst. Then it closes.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from chatapp.conversation.experiments import Axis, Experiment
from chatapp.services.application import Application
from tests.desktop.conftest import Room, opened

AXES = (Axis("temperature", (0.0, 0.5, 1.0, 1.5, 2.0)), Axis("reasoning.effort", ("low", "medium", "high")))
SAMPLES = 3
TICK_MS = 5
LONGEST_S = 240.0
QUESTION = "How are citations shown?"


class Ticks:
    """Ticks on the UI thread: `worst_ms` is the longest time between two, less the tick itself; `worst_own_ms` what
    the thread itself worked meanwhile, whatever else the machine did."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self._own_ms: list[float] = []
        self._last, self._worked = time.perf_counter(), time.thread_time()
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self._last, self._worked = time.perf_counter(), time.thread_time()
        self._timer.start(TICK_MS)

    def _tick(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        self.late_ms.append(max(0.0, (now - self._last) * 1000 - TICK_MS))
        self._own_ms.append((worked - self._worked) * 1000)
        self._last, self._worked = now, worked

    def figures(self) -> dict[str, float]:
        self._timer.stop()
        late = sorted(self.late_ms) or [0.0]
        return {
            "ticks": len(late),
            "over_50_ms": sum(each > 50 for each in late),
            "p99_ms": round(late[int(len(late) * 0.99)], 1),
            "worst_ms": round(late[-1], 1),
            "worst_own_ms": round(max(self._own_ms, default=0.0), 1),
        }


async def begin(app: Application, conversation_id: str, parent_id: str) -> Experiment:
    plan = await app.experiments.plan_like(parent_id)
    return await app.experiments.start(replace(plan, axes=AXES, samples=SAMPLES))


async def until(room: Room, ready: Callable[[], object]) -> None:
    """Longer than the tests' own patience."""
    end = time.monotonic() + LONGEST_S
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("the sweep did not come to its end")
        await asyncio.sleep(0.05)


async def live(profile: Path, server: str | None) -> None:
    async with opened(profile, server) as room:
        sweeps, errands = room.window.sweeps, room.session.errands
        if server is not None:
            head = room.desk.head
            assert head is not None
            await errands.ask(lambda app: app.turns.send(head.id, QUESTION))
            await until(room, lambda: room.desk.path and room.last.answer.status.ended)
            turn = room.last
            made = await errands.ask(lambda app: begin(app, head.id, turn.id))
            await until(room, lambda: made.id in room.desk.experiments)
        await until(room, lambda: room.desk.experiments)
        sweeps.show()
        page = sweeps.page
        assert page is not None
        await until(room, lambda: page.figures is not None)
        if server is None and page.head.go.isVisible():
            page.head.go.click()
        ticks = Ticks()
        ticks.start()
        print("ready", flush=True)
        await asyncio.sleep(1.0)
        await until(room, lambda: not any(change.running for change in room.desk.experiments.values()))
        await asyncio.sleep(1.0)
        print(json.dumps(ticks.figures()), flush=True)


if __name__ == "__main__":
    application = QApplication(["chatapp"])
    named = sys.argv[2] if len(sys.argv) > 2 else None
    with QEventLoop(application) as loop:
        loop.run_until_complete(live(Path(sys.argv[1]), named))
