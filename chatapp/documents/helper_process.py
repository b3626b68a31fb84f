"""Reading files in a process of its own, with limits on time and memory: what both programs call.

`DocumentReader` is the asyncio side. Each of its helper processes is owned by one thread that writes a request
and waits for the answer, so any event loop in any thread will do, and no child watcher is involved. A request
past its time is ended by killing the process, which ends the thread's wait.
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
from pathlib import Path
from typing import Any, Self, TypeVar

from chatapp.documents.environment import child_environment
from chatapp.documents.messages import Frame, Header, read_frame, to_document, to_image, to_place, write_frame
from chatapp.documents.model import Document, PageImage, Place, UnreadableDocument

TIME_LIMIT = 30.0
"""Seconds a request may take, the start of the helper included."""

IDLE_LIMIT = 30.0
"""Seconds after the last request until the helper is closed."""

_ALARM_MARGIN = 5
"""Seconds after the time limit at which an orphaned helper ends itself."""

_OUT_OF_MEMORY = frozenset({-9, -6})
"""Exit statuses of a process that memory failed: Linux kills it (SIGKILL), PDFium aborts itself (SIGABRT)."""

_Answer = TypeVar("_Answer")
_Decode = Callable[[Header, bytes], _Answer]


class DocumentReader:
    """Reads, finds and draws in a helper process, started on demand; requests are answered one at a time.

    Belongs to the event loop it is first used on; close it with `aclose`, or use it as an async context
    manager. A cancelled call leaves at once; its request runs out, or is killed at its time limit, before
    the next one begins.
    """

    def __init__(self, time_limit: float = TIME_LIMIT, idle_limit: float = IDLE_LIMIT) -> None:
        """Both limits in seconds."""
        self._time_limit = time_limit
        self._idle_limit = idle_limit
        self._turn = asyncio.Lock()
        self._helper: _Helper | None = None
        self._job: asyncio.Future[Any] | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    @property
    def process_id(self) -> int | None:
        """The helper's process id while one runs."""
        return self._helper.process_id if self._helper else None

    async def read(self, path: Path, filename: str | None = None) -> Document:
        """The document in a file. `filename` tells its suffix if `path` does not. Raises UnreadableDocument."""
        return await self._ask(to_document, do="read", path=_absolute(path), filename=filename)

    async def locate(
        self, path: Path, quote: str, filename: str | None = None, page: int | None = None
    ) -> Place | None:
        """Where a quote stands in a file, the given page first; None if not one of its words is there.

        Raises UnreadableDocument.
        """
        request = {"path": _absolute(path), "filename": filename, "quote": quote, "page": page}
        return await self._ask(to_place, do="locate", **request)

    async def render(self, path: Path, page: int, width: int) -> PageImage:
        """A page of a PDF drawn `width` pixels wide. Raises UnreadableDocument."""
        return await self._ask(to_image, do="render", path=_absolute(path), page=page, width=width)

    async def aclose(self) -> None:
        """Ends the helper and whatever it was doing; calls still waiting, and later ones, raise RuntimeError."""
        self._is_closed = True
        if self._helper is not None:
            self._helper.interrupt("closed")
        while self._job is not None:
            await asyncio.wait([self._job])
        self._retire()

    async def _ask(self, decode: _Decode[_Answer], **request: object) -> _Answer:
        async with self._turn:
            while self._job is not None:
                await asyncio.wait([self._job])
            if self._is_closed:
                raise RuntimeError("this DocumentReader is closed")
            return await asyncio.shield(self._start(decode, request))

    def _start(self, decode: _Decode[_Answer], request: Header) -> "asyncio.Future[_Answer]":
        """Hands a request to the helper; its time limit holds whether or not anybody still waits."""
        loop = asyncio.get_running_loop()
        helper = self._helper = self._helper or _Helper()
        request["seconds"] = math.ceil(self._time_limit) + _ALARM_MARGIN
        self._stop_idling()
        job = loop.run_in_executor(helper.thread, helper.ask, decode, request)
        deadline = loop.call_later(self._time_limit, helper.interrupt, "timeout")

        def finish(job: "asyncio.Future[_Answer]") -> None:
            deadline.cancel()
            self._job = None
            self._idle_timer = loop.call_later(self._idle_limit, self._retire)
            if not job.cancelled():
                # Where the caller was cancelled nobody else takes note of a failure.
                job.exception()

        job.add_done_callback(finish)
        self._job = job
        return job

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

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="documents")
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_busy = False
        self._interruption: str | None = None

    @property
    def process_id(self) -> int | None:
        process = self._process
        return process.pid if process else None

    def ask(self, decode: _Decode[_Answer], request: Header) -> _Answer:
        """Blocks for the answer, on `thread`. Raises UnreadableDocument; RuntimeError where interrupted to close."""
        with self._lock:
            process = self._process = self._running() or _start_process()
            self._is_busy = True
            self._interruption = None
        try:
            frame = _exchange(process, request)
        finally:
            with self._lock:
                self._is_busy = False
        if frame is None:
            raise _failure(self._interruption, self._stop(), request["seconds"] - _ALARM_MARGIN)
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


def _start_process() -> "subprocess.Popen[bytes]":
    root = str(Path(__file__).parents[2])
    environment = child_environment()
    paths = [root, *filter(None, [environment.get("PYTHONPATH")])]
    return subprocess.Popen(
        # -P: a module lying in the current directory must not stand in for one of ours.
        [sys.executable, "-P", "-m", __package__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if sys.stderr is not None else subprocess.DEVNULL,
        env={**environment, "PYTHONPATH": os.pathsep.join(paths)},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _exchange(process: "subprocess.Popen[bytes]", request: Header) -> Frame | None:
    """The answer to a request; None where the process ended instead."""
    if process.stdin is None or process.stdout is None:
        raise AssertionError("the helper was started with pipes")
    try:
        write_frame(process.stdin, request)
        return read_frame(process.stdout)
    except OSError:
        return None


def _failure(interruption: str | None, status: int, limit: int) -> Exception:
    """What to tell of a process that ended without an answer."""
    if interruption == "closed":
        return RuntimeError("this DocumentReader is closed")
    if interruption == "timeout":
        return UnreadableDocument(
            "timeout",
            f"Reading this file took longer than {limit} seconds and was stopped. "
            "Split it, or save it anew in a simpler form.",
        )
    if status in _OUT_OF_MEMORY:
        return UnreadableDocument(
            "memory",
            "Memory ran out while this file was read. Split it, or save it anew without large pictures.",
        )
    return UnreadableDocument(
        "damaged", "This file made its reader stop; it is probably damaged. Save or download it again."
    )


def _absolute(path: Path) -> str:
    return str(path.absolute())
