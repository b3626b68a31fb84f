"""Memory that is free inside the process, given back to the system: glibc keeps what many threads let go of."""

import ctypes
import sys


def give_back() -> None:
    """Blocks for some milliseconds. Elsewhere than on glibc there is nothing to be done."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
