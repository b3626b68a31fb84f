"""One run of the engine as a child process, from its start to its end. `engine_process` decides about the next one."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

from chatapp.connections.child_pipes import pipe, started, thread

T = TypeVar("T")

FIRST_LINE_BYTES = 4096
"""The handshake is one short line; a longer one is cut here and will not parse."""
KEPT_ERROR_BYTES = 8192
END = b"end\n"
"""On its stdin: end, whoever uses you. A stdin that is only closed ends an engine that nobody else uses."""
POLITE_S = 3.0
"""How long the engine may take to end once it was asked to."""
TERMINATE_S = 2.0
"""How long it may take once it was told to terminate; then it is killed."""
JOIN_S = 1.0
"""How long the readers may take after its end. A grandchild that keeps the pipes open holds them longer."""


class EngineChild:
    """Starts at once. Raises OSError when the program cannot be started.

    `first_line` comes with the first line of stdout (b"" when it ends without one), `exited` with the exit code.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = started(command, environment)
        self._first_line: Future[bytes] = Future()
        self._exited: Future[int] = Future()
        self._errors = bytearray()
        self._readers = [
            thread("engine-stdout", self._read_output),
            thread("engine-stderr", self._read_errors),
        ]
        self._waiter = thread("engine-wait", self._wait)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def last_words(self) -> str:
        """The end of what it wrote to stderr."""
        return bytes(self._errors).decode("utf-8", "replace").strip()

    async def first_line(self) -> bytes:
        return await _result(self._first_line)

    async def exited(self) -> int:
        """Its exit code; what it wrote to stderr has been read by then."""
        return await _result(self._exited)

    def leave(self) -> None:
        """Closes its stdin and no more: it ends when it finds that nobody needs it."""
        pipe(self._process.stdin).close()

    async def stop(self) -> None:
        """Ends it: asks on its stdin, then tells it, then makes it. Returns when it is gone."""
        stdin = pipe(self._process.stdin)
        with suppress(OSError, ValueError):
            stdin.write(END)
        stdin.close()
        # Not asyncio.timeout: this runs in tasks that are being cancelled, and Python 3.11.2 takes its end for theirs.
        leaving = asyncio.ensure_future(self.exited())
        for seconds, push in ((POLITE_S, self._process.terminate), (TERMINATE_S, self._process.kill)):
            gone, _ = await asyncio.wait({leaving}, timeout=seconds)
            if gone:
                break
            push()
        await leaving
        await asyncio.to_thread(self._waiter.join)

    def _wait(self) -> None:
        code = self._process.wait()
        for reader in self._readers:
            reader.join(JOIN_S)
        self._exited.set_result(code)

    def _read_output(self) -> None:
        """Passes on the first line and drains the rest, so that the engine never blocks on a full pipe."""
        with pipe(self._process.stdout) as output:
            line = b""
            while len(line) < FIRST_LINE_BYTES and not line.endswith(b"\n"):
                byte = output.read(1)
                if not byte:
                    break
                line += byte
            self._first_line.set_result(line)
            while output.read(65536):
                pass

    def _read_errors(self) -> None:
        with pipe(self._process.stderr) as errors:
            while piece := errors.read(65536):
                self._errors += piece
                del self._errors[:-KEPT_ERROR_BYTES]


async def _result(future: Future[T]) -> T:
    """Waits without taking the result away from others: giving up here must not cancel the future."""
    return await asyncio.shield(asyncio.wrap_future(future))
