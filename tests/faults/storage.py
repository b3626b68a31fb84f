"""Kills a writing process again and again and looks for what it lost: `storage [KILLS]`, 1000 by default."""

import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.storage.killing import Ledger, judge, live_and_die

KILLS = 1000
KILLS_PER_PROFILE = 25


def main(arguments: Sequence[str]) -> int:
    kills = int(arguments[0]) if arguments else KILLS
    done, commits, wrong = 0, 0, []
    while done < kills:
        seed = random.randrange(2**32)
        with tempfile.TemporaryDirectory() as folder:
            ledger = _one_profile(Path(folder), random.Random(seed), min(KILLS_PER_PROFILE, kills - done))
            found = judge(Path(folder), ledger)
        done, commits = done + ledger.kills, commits + ledger.commits
        wrong += [f"seed {seed}: {problem}" for problem in found]
        print(f"{done} kills, {commits} acknowledged commits, {len(wrong)} lost or damaged", flush=True)
    print("\n".join(wrong))
    print(json.dumps({"kills": done, "commits": commits, "lost": len(wrong)}))
    return 1 if wrong else 0


def _one_profile(folder: Path, dice: random.Random, kills: int) -> Ledger:
    ledger = Ledger()
    for _ in range(kills):
        live_and_die(folder, ledger, dice)
    return ledger
