"""Local commands as the window deals with them: which there are, the question before each run, and those at work."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from chatapp.desktop.loop import Errands

if TYPE_CHECKING:
    from chatapp.conversation.commands import Command, CommandEnd, CommandLine
    from chatapp.conversation.failures import Failure

Run = tuple[str, int]
"""A turn and the place of one of its calls."""


class CommandRuns(QObject):
    """`changed` says that other commands may run, `began` and `ended` what becomes of a run. A run that was stopped,
    or could not start, ends with None."""

    changed = Signal()
    began = Signal(object)  # Run
    ended = Signal(object, object)  # Run, CommandEnd | None

    def __init__(self, errands: Errands, over: QWidget) -> None:
        """Dialogs open over the window of `over`."""
        super().__init__(over)
        self._errands, self._over = errands, over
        self._commands: Mapping[str, Command] = {}
        self._asking = False
        self.allowed = False
        self.at_work: dict[Run, tuple[float, float]] = {}
        """The time limit of each, and since when it runs on the monotonic clock."""

    def has(self, function: str) -> bool:
        return function in self._commands

    def refresh(self) -> None:
        """Reads anew which commands there are and whether they may run."""
        self._errands.run(lambda app: app.commands.allowed(), then=self._take_allowed)
        self._errands.run(lambda app: app.commands.all(), then=self._take_commands)

    def edit(self, function: str) -> None:
        from chatapp.desktop.calls.command_dialog import CommandDialog

        dialog = CommandDialog(self._over.window(), self._errands, function, self._commands.get(function))
        dialog.saved.connect(self.refresh)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask(self, run: Run, function: str) -> None:
        """Asks whether a function's command may run for a call, one question at a time."""
        if not self._asking:
            self._asking = True
            self._errands.run(
                lambda app: app.commands.prepared(*run),
                partial(self._consent, run, function),
                self._not_asked,
            )

    def stop(self, run: Run) -> None:
        self._errands.run(lambda app: app.commands.stop(*run))

    def stop_all(self) -> None:
        for run in self.at_work:
            self.stop(run)

    def _take_allowed(self, allowed: bool) -> None:
        self.allowed = allowed
        self.changed.emit()

    def _take_commands(self, commands: Mapping[str, Command]) -> None:
        self._commands = commands
        self.changed.emit()

    def _not_asked(self, failure: Failure) -> None:
        self._asking = False
        self._errands.failed.emit(failure)

    def _consent(self, run: Run, function: str, line: CommandLine) -> None:
        from chatapp.desktop.calls.consent import ConsentDialog

        self._asking = False
        dialog = ConsentDialog(self._over.window(), function, line)
        dialog.agreed.connect(lambda: self._run(run, line))
        dialog.change_asked.connect(lambda: self.edit(function))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _run(self, run: Run, line: CommandLine) -> None:
        """What was agreed to is what runs."""
        self.at_work[run] = (line.seconds, time.monotonic())
        self.began.emit(run)
        self._errands.run(
            lambda app: app.commands.run(*run, line), partial(self._end, run), partial(self._fail, run)
        )

    def _end(self, run: Run, end: CommandEnd | None) -> None:
        self.at_work.pop(run, None)
        self.ended.emit(run, end)

    def _fail(self, run: Run, failure: Failure) -> None:
        self._end(run, None)
        self._errands.failed.emit(failure)
