"""Memory of the idle window and of its engine, and what the idle window takes of a core. Linux only: reads /proc."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SETTLE_S = 12.0
IDLE_S = 20.0
TICKS = os.sysconf("SC_CLK_TCK")


def pss_mb(process: int) -> float:
    """The proportional set size of a process in megabytes."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def cpu_s(process: int) -> float:
    """Seconds of processor time a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def children(process: int) -> dict[int, str]:
    """The processes below a process with their command lines."""
    found: dict[int, str] = {}
    for listing in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, listing.read_text("ascii").split()):
            found[child] = Path(f"/proc/{child}/cmdline").read_text("utf-8").replace("\0", " ")
            found |= children(child)
    return found


def run() -> dict[str, float]:
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    with tempfile.TemporaryDirectory() as folder:
        window = subprocess.Popen(
            [sys.executable, "-m", "chatapp", "--profile", folder], cwd=ROOT, env=environment
        )
        try:
            time.sleep(SETTLE_S)
            before = cpu_s(window.pid)
            time.sleep(IDLE_S)
            engines = [child for child, words in children(window.pid).items() if "engine" in words]
            figures = {
                "pss_mb": pss_mb(window.pid),
                "engine_pss_mb": sum(map(pss_mb, engines)),
                "idle_cpu_percent": (cpu_s(window.pid) - before) / IDLE_S * 100,
            }
        finally:
            window.terminate()
            window.wait(30)
    return figures
