"""One call that waits: what the model asks for, the place for its result, and what else can be done about it."""

import json
import time
from html import escape

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QBoxLayout, QButtonGroup, QFrame, QProgressBar, QSizePolicy

from chatapp.conversation.calls import PendingCall, Result, parsed
from chatapp.desktop.calls.result_field import ResultField
from chatapp.desktop.theme import GAP_4, GAP_8, GAP_12
from chatapp.desktop.widgets import Icons, OneLine, button, column, frame, label, named, row
from chatapp.protocol.json_types import Json

TICK_MS = 250
LONGEST_SUMMARY = 400
LONGEST_NAME = 80
INVITATION = "Write or paste the result: text or JSON"
REASON = "A reason, if you want to give one"
RUN, SET, STOP = "Run command…", "Set a command…", "Stop"
WAITING, READY, SKIPPED = "waits for a result", "ready", "will be skipped"
UNDECIDED, APPROVED, DECLINED = "waits for your decision", "will be approved", "will be declined"
NO_JSON = "The arguments are not valid JSON."


class CallBlock(QFrame):
    """What all kinds of calls have in common. `changed` says that the result may be another, `grew` that the height is.

    `result` is what would be sent now, None while there is none.
    """

    changed = Signal()
    grew = Signal()
    send_asked = Signal()
    run_asked = Signal()
    stop_asked = Signal()
    command_asked = Signal()
    runs = False
    """Whether a command is at work on it."""

    def __init__(self, call: PendingCall) -> None:
        super().__init__()
        self.call = call
        self.function = " ".join(call.name.split())[:LONGEST_NAME] or "function"
        self.arguments = summary(call.arguments)
        named(self, f"Call of {self.function}")
        name = OneLine(self.function, "strong")
        name.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        given = OneLine(self.arguments, "secondary")
        given.setToolTip(f"<span>{escape(self.arguments)}</span>")
        self.state = label(kind="caption")
        self._head = row(name, given, self.state, gap=GAP_8)
        self._head.setStretch(1, 1)
        self._body = column(self._head, gap=GAP_4)
        self.setLayout(self._body)

    def result(self) -> Result | None:
        raise NotImplementedError

    def restore(self, draft: Result) -> None:
        """Shows what was kept; what is there already stays."""
        raise NotImplementedError

    def enter(self) -> None:
        """Takes the keyboard."""
        raise NotImplementedError


class FunctionBlock(CallBlock):
    """The result is written, pasted, or printed by a command."""

    def __init__(self, call: PendingCall, icons: Icons) -> None:
        super().__init__(call)
        self.field = ResultField(f"Result of {self.function}", INVITATION)
        self.field.setAccessibleDescription(self.arguments)
        self.field.textChanged.connect(self._follow)
        self.field.sent.connect(self.send_asked)
        self.field.grew.connect(self.grew)
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
            self._body.addWidget(label(NO_JSON, "warning", wrap=True))
        self._body.addLayout(line)
        self._body.addWidget(self.progress)
        self._body.addWidget(self.note)
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
        self.command.setVisible(allowed)
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
        self.grew.emit()

    def _skipped(self, skipped: bool) -> None:
        self.field.setEnabled(not skipped)
        self._follow()

    def _follow(self) -> None:
        if not self.runs:
            self.state.setText(SKIPPED if self.skip.isChecked() else READY if self.result() else WAITING)
        self.changed.emit()


class ApprovalBlock(CallBlock):
    """An MCP server asks whether it may use a tool: yes, or no with a reason."""

    def __init__(self, call: PendingCall) -> None:
        super().__init__(call)
        self.approve = button("Approve", None, "segment", f"Approve {self.function}")
        self.decline = button("Decline", None, "segment", f"Decline {self.function}")
        self._choice = QButtonGroup(self)
        choices = row(gap=0)
        for choice in (self.approve, self.decline):
            choice.setCheckable(True)
            choice.setMinimumWidth(96)
            choice.toggled.connect(self._follow)
            self._choice.addButton(choice)
            choices.addWidget(choice)
        self.field = ResultField(f"Reason for {self.function}", REASON)
        self.field.textChanged.connect(self._follow)
        self.field.sent.connect(self.send_asked)
        self.field.grew.connect(self.grew)
        self.field.hide()
        about = label(f"Asked for by the MCP server {call.namespace}.", "caption", wrap=True)
        self._body.addLayout(self._beside(about, choices))
        self._body.addWidget(self.field)
        self._follow()

    def result(self) -> Result | None:
        if self._choice.checkedButton() is None:
            return None
        return Result() if self.approve.isChecked() else Result(self.field.toPlainText().strip(), done=False)

    def restore(self, draft: Result) -> None:
        self.field.setPlainText(self.field.toPlainText() or draft.text)
        (self.approve if draft.done else self.decline).setChecked(True)

    def enter(self) -> None:
        self.approve.setFocus()

    def _beside(self, about: QFrame, choices: QBoxLayout) -> QBoxLayout:
        line = row(about, frame("segments", choices), gap=GAP_12)
        line.setStretch(0, 1)
        return line

    def _follow(self) -> None:
        result = self.result()
        self.field.setVisible(result is not None and not result.done)
        self.state.setText(UNDECIDED if result is None else APPROVED if result.done else DECLINED)
        self.changed.emit()
        self.grew.emit()


def make_block(call: PendingCall, icons: Icons) -> CallBlock:
    return ApprovalBlock(call) if call.kind == "approval" else FunctionBlock(call, icons)


def is_json(text: str) -> bool:
    try:
        parsed(text)
    except ValueError:
        return False
    return True


def summary(arguments: str) -> str:
    """Arguments in a line: "city: Oslo, days: 3"; what is no object as it is."""
    try:
        value = parsed(arguments)
    except ValueError:
        value = None
    if isinstance(value, dict):
        words = (f"{name}: {_in_words(entry)}" for name, entry in value.items())
        arguments = ", ".join(words) or "no arguments"
    return " ".join(arguments.split())[:LONGEST_SUMMARY]


def _in_words(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
