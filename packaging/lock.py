"""Renews the locks that run.py and .ci/run install from:  .venv/bin/python packaging/lock.py [--upgrade]

requirements.lock holds what runs and tests chatapp, models.lock what the tests with real models add to it, checks.lock
what the style checks do. All are for every platform and Python 3.11 to 3.13, with hashes, and name no package index.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMPILE = (
    "pip",
    "compile",
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-emit-index-url",
)
LOCKS = {
    "requirements.lock": ("pyproject.toml", "--group", "test", "--group", "build"),
    "models.lock": ("--group", "models", "--constraint", "packaging/requirements.lock"),
    "checks.lock": ("--group", "check", "--constraint", "packaging/requirements.lock"),
}


def renew(lock: str, sources: tuple[str, ...], options: list[str]) -> None:
    """Write one lock, keeping the pinned versions that still fit unless `options` say --upgrade."""
    say = ("--custom-compile-command", "python packaging/lock.py", "--quiet")
    target = ("--output-file", f"packaging/{lock}")
    command = [sys.executable, "-m", "uv", *COMPILE, *say, *sources, *target, *options]
    subprocess.run(command, cwd=HERE.parent, check=True)


def main() -> None:
    """Renew every lock, in the order in which they constrain each other."""
    for lock, sources in LOCKS.items():
        renew(lock, sources, sys.argv[1:])


if __name__ == "__main__":
    main()
