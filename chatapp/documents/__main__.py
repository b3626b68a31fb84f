"""The helper program: reads files and draws pages for `helper_process`, within limits, so that no file can
take a window or an engine along.

`python -m chatapp.documents` answers one request after another (frames on stdin and stdout, see `messages`)
and ends when stdin closes. A request names what to `do` and its arguments.
"""

import os
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import IO

from chatapp.documents.faults import place_of
from chatapp.documents.messages import (
    Frame,
    Header,
    from_document,
    from_error,
    from_image,
    from_place,
    read_frame,
    write_frame,
)
from chatapp.documents.model import UnreadableDocument
from chatapp.documents.shelf import Shelf

MEMORY_LIMIT = 1024**3
"""Bytes of address space (RLIMIT_AS); Windows has no such limit, and macOS does not enforce it."""

NICENESS = 5


def main() -> None:
    """Answers until stdin closes, or until memory ran out: what follows begins afresh."""
    _limit_process()
    sys.excepthook = _say_where
    requests, answers = _pipes()
    with Shelf() as shelf:
        while (frame := read_frame(requests)) is not None:
            header, body = _answer(shelf, frame[0])
            write_frame(answers, header, body)
            if header.get("error", {}).get("code") == "memory":
                return


def _answer(shelf: Shelf, request: Header) -> Frame:
    _set_alarm(request["seconds"])
    try:
        return _ANSWERS[request["do"]](shelf, request)
    except UnreadableDocument as error:
        return from_error(error)
    except MemoryError:
        shelf.close()
        return from_error(out_of_memory())
    finally:
        _set_alarm(0)


def _read(shelf: Shelf, request: Header) -> Frame:
    return from_document(shelf.document(Path(request["path"]), request["filename"]))


def _locate(shelf: Shelf, request: Header) -> Frame:
    from chatapp.documents.places import locate

    path, quote = Path(request["path"]), request["quote"]
    return from_place(locate(path, quote, request["filename"], request["page"], shelf))


def _render(shelf: Shelf, request: Header) -> Frame:
    return from_image(shelf.pdf(Path(request["path"])).render(request["page"], request["width"]))


_ANSWERS = {"read": _read, "locate": _locate, "render": _render}


def out_of_memory() -> UnreadableDocument:
    """The error for a file that needs more than MEMORY_LIMIT."""
    return UnreadableDocument(
        "memory",
        f"Reading this file takes more than {MEMORY_LIMIT // 1024**2:,} MB of memory. "
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
    """The last word of a reader with a fault: what and where, but not the message, which may quote the document."""
    print(f"reader of documents: {place_of(error)}", file=sys.stderr)


def _set_alarm(seconds: int) -> None:
    """Ends this program after so many seconds, should its parent be gone by then; 0 calls that off."""
    if sys.platform != "win32":
        signal.alarm(seconds)


def _pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The streams of requests and answers; whatever else prints to stdout goes to stderr."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, answers


if __name__ == "__main__":
    main()
