"""Writing a file that is there as a whole or not at all: what people take out of the profile."""

import os
from pathlib import Path


def write_whole(target: Path, content: bytes) -> None:
    """The whole file, or the one that was there before. Raises OSError that names the target. Blocks."""
    place = Path(os.path.realpath(target))
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        try:
            with part.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, place)
        finally:
            part.unlink(missing_ok=True)
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, str(target)) from problem
