"""Which control a row of the table has. What opens dialogs is imported when its row is made."""

from collections.abc import Callable

from chatapp.conversation.parameters import Parameter
from chatapp.desktop.controls.checks import Checks
from chatapp.desktop.controls.choosing import SHORT, Choice, Segments
from chatapp.desktop.controls.control import Control
from chatapp.desktop.controls.number import Number
from chatapp.desktop.controls.pairs import Pairs
from chatapp.desktop.controls.stores import Stores
from chatapp.desktop.controls.text import Line, Lines

MOST_SEGMENT_CHARACTERS, LONGEST_SEGMENT = 28, 12


def control_for(parameter: Parameter) -> Control:
    """The control of a row of the table."""
    return _KINDS[parameter.control](parameter)


def _choice(parameter: Parameter) -> Control:
    lengths = [len(SHORT.get(choice, choice)) for choice in parameter.choices]
    fits = sum(lengths) <= MOST_SEGMENT_CHARACTERS and max(lengths) <= LONGEST_SEGMENT
    return Segments(parameter) if fits else Choice(parameter)


def _json(parameter: Parameter) -> Control:
    from chatapp.desktop.controls.as_json import JsonControl

    return JsonControl(parameter)


def _object(parameter: Parameter) -> Control:
    from chatapp.desktop.controls.object_fields import ObjectControl

    return ObjectControl(parameter)


def _filter(parameter: Parameter) -> Control:
    from chatapp.desktop.controls.filters import Filters

    return Filters(parameter)


def _tools(parameter: Parameter) -> Control:
    from chatapp.desktop.controls.tools import Tools

    return Tools(parameter)


def _tool_choice(parameter: Parameter) -> Control:
    from chatapp.desktop.controls.tool_choice import ToolChoice

    return ToolChoice(parameter)


def _format(parameter: Parameter) -> Control:
    from chatapp.desktop.controls.answer_format import AnswerFormat

    return AnswerFormat(parameter)


_KINDS: dict[str, Callable[[Parameter], Control]] = {
    "model": Choice, "choice": _choice, "slider": Number, "integer": Number, "number": Number, "line": Line,
    "multiline": Lines, "switch": Segments, "stores": Stores, "pairs": Pairs, "checks": Checks, "object": _object,
    "filter": _filter, "tools": _tools, "tool_choice": _tool_choice, "format": _format, "json": _json,
}  # fmt: skip
