"""Shows hostile documents under strace: no connection but to the screen, and the file they name is never opened.

The whole table of `hostile_documents` in a window, pointed at and scrolled through, with the program that sets their
formulas. Where the kernel allows it, in a network of its own as well. Takes about a minute.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
CANARY = "192.0.2.1:8765"
"""An address that is kept for documentation: nobody answers there."""
CALLS = "trace=open,openat,openat2,connect,sendto,sendmsg,execve"
SHARED = ("unshare", "--user", "--map-root-user", "--net")


def missing() -> str:
    """What keeps the campaign from running here; empty if nothing."""
    return "" if shutil.which("strace") else "no strace"


def offences(trace: str, file: Path) -> Iterator[str]:
    """The lines of a trace that open the file or talk to the network."""
    for line in trace.splitlines():
        if str(file) in line or "sa_family=AF_INET" in line:
            yield line


def alone() -> tuple[str, ...]:
    """The command that gives a program a network of its own, if the kernel lets us."""
    allowed = (
        shutil.which("unshare") and not subprocess.run([*SHARED, "true"], capture_output=True).returncode
    )
    return SHARED if allowed else ()


def main(arguments: Sequence[str]) -> int:
    if reason := missing():
        print(f"not run: {reason}")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        file, log = Path(folder, "secret.png"), Path(folder, "trace")
        file.write_bytes(b"not for answers")
        strace = ["strace", "-f", "-qq", "-s", "4096", "-e", CALLS, "-o", str(log)]
        life = [sys.executable, "-m", "tests.faults.hostile_life", CANARY, "+".join(file.parts[1:])]
        done = subprocess.run([*alone(), *strace, *life], cwd=ROOT, text=True, capture_output=True)
        found = list(offences(log.read_text("utf-8", "replace"), file))
    print(done.stdout.strip() or done.stderr.strip())
    print("\n".join(found) or "nothing was opened, nobody was called")
    return 1 if found or done.returncode else 0
