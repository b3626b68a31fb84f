"""What a control of a parameter is: it shows a value, None meaning "not sent", and tells what the user made of it as
JSON; whether that is allowed is checked by `parameter_row`. None takes the wheel."""

import json

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from chatapp.conversation.parameters import Parameter
from chatapp.desktop.widgets import restyle
from chatapp.protocol.json_types import Json

NOT_SENT = "not sent"
MOST_CHARACTERS = 40
"""Of a value that stands in a sentence."""


class Control(QWidget):
    """`edited` carries the new value, or None for "not sent"."""

    edited = Signal(object)
    refilled = Signal()
    """Its fields are others."""
    wide = False
    """Whether it takes the whole width below its label."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        self.parameter = parameter

    def show_value(self, value: Json) -> None:
        raise NotImplementedError

    def fields(self) -> list[QWidget]:
        """What takes the keyboard, in order."""
        raise NotImplementedError

    def entrance(self) -> QWidget:
        """What takes the keyboard when the parameter is asked for."""
        return self.fields()[0]

    def least_width(self) -> int:
        """The room it needs to stand beside its label, in pixels."""
        return self.minimumSizeHint().width()

    def words_for(self, value: Json) -> str:
        """A value in a few words."""
        return words_for(value)

    def mark(self, invalid: bool) -> None:
        for field in self.fields():
            restyle(field, invalid=invalid)


def words_for(value: Json) -> str:
    """A value of a parameter in a few words."""
    if value is None:
        return NOT_SENT
    if value == "":
        return "empty"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict | list):
        return cut(json.dumps(value, ensure_ascii=False))
    return cut(f"{value:g}" if isinstance(value, float) else str(value))


def cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
