"""One life of the real window with many files on their way to a library: `library_life PROFILE STORE [FOLDER]`.

It drops the folder on the Library panel, or goes on with what an earlier life left. Each line on stdout is JSON: how
many files are there, and once none is on its way any more, every file with its stage and reason; and how long the
window's loop was ever held up, in milliseconds: by the clock, and in processor time of the window's own thread, which
says how much of it was its own work.
"""

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from chatapp.__main__ import main
from chatapp.conversation.changes import LibraryFile
from chatapp.desktop.panels.file_words import is_moving
from chatapp.desktop.window import Window

TICK_MS = 5
SETTLED_TICKS = 200
"""Nothing may be on its way for so long before the life is over."""


class Watch:
    """Looks at the panel on every tick, and how late the ticks come."""

    def __init__(self, window: Window, store: str, folder: Path | None) -> None:
        self._window, self._store, self._folder = window, store, folder
        self._told, self._settled = -1, 0
        self._begun = False
        self._last = self._worked = 0.0
        self._worst = {"gap": 0.0, "own_work": 0.0}
        self._timer = QTimer(window, interval=TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now, worked = time.monotonic(), time.thread_time()
        if self._begun:
            spent = {"gap": now - self._last, "own_work": worked - self._worked}
            self._worst = {name: max(spent[name] * 1000, worst) for name, worst in self._worst.items()}
        self._last, self._worked = now, worked
        panel = getattr(self._window, "library", None)
        if panel is None or self._window._desk.head is None:
            return
        if not panel.isVisible():
            self._window.show_panel("Library")
        elif panel._store == self._store and ("engine", self._store) in self._window._desk.files:
            self._look(panel._files())

    def _look(self, files: tuple[LibraryFile, ...]) -> None:
        if not self._begun:
            self._begun = True
            if self._folder is not None:
                self._window.library.add_files([self._folder])
            return
        there = sum(file.stage in ("completed", "failed") for file in files)
        if there != self._told:
            self._told = there
            print(json.dumps({"there": there, "of": len(files), "held_up_ms": self._figures()}), flush=True)
        moving = not files or any(map(is_moving, files))
        self._settled = 0 if moving else self._settled + 1
        if self._settled == SETTLED_TICKS:
            told = [[file.filename, file.stage, file.reason, file.note] for file in files]
            print(json.dumps({"ended": told, "held_up_ms": self._figures()}), flush=True)

    def _figures(self) -> dict[str, float]:
        return {name: round(worst, 1) for name, worst in self._worst.items()}


def watch(store: str, folder: Path | None) -> None:
    window = next(top for top in QApplication.topLevelWidgets() if isinstance(top, Window))
    window.watch = Watch(window, store, folder)  # type: ignore[attr-defined]


if __name__ == "__main__":
    given = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    sys.exit(main(["--profile", sys.argv[1]], lambda: watch(sys.argv[2], given)))
