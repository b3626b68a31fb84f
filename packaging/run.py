"""Sets up what is missing, then opens the window (no arguments), runs the tests (`test`), or any other chatapp command.

    python3 packaging/run.py [chatapp's arguments]
    python3 packaging/run.py test [pytest's arguments]

Standard library only. This file must stay readable to any Python from 3.7, so that an old one can say what is missing;
setup_system.py and setup_environment.py, next door, are loaded once the version is right.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 13)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# chatapp's words that need no screen.
WITHOUT_WINDOW = ("ask", "engine", "export", "import", "--version", "--help", "-h")
# The tests run on every core, those of one file on one of them.
SPREAD = ("-n", "auto", "--dist", "loadfile")


def supported(version: tuple[int, int]) -> bool:
    """Whether chatapp runs on this version of Python."""
    return OLDEST <= version <= NEWEST


def another_python() -> str | None:
    """A supported Python elsewhere on the PATH that does start, the newest first."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            return found
    return None


def become(command: list[str], **environment: str) -> int:
    """Run a command in place of this process where the system can do that, else wait for it; its exit code."""
    sys.stdout.flush()
    env = dict(os.environ, **environment)
    if os.name == "posix":
        os.execvpe(command[0], command, env)
    return subprocess.call(command, env=env)


def start(arguments: list[str]) -> int:
    """Check the system, prepare the environment, and become what was asked for."""
    import setup_environment
    import setup_system

    testing = arguments[:1] == ["test"]
    windowed = not testing and not (arguments and arguments[0] in WITHOUT_WINDOW)
    setup_system.provide(
        needed={"window", "screen"} if windowed else {"window"},
        wanted={"screen", "tests"} if testing else set(),
    )
    python = str(setup_environment.prepare())
    if testing:
        setup_environment.add_models()
        os.chdir(ROOT)
        return become([python, "-m", "pytest", *SPREAD, *arguments[1:]], QT_QPA_PLATFORM="offscreen")
    if windowed:
        setup_system.require_display(os.environ)
    # -P: a folder named chatapp where the user happens to be is not this program.
    return become([python, "-P", "-m", "chatapp", *arguments])


def main() -> int:
    """Continue on a supported Python, or say which one is needed."""
    version = (sys.version_info[0], sys.version_info[1])
    if supported(version):
        return start(sys.argv[1:])
    python = another_python()
    if python:
        return become([python, os.path.abspath(__file__), *sys.argv[1:]])
    sys.stderr.write(
        f"chatapp needs Python 3.11, 3.12 or 3.13; this is {version[0]}.{version[1]} ({sys.executable}).\n"
        f"Install one of them and run: python3.{NEWEST[1]} {os.path.relpath(__file__)}\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
