"""One engine for one data directory, and the programs that use it: locks that the system lets go of when a process
ends, however it ends. The programs hold shares of the second one (`connections/engine_use.py`)."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_NAME = "engine.lock"
USERS_NAME = "users.lock"
SHARES = 64
"""Bytes that are locked on Windows, where a share is one byte of them."""
TURN_S = 0.2


class AlreadyLocked(Exception):
    """Another process holds the lock."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock. Raises AlreadyLocked at once where another process has it."""
    descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(descriptor)
        yield
    finally:
        os.close(descriptor)


def wait_until_unused(folder: Path) -> None:
    """Block until no program holds a share of the folder's engine; from then on, who comes waits for our end."""
    # Never closed: the lock is to be held for as long as the process is there.
    descriptor = os.open(folder / USERS_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    while True:
        try:
            return _take(descriptor)
        except AlreadyLocked:
            time.sleep(TURN_S)


def _take(descriptor: int) -> None:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, SHARES)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise AlreadyLocked from error
