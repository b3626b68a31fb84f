"""What all child processes of ours have in common: how they are started, and the threads that read their pipes.

Popen and threads rather than asyncio's subprocesses: those need a child watcher, which in Python 3.11 belongs to the
main thread's loop, and children are looked after on the worker's.
"""

import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO


def started(
    command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
) -> "subprocess.Popen[bytes]":
    """A process with three pipes that leads a group of its own: an interrupt in the terminal is for the program that
    asks, which then ends the child in good order. Raises OSError, and ValueError for what is no command line."""
    return subprocess.Popen(
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=dict(environment),
        bufsize=0,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def thread(name: str, work: Callable[[], None]) -> threading.Thread:
    """Runs at once, and holds up no end of the program."""
    running = threading.Thread(target=work, name=name, daemon=True)
    running.start()
    return running
