"""The formulas of a transcript: set by a helper program, kept as paths that are filled in the colour of the text.

A formula that was asked for is there a moment later; until then, and for good where it cannot be read, its source
stands in its place. The program runs only while there are formulas to set. One that takes too long is ended with it,
and the formula counts as unreadable.
"""

import json
import sys
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainterPath, QPainterPathStroker

from chatapp.documents.environment import child_environment

KEPT: Final = 1_000
MOST_WANTED: Final = 300
"""Formulas waiting; who scrolled on by so many does not look at the first of them any more."""
TIME_LIMIT_MS: Final = 4_000
"""For one formula, the start of the program included."""
IDLE_MS: Final = 20_000
GATHER_MS: Final = 30
"""How long arrivals are gathered before the transcript is laid out anew for them."""
UNITS: Final = 100.0
"""Units of a drawing to the em, as `rendering.typeset` has them."""

Key = tuple[str, bool]
"""TeX, and whether it stands on a line of its own."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A path in units of a hundredth em, its baseline at 0; `box` is what it takes. Or the `problem` with it."""

    path: QPainterPath = field(default_factory=QPainterPath)
    box: QRectF = field(default_factory=QRectF)
    problem: str = ""


class Formulas(QObject):
    """`changed` when formulas that were asked for are there, or known to be unreadable."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[Key, Drawing] = OrderedDict()
        self._wanted: OrderedDict[Key, None] = OrderedDict()
        self._asked: Key | None = None
        self._programs: list[QProcess] = []  # none or one
        self.destroyed.connect(partial(_end, self._programs))
        self._patience = self._timer(TIME_LIMIT_MS, self._give_up)
        self._idle = self._timer(IDLE_MS, self._retire)
        self._gathering = self._timer(GATHER_MS, self.changed.emit)

    def _timer(self, milliseconds: int, then: Any) -> QTimer:
        timer = QTimer(self, interval=milliseconds, singleShot=True)
        timer.timeout.connect(then)
        return timer

    @property
    def is_busy(self) -> bool:
        """Whether formulas are on their way, or there and not yet shown."""
        return self._asked is not None or bool(self._wanted) or self._gathering.isActive()

    def drawing(self, tex: str, display: bool) -> Drawing | None:
        """None while it is being made."""
        key = (tex, display)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        if key != self._asked:
            self._wanted[key] = None
            self._wanted.move_to_end(key)
            if len(self._wanted) > MOST_WANTED:
                self._wanted.popitem(last=False)
            self._ask()
        return None

    def _ask(self) -> None:
        if self._asked is not None or not self._wanted:
            return
        self._asked, _ = self._wanted.popitem(last=False)
        self._idle.stop()
        self._patience.start()
        tex, display = self._asked
        self._running().write(json.dumps({"tex": tex, "display": display}).encode() + b"\n")

    def _running(self) -> QProcess:
        if not self._programs:
            process = QProcess(self)
            self._programs.append(process)
            environment = QProcessEnvironment()
            for name, value in child_environment().items():
                environment.insert(name, value)
            process.setProcessEnvironment(environment)
            process.setStandardErrorFile(QProcess.nullDevice())
            process.readyReadStandardOutput.connect(self._answered)
            process.finished.connect(self._ended)
            process.errorOccurred.connect(self._failed)
            process.start(sys.executable, ["-P", "-m", "chatapp.rendering"])
        return self._programs[0]

    def _answered(self) -> None:
        while self._programs and self._programs[0].canReadLine():
            self._keep(_drawing(json.loads(bytes(self._programs[0].readLine().data()))))

    def _keep(self, drawing: Drawing) -> None:
        self._patience.stop()
        if self._asked is not None:
            self._kept[self._asked] = drawing
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._asked = None
        if not self._gathering.isActive():
            self._gathering.start()
        self._idle.start()
        self._ask()

    def _give_up(self) -> None:
        for process in self._programs:
            process.kill()

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._ended()

    def _ended(self) -> None:
        """The program is gone: what it was at is not tried again, the rest by a new one."""
        while self._programs:
            self._programs.pop().deleteLater()
        if self._asked is not None:
            self._keep(Drawing(problem="It takes too long to be drawn."))

    def _retire(self) -> None:
        for process in self._programs:
            process.closeWriteChannel()


def _end(programs: list[QProcess]) -> None:
    """The window is gone, and with it the need for the program."""
    for process in programs:
        process.blockSignals(True)
        process.kill()
        process.waitForFinished(1_000)


def _drawing(answer: dict[str, Any]) -> Drawing:
    if "problem" in answer:
        return Drawing(problem=str(answer["problem"]))
    path = _path(answer["filled"])
    for stroke in answer["strokes"]:
        pen = QPainterPathStroker()
        pen.setWidth(stroke["width"])
        path.addPath(pen.createStroke(_path(stroke["outline"])))
    box = QRectF(answer["left"], -answer["ascent"], answer["width"], answer["ascent"] + answer["descent"])
    return Drawing(path, box)


def _path(outline: str) -> QPainterPath:
    """The path of an outline made of M, L, Q and Z."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)  # as fonts have it
    words = iter(outline.split())
    for word in words:
        match word:
            case "M":
                path.moveTo(float(next(words)), float(next(words)))
            case "L":
                path.lineTo(float(next(words)), float(next(words)))
            case "Q":
                path.quadTo(float(next(words)), float(next(words)), float(next(words)), float(next(words)))
            case "Z":
                path.closeSubpath()
    return path
