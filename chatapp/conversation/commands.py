"""Local commands that run for a function: how one is written, filled with a call's arguments, and reported. Pure.

A command is a list of arguments that no shell reads. `{{name}}` stands for an argument of the call and `{{}}` for all
of them; they also come on its standard input. The program itself is never the model's to choose.
"""

import json
import re
import shlex
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from chatapp.conversation.calls import PendingCall, parsed
from chatapp.protocol.json_types import Json, JsonObject, object_of, text_of

LIMIT_S: Final = 30.0
LONGEST_S: Final = 600.0
_PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
NOTHING: Final = "The command printed nothing."


class InvalidCommand(ValueError):
    """The message says what is wrong and what would be right."""


@dataclass(frozen=True, slots=True)
class Command:
    """What the user set for a function. `folder` is where it runs, empty for the home folder; `seconds` its limit."""

    argv: tuple[str, ...]
    folder: str = ""
    seconds: float = LIMIT_S


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command for one call, as it will run: what is shown before and what is carried out are this value."""

    argv: tuple[str, ...]
    stdin: str
    folder: str = ""
    seconds: float = LIMIT_S


@dataclass(frozen=True, slots=True)
class CommandEnd:
    """How a command ended. `code` is its exit code, negative for a signal; `limit` says which limit ended it, if one
    did; `seconds` is how long it ran."""

    stdout: str
    stderr: str
    code: int
    seconds: float
    limit: Literal["", "time", "output"] = ""

    @property
    def succeeded(self) -> bool:
        return self.code == 0 and not self.limit


def function_name(call: PendingCall) -> str:
    """The name a function's command is kept under."""
    return f"{call.namespace}.{call.name}" if call.namespace else call.name


def checked(command: Command) -> Command:
    """The command, ready to be kept. Raises InvalidCommand."""
    argv = command.argv
    if not argv or not argv[0].strip():
        raise InvalidCommand("Name a program on the first line.")
    if _PLACE.search(argv[0]):
        raise InvalidCommand("The program cannot be an argument of the call: name it on the first line.")
    if any("\0" in part for part in (*argv, command.folder)):
        raise InvalidCommand("A command cannot hold the character NUL.")
    if not 1 <= command.seconds <= LONGEST_S:
        raise InvalidCommand(f"The time limit must be between 1 and {LONGEST_S:.0f} seconds.")
    return command


def filled(command: Command, call: PendingCall) -> CommandLine:
    """The command with the call's arguments in their places. Raises InvalidCommand where one is missing."""
    values = _values(call.arguments)
    argv = tuple(_PLACE.sub(lambda place: _value(place[1], call, values), part) for part in command.argv)
    if any("\0" in part for part in argv):
        raise InvalidCommand("An argument holds the character NUL, which no command line can carry.")
    return CommandLine(argv, call.arguments, command.folder, command.seconds)


def shown(argv: Sequence[str]) -> str:
    """A command as a line to be read by the one who allows it: quoted, and with no sign that hides or reorders."""
    return " ".join(visible(shlex.quote(part)) for part in argv)


def visible(text: str) -> str:
    """A text with its invisible signs as escapes: none of them can hide or reorder what stands there."""
    return "".join(_escape(sign) if _hides(sign) else sign for sign in text)


def report(end: CommandEnd) -> str:
    """The text offered as the call's result: what it printed, or how it failed with all it printed."""
    printed = end.stdout.rstrip("\r\n")
    if end.succeeded:
        return printed or NOTHING
    return "\n".join(part for part in (how_it_ended(end), end.stderr.rstrip("\r\n"), printed) if part)


def how_it_ended(end: CommandEnd) -> str:
    """One sentence."""
    if end.limit == "time":
        return f"The command was stopped at its time limit, after {end.seconds:.0f} s."
    if end.limit == "output":
        return "The command was stopped because it printed too much."
    if end.code < 0:
        return f"The command was ended by signal {-end.code}."
    if end.code:
        return f"The command failed with exit code {end.code}."
    return f"The command ended after {end.seconds:.1f} s."


def written(command: Command) -> JsonObject:
    """As JSON, for the settings."""
    return {"argv": list(command.argv), "folder": command.folder, "seconds": command.seconds}


def read(value: Json) -> Command | None:
    """From JSON; None for what is no command."""
    fields = object_of(value)
    argv, seconds = fields.get("argv"), fields.get("seconds")
    texts = tuple(map(text_of, argv)) if isinstance(argv, list) else ()
    limit = float(seconds) if isinstance(seconds, int | float) else LIMIT_S
    try:
        return checked(Command(texts, text_of(fields.get("folder")), limit))
    except InvalidCommand:
        return None


def _hides(sign: str) -> bool:
    """Control and format characters, line breaks, odd spaces, and what has no glyph."""
    return sign != " " and unicodedata.category(sign)[0] in "CZ"


def _escape(sign: str) -> str:
    return f"\\u{ord(sign):04x}" if ord(sign) <= 0xFFFF else f"\\U{ord(sign):08x}"


def _values(arguments: str) -> JsonObject | None:
    try:
        value = parsed(arguments)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _value(name: str, call: PendingCall, values: JsonObject | None) -> str:
    if not name:
        return call.arguments
    if values is None:
        raise InvalidCommand(f"The arguments are not a JSON object, so there is no “{name}” in them.")
    if name not in values:
        raise InvalidCommand(f"The call gives no “{name}”, which the command asks for.")
    value = values[name]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
