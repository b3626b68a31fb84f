"""Room on the disk: what is announced to be too much for it is refused before it is sent."""

import shutil
from pathlib import Path

from chatapp.engine.errors import DISK_FULL, server_error

SPARED_BYTES = 64 * 2**20
SPARED_SHARE = 0.05
"""What uploads leave free, the smaller of both: answers and the index go on being written there."""


def check_room(folder: Path, size: int) -> None:
    """Raises ApiError 500 `disk_full` where `size` more bytes do not fit."""
    usage = shutil.disk_usage(folder)
    if usage.free < size + min(SPARED_BYTES, usage.total * SPARED_SHARE):
        raise server_error(DISK_FULL, "disk_full")
