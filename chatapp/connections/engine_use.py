"""Who uses the engine of a data directory: every program that does holds a share of one lock until it ends.

So nobody takes the engine away from others. A program that ends and is not the last one leaves its engine running;
the engine itself (`engine/lock.py`) ends once its starter is gone and nobody holds a share. The system lets go of
the share of a program that was killed.
"""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

NAME = "users.lock"
SHARES = 64
"""Bytes of the file that can be locked. Windows has no shared lock here: there a share is one byte of them."""
WAIT_S = 10.0
"""How long an engine that is about to end, or its owner, may hold the whole lock."""
TURN_S = 0.05


class EngineUse:
    """One program's share; `begin` it before the engine is looked for, `end` it when the engine is not needed."""

    def __init__(self, data: Path) -> None:
        self._path = data / NAME
        self._descriptor: int | None = None

    async def begin(self) -> None:
        """Waits while an engine or its owner is just ending; goes on without a share if that hangs. Raises OSError."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        for _ in range(int(WAIT_S / TURN_S)):
            if _shared(self._descriptor):
                return
            await asyncio.sleep(TURN_S)

    def is_last(self) -> bool:
        """Gives the share up. Whether nobody else has one; if so, who comes now waits in `begin` until `end`."""
        return self._descriptor is None or _whole(self._descriptor)

    def end(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


if sys.platform == "win32":
    import msvcrt

    def _shared(descriptor: int) -> bool:
        return any(_locked(descriptor, at, 1) for at in range(SHARES))

    def _whole(descriptor: int) -> bool:
        for at in range(SHARES):
            _unlock(descriptor, at)
        return _locked(descriptor, 0, SHARES)

    def _locked(descriptor: int, at: int, length: int) -> bool:
        os.lseek(descriptor, at, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, length)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int, at: int) -> None:
        os.lseek(descriptor, at, os.SEEK_SET)
        with suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _shared(descriptor: int) -> bool:
        return _locked(descriptor, fcntl.LOCK_SH)

    def _whole(descriptor: int) -> bool:
        return _locked(descriptor, fcntl.LOCK_EX)

    def _locked(descriptor: int, how: int) -> bool:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
