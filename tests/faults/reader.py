"""Walks the transcript as a screen reader while it scrolls, streams, deletes: `reader [TRAVERSALS]`, 10,000 by default.

A real one: through AT-SPI, on a bus and a screen of its own. Wrong is: a process that died, a node at another place
than it says, a text that is not there, and a scrolled frame whose 99th percentile is more than 1.3 times that of the
same life without a reader. The full walk takes about a quarter of an hour.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NAME = "chatapp reader campaign"
"""What the application is called on the bus."""
TRAVERSALS = 10_000
SLOWER = 1.3
SYSTEM_PYTHON = "/usr/bin/python3"
"""The bindings come with the system, not with an environment."""
LAUNCHER = Path("/usr/libexec/at-spi-bus-launcher")
QUIET_S = 30.0
"""How long the same life is measured without a reader."""
CLIENT_LIMIT_S = 3600.0


def missing() -> str:
    """What keeps the campaign from running here; empty if nothing."""
    for program in ("Xvfb", "dbus-daemon", SYSTEM_PYTHON):
        if shutil.which(program) is None:
            return f"no {program}"
    if not LAUNCHER.exists():
        return "no at-spi2-core"
    probe = "import gi; gi.require_version('Atspi', '2.0'); from gi.repository import Atspi"
    done = subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True)
    return "" if done.returncode == 0 else "no bindings of AT-SPI for the system's Python"


@contextmanager
def surroundings() -> Iterator[dict[str, str]]:
    """The environment of a screen and a bus that nobody else is on."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        env = {**os.environ, "XDG_RUNTIME_DIR": home, "QT_QPA_PLATFORM": "xcb"}
        env.pop("AT_SPI_BUS_ADDRESS", None)
        screen = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
        env["DISPLAY"] = f":{first_line(stack, screen, env)}"
        bus = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
        env["DBUS_SESSION_BUS_ADDRESS"] = first_line(stack, bus, env)
        process(stack, [str(LAUNCHER), "--launch-immediately"], env)
        yield env


def process(stack: ExitStack, command: Sequence[str], env: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Runs until the stack is left."""
    begun = subprocess.Popen(
        command, cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    stack.callback(end, begun)
    return begun


def first_line(stack: ExitStack, command: Sequence[str], env: Mapping[str, str]) -> str:
    stdout = process(stack, command, env).stdout
    assert stdout is not None
    return stdout.readline().strip()


def end(begun: "subprocess.Popen[str]") -> None:
    """What it started ends with it."""
    with suppress(ProcessLookupError):
        os.killpg(begun.pid, signal.SIGTERM)
    begun.wait()
    for pipe in (begun.stdin, begun.stdout):
        if pipe is not None:
            pipe.close()


@contextmanager
def life(env: Mapping[str, str], seed: int) -> Iterator["subprocess.Popen[str]"]:
    """The window of `reader_life`, once it is shown."""
    command = [sys.executable, "-m", "tests.faults.reader_life", str(seed)]
    with ExitStack() as stack:
        begun = process(stack, command, env)
        assert begun.stdout is not None
        if begun.stdout.readline().strip() != "ready":
            raise RuntimeError("the window was not shown")
        yield begun


def figures_of(begun: "subprocess.Popen[str]") -> dict[str, Any]:
    """Ends a life; its figures. Raises RuntimeError if it has died already."""
    stdout, _ = begun.communicate(timeout=60)
    if begun.returncode:
        raise RuntimeError(f"the window died with {begun.returncode}")
    figures: dict[str, Any] = json.loads(stdout)
    return figures


def run(traversals: int, seed: int, quiet_s: float) -> dict[str, Any]:
    """One life without a reader, one with; what was seen, under "problems" what was wrong."""
    with surroundings() as env:
        with life(env, seed) as begun:
            time.sleep(quiet_s)
            quiet = figures_of(begun)
        with life({**env, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}, seed) as begun:
            client = str(ROOT / "tests/faults/reader_client.py")
            command = [SYSTEM_PYTHON, "-W", "ignore", client, NAME, str(traversals), str(seed)]
            done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=CLIENT_LIMIT_S)
            problems: list[str] = [] if done.returncode == 0 else [done.stderr.strip()[-2000:]]
            walked: dict[str, Any] = (
                json.loads(done.stdout) if done.stdout else {"wrong": [], "traversals": 0}
            )
            try:
                read = figures_of(begun)
            except RuntimeError as death:
                read = {}
                problems.append(str(death))
    problems += walked["wrong"]
    if walked["traversals"] < traversals:
        problems.append(f"{walked['traversals']} of {traversals} traversals were made")
    ratio = round(read.get("scroll_p99_ms", 0.0) / quiet["scroll_p99_ms"], 2)
    return {"seed": seed, "quiet": quiet, "read": read, "walk": walked, "ratio": ratio, "problems": problems}


def main(arguments: Sequence[str]) -> int:
    if reason := missing():
        print(f"cannot run here: {reason}", file=sys.stderr)
        return 2
    traversals = int(arguments[0]) if arguments else TRAVERSALS
    seed = int(arguments[1]) if len(arguments) > 1 else random.randrange(2**32)
    found = run(traversals, seed, QUIET_S)
    print(json.dumps(found, indent=2))
    return 1 if found["problems"] or found["ratio"] > SLOWER else 0
