"""The program that sets formulas for the window, so that none of them can hold it up or take it along.

`python -m chatapp.rendering` answers each line of JSON on stdin, {"tex": …, "display": …}, with one on stdout: a
drawing, or {"problem": …}. It ends when stdin closes, or when memory runs out.
"""

import json
import signal
import sys
from dataclasses import asdict
from typing import Any, Final

from chatapp.rendering.typeset import Unreadable, typeset

MEMORY_LIMIT: Final = 512 << 20
"""Bytes of address space (RLIMIT_AS); Windows has no such limit, and macOS does not enforce it."""


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        soft = MEMORY_LIMIT if hard == resource.RLIM_INFINITY else min(MEMORY_LIMIT, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """A drawing's fields, or why there is none."""
    try:
        return asdict(typeset(request["tex"], request["display"]))
    except Unreadable as problem:
        return {"problem": str(problem)}


if __name__ == "__main__":
    main()
