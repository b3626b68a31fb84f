"""A program of the user's on this computer, run once for one call, within limits of time and output.

It is given no shell and no secret of our environment. It leads a process group of its own, and when it ends, by itself
or not, what it started and left behind is ended too.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, Literal

from chatapp.connections.child_pipes import pipe, started, thread
from chatapp.conversation.commands import CommandEnd, CommandLine
from chatapp.documents.environment import child_environment
from chatapp.services.ports import CommandNotStarted

OUTPUT_BYTES: Final = 256 << 10
"""Of stdout, and as much of stderr."""
POLITE_S: Final = 1.0
"""How long it may take to end once it was told to; then it is killed."""
JOIN_S: Final = 1.0
"""How long the readers may take after its end: what left the group may hold the pipes open for longer."""
KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)
LIBRARY_PATHS: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""PyInstaller keeps what they were under the same names with _ORIG."""
SHELL_ENDINGS: Final = (".bat", ".cmd")
"""Windows hands these to a shell, which reads arguments as commands."""


class LocalCommands:
    async def run(self, line: CommandLine) -> CommandEnd:
        """Runs to the end. Cancelling ends the command first. Raises CommandNotStarted."""
        child = _started(line)
        ending = asyncio.wrap_future(child.ended)
        try:
            await asyncio.wait({ending}, timeout=line.seconds)
            if not ending.done():
                child.end_at("time")
        finally:
            await _to_its_end(child, ending)
        return ending.result()


class _Child:
    """Starts at once; `ended` comes when it and its group are gone."""

    def __init__(self, line: CommandLine) -> None:
        self._began = time.monotonic()
        self._limit: Literal["", "time", "output"] = ""
        self._output, self._errors = bytearray(), bytearray()
        self._process = started(line.argv, _environment(), Path(line.folder or Path.home()))
        self.ended: Future[CommandEnd] = Future()
        self._readers = [
            thread("command-stdin", lambda: self._give(line.stdin.encode("utf-8", "replace"))),
            thread("command-stdout", lambda: self._read(self._process.stdout, self._output)),
            thread("command-stderr", lambda: self._read(self._process.stderr, self._errors)),
        ]
        thread("command-wait", self._wait)

    def end_at(self, limit: Literal["", "time", "output"] = "", number: int = signal.SIGTERM) -> None:
        """Tells the whole group to end; the first limit that was reached counts."""
        self._limit = self._limit or limit
        _signal_group(self._process, number)

    def _wait(self) -> None:
        code = self._process.wait()
        seconds = time.monotonic() - self._began
        self.end_at(number=KILL)
        for reader in self._readers:
            reader.join(JOIN_S)
        output, errors = (bytes(part).decode("utf-8", "replace") for part in (self._output, self._errors))
        self.ended.set_result(CommandEnd(output, errors, code, seconds, self._limit))

    def _give(self, data: bytes) -> None:
        """Whether it reads its stdin is its own affair."""
        with suppress(OSError), pipe(self._process.stdin) as stdin:
            stdin.write(data)

    def _read(self, stream: IO[bytes] | None, into: bytearray) -> None:
        with pipe(stream) as output:
            while piece := output.read(65536):
                room = OUTPUT_BYTES - len(into)
                into += piece[:room]
                if len(piece) > room and not self._limit:
                    self.end_at("output", KILL)


def _started(line: CommandLine) -> _Child:
    if os.name == "nt" and line.argv[0].lower().endswith(SHELL_ENDINGS):
        raise CommandNotStarted("A batch file is read by a shell. Name the program it starts instead.")
    try:
        return _Child(line)
    except OSError as problem:
        about = f"“{problem.filename}”: " if problem.filename else ""
        raise CommandNotStarted(f"{about}{problem.strerror}.") from problem
    except ValueError as problem:
        raise CommandNotStarted(f"It cannot be written as a command line: {problem}.") from problem


def _environment() -> dict[str, str]:
    """Ours without keys; and without what a frozen program sets for its own libraries, which are not the command's."""
    harmless = {name: text for name, text in child_environment().items() if not name.startswith("_PYI_")}
    for name in LIBRARY_PATHS if getattr(sys, "frozen", False) else ():
        harmless.pop(name, None)
        harmless |= {name: os.environ[f"{name}_ORIG"]} if f"{name}_ORIG" in os.environ else {}
    return harmless


async def _to_its_end(child: _Child, ending: "asyncio.Future[CommandEnd]") -> None:
    """Returns once nothing of it runs, also when the caller is being cancelled; at once, killed, the second time."""
    try:
        if not ending.done():
            child.end_at()
            await asyncio.wait({ending}, timeout=POLITE_S)
    finally:
        if not ending.done():
            child.end_at(number=KILL)
    await asyncio.wait({ending})


def _signal_group(process: "subprocess.Popen[bytes]", number: int) -> None:
    """What has gone already needs no signal."""
    with suppress(OSError):
        if os.name == "nt":
            subprocess.run(
                ["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False
            )
        else:
            os.killpg(process.pid, number)
