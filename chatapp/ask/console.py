"""Standard output and error as the programs of this room use them: any encoding, one line a complaint, no traceback."""

import io
import os
import sys
from typing import Protocol


class OutputLost(Exception):
    """What is printed does not get to where it goes; the message is the system's word for why."""


class Out(Protocol):
    """Where text is printed. Both raise OutputLost, or BrokenPipeError where the reader has left."""

    @property
    def encoding(self) -> str: ...
    def write(self, text: str) -> object: ...
    def flush(self) -> None: ...


class StandardOutput:
    """sys.stdout, with its failures told apart from those of files."""

    @property
    def encoding(self) -> str:
        return sys.stdout.encoding

    def write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
        except BrokenPipeError:
            raise
        except OSError as problem:
            raise OutputLost(problem.strerror or str(problem)) from problem

    def flush(self) -> None:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as problem:
            raise OutputLost(problem.strerror or str(problem)) from problem


def prepare() -> None:
    """What a terminal's encoding cannot hold is printed as a question mark. A closed output takes everything."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open to the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def give_up_output() -> None:
    """Nothing more is printed; what is still held would otherwise fail once more at the program's end."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def complain(program: str, text: str, code: int) -> int:
    """One line on stderr. Returns `code`."""
    print(f"chatapp {program}: {one_line(text)}", file=sys.stderr)
    return code


def one_line(text: str) -> str:
    return " ".join(text.split())
