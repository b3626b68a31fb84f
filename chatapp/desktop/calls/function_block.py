"""The call of a function or a custom tool: its result is written, pasted, or printed by a command."""

import time

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QProgressBar

from chatapp.conversation.calls import PendingCall, Result, parsed
from chatapp.desktop.calls.block import CallBlock
from chatapp.desktop.calls.result_field import ResultField
from chatapp.desktop.theme import GAP_4, GAP_8
from chatapp.desktop.widgets import button, column, label, named, row

TICK_MS = 250
INVITATION = "Write or paste the result: text or JSON"
RUN, SET, STOP = "Run command…", "Set a command…", "Stop"
WAITING, READY, SKIPPED = "waits for a result", "ready", "will be skipped"
NO_JSON = "The arguments are not valid JSON."


class FunctionBlock(CallBlock):
    def __init__(self, call: PendingCall) -> None:
        super().__init__(call)
        self.field = ResultField(f"Result of {self.function}", INVITATION)
        self.field.setAccessibleDescription(self.arguments)
        self.field.textChanged.connect(self._follow)
        self.field.sent.connect(self.send_asked)
        self.command = button(SET, self._command, "chip", f"Command for {self.function}")
        self.command.hide()
        self.skip = button(
            "Skip", None, "chip", f"Skip {self.function}", "Tell the model that it was not run"
        )
        self.skip.setCheckable(True)
        self.skip.toggled.connect(self._skipped)
        self.progress = named(QProgressBar(), f"Command of {self.function} at work")
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.note = label(kind="caption", wrap=True)
        self.note.hide()
        line = row(self.field, column(self.command, self.skip, 1, gap=GAP_4), gap=GAP_8)
        line.setStretch(0, 1)
        if call.kind == "function" and not is_json(call.arguments):
            self.body.addWidget(label(NO_JSON, "warning", wrap=True))
        self.body.addLayout(line)
        self.body.addWidget(self.progress)
        self.body.addWidget(self.note)
        self._has_command = False
        self._began = self._limit = 0.0
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._pass)
        self._follow()

    def result(self) -> Result | None:
        text = self.field.text
        if self.skip.isChecked():
            return Result(text, done=False)
        return Result(text) if text.strip() else None

    def restore(self, draft: Result) -> None:
        if not self.field.text:
            self.field.write(draft.text)
        self.skip.setChecked(not draft.done)

    def enter(self) -> None:
        (self.skip if self.skip.isChecked() else self.field).setFocus()

    def offer_command(self, allowed: bool, has_command: bool) -> None:
        self._has_command = has_command
        self.command.setVisible(allowed or self.runs)
        self._word_command()

    def begin_run(self, seconds: float, since: float) -> None:
        """A command is at work since `since`, on the monotonic clock, for at most `seconds`."""
        self.runs, self._began, self._limit = True, since, seconds
        self.progress.setRange(0, max(1, round(seconds * 10)))
        self.progress.show()
        self.note.hide()
        self._tick.start()
        self._pass()
        self._run_changed()

    def end_run(self, note: str = "", output: str = "") -> None:
        """It is over: `output` is written into the field, `note` says how it went. Both empty: it was stopped."""
        self.runs = False
        self._tick.stop()
        self.progress.hide()
        self.note.setText(note)
        self.note.setVisible(bool(note))
        if output:
            self.skip.setChecked(False)
            self.field.write(output)
        self._run_changed()

    def _command(self) -> None:
        if self.runs:
            self.stop_asked.emit()
        elif self._has_command:
            self.run_asked.emit()
        else:
            self.command_asked.emit()

    def _word_command(self) -> None:
        words = STOP if self.runs else RUN if self._has_command else SET
        self.command.setText(words)
        self.command.setAccessibleName(f"{words.rstrip('…')}: {self.function}")

    def _pass(self) -> None:
        seconds = time.monotonic() - self._began
        self.progress.setValue(round(seconds * 10))
        self.state.setText(f"running, {seconds:.0f} of {self._limit:.0f} s")

    def _run_changed(self) -> None:
        self._word_command()
        self._follow()

    def _skipped(self, skipped: bool) -> None:
        self.field.setEnabled(not skipped)
        self._follow()

    def _follow(self) -> None:
        if not self.runs:
            self.state.setText(SKIPPED if self.skip.isChecked() else READY if self.result() else WAITING)
        self.changed.emit()


def is_json(text: str) -> bool:
    try:
        parsed(text)
    except ValueError:
        return False
    return True
