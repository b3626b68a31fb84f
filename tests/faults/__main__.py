"""`python -m tests.faults NAME [ARGUMENTS]` runs one module of this folder, `--list` lists them.

A module says what it does in its docstring and has `main(arguments) -> int`, the exit code: 0 where nothing was lost.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path


def names() -> list[str]:
    """The modules that can be run; the others are what those are made of."""
    files = Path(__file__).parent.glob("[!_]*.py")
    return sorted(path.stem for path in files if "\ndef main(" in path.read_text("utf-8"))


def first_line(name: str) -> str:
    return (import_module(f"tests.faults.{name}").__doc__ or "").strip().partition("\n")[0]


def main(arguments: Sequence[str]) -> int:
    if list(arguments) == ["--list"]:
        print("\n".join(f"{name:12} {first_line(name)}" for name in names()))
        return 0
    if not arguments or arguments[0] not in names():
        print(f"usage: python -m tests.faults {{{','.join(names())}}} | --list", file=sys.stderr)
        return 2
    code: int = import_module(f"tests.faults.{arguments[0]}").main(arguments[1:])
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
