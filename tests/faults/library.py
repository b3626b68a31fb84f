"""Drops a folder of mixed files on the Library panel and kills the window at half: `library [FILES]`, 1,000 by default.

Ten of the files are damaged, encrypted, empty or huge. Lost is: a good file that is not in the library, or is there
twice; one that was sent twice; a bad one without its reason; one that never ends. The figures say how long the window
was ever held up, by the clock and by its own work.
"""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatapp.assembly import open_profile
from chatapp.services.feed import Feed
from tests.faults.library_files import BAD, NOT_SENT, make

ROOT = Path(__file__).parents[2]
FILES = 1000
LIFE_LIMIT_S = 1800.0


@dataclass
class Campaign:
    """`ended` is what the last life showed: name, stage, reason and note of each file."""

    good: list[str]
    killed_at: int = 0
    seconds: float = 0.0
    ended: list[list[str]] = field(default_factory=list)
    held_up_ms: list[dict[str, float]] = field(default_factory=list)
    on_server: int = 0
    problems: list[str] = field(default_factory=list)

    def judge(self, listed: Counter[str]) -> None:
        """`listed` are the names of the files that the store holds ready."""
        if listed != Counter(self.good):
            lost = sorted(set(self.good) - set(listed))
            twice = [name for name, count in listed.items() if count > 1]
            self.problems.append(
                f"lost: {lost}, twice: {twice}, other: {sorted(set(listed) - set(self.good))}"
            )
        if self.on_server != len(self.good) + len(BAD) - len(NOT_SENT):
            self.problems.append(f"{self.on_server} files were sent to the server")
        shown = {name: (stage, reason) for name, stage, reason, _ in self.ended}
        if len(shown) != len(self.ended) or len(shown) != len(self.good) + len(BAD):
            self.problems.append(f"{len(self.ended)} rows for {len(self.good) + len(BAD)} files")
        for name, word in BAD.items():
            stage, reason = shown.get(name, ("gone", ""))
            if stage != "failed" or word.casefold() not in (reason or "").casefold():
                self.problems.append(f"{name}: {stage}, {reason}")


def life(profile: Path, store: str, folder: Path | None) -> "subprocess.Popen[str]":
    """The window in a process group of its own, so that a kill takes the engine and the reader along."""
    arguments = [str(profile), store, *([str(folder)] if folder else [])]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.library_life", *arguments],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def follow(process: "subprocess.Popen[str]", until: int | None) -> dict[str, Any]:
    """What the life said last: once so many files are there, or at its end. Raises RuntimeError for one that ends."""
    assert process.stdout is not None
    deadline = time.monotonic() + LIFE_LIMIT_S
    for line in process.stdout:
        told: dict[str, Any] = json.loads(line)
        if "ended" in told or (until is not None and told["there"] >= until):
            return told
        if time.monotonic() > deadline:
            break
    raise RuntimeError("the window ended, or never came to an end")


async def prepare(profile: Path) -> str:
    """A profile with one empty library in use; the library's id."""
    async with open_profile(profile, Feed()) as app:
        store = str((await app.library.create_store("engine", "Many files"))["id"])
        conversation = await app.conversations.create("engine", {"vector_stores": [store]})
        await app.preferences.set("last_conversation", conversation.id)
    return store


async def listed(profile: Path, store: str) -> Counter[str]:
    async with open_profile(profile, Feed()) as app:
        files = await app.library.files("engine", store)
    return Counter(file.filename for file in files if file.stage == "completed")


def run(folder: Path, count: int) -> Campaign:
    profile = folder / "profile"
    campaign = Campaign(make(folder / "files", count))
    store = asyncio.run(prepare(profile))
    begun = time.monotonic()
    first = life(profile, store, folder / "files")
    try:
        told = follow(first, count // 2)
        campaign.killed_at, campaign.held_up_ms = told["there"], [told["held_up_ms"]]
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()
    second = life(profile, store, None)
    try:
        told = follow(second, None)
        campaign.ended = told["ended"]
        campaign.held_up_ms.append(told["held_up_ms"])
        campaign.seconds = time.monotonic() - begun
        second.terminate()
        second.communicate(timeout=60)
    finally:
        if second.poll() is None:
            os.killpg(second.pid, signal.SIGKILL)
            second.communicate()
    with closing(sqlite3.connect(profile / "engine" / "engine.sqlite3")) as database:
        (campaign.on_server,) = database.execute("SELECT count(*) FROM file").fetchone()
    campaign.judge(asyncio.run(listed(profile, store)))
    return campaign


def main(arguments: Sequence[str]) -> int:
    count = int(arguments[0]) if arguments else FILES
    with tempfile.TemporaryDirectory() as folder:
        campaign = run(Path(folder), count)
    print("\n".join(campaign.problems))
    figures = {
        "files": count,
        "killed_at": campaign.killed_at,
        "seconds": round(campaign.seconds, 1),
        "held_up_ms": campaign.held_up_ms,
        "sent_to_the_server": campaign.on_server,
        "problems": len(campaign.problems),
    }
    print(json.dumps(figures))
    return 1 if campaign.problems else 0
