"""How the program was started: values that the entry point makes and any side reads."""

from pathlib import Path
from typing import NamedTuple


class Options(NamedTuple):
    """`profile` is the directory of the profile (made when missing). A `temporary` one is removed by the entry point.
    `server` is the name of the connection to begin with; `debug` asks for a log on stderr."""

    profile: Path
    temporary: bool = False
    server: str | None = None
    debug: bool = False


def default_profile() -> Path:
    """The profile of a user who names none."""
    from platformdirs import user_data_path

    return user_data_path("chatapp", appauthor=False)
