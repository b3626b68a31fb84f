"""Runs one benchmark of this folder by name: `python -m tests.benchmarks NAME`, or `--list` for the names.

A benchmark is a module with `run() -> dict[str, float]`. Its figures are printed for people, and as the last line as
one JSON object.
"""

import ast
import json
import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent


def names() -> list[str]:
    """The modules here that define `run`, found without importing them."""
    return sorted(path.stem for path in HERE.glob("[!_]*.py") if _runs(path))


def _runs(path: Path) -> bool:
    body = ast.parse(path.read_text("utf-8")).body
    return any(isinstance(node, ast.FunctionDef) and node.name == "run" for node in body)


def main(arguments: list[str]) -> int:
    if arguments == ["--list"]:
        print("\n".join(names()))
        return 0
    if len(arguments) != 1 or arguments[0] not in names():
        print(f"usage: python -m tests.benchmarks (--list | {' | '.join(names())})", file=sys.stderr)
        return 2
    module = import_module(f"tests.benchmarks.{arguments[0]}")
    figures: dict[str, float] = module.run()
    width = max(map(len, figures))
    print((module.__doc__ or "").strip().splitlines()[0])
    for name, value in figures.items():
        print(f"  {name:<{width}}  {value:,.3f}")
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
