"""Kills the real window in the middle of a sweep of 45 requests, and looks at what the next start makes of it: `sweep`.

First against a scripted server of which one request in ten fails, then against the engine. Lost is: the sweep; an
answer that was there before the kill; a place that ends without a result or a reason; a place that nobody can resume.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatapp.assembly import open_profile
from chatapp.conversation.experiments import Experiment, failed, state_at, state_of, turn_at, unasked
from chatapp.conversation.tree import Turn
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.kit.gated_server import GatedServer
from tests.kit.slogans import Slogans

ROOT = Path(__file__).parents[2]
SERVER = "slogans"
CHAOS = 0.1
PLACES = 45
START_LIMIT_S = 60.0
END_LIMIT_S = 280.0


@dataclass
class Outcome:
    """`stalls` are the figures of the life that came to its end."""

    done: int = 0
    failed: int = 0
    kept: int = 0
    stalls: Mapping[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def run(profile: Path, server: str, killed: Callable[[], bool]) -> Outcome:
    """One sweep: a life that ends with a kill as soon as `killed` says so, and one that goes on to the end."""
    outcome = Outcome()
    with_life(profile, [server], killed)
    before = asyncio.run(sweeps(profile))
    kept = {
        turn_id: turn for _, turns in before for turn_id, turn in turns.items() if state_of(turn) == "done"
    }
    outcome.kept = len(kept)
    outcome.stalls = with_life(profile, [], None)
    judge(outcome, kept, asyncio.run(sweeps(profile)))
    return outcome


def judge(
    outcome: Outcome, kept: Mapping[str, Turn], after: Sequence[tuple[Experiment, Mapping[str, Turn]]]
) -> None:
    if len(after) != 1:
        outcome.problems.append(f"there are {len(after)} sweeps after the kill")
        return
    ((experiment, turns),) = after
    for turn_id, turn in kept.items():
        if turn_id not in turns or turns[turn_id].answer.text != turn.answer.text:
            outcome.problems.append(f"an answer from before the kill is gone or another: {turn_id}")
    if left := unasked(experiment, turns.get):
        outcome.problems.append(f"{len(left)} places were not resumed")
    broken = failed(experiment, turns.get)
    outcome.failed, outcome.done = len(broken), PLACES - len(broken) - len(left)
    for place in range(PLACES):
        found = turn_at(experiment, place, turns.get)
        state = state_at(experiment, place, turns.get)
        if state not in ("done", "failed"):
            outcome.problems.append(f"place {place} did not end: {state}")
        elif place in broken and found is not None and found.answer.failure is None:
            outcome.problems.append(f"place {place} failed without a reason")


def with_life(profile: Path, arguments: list[str], killed: Callable[[], bool] | None) -> Mapping[str, float]:
    """Starts a window; kills it, or waits for its end: what it said at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.sweep_life", str(profile), *arguments],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    if killed is None:
        out, _ = process.communicate(timeout=END_LIMIT_S)
        figures: dict[str, Any] = json.loads(out.splitlines()[-1])
        return figures
    end = time.monotonic() + START_LIMIT_S
    process.stdout.readline()
    while not killed() and time.monotonic() < end:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return {}


async def prepare(profile: Path, base_url: str) -> None:
    async with open_profile(profile, Feed()) as app:
        await app.preferences.put_connection(Connection(SERVER, SERVER, base_url, default_model="test-model"))


async def sweeps(profile: Path) -> list[tuple[Experiment, Mapping[str, Turn]]]:
    """All sweeps of a profile with their turns, as they are on the disk."""
    async with open_profile(profile, Feed()) as app:
        found: list[tuple[Experiment, Mapping[str, Turn]]] = []
        for head in await app.conversations.list():
            _, turns = await app.conversations.open(head.id)
            by_id = {turn.id: turn for turn in turns}
            found += [(experiment, by_id) for experiment in await app.experiments.of(head.id)]
    return found


def against_chaos(profile: Path, seed: int, after: int, pause: float) -> Outcome:
    """Killed once the server was asked so many times."""
    with GatedServer() as server:
        slogans = Slogans(pause, CHAOS, seed)
        slogans.install(server)
        asyncio.run(prepare(profile, server.base_url))
        return run(profile, SERVER, lambda: slogans.asked >= after)


def against_engine(profile: Path, seconds: float) -> Outcome:
    """Killed so long after the sweep began."""
    moment: list[float] = []

    def killed() -> bool:
        moment.append(time.monotonic())
        return moment[-1] - moment[0] >= seconds

    return run(profile, "engine", killed)


def main(arguments: Sequence[str]) -> int:
    seed = int(arguments[0]) if arguments else random.randrange(2**32)
    outcomes: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        outcomes["chaos"] = against_chaos(home / "chaos", seed, 22, 0.15)
        outcomes["engine"] = against_engine(home / "engine", 0.5)
    for name, outcome in outcomes.items():
        print("\n".join(f"{name}: {problem}" for problem in outcome.problems))
        figures = {"done": outcome.done, "failed": outcome.failed, "kept": outcome.kept, **outcome.stalls}
        print(json.dumps({"sweep": name, "seed": seed, **figures, "problems": len(outcome.problems)}))
    return 1 if any(outcome.problems for outcome in outcomes.values()) else 0
