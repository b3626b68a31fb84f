"""First paint of the real window against a bare one with a list and an editor, in turn in the same run."""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 7
ROOT = Path(__file__).parents[2]

BARE = """
import time; began = time.perf_counter()
import asyncio, sqlite3, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QListWidget, QMainWindow, QPlainTextEdit, QSplitter
from qasync import QEventLoop
class Bare(QMainWindow):
    painted = False
    def paintEvent(self, event):
        super().paintEvent(event)
        if not self.painted:
            self.painted = True
            QTimer.singleShot(0, done)
def done():
    print((time.perf_counter() - began) * 1000)
    loop.stop()
app = QApplication(["bare"])
loop = QEventLoop(app)
window = Bare()
split = QSplitter()
items = QListWidget()
items.addItems([f"Conversation {number}" for number in range(50)])
split.addWidget(items)
split.addWidget(QPlainTextEdit())
window.setCentralWidget(split)
window.resize(1280, 820)
window.show()
with loop:
    loop.run_forever()
"""

REAL = """
import time; began = time.perf_counter()
import sys
from chatapp.__main__ import main
def painted():
    print((time.perf_counter() - began) * 1000)
    sys.stdout.flush()
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication
    QTimer.singleShot(0, lambda: [window.close() for window in QApplication.topLevelWidgets()])
main(["--profile", sys.argv[1]], painted)
"""


def first_paint_ms(program: str, *arguments: str) -> float:
    """Milliseconds from the first line of a fresh interpreter to the end of its first picture."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    # The first round writes the byte code of a fresh checkout; an installed program comes with it.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return float(done.stdout.split()[0])


def run() -> dict[str, float]:
    real: list[float] = []
    bare: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS + 1):
            pair = first_paint_ms(BARE), first_paint_ms(REAL, f"{folder}/{number}")
            if number:  # the first round fills the caches of the disk
                bare.append(pair[0])
                real.append(pair[1])
    first, baseline = statistics.median(real), statistics.median(bare)
    return {
        "first_paint_ms": first,
        "baseline_first_paint_ms": baseline,
        "ratio_first_paint": first / baseline,
    }
