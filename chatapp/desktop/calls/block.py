"""One call that waits, as the strip shows it: what is asked for in a line, and below it whatever its kind needs."""

import json
from html import escape

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QSizePolicy

from chatapp.conversation.calls import PendingCall, Result, parsed
from chatapp.desktop.theme import GAP_4, GAP_8
from chatapp.desktop.widgets import OneLine, column, label, named, row
from chatapp.protocol.json_types import Json

LONGEST_SUMMARY = 400
LONGEST_NAME = 80


class CallBlock(QFrame):
    """What all kinds of calls have in common. `changed` says that the result may be another."""

    changed = Signal()
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
        head = row(name, given, self.state, gap=GAP_8)
        head.setStretch(1, 1)
        self.body = column(head, gap=GAP_4)
        self.setLayout(self.body)

    def result(self) -> Result | None:
        """What would be sent now, None while there is none."""
        raise NotImplementedError

    def restore(self, draft: Result) -> None:
        """Shows what was kept; what is there already stays."""
        raise NotImplementedError

    def enter(self) -> None:
        """Takes the keyboard."""
        raise NotImplementedError


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
