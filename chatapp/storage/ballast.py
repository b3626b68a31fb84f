"""A file that takes up room so that there is some when the disk is full: deleting needs space too. See `database`."""

import os
import shutil
from pathlib import Path

from chatapp.storage.failures import no_space
from chatapp.storage.private import open_private

BALLAST_BYTES = 8 << 20
SPARE_BYTES = 2 * BALLAST_BYTES
"""Ballast is laid down only where at least this much is free: it must not be what fills the disk."""

_CHUNK = 1 << 20


def lay_down(path: Path) -> bool:
    """Makes sure the ballast is there in full. False where the disk has no room to spare. Raises OSError.

    Two processes may do so at the same time: both write the same length to the same file.
    """
    if path.exists() and path.stat().st_size == BALLAST_BYTES:
        return True
    if shutil.disk_usage(path.parent).free < SPARE_BYTES:
        return False
    try:
        _write(path)
    except OSError as error:
        drop(path)
        if no_space(error):
            return False
        raise
    return True


def drop(path: Path) -> bool:
    """Gives the room back. False where there was none to give."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _write(path: Path) -> None:
    chunk = os.urandom(_CHUNK)  # neither sparse nor compressible: it must weigh what it says
    with open(open_private(path), "wb", buffering=0) as file:
        for _ in range(BALLAST_BYTES // _CHUNK):
            file.write(chunk)
