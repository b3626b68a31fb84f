"""Kills the engine while it receives, indexes and answers: what is lost? `engine [KILLS]`, 200 by default."""

import json
import random
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.engine.killing import Ledger, judge, live_and_die

KILLS = 200
KILLS_PER_FOLDER = 10


def main(arguments: Sequence[str]) -> int:
    kills = int(arguments[0]) if arguments else KILLS
    done, files, answers = 0, 0, 0
    wrong: list[str] = []
    starts_s: list[float] = []
    while done < kills:
        seed = random.randrange(2**32)
        ledger, found = _one_folder(seed, min(KILLS_PER_FOLDER, kills - done))
        done, files, answers = done + ledger.kills, files + len(ledger.files), answers + len(ledger.answers)
        starts_s += ledger.starts_s[1:]
        wrong += [f"seed {seed}: {problem}" for problem in found]
        print(f"{done} kills, {files} files, {answers} answers, {len(wrong)} lost or damaged", flush=True)
    print("\n".join(wrong))
    restart = {"median_s": round(statistics.median(starts_s), 3), "slowest_s": round(max(starts_s), 3)}
    print(
        json.dumps(
            {"kills": done, "files": files, "answers": answers, "lost": len(wrong), "restart": restart}
        )
    )
    return 1 if wrong else 0


def _one_folder(seed: int, kills: int) -> tuple[Ledger, list[str]]:
    dice, ledger = random.Random(seed), Ledger()
    wrong: list[str] = []
    new: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(kills):
            found, new = live_and_die(Path(folder) / "data", ledger, dice, new)
            wrong += found
        wrong += judge(Path(folder) / "data", ledger)
    return ledger, wrong
