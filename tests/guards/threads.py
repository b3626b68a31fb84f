"""Fails a test that left a thread running, daemon or not.

`@pytest.mark.allow_threads("pattern", …)` (fnmatch on the thread's name) names a pool the test may leave.
"""

import sys
import threading
import time
import traceback
from collections.abc import Iterator
from fnmatch import fnmatch

import pytest

GRACE_S = 2.0
# Not ours to end: a Qt thread that once ran Python shows as Dummy-N until Qt's own pool drops it.
KNOWN_POOLS = ("Dummy-*",)


def still_running(before: set[threading.Thread], allowed: tuple[str, ...]) -> list[threading.Thread]:
    """Threads that were not there `before`, are not `allowed` by name, and do not end within GRACE_S seconds."""
    new = [
        thread
        for thread in threading.enumerate()
        if thread not in before and not any(fnmatch(thread.name, pattern) for pattern in allowed)
    ]
    deadline = time.monotonic() + GRACE_S
    for thread in new:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [thread for thread in new if thread.is_alive()]


def where(thread: threading.Thread) -> str:
    """The thread's name and the line it is at."""
    frame = sys._current_frames().get(thread.ident or -1)
    last = traceback.extract_stack(frame)[-1] if frame else None
    place = f"{last.filename}:{last.lineno} in {last.name}" if last else "ending"
    return f"{thread.name}{' (daemon)' if thread.daemon else ''} at {place}"


@pytest.fixture(autouse=True)
def no_leaked_threads(request: pytest.FixtureRequest, no_stray_logs: None) -> Iterator[None]:
    """Fail the test if a thread it started is still alive after its other fixtures were torn down."""
    before = set(threading.enumerate())
    yield
    marked = tuple(name for mark in request.node.iter_markers("allow_threads") for name in mark.args)
    left = still_running(before, KNOWN_POOLS + marked)
    if left:
        pytest.fail("leaked threads:\n  " + "\n  ".join(map(where, left)), pytrace=False)
