"""A program of ours in a process of its own, with limits on time and memory: the side that asks.

`LimitedProcess` is asyncio's side of it. Each process is owned by one thread that writes a request and waits for the
answer, so any event loop in any thread will do, and no child watcher is involved. A request past its time is ended by
killing the process, which ends the thread's wait. The other side is `limited_program`.
"""

import asyncio
import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from chatapp.documents.environment import child_environment
from chatapp.documents.messages import Frame, Header, read_frame, write_frame
from chatapp.documents.model import UnreadableDocument

TIME_LIMIT = 30.0
"""Seconds a request may take, the start of the helper included."""

IDLE_LIMIT = 30.0
"""Seconds after the last request until the helper is closed."""

_ALARM_MARGIN = 5
"""Seconds after the time limit at which an orphaned helper ends itself."""

_OUT_OF_MEMORY = frozenset({-9, -6})
"""Exit statuses of a process that memory failed: Linux kills it (SIGKILL), PDFium aborts itself (SIGABRT)."""

_OUT_OF_TIME = frozenset({-24})
"""Exit status of a process that used up the processor time of its file (SIGXCPU)."""

_Answer = TypeVar("_Answer")
_Decode = Callable[[Header, bytes], _Answer]


class ProcessDied(UnreadableDocument):
    """The process ended at work, by no limit of ours. Perhaps the file was at fault, perhaps whoever ended it."""


@dataclass(frozen=True, slots=True)
class Program:
    """A module that is run as a program, and what it does to a file, as in "Reading this file took too long"."""

    module: str
    doing: str


class LimitedProcess:
    """Answers requests in a process that is started on demand, one at a time.

    Belongs to the event loop it is first used on; close it with `aclose`, or use it as an async context
    manager. A cancelled call leaves at once; its request runs out, or is killed at its time limit, before
    the next one begins.
    """

    def __init__(
        self, program: Program, time_limit: float = TIME_LIMIT, idle_limit: float = IDLE_LIMIT
    ) -> None:
        """Both limits in seconds."""
        self._program = program
        self._time_limit = time_limit
        self._idle_limit = idle_limit
        self._turn = asyncio.Lock()
        self._helper: _Helper | None = None
        self._job: asyncio.Future[Any] | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self._is_kept = False
        self._is_closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    @property
    def process_id(self) -> int | None:
        """The helper's process id while one runs."""
        return self._helper.process_id if self._helper else None

    async def ask(self, decode: _Decode[_Answer], request: Header, body: bytes = b"") -> _Answer:
        """The decoded answer to a request. Raises UnreadableDocument where it is a refusal or there is none."""
        async with self._turn:
            while self._job is not None:
                await asyncio.wait([self._job])
            if self._is_closed:
                raise RuntimeError(f"{self._program.module} is closed")
            return await asyncio.shield(self._start(decode, request, body))

    def keep(self, kept: bool) -> None:
        """Whether the process stays while nothing is asked of it. To be called on the loop it belongs to."""
        self._is_kept = kept
        if self._helper is not None and self._job is None:
            self._rest()

    async def aclose(self) -> None:
        """Ends the process and whatever it was doing; calls still waiting, and later ones, raise RuntimeError."""
        self._is_closed = True
        if self._helper is not None:
            self._helper.interrupt("closed")
        while self._job is not None:
            await asyncio.wait([self._job])
        self._retire()

    def _start(self, decode: _Decode[_Answer], request: Header, body: bytes) -> "asyncio.Future[_Answer]":
        """Hands a request to the helper; its time limit holds whether or not anybody still waits."""
        loop = asyncio.get_running_loop()
        helper = self._helper = self._helper or _Helper(self._program)
        request["seconds"] = math.ceil(self._time_limit) + _ALARM_MARGIN
        self._stop_idling()
        job = loop.run_in_executor(helper.thread, helper.ask, decode, (request, body))
        deadline = loop.call_later(self._time_limit, helper.interrupt, "timeout")

        def finish(job: "asyncio.Future[_Answer]") -> None:
            deadline.cancel()
            self._job = None
            self._rest()
            if not job.cancelled():
                # Where the caller was cancelled nobody else takes note of a failure.
                job.exception()

        job.add_done_callback(finish)
        self._job = job
        return job

    def _rest(self) -> None:
        """Nothing is asked of the helper now."""
        self._stop_idling()
        if not self._is_kept:
            self._idle_timer = asyncio.get_running_loop().call_later(self._idle_limit, self._retire)

    def _retire(self) -> None:
        """Lets the idle helper go."""
        self._stop_idling()
        helper, self._helper = self._helper, None
        if helper is not None:
            helper.close()

    def _stop_idling(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None


class _Helper:
    """The helper process and the thread that waits for it. A process that ended is started again when asked."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.thread = ThreadPoolExecutor(1, thread_name_prefix=program.module)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_busy = False
        self._interruption: str | None = None

    @property
    def process_id(self) -> int | None:
        process = self._process
        return process.pid if process else None

    def ask(self, decode: _Decode[_Answer], request: Frame) -> _Answer:
        """Blocks for the answer, on `thread`. Raises UnreadableDocument; RuntimeError where interrupted to close."""
        with self._lock:
            process = self._process = self._running() or _start_process(self._program.module)
            self._is_busy = True
            self._interruption = None
        try:
            frame = _exchange(process, request)
        finally:
            with self._lock:
                self._is_busy = False
        if frame is None:
            seconds = request[0]["seconds"] - _ALARM_MARGIN
            raise _failure(self._program, self._interruption, self._stop(), seconds)
        if frame[0].get("error", {}).get("code") == "memory":
            self._stop()
        return decode(*frame)

    def interrupt(self, why: str) -> None:
        """Kills the process if it is at work: "timeout" or "closed". From any thread."""
        with self._lock:
            if self._is_busy and self._process is not None:
                self._interruption = why
                self._process.kill()

    def close(self) -> None:
        """Ends process and thread. Not while a request runs."""
        self._stop()
        self.thread.shutdown()

    def _running(self) -> "subprocess.Popen[bytes] | None":
        if self._process is not None and self._process.poll() is not None:
            self._stop()
        return self._process

    def _stop(self) -> int:
        """Ends the process, leaving no zombie and no open pipe. Its exit status; 0 if there was none."""
        process, self._process = self._process, None
        if process is None:
            return 0
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.kill()
        return process.wait()


def _start_process(module: str) -> "subprocess.Popen[bytes]":
    root = str(Path(__file__).parents[2])
    environment = child_environment()
    paths = [root, *filter(None, [environment.get("PYTHONPATH")])]
    return subprocess.Popen(
        # -P: a module lying in the current directory must not stand in for one of ours.
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if sys.stderr is not None else subprocess.DEVNULL,
        env={**environment, "PYTHONPATH": os.pathsep.join(paths)},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _exchange(process: "subprocess.Popen[bytes]", request: Frame) -> Frame | None:
    """The answer to a request; None where the process ended instead."""
    if process.stdin is None or process.stdout is None:
        raise AssertionError("the helper was started with pipes")
    try:
        write_frame(process.stdin, *request)
        return read_frame(process.stdout)
    except OSError:
        return None


def _failure(program: Program, interruption: str | None, status: int, limit: int) -> Exception:
    """What to tell of a process that ended without an answer."""
    if interruption == "closed":
        return RuntimeError(f"{program.module} is closed")
    if interruption == "timeout":
        return _too_long(program.doing, f"longer than {limit} seconds")
    if status in _OUT_OF_TIME:
        return _too_long(program.doing, "too much of the processor's time")
    if status in _OUT_OF_MEMORY:
        return ProcessDied(
            "memory",
            f"Memory ran out while {program.doing.lower()} this file. "
            "Split it, or save it anew without large pictures.",
        )
    return ProcessDied(
        "damaged", "This file made its reader stop; it is probably damaged. Save or download it again."
    )


def _too_long(doing: str, measure: str) -> UnreadableDocument:
    return UnreadableDocument(
        "timeout",
        f"{doing} this file took {measure} and was stopped. Split it, or save it anew in a simpler form.",
    )
