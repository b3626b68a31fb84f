"""One run of the engine as a child process, from its start to its end. `engine_process` decides about the next one.

Popen and threads rather than asyncio's subprocesses: those need a child watcher, which in Python 3.11 belongs to the
main thread's loop, and this runs on the worker's.
"""

import asyncio
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import IO, TypeVar

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
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            bufsize=0,
            # An interrupt in the terminal is for the program that asks, which then ends the engine in good order.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._first_line: Future[bytes] = Future()
        self._exited: Future[int] = Future()
        self._errors = bytearray()
        self._readers = [
            _thread("engine-stdout", self._read_output),
            _thread("engine-stderr", self._read_errors),
        ]
        self._waiter = _thread("engine-wait", self._wait)

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
        _pipe(self._process.stdin).close()

    async def stop(self) -> None:
        """Ends it: asks on its stdin, then tells it, then makes it. Returns when it is gone."""
        stdin = _pipe(self._process.stdin)
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
        with _pipe(self._process.stdout) as output:
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
        with _pipe(self._process.stderr) as errors:
            while piece := errors.read(65536):
                self._errors += piece
                del self._errors[:-KEPT_ERROR_BYTES]


async def _result(future: Future[T]) -> T:
    """Waits without taking the result away from others: giving up here must not cancel the future."""
    return await asyncio.shield(asyncio.wrap_future(future))


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _thread(name: str, work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread
