"""A program that answers `limited_process`, within limits, so that no file can take a window or an engine along.

It answers one request after another (frames on stdin and stdout, see `messages`) and ends when stdin closes. A request
names what to `do` and its arguments, and may say how many `cpu_seconds` it and those after it may take.
"""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import IO

from chatapp.documents.faults import place_of
from chatapp.documents.messages import Frame, Header, from_error, read_frame, write_frame
from chatapp.documents.model import UnreadableDocument

Answer = Callable[[Header, bytes], Frame]
"""From the header and the body of a request to those of its answer. Raises UnreadableDocument."""

MEMORY_LIMIT = 1024**3
"""Bytes of address space (RLIMIT_AS); Windows has no such limit, and macOS does not enforce it."""

NICENESS = 5


def answer_requests(answers: Mapping[str, Answer], doing: str, let_go: Callable[[], None]) -> None:
    """Answers until stdin closes, or until memory ran out: what follows begins afresh. `doing` names what is done to a
    file, as in "Reading"; `let_go` makes room for the answer that memory ran out."""
    _limit_process()
    sys.excepthook = _say_where
    requests, sent = _pipes()
    while (frame := read_frame(requests)) is not None:
        header, body = _answer(answers[frame[0]["do"]], frame, doing, let_go)
        write_frame(sent, header, body)
        if header.get("error", {}).get("code") == "memory":
            return


def _answer(answer: Answer, request: Frame, doing: str, let_go: Callable[[], None]) -> Frame:
    _set_limits(request[0])
    try:
        return answer(*request)
    except UnreadableDocument as error:
        return from_error(error)
    except MemoryError:
        let_go()
        return from_error(_out_of_memory(doing))
    finally:
        _set_alarm(0)


def _out_of_memory(doing: str) -> UnreadableDocument:
    return UnreadableDocument(
        "memory",
        f"{doing} this file takes more than {MEMORY_LIMIT // 1024**2:,} MB of memory. "
        "Split it, or save it anew without large pictures.",
    )


def _limit_process() -> None:
    # A Ctrl-C in the terminal is meant for the program in front; this one follows when stdin closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        import resource

        # A parent that was killed reads no answer: this one ends without a word, as a filter does.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        soft = MEMORY_LIMIT if hard == resource.RLIM_INFINITY else min(MEMORY_LIMIT, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        os.nice(NICENESS)


def _say_where(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The last word of a program with a fault: what and where, but not the message, which may quote the document."""
    print(f"reader of documents: {place_of(error)}", file=sys.stderr)


def _set_limits(request: Header) -> None:
    _set_alarm(request["seconds"])
    if sys.platform != "win32" and "cpu_seconds" in request:
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        most = int(used.ru_utime + used.ru_stime) + 1 + request["cpu_seconds"]
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _set_alarm(seconds: int) -> None:
    """Ends this program after so many seconds, should its parent be gone by then; 0 calls that off."""
    if sys.platform != "win32":
        signal.alarm(seconds)


def _pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The streams of requests and answers; whatever else prints to stdout goes to stderr."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, answers
