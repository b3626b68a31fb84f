"""Kills the real window in mid-stream and looks at what the next start brings back: `window [KILLS]`, 100 by default.

Lost is: a question the server has seen and the history has not; an earlier answer that changed; a database that
fails its integrity check; a recovered answer that is no exact prefix of what was sent; an answer that no next start
ended. The figures say how old the newest word was that a kill took along: the journal is at most 250 ms behind.
"""

import asyncio
import json
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chatapp.assembly import open_profile
from chatapp.conversation.answer import Status
from chatapp.conversation.failures import Remedy
from chatapp.conversation.tree import Turn
from chatapp.services.feed import Feed
from chatapp.services.ports import Connection
from tests.faults.word_server import WordServer, word

ROOT = Path(__file__).parents[2]
KILLS = 100
LONGEST_STREAM_S = 1.5
START_LIMIT_S = 60.0
SETTLE_S = 3.0
JOURNAL_LIMIT_MS = 1000
"""The journal's 250 ms, and what a busy machine adds to them."""
SERVER = "words"


@dataclass
class Campaign:
    """What was seen so far. `behind_ms[n]` is how old the first word missing from the n-th answer was at the kill."""

    profile: Path
    server: WordServer
    conversation: str = ""
    killed_at: list[float] = field(default_factory=list)
    behind_ms: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def life(self, dice: random.Random) -> None:
        """Starts the window, sends a question, and kills it while the answer streams."""
        number = len(self.killed_at)
        process = start(self.profile, f"question {number}")
        try:
            if not self.server.wait_for_request(number + 1, START_LIMIT_S):
                raise RuntimeError(f"life {number}: no request came within {START_LIMIT_S} s")
            time.sleep(dice.uniform(0, LONGEST_STREAM_S))
        finally:
            self.killed_at.append(time.monotonic())
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def last_start(self) -> None:
        """One more start that nobody kills, and an end as a desktop's session ends it."""
        process = start(self.profile)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(SETTLE_S)
        process.terminate()
        process.communicate(timeout=START_LIMIT_S)
        if process.returncode != 0:
            self.problems.append(f"the last start ended with {process.returncode}")

    def judge(self) -> None:
        with sqlite3.connect(self.profile / "chatapp.sqlite3") as database:
            (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            self.problems.append(f"integrity_check: {verdict}")
        turns = {turn.text: turn for turn in asyncio.run(history(self.profile, self.conversation))}
        for number, question in enumerate(self.server.questions):
            if question not in turns:
                self.problems.append(f"{question}: the server saw it, the history does not have it")
            else:
                self._judge_turn(number, turns[question])

    def _judge_turn(self, number: int, turn: Turn) -> None:
        sent, text = self.server.sent[number], turn.answer.text
        whole = "".join(word(number) for number in range(len(sent)))
        if not whole.startswith(text):
            self.problems.append(f"{turn.text}: recovered text is not what was sent: …{text[-40:]!r}")
        if turn.answer.status is not Status.CUT:
            self.problems.append(f"{turn.text}: no start ended it, it is {turn.answer.status}")
        failure = turn.answer.failure
        if failure is None or not {Remedy.CONTINUE, Remedy.RETRY} <= set(failure.remedies):
            self.problems.append(f"{turn.text}: no Continue and Retry")
        kept = len(text.split())
        if kept < len(sent):
            self.behind_ms.append(max(0.0, (self.killed_at[number] - sent[kept]) * 1000))


def start(profile: Path, *question: str) -> "subprocess.Popen[bytes]":
    """The window in a process group of its own, so that a kill takes the engine and the reader along."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.window_life", str(profile), *question],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


async def prepare(profile: Path, base_url: str) -> str:
    """A profile whose one conversation talks to the word server; the conversation's id."""
    async with open_profile(profile, Feed()) as application:
        await application.preferences.put_connection(
            Connection(SERVER, "Words", base_url, default_model="words")
        )
        conversation = await application.conversations.create(SERVER)
        await application.preferences.set("last_conversation", conversation.id)
    return conversation.id


async def history(profile: Path, conversation: str) -> list[Turn]:
    async with open_profile(profile, Feed()) as application:
        _, turns = await application.conversations.open(conversation)
    return list(turns)


def run(profile: Path, kills: int, seed: int) -> Campaign:
    """A campaign of `kills` lives on one profile."""
    dice = random.Random(seed)
    with WordServer() as server:
        campaign = Campaign(profile, server)
        campaign.conversation = asyncio.run(prepare(profile, server.base_url))
        for _ in range(kills):
            campaign.life(dice)
        campaign.last_start()
    campaign.judge()
    return campaign


def main(arguments: Sequence[str]) -> int:
    kills = int(arguments[0]) if arguments else KILLS
    seed = random.randrange(2**32)
    with tempfile.TemporaryDirectory() as folder:
        campaign = run(Path(folder) / "profile", kills, seed)
    print("\n".join(campaign.problems))
    behind = sorted(campaign.behind_ms)
    figures = {
        "kills": kills,
        "seed": seed,
        "words_sent": sum(len(moments) for moments in campaign.server.sent),
        "problems": len(campaign.problems),
        "behind_median_ms": round(statistics.median(behind), 1) if behind else 0.0,
        "behind_worst_ms": round(behind[-1], 1) if behind else 0.0,
    }
    print(json.dumps(figures))
    return 1 if campaign.problems or figures["behind_worst_ms"] > JOURNAL_LIMIT_MS else 0
